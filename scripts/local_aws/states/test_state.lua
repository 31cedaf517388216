-- TestState: runs one state without a state machine. The state is wrapped into a machine of its own and run by the real
-- interpreter in a transaction that is rolled back; only a Task's work is done outside, between two such transactions.
-- https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
local arn             = require "local_aws.states.arn"
local checks          = require "local_aws.states.field_checks"
local context         = require "local_aws.states.context"
local definition      = require "local_aws.states.definition"
local failure         = require "local_aws.states.failure"
local fault           = require "local_aws.fault"
local flow            = require "local_aws.states.flow"
local history         = require "local_aws.states.history"
local input_check     = require "local_aws.states.input_check"
local interpreter     = require "local_aws.states.interpreter"
local json            = require "json"
local map_run         = require "local_aws.states.map_run"
local resource        = require "local_aws.states.resource"
local run             = require "local_aws.states.run"
local state_types     = require "local_aws.states.state_types"
local store           = require "local_aws.states.store"
local task_state      = require "local_aws.states.task_state"
local tasks           = require "local_aws.states.tasks"
local test_checks     = require "local_aws.states.test_checks"
local test_inspection = require "local_aws.states.test_inspection"
local time            = require "time"
local uuid            = require "uuid"

local test_state = { operations = {} }

local NAME = "StateName" -- what AWS calls a state under test

-- The state of a whole machine with this name, its own language filled in; wherever it stands.
local function find_state(machine, name, language)
  language = machine.QueryLanguage or language
  for state_name, state in pairs(checks.is_object(machine.States) and machine.States or {}) do
    if state_name == name then
      state.QueryLanguage = state.QueryLanguage or language
      return state
    end
    for _, part in ipairs(checks.is_object(state) and definition.inner(state, "") or {}) do
      local found = checks.is_object(part.machine) and find_state(part.machine, name, language)
      if found then
        return found
      end
    end
  end
end

-- The state to test, from a state's definition or from that of a whole machine.
local function pick(tree, name)
  local state = tree
  if name or checks.is_object(tree.States) then
    state = find_state(tree, name or tree.StartAt)
  end
  return state or fault.raise("ValidationException", "State not found in definition")
end

-- A machine in which the state can run: every state that it may go to exists.
local function wrap(state)
  local states = json.object { [NAME] = state }
  local function add(target)
    if type(target) == "string" and not states[target] then
      states[target] = json.object { Type = "Succeed" }
    end
  end
  add(state.Next)
  add(state.Default)
  for _, field in ipairs { "Choices", "Catch" } do
    for _, item in ipairs(type(state[field]) == "table" and state[field] or {}) do
      add(checks.is_object(item) and item.Next)
    end
  end
  return json.encode(json.object { StartAt = NAME, States = states })
end

local function checked_machine(input)
  local fine, tree = pcall(json.decode, input.definition)
  if not fine or not checks.is_object(tree) then
    fault.raise("InvalidDefinition",
      "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Definition must be a valid JSON object'")
  end
  local state = pick(tree, input.stateName)
  local text = wrap(state)
  local diagnostics = definition.check(text, "STANDARD")
  if #diagnostics > 0 then
    fault.raise("InvalidDefinition", ("Invalid State Machine Definition: '%s'"):format(definition.reason(diagnostics)))
  end
  return text, state
end

-- The outcome that a mock stands for; nil without one.
local function mocked(mock)
  if not mock then
    return nil
  elseif mock.errorOutput then
    return { problem = failure.new(mock.errorOutput.error, mock.errorOutput.cause) }
  end
  return { output = mock.result }
end

local function insert(call, text)
  local machine = { account = call.account, region = call.region, name = uuid.v4() }
  local name = uuid.v4()
  return store.add_execution(call.world.db, { arn = arn.express(machine, name, uuid.v4()),
    machine_arn = arn.machine(call, machine.name), account = call.account, region = call.region, name = name,
    type = "EXPRESS", input = call.input.input or "{}", started_us = time.now_us(),
    definition = store.add_definition(call.world.db, text), role_arn = call.input.roleArn or "",
    machine_name = machine.name, machine_updated_us = 0 })
