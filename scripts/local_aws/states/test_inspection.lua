-- What TestState shows beside the result with DEBUG and TRACE: the data after each filter that the type of state has, and
-- which Retry or Catch answered a failure. A stage that fails ends the list.
local expression = require "local_aws.states.expression"
local json       = require "json"
local jsonpath   = require "local_aws.states.jsonpath"
local map_items  = require "local_aws.states.map_items"
local payload    = require "local_aws.states.payload"
local retry      = require "local_aws.states.retry"
local template   = require "local_aws.states.template"

local test_inspection = {}

local function at(value, environment)
  return { input = value, context = environment.context, variables = environment.variables }
end

-- name of a member -> what it is, from the stage before. `seen` has state, raw, environment and the result, if there is one.
local STAGES = {
  afterInputPath = function(seen, value)
    local path = seen.state.InputPath
    if path == json.null then
      return json.object {}
    end
    return path and expression.at(jsonpath.parse(path), at(value, seen.environment), "InputPath") or value
  end,
  afterParameters = function(seen, value)
    return seen.state.Parameters and template.apply(seen.state.Parameters, at(value, seen.environment)) or value
  end,
  afterItemsPath = function(seen, value) return map_items.all(seen.state, at(value, seen.environment)) end,
  afterItemSelector = function(seen, items)
    return json.array(map_items.selected(seen.step, seen.branch, seen.state, items, at(seen.filtered, seen.environment)))
  end,
  afterItemBatcher = function(seen, items)
    local batches = json.array {}
    for index, batch in ipairs(map_items.inputs(seen.branch, seen.state, items, at(seen.filtered, seen.environment))) do
      batches[index] = json.decode(batch.input)
    end
    return batches
  end,
  result = function(seen)
    if seen.state.Type == "Pass" then
      return seen.state.Result
    end
    return seen.result
  end,
  afterResultSelector = function(seen, value)
    local selector = seen.state.ResultSelector
    return selector and template.apply(selector, at(value, seen.environment)) or value
  end,
  afterResultPath = function(seen, value) return payload.place(seen.state.ResultPath, seen.raw, value) end,
}

local RESULT = { "result", "afterResultSelector", "afterResultPath" }
local BEFORE = { "afterInputPath", "afterParameters" }

local function stages_of(seen)
  local state = seen.state
  if state.Type == "Pass" then
    return state.Result == nil and { BEFORE[1], BEFORE[2], RESULT[2], RESULT[3] } or RESULT
  elseif state.Type == "Task" or state.Type == "Parallel" then
    return { BEFORE[1], BEFORE[2], RESULT[1], RESULT[2], RESULT[3] }
  elseif state.Type ~= "Map" then
    return { BEFORE[1] }
  end
  local list = { BEFORE[1] }
  if not state.ItemReader then
    list[#list + 1] = "afterItemsPath"
    list[#list + 1] = (state.ItemSelector or state.Parameters) and "afterItemSelector" or nil
    list[#list + 1] = state.ItemBatcher and "afterItemBatcher" or nil
  end
  return list
end

local function add_map(seen, data)
  local state = seen.state
  local environment = at(seen.filtered, seen.environment)
  data.maxConcurrency = map_items.number(state, "MaxConcurrency", "integer", environment) or 0
  data.toleratedFailureCount = map_items.number(state, "ToleratedFailureCount", "integer", environment)
  data.toleratedFailurePercentage = map_items.number(state, "ToleratedFailurePercentage", "float", environment)
end

local function walk(seen, data)
  local value = seen.raw
  for _, name in ipairs(stages_of(seen)) do
    value = STAGES[name](seen, value)
    if value == nil then
      return -- the state failed before
    end
    data[name] = json.encode(value)
    if name == "afterInputPath" then
      seen.filtered = value
    end
  end
  if seen.state.Type == "Map" then
    add_map(seen, data)
    if seen.result ~= nil then
      data.afterResultSelector = json.encode(STAGES.afterResultSelector(seen, seen.result))
      data.afterResultPath = json.encode(STAGES.afterResultPath(seen, json.decode(data.afterResultSelector)))
    end
  end
end

-- Which entry of Retry or Catch a failure came to, counted from 0.
local function error_details(seen)
  local problem, state = seen.problem, seen.state
  local retrier = retry.position(state.Retry, problem)
  local details = { retryIndex = retrier and retrier - 1 }
  if seen.retried then
    details.retryBackoffIntervalSeconds = (seen.branch.due_us - seen.step.now_us) // 1000000
  else
    local catcher = retry.position(state.Catch, problem)
    details.catchIndex = catcher and catcher - 1
  end
  return next(details) and details or nil
end

-- seen = {state, raw = input as a value, result = value | nil, problem = failure | nil, retried, environment, step, branch}
function test_inspection.data(seen, input_text, variables)
  local data = json.object { input = input_text, variables = variables }
  pcall(walk, seen, data)
  data.errorDetails = seen.problem and error_details(seen)
  return data
end

return test_inspection
