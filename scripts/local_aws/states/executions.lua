-- Operations on executions.
local arn         = require "local_aws.states.arn"
local driver      = require "local_aws.states.driver"
local fault       = require "local_aws.fault"
local history     = require "local_aws.states.history"
local input_check = require "local_aws.states.input_check"
local interpreter = require "local_aws.states.interpreter"
local json        = require "json"
local machines    = require "local_aws.states.machines"
local paging      = require "local_aws.states.paging"
local store       = require "local_aws.states.store"
local time        = require "time"
local uuid        = require "uuid"

local executions = { operations = {} }
local operations = executions.operations

local INPUT_LIMIT = 256 * 1024
local EXPRESS_SECONDS = 300 -- AWS ends an Express execution after five minutes
local STATUSES = { "SUCCEEDED", "TIMED_OUT", "PENDING_REDRIVE", "ABORTED", "FAILED", "RUNNING" }

local function seconds(us)
  return us and us // 1000 / 1000
end

local function refuse_unknown(execution_arn)
  fault.raise("ExecutionDoesNotExist", ("Execution Does Not Exist: '%s'"):format(execution_arn))
end

-- The row of a caller's execution; refuses with ExecutionDoesNotExist.
local function get(call)
  local text = call.input.executionArn
  arn.check(text, "execution")
  local row = store.execution_by_arn(call.world.db, text)
  if not row or row.account ~= call.account then
    refuse_unknown(text)
  end
  return row
end

local function checked_input(call)
  local text = call.input.input or "{}"
  paging.check_length("input", text, INPUT_LIMIT)
  local sound, reason = input_check.json(text)
  if not sound then
    fault.raise("InvalidExecutionInput", ("Invalid State Machine Execution Input: '%s'"):format(reason))
  end
  return text
end

local function deadline_us(machine, definition_timeout, now_us)
  local timeout = definition_timeout
  if machine.type == "EXPRESS" then
    timeout = math.min(timeout or EXPRESS_SECONDS, EXPRESS_SECONDS)
  end
  return timeout and now_us + timeout * 1000000
end

-- Inserts the row and begins. -> the row
local function start(call, machine, execution_arn, name, input)
  local world, now_us = call.world, time.now_us()
  local db = world.db
  db:run([[INSERT INTO states_executions (arn, machine_arn, account, region, name, type, status, input, started_us,
    deadline_us, events,
    definition, role_arn, machine_name, machine_updated_us, revision, logging, tracing, trace_header, redrive_count,
      version_arn,
    alias_arn) VALUES (?, ?, ?, ?, ?, ?, 'RUNNING', ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)]], execution_arn,
      machine.arn, machine.account,
    machine.region, name, machine.type, input, now_us,
    deadline_us(machine, store.machine(db, machine.definition).timeout, now_us), machine.definition, machine.role_arn,
      machine.name,
    machine.updated_us, machine.revision, machine.logging, machine.tracing, call.input.traceHeader, machine.version_arn,
    machine.alias_arn)
  local details = history.input(input)
  details.roleArn = machine.role_arn
  details.stateMachineVersionArn, details.stateMachineAliasArn = machine.version_arn, machine.alias_arn
  local step = interpreter.begin(world, db:last_insert_id(), details)
  driver.changed(world, step)
  return step.execution
end

function operations.StartExecution(call)
  local input = call.input
  local name = input.name or uuid.v4()
  local machine = machines.resolve(call, input.stateMachineArn)
  arn.check_name(name)
  local text = checked_input(call)
  local execution_arn = arn.execution(machine, name)
  if machine.type == "EXPRESS" then
    execution_arn = arn.express(machine, name, uuid.v4())
  end
  local existing = store.execution_by_arn(call.world.db, execution_arn)
  if existing then
    if existing.status ~= "RUNNING" or existing.input ~= text then
      fault.raise("ExecutionAlreadyExists", ("Execution Already Exists: '%s'"):format(execution_arn))
    end
    return { executionArn = execution_arn, startDate = seconds(existing.started_us) }
  end
  local execution = start(call, machine, execution_arn, name, text)
  return { executionArn = execution_arn, startDate = seconds(execution.started_us) }
end

local function add_data(output, row, included)
  local with_data = included ~= "METADATA_ONLY"
  output.input = with_data and row.input or nil
  output.inputDetails = { included = with_data }
  if row.output then
    output.output = with_data and row.output or nil
    output.outputDetails = { included = with_data }
  end
end

