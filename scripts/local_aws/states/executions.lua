-- Operations on executions.
local arn         = require "local_aws.states.arn"
local driver      = require "local_aws.states.driver"
local fault       = require "local_aws.fault"
local history     = require "local_aws.states.history"
local input_check = require "local_aws.states.input_check"
local interpreter = require "local_aws.states.interpreter"
local machines    = require "local_aws.states.machines"
local map_runs    = require "local_aws.states.map_runs"
local paging      = require "local_aws.states.paging"
local store       = require "local_aws.states.store"
local time        = require "time"
local uuid        = require "uuid"

local executions = { operations = {} }
local operations = executions.operations

local INPUT_LIMIT = 256 * 1024
local EXPRESS_SECONDS = 300 -- AWS ends an Express execution after five minutes
local REDRIVABLE_US = 14 * 86400 * 1000000
local REDRIVE_TOKEN_US = 15 * 60 * 1000000

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
  local id = store.add_execution(db, { arn = execution_arn, machine_arn = machine.arn, account = machine.account,
    region = machine.region, name = name, type = machine.type, input = input, started_us = now_us,
    deadline_us = deadline_us(machine, store.machine(db, machine.definition).timeout, now_us),
    definition = machine.definition, role_arn = machine.role_arn, machine_name = machine.name,
    machine_updated_us = machine.updated_us, revision = machine.revision, logging = machine.logging,
    tracing = machine.tracing, trace_header = call.input.traceHeader, version_arn = machine.version_arn,
    alias_arn = machine.alias_arn })
  local details = history.input(input)
  details.roleArn = machine.role_arn
  details.stateMachineVersionArn, details.stateMachineAliasArn = machine.version_arn, machine.alias_arn
  local step = interpreter.begin(world, id, details)
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

-- https://docs.aws.amazon.com/step-functions/latest/apireference/API_DescribeExecution.html, redriveStatusReason
local function redrive_status(row, map_run)
  if row.status == "RUNNING" or row.status == "SUCCEEDED" or row.status == "PENDING_REDRIVE" then
    return "NOT_REDRIVABLE", ("Execution is %s and cannot be redriven"):format(row.status)
  elseif map_run then
    return "REDRIVABLE_BY_MAP_RUN"
  elseif row.events >= history.LIMIT - 1 then
    return "NOT_REDRIVABLE", "Execution history event limit exceeded"
  elseif time.now_us() - row.stopped_us > REDRIVABLE_US then
    return "NOT_REDRIVABLE", "Execution redrivable period exceeded"
  end
  return "REDRIVABLE"
end

function operations.DescribeExecution(call)
  local row = get(call)
  local map_run = map_runs.around(call.world.db, row.id)
  local output = { executionArn = row.arn, stateMachineArn = row.machine_arn, name = row.name, status = row.status,
    error = row.error,
    cause = row.cause, startDate = seconds(row.started_us), stopDate = seconds(row.stopped_us), traceHeader = row.trace_header,
    redriveCount = row.redrive_count, redriveDate = seconds(row.redriven_us), stateMachineVersionArn = row.version_arn,
    stateMachineAliasArn = row.alias_arn, mapRunArn = map_run and map_run.arn }
  output.redriveStatus, output.redriveStatusReason = redrive_status(row, map_run)
  add_data(output, row, call.input.includedData)
  return output
end

function operations.DescribeStateMachineForExecution(call)
  local row = get(call)
  local output = machines.described(call, { arn = row.machine_arn, name = row.machine_name, role_arn = row.role_arn,
    definition = row.definition, revision = row.revision, logging = row.logging, tracing = row.tracing },
      call.input.includedData)
  output.updateDate = seconds(row.machine_updated_us)
  local map_run = map_runs.around(call.world.db, row.id)
  if map_run then
    output.mapRunArn, output.label = map_run.arn, map_run.label
  end
  return output
end

function operations.GetExecutionHistory(call)
  local input = call.input
  local limit = paging.limit(input)
  local row = get(call)
  local from = paging.place("history", input.nextToken)
  local events, after = history.page(call.world.db, row, from, limit, input.reverseOrder, input.includeExecutionData ~= false)
  return { events = events, nextToken = paging.token("history", after) }
end

-- A client token's redrive of the last 15 minutes, which is answered once more.
-- https://docs.aws.amazon.com/step-functions/latest/apireference/API_RedriveExecution.html
local function earlier_redrive(db, row, client_token)
  return client_token and db:first("SELECT redriven_us FROM states_redrives WHERE execution = ? AND client_token = ?"
    .. " AND redriven_us > ?", row.id, client_token, time.now_us() - REDRIVE_TOKEN_US)
end

function operations.RedriveExecution(call)
  local row, db, client_token = get(call), call.world.db, call.input.clientToken
  local earlier = earlier_redrive(db, row, client_token)
  if earlier then
    return { redriveDate = seconds(earlier.redriven_us) }
  end
  local status, reason = redrive_status(row, map_runs.around(db, row.id))
  if status ~= "REDRIVABLE" then
    fault.raise("ExecutionNotRedrivable", ("Execution is not redrivable: '%s'"):format(reason
      or "It is a child of a Map Run: redrive the execution of the Map"))
  end
  db:transaction(function()
    interpreter.redrive(call.world, row)
    if client_token then
      db:run("INSERT OR REPLACE INTO states_redrives (execution, client_token, redriven_us) VALUES (?, ?, ?)", row.id,
        client_token, row.redriven_us)
    end
  end)
  driver.changed(call.world)
  return { redriveDate = seconds(row.redriven_us) }
end

return executions
