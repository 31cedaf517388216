-- How a source server is replicated: the account's template with what the server has of its own over it.

local failures = require "local_aws.drs.failures"
local json = require "json"

local replication_configuration = {}

-- A server that was never configured.
local DEFAULTS = {
  associateDefaultSecurityGroup = true, bandwidthThrottling = 0, createPublicIP = false, dataPlaneRouting = "PRIVATE_IP",
  defaultLargeStagingDiskType = "GP3", ebsEncryption = "DEFAULT", replicationServerInstanceType = "t3.small",
  replicationServersSecurityGroupsIDs = json.array {}, stagingAreaSubnetId = "subnet-0d5c2f5b7a3e91c48",
  stagingAreaTags = json.object {},
  useDedicatedReplicationServer = false, autoReplicateNewDisks = true, internetProtocol = "IPV4",
  pitPolicy = json.array {
    { ruleID = 1, units = "MINUTE", interval = 10, retentionDuration = 60, enabled = true },
    { ruleID = 2, units = "HOUR", interval = 1, retentionDuration = 24, enabled = true },
    { ruleID = 3, units = "DAY", interval = 1, retentionDuration = 7, enabled = true },
  },
}

local function replicated_disks(server)
  local list = json.array {}
  for index, volume in ipairs(server.properties.volumes) do
    list[index] = { deviceName = volume.deviceName, isBootDisk = index == 1, stagingDiskType = "AUTO", iops = 0,
      throughput = 0 }
  end
  return list
end

-- The settings of a row of drs_source_servers whose properties are read.
function replication_configuration.merge(row)
  local settings = {}
  for name, value in pairs(DEFAULTS) do
    settings[name] = value
  end
  settings.name, settings.replicatedDisks = row.properties.hostname, replicated_disks(row)
  for name, value in pairs(row.replication_configuration and json.decode(row.replication_configuration) or {}) do
    settings[name] = value
  end
  settings.sourceServerID = row.id
  return settings
end

local function require_servers()
  return require "local_aws.drs.source_servers"
end

local operations = {}

function operations.GetReplicationConfiguration(call)
  return require_servers().get(call, call.input.sourceServerID).replication_configuration
end

-- DRS keeps exactly three rules: minutes, hours, days.
local function check_policy(policy)
  local units = {}
  for _, rule in ipairs(policy) do
    units[rule.units] = true
  end
  if #policy ~= 3 or not (units.MINUTE and units.HOUR and units.DAY) then
    failures.invalid("pitPolicy must have exactly three rules, one each of MINUTE, HOUR and DAY.", "fieldValidationFailed")
  end
end
replication_configuration.check_policy = check_policy

function operations.UpdateReplicationConfiguration(call)
  local server = require_servers().get(call, call.input.sourceServerID)
  local row = call.world.db:first("SELECT replication_configuration AS own FROM drs_source_servers WHERE number = ?",
    server.number)
  local own = row.own and json.decode(row.own) or {}
  if call.input.pitPolicy then
    check_policy(call.input.pitPolicy)
  end
  for name, value in pairs(call.input) do
    own[name] = value
  end
  own.sourceServerID = nil
  call.world.db:run("UPDATE drs_source_servers SET replication_configuration = ? WHERE number = ?",
    json.encode(json.object(own)), server.number)
  return require_servers().get(call, server.id).replication_configuration
end

replication_configuration.operations = operations

return replication_configuration
