-- Resuming: one conditional write claims the task token, the claim's owner uses it once.
--
-- The claim moves `taskToken` to `claimedTaskToken` with a time; `resume_wave` takes it away. If the process dies between the
-- claim and the use, the state machine still waits: after a minute the claim can be made again, or the sweep takes it back.

local aws        = require "aws"
local dry_run    = require "dry_run"
local executions = require "lib.executions"
local json       = require "json"
local lists      = require "lib.lists"
local machine    = require "lib.machine"
local reply      = require "lib.reply"
local status     = require "lib.status"
local store      = require "lib.store"
local time       = require "time"

local resumes = {}

resumes.CLAIM_SECONDS = 60

local function refuse(execution)
  local now = status.of(execution)
  reply.fail(409, "EXECUTION_NOT_PAUSED", "an execution that is " .. now .. " cannot be resumed",
    { executionId = execution.executionId, executionStatus = now })
end

local function claim_of(token)
  return { status = "RUNNING", taskToken = store.REMOVE, claimedTaskToken = token, claimedAt = time.now() }
end

--- Has a claim had no effect: old, and the state machine waits still?
function resumes.is_stale(execution)
  local token, at = lists.given(execution.claimedTaskToken), lists.given(execution.claimedAt) or 0
  return token ~= nil and at + resumes.CLAIM_SECONDS <= time.now() and machine.is_waiting(execution)
end

--- What a resume changes, and the token to use; no token when a pause is withdrawn before it came.
-- 409 unless PAUSED, PAUSE_PENDING, or under a claim that had no effect.
function resumes.decide(current)
  local token
  local now = status.of(current)
  if now == "PAUSE_PENDING" then
    dry_run.check("state", "passed", "a pause that has not come yet can be withdrawn")
    return { status = "RUNNING", pauseRequestedAt = store.REMOVE }
  elseif now == "PAUSED" then
    token = lists.given(current.taskToken)
  elseif now == "RUNNING" and resumes.is_stale(current) then
    token = current.claimedTaskToken
  else
    refuse(current)
  end
  if not token then
    reply.fail(409, "INVALID_TASK_TOKEN", "the execution is paused without a task token; cancel it and start again",
      { executionId = current.executionId })
  end
  dry_run.check("state", "passed", "an execution that is " .. now .. " can be resumed")
  return claim_of(token), token
end

--- Claims the resume: gives the execution, and the token. Of two calls one wins.
function resumes.claim(execution)
  local token
  local claimed = executions.change(execution, function(current)
    local changes
    changes, token = resumes.decide(current)
    return changes
  end)
  return claimed, token
end

--- Takes a claim back: the execution is PAUSED as before. Only while it is this claim.
function resumes.release(execution)
  local token = execution.claimedTaskToken
  return executions.change(execution, function(current)
    if status.of(current) ~= "RUNNING" or current.claimedTaskToken ~= token then return nil end
    return { status = "PAUSED", taskToken = token, claimedTaskToken = store.REMOVE, claimedAt = store.REMOVE }
  end)
end

--- Answers the state machine with the state that it expects: it goes on before wave `before`. Gives an error, raises none.
function resumes.send(token, execution, before)
  local state = machine.state(execution, { status = "running", paused_before_wave = before })
  local ok, problem = pcall(function()
    machine.client():send_task_success { taskToken = token, output = json.encode(state) }
  end)
  if not ok then return problem end
end

-- Only the claim's owner uses the token. If Step Functions calls it used while the state machine has gone on, the answer to our
-- own first try was lost.
local function went_on(execution)
  local step_functions = machine.describe(execution)
  return step_functions ~= nil and step_functions.status == "RUNNING" and not machine.is_waiting(execution)
end

--- Uses the claimed token. Refused: the claim is taken back, and 409 says why.
function resumes.use(execution, token)
  local problem = resumes.send(token, execution)
  if not problem then return end
  local code
  if aws.is_error(problem, "TaskTimedOut", "TaskDoesNotExist") then
    if went_on(execution) then return end
    code = "TASK_TIMED_OUT"
  elseif aws.is_error(problem, "InvalidToken") then
    code = "INVALID_TASK_TOKEN"
  end
  if not problem.outcomeUnknown then resumes.release(execution) end
  if not code then error(problem, 0) end
  reply.fail(409, code, "Step Functions refused the task token: " .. tostring(problem.message),
    { executionId = execution.executionId })
end

return resumes
