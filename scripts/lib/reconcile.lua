-- Bringing an active execution's item in line with what Step Functions and DRS say.

local cancellations = require "lib.cancellations"
local executions    = require "lib.executions"
local json          = require "json"
local launch        = require "lib.launch"
local lists         = require "lib.lists"
local machine       = require "lib.machine"
local observe       = require "lib.observe"
local reply         = require "lib.reply"
local status        = require "lib.status"
local task          = require "task"
local waves         = require "lib.waves"

local reconcile = {}

local OVER = { SUCCEEDED = true, FAILED = true, ABORTED = true, TIMED_OUT = true }

--- Has the state machine ended?
function reconcile.has_ended(step_functions) return step_functions ~= nil and OVER[step_functions.status] == true end

-- Step Functions' word in ours. What was launched decides between FAILED and PARTIAL.
local function final_word(execution, word)
  if word == "ABORTED" then return "CANCELLED" end
  if word == "TIMED_OUT" then return "TIMEOUT" end
  return waves.outcome(waves.all(execution))
end

--- Ends an execution whose state machine has ended. One with a job in flight stays active until the job is over: what it
-- launches must be recorded.
function reconcile.ended(execution, step_functions)
  execution = launch.take_up(execution, "adopt")
  if #waves.in_flight(waves.all(execution)) > 0 then return execution end
  local word = status.of(execution) == "CANCELLING" and "CANCELLED" or final_word(execution, step_functions.status)
  return executions.finish(execution, word, function(current)
    local why = tostring(lists.given(step_functions.cause) or lists.given(step_functions.error) or "no cause given")
    local message = ("the state machine ended %s: %s"):format(step_functions.status, why:sub(1, 1000))
    return {
      waves = waves.with(current, cancellations.of_pending(current, "not started: the state machine ended")),
      errorMessage = word ~= "COMPLETED" and message or nil,
    }
  end)
end

-- A reading must not fail because somebody writes at the same moment: then the newer item is the answer.
local function write_back(execution, by_job)
  local ok, result = pcall(executions.change, execution, function(current) return observe.changes(current, by_job) end)
  if ok then return result end
  if reply.is_refusal(result, "CONCURRENT_UPDATE") then return executions.get(execution.executionId) end
  error(result, 0)
end

--- Asks Step Functions and DRS side by side and writes back what they say. Gives the execution and what was seen:
-- { stepFunctions (nil: unknown to Step Functions), observations, warnings }.
function reconcile.active(execution, in_full)
  local seen = { warnings = json.array {} }
  local function ask_step_functions()
    local ok, found = pcall(machine.describe, execution)
    if ok then return found end
    seen.warnings[#seen.warnings + 1] = reply.warning(found)
    seen.unasked = true
  end
  local function ask_drs()
    local by_job, warnings = observe.look(execution, in_full)
    return { by_job = by_job, warnings = warnings }
  end
  task.all {
    function() seen.stepFunctions = ask_step_functions() end,
    function()
      local drs = ask_drs()
      seen.observations = drs.by_job
      for _, warning in ipairs(drs.warnings) do seen.warnings[#seen.warnings + 1] = warning end
    end,
  }
  execution = write_back(execution, seen.observations)
  return execution, seen
end

return reconcile
