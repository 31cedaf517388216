-- State machine definitions: checked once when they come in, loaded when an execution needs them.
--
--   check(text, type, severity) -> list of {severity, code, message, location}, empty when sound
--   load(text) -> machine = {scopes, timeout}
-- A scope is a set of states with a start: number 1 is the whole machine; each branch of a Parallel and each Map's
-- processor is a further one. Their numbers depend on the text alone, so a stored number keeps its meaning.
local check_state = require "local_aws.states.state_check"
local checks      = require "local_aws.states.field_checks"
local document    = require "local_aws.states.document"
local input_check = require "local_aws.states.input_check"
local json        = require "json"
local map_fields  = require "local_aws.states.map_fields"
local transitions = require "local_aws.states.transitions"
local variables   = require "local_aws.states.variable_scopes"
local warnings    = require "local_aws.states.definition_warnings"

local definition = {}

local is_object, sorted_keys = checks.is_object, checks.sorted_keys

local SIZE_LIMIT = 1024 * 1024
local NAME_LIMIT = 80
local SCHEMA = "SCHEMA_VALIDATION_FAILED"

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
  local language = machine.QueryLanguage
  if language ~= nil and language ~= "JSONPath" and language ~= "JSONata" then
    report(pointer .. "/QueryLanguage", "Value must be one of [JSONPath, JSONata]")
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

local function check_name(name, place, context)
  if utf8.len(name) and utf8.len(name) > NAME_LIMIT then
    context.add(SCHEMA, place, "State name length must be less than or equal to " .. NAME_LIMIT)
  end
  if context.names[name] then
    context.add("DUPLICATE_STATE_NAME", place, "Duplicate State name: " .. name)
  end
  context.names[name] = true
end

-- Labels of distributed Maps are unique in the whole machine, too.
local function check_label(state, place, context)
  local label = map_fields.is_distributed(state) and state.Label
  if type(label) ~= "string" then
    return
  end
  local problem = map_fields.label_problem(label)
  if problem then
    context.add("INVALID_LABEL_NAME", place .. "/Label", problem)
  elseif context.labels[label] then
    context.add("DUPLICATE_LABEL_NAME", place .. "/Label", "Duplicate Label name: " .. label)
  end
  context.labels[label] = true
end

local function check_one(name, state, place, report, context)
  check_name(name, place, context)
  check_state(state, name, place, report, context)
  if not is_object(state) then
    return
  end
  check_label(state, place, context)
  local parts = inner(state, place)
  local around = context.language
  context.language = state.QueryLanguage or around
  for _, part in ipairs(parts) do
    if part.machine ~= nil then
      check_scope(part.machine, part.pointer, context)
    end
  end
  context.language = around
  if state.Type == "Parallel" and #parts == 0 and state.Branches ~= nil then
    report(place .. "/Branches", "Expected value of type Array with at least one element")
  end
end

local function is_sound_scope(machine, pointer, report)
  if not is_object(machine) then
    report(pointer, "Expected value of type Object")
    return false
  end
  local missing = {}
  for _, name in ipairs { "States", "StartAt" } do
    missing[#missing + 1] = machine[name] == nil and name or nil
  end
  if #missing > 0 then
    report(pointer, "These fields are required: [" .. table.concat(missing, ", ") .. "]")
    return false
  end
  return true
end

-- context = {add, express, language, names, labels, assigned}: names and labels that have been seen, and the variables of the
-- scopes around.
function check_scope(machine, pointer, context, is_root)
  local function report(place, message)
    context.add(SCHEMA, place == "" and "/" or place, message)
  end
  if not is_sound_scope(machine, pointer, report) then
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
  local around, assigned = context.language, context.assigned
  context.language = machine.QueryLanguage or around
  context.assigned = variables.check(machine, pointer, assigned, report)
  for _, name in ipairs(sorted_keys(machine.States)) do
    check_one(name, machine.States[name], ("%s/States/%s"):format(pointer, name), report, context)
  end
  context.language, context.assigned = around, assigned
  transitions.check(machine, pointer, context.add)
end

local function check_text(text, machine_type, add)
  if #text > SIZE_LIMIT then
    return add(SCHEMA, nil, "The definition is longer than 1048576 bytes")
  end
  local fine, tree = pcall(json.decode, text)
  if not fine and type(tree) == "table" and text:find "%S" then
    local _, reason, token = input_check.json(text)
    local column = (tree.column or 1) + (token and #token or 0) -- AWS's parser has read the word when it complains
    local source = ('[Source: (String)"%s"; line: %d, column: %d]'):format(text:sub(1, 500), tree.line or 1, column)
    add("INVALID_JSON_DESCRIPTION", source, reason .. "\n at " .. source)
  elseif not fine or not is_object(tree) then
    add(SCHEMA, nil, "Definition must be a valid JSON object")
  else
    check_scope(tree, "", { add = add, express = machine_type == "EXPRESS", names = {}, labels = {}, assigned = {} }, true)
    return tree
  end
end

-- With severity "WARNING" what is not wrong but looks it is there, too.
function definition.check(text, machine_type, severity)
  local diagnostics = json.array {}
  local function adder(grade)
    return function(code, location, message)
      diagnostics[#diagnostics + 1] = { severity = grade, code = code, location = location, message = message }
    end
  end
  local tree = check_text(text, machine_type, adder "ERROR")
  if tree and #diagnostics == 0 and severity == "WARNING" then
    warnings.add(tree, "", definition.inner, adder "WARNING")
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
  local tree = document.open(document.read(text)) -- what templates make has their order
  local machine = { scopes = {}, timeout = tree.TimeoutSeconds }
  add_scope(tree, machine.scopes)
  return machine
end

return definition
