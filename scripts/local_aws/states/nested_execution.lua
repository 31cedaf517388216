-- What executions are to each other. A task that starts another execution and waits for it (states:startExecution.sync,
-- .sync:2): the nested execution's end settles the task, and a task that is given up stops the nested execution. The link is
-- in the nested execution's row. map_children.lua has the other kind, the children of a distributed Map.
local driver       = require "local_aws.states.driver"
local failure      = require "local_aws.states.failure"
local flow         = require "local_aws.states.flow"
local interpreter  = require "local_aws.states.interpreter"
local json         = require "json"
local map_children = require "local_aws.states.map_children"
local map_run      = require "local_aws.states.map_run"
local resource     = require "local_aws.states.resource"
local store        = require "local_aws.states.store"

-- What the task gets: with .sync:2 input and output as JSON, with .sync as text.
function flow.described(execution, as_json)
  local function data(text)
    return as_json and json.decode(text) or text
  end
  local result = json.object { ExecutionArn = execution.arn, Name = execution.name, StateMachineArn = execution.machine_arn,
    Status = execution.status, StartDate = execution.started_us // 1000, StopDate = execution.stopped_us // 1000,
    Input = data(execution.input), InputDetails = json.object { Included = true }, Error = execution.error,
      Cause = execution.cause }
  if execution.output then
    result.Output, result.OutputDetails = data(execution.output), json.object { Included = true }
  end
  return result
end

local function outcome_of(world, execution)
  local branch = store.branch(world.db, execution.parent_branch)
  if not branch then
    return nil
  end
  local parent = store.execution(world.db, branch.execution)
  local state = store.machine(world.db, parent.definition).scopes[branch.scope].states[branch.state]
  local result = json.encode(flow.described(execution, resource.parse(state.Resource).pattern == "sync:2"))
  if execution.status == "SUCCEEDED" then
    return { output = result }
  end
  return { problem = failure.new("States.TaskFailed", result) }
end

function flow.ended(run, execution)
  if execution.parent_branch then
    local outcome = outcome_of(run.world, execution)
    local step = outcome and interpreter.settle(run.world, execution.parent_branch, execution.parent_attempt, outcome)
    if step then
      driver.changed(run.world, step)
    end
  end
  map_children.ended(run, execution)
end

function flow.stop_task(run, branch)
  flow.close_tokens(run, branch)
  map_run.stop(run, branch)
  local nested = run.db:all("SELECT id FROM states_executions WHERE parent_branch = ? AND status = 'RUNNING'", branch.id)
  for _, row in ipairs(nested) do
    run.db:run("UPDATE states_executions SET parent_branch = NULL WHERE id = ?", row.id)
    driver.changed(run.world, interpreter.stop(run.world, row.id, nil, "The execution that waited for it has stopped waiting."))
  end
end

return { ended = flow.ended, stop_task = flow.stop_task }
