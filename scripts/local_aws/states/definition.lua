-- State machine definitions: checked once when they come in, loaded when an execution needs them.
--
--   check(text, type) -> list of {severity, code, message, location}, empty when sound
--   load(text) -> machine = {scopes, timeout}
-- A scope is a set of states with a start: number 1 is the whole machine; each branch of a Parallel and each Map's
-- processor is a further one. Their numbers depend on the text alone, so a stored number keeps its meaning.
local checks       = require "local_aws.states.field_checks"
local json         = require "json"
local map_fields   = require "local_aws.states.map_fields"
local resource     = require "local_aws.states.resource"
local state_fields = require "local_aws.states.state_fields"
local transitions  = require "local_aws.states.transitions"

local definition = {}

local is_object = checks.is_object

local SIZE_LIMIT = 1024 * 1024
local NAME_LIMIT = 80
local SCHEMA = "SCHEMA_VALIDATION_FAILED"

local function sorted_keys(object)
  local keys = {}
  for key in pairs(object) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

local check_scope

-- The state machines inside a state: list of {machine, pointer}.
function definition.inner(state, pointer)
  local list = {}
  if state.Type == "Parallel" and type(state.Branches) == "table" and json.is_array(state.Branches) then
    for index, branch in ipairs(state.Branches) do
      list[index] = { machine = branch, pointer = ("%s/Branches[%d]"):format(pointer, index - 1) }
    end
  elseif state.Type == "Map" then
    local field = state.ItemProcessor and "ItemProcessor" or "Iterator"
    list[1] = { machine = state[field], pointer = pointer .. "/" .. field }
  end
  return list
end
local inner = definition.inner

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
  for _, pair in ipairs(state_fields.exclusive) do
    if state[pair[1]] ~= nil and state[pair[2]] ~= nil then
      report(pointer, ("Only one of the fields [%s, %s] is allowed"):format(pair[1], pair[2]))
    end
  end
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
    report(pointer .. "/Resource", ("Express state machine does not support '.%s' service integration "):format(parsed.pattern))
  elseif parsed.kind == "activity" then
    report(pointer .. "/Resource", "Express state machine does not support Activity ARN")
  end
end

local function check_state(state, pointer, report, express)
  if not is_object(state) then
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
  end
  if state.QueryLanguage ~= nil and state.QueryLanguage ~= "JSONPath" then
    report(pointer .. "/QueryLanguage", "QueryLanguage 'JSONata' is not supported here: write the state in JSONPath")
  end
  for _, name in ipairs(kind.required or {}) do
    if state[name] == nil then
      report(pointer, "These fields are required: [" .. name .. "]")
    end
  end
  local fields = map_fields.is_distributed(state) and state_fields.distributed or kind.fields
  for _, name in ipairs(sorted_keys(state)) do
    local check = fields[name]
    if not check then
      local place = state_fields.elsewhere[name]
      report(pointer .. "/" .. name, place and ("Field is not supported: it belongs to " .. place) or "Field is not supported")
    elseif check ~= true then
      check(state[name], pointer .. "/" .. name, report)
    end
  end
  if kind.onward then
    check_onward(state, pointer, report)
  end
  check_numbers(state, kind, pointer, report)
  if express then
    check_express(state, pointer, report)
  end
end

local function check_processor(machine, pointer, report)
  local config = machine.ProcessorConfig
  if config == nil then
    return
  end
  pointer = pointer .. "/ProcessorConfig"
  map_fields.processor_config(config, pointer, report)
  if is_object(config) and config.Mode == "DISTRIBUTED" and config.ExecutionType == nil then
    report(pointer, "These fields are required: [ExecutionType]")
  end
end

local root_fields = { Comment = true, StartAt = true, States = true, Version = true, TimeoutSeconds = true,
  QueryLanguage = true }
local inner_fields = { Comment = true, StartAt = true, States = true, ProcessorConfig = true, QueryLanguage = true }

local function check_machine_fields(machine, pointer, report, is_root)
  for _, name in ipairs(sorted_keys(machine)) do
    if not (is_root and root_fields or inner_fields)[name] then
      report(pointer .. "/" .. name, "Field is not supported")
    end
  end
  if machine.QueryLanguage ~= nil and machine.QueryLanguage ~= "JSONPath" then
    report(pointer .. "/QueryLanguage", "QueryLanguage 'JSONata' is not supported here: write the state machine in JSONPath")
  end
  if is_root and machine.TimeoutSeconds ~= nil then
    local seconds = machine.TimeoutSeconds
    if math.type(seconds) ~= "integer" or seconds < 1 or seconds > 99999999 then
      report(pointer .. "/TimeoutSeconds", "Expected value of type Integer between 1 and 99999999")
    end
  end
  if is_root and machine.Version ~= nil and machine.Version ~= "1.0" then
    report(pointer .. "/Version", "Value must be one of [1.0]")
  end
  check_processor(machine, pointer, report)
