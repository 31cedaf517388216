-- What a state does to its data on the way in and out: InputPath, Parameters, ResultSelector, ResultPath, Assign, OutputPath.
-- https://docs.aws.amazon.com/step-functions/latest/dg/concepts-input-output-filtering.html
local context    = require "local_aws.states.context"
local document   = require "local_aws.states.document"
local expression = require "local_aws.states.expression"
local failure    = require "local_aws.states.failure"
local json       = require "json"
local jsonpath   = require "local_aws.states.jsonpath"
local template   = require "local_aws.states.template"

local payload = {}

-- Bytes of JSON that a state may take or give.
payload.LIMIT = 256 * 1024

-- Bytes of all variables of a scope. (AWS counts those of the execution.)
local VARIABLES_LIMIT = 10 * 1024 * 1024

-- Applies InputPath or OutputPath; null means an empty object.
local function filter(path_text, environment)
  if path_text == nil or path_text == "$" then
    return environment.input
  elseif path_text == json.null then
    return json.object {}
  end
  local found, value = expression.find(assert(jsonpath.parse(path_text)), environment)
  if not found then
    failure.runtime(("Invalid path '%s' : %s"):format(path_text, value))
  end
  return value
end

-- The input after InputPath.
function payload.filtered_input(run, branch, state, extra)
  local raw = document.read(branch.input)
  return filter(state.InputPath, context.environment(run, branch, state, raw, extra))
end

-- The input after InputPath and Parameters: what the state's work gets.
function payload.effective_input(run, branch, state, extra)
  local input = payload.filtered_input(run, branch, state, extra)
  if state.Parameters == nil then
    return input
  end
  return template.apply(state.Parameters, context.environment(run, branch, state, input, extra))
end

-- Puts `result` into a copy of the raw input at ResultPath.
function payload.place(result_path, raw, result)
  if result_path == nil or result_path == "$" then
    return result
  elseif result_path == json.null then
    return raw
  end
  local placed = jsonpath.assign(assert(jsonpath.parse(result_path)), document.copy(document.open(raw)), result)
  if placed == nil then
    failure.raise("States.ResultPathMatchFailure", ("Unable to apply ReferencePath %s to input %s"):format(result_path,
      json.encode(raw)), { inside_state = true })
  end
  return placed
end

-- Encodes what leaves a state; too much of it is States.DataLimitExceeded.
function payload.encode(branch, value)
  local text = document.write(value)
  if #text > payload.LIMIT then
    failure.raise("States.DataLimitExceeded",
      ("The state/task '%s' returned a result with a size exceeding the maximum number of "
      .. "bytes service limit."):format(branch.state))
  end
  return text
end

-- Evaluates an Assign template against `source`, stores the variables in the branch. -> {name = JSON text} for the history
-- | nil
function payload.assign(run, branch, state, assign, source)
  if assign == nil then
    return nil
  end
  local values = template.apply(assign, context.environment(run, branch, state, source))
  local size = #document.write(values)
  local variables = document.copy(document.open(document.read(branch.variables or "{}")))
  local assigned = json.object {}
  for name, value in pairs(values) do
    variables[name] = value
    assigned[name] = document.compact(value)
  end
  local stored = document.write(variables)
  if size > payload.LIMIT or #stored > VARIABLES_LIMIT then
    failure.raise("States.DataLimitExceeded",
      ("The variables that the state '%s' assigns exceed the maximum number of bytes service limit."):format(branch.state))
  end
  branch.variables = stored
  return next(assigned) and assigned or nil
end

-- From a state's result to its output text. -> output, assigned
function payload.output(run, branch, state, result)
  local raw = document.read(branch.input)
  local selected = result
  if state.ResultSelector ~= nil then
    selected = template.apply(state.ResultSelector, context.environment(run, branch, state, result))
  end
  local assigned = payload.assign(run, branch, state, state.Assign, selected)
  local placed = payload.place(state.ResultPath, raw, selected)
  local output = filter(state.OutputPath, context.environment(run, branch, state, placed))
  return payload.encode(branch, output), assigned
end

-- For states without a result of their own (Choice, Wait, Succeed): the filtered input is the output.
function payload.passed_on(run, branch, state, assign)
  local input = payload.filtered_input(run, branch, state)
  local assigned = payload.assign(run, branch, state, assign, input)
  local output = filter(state.OutputPath, context.environment(run, branch, state, input))
  return payload.encode(branch, output), assigned
end

return payload
