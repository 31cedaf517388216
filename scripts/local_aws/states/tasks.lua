-- The work of Task states, done outside of any transaction: invoking functions, calling services. What comes of it is an
-- outcome for task_state.settle.
local arn      = require "local_aws.states.arn"
local document = require "local_aws.states.document"
local failure  = require "local_aws.states.failure"
local json     = require "json"
local log      = require "log"
local resource = require "local_aws.states.resource"
local sdk      = require "local_aws.states.sdk"
local store    = require "local_aws.states.store"
local time     = require "time"
local uuid     = require "uuid"

local tasks = {}

local function lines(text)
  local list = json.array {}
  for line in tostring(text):gmatch "[^\n]+" do
    list[#list + 1] = line
  end
  return list
end

-- How the runtime of a Lambda function describes what it raised.
local function function_error(problem)
  local trace = problem.trace
  if type(trace) ~= "table" then
    trace = trace and lines(trace) or json.array {}
  end
  local cause = json.object { errorType = problem.errorType or "Error", errorMessage = problem.message,
    trace = json.array(trace) }
  return failure.new(problem.errorType or "Error", json.encode(cause))
end

local function function_arn(execution, name)
  if name:find "^arn:" then
    return name
  end
  return arn.of("lambda", execution.region, execution.account, "function:" .. name)
end

local function not_found(execution, name)
  return failure.new("Lambda.ResourceNotFoundException",
    ("Function not found: %s (Service: AWSLambda; Status Code: 404; Error Code: "
    .. "ResourceNotFoundException; Request ID: %s; Proxy: null)"):format(function_arn(execution, name), uuid.v4()),
      { refused = true })
end

-- Invokes a function. -> JSON text; raises a failure
local function invoke(world, execution, name, input)
  if not world.functions then
    error(not_found(execution, name), 0) -- a program that runs no functions
  end
  local fine, result = pcall(world.functions.invoke, name, input)
  if fine then
    return result
  elseif type(result) == "table" and result.code == "ResourceNotFoundException" then
    error(not_found(execution, name), 0)
  elseif type(result) == "table" and result.code == "FunctionError" then
    error(function_error(result), 0)
  end
  failure.raise("Lambda.Unknown", tostring(result))
end

-- What the function is given: null is an empty object; a text that is JSON is passed on as it is.
local function payload_of(given)
  if given == nil or given == json.null then
    return "{}"
  end
  return type(given) == "string" and pcall(json.decode, given) and given or document.write(given)
end

local function lambda_invoke(world, execution, parameters)
  local name = parameters.FunctionName
  if type(name) ~= "string" then
    failure.raise("States.Runtime", "The FunctionName field is required", { terminal = true, inside_state = true })
  end
  local text = invoke(world, execution, name, payload_of(parameters.Payload))
  local result = json.object { ExecutedVersion = "$LATEST", Payload = json.decode(text), StatusCode = 200 }
  return sdk.with_metadata(result, uuid.v4())
end

-- The execution that an earlier try of this attempt has started before the process died.
local function started_before(world, parameters)
  local nested = store.execution_by_arn(world.db, tostring(parameters.StateMachineArn):gsub(":stateMachine:",
    ":execution:", 1) .. ":"
    .. parameters.Name)
  return nested and sdk.with_metadata(json.object { ExecutionArn = nested.arn,
    StartDate = time.iso8601(nested.started_us / 1000000, "ms") },
    uuid.v4())
end

-- Starts a nested execution; with .sync its end will settle the task (nested_execution.lua), which is noted in the nested
-- one's row.
local function start_execution(world, execution, parsed, parameters, job)
  local named = parameters.Name ~= nil
  if not named then
    parameters.Name = sdk.child_name(execution, job)
  end
  return world.db:transaction(function()
    local started = not named and started_before(world, parameters) or sdk.call(world, execution, parsed, parameters)
    if parsed.pattern == "sync" or parsed.pattern == "sync:2" then
      world.db:run("UPDATE states_executions SET parent_branch = ?, parent_attempt = ? WHERE arn = ?", job.branch, job.attempt,
        started.ExecutionArn)
    end
    return started
  end)
end

local function call_service(world, execution, parsed, parameters, job)
  if parsed.service == "lambda" and parsed.action == "invoke" and not parsed.sdk then
    return lambda_invoke(world, execution, parameters)
  elseif parsed.service == "states" and parsed.action == "startExecution" and not parsed.sdk then
    return start_execution(world, execution, parsed, parameters, job)
  end
  return sdk.call(world, execution, parsed, parameters)
end

local function work(world, execution, parsed, input, job)
  if parsed.kind == "function" then
    return { output = invoke(world, execution, parsed.arn, input) }
  end
  local parameters = document.copy(document.open(document.read(input)))
  local result = call_service(world, execution, parsed, parameters, job)
  return { output = json.encode(result), submitted = parsed.pattern ~= nil }
end

-- Does a task's work: the function or service that `parsed` (resource.lua) names, with `input` as JSON text. -> outcome
function tasks.work(world, execution, parsed, input, job)
  local fine, outcome = pcall(work, world, execution, parsed, input, job)
  if fine then
    return outcome
  elseif failure.is(outcome) then
    return { problem = outcome }
  end
  log.error("states: a task could not be performed", { problem = tostring(outcome), execution = execution.arn })
  return { problem = failure.new("States.Runtime", tostring(outcome), { terminal = true }) }
end

-- Does the work of an attempt. -> outcome; nil when the attempt is no longer wanted
function tasks.perform(world, job)
  local branch = store.branch(world.db, job.branch)
  if not branch or branch.attempt ~= job.attempt or not branch.task then
    return nil
  end
  local execution = store.execution(world.db, branch.execution)
  local state = store.machine(world.db, execution.definition).scopes[branch.scope].states[branch.state]
  return tasks.work(world, execution, resource.parse(state.Resource), branch.task.input, job)
end

-- Whether the work of a running branch is done by us (an activity's is done by its worker).
function tasks.is_performed(world, branch_id)
  local branch = store.branch(world.db, branch_id)
  local execution = store.execution(world.db, branch.execution)
  local state = store.machine(world.db, execution.definition).scopes[branch.scope].states[branch.state]
  return resource.parse(state.Resource).kind ~= "activity"
end

return tasks
