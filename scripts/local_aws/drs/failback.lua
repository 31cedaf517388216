-- The way back: a recovery instance's failback settings, and reversing its replication into the region that it came from.

local failures = require "local_aws.drs.failures"
local ids = require "local_aws.drs.ids"
local json = require "json"
local recovery_instances = require "local_aws.drs.recovery_instances"
local source_servers = require "local_aws.drs.source_servers"
local time = require "time"

local failback = {}

local DEFAULTS = { bandwidthThrottling = 0, usePrivateIP = false, internetProtocol = "IPV4" }

local function get(call)
  local id, now = call.input.recoveryInstanceID, time.now_us()
  local row = recovery_instances.find(call, id, now) or failures.not_found("RecoveryInstance", id)
  row.definition = json.decode(row.definition)
  return row, now
end

local function save(call, row)
  call.world.db:run("UPDATE drs_recovery_instances SET definition = ? WHERE number = ?", json.encode(row.definition),
    row.number)
end

local operations = {}

function operations.GetFailbackReplicationConfiguration(call)
  local row = get(call)
  local settings = { recoveryInstanceID = row.id, name = row.definition.properties.hostname }
  for _, own in ipairs { DEFAULTS, row.definition.failbackReplication or {} } do
    for name, value in pairs(own) do
      settings[name] = value
    end
  end
  return settings
end

function operations.UpdateFailbackReplicationConfiguration(call)
  local row = get(call)
  local settings = row.definition.failbackReplication or {}
  for name, value in pairs(call.input) do
    settings[name] = value
  end
  settings.recoveryInstanceID = nil
  row.definition.failbackReplication = json.object(settings)
  save(call, row)
  return {}
end

local function check_reversible(call, row, now)
  local properties = row.definition.properties
  if not properties.originRegion then
    failures.invalid("Replication can be reversed only for source servers that run in AWS.")
  elseif row.is_drill == 1 then
    failures.invalid("Replication of a drill's Recovery Instance cannot be reversed.")
  elseif recovery_instances.is_busy(call, row, now) or row.definition.reversed then
    failures.conflict("The Recovery Instance is being processed, or its replication is reversed already.", "RecoveryInstance",
      row.id)
  end
  local initialized = call.world.db:first("SELECT 1 AS yes FROM drs_initialized WHERE account = ? AND region = ?", call.account,
    properties.originRegion)
  if not initialized then
    failures.uninitialized()
  end
end

-- Makes a source server in the region where the machine came from; it is launched there with StartRecovery.
function operations.ReverseReplication(call)
  local row, now = get(call)
  check_reversible(call, row, now)
  local properties = {}
  for name, value in pairs(row.definition.properties) do
    properties[name] = value
  end
  local origin = properties.originRegion
  properties.direction, properties.originRegion, properties.originZone = "FAILBACK", call.region, call.region .. "a"
  properties.ips, properties.awsInstanceId, properties.hardwareId = json.array { row.definition.privateIp }, row.id, row.id
  local id = source_servers.insert(call.world.db, call.account, origin, {
    tags = json.decode(row.tags), properties = properties, replication = { state = "STARTED", since = now },
  })
  row.definition.reversed = ids.arn(call.account, origin, "source-server", id)
  row.definition.failback = { state = "FAILBACK_IN_PROGRESS", at = now }
  save(call, row)
  return { reversedDirectionSourceServerArn = row.definition.reversed }
end

function operations.StopFailback(call)
  local row = get(call)
  row.definition.failback = nil
  save(call, row)
  return {}
end

failback.operations = operations

return failback
