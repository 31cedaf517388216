-- What the state machine calls: a Lambda task, or an activity that a worker serves. It gives the whole state back.
--
-- The item in the table is the truth, the state only carries what the definition's choices read. Every action can be repeated:
-- a call that was lost on its way, or made twice, does no harm.
local boundary   = require "lib.boundary"
local executions = require "lib.executions"
local lists      = require "lib.lists"
local machine    = require "lib.machine"
local observe    = require "lib.observe"
local resumes    = require "lib.resumes"
local status     = require "lib.status"
local store      = require "lib.store"
local aws        = require "aws"
local log        = require "log"
local time       = require "time"

-- As far as it can go now, and the state that says so.
local function advance(execution)
  local after, pause_before = boundary.pass(execution)
  if not pause_before then return machine.state(after) end
  return machine.state(after, { status = "paused", paused_before_wave = pause_before })
end

-- The definitions of the old system name these parts differently.
local function state_of(event) return event.state or event.application or event end

local function execution_of(event)
  local input = event.input or event
  return executions.get(state_of(event).execution_id or input.Execution and input.Execution.Id or event.execution)
end

local function begin(event)
  local execution = execution_of(event)
  return advance((executions.change(execution, function(current)
    if status.of(current) ~= "PENDING" then return nil end
    return { status = "RUNNING" }
  end)))
end

local function update_wave_status(event)
  local execution = execution_of(event)
  if status.is_terminal(execution) then return machine.state(execution) end
  local by_job, warnings = observe.look(execution)
  for _, warning in ipairs(warnings) do log.warn("a region could not be asked; its waves stay as they are", warning) end
  return advance((executions.change(execution, function(current) return observe.changes(current, by_job) end)))
end

-- PAUSED is written with the token, in one write. When there is nothing to wait for any more - the pause was withdrawn, or the
-- execution cancelled - the token is answered at once, and resume_wave sees what to do.
local function store_task_token(event)
  local token, before = event.taskToken or event.task_token, state_of(event).paused_before_wave
  local stored = executions.change(execution_of(event), function(current)
    local now = status.of(current)
    local same_pause = now == "PAUSED" and current.pausedBeforeWave == before
    local may_pause = (now == "RUNNING" or now == "PAUSE_PENDING") and not lists.given(current.claimedTaskToken)
      and boundary.must_wait(current, before)
    if not same_pause and not may_pause then return nil end
    return {
      status = "PAUSED", taskToken = token, pausedBeforeWave = before, pausedAt = time.now(), pausingSince = store.REMOVE,
      pauseRequestedAt = store.REMOVE,
    }
  end)
  if stored.taskToken == token then return machine.state(stored) end
  local problem = resumes.send(token, stored, before)
  if problem and not aws.is_error(problem, "TaskTimedOut", "TaskDoesNotExist") then error(problem, 0) end
  return machine.state(stored)
end

-- The token was used, so the claim has had its effect, whoever made it.
local function resume_wave(event)
  local before = state_of(event).paused_before_wave
  return advance((executions.change(execution_of(event), function(current)
    local now = status.of(current)
    if now == "PAUSED" and current.pausedBeforeWave ~= before then return nil end
    if now ~= "PAUSED" and now ~= "RUNNING" and now ~= "PAUSE_PENDING" then return nil end
    local gates = lists.of(current.passedGates)
    if lists.given(before) then gates = lists.unique(lists.concat { gates, { before } }) end
    return {
      status = now == "PAUSED" and "RUNNING" or current.status, passedGates = gates, pausedBeforeWave = store.REMOVE,
      taskToken = store.REMOVE, claimedTaskToken = store.REMOVE, claimedAt = store.REMOVE, pausingSince = store.REMOVE,
    }
  end)))
end

local ACTIONS = {
  begin = begin, update_wave_status = update_wave_status, store_task_token = store_task_token, resume_wave = resume_wave,
}

return {
  summary = "The actions behind the state machine",
  -- drs:TagResource: DRS asks for it when StartRecovery carries tags.
  aws     = {
    "dynamodb:Query", "dynamodb:GetItem", "dynamodb:UpdateItem", "drs:StartRecovery", "drs:DescribeJobs",
    "drs:DescribeJobLogItems", "drs:DescribeRecoveryInstances", "drs:DescribeSourceServers", "drs:TagResource",
    "ec2:DescribeInstances", "states:SendTaskSuccess", "sts:AssumeRole",
  },

  handle = function(event)
    local action = ACTIONS[event.action]
    if not action then
      error("action must be begin, update_wave_status, store_task_token or resume_wave, not " .. tostring(event.action), 0)
    end
    return action(event)
  end,
}
