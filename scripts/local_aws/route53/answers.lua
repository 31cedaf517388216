-- TestDNSAnswer: what a name server would answer, by routing policy and health.

local health_checks = require "local_aws.route53.health_checks"
local json = require "json"
local names = require "local_aws.route53.names"
local store = require "local_aws.route53.store"
local zones = require "local_aws.route53.zones"

local function is_well(call, record)
  return not record.HealthCheckId or health_checks.is_healthy(call, health_checks.get(call, record.HealthCheckId))
end

-- The primary while it is well; the secondary else; the primary again when neither is.
local function by_failover(call, records)
  local primary, secondary
  for _, record in ipairs(records) do
    if record.Failover == "PRIMARY" then
      primary = record
    else
      secondary = record
    end
  end
  if primary and is_well(call, primary) then
    return primary
  end
  return secondary and is_well(call, secondary) and secondary or primary or secondary
end

-- One by its share of the weights among those that are well; among all when none is.
local function by_weight(call, records)
  local well, sum = {}, 0
  for _, record in ipairs(records) do
    if is_well(call, record) then
      well[#well + 1] = record
    end
  end
  well = well[1] and well or records
  for _, record in ipairs(well) do
    sum = sum + (record.Weight or 1)
  end
  local point = sum > 0 and math.random(sum) or 0
  for _, record in ipairs(well) do
    point = point - (record.Weight or 1)
    if point <= 0 then
      return record
    end
  end
end

local function wildcard(name)
  return (name:gsub("^[^.]+", "\\052"))
end

local function matching(db, zone, name, kind)
  local found = {}
  for _, record in ipairs(store.of_name(db, zone.id, name)) do
    if record.Type == kind or record.Type == "CNAME" then
      found[#found + 1] = record
    end
  end
  return found
end

local resolve

local function follow_alias(call, record, depth)
  local alias = record.AliasTarget
  local zone = call.world.db:first("SELECT * FROM route53_zones WHERE account = ? AND id = ?", call.account, alias.HostedZoneId)
  return zone and resolve(call, zone, alias.DNSName, record.Type, depth + 1)
end

-- The record set that answers, nil when there is none.
function resolve(call, zone, name, kind, depth)
  local found = matching(call.world.db, zone, name, kind)
  if not found[1] then
    found = matching(call.world.db, zone, wildcard(name), kind)
  end
  local record = found[1]
  if record and record.Failover then
    record = by_failover(call, found)
  elseif record and found[2] then
    record = by_weight(call, found)
  end
  if record and record.AliasTarget and depth < 8 then
    return follow_alias(call, record, depth)
  end
  return record
end

local operations = {}

function operations.TestDNSAnswer(call)
  local input = call.input
  local zone = zones.get(call, input.HostedZoneId)
  local name = names.normalise(input.RecordName)
  local record = resolve(call, zone, name, input.RecordType, 0)
  local data = json.array {}
  for index, item in ipairs(record and record.ResourceRecords or {}) do
    data[index] = item.Value
  end
  local exists = record or store.of_name(call.world.db, zone.id, name)[1]
  return {
    Nameserver = json.decode(zone.servers)[1], RecordName = name, RecordType = record and record.Type or input.RecordType,
    RecordData = data, ResponseCode = exists and "NOERROR" or "NXDOMAIN", Protocol = "UDP",
  }
end

return { operations = operations }
