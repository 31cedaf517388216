-- How much of Route 53 there may be, and how much there is.
-- https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/DNSLimitations.html

local json = require "json"
local store = require "local_aws.route53.store"
local zones = require "local_aws.route53.zones"

-- The addresses that health checkers ask from.
local CHECKERS = json.array {
  "15.177.0.0/18", "54.183.255.128/26", "54.228.16.0/26", "54.232.40.64/26", "54.241.32.64/26", "54.243.31.192/26",
  "54.244.52.192/26", "54.245.168.0/26", "54.248.220.0/26", "54.250.253.192/26", "54.251.31.128/26", "54.252.79.128/26",
  "54.252.254.192/26", "54.255.254.192/26", "107.23.255.0/26", "176.34.159.192/26", "177.71.207.128/26",
}

-- Type -> the limit, and the table whose rows of the account count.
local OF_ACCOUNT = {
  MAX_HOSTED_ZONES_BY_OWNER = { 500, "route53_zones" }, MAX_HEALTH_CHECKS_BY_OWNER = { 200, "route53_health_checks" },
  MAX_REUSABLE_DELEGATION_SETS_BY_OWNER = { 100 }, MAX_TRAFFIC_POLICIES_BY_OWNER = { 50 },
  MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER = { 5 },
}

local operations = {}

function operations.GetAccountLimit(call)
  local value, counted = table.unpack(OF_ACCOUNT[call.input.Type])
  local count = counted and call.world.db:first(("SELECT count(*) AS n FROM %s WHERE account = ?"):format(counted),
    call.account).n or 0
  return { Limit = { Type = call.input.Type, Value = value }, Count = count }
end

function operations.GetHostedZoneLimit(call)
  local zone = zones.get(call, call.input.HostedZoneId)
  local is_records = call.input.Type == "MAX_RRSETS_BY_ZONE"
  return {
    Limit = { Type = call.input.Type, Value = is_records and 10000 or 300 },
    Count = is_records and store.count(call.world.db, zone.id) or #json.decode(zone.vpcs),
  }
end

function operations.GetCheckerIpRanges()
  return { CheckerIpRanges = CHECKERS }
end

return { operations = operations }
