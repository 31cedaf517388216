-- Points in time of a source server, computed from its policy: every ten minutes for an hour, every hour for a day, every day
-- for a week (the default), as long as the replication was able to take them. Nothing is stored.

local failures = require "local_aws.drs.failures"
local ids = require "local_aws.drs.ids"
local pages = require "local_aws.drs.pages"
local replication = require "local_aws.drs.replication"
local source_servers = require "local_aws.drs.source_servers"
local time = require "time"

local snapshots = {}

local UNITS = { MINUTE = 60, HOUR = 3600, DAY = 86400 }

-- All points in time (microseconds) at `now`, oldest first.
local function points(server, now)
  local stored = server.replication
  local first, last = replication.first_snapshot_us(stored), replication.last_snapshot_us(stored, now)
  local seen, list = {}, {}
  for _, rule in ipairs(first and server.replication_configuration.pitPolicy or {}) do
    local interval = UNITS[rule.units] * rule.interval * 1000000
    local oldest = math.max(first, now - UNITS[rule.units] * rule.retentionDuration * 1000000)
    for at = last // interval * interval, oldest, -interval do
      if not seen[at] and rule.enabled ~= false then
        seen[at] = true
        list[#list + 1] = at
      end
    end
  end
  table.sort(list)
  return list
end

function snapshots.describe(server, at)
  local key = server.id .. "/" .. at
  local volumes = {}
  for index in ipairs(server.properties.volumes) do
    volumes[index] = ids.derived("snap-", key .. "/" .. index)
  end
  return {
    snapshotID = ids.derived("pit-", key), sourceServerID = server.id, expectedTimestamp = ids.timestamp(at),
    timestamp = ids.timestamp(at + 1250000), ebsSnapshots = volumes,
  }
end

-- Does this server have any snapshot to launch from?
function snapshots.exist(server, now)
  return points(server, now)[1] ~= nil
end

-- The point in time (microseconds) of a snapshot of this server, nil if there is no such.
function snapshots.find(server, snapshot_id, now)
  for _, at in ipairs(points(server, now)) do
    if ids.derived("pit-", server.id .. "/" .. at) == snapshot_id then
      return at
    end
  end
end

-- The latest point in time, nil if there is none.
function snapshots.latest(server, now)
  local list = points(server, now)
  return list[#list]
end

local operations = {}

function operations.DescribeRecoverySnapshots(call)
  local input, now = call.input, time.now_us()
  local server = source_servers.find(call, input.sourceServerID)
  if not server then
    failures.invalid(("Source Server %s does not exist."):format(input.sourceServerID))
  end
  local filters = input.filters or {}
  local from, to = filters.fromDateTime and time.parse(filters.fromDateTime), filters.toDateTime
    and time.parse(filters.toDateTime)
  local list = {}
  for _, at in ipairs(points(server, now)) do
    if (not from or at / 1e6 >= from) and (not to or at / 1e6 <= to) then
      list[#list + 1] = at
    end
  end
  if input.order ~= "ASC" then
    table.sort(list, function(a, b)
      return a > b
    end)
  end
  local items, token = pages.of_list(call, list)
  for index, at in ipairs(items) do
    items[index] = snapshots.describe(server, at)
  end
  return { items = items, nextToken = token }
end

snapshots.operations = operations

return snapshots
