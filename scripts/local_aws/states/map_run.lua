-- A distributed Map: each item, or batch of items, is an execution of its own, a child; what they do together is a map run.
-- The Map's branch starts a few children at a time (phase "mapping"), so that nobody else has to wait for ten thousand of them.
-- How children are started and stopped is in map_children.lua, which knows the interpreter.
-- https://docs.aws.amazon.com/step-functions/latest/dg/concepts-examine-map-run.html
local arn       = require "local_aws.states.arn"
local context   = require "local_aws.states.context"
local crypto    = require "crypto"
local document  = require "local_aws.states.document"
local failure   = require "local_aws.states.failure"
local flow      = require "local_aws.states.flow"
local history   = require "local_aws.states.history"
local json      = require "json"
local map_items = require "local_aws.states.map_items"
local payload   = require "local_aws.states.payload"
local store     = require "local_aws.states.store"

local map_run = {}

local BURST = 20        -- children that one step starts
local MOST = 10000      -- children that AWS runs at once

function map_run.get(db, id)
  return db:first("SELECT * FROM states_map_runs WHERE id = ?", id)
end

local function tolerance(state, environment)
  local count = map_items.number(state, "ToleratedFailureCount", "integer", environment)
  local percentage = map_items.number(state, "ToleratedFailurePercentage", "float", environment)
  if percentage and (percentage < 0 or percentage > 100) then
    failure.runtime "ToleratedFailurePercentage must be between 0 and 100."
  end
  return count, percentage
end

-- The processor as a machine of its own, which the children run.
local function definition_of(db, processor)
  local machine = json.object {}
  for name, value in pairs(processor) do
    if name ~= "ProcessorConfig" then
      machine[name] = value
    end
  end
  return store.add_definition(db, json.encode(machine))
end

-- The same state has the same label in every execution. One that AWS makes up looks like a UUID.
local function label_of(run, branch, state)
  if state.Label then
    return state.Label
  end
  local digest = crypto.hex(crypto.sha256(run.execution.machine_arn .. " " .. branch.state))
  return table.concat({ digest:match "^(%x%x%x%x%x%x%x%x)(%x%x%x%x)(%x%x%x%x)(%x%x%x%x)(%x%x%x%x%x%x%x%x%x%x%x%x)" }, "-")
end

local function insert(run, branch, state, most, count, percentage)
  local processor, execution = state.ItemProcessor or state.Iterator, run.execution
  local label = label_of(run, branch, state)
  run.db:run([[INSERT INTO states_map_runs (arn, execution, branch, account, status, label, type, definition, max_concurrency,
    tolerated_count, tolerated_percentage, items, items_failed, running, unfinished, started_us)
    VALUES (?, ?, ?, ?, 'RUNNING', ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, ?)]], arn.map_run(execution, label), execution.id, branch.id,
    execution.account, label, processor.ProcessorConfig.ExecutionType, definition_of(run.db, processor), most, count,
    percentage, run.now_us)
  return map_run.get(run.db, run.db:last_insert_id())
end