-- AWS bills in steps of 100 ms and 64 MB.
local function billing(row)
  local duration = (row.stopped_us - row.started_us) // 1000
  return { billedMemoryUsedInMB = 64, billedDurationInMilliseconds = math.max(1, (duration + 99) // 100) * 100 }
end

function operations.StartSyncExecution(call)
  local world, input = call.world, call.input
  local machine = machines.resolve(call, input.stateMachineArn)
  if machine.type ~= "EXPRESS" then
    fault.raise("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
  end
  local name = input.name or uuid.v4()
  arn.check_name(name)
  local text = checked_input(call)
  local row = world.db:transaction(start, call, machine, arn.express(machine, name, uuid.v4()), name, text)
  row = driver.wait_end(world, row.id) or refuse_unknown(row.arn)
  local output = { executionArn = row.arn, stateMachineArn = row.machine_arn, name = row.name, status = row.status,
    error = row.error,
    cause = row.cause, startDate = seconds(row.started_us), stopDate = seconds(row.stopped_us), traceHeader = row.trace_header,
    billingDetails = billing(row) }
  add_data(output, row, input.includedData)
  output.outputDetails = output.outputDetails or { included = input.includedData ~= "METADATA_ONLY" }
  return output
end

function operations.StopExecution(call)
  local row = get(call)
  paging.check_length("error", call.input.error, 256)
  paging.check_length("cause", call.input.cause, 32768)
  local step = interpreter.stop(call.world, row.id, call.input.error, call.input.cause)
  if not step then
    return { stopDate = seconds(row.stopped_us) } -- it had ended before
  end
  driver.changed(call.world, step)
  return { stopDate = seconds(step.execution.stopped_us) }
end

local function redrive_status(row)
  if row.status == "RUNNING" or row.status == "SUCCEEDED" then
    return "NOT_REDRIVABLE", ("Execution is %s and cannot be redriven"):format(row.status)
  end
  return "REDRIVABLE"
end

function operations.DescribeExecution(call)
  local row = get(call)
  local output = { executionArn = row.arn, stateMachineArn = row.machine_arn, name = row.name, status = row.status,
    error = row.error,
    cause = row.cause, startDate = seconds(row.started_us), stopDate = seconds(row.stopped_us), traceHeader = row.trace_header,
    redriveCount = row.redrive_count, redriveDate = seconds(row.redriven_us), stateMachineVersionArn = row.version_arn,
    stateMachineAliasArn = row.alias_arn }
  output.redriveStatus, output.redriveStatusReason = redrive_status(row)
  add_data(output, row, call.input.includedData)
  return output
end

function operations.DescribeStateMachineForExecution(call)
  local row = get(call)
  local output = machines.described(call, { arn = row.machine_arn, name = row.machine_name, role_arn = row.role_arn,
    definition = row.definition, revision = row.revision, logging = row.logging, tracing = row.tracing },
      call.input.includedData)
  output.updateDate = seconds(row.machine_updated_us)
  return output
end

function operations.ListExecutions(call)
  local input, db = call.input, call.world.db
  local limit = paging.limit(input)
  paging.check_enum("statusFilter", input.statusFilter, STATUSES)
  local machine = machines.resolve(call, input.stateMachineArn)
  if machine.type == "EXPRESS" then
    fault.raise("StateMachineTypeNotSupported", "This operation is not supported by this type of state machine")
  end
  local from = paging.place("executions", input.nextToken, 3096) or math.maxinteger
  local column = machine.alias_arn and "alias_arn" or machine.version_arn and "version_arn" or "machine_arn"
  local rows = db:all(("SELECT * FROM states_executions WHERE %s = ? %s AND id <= ? ORDER BY id DESC LIMIT ?"):format(column,
    input.statusFilter and "AND status = ?2" or "AND ?2 IS NULL"), machine.alias_arn or machine.version_arn or machine.arn,
    input.statusFilter, from, limit + 1)
  local list = json.array {}
  for index = 1, math.min(limit, #rows) do
    local row = rows[index]
    list[index] = { executionArn = row.arn, stateMachineArn = row.machine_arn, name = row.name, status = row.status,
      startDate = seconds(row.started_us), stopDate = seconds(row.stopped_us), redriveCount = row.redrive_count,
      redriveDate = seconds(row.redriven_us), stateMachineVersionArn = row.version_arn, stateMachineAliasArn = row.alias_arn }
  end
  return { executions = list, nextToken = rows[limit + 1] and paging.token("executions", rows[limit + 1].id) }
end

function operations.GetExecutionHistory(call)
  local input = call.input
  local limit = paging.limit(input)
  local row = get(call)
  local from = paging.place("history", input.nextToken)
  local events, after = history.page(call.world.db, row, from, limit, input.reverseOrder, input.includeExecutionData ~= false)
  return { events = events, nextToken = paging.token("history", after) }
end

function operations.RedriveExecution(call)
  local row = get(call)
  local status, reason = redrive_status(row)
  if status ~= "REDRIVABLE" then
    fault.raise("ExecutionNotRedrivable", ("Execution is not redrivable: '%s'"):format(reason))
  end
  interpreter.redrive(call.world, row)
  driver.changed(call.world)
  return { redriveDate = seconds(row.redriven_us) }
end

return executions