end

-- `seen` holds the names of all states so far: they are unique in the whole machine.
function check_scope(machine, pointer, add, express, seen, is_root)
  local function report(place, message)
    add(SCHEMA, place == "" and "/" or place, message)
  end
  if not is_object(machine) then
    report(pointer, "Expected value of type Object")
    return
  end
  local missing = {}
  for _, name in ipairs { "States", "StartAt" } do
    missing[#missing + 1] = machine[name] == nil and name or nil
  end
  if #missing > 0 then
    report(pointer, "These fields are required: [" .. table.concat(missing, ", ") .. "]")
    return
  end
  check_machine_fields(machine, pointer, report, is_root)
  if not is_object(machine.States) or next(machine.States) == nil then
    report(pointer .. "/States", "Expected value of type Object with at least one state")
    return
  elseif type(machine.StartAt) ~= "string" then
    report(pointer .. "/StartAt", "Expected value of type String")
    return
  end
  for _, name in ipairs(sorted_keys(machine.States)) do
    local state, place = machine.States[name], ("%s/States/%s"):format(pointer, name)
    if utf8.len(name) and utf8.len(name) > NAME_LIMIT then
      report(place, "State name length must be less than or equal to " .. NAME_LIMIT)
    end
    if seen[name] then
      add("DUPLICATE_STATE_NAME", place, "Duplicate State name: " .. name)
    end
    seen[name] = true
    check_state(state, place, report, express)
    for _, part in ipairs(is_object(state) and inner(state, place) or {}) do
      if part.machine ~= nil then
        check_scope(part.machine, part.pointer, add, express, seen)
      end
    end
    if is_object(state) and state.Type == "Parallel" and #inner(state, place) == 0 and state.Branches ~= nil then
      report(place .. "/Branches", "Expected value of type Array with at least one element")
    end
  end
  transitions.check(machine, pointer, add)
end

function definition.check(text, machine_type)
  local diagnostics = json.array {}
  local function add(code, location, message)
    diagnostics[#diagnostics + 1] = { severity = "ERROR", code = code, location = location, message = message }
  end
  if #text > SIZE_LIMIT then
    add(SCHEMA, nil, "The definition is longer than 1048576 bytes")
    return diagnostics
  end
  local fine, tree = pcall(json.decode, text)
  if not fine then
    if type(tree) ~= "table" or text:match "^%s*$" then
      add(SCHEMA, nil, "Definition must be a valid JSON object")
      return diagnostics
    end
    local source = ('[Source: (String)"%s"; line: %d, column: %d]'):format(text:sub(1, 500), tree.line or 1, tree.column or 1)
    add("INVALID_JSON_DESCRIPTION", source, tree.message .. "\n at " .. source)
  elseif not is_object(tree) then
    add(SCHEMA, nil, "Definition must be a valid JSON object")
  else
    check_scope(tree, "", add, machine_type == "EXPRESS", {}, true)
  end
  return diagnostics
end

-- One line for InvalidDefinition: every diagnostic, as AWS joins them.
function definition.reason(diagnostics)
  local parts = {}
  for index, diagnostic in ipairs(diagnostics) do
    local place = diagnostic.location and diagnostic.code ~= "INVALID_JSON_DESCRIPTION" and " at " .. diagnostic.location or ""
    parts[index] = diagnostic.code .. ": " .. diagnostic.message .. place
  end
  return table.concat(parts, ", ")
end

local function add_scope(machine, scopes)
  local scope = { start = machine.StartAt, states = machine.States, inner = {} }
  scopes[#scopes + 1] = scope
  for _, name in ipairs(sorted_keys(machine.States)) do
    local numbers = {}
    for index, part in ipairs(inner(machine.States[name], "")) do
      numbers[index] = #scopes + 1
      add_scope(part.machine, scopes)
    end
    scope.inner[name] = numbers
  end
end

function definition.load(text)
  local tree = json.decode(text)
  local machine = { scopes = {}, timeout = tree.TimeoutSeconds }
  add_scope(tree, machine.scopes)
  return machine
end

return definition
