-- Parallel and Map: states whose work is other states. Each branch or iteration is a row of its own below the state's row,
-- and runs as if it were an execution; this file starts them, takes their outputs, and ends them when one has failed.
local context    = require "local_aws.states.context"
local document   = require "local_aws.states.document"
local flow       = require "local_aws.states.flow"
local history    = require "local_aws.states.history"
local json       = require "json"
local map_fields = require "local_aws.states.map_fields"
local map_items  = require "local_aws.states.map_items"
local map_run    = require "local_aws.states.map_run"
local payload    = require "local_aws.states.payload"
local store      = require "local_aws.states.store"

local nested = { Parallel = {}, Map = {} }
flow.nested = nested

local CONCURRENCY = 40 -- AWS runs at most so many iterations of an inline Map at once

local function iteration_details(event_type, branch, parent)
  local member = event_type:sub(1, 1):lower() .. event_type:sub(2)
  -- All four events share one shape; only the member's name differs.
  return { [member .. "EventDetails"] = { name = parent.state, index = branch.index } }
end

-- `previous` is the event that a branch follows: its parent's start, or the last one of the iteration that made room for it.
local function begin(run, parent, state, branch, previous)
  branch.previous = previous or parent.started_id
  if state.Type == "Map" then
    history.add(run, branch, "MapIterationStarted", iteration_details("MapIterationStarted", branch, parent))
  end
  flow.go(run, branch, run.machine.scopes[branch.scope].start, branch.input)
end

function nested.Parallel.start(run, branch, state)
  local input = payload.encode(branch, payload.effective_input(run, branch, state))
  branch.started_id = history.add(run, branch, "ParallelStateStarted")
  branch.phase, branch.due_us = "joined", nil
  local _, scope = run:state(branch)
  for position, number in ipairs(scope.inner[branch.state]) do
    local child = run:add_branch { parent = branch.id, position = position, scope = number, phase = "pending", input = input }
    begin(run, branch, state, child)
  end
end

local function concurrency_of(state, environment)
  local most = map_items.number(state, "MaxConcurrency", "integer", environment) or 0
  return (most == 0 or most > CONCURRENCY) and CONCURRENCY or most
end

function nested.Map.start(run, branch, state)
  branch.map_run = nil
  if map_fields.is_distributed(state) then
    return map_run.start(run, branch, state)
  end
  local input = payload.filtered_input(run, branch, state)
  local environment = context.environment(run, branch, state, input)
  local items = map_items.all(state, environment)
  local most = concurrency_of(state, environment)
  local inputs = {}
  for position, selected in ipairs(map_items.selected(run, branch, state, items, environment)) do
    inputs[position] = payload.encode(branch, selected)
  end
  branch.started_id = history.add(run, branch, "MapStateStarted", { mapStateStartedEventDetails = { length = #items } })
  branch.phase, branch.due_us = "joined", nil
  local _, scope = run:state(branch)
  for position, item in ipairs(items) do
    local child = run:add_branch { parent = branch.id, position = position, scope = scope.inner[branch.state][1],
      phase = "pending",
      input = inputs[position], index = position - 1, item = json.encode(item) }
    if position <= most then
      begin(run, branch, state, child)
    end
  end
  if #items == 0 then
    nested.finish(run, branch, state)
  end
end

nested.Map.resume = map_run.resume -- only a distributed Map is ever due

-- Every branch has its output: the state's result is the list of them.
function nested.finish(run, parent, state)
  local outputs = {}
  for position, child in ipairs(run:children(parent)) do
    outputs[position] = child.output
  end
  history.append(run, parent.previous, state.Type .. "StateSucceeded") -- what follows refers to the event before it
  nested.discard(run, parent)
  flow.guarded(run, parent, state, flow.succeed, document.joined(outputs))
end

function nested.branch_done(run, parent, branch)
  local state = run:state(parent)
  parent.previous = branch.previous
  if state.Type == "Map" then
    parent.previous = history.append(run, branch.previous, "MapIterationSucceeded",
      iteration_details("MapIterationSucceeded", branch, parent))
  end
  store.save_branch(run.db, branch)
  local waiting = run.db:first([[SELECT id FROM states_branches WHERE parent = ? AND phase = 'pending' ORDER BY position
    LIMIT 1]], parent.id)
  if waiting then
    begin(run, parent, state, run:branch(waiting.id), branch.previous)
  elseif not run.db:first("SELECT 1 AS one FROM states_branches WHERE parent = ? AND phase <> 'done' LIMIT 1", parent.id) then
    nested.finish(run, parent, state)
  end
end

-- Ends whatever is below a branch that still runs, innermost first, with the events that AWS writes for it.
local function abort_below(run, parent, previous)
  local parent_state = run:state(parent)
  for _, child in ipairs(run:children(parent)) do
    if child.phase ~= "done" and child.phase ~= "failed" and child.phase ~= "aborted" and child.phase ~= "pending" then
      abort_below(run, child, previous)
      if map_run.stop(run, child) then
        history.append(run, previous, "MapRunAborted")
      end
      flow.stop_task(run, child)
      local state = run:state(child)
      if child.entered_id and (state.Type == "Task" or state.Type == "Wait" or state.Type == "Parallel"
        or state.Type == "Map") then
        history.append(run, previous, state.Type .. "StateAborted")
      end
      if parent_state.Type == "Map" then
        history.append(run, previous, "MapIterationAborted", iteration_details("MapIterationAborted", child, parent))
      end
      child.phase, child.due_us, child.activity = "aborted", nil, nil
    end
  end
end

function nested.branch_failed(run, parent, branch, problem)
  local state = run:state(parent)
  if state.Type == "Map" then
    history.append(run, branch.previous, "MapIterationFailed", iteration_details("MapIterationFailed", branch, parent))
  end
  abort_below(run, parent, branch.previous)
  parent.previous = branch.previous
  flow.fail(run, parent, state, problem, state.Type .. "StateFailed")
end

-- Forgets the branches below a state that is left or begun anew.
function nested.discard(run, parent)
  for _, child in ipairs(run:children(parent)) do
    nested.discard(run, child)
    flow.stop_task(run, child)
    run:remove(child)
  end
end

return nested
