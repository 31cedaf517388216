-- ListExecutions: of a state machine, a version, an alias, or a map run; newest first.
local fault    = require "local_aws.fault"
local json     = require "json"
local machines = require "local_aws.states.machines"
local map_runs = require "local_aws.states.map_runs"
local paging   = require "local_aws.states.paging"

local execution_lists = { operations = {} }

local function seconds(us)
  return us and us // 1000 / 1000
end

local function item_of(row)
  return { executionArn = row.arn, stateMachineArn = row.machine_arn, name = row.name, status = row.status,
    startDate = seconds(row.started_us), stopDate = seconds(row.stopped_us), redriveCount = row.redrive_count,
    redriveDate = seconds(row.redriven_us), stateMachineVersionArn = row.version_arn, stateMachineAliasArn = row.alias_arn,
    mapRunArn = row.map_run_arn, itemCount = row.item_count }
end

-- Each source gives rows with `place`, by which they are ordered and paged.
local function of_machine(call, input, from, limit)
  local machine = machines.resolve(call, input.stateMachineArn)
  if machine.type == "EXPRESS" then
    fault.raise("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
  elseif input.redriveFilter then
    fault.raise("ValidationException", "The redriveFilter can only be used with a mapRunArn")
  end
  local column = machine.alias_arn and "alias_arn" or machine.version_arn and "version_arn" or "machine_arn"
  return call.world.db:all(([[SELECT *, id AS place FROM states_executions WHERE %s = ?1 AND %s AND id <= ?3
    ORDER BY id DESC LIMIT ?4]]):format(column, input.statusFilter and "status = ?2" or "?2 IS NULL"),
    machine.alias_arn or machine.version_arn or machine.arn, input.statusFilter, from, limit)
end

local REDRIVE = { REDRIVEN = "e.redrive_count > 0", NOT_REDRIVEN = "e.redrive_count = 0" }

local function of_map_run(call, input, from, limit)
  local run = map_runs.get(call, input.mapRunArn)
  return call.world.db:all(([[SELECT e.*, i.position AS place, i.items AS item_count, ?5 AS map_run_arn
    FROM states_map_items i JOIN states_executions e ON e.id = i.execution WHERE i.map_run = ?1
    AND (?2 IS NULL OR e.status = ?2) AND i.position <= ?3 AND %s ORDER BY i.position DESC LIMIT ?4]])
    :format(REDRIVE[input.redriveFilter] or "true"), run.id, input.statusFilter, from, limit, run.arn)
end

function execution_lists.operations.ListExecutions(call)
  local input = call.input
  local limit = paging.limit(input)
  if (input.stateMachineArn == nil) == (input.mapRunArn == nil) then
    fault.raise("ValidationException", "Exactly one of stateMachineArn and mapRunArn must be specified")
  end
  local from = paging.place("executions", input.nextToken, 3096) or math.maxinteger
  local source = input.mapRunArn and of_map_run or of_machine
  local rows = source(call, input, from, limit + 1)
  local list = json.array {}
  for index = 1, math.min(limit, #rows) do
    list[index] = item_of(rows[index])
  end
  return { executions = list, nextToken = rows[limit + 1] and paging.token("executions", rows[limit + 1].place) }
end

return execution_lists
