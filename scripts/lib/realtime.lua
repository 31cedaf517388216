-- The realtime answer: look, write back, show.

local json      = require "json"
local lists     = require "lib.lists"
local observe   = require "lib.observe"
local plans     = require "lib.plans"
local reconcile = require "lib.reconcile"
local status    = require "lib.status"
local views     = require "lib.views"

local realtime = {}

--- Asks AWS about an active execution and writes back what it says, the end of the state machine included.
function realtime.look(execution)
  local current, seen = reconcile.active(execution, true)
  if status.is_active(current) and reconcile.has_ended(seen.stepFunctions) then
    current = reconcile.ended(current, seen.stepFunctions)
  end
  return current, seen
end

local function step_functions_word(seen)
  if seen.unasked then return "UNKNOWN" end
  return seen.stepFunctions and seen.stepFunctions.status or "NOT_FOUND"
end

--- The answer: as for the details, with what was seen.
function realtime.view(execution, seen)
  local out = views.detail(execution, plans.of(execution), "realtime")
  out.stepFunctionsStatus = step_functions_word(seen)
  out.warnings = seen.warnings
  for _, wave in ipairs(out.waves) do
    local one = lists.given(wave.jobId) and seen.observations[wave.jobId]
    wave.drsJobDetails = one and observe.job_details(one) or json.null
    wave.enrichedServers = one and one.servers or wave.serverStatuses
  end
  return out
end

return realtime
