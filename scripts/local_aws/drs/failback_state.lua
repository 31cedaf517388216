-- How far a recovery instance is on its way back. Stored in its definition as `failback`, nil before and after:
--   {at=us, region=, server= id}      reversed by ReverseReplication: the source server in the region of origin tells all
--   {at=us, client= id, launch= as last_launch|nil}      by a failback client, and StartFailbackLaunch

local ids = require "local_aws.drs.ids"
local json = require "json"
local last_launch = require "local_aws.drs.last_launch"
local replication = require "local_aws.drs.replication"

local failback_state = {}

-- What the machine on the other side replicates and how it was launched: {replication=, launch=|nil}; nil when it is gone.
local function other_side(call, stored)
  if stored.client then
    return { replication = { state = "STARTED", since = stored.at }, launch = stored.launch }
  end
  local row = call.world.db:first([[SELECT replication, last_launch FROM drs_source_servers WHERE account = ? AND region = ?
    AND id = ?]], call.account, stored.region, stored.server)
  return row and { replication = json.decode(row.replication), launch = row.last_launch and json.decode(row.last_launch) }
end

-- A drill of the way back leaves it as it is: only a real launch completes it.
local function state_of(other, now)
  local launch = other.launch and other.launch.type == "RECOVERY" and other.launch or nil
  local result = last_launch.result(launch, now)
  if result ~= "NOT_STARTED" then
    return result == "SUCCEEDED" and "FAILBACK_COMPLETED" or result == "FAILED" and "FAILBACK_ERROR" or "FAILBACK_IN_PROGRESS"
  end
  local state, first = replication.state(other.replication, now), replication.first_snapshot_us(other.replication)
  if state == "STALLED" or state == "DISCONNECTED" or state == "STOPPED" then
    return "FAILBACK_NOT_READY_FOR_LAUNCH"
  end
  return first and first <= now and "FAILBACK_READY_FOR_LAUNCH" or "FAILBACK_IN_PROGRESS"
end

-- The state alone.
function failback_state.of(call, stored, now)
  local other = stored and other_side(call, stored)
  return not stored and "FAILBACK_NOT_STARTED" or not other and "FAILBACK_LAUNCH_STATE_NOT_AVAILABLE" or state_of(other, now)
end

local function replication_info(other, volumes, zone, now)
  local info = replication.describe(other.replication, volumes, zone, now)
  for _, disk in ipairs(info.replicatedDisks) do
    disk.volumeStatus = nil -- what source servers have, and recovery instances have not
  end
  return info
end

-- `failback` and `dataReplicationInfo` of a recovery instance with these volumes.
function failback_state.describe(call, stored, volumes, now)
  if not stored then
    return { state = "FAILBACK_NOT_STARTED" }, { dataReplicationState = "NOT_STARTED" }
  end
  local other = other_side(call, stored)
  if not other then
    return { state = "FAILBACK_LAUNCH_STATE_NOT_AVAILABLE", failbackInitiationTime = ids.timestamp(stored.at) },
      { dataReplicationState = "REPLICATION_STATE_NOT_AVAILABLE" }
  end
  local minute, started = ids.timestamp(now - now % 60000000), stored.at + 60 * 1000000
  return {
    state = state_of(other, now), failbackInitiationTime = ids.timestamp(stored.at), failbackClientID = stored.client,
    failbackToOriginalServer = stored.client and true or nil, failbackJobID = other.launch and other.launch.job,
    failbackLaunchType = other.launch and other.launch.type, agentLastSeenByServiceDateTime = minute,
    failbackClientLastSeenByServiceDateTime = stored.client and minute or nil,
    firstByteDateTime = started <= now and ids.timestamp(started) or nil,
    elapsedReplicationDuration = ids.duration(math.max(0, now - started)),
  }, replication_info(other, volumes, (stored.region or call.region) .. "a", now)
end

return failback_state
