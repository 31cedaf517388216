-- The steps of an execution: looked at, retried, skipped, and changed while they have not been started. User guide, "Retrying a
-- failed step" and "Skipping a step".

local arns = require "local_aws.drs.recovery_plans.arns"
local driver = require "local_aws.drs.recovery_plans.driver"
local executions = require "local_aws.drs.recovery_plans.executions"
local failures = require "local_aws.drs.failures"
local pages = require "local_aws.drs.pages"
local progress = require "local_aws.drs.recovery_plans.progress"
local servers = require "local_aws.drs.recovery_plans.servers"
local store = require "local_aws.drs.recovery_plans.execution_store"
local time = require "time"

local execution_steps = {}

local function refuse(step, what)
  failures.conflict(("Step %s %s"):format(step.id, what), "RecoveryPlanExecutionStep", arns.execution_step(step))
end

local function answer(call, arn)
  return { recoveryPlanExecutionStep = store.describe_step(call.world.db, (store.get_step(call, arn))) }
end

-- A failed execution goes on only beside no other one of its plan or servers, and within its 24 hours.
local function refuse_resume(call, execution, step, now)
  if now >= execution.started_us + progress.LIMIT_US then
    refuse(step, "cannot be continued: its execution has reached its limit of 24 hours.")
  end
  executions.refuse_conflicts(call, execution.plan, store.servers(call.world.db, execution.id))
end

-- Can steps that were not started still run? Not when the execution is over for good, or is being cancelled.
local function is_open(call, execution)
  return execution.status == "CREATED" or execution.status == "IN_PROGRESS"
    or execution.status == "FAILED" and store.steps(call.world.db, execution, "FAILED")[1] ~= nil
end

local function skip(call, execution, step, now)
  local resumes = step.status == "FAILED" and execution.status == "FAILED"
  if step.status == "NOT_STARTED" and not is_open(call, execution) then
    refuse(step, ("cannot be skipped: its execution is in status %s."):format(execution.status))
  elseif step.status ~= "NOT_STARTED" and step.status ~= "TIMED_OUT" and not resumes then
    refuse(step, ("is in status %s and cannot be skipped."):format(step.status))
  elseif resumes then
    refuse_resume(call, execution, step, now)
  end
  step.status = "SKIPPED"
  store.save_step(call.world.db, step, now)
  if resumes then
    progress.proceed(call, execution, now)
    driver.wake(call.world)
  end
end

local function refuse_started(call, execution, step)
  if step.status ~= "NOT_STARTED" or not is_open(call, execution) then
    refuse(step, ("is in status %s and cannot be changed; its execution is in status %s."):format(step.status,
      execution.status))
  end
end

local function set_servers(call, execution, step, given)
  local db, list = call.world.db, servers.read(call, given)
  if step.wait_minutes then
    failures.invalid_field("servers", "A wait step has no servers.")
  end
  refuse_started(call, execution, step)
  store.set_servers(db, step, {})
  local others, is_other = store.servers(db, execution.id), {}
  for _, server in ipairs(others) do
    is_other[server.server] = true
  end
  for _, server in ipairs(list) do
    if is_other[server.server] then
      failures.conflict(("Source Server %s is in another step of execution %s already."):format(server.server, execution.id),
        "SourceServer", server.server)
    end
  end
  if #others + #list > servers.MAX then
    failures.invalid_field("servers", ("An execution can have at most %d source servers."):format(servers.MAX))
  end
  executions.refuse_held(call, execution.plan, list)
  store.set_servers(db, step, list)
end

local function set_wait(call, execution, step, minutes)
  if not step.wait_minutes then
    failures.invalid_field("waitDurationMinutes", "A server step has no wait duration.")
  end
  refuse_started(call, execution, step)
  step.wait_minutes = minutes
end

local operations = {}

function operations.ListRecoveryPlanExecutionSteps(call)
  local db, input = call.world.db, call.input
  local execution = store.get(call, input.recoveryPlanExecutionArn)
  local list, token = pages.of_list(call, store.steps(db, execution, input.filter and input.filter.status))
  for index, step in ipairs(list) do
    list[index] = store.step_summary(db, step)
  end
  return { recoveryPlanExecutionSteps = list, nextToken = token }
end

function operations.GetRecoveryPlanExecutionStep(call)
  return answer(call, call.input.recoveryPlanExecutionStepArn)
end

-- Launches again those servers of a failed step that did not recover.
function operations.RetryRecoveryPlanExecutionStep(call)
  local now, arn = time.now_us(), call.input.recoveryPlanExecutionStepArn
  local step, execution = store.get_step(call, arn)
  if step.wait_minutes then
    failures.invalid("A wait step cannot be retried. Skip it instead.")
  elseif execution.status ~= "FAILED" or step.status ~= "FAILED" then
    refuse(step, ("cannot be retried: it is in status %s and its execution in status %s, and both must be FAILED."):format(
      step.status, execution.status))
  end
  refuse_resume(call, execution, step, now)
  step.attempt = step.attempt + 1
  progress.begin(call, execution, step, now)
  driver.wake(call.world)
  return answer(call, arn)
end

-- Skips a step, or changes one that was not started: its servers or its wait.
function operations.UpdateRecoveryPlanExecutionStep(call)
  local input, now = call.input, time.now_us()
  local step, execution = store.get_step(call, input.recoveryPlanExecutionStepArn)
  local given = (input.status and 1 or 0) + (input.servers and 1 or 0) + (input.waitDurationMinutes and 1 or 0)
  if given ~= 1 then
    failures.invalid("Exactly one of status, servers and waitDurationMinutes must be given.")
  elseif input.status and input.status ~= "SKIPPED" then
    failures.invalid_field("status", "Only SKIPPED is accepted.")
  elseif input.status then
    skip(call, execution, step, now)
  else
    if input.servers then
      set_servers(call, execution, step, input.servers)
    else
      set_wait(call, execution, step, input.waitDurationMinutes)
    end
    store.save_step(call.world.db, step, now)
  end
  return answer(call, input.recoveryPlanExecutionStepArn)
end

execution_steps.operations = operations

return execution_steps