local function add_inputs(run, row, inputs)
  local items = 0
  for position, child in ipairs(inputs) do
    run.db:run("INSERT INTO states_map_items (map_run, position, status, items, input) VALUES (?, ?, 'PENDING', ?, ?)", row.id,
      position, child.items, child.input)
    items = items + child.items
  end
  run.db:run("UPDATE states_map_runs SET items = ?, unfinished = ? WHERE id = ?", items, #inputs, row.id)
end

-- What AWS does through S3 cannot be done here; the run says so before it has changed anything.
local function check_s3(state)
  local writer = state.ResultWriter
  if state.ItemReader then
    failure.raise("States.ItemReaderFailed", "S3 is not simulated here: give the items in the state's input, with ItemsPath, "
      .. "instead of ItemReader.")
  elseif writer and writer.Resource then
    failure.raise("States.ResultWriterFailed", "S3 is not simulated here: leave ResultWriter's Resource away, and the results "
      .. "are the state's output.")
  end
end

local function set_status(run, id, status)
  run.db:run("UPDATE states_map_runs SET status = ?, stopped_us = ? WHERE id = ?", status, run.now_us, id)
end

-- The run has failed, and so has the state.
local function fail(run, branch, state, problem)
  flow.stop_children(run, branch.map_run)
  set_status(run, branch.map_run, "FAILED")
  history.add(run, branch, "MapRunFailed", { mapRunFailedEventDetails = history.error(problem.error, problem.cause) })
  flow.fail(run, branch, state, problem, "MapStateFailed")
end

function map_run.start(run, branch, state)
  local input = payload.filtered_input(run, branch, state)
  local environment = context.environment(run, branch, state, input)
  local most = map_items.number(state, "MaxConcurrency", "integer", environment) or 0
  local items = state.ItemReader and {} or map_items.all(state, environment)
  local selected = map_items.selected(run, branch, state, items, environment)
  local inputs = map_items.inputs(branch, state, selected, environment)
  history.add(run, branch, "MapStateStarted", { mapStateStartedEventDetails = { length = #items } })
  local row = insert(run, branch, state, most, tolerance(state, environment))
  branch.map_run = row.id
  history.add(run, branch, "MapRunStarted", { mapRunStartedEventDetails = { mapRunArn = row.arn } })
  local fine, problem = pcall(check_s3, state)
  if not fine then
    return fail(run, branch, state, problem)
  end
  add_inputs(run, row, inputs)
  branch.phase, branch.due_us = "mapping", run.now_us
end

local function too_many_failed(row)
  local count, percentage = row.tolerated_count, row.tolerated_percentage
  if not count and not percentage then
    return row.items_failed > 0
  end
  return count and row.items_failed > count or percentage and row.items_failed * 100 > percentage * row.items
end

local function exceeded()
  return failure.new("States.ExceedToleratedFailureThreshold", "The specified tolerated failure threshold was exceeded")
end

-- TestState's part of a Map: reads what it would work on, and fails if the test says that more has failed than it bears.
function map_run.rehearse(run, branch, state, configuration)
  local environment = context.environment(run, branch, state, payload.filtered_input(run, branch, state))
  local items
  if state.ItemReader then
    items = configuration.mapItemReaderData and json.decode(configuration.mapItemReaderData) or {}
  else
    items = map_items.all(state, environment)
  end
  local count, percentage = tolerance(state, environment)
  local failed = configuration.mapIterationFailureCount or 0
  if (count or percentage) and too_many_failed { tolerated_count = count, tolerated_percentage = percentage,
    items_failed = failed, items = #items } then
    error(exceeded(), 0)
  end
end

-- Adds what a child gave to the list of results: an array's items one by one.
local function flatten(text, list)
  local output = json.decode(text)
  if type(output) ~= "table" or not json.is_array(output) then
    list[#list + 1] = text
    return
  end
  for _, item in ipairs(output) do
    list[#list + 1] = json.encode(item)
  end
end

-- The results of the children that succeeded, in the order of the items, as WriterConfig wants them.
local function results(run, state, id)
  local config = state.ResultWriter and state.ResultWriter.WriterConfig or {}
  local list = {}
  for row in run.db:rows([[SELECT e.* FROM states_map_items i JOIN states_executions e ON e.id = i.execution
    WHERE i.map_run = ? AND i.status = 'SUCCEEDED' ORDER BY i.position]], id) do
    if config.Transformation == "NONE" then
      local described = flow.described(row, false)
      described.RedriveCount, described.RedriveStatus = row.redrive_count, "NOT_REDRIVABLE"
      described.RedriveStatusReason = "Execution is SUCCEEDED and cannot be redriven"
      list[#list + 1] = json.encode(described)
    elseif config.Transformation == "FLATTEN" then
      flatten(row.output, list)
    else
      list[#list + 1] = row.output
    end
  end
  return document.joined(list)
end

local function succeed(run, branch, state)
  set_status(run, branch.map_run, "SUCCEEDED")
  history.add(run, branch, "MapRunSucceeded")
  history.append(run, branch.previous, "MapStateSucceeded")
  flow.succeed(run, branch, state, results(run, state, branch.map_run))
end

local function start_some(run, branch, row)
  local room = math.min(row.max_concurrency == 0 and MOST or row.max_concurrency, MOST) - row.running
  local waiting = room > 0 and run.db:all([[SELECT * FROM states_map_items WHERE map_run = ?
    AND status IN ('PENDING', 'PENDING_REDRIVE') ORDER BY position LIMIT ?]], row.id, math.min(room, BURST)) or {}
  run.db:run("UPDATE states_map_runs SET running = running + ? WHERE id = ?", #waiting, row.id)
  for _, item in ipairs(waiting) do
    flow.begin_child(run, row, item)
  end
  branch.due_us = #waiting == BURST and run.now_us or nil -- more may be waiting
end

-- The branch is due: children have ended, may be started, or the run's settings have changed.
function map_run.resume(run, branch, state)
  local row = map_run.get(run.db, branch.map_run)
  if too_many_failed(row) then
    fail(run, branch, state, exceeded())
  elseif row.unfinished == 0 then
    succeed(run, branch, state)
  else
    start_some(run, branch, row)
  end
end

-- A Map that is stopped takes its run with it.
function map_run.stop(run, branch)
  local row = branch.map_run and map_run.get(run.db, branch.map_run)
  if row and row.status == "RUNNING" then
    flow.stop_children(run, row.id)
    set_status(run, row.id, "ABORTED")
    return true
  end
end

-- Takes a run that did not succeed up again: what failed or was stopped is started once more.
function map_run.redrive(run, branch)
  local id = branch.map_run
  flow.prepare_children(run, id)
  run.db:run([[UPDATE states_map_runs SET status = 'RUNNING', stopped_us = NULL, items_failed = 0, running = 0,
    redrive_count = redrive_count + 1, redriven_us = ?1, unfinished = (SELECT count(*) FROM states_map_items
    WHERE map_run = ?2 AND status IN ('PENDING', 'PENDING_REDRIVE')) WHERE id = ?2]], run.now_us, id)
  local row = map_run.get(run.db, id)
  history.add(run, branch, "MapRunRedriven", { mapRunRedrivenEventDetails = { mapRunArn = row.arn,
    redriveCount = row.redrive_count } })
  branch.phase, branch.due_us = "mapping", run.now_us
end

return map_run
