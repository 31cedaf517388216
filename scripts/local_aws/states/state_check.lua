-- One state of a definition, checked by the schema of its type (state_fields.lua).
local checks       = require "local_aws.states.field_checks"
local map_fields   = require "local_aws.states.map_fields"
local resource     = require "local_aws.states.resource"
local state_fields = require "local_aws.states.state_fields"

local function check_onward(state, pointer, report)
  if state.Next ~= nil and state.End ~= nil then
    report(pointer, "Only one of the fields [Next, End] is allowed")
  elseif state.Next == nil and state.End ~= true then
    report(pointer, "These fields are required: [Next] or [End]")
  end
end

local function check_numbers(state, kind, pointer, report)
  if kind.one_of then
    local present = 0
    for _, name in ipairs(kind.one_of) do
      present = present + (state[name] ~= nil and 1 or 0)
    end
    if present ~= 1 then
      report(pointer, "Exactly one of the fields is required: [" .. table.concat(kind.one_of, ", ") .. "]")
    end
  end
  checks.exclusive(state, pointer, report, state_fields.exclusive)
  local timeout, heartbeat = state.TimeoutSeconds, state.HeartbeatSeconds
  if type(timeout) == "number" and type(heartbeat) == "number" and heartbeat >= timeout then
    report(pointer .. "/HeartbeatSeconds", "HeartbeatSeconds must be smaller than TimeoutSeconds")
  end
end

local function check_express(state, pointer, report)
  if map_fields.is_distributed(state) then
    report(pointer, "Express state machine does not support Map states in DISTRIBUTED mode")
  end
  local parsed = type(state.Resource) == "string" and resource.parse(state.Resource)
  if not parsed then
    return
  elseif parsed.pattern then
    local space = parsed.pattern == "waitForTaskToken" and " " or "" -- AWS writes one more there
    report(pointer .. "/Resource",
      ("Express state machine does not support '.%s' service integration"):format(parsed.pattern) .. space)
  elseif parsed.kind == "activity" then
    report(pointer .. "/Resource", "Express state machine does not support Activity ARN")
  end
end

local JSONATA = "State '%s' is written in JSONata, which is not simulated here: no maintained library evaluates it for C "
  .. "or Lua. Write the state in JSONPath (Parameters, ResultPath and intrinsic functions instead of Arguments, Output and "
  .. "{%% %%})"

-- false when the state is in a language whose fields we do not know.
local function check_language(name, pointer, report, language)
  if language == "JSONata" then
    report(pointer, JSONATA:format(name))
    return false
  elseif language ~= nil and language ~= "JSONPath" then
    report(pointer .. "/QueryLanguage", "Value must be one of [JSONPath, JSONata]")
  end
  return true
end

local function check_fields(state, kind, pointer, report)
  for _, name in ipairs(kind.required or {}) do
    if state[name] == nil then
      report(pointer, "These fields are required: [" .. name .. "]")
    end
  end
  local fields = map_fields.is_distributed(state) and state_fields.distributed or kind.fields
  for _, name in ipairs(checks.sorted_keys(state)) do
    local check = fields[name]
    if not check then
      local place = state_fields.elsewhere[name]
      report(pointer .. "/" .. name, place and ("Field is not supported: it belongs to " .. place) or "Field is not supported")
    elseif check ~= true then
      check(state[name], pointer .. "/" .. name, report)
    end
  end
end

-- context = {express, language = of what is around the state}
local function check_state(state, name, pointer, report, context)
  if not checks.is_object(state) then
    report(pointer, "Expected value of type Object")
    return
  end
  local kind = state_fields.types[state.Type]
  if not kind then
    if state.Type == nil then
      report(pointer, "These fields are required: [Type]")
    else
      report(pointer .. "/Type", "Value must be one of [Choice, Fail, Map, Parallel, Pass, Succeed, Task, Wait]")
    end
    return
  elseif not check_language(name, pointer, report, state.QueryLanguage or context.language) then
    return
  end
  check_fields(state, kind, pointer, report)
  if kind.onward then
    check_onward(state, pointer, report)
  end
  check_numbers(state, kind, pointer, report)
  if context.express then
    check_express(state, pointer, report)
  end
end

return check_state
