-- Hosted zones: rows, their making and ending.

local changes_log = require "local_aws.route53.change_log"
local fault = require "local_aws.fault"
local json = require "json"
local names = require "local_aws.route53.names"
local store = require "local_aws.route53.store"

local zones = {}

zones.schema = [[
CREATE TABLE IF NOT EXISTS route53_zones (
  account TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL, sort_key TEXT NOT NULL, reference TEXT NOT NULL,
  comment TEXT, private INTEGER NOT NULL, vpcs TEXT NOT NULL, servers TEXT NOT NULL, PRIMARY KEY (account, id),
  UNIQUE (account, reference)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS route53_zones_by_name ON route53_zones (account, sort_key, id);
]] .. changes_log.schema .. store.schema

-- The row of a zone; raises NoSuchHostedZone.
function zones.get(call, id)
  local bare = names.bare_id(id)
  return call.world.db:first("SELECT * FROM route53_zones WHERE account = ? AND id = ?", call.account, bare)
    or fault.raise("NoSuchHostedZone", "No hosted zone found with ID: " .. bare)
end

function zones.describe(call, zone)
  return {
    Id = "/hostedzone/" .. zone.id, Name = zone.name, CallerReference = zone.reference,
    Config = { Comment = zone.comment, PrivateZone = zone.private == 1 },
    ResourceRecordSetCount = store.count(call.world.db, zone.id),
  }
end

local function delegation_set(zone)
  return zone.private == 0 and { NameServers = json.decode(zone.servers) } or nil
end

-- Four name servers, one under each of four top levels, as every public zone gets.
local function name_servers(world)
  local number = world.clock.next("route53/servers")
  local list = json.array {}
  for index, domain in ipairs { "com", "net", "org", "co.uk" } do
    list[index] = ("ns-%d.awsdns-%02d.%s"):format((number * 37 + index * 512) % 2048, number % 64, domain)
  end
  return list
end

local function add_own_records(db, zone, servers)
  local values = json.array {}
  for index, server in ipairs(servers) do
    values[index] = { Value = server .. "." }
  end
  store.put(db, zone.id, { Name = zone.name, Type = "NS", TTL = 172800, ResourceRecords = values })
  store.put(db, zone.id, { Name = zone.name, Type = "SOA", TTL = 900, ResourceRecords = json.array {
    { Value = servers[1] .. ". awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400" },
  } })
end

local operations = {}

local function check_new(call, name)
  local input = call.input
  local problem = names.problem(name)
  if problem or not name:find("^[%w%-_.\\]+%.[%w%-]+%.$") and not name:find("^[%w%-]+%.$") then
    fault.raise("InvalidDomainName", ("%s is not a valid domain name"):format(input.Name))
  elseif call.world.db:first("SELECT 1 AS one FROM route53_zones WHERE account = ? AND reference = ?", call.account,
    input.CallerReference) then
    fault.raise("HostedZoneAlreadyExists", "A hosted zone has already been created with the specified caller reference.")
  elseif input.HostedZoneConfig and input.HostedZoneConfig.PrivateZone and not input.VPC then
    fault.raise("InvalidVPCId", "When you're creating a private hosted zone (when you specify true for PrivateZone), you must "
      .. "also specify values for VPCId and VPCRegion.")
  end
end

function operations.CreateHostedZone(call)
  local input, db = call.input, call.world.db
  local name = names.normalise(input.Name)
  check_new(call, name)
  local servers = name_servers(call.world)
  local zone = {
    id = names.id "Z", name = name, reference = input.CallerReference, private = input.VPC and 1 or 0,
    comment = input.HostedZoneConfig and input.HostedZoneConfig.Comment, servers = json.encode(servers),
  }
  db:run([[INSERT INTO route53_zones (account, id, name, sort_key, reference, comment, private, vpcs, servers)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)]], call.account, zone.id, name, names.sort_key(name), zone.reference, zone.comment,
    zone.private, json.encode(json.array { input.VPC }), zone.servers)
  add_own_records(db, zone, servers)
  return {
    HostedZone = zones.describe(call, zone), ChangeInfo = changes_log.add(call), DelegationSet = delegation_set(zone)
      or { NameServers = json.array {} },
    VPC = input.VPC, Location = "https://route53.amazonaws.com/2013-04-01/hostedzone/" .. zone.id,
  }
end

function operations.GetHostedZone(call)
  local zone = zones.get(call, call.input.Id)
  local vpcs = json.decode(zone.vpcs)
  return {
    HostedZone = zones.describe(call, zone), DelegationSet = delegation_set(zone), VPCs = vpcs[1] and vpcs or nil,
  }
end

function operations.UpdateHostedZoneComment(call)
  local zone = zones.get(call, call.input.Id)
  zone.comment = call.input.Comment
  call.world.db:run("UPDATE route53_zones SET comment = ? WHERE account = ? AND id = ?", zone.comment, call.account, zone.id)
  return { HostedZone = zones.describe(call, zone) }
end

function operations.DeleteHostedZone(call)
  local zone, db = zones.get(call, call.input.Id), call.world.db
  if store.count(db, zone.id) > 2 then
    -- AWS has these two blanks.
    fault.raise("HostedZoneNotEmpty",
      "The specified hosted zone contains non-required resource record sets  and so cannot be deleted.")
  end
  store.remove_all(db, zone.id)
  db:run("DELETE FROM route53_zones WHERE account = ? AND id = ?", call.account, zone.id)
  return { ChangeInfo = changes_log.add(call) }
end

function operations.GetChange(call)
  return { ChangeInfo = changes_log.get(call, names.bare_id(call.input.Id)) }
end

zones.operations = operations

return zones
