-- How an execution moves from state to state: entering, leaving, failing, ending. What a state does in between is in
-- state_types.lua, nested.lua (Parallel, Map) and task_state.lua; nested.lua sets flow.nested, because a branch that ends
-- calls its parent.
local document = require "local_aws.states.document"
local failure  = require "local_aws.states.failure"
local history  = require "local_aws.states.history"
local json     = require "json"
local payload  = require "local_aws.states.payload"
local retry    = require "local_aws.states.retry"
local store    = require "local_aws.states.store"

local flow = {}

-- Called with (run, execution) when an execution has ended, in its transaction; set by nested_execution.lua.
flow.ended = function() end

-- flow.described(execution, as_json), set by nested_execution.lua too, and what map_children.lua sets for map_run.lua:
-- flow.begin_child, flow.stop_children, flow.prepare_children.

-- Puts a branch before a state.
function flow.go(run, branch, state_name, input)
  branch.state, branch.input, branch.phase, branch.due_us = state_name, input, "enter", run.now_us
  branch.entered_id, branch.entered_us, branch.task, branch.activity = nil, nil, nil, nil
  branch.retries, branch.retry_count, branch.map_run = nil, 0, nil
end

-- Nothing waits for this branch's task any more: its token is spent.
function flow.close_tokens(run, branch)
  run.db:run("UPDATE states_tokens SET status = 'closed' WHERE branch = ? AND status = 'open'", branch.id)
end

function flow.end_execution(run, status, fields)
  local execution = run.execution
  for name, value in pairs(fields) do
    execution[name] = value
  end
  execution.status, execution.stopped_us, execution.deadline_us = status, run.now_us, nil
  store.save_execution(run.db, execution) -- whoever waits for it must see it ended
  flow.ended(run, execution)
end

local function succeed_execution(run, branch, output)
  history.add(run, branch, "ExecutionSucceeded", { executionSucceededEventDetails = history.output(output) })
  run:remove(branch)
  flow.end_execution(run, "SUCCEEDED", { output = output })
end

-- Stops every branch where it is. The rows stay for a redrive, but nothing looks at them any more.
function flow.freeze(run)
  for _, stored in ipairs(store.branches(run.db, run.execution.id)) do
    local branch = run:branch(stored.id)
    if branch and branch.phase ~= "done" and branch.phase ~= "failed" then
      flow.stop_task(run, branch)
      branch.phase = "aborted"
    end
    if branch then
      branch.due_us, branch.activity = nil, nil
    end
  end
end

-- A task that is under way is no longer waited for. nested_execution.lua adds that an execution which the task started is
-- stopped.
flow.stop_task = flow.close_tokens

function flow.fail_execution(run, previous, problem)
  history.append(run, previous, "ExecutionFailed", { executionFailedEventDetails = history.error(problem.error,
    problem.cause) })
  flow.freeze(run)
  flow.end_execution(run, "FAILED", { error = problem.error, cause = problem.cause })
end

-- A state has its output: leave it.
function flow.leave(run, branch, state, output, next_name, assigned)
  history.exited(run, branch, state, output, assigned)
  flow.close_tokens(run, branch)
  if next_name then
    flow.go(run, branch, next_name, output)
  elseif not branch.parent then
    succeed_execution(run, branch, output)
  else
    branch.phase, branch.due_us, branch.output, branch.task, branch.activity = "done", nil, output, nil, nil
    flow.nested.branch_done(run, run:branch(branch.parent), branch)
  end
end

-- A state has its result: filter it and leave. Filtering may fail like the state itself.
function flow.succeed(run, branch, state, result)
  local output, assigned = payload.output(run, branch, state, result)
  flow.leave(run, branch, state, output, state.Next, assigned)
end

local function catch(run, branch, state, catcher, problem)
  local raw = document.read(branch.input)
  local cause = problem.cause or (problem.error == "States.Timeout" and "" or json.null)
  local shown = json.object { Error = problem.error or json.null, Cause = cause }
  local assigned = payload.assign(run, branch, state, catcher.Assign, shown)
  local output = payload.encode(branch, payload.place(catcher.ResultPath, raw, shown))
  flow.leave(run, branch, state, output, catcher.Next, assigned)
end

-- A state has failed: retry it, catch it, or let what is around it fail. `event_type` is written unless it is retried.
function flow.fail(run, branch, state, problem, event_type)
  if problem.whole_execution then
    error(problem, 0)
  end
  if run.failed then
    run.failed(problem) -- a test tells it as it is
  end
  problem = failure.in_state(problem, branch.state, branch.entered_id or branch.previous)
  flow.stop_task(run, branch)
  branch.task, branch.activity = nil, nil
  local wait_us = retry.take(branch, state, problem)
  local catcher = not wait_us and retry.catcher(state, problem)
  if wait_us or catcher then
    flow.nested.discard(run, branch)
  end
  if wait_us then
    branch.phase, branch.due_us = "attempt", run.now_us + wait_us
    return
  end
  if event_type then
    history.add(run, branch, event_type)
  end
  if catcher then
    local fine, second = pcall(catch, run, branch, state, catcher, problem)
    if fine then
      return
    elseif not failure.is(second) or second.whole_execution then
      error(second, 0)
    end
    problem = failure.in_state(second, branch.state, branch.entered_id)
  end
  branch.phase, branch.due_us = "failed", nil
  if branch.parent then
    flow.nested.branch_failed(run, run:branch(branch.parent), branch, problem)
  else
    flow.fail_execution(run, branch.previous, problem)
  end
end

-- Runs what a state does; a failure in it is the state's.
function flow.guarded(run, branch, state, body, ...)
  local fine, problem = pcall(body, run, branch, state, ...)
  if not fine then
    if not failure.is(problem) then
      error(problem, 0)
    end
    flow.fail(run, branch, state, problem)
  end
end

return flow
