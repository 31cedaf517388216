-- Asking an execution to pause at its next wave boundary. The orchestrator does it (lib/boundary.lua).

local dry_run    = require "dry_run"
local executions = require "lib.executions"
local reply      = require "lib.reply"
local status     = require "lib.status"
local time       = require "time"
local waves      = require "lib.waves"

local pauses = {}

-- Counted from the frozen plan: during the first wave only that one is recorded.
local function require_later_wave(execution)
  local all = waves.all(execution)
  local details = { executionId = execution.executionId, totalWaves = #all }
  if #all <= 1 then
    reply.fail(400, "SINGLE_WAVE_NOT_PAUSABLE", "the plan has one wave only: there is no boundary to pause at", details)
  end
  if #waves.pending(all) == 0 then
    reply.fail(400, "NO_PENDING_WAVES", "the last wave has started: there is no boundary left to pause at", details)
  end
end

--- What a pause changes, or nil: one that is asked for, or has come, stays as it is.
function pauses.decide(current)
  local now = status.of(current)
  if now == "PAUSE_PENDING" or now == "PAUSED" then return nil end
  if now ~= "RUNNING" then
    reply.fail(409, "EXECUTION_NOT_PAUSABLE", "an execution that is " .. now .. " cannot be paused",
      { executionId = current.executionId, executionStatus = now })
  end
  require_later_wave(current)
  dry_run.check("state", "passed", "an execution that is " .. now .. " and has a wave to come can be paused")
  return { status = "PAUSE_PENDING", pauseRequestedAt = time.now() }
end

--- Asks for the pause.
function pauses.request(execution)
  return executions.change(execution, pauses.decide)
end

return pauses
