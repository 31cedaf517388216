-- Operations on the runs of distributed Maps.
local arn         = require "local_aws.states.arn"
local driver      = require "local_aws.states.driver"
local fault       = require "local_aws.fault"
local interpreter = require "local_aws.states.interpreter"
local json        = require "json"
local paging      = require "local_aws.states.paging"
local store       = require "local_aws.states.store"

local map_runs = { operations = {} }
local operations = map_runs.operations

local function seconds(us)
  return us and us // 1000 / 1000
end

-- The row of a caller's map run; refuses with ResourceNotFound.
function map_runs.get(call, text)
  arn.check(text, "mapRun")
  local row = call.world.db:first("SELECT * FROM states_map_runs WHERE arn = ? AND account = ?", text, call.account)
  if not row then
    fault.raise("ResourceNotFound", ("Resource not found: '%s'"):format(text), { resourceName = text })
  end
  return row
end

-- The map run that an execution is a child of, nil if none.
function map_runs.around(db, execution_id)
  return db:first([[SELECT r.*, i.items AS item_count FROM states_map_items i JOIN states_map_runs r ON r.id = i.map_run
    WHERE i.execution = ?]], execution_id)
end

local COUNTED = { PENDING = "pending", RUNNING = "running", SUCCEEDED = "succeeded", FAILED = "failed",
  TIMED_OUT = "timedOut", ABORTED = "aborted", PENDING_REDRIVE = "pendingRedrive" }

local function no_counts()
  local counts = { total = 0, failuresNotRedrivable = 0 }
  for _, member in pairs(COUNTED) do
    counts[member] = 0
  end
  return counts
end

-- How many executions, and how many items in them, are in each status.
local function counts_of(db, id)
  local executions, items = no_counts(), no_counts()
  for row in db:rows([[SELECT status, count(*) AS executions, sum(items) AS items FROM states_map_items WHERE map_run = ?
    GROUP BY status]], id) do
    local member = COUNTED[row.status]
    executions[member], items[member] = row.executions, row.items
    executions.total, items.total = executions.total + row.executions, items.total + row.items
  end
  executions.resultsWritten, items.resultsWritten = executions.succeeded, items.succeeded
  return executions, items
end

function operations.DescribeMapRun(call)
  local db = call.world.db
  local row = map_runs.get(call, call.input.mapRunArn)
  local executions, items = counts_of(db, row.id)
  return { mapRunArn = row.arn, executionArn = store.execution(db, row.execution).arn, status = row.status,
    startDate = seconds(row.started_us), stopDate = seconds(row.stopped_us), maxConcurrency = row.max_concurrency,
    toleratedFailureCount = row.tolerated_count or 0, toleratedFailurePercentage = row.tolerated_percentage or 0,
    executionCounts = executions, itemCounts = items, redriveCount = row.redrive_count,
    redriveDate = seconds(row.redriven_us) }
end

function operations.ListMapRuns(call)
  local input, db = call.input, call.world.db
  local limit = paging.limit(input)
  arn.check(input.executionArn, "execution")
  local execution = store.execution_by_arn(db, input.executionArn)
  if not execution or execution.account ~= call.account then
    fault.raise("ExecutionDoesNotExist", ("Execution Does Not Exist: '%s'"):format(input.executionArn))
  end
  local from = paging.place("mapRuns", input.nextToken) or math.maxinteger
  local rows = db:all("SELECT * FROM states_map_runs WHERE execution = ? AND id <= ? ORDER BY id DESC LIMIT ?", execution.id,
    from, limit + 1)
  local list = json.array {}
  for index = 1, math.min(limit, #rows) do
    local row = rows[index]
    list[index] = { executionArn = execution.arn, mapRunArn = row.arn, startDate = seconds(row.started_us),
      stateMachineArn = execution.machine_arn .. "/" .. row.label, stopDate = seconds(row.stopped_us) }
  end
  return { mapRuns = list, nextToken = rows[limit + 1] and paging.token("mapRuns", rows[limit + 1].id) }
end

-- What a run may do from now on: how many at once, and how many failures it bears.
function operations.UpdateMapRun(call)
  local input, world = call.input, call.world
  local row = map_runs.get(call, input.mapRunArn)
  if row.status ~= "RUNNING" then
    fault.raise("ValidationException", ("The Map Run is %s and cannot be updated"):format(row.status))
  end
  world.db:run([[UPDATE states_map_runs SET max_concurrency = ?, tolerated_count = ?, tolerated_percentage = ? WHERE id = ?]],
    input.maxConcurrency or row.max_concurrency, input.toleratedFailureCount or row.tolerated_count,
    input.toleratedFailurePercentage or row.tolerated_percentage, row.id)
  driver.changed(world, interpreter.look_again(world, row.branch))
  return {}
end

return map_runs
