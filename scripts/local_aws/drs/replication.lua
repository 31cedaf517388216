-- The replication of a source server: what it is doing now, computed from when it was started and what the estate says of it.
--
-- Stored: {state="STARTED", since=us [, lag= seconds]}: goes through its states by itself up to CONTINUOUS;
--         {state="STALLED" | "DISCONNECTED" | "STOPPED" | "INITIAL_SYNC" | ..., since=us [, lag=, error=]}: stays so;
--         either with course={{at=us, state=, lag=, error=}, ...}: from each `at` on it is as that says.

local after = require "local_aws.drs.after"
local ids = require "local_aws.drs.ids"
local nearest = require "aws.nearest"
local shape = require "local_aws.shape"

local replication = {}

-- What somebody may say of a server's replication: the estate, or control.
local GIVEN = { members = {
  state = "string", lag = "number", forSeconds = "number", error = "string", course = { list = {
    members = { after = "number", state = "string", lag = "number", error = "string" }, needs = { "after", "state" },
  } },
} }

-- The states of the model, and STARTED.
local STATES = { "STARTED", "STOPPED", "INITIATING", "INITIAL_SYNC", "BACKLOG", "CREATING_SNAPSHOT", "CONTINUOUS", "PAUSED",
  "RESCAN", "STALLED", "DISCONNECTED" }

local is_state = {}
for _, name in ipairs(STATES) do
  is_state[name] = true
end

-- Raises {code="INVALID_DATA"} if that is not what it is meant to be.
function replication.check(given, path)
  shape.check(given, GIVEN, path)
  for _, said in ipairs { given, table.unpack(given.course or {}) } do
    if said.state and not is_state[said.state] then
      shape.refuse(path, nearest.message("unknown state", said.state, STATES))
    end
  end
end

-- Seconds after the start at which each state begins.
local INITIAL_SYNC, SNAPSHOT, CONTINUOUS = 300, 2700, 2760

local STEPS = {
  "WAIT", "CREATE_SECURITY_GROUP", "LAUNCH_REPLICATION_SERVER", "BOOT_REPLICATION_SERVER", "AUTHENTICATE_WITH_SERVICE",
  "DOWNLOAD_REPLICATION_SOFTWARE", "CREATE_STAGING_DISKS", "ATTACH_STAGING_DISKS", "PAIR_REPLICATION_SERVER_WITH_AGENT",
  "CONNECT_AGENT_TO_REPLICATION_SERVER", "START_DATA_TRANSFER",
}

-- A course as somebody gives it, {{after= seconds since the entry before, state=, lag=, error=}}, as it is stored.
function replication.course(given, now)
  local course, at = {}, now
  for index, entry in ipairs(given) do
    at = after(at, entry.after)
    course[index] = { at = at, state = entry.state, lag = entry.lag, error = entry.error }
  end
  return course[1] and course or nil
end

-- What of a stored replication holds at `now`.
local function at(stored, now)
  local current = stored
  for _, entry in ipairs(stored.course or {}) do
    if entry.at <= now then
      current = { state = entry.state, since = entry.at, lag = entry.lag, error = entry.error,
        protected_since = replication.first_snapshot_us(stored) }
    end
  end
  return current
end

-- When the first snapshot of a replication exists: microseconds, or nil if it never gets so far.
function replication.first_snapshot_us(stored)
  if stored.state == "STARTED" then
    return stored.since + CONTINUOUS * 1000000
  elseif stored.protected_since then
    return stored.protected_since
  end
end

-- The state at `now` (world microseconds).
function replication.state(stored, now)
  stored = at(stored, now)
  if stored.state ~= "STARTED" then
    return stored.state
  end
  local age = (now - stored.since) / 1e6
  if age < INITIAL_SYNC then
    return "INITIATING"
  elseif age < SNAPSHOT then
    return "INITIAL_SYNC"
  elseif age < CONTINUOUS then
    return "CREATING_SNAPSHOT"
  end
  return "CONTINUOUS"
end

-- Can a snapshot of the latest data be taken now?
function replication.can_snapshot(stored, now)
  local state = replication.state(stored, now)
  return state == "CONTINUOUS" or state == "RESCAN" or state == "BACKLOG" or state == "CREATING_SNAPSHOT"
end

-- The last moment at which one could be taken.
function replication.last_snapshot_us(stored, now)
  return replication.can_snapshot(stored, now) and now or at(stored, now).since
end

local function share_replicated(stored, state, now)
  if state == "INITIATING" or state == "STOPPED" and not stored.protected_since then
    return 0
  elseif state == "INITIAL_SYNC" then
    if stored.state ~= "STARTED" then
      return stored.share or 0.4
    end
    return ((now - stored.since) / 1e6 - INITIAL_SYNC) / (SNAPSHOT - INITIAL_SYNC)
  end
  return 1
end

-- Bytes that a RESCAN compares in a second: assumed.
local RESCAN_SPEED = 100 * 1000 * 1000

local function disks(volumes, share, backlog, rescanned)
  local list = {}
  for index, volume in ipairs(volumes) do
    list[index] = {
      deviceName = volume.deviceName, totalStorageBytes = volume.bytes,
      replicatedStorageBytes = math.floor(volume.bytes * share),
      rescannedStorageBytes = math.min(volume.bytes, rescanned), backloggedStorageBytes = index == 1 and backlog or 0,
      volumeStatus = "REGULAR",
    }
  end
  return list
end

local function initiation(stored, now)
  local done = math.floor((now - stored.since) / 1e6 / INITIAL_SYNC * #STEPS)
  local steps = {}
  for index, name in ipairs(STEPS) do
    steps[index] = { name = name, status = index <= done and "SUCCEEDED" or index == done + 1 and "IN_PROGRESS"
      or "NOT_STARTED" }
  end
  return { startDateTime = ids.timestamp(stored.since), steps = steps }
end

-- How far behind the copy is, in microseconds; nil where DRS says nothing. A replication that stands falls behind.
function replication.lag_us(stored, state, now)
  if state == "STALLED" or state == "DISCONNECTED" then
    return math.floor((stored.lag or 0) * 1e6) + now - stored.since
  elseif state == "CONTINUOUS" or state == "BACKLOG" or state == "RESCAN" then
    return math.floor((stored.lag or 0) * 1e6)
  end
end

-- dataReplicationInfo. `volumes`: list of {deviceName=, bytes=}; `zone`: the staging area's.
function replication.describe(stored, volumes, zone, now)
  stored = at(stored, now)
  local state = replication.state(stored, now)
  local lag = replication.lag_us(stored, state, now)
  local info = {
    dataReplicationState = state, stagingAvailabilityZone = state ~= "STOPPED" and zone or nil,
    replicatedDisks = disks(volumes, share_replicated(stored, state, now), lag and lag > 0 and math.floor(lag / 1e6 * 65536)
      or 0, state == "RESCAN" and math.floor((now - stored.since) / 1e6 * RESCAN_SPEED) or 0),
    lagDuration = lag and ids.duration(lag),
  }
  if state == "INITIATING" then
    info.dataReplicationInitiation = initiation(stored, now)
  elseif state == "INITIAL_SYNC" and stored.state == "STARTED" then
    info.etaDateTime = ids.timestamp(stored.since + SNAPSHOT * 1000000)
  elseif state == "STALLED" or state == "DISCONNECTED" then
    info.dataReplicationError = { error = stored.error or (state == "STALLED" and "NOT_CONVERGING" or "AGENT_NOT_SEEN") }
  end
  return info
end

return replication
