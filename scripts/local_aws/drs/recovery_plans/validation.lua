-- The validation of a plan's servers: all of them when an execution starts, those of a step again when it begins. Impact levels
-- do not count here: one server that fails stops everything (user guide, "Validation that runs before a server is recovered").
-- What that page lists of disks without attributes and of launch templates has no counterpart in the local AWS.

local json = require "json"
local replication = require "local_aws.drs.replication"
local servers = require "local_aws.drs.recovery_plans.servers"
local snapshots = require "local_aws.drs.snapshots"
local source_servers = require "local_aws.drs.source_servers"

local validation = {}

-- States of the replication that cannot be recovered; the page "How a recovery plan runs" adds STALLED.
local UNFIT = { DISCONNECTED = true, STOPPED = true, STALLED = true }

-- What is wrong with a server at `now`, nil if nothing is.
local function problem_of(context, id, point, now)
  local server = source_servers.find(context, id)
  if not server then
    return "does not exist"
  end
  local state = replication.state(server.replication, now)
  if UNFIT[state] then
    return "cannot be recovered while its replication is " .. state
  elseif not snapshots.exist(server, now) then
    return "has no consistent recovery point yet"
  elseif point and not snapshots.find(server, point, now) then
    return ("no longer has the recovery point %s"):format(point)
  end
end

-- The first `limit` of what is wrong, as text; nil if nothing is. points: recovery snapshot by server id.
local function collect(context, list, points, now)
  local found, busy = {}, {}
  for row in context.world.db:rows([[SELECT DISTINCT server FROM drs_job_servers WHERE account = ? AND region = ?
    AND job_ends_us > ? AND server IN (SELECT value FROM json_each(?))]], context.account, context.region, now,
    servers.ids_json(list)) do
    busy[row.server] = "is currently being processed by a Job"
  end
  for _, server in ipairs(list) do
    local problem = problem_of(context, server.server, points[server.server], now) or busy[server.server]
    found[#found + 1] = problem and ("Source Server %s %s"):format(server.server, problem)
  end
  return found
end

-- Validates the servers ({server=}) of an execution at `now`. Answers nil, or {code=, message=}.
function validation.check(context, execution, list, now)
  local found = collect(context, list, json.decode(execution.points), now)
  if found[1] then
    return { code = "VALIDATION_FAILED", message = ("Validation failed: %s."):format(table.concat(found, "; ")) }
  end
end

return validation
