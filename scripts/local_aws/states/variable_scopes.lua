-- A variable belongs to the scope whose states assign it. An inner scope (a branch, a Map's processor) reads it and may not
-- assign one of the same name.
-- https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html#workflow-variables-scope
local checks = require "local_aws.states.field_checks"
local json   = require "json"

local variable_scopes = {}

-- Calls visit(name, pointer) for each variable that an Assign sets.
local function each_of(assign, pointer, visit)
  for _, field in ipairs(checks.is_object(assign) and checks.sorted_keys(assign) or {}) do
    visit((field:gsub("%.%$$", "")), pointer .. "/" .. field)
  end
end

-- A state's Assign, and those of its rules and catchers.
local function each_of_state(state, pointer, visit)
  each_of(state.Assign, pointer .. "/Assign", visit)
  for _, field in ipairs { "Choices", "Catch" } do
    local list = state[field]
    for index, item in ipairs(type(list) == "table" and json.is_array(list) and list or {}) do
      if checks.is_object(item) then
        each_of(item.Assign, ("%s/%s[%d]/Assign"):format(pointer, field, index - 1), visit)
      end
    end
  end
end

-- `outer`: set of the names that the scopes around assign. -> the same with this scope's
function variable_scopes.check(machine, pointer, outer, report)
  local names = {}
  for name in pairs(outer) do
    names[name] = true
  end
  for _, state_name in ipairs(checks.sorted_keys(machine.States)) do
    local state = machine.States[state_name]
    if checks.is_object(state) then
      each_of_state(state, ("%s/States/%s"):format(pointer, state_name), function(name, place)
        if outer[name] then
          report(place, ("Variable '%s' is assigned in an outer scope: give it another name here"):format(name))
        end
        names[name] = true
      end)
    end
  end
  return names
end

return variable_scopes
