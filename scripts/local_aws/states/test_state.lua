-- TestState: runs one state without a state machine. The state is wrapped into a machine of its own and run by the real
-- interpreter in a transaction that is rolled back; only a Task's work is done outside, between two such transactions.
-- https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
local arn          = require "local_aws.states.arn"
local context      = require "local_aws.states.context"
local definition   = require "local_aws.states.definition"
local expression   = require "local_aws.states.expression"
local failure      = require "local_aws.states.failure"
local fault        = require "local_aws.fault"
local flow         = require "local_aws.states.flow"
local history      = require "local_aws.states.history"
local input_check  = require "local_aws.states.input_check"
local interpreter  = require "local_aws.states.interpreter"
local json         = require "json"
local jsonpath     = require "local_aws.states.jsonpath"
local payload      = require "local_aws.states.payload"
local resource     = require "local_aws.states.resource"
local run          = require "local_aws.states.run"
local state_types  = require "local_aws.states.state_types"
local store        = require "local_aws.states.store"
local task_state   = require "local_aws.states.task_state"
local tasks        = require "local_aws.states.tasks"
local template     = require "local_aws.states.template"
local time         = require "time"

local test_state = { operations = {} }

local NAME = "TestState" -- of a state that comes without one

local function is_object(value)
  return type(value) == "table" and value ~= json.null and not json.is_array(value)
end

-- The state to test and its name, from a state's definition or from that of a whole machine.
local function pick(tree, name)
  if not is_object(tree.States) then
    return tree, name or NAME
  end
  local state = name and tree.States[name]
  if not state then
    fault.raise("ValidationException", "stateName must name a state of the definition")
  end
  return state, name
end

-- A machine in which the state can run: every state that it may go to exists.
local function wrap(state, name)
  local states = json.object { [name] = state }
  local function add(target)
    if type(target) == "string" and not states[target] then
      states[target] = json.object { Type = "Succeed" }
    end
  end
  add(state.Next)
  add(state.Default)
  for _, field in ipairs { "Choices", "Catch" } do
    for _, item in ipairs(type(state[field]) == "table" and state[field] or {}) do
      add(is_object(item) and item.Next)
    end
  end
  return json.encode(json.object { StartAt = name, States = states })
end

local function checked_machine(input)
  local fine, tree = pcall(json.decode, input.definition)
  if not fine or not is_object(tree) then
    fault.raise("InvalidDefinition",
      "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object'")
  end
  local state, name = pick(tree, input.stateName)
  local text = wrap(state, name)
  local diagnostics = definition.check(text, "STANDARD")
  if #diagnostics > 0 then
    fault.raise("InvalidDefinition", ("Invalid State Machine Definition: '%s'"):format(definition.reason(diagnostics)))
  end
  if (state.Type == "Parallel" or state.Type == "Map") and not input.mock then
    fault.raise("ValidationException", ("A %s state can only be tested with a mock"):format(state.Type))
  end
  return text, state, name
end

-- The outcome that a mock stands for; nil without one.
local function mocked(mock)
  if not mock then
    return nil
  elseif mock.errorOutput then
    return { problem = failure.new(mock.errorOutput.error, mock.errorOutput.cause) }
  end
  local sound = mock.result and input_check.json(mock.result)
  if not sound then
    fault.raise("ValidationException", "mock must hold a result that is JSON, or an errorOutput")
  end
  return { output = mock.result }
end

local function insert(call, text)
  local db, input = call.world.db, call.input
  local machine_arn = arn.machine(call, "TestState")
  local machine = { account = call.account, region = call.region, name = "TestState" }
  return store.add_execution(db, { arn = arn.execution(machine, "TestState"), machine_arn = machine_arn,
    account = call.account, region = call.region, name = "TestState", type = "STANDARD", input = input.input or "{}",
    started_us = time.now_us(), definition = store.add_definition(db, text), role_arn = input.roleArn or "",
    machine_name = "TestState", machine_updated_us = 0 })
end

-- What a state that is neither a Task nor nested is asked to give: its mock takes the place of its work.
local function use_mock(step, branch, state, outcome)
  if outcome.problem then
    error(outcome.problem, 0)
  end
  flow.succeed(step, branch, state, json.decode(outcome.output))
end

local function enter(step, branch, state, outcome)
  branch.entered_us = step.now_us
  branch.entered_id = history.entered(step, branch, state)
  if outcome and state.Type ~= "Task" then
    return flow.guarded(step, branch, state, use_mock, outcome)
  end
  flow.guarded(step, branch, state, state_types[state.Type].start)
  if branch.phase == "waiting" then
    flow.guarded(step, branch, state, state_types[state.Type].resume) -- a test does not wait
  end
