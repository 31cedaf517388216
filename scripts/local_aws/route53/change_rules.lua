-- What a change must be like: its form (raises InvalidInput), and how it fits the zone and the other record sets of its name
-- (sentences of InvalidChangeBatch).

local fault = require "local_aws.fault"
local names = require "local_aws.route53.names"
local store = require "local_aws.route53.store"

local change_rules = {}

-- The members that make a record set one of several with the same name and type.
local POLICIES = {
  "Weight", "Region", "Failover", "GeoLocation", "MultiValueAnswer", "CidrRoutingConfig", "GeoProximityLocation",
}

local function policy_of(record)
  local found, count = nil, 0
  for _, name in ipairs(POLICIES) do
    if record[name] ~= nil then
      found, count = name, count + 1
    end
  end
  return found, count
end

local function invalid(action, record, text)
  fault.raise("InvalidInput",
    ("Invalid request: %s in Change with [Action=%s, Name=%s, Type=%s, SetIdentifier=%s]"):format(text,
    action, record.Name, record.Type, record.SetIdentifier or "null"))
end

function change_rules.check_form(action, record)
  local has_values = record.TTL ~= nil and record.ResourceRecords ~= nil
  local kinds = (record.AliasTarget and 1 or 0) + (has_values and 1 or 0) + (record.TrafficPolicyInstanceId and 1 or 0)
  if kinds ~= 1 or record.AliasTarget and (record.TTL or record.ResourceRecords) then
    invalid(action, record, ("Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or "
      .. "TrafficPolicyInstanceId], but found %s"):format(kinds == 0 and "none" or "more than one"))
  end
  local policy, count = policy_of(record)
  if count > 1 then
    invalid(action, record, ("Expected exactly one of [%s], but found more than one"):format(table.concat(POLICIES, ", ")))
  elseif policy and not record.SetIdentifier then
    invalid(action, record, "Missing field 'SetIdentifier'")
  elseif record.SetIdentifier and not policy then
    invalid(action, record, ("Missing field '%s'"):format(table.concat(POLICIES, ", or ")))
  end
  local problem = names.problem(record.Name)
  if problem then
    fault.raise("InvalidChangeBatch", ("[FATAL problem: DomainLabelEmpty (%s) encountered with '%s']"):format(problem,
      record.Name))
  end
end

-- Does the name belong into the zone?
function change_rules.of_zone(zone, record)
  if not names.is_inside(record.Name, zone.name) then
    return ("RRSet with DNS name %s is not permitted in zone %s"):format(record.Name, zone.name)
  elseif record.Type == "CNAME" and record.Name == zone.name then
    return ("RRSet of type CNAME with DNS name %s is not permitted at apex in zone %s"):format(record.Name, zone.name)
  end
end

-- An alias to a zone of this account must lead to a record set that is there; targets in AWS's own zones are believed.
function change_rules.alias(call, record)
  local alias = record.AliasTarget
  local target = alias and call.world.db:first("SELECT name FROM route53_zones WHERE account = ? AND id = ?", call.account,
    alias.HostedZoneId)
  if not target then
    return nil
  end
  local text = ("Tried to create an alias that targets %s, type %s in zone %s, but "):format(alias.DNSName, record.Type,
    alias.HostedZoneId)
  if not names.is_inside(alias.DNSName, target.name) then
    return text .. "the alias target name does not lie within the target zone"
  end
  for _, stored in ipairs(store.of_name(call.world.db, alias.HostedZoneId, alias.DNSName)) do
    if stored.Type == record.Type then
      return nil
    end
  end
  return text .. "that target was not found"
end

-- CNAME stays alone.
local function check_cname(zone, name, records, note)
  local cname, other
  for _, record in ipairs(records) do
    if record.Type == "CNAME" then
      cname = true
    else
      other = record.Type
    end
  end
  if cname and other then
    note(("RRSet of type CNAME with DNS name %s is not permitted as it conflicts with other records with the same DNS name in "
      .. "zone %s"):format(name, zone.name))
  end
end

-- The record sets of one name and type have the same policy; there is one primary and one secondary.
local function check_policies(name, records, note)
  local policies, failover = {}, {}
  for _, record in ipairs(records) do
    local policy = policy_of(record) or "Simple"
    local known = policies[record.Type]
    policies[record.Type] = known or policy
    if known and known ~= policy then
      note(("RRSet with DNS name %s, type %s, SetIdentifier %s cannot be created because a %s rrset exists with the same name "
        .. "and type."):format(name, record.Type, record.SetIdentifier or "null", known:lower()))
    end
    local role = record.Failover and record.Type .. record.Failover
    if role and failover[role] then
      note(("RRSet with DNS name %s, type %s, SetIdentifier %s, and failover=%s cannot be created because a %s rrset already "
        .. "exists with the same name and type."):format(name, record.Type, record.SetIdentifier, record.Failover,
        record.Failover:lower()))
    end
    failover[role or 1] = true
  end
end

local function check_apex(records, note)
  local found = {}
  for _, record in ipairs(records) do
    found[record.Type] = true
  end
  if not found.NS then
    note "A HostedZone must contain at least one NS record for the zone itself."
  end
  if not found.SOA then
    note "A HostedZone must contain exactly one SOA record."
  end
end

-- Checks what became of the names that a batch touched.
function change_rules.check_names(db, zone, touched, note)
  local done = {}
  for _, name in ipairs(touched) do
    if not done[name] then
      done[name] = true
      local records = store.of_name(db, zone.id, name)
      check_cname(zone, name, records, note)
      check_policies(name, records, note)
      if name == zone.name then
        check_apex(records, note)
      end
    end
  end
end

return change_rules
