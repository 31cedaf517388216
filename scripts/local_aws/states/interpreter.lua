-- The interpreter: takes a branch that is due one burst further, and takes in what happens to it from outside (a task's
-- outcome, a stop, a time-out). Every entry is one transaction; what must happen after it (invocations to launch, waiters
-- to wake) is handed to the driver.
local failure     = require "local_aws.states.failure"
local flow        = require "local_aws.states.flow"
local history     = require "local_aws.states.history"
local json        = require "json"
local map_run     = require "local_aws.states.map_run"
local run         = require "local_aws.states.run"
local state_types = require "local_aws.states.state_types"
local store       = require "local_aws.states.store"
local task_state  = require "local_aws.states.task_state"
local time        = require "time"

local interpreter = {}

-- States that one transaction may pass: few enough that others get their turn, enough that commits do not dominate.
local BURST = 20

local function end_now(step, problem)
  flow.fail_execution(step, 0, problem)
end

local function enter(step, branch, state)
  branch.entered_us = step.now_us
  branch.entered_id = history.entered(step, branch, state)
  flow.guarded(step, branch, state, state_types[state.Type].start)
end

local function advance(step, branch)
  local state = step:state(branch)
  if branch.phase == "enter" then
    enter(step, branch, state)
  elseif branch.phase == "attempt" then
    flow.guarded(step, branch, state, state_types[state.Type].start)
  else
    flow.guarded(step, branch, state, state_types[state.Type].resume)
  end
end

local function is_due(step, branch)
  return step.execution.status == "RUNNING" and branch and branch.due_us and branch.due_us <= step.now_us
end

-- Takes a branch that is due further. -> launches: list of {branch, attempt} to invoke
function interpreter.advance(world, execution_id, branch_id)
  local step = run.step(world, execution_id, function(step)
    local branch = step:branch(branch_id)
    local left = BURST
    while left > 0 and is_due(step, branch) do
      advance(step, branch)
      branch = step:branch(branch_id)
      left = left - 1
    end
  end, end_now)
  return step
end

-- Takes in an attempt's outcome (task_state.settle). -> step | nil when the attempt is no longer waited for: its outcome is
-- discarded
function interpreter.settle(world, branch_id, attempt, outcome)
  local stored = store.branch(world.db, branch_id)
  if not stored or stored.attempt ~= attempt or stored.phase ~= "running" then
    return nil
  end
  return run.step(world, stored.execution, function(step)
    local branch = step:branch(branch_id)
    flow.guarded(step, branch, step:state(branch), task_state.settle, outcome)
  end, end_now)
end

-- The sums of a map run have changed: its Map is to look at them. -> step | nil
function interpreter.look_again(world, branch_id)
  local stored = store.branch(world.db, branch_id)
  if not stored or stored.phase ~= "mapping" then
    return nil
  end
  return run.step(world, stored.execution, function(step)
    step:branch(branch_id).due_us = step.now_us
  end, end_now)
end

-- Begins the execution whose row has been inserted.
function interpreter.begin(world, execution_id, started_details)
  return run.step(world, execution_id, function(step)
    history.append(step, 0, "ExecutionStarted", { executionStartedEventDetails = started_details })
    local branch = step:add_branch { position = 1, scope = 1, phase = "enter", previous = 0 }
    flow.go(step, branch, step.machine.scopes[1].start, step.execution.input)
  end, end_now)
end

-- Stops an execution from outside. Its tasks' results will be discarded.
function interpreter.stop(world, execution_id, error_name, cause)
  return run.step(world, execution_id, function(step)
    history.append(step, 0, "ExecutionAborted", { executionAbortedEventDetails = history.error(error_name, cause) })
    flow.freeze(step)
    flow.end_execution(step, "ABORTED", { error = error_name, cause = cause })
  end, end_now)
end

function interpreter.time_out(world, execution_id)
  return run.step(world, execution_id, function(step)
    if step.execution.deadline_us and step.execution.deadline_us <= step.now_us then
      history.append(step, 0, "ExecutionTimedOut", { executionTimedOutEventDetails = json.object {} })
      flow.freeze(step)
      flow.end_execution(step, "TIMED_OUT", {})
    end
  end, end_now)
end

-- A fault of ours, not of the state machine: the execution fails rather than being tried for ever.
function interpreter.give_up(world, execution_id, message)
  return run.step(world, execution_id, function(step)
    end_now(step, failure.new("States.Runtime", message))
  end, end_now)
end

-- Puts a failed, stopped or timed-out execution back where it was: what was done stays done, the rest is attempted again.
function interpreter.redrive(world, execution)
  world.db:transaction(function()
    local now_us = time.now_us()
    execution.status, execution.output, execution.error, execution.cause, execution.stopped_us = "RUNNING", nil, nil, nil, nil
    execution.redrive_count, execution.redriven_us = execution.redrive_count + 1, now_us
    local timeout = store.machine(world.db, execution.definition).timeout
    execution.deadline_us = timeout and now_us + timeout * 1000000
    store.save_execution(world.db, execution)
    run.step(world, execution.id, function(step)
      local event = history.append(step, execution.events, "ExecutionRedriven",
        { executionRedrivenEventDetails = { redriveCount = execution.redrive_count } })
      for _, stored in ipairs(store.branches(step.db, execution.id)) do
        local branch = step:branch(stored.id)
        if branch.phase == "failed" or branch.phase == "aborted" then
          local row = branch.map_run and map_run.get(step.db, branch.map_run)
          local has_children = step.db:first("SELECT 1 AS one FROM states_branches WHERE parent = ? LIMIT 1", branch.id)
          branch.retries, branch.retry_count, branch.task, branch.previous = nil, 0, nil, event
          if row and row.status ~= "SUCCEEDED" then
            map_run.redrive(step, branch)
          elseif has_children then
            branch.phase, branch.due_us = "joined", nil
          else
            branch.phase, branch.due_us = branch.entered_id and "attempt" or "enter", now_us
          end
        end
      end
    end, end_now)
  end)
end

return interpreter
