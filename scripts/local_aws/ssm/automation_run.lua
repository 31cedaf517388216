-- Runs automations: one task for all, on the world's clock. All state is saved after every look at a step, so that a world that
-- is started again goes on where it was.

local actions = require "local_aws.ssm.automation_actions"
local fault = require "local_aws.fault"
local json = require "json"
local log = require "log"
local references = require "local_aws.ssm.references"
local store = require "local_aws.ssm.automation_store"
local task = require "task"
local time = require "time"

local automation_run = {}

local GUIDE = " Please refer to Automation Service Troubleshooting Guide for more diagnosis details."

-- What wakes a world's runner: world -> event.
local events = setmetatable({}, { __mode = "k" })

local function event_of(world)
  events[world] = events[world] or task.event()
  return events[world]
end

-- There is something new to look at: an automation, a signal, a stop.
function automation_run.wake(world)
  event_of(world):set()
end

local function finish(automation, status, message)
  automation.status, automation.endedUs, automation.failure = status, time.now_us(), message
  automation.current = nil
end

local function end_step(step, status, message)
  step.status, step.endedUs, step.failure = status, time.now_us(), message
end

local function index_of(automation, name)
  for index, step in ipairs(automation.steps) do
    if step.name == name then
      return index
    end
  end
end

local function go_to(automation, name)
  automation.current = index_of(automation, name)
  if not automation.current then
    finish(automation, "Failed", ("There is no step named %s."):format(name))
  end
end

local function after_success(automation, step)
  local definition = step.definition
  if step.next or definition.nextStep and not definition.isEnd then
    go_to(automation, step.next or definition.nextStep)
  elseif definition.isEnd or not automation.steps[automation.current + 1] then
    finish(automation, automation.has_failed and "Failed" or "Success", automation.failure)
  else
    automation.current = automation.current + 1
  end
end

-- onFailure: Abort (also without it), Continue, step:NAME; isCritical = false lets the whole end well.
local function after_failure(automation, step, status, message)
  end_step(step, status, message)
  local definition = step.definition
  local policy = definition.onFailure or "Abort"
  if definition.isCritical ~= false and tostring(definition.isCritical) ~= "false" then
    automation.has_failed, automation.failure = true, message
  end
  local target = policy:match("^step:(.+)$")
  if target then
    go_to(automation, target)
  elseif policy == "Continue" then
    after_success(automation, step)
  else
    finish(automation, status == "Cancelled" and "Cancelled" or status, message)
  end
end

-- An AWS failure in the words of Automation.
local function words(problem, service)
  if problem.code == "Rejected" or problem.code == "AssertionFailed" then
    return problem.message
  end
  return ("Step fails when it is Execute/Cancelling action. %s (Service: %s; Status Code: 400; Error Code: %s)."):format(
    problem.message, service, problem.code) .. GUIDE
end

local function is_late(step)
  local limit = tonumber(step.definition.timeoutSeconds)
  return limit and time.now_us() - step.startedUs > limit * 1000000
end

local function attempt(world, automation, step)
  local action = actions[step.action]
  if not action then
    fault.raise("InvalidAction", ("The local AWS does not run %s"):format(step.action))
  end
  step.inputs = references.resolve(automation, step.definition.inputs or json.object {})
  return action(world, automation, step, step.inputs)
end

-- Asks the current step. -> seconds to wait, nil when the automation went on.
local function look(world, automation, step)
  if step.status == "Pending" then
    step.status, step.startedUs, step.memory = "InProgress", time.now_us(), json.object {}
  end
  local ok, outputs, seconds = pcall(attempt, world, automation, step)
  if not ok and not fault.is(outputs) then
    error(outputs, 0)
  elseif not ok then
    step.attempts = (step.attempts or 0) + 1
    if step.attempts < (tonumber(step.definition.maxAttempts) or 1) then
      step.memory = json.object {}
      return 1
    end
    after_failure(automation, step, outputs.code == "Rejected" and "Rejected" or "Failed",
      words(outputs, step.inputs and step.inputs.Service or "AmazonEC2"))
  elseif outputs then
    step.outputs = json.object(outputs)
    end_step(step, "Success")
    after_success(automation, step)
  elseif is_late(step) then
    after_failure(automation, step, "TimedOut", "Step timed out while step is verifying the desired state." .. GUIDE)
  else
    automation.status = step.status == "Waiting" and "Waiting" or "InProgress"
    return seconds
  end
end

-- A stop cancels the step that runs, or lets it end ("Complete") and begins no other.
local function stop(automation)
  local step = automation.steps[automation.current]
  if automation.stop == "Complete" and step.status ~= "Pending" and step.status ~= "Success" then
    step.definition.isEnd = true
    return false
  end
  if step.status == "InProgress" or step.status == "Waiting" then
    end_step(step, "Cancelled", "Step is cancelled.")
  end
  finish(automation, automation.stop == "Complete" and "Success" or "Cancelled")
  return true
end

-- Goes as far as it can without waiting.
local function advance(world, id)
  local automation, seconds = store.load(world.db, id), nil
  repeat
    local stopped = automation.stop and stop(automation)
    if not stopped and not automation.endedUs then
      automation.status = "InProgress"
      seconds = look(world, automation, automation.steps[automation.current])
    end
  until seconds or automation.endedUs
  local due_us
  if not automation.endedUs and seconds < math.huge then
    due_us = time.now_us() + math.ceil(seconds * 1000000)
  end
  store.save(world.db, automation, due_us)
end

-- A fault of ours ends the automation with it, so that the others go on.
local function give_up(world, id, problem)
  log.error("ssm: an automation could not go on", { automation = id, error = tostring(problem) })
  local automation = store.load(world.db, id)
  finish(automation, "Failed", "Internal failure.")
  store.save(world.db, automation)
end

local function run(world)
  local event = event_of(world)
  while true do
    local id, due_us = store.next_due(world.db)
    if id and due_us <= time.now_us() then
      local ok, problem = pcall(world.db.transaction, world.db, advance, world, id)
      if not ok then
        give_up(world, id, problem)
      end
    else
      event:wait(id and (due_us - time.now_us()) / 1000000 or nil)
      event:reset()
    end
  end
end

-- Runs the automations of a world, also those that ran when it ended.
function automation_run.begin(world)
  world.background(function()
    run(world)
  end)
end

return automation_run