end

-- Retries that the test says have been made.
local function count_retries(branch, state, made)
  branch.retries, branch.retry_count = json.object {}, made
  for index in ipairs(state.Retry or {}) do
    branch.retries[tostring(index)] = made
  end
end

-- What a Map or Parallel is asked to give: its mock takes the place of its branches.
local function use_mock(step, branch, state, outcome, configuration)
  if state.Type == "Map" then
    map_run.rehearse(step, branch, state, configuration)
  end
  if outcome.problem then
    error(outcome.problem, 0)
  end
  flow.succeed(step, branch, state, json.decode(outcome.output))
end

local function enter(step, branch, state, outcome, configuration)
  branch.entered_us = step.now_us
  branch.entered_id = history.entered(step, branch, state)
  count_retries(branch, state, configuration.retrierRetryCount or 0)
  if outcome and state.Type ~= "Task" then
    return flow.guarded(step, branch, state, use_mock, outcome, configuration)
  end
  flow.guarded(step, branch, state, state_types[state.Type].start)
  if branch.phase == "waiting" then
    flow.guarded(step, branch, state, state_types[state.Type].resume) -- a test does not wait
  elseif outcome and (branch.phase == "launch" or branch.phase == "queued") then
    branch.phase = "running"
    outcome.submitted = nil
    flow.guarded(step, branch, state, task_state.settle, outcome)
  end
end

-- Runs the state up to where its task would be launched, then with the outcome, if there is one.
local function run_state(call, text, outcome)
  local seen = { raw = json.decode(call.input.input or "{}"), result = outcome and outcome.output
    and json.decode(outcome.output) }
  local execution_id = insert(call, text)
  interpreter.begin(call.world, execution_id, json.object {})
  local root = store.root(call.world.db, execution_id)
  run.step(call.world, execution_id, function(step)
    local branch = step:branch(root.id)
    local state = step:state(branch)
    step.given_context = call.input.context and json.decode(call.input.context)
    step.failed = function(problem) seen.problem = problem end
    branch.variables = call.input.variables
    seen.state, seen.step, seen.branch, seen.execution = state, step, branch, step.execution
    seen.environment = context.environment(step, branch, state, nil)
    seen.context = seen.environment.context -- as the state sees it, before it is left
    enter(step, branch, state, outcome, call.input.stateConfiguration or {})
    seen.launch = branch.state == NAME and branch.task and branch.task.input
    seen.retried = branch.phase == "attempt"
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

local function verdict(seen)
  local execution, branch, problem = seen.execution, seen.branch, seen.problem or {}
  local output
  if execution.status == "SUCCEEDED" then
    output = { status = "SUCCEEDED", output = execution.output }
  elseif execution.status == "FAILED" then
    output = { status = "FAILED" }
  elseif seen.retried then
    output = { status = "RETRIABLE" }
  else
    output = { status = seen.problem and "CAUGHT_ERROR" or "SUCCEEDED", output = branch.input,
      nextState = branch.state ~= NAME and branch.state or nil }
  end
  output.error, output.cause = problem.error, problem.cause
  return output
end

function test_state.operations.TestState(call)
  local world, input = call.world, call.input
  local input_text = input.input or "{}"
  local sound, reason = input_check.json(input_text)
  if not sound then
    fault.raise("InvalidExecutionInput", ("Invalid State Machine Execution Input: '%s'"):format(reason))
  end
  local text, state = checked_machine(input)
  test_checks.request(input, state)
  local outcome = mocked(input.mock)
  local function attempt() return run_state(call, text, outcome) end
  local seen = without_trace(world.db, attempt)
  if seen.launch and not outcome then
    outcome = tasks.work(world, seen.execution, resource.parse(state.Resource), seen.launch, { branch = 0, attempt = 0 })
    seen = without_trace(world.db, attempt)
  end
  local output = verdict(seen)
  if input.inspectionLevel == "DEBUG" or input.inspectionLevel == "TRACE" then
    output.inspectionData = test_inspection.data(seen, input_text, input.variables)
  end
  return output
end

return test_state
