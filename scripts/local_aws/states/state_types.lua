-- What each type of state does once it is entered: start(run, branch, state); those that wait are resumed when they are due.
-- https://states-language.net/spec.html#state-types
local choice_rules = require "local_aws.states.choice_rules"
local context      = require "local_aws.states.context"
local expression   = require "local_aws.states.expression"
local failure      = require "local_aws.states.failure"
local flow         = require "local_aws.states.flow"
local json         = require "json"
local nested       = require "local_aws.states.nested"
local payload      = require "local_aws.states.payload"
local task_state   = require "local_aws.states.task_state"
local time         = require "time"

local state_types = { Task = task_state, Parallel = nested.Parallel, Map = nested.Map }

state_types.Pass = {
  start = function(run, branch, state)
    local input = payload.effective_input(run, branch, state)
    local result = state.Result
    if result == nil then
      result = input
    end
    flow.succeed(run, branch, state, result)
  end,
}

state_types.Succeed = {
  start = function(run, branch, state)
    flow.leave(run, branch, state, (payload.passed_on(run, branch, state)))
  end,
}

state_types.Choice = {
  start = function(run, branch, state)
    local environment = context.environment(run, branch, state, payload.filtered_input(run, branch, state))
    for _, rule in ipairs(state.Choices) do
      if choice_rules.matches(rule, environment) then
        local output, assigned = payload.passed_on(run, branch, state, rule.Assign)
        return flow.leave(run, branch, state, output, rule.Next, assigned)
      end
    end
    if not state.Default then
      failure.raise("States.NoChoiceMatched",
        "Failed to transition out of the state. The state does not point to a next state.",
        { inside_state = true })
    end
    local output, assigned = payload.passed_on(run, branch, state, state.Assign)
    flow.leave(run, branch, state, output, state.Default, assigned)
  end,
}

-- A string from a fixed field, or from its Path form, which may be an intrinsic function.
local function text_field(run, branch, state, field)
  local path = state[field .. "Path"]
  if not path then
    return state[field]
  end
  local environment = context.environment(run, branch, state, json.decode(branch.input))
  local value = expression.evaluate(assert(expression.parse(path)), environment, field .. "Path")
  if type(value) ~= "string" then
    failure.runtime(("The %s field must be a string, but '%s' gave %s"):format(field, path, json.encode(value)))
  end
  return value
end

state_types.Fail = {
  start = function(run, branch, state)
    failure.raise(text_field(run, branch, state, "Error"), text_field(run, branch, state, "Cause"))
  end,
}

-- AWS counts the seconds of a wait in 32 bits.
local LONGEST_WAIT = 2147483647

local function seconds_at(path, value)
  if math.type(value) ~= "integer" then
    failure.runtime(("The SecondsPath parameter cannot be parsed as a long value: %s == %s"):format(path,
      expression.shown(value)))
  elseif value < 0 then
    failure.runtime(("The SecondsPath parameter references a negative value: %s == %d"):format(path, value))
  end
  return value
end

local function timestamp_at(path, value)
  if type(value) ~= "string" or not time.parse(value) then
    failure.runtime(("The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format "
      .. "string: %s == %s"):format(path, expression.shown(value)))
  end
  return value
end

local function wait_until_us(run, branch, state)
  local environment = context.environment(run, branch, state, payload.filtered_input(run, branch, state))
  local function referenced(field, checked)
    local path = state[field]
    local found, value = expression.find(expression.parse(path).path, environment)
    if not found then
      failure.runtime(("The %s parameter does not reference an input value: %s"):format(field, path))
    end
    return checked(path, value)
  end
  local seconds, timestamp = state.Seconds, state.Timestamp
  if state.SecondsPath then
    seconds = referenced("SecondsPath", seconds_at)
  elseif state.TimestampPath then
    timestamp = referenced("TimestampPath", timestamp_at)
  end
  local due_us = seconds and run.now_us + math.min(seconds, LONGEST_WAIT + 1) * 1000000
    or math.floor(time.parse(timestamp) * 1000000)
  if due_us - run.now_us > LONGEST_WAIT * 1000000 then
    failure.runtime "Wait state delay is too long."
  end
  return due_us
end

state_types.Wait = {
  start = function(run, branch, state)
    branch.phase, branch.due_us = "waiting", wait_until_us(run, branch, state)
  end,
  resume = function(run, branch, state)
    local output, assigned = payload.passed_on(run, branch, state, state.Assign)
    flow.leave(run, branch, state, output, state.Next, assigned)
  end,
}

return state_types