end

-- Runs the state up to where its task would be launched, then with the outcome, if there is one.
local function run_state(call, text, name, outcome)
  local seen
  local execution_id = insert(call, text)
  interpreter.begin(call.world, execution_id, json.object {})
  local root = store.root(call.world.db, execution_id)
  run.step(call.world, execution_id, function(step)
    local branch = step:branch(root.id)
    local state = step:state(branch)
    step.given_context = call.input.context and json.decode(call.input.context)
    branch.variables = call.input.variables
    enter(step, branch, state, outcome)
    if outcome and (branch.phase == "launch" or branch.phase == "queued") then
      branch.phase = "running"
      outcome.submitted = nil
      flow.guarded(step, branch, state, task_state.settle, outcome)
    end
    seen = { branch = branch, launch = branch.state == name and branch.task and branch.task.input, execution = step.execution,
      environment = context.environment(step, branch, state, nil) }
  end, function() end)
  return seen
end

-- Runs body() and rolls back whatever it wrote. -> what body returned
local function without_trace(db, body)
  local result
  local rollback = {}
  local fine, problem = pcall(db.transaction, db, function()
    result = body()
    error(rollback, 0)
  end)
  if not fine and problem ~= rollback then
    error(problem, 0)
  end
  return result
end

-- How the data looked after each filter, as far as the state has them.
local function inspection(state, input_text, outcome, environment)
  local data = json.object { input = input_text }
  local function stage(member, value)
    data[member] = json.encode(value)
    return value
  end
  local function at(value)
    return { input = value, context = environment.context, variables = environment.variables }
  end
  pcall(function()
    local raw = json.decode(input_text)
    local value = raw
    if state.InputPath then
      value = stage("afterInputPath", state.InputPath == json.null and json.object {}
        or expression.at(jsonpath.parse(state.InputPath), at(value), "InputPath"))
    else
      stage("afterInputPath", value)
    end
    value = stage("afterParameters", state.Parameters and template.apply(state.Parameters, at(value)) or value)
    if outcome and outcome.output then
      value = stage("result", json.decode(outcome.output))
    elseif state.Result ~= nil then
      value = stage("result", state.Result)
    end
    value = stage("afterResultSelector", state.ResultSelector and template.apply(state.ResultSelector, at(value)) or value)
    stage("afterResultPath", payload.place(state.ResultPath, raw, value))
  end)
  return data
end

local function verdict(seen, name, outcome)
  local execution, branch = seen.execution, seen.branch
  if execution.status == "SUCCEEDED" then
    return { status = "SUCCEEDED", output = execution.output }
  elseif execution.status == "FAILED" then
    return { status = "FAILED", error = execution.error, cause = execution.cause }
  elseif branch.phase == "attempt" then
    return { status = "RETRIABLE", error = outcome.problem.error, cause = outcome.problem.cause }
  end
  local caught = outcome and outcome.problem
  return { status = caught and "CAUGHT_ERROR" or "SUCCEEDED", output = branch.input, nextState = branch.state ~= name
    and branch.state or nil,
    error = caught and caught.error, cause = caught and caught.cause }
end

function test_state.operations.TestState(call)
  local world, input = call.world, call.input
  local input_text = input.input or "{}"
  local sound, reason = input_check.json(input_text)
  if not sound then
    fault.raise("InvalidExecutionInput", ("Invalid State Machine Execution Input: '%s'"):format(reason))
  end
  local text, state, name = checked_machine(input)
  local outcome = mocked(input.mock)
  local seen = without_trace(world.db, function() return run_state(call, text, name, outcome) end)
  if seen.launch and not outcome then
    local parsed = resource.parse(state.Resource)
    if parsed.kind == "activity" or parsed.pattern then
      fault.raise("ValidationException", "A task that waits for somebody can only be tested with a mock")
    end
    outcome = tasks.work(world, seen.execution, parsed, seen.launch, { branch = 0, attempt = 0 })
    seen = without_trace(world.db, function() return run_state(call, text, name, outcome) end)
  end
  local output = verdict(seen, name, outcome)
  if input.inspectionLevel == "DEBUG" or input.inspectionLevel == "TRACE" then
    output.inspectionData = inspection(state, input_text, outcome, seen.environment)
  end
  return output
end

return test_state
