-- Where the states of a scope lead: every target must exist, every state must be reached.
local checks = require "local_aws.states.field_checks"

local transitions = {}

local is_object = checks.is_object

local function sorted_keys(object)
  local keys = {}
  for key in pairs(object) do
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

local function targets(state)
  local list = { { "Next", state.Next }, { "Default", state.Default } }
  for _, group in ipairs { "Choices", "Catch" } do
    if type(state[group]) == "table" then
      for index, item in ipairs(state[group]) do
        if is_object(item) then
          list[#list + 1] = { ("%s[%d]/Next"):format(group, index - 1), item.Next }
        end
      end
    end
  end
  return list
end

-- Calls add(code, pointer, message) for each target of `machine` that is missing and each state that nothing leads to.
function transitions.check(machine, pointer, add)
  local reached, queue = { [machine.StartAt] = true }, { machine.StartAt }
  if machine.States[machine.StartAt] == nil then
    add("MISSING_TRANSITION_TARGET", pointer .. "/StartAt", ("Missing 'Next' target: %s"):format(machine.StartAt))
  end
  while #queue > 0 do
    local state = machine.States[table.remove(queue)]
    for _, target in ipairs(is_object(state) and targets(state) or {}) do
      if type(target[2]) == "string" and not reached[target[2]] then
        reached[target[2]] = true
        queue[#queue + 1] = target[2]
      end
    end
  end
  for _, name in ipairs(sorted_keys(machine.States)) do
    local state = machine.States[name]
    for _, target in ipairs(is_object(state) and targets(state) or {}) do
      if type(target[2]) == "string" and machine.States[target[2]] == nil then
        add("MISSING_TRANSITION_TARGET", ("%s/States/%s/%s"):format(pointer, name, target[1]),
          ("Missing 'Next' target: %s"):format(target[2]))
      end
    end
    if not reached[name] then
      add("MISSING_TRANSITION_TARGET", ("%s/States/%s"):format(pointer, name), ('State "%s" is not reachable.'):format(name))
    end
  end
end

return transitions
