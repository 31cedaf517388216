-- The way back: a recovery instance's failback settings, and reversing its replication into the region that it came from.

local elsewhere = require "local_aws.drs.elsewhere"
local events = require "local_aws.drs.events"
local failures = require "local_aws.drs.failures"
local ids = require "local_aws.drs.ids"
local json = require "json"
local recovery_instances = require "local_aws.drs.recovery_instances"
local replication_changes = require "local_aws.drs.replication_changes"
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
  recovery_instances.save(call, row)
  return {}
end

local function check_reversible(call, row, now)
  local properties = row.definition.properties
  if not properties.originRegion then
    failures.invalid("Replication can be reversed only for source servers that run in AWS.")
  elseif row.is_drill == 1 then
    failures.invalid("Replication of a drill's Recovery Instance cannot be reversed.")
  elseif recovery_instances.is_busy(call, row, now) or row.definition.failback then
    failures.conflict("The Recovery Instance is being processed, or its replication is reversed already.", "RecoveryInstance",
      row.id)
  end
  local initialized = call.world.db:first("SELECT 1 AS yes FROM drs_initialized WHERE account = ? AND region = ?", call.account,
    properties.originRegion)
  if not initialized then
    failures.uninitialized()
  end
end

-- A source server that is the recovery instance, in the region where the machine came from. Answers its id.
local function insert_reversed(call, there, row, now)
  local properties = {}
  for name, value in pairs(row.definition.properties) do
    properties[name] = value
  end
  properties.direction, properties.originRegion, properties.originZone = "FAILBACK", call.region, call.region .. "a"
  properties.originAccount, properties.vpcId, properties.subnetId = call.account, nil, nil
  properties.ips, properties.awsInstanceId, properties.hardwareId = json.array { row.definition.privateIp }, row.id, row.id
  properties.reversedArn = ids.arn(call.account, call.region, "source-server", row.source_server)
  return source_servers.insert(call.world.db, call.account, there.region, {
    tags = json.decode(row.tags), properties = properties, replication = { state = "STARTED", since = now },
  })
end

-- Makes a source server in the region where the machine came from (or starts the one that was stopped before); it is launched
-- there with StartRecovery.
function operations.ReverseReplication(call)
  local row, now = get(call)
  check_reversible(call, row, now)
  local there = elsewhere(call, { region = row.definition.properties.originRegion })
  replication_changes.check_quota(there)
  local id = row.definition.reversed
  local server = id and source_servers.find(there, id)
  if server then
    replication_changes.set(there, server, { state = "STARTED" })
  else
    id = insert_reversed(call, there, row, now)
  end
  local arn = ids.arn(call.account, there.region, "source-server", id)
  row.definition.reversed, row.definition.failback = id, { at = now, region = there.region, server = id }
  recovery_instances.save(call, row)
  local original = source_servers.find(call, row.source_server)
  if original then
    original.properties.reversedArn = arn
    source_servers.save(call, original, "properties")
  end
  events.failback_change(call, now, row.id, "FAILBACK_IN_PROGRESS")
  return { reversedDirectionSourceServerArn = arn }
end

function operations.StopFailback(call)
  local row = get(call)
  local stored = row.definition.failback
  local there = stored and stored.server and elsewhere(call, { region = stored.region })
  local server = there and source_servers.find(there, stored.server)
  if server then
    replication_changes.set(there, server, { state = "STOPPED" })
  end
  row.definition.failback = nil
  recovery_instances.save(call, row)
  return {}
end

failback.operations = operations

return failback
