-- Can these servers be launched? What counts is whether a snapshot exists to launch from.

local accounts = require "lib.accounts"
local jobs     = require "lib.jobs"
local json     = require "json"
local lists    = require "lib.lists"
local reply    = require "lib.reply"
local task     = require "task"

local replication = {}

local UNFIT = { DISCONNECTED = true, STOPPED = true, STALLED = true, INITIATING = true, UNKNOWN = true }
-- A first synchronisation has no snapshot yet, a repeated one has: only the snapshots tell.
local IN_DOUBT = { INITIAL_SYNC = true }

--- The source servers with these ids: { id = server }. Pages of 200 ids.
function replication.servers(client, server_ids)
  local found = {}
  for _, chunk in ipairs(lists.chunks(lists.unique(server_ids), jobs.FILTER_LIMIT)) do
    for server in client:items("describe_source_servers", { filters = { sourceServerIDs = chunk } }) do
      found[server.sourceServerID] = server
    end
  end
  return found
end

--- The name that people know a source server by.
function replication.name_of(server)
  if not server then return nil end
  local hints = (server.sourceProperties or {}).identificationHints or {}
  return (server.tags or {}).Name or hints.hostname or hints.fqdn
end

local function has_snapshot(client, server_id)
  local page = client:describe_recovery_snapshots { sourceServerID = server_id, maxResults = 1 }
  return #page.items > 0 or page.nextToken ~= nil
end

local function judge(client, id, server)
  if not server then return "UNKNOWN", "DRS does not know this server here" end
  local state = (server.dataReplicationInfo or {}).dataReplicationState or "UNKNOWN"
  if UNFIT[state] then return state, "its replication is " .. state end
  if IN_DOUBT[state] and not has_snapshot(client, id) then return state, "it has no snapshot yet" end
  return state
end

local function look(place, context)
  local client = accounts.client("drs", place.region, context)
  local ids = lists.unique(lists.concat(lists.map(place.waves, function(wave) return wave.serverIds end)))
  local servers = replication.servers(client, ids)
  return task.map(ids, function(id)
    local state, reason = judge(client, id, servers[id])
    return { sourceServerId = id, serverName = replication.name_of(servers[id]), region = place.region,
             replicationState = state, reason = reason }
  end, { limit = 10 })
end

--- Refuses when a server of the plan cannot be launched.
function replication.is_healthy(start)
  local all = lists.concat(task.map(start.regions, function(place) return look(place, start.context) end))
  local unhealthy = lists.filter(all, function(server) return server.reason end)
  if #unhealthy == 0 then return end
  reply.fail(400, "UNHEALTHY_SERVER_REPLICATION", ("%d of %d servers cannot be launched"):format(#unhealthy, #all), {
    unhealthyServers = json.array(unhealthy), unhealthyCount = #unhealthy, healthyCount = #all - #unhealthy,
  })
end

return replication
