-- What ValidateStateMachineDefinition warns of: paths where nothing reads a path. The definition is sound.
-- https://docs.aws.amazon.com/step-functions/latest/apireference/API_ValidateStateMachineDefinitionDiagnostic.html
local checks     = require "local_aws.states.field_checks"
local expression = require "local_aws.states.expression"
local json       = require "json"

local definition_warnings = {}

local TEMPLATES = { "Parameters", "ItemSelector", "ResultSelector", "Assign", "Credentials" }

-- "$" alone, or "$5", is a text like any other.
local function is_path(value)
  return type(value) == "string" and (value:find "^%$%$?[.%[]" or value:find "^States%.%w+%(")
    and expression.parse(value) ~= nil
end

-- Calls visit(name, value, pointer) for each field with a plain value inside.
local function each_field(value, pointer, visit)
  if type(value) ~= "table" or value == json.null then
    return
  elseif json.is_array(value) then
    for index, item in ipairs(value) do
      each_field(item, ("%s[%d]"):format(pointer, index - 1), visit)
    end
    return
  end
  for _, name in ipairs(checks.sorted_keys(value)) do
    visit(name, value[name], pointer .. "/" .. name)
    each_field(value[name], pointer .. "/" .. name, visit)
  end
end

local function check_templates(state, pointer, add)
  local function visit(name, value, place)
    if is_path(value) and name:sub(-2) ~= ".$" then
      add("NO_DOLLAR", place, ('No ".$" on field %s whose value looks like a JSONPath or an intrinsic function'):format(name))
    end
  end
  for _, field in ipairs(TEMPLATES) do
    each_field(state[field], pointer .. "/" .. field, visit)
  end
end

local function no_path(name, value, place, add)
  if is_path(value) then
    add("NO_PATH", place, ("The value of field %s looks like a path, but its name does not end with 'Path'"):format(name))
  end
end

local function check_choices(state, pointer, add)
  each_field(state.Choices, pointer .. "/Choices", function(name, value, place)
    if name:find "^String" and not name:find "Path$" then
      no_path(name, value, place, add)
    end
  end)
end

local function check_state(state, pointer, add)
  check_templates(state, pointer, add)
  if state.Type == "Choice" then
    check_choices(state, pointer, add)
  elseif state.Type == "Fail" then
    no_path("Error", state.Error, pointer .. "/Error", add)
    no_path("Cause", state.Cause, pointer .. "/Cause", add)
  elseif state.Type == "Pass" then
    each_field(state.Result, pointer .. "/Result", function(name, value, place)
      if is_path(value) or name:sub(-2) == ".$" then
        add("PASS_RESULT_IS_STATIC", place, "The Result of a Pass state is taken as it is: use Parameters for paths")
      end
    end)
  end
end

-- `inner` gives the state machines inside a state (definition.lua).
function definition_warnings.add(machine, pointer, inner, add)
  for _, name in ipairs(checks.sorted_keys(machine.States)) do
    local state, place = machine.States[name], ("%s/States/%s"):format(pointer, name)
    check_state(state, place, add)
    for _, part in ipairs(inner(state, place)) do
      definition_warnings.add(part.machine, part.pointer, inner, add)
    end
  end
end

return definition_warnings
