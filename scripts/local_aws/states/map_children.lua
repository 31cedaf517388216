-- The children of a distributed Map, executions of their own: begun, ended, stopped and taken up again. Sets what map_run.lua
-- calls through flow, because children are moved by the interpreter, which is above both.
local arn         = require "local_aws.states.arn"
local driver      = require "local_aws.states.driver"
local flow        = require "local_aws.states.flow"
local history     = require "local_aws.states.history"
local interpreter = require "local_aws.states.interpreter"
local map_run     = require "local_aws.states.map_run"
local store       = require "local_aws.states.store"
local uuid        = require "uuid"

local map_children = {}

local EXPRESS_US = 300 * 1000000 -- AWS ends an Express execution after five minutes

local function add(run, row, item)
  local parent, name = run.execution, uuid.v4()
  local machine = { region = parent.region, account = parent.account, name = parent.machine_name .. "/" .. row.label }
  local is_express = row.type == "EXPRESS"
  return store.add_execution(run.db, {
    arn = is_express and arn.express(machine, name, uuid.v4()) or arn.execution(machine, name),
    machine_arn = parent.machine_arn .. "/" .. row.label, account = parent.account, region = parent.region, name = name,
    type = row.type, input = item.input, started_us = run.now_us, deadline_us = is_express and run.now_us + EXPRESS_US or nil,
    definition = row.definition, role_arn = parent.role_arn, machine_name = machine.name,
    machine_updated_us = parent.machine_updated_us, revision = parent.revision, logging = parent.logging,
    tracing = parent.tracing,
  })
end

-- Starts an item's child, or the Standard child that it had before a redrive once more.
function flow.begin_child(run, row, item)
  local world, id = run.world, item.execution
  local step
  if id and row.type == "STANDARD" then
    interpreter.redrive(world, store.execution(run.db, id))
  else
    id = add(run, row, item)
    local details = history.input(item.input)
    details.roleArn = run.execution.role_arn
    step = interpreter.begin(world, id, details)
  end
  run.db:run("UPDATE states_map_items SET status = 'RUNNING', execution = ? WHERE map_run = ? AND position = ?", id, row.id,
    item.position)
  driver.changed(world, step)
end

-- Called when any execution has ended: if it is a child, its run counts it and the Map's branch looks at the sums.
function map_children.ended(run, execution)
  local db = run.db
  local item = db:first("SELECT * FROM states_map_items WHERE execution = ?", execution.id)
  if not item then
    return
  end
  db:run("UPDATE states_map_items SET status = ? WHERE map_run = ? AND position = ?", execution.status, item.map_run,
    item.position)
  db:run("UPDATE states_map_runs SET running = running - 1, unfinished = unfinished - 1, items_failed = items_failed + ? "
    .. "WHERE id = ?", execution.status == "SUCCEEDED" and 0 or item.items, item.map_run)
  local row = map_run.get(db, item.map_run)
  if row.status == "RUNNING" then
    driver.changed(run.world, interpreter.look_again(run.world, row.branch))
  end
end

-- Stops the children that run, and forgets those that wait.
function flow.stop_children(run, id)
  run.db:run("UPDATE states_map_runs SET status = 'ABORTED' WHERE id = ?", id) -- nobody looks at the ends that follow
  for _, item in ipairs(run.db:all("SELECT execution FROM states_map_items WHERE map_run = ? AND status = 'RUNNING'", id)) do
    driver.changed(run.world, interpreter.stop(run.world, item.execution))
  end
  run.db:run([[UPDATE states_map_items SET status = 'ABORTED' WHERE map_run = ?
    AND status IN ('PENDING', 'PENDING_REDRIVE')]], id)
end

-- Before a redrive: children that did not succeed wait for it, and say so.
function flow.prepare_children(run, id)
  run.db:run([[UPDATE states_executions SET status = 'PENDING_REDRIVE' WHERE id IN (SELECT execution FROM states_map_items
    WHERE map_run = ? AND status <> 'SUCCEEDED' AND execution IS NOT NULL)]], id)
  run.db:run([[UPDATE states_map_items SET status = iif(execution IS NULL, 'PENDING', 'PENDING_REDRIVE')
    WHERE map_run = ? AND status <> 'SUCCEEDED']], id)
end

return map_children
