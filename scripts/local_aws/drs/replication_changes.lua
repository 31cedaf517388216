-- Changes of a source server's replication: by the operations, by control, by the estate. Who becomes stalled, or is no longer,
-- is told to EventBridge.

local agenda = require "local_aws.drs.agenda"
local events = require "local_aws.drs.events"
local failures = require "local_aws.drs.failures"
local replication = require "local_aws.drs.replication"
local source_servers = require "local_aws.drs.source_servers"
local time = require "time"

local replication_changes = {}

-- Told when a course comes to it, unless the replication was changed since.
agenda.define("stalled_change", function(call, data)
  local server = source_servers.find(call, data.server)
  if server and server.replication.changed == data.changed then
    events.stalled_change(call, call.at_us, server.id, data.is_stalled)
  end
end)

-- Puts the stalled changes of a server's stored replication on the agenda.
function replication_changes.schedule(call, server_id, stored)
  local was_stalled = stored.state == "STALLED"
  for _, entry in ipairs(stored.course or {}) do
    local is_stalled = entry.state == "STALLED"
    if is_stalled ~= was_stalled then
      agenda.add(call, entry.at, "stalled_change",
        { server = server_id, changed = stored.changed, is_stalled = is_stalled })
    end
    was_stalled = is_stalled
  end
end

-- Gives a server another replication from now on, {state=, lag=, error=, course= as in an estate}; what it had replicated
-- stays.
function replication_changes.set(call, server, change)
  local now, before = time.now_us(), server.replication
  local protected, was_stalled = replication.first_snapshot_us(before), replication.state(before, now) == "STALLED"
  local stored = {
    state = change.state, since = now, lag = change.lag or 0, error = change.error,
    changed = call.world.clock.next "drs/replication",
    course = replication.course(change.course or {}, now), detached = server.staging_account ~= nil or nil,
    protected_since = protected and protected <= now and protected or nil,
  }
  server.replication = stored
  source_servers.save(call, server, "replication")
  if was_stalled ~= (change.state == "STALLED") then
    events.stalled_change(call, now, server.id, not was_stalled)
  end
  replication_changes.schedule(call, server.id, stored)
end

-- More servers than may be are not replicated at once.
function replication_changes.check_quota(call)
  local most = call.world.settings.drs.maxReplicatingServers
  local count = call.world.db:first([[SELECT count(*) AS n FROM (SELECT 1 FROM drs_source_servers WHERE account = ?
    AND region = ? AND staging_account IS NULL AND json_extract(replication, '$.state') NOT IN ('STOPPED', 'DISCONNECTED')
    LIMIT ?)]],
    call.account, call.region, most).n
  if count >= most then
    failures.quota(("The maximum number of replicating source servers (%d) was reached"):format(most), "L-C1D14A2B")
  end
end

local operations = {}

function operations.StartReplication(call)
  local server = source_servers.get(call, call.input.sourceServerID)
  if replication.state(server.replication, time.now_us()) ~= "STOPPED" then
    failures.conflict("Replication of the Source Server is not stopped.", "SourceServer", server.id)
  end
  replication_changes.check_quota(call)
  replication_changes.set(call, server, { state = "STARTED" })
  return { sourceServer = source_servers.describe_one(call, server.id) }
end

function operations.StopReplication(call)
  local server = source_servers.get(call, call.input.sourceServerID)
  source_servers.refuse_busy(call, { server.id }, time.now_us())
  if replication.state(server.replication, time.now_us()) == "STOPPED" then
    failures.conflict("Replication of the Source Server is already stopped.", "SourceServer", server.id)
  end
  replication_changes.set(call, server, { state = "STOPPED" })
  return { sourceServer = source_servers.describe_one(call, server.id) }
end

function operations.DisconnectSourceServer(call)
  local server = source_servers.get(call, call.input.sourceServerID)
  source_servers.refuse_busy(call, { server.id }, time.now_us())
  replication_changes.set(call, server, { state = "DISCONNECTED" })
  return source_servers.describe_one(call, server.id)
end

function operations.RetryDataReplication(call)
  local server = source_servers.get(call, call.input.sourceServerID)
  if replication.state(server.replication, time.now_us()) ~= "STALLED" then
    failures.invalid("Data replication of the Source Server is not stalled.")
  end
  replication_changes.set(call, server, { state = "STARTED" })
  return source_servers.describe_one(call, server.id)
end

replication_changes.operations = operations

return replication_changes
