-- What TestState refuses before it runs anything: mocks that do not fit the state, context objects and configurations that
-- make no sense, in AWS's words. https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html
local checks      = require "local_aws.states.field_checks"
local fault       = require "local_aws.fault"
local json        = require "json"
local mock_schema = require "local_aws.states.mock_schema"
local resource    = require "local_aws.states.resource"

local test_checks = {}

local function invalid(text, ...)
  fault.raise("ValidationException", select("#", ...) > 0 and text:format(...) or text)
end

local NEVER_MOCKED = { Pass = true, Fail = true, Succeed = true }

local function check_nested_result(state, result)
  local is_array = type(result) == "table" and json.is_array(result)
  if state.Type == "Map" and state.ResultWriter then
    if not checks.is_object(result) then
      invalid "Mocked result must be a JSON object."
    end
  elseif not is_array then
    invalid "Mocked result must be an array."
  elseif state.Type == "Parallel" and #result ~= #state.Branches then
    invalid "Mocked result must contain the same number of items as number of Parallel branches."
  end
end

-- -> the mocked result as a value, nil when the mock is an error
local function check_mock(input, state)
  local mock = input.mock
  if NEVER_MOCKED[state.Type] then
    invalid("State type '%s' is not supported when a mock is specified", state.Type)
  elseif input.revealSecrets then
    invalid "TestState does not support RevealSecrets when a mock is specified."
  elseif mock.result and mock.errorOutput then
    invalid "A test mock should have only one of the following fields: [result, errorOutput]."
  elseif not mock.result and not mock.errorOutput then
    invalid "A test mock should have one of the following fields: [result, errorOutput]."
  elseif mock.errorOutput then
    return nil
  end
  local sound, result = pcall(json.decode, mock.result)
  if not sound then
    invalid "Mocked result must be valid JSON"
  elseif state.Type == "Map" or state.Type == "Parallel" then
    check_nested_result(state, result)
  elseif state.Type == "Task" then
    local problem = mock_schema.problem(resource.parse(state.Resource), result, mock.fieldValidationMode or "STRICT")
    if problem then
      invalid("Mock result schema validation error: %s", problem)
    end
  end
  return result
end

local function check_configuration(input, result)
  local failures = (input.stateConfiguration or {}).mapIterationFailureCount
  if not failures then
    return
  elseif not input.mock then
    invalid "TestState does not support MapIterationFailureCount when a mock is not specified."
  elseif type(result) == "table" and json.is_array(result) and failures > #result then
    invalid "Map iteration failure count must be less than or equal to the number of Map iterations"
  end
end

-- What a context object may hold: a name is the type of its value, a table what is inside.
local CONTEXT = {
  Execution = { Id = "string", Input = "any", Name = "string", RoleArn = "string", StartTime = "string",
    RedriveCount = "integer", RedriveTime = "string" },
  State = { EnteredTime = "string", Name = "string", RetryCount = "integer" },
  StateMachine = { Id = "string", Name = "string" },
  Task = { Token = "string" },
}

local function fits(value, wanted)
  if type(wanted) == "table" then
    return checks.is_object(value), "object"
  end
  return wanted == "any" or wanted == "integer" and math.type(value) == "integer" or type(value) == wanted, wanted
end

local function check_fields(object, allowed, prefix)
  for name, value in pairs(object) do
    local wanted = allowed[name]
    if not wanted then
      invalid("Invalid Context object provided: Field '%s' is not allowed", name)
    end
    local right, kind = fits(value, wanted)
    if not right then
      invalid("Invalid Context object provided: %s%s must be %s %s", prefix, name,
        kind:find "^[aeio]" and "an" or "a", kind)
    elseif type(wanted) == "table" then
      check_fields(value, wanted, prefix .. name .. ".")
    end
  end
end

local function check_context(input, state)
  local sound, object = pcall(json.decode, input.context)
  if not sound or not checks.is_object(object) then
    invalid "Invalid Context object provided: The Context object must be a JSON object"
  elseif object.Map ~= nil then
    invalid "Invalid Context object provided: 'Map' field is not supported when mocking a Context object"
  elseif object.Task ~= nil and not (state.Type == "Task" and resource.parse(state.Resource).pattern) then
    invalid("Invalid Context object provided: Context object contains 'Task' when state is not a Task state with a '.sync' "
      .. "or '.waitForTaskToken' service integration pattern")
  end
  check_fields(object, CONTEXT, "")
end

-- Refuses a request that cannot be tested. The state's definition is sound.
function test_checks.request(input, state)
  local is_nested = state.Type == "Map" or state.Type == "Parallel"
  if is_nested and not input.mock then
    fault.raise("InvalidDefinition", "TestState API does not support Map or Parallel states. Supported state types include: "
      .. "[Task, Wait, Pass, Succeed, Fail, Choice]")
  end
  local result = input.mock and check_mock(input, state)
  check_configuration(input, result)
  if input.context then
    check_context(input, state)
  end
  if state.Type == "Task" and not input.mock then
    local parsed = resource.parse(state.Resource)
    if not input.roleArn then
      invalid "RoleArn must be specified when testing a Task state"
    elseif parsed.kind == "activity" or parsed.pattern then
      invalid "A task that waits for somebody can only be tested with a mock"
    end
  end
end

return test_checks
