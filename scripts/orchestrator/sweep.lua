-- Heals what a crash left behind, once a minute. Every step is conditional: any number of sweeps may run side by side.
--
--   PENDING without a state machine      it is started again: StartExecution is idempotent by name and input
--   a resume's claim without effect      the execution is PAUSED again
--   a token that got lost on its way     the state machine is started again where it was
--   CANCELLING with nothing in flight    the state machine is stopped, the execution is CANCELLED
--   a state machine that has ended       what it left in flight is followed, then the execution ends too
--   a plan claimed by a finished run     the claim is taken away
--   a termination that was deferred      the policy is asked again when its time has come, or its approval
local cancellations = require "lib.cancellations"
local due           = require "lib.due_terminations"
local executions    = require "lib.executions"
local lists         = require "lib.lists"
local machine       = require "lib.machine"
local plans         = require "lib.plans"
local reconcile     = require "lib.reconcile"
local resumes       = require "lib.resumes"
local status        = require "lib.status"
local waves         = require "lib.waves"
local log           = require "log"
local task          = require "task"
local time          = require "time"

local LOST_TOKEN_SECONDS = 600

local function start_again(execution)
  local _, taken = machine.start(execution)
  if taken then return executions.withdraw(execution) end
  log.info("an execution without a state machine was started again", { executionId = execution.executionId })
end

local function follow_to_the_end(execution, step_functions)
  local current = reconcile.active(execution)
  if status.is_terminal(current) then return end
  current = reconcile.ended(current, step_functions)
  log.info("the state machine has ended", { executionId = current.executionId, status = current.status,
    stepFunctionsStatus = step_functions.status })
end

local function release_claim(execution)
  resumes.release(execution)
  log.warn("a resume had no effect; the execution is paused again", { executionId = execution.executionId })
end

local function lost_its_token(execution)
  local since = lists.given(execution.pausingSince)
  return since ~= nil and since + LOST_TOKEN_SECONDS <= time.now() and machine.is_waiting(execution)
end

-- The new one first, under a name that every sweep would give it, then the old one's end: a crash between the two leaves one
-- too many waiting, never one too few.
local function restart(execution)
  local arn = machine.start(execution, ("%s-%d"):format(execution.executionId, execution.pausingSince))
  executions.change(execution, function(current)
    if status.is_terminal(current) or current.executionArn == arn then return nil end
    return { executionArn = arn, stateMachineArn = arn, pausingSince = time.now() }
  end)
  machine.stop(execution, "its task token was lost; another one goes on")
  log.warn("a task token was lost; the state machine was started again", { executionId = execution.executionId })
end

local function heal(execution)
  local step_functions = machine.describe(execution)
  local now = status.of(execution)
  if not step_functions then
    if now == "PENDING" then start_again(execution) end
    if now == "CANCELLING" then cancellations.settle(execution) end
  elseif reconcile.has_ended(step_functions) then
    follow_to_the_end(execution, step_functions)
  elseif now == "CANCELLING" then
    cancellations.settle(execution)
  elseif now == "RUNNING" and resumes.is_stale(execution) then
    release_claim(execution)
  elseif lost_its_token(execution) then
    restart(execution)
  end
end

local function release_stale_claim(plan)
  local holder = executions.find(plan.activeExecutionId)
  if holder and status.is_active(holder) then return end
  plans.release(plan.planId, plan.activeExecutionId)
  log.info("a finished execution's claim was taken away", { planId = plan.planId, executionId = plan.activeExecutionId })
end

-- One sick execution must not keep the others from being healed.
local function each(list, fn, name)
  task.map(list, function(item)
    local ok, problem = pcall(fn, item)
    if not ok then
      log.error("the sweep could not heal this; it tries again", { [name] = item[name], fault = tostring(problem) })
    end
    return ok
  end, { limit = 8 })
end

return {
  summary  = "Heals executions that a crash left behind, and takes up deferred terminations",
  every    = 60,
  policies = { "termination" },
  aws      = {
    "dynamodb:Query", "dynamodb:Scan", "dynamodb:GetItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem",
    "states:StartExecution", "states:DescribeExecution", "states:StopExecution", "states:GetExecutionHistory",
    "drs:DescribeJobs", "drs:DescribeJobLogItems", "drs:DescribeRecoveryInstances", "drs:DescribeSourceServers",
    "drs:TerminateRecoveryInstances", "ec2:DescribeInstances", "sts:AssumeRole",
  },

  run = function()
    local active = executions.with_status(status.active_words())
    each(active, function(found) heal(executions.get(found.executionId)) end, "executionId")
    each(plans.claimed(), release_stale_claim, "planId")
    each(due.entries(), due.look_at, "id")
    return { active = #active, waves = #waves.in_flight(lists.concat(lists.map(active, waves.recorded))) }
  end,
}
