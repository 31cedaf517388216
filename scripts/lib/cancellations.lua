-- Cancelling. What is in flight in DRS is followed to its end, so that nothing that it launched is lost.

local dry_run    = require "dry_run"
local executions = require "lib.executions"
local lists      = require "lib.lists"
local machine    = require "lib.machine"
local reply      = require "lib.reply"
local status     = require "lib.status"
local store      = require "lib.store"
local time       = require "time"
local waves      = require "lib.waves"

local cancellations = {}

--- The waves not started, as CANCELLED, by their number. `why` is their statusMessage.
function cancellations.of_pending(execution, why)
  local changed = {}
  for _, wave in ipairs(waves.pending(waves.all(execution))) do
    changed[wave.waveNumber] = lists.merged(wave, { status = "CANCELLED", endTime = time.now(), statusMessage = why })
  end
  return changed
end

--- What a cancel changes, or nil: an execution that is being cancelled stays as it is.
function cancellations.decide(current)
  local now = status.of(current)
  if now == "CANCELLING" then return nil end
  if status.is_terminal(current) then
    reply.fail(409, "EXECUTION_NOT_CANCELLABLE", "the execution is over: " .. now,
      { executionId = current.executionId, executionStatus = now })
  end
  dry_run.check("state", "passed", "an execution that is " .. now .. " can be cancelled")
  return {
    status = "CANCELLING", cancelRequestedAt = time.now(),
    waves = waves.with(current, cancellations.of_pending(current, "cancelled before it started")),
    taskToken = store.REMOVE, claimedTaskToken = store.REMOVE, claimedAt = store.REMOVE,   -- spent: nobody can resume now
  }
end

--- Ends a cancelled execution that has nothing in flight: first the state machine, then the word. A failure between the two
-- leaves CANCELLING, which the sweep takes up; a wrong CANCELLED could be resumed through Step Functions.
function cancellations.settle(execution)
  if #waves.in_flight(waves.all(execution)) > 0 then return execution end
  machine.stop(execution, "cancelled by an operator")
  return executions.finish(execution, "CANCELLED")
end

-- PAUSE_PENDING: the orchestrator is on its way to the boundary, and ends the execution there.
local function ends_at_boundary(execution)
  return status.of(execution) == "PAUSE_PENDING" or #waves.in_flight(waves.all(execution)) > 0
end

--- Cancels.
function cancellations.request(execution)
  local later
  local cancelled, wrote = executions.change(execution, function(current)
    later = ends_at_boundary(current)
    return cancellations.decide(current)
  end)
  if not wrote or later then return cancelled end
  return cancellations.settle(cancelled)
end

--- Wave numbers by what became of them.
function cancellations.details(execution)
  local all = waves.all(execution)
  local function numbers(matches) return waves.numbers(lists.filter(all, matches)) end
  return {
    completedWaves = numbers(function(wave) return status.wave_is_over(wave) and wave.status ~= "CANCELLED" end),
    inProgressWaves = numbers(status.wave_in_flight),
    cancelledWaves = numbers(function(wave) return wave.status == "CANCELLED" end),
  }
end

return cancellations
