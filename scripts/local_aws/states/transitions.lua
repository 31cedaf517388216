-- Where the states of a scope lead: every target must exist, every state must be reached.
local checks = require "local_aws.states.field_checks"

local transitions = {}

local is_object, sorted_keys = checks.is_object, checks.sorted_keys

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

local function is_terminal(state)
  return is_object(state) and (state.End == true or state.Type == "Succeed" or state.Type == "Fail")
end

local function has_end(states)
  for _, state in pairs(states) do
    if is_terminal(state) then
      return true
    end
  end
  return false
end

-- The states that something leads to, as a set.
local function reached_from(machine)
  local reached, queue = { [machine.StartAt] = true }, { machine.StartAt }
  while #queue > 0 do
    local state = machine.States[table.remove(queue)]
    for _, target in ipairs(is_object(state) and targets(state) or {}) do
      if type(target[2]) == "string" and not reached[target[2]] then
        reached[target[2]] = true
        queue[#queue + 1] = target[2]
      end
    end
  end
  return reached
end

-- Calls add(code, pointer, message) for each target of `machine` that is missing and each state that nothing leads to; or, if
-- there are none, when nothing ends it.
function transitions.check(machine, pointer, add)
  local reached, sound = reached_from(machine), true
  local function report(place, message)
    sound = false
    add("MISSING_TRANSITION_TARGET", place, message)
  end
  if machine.States[machine.StartAt] == nil then
    report(pointer .. "/StartAt", ("Missing 'Next' target: %s"):format(machine.StartAt))
  end
  for _, name in ipairs(sorted_keys(machine.States)) do
    local state = machine.States[name]
    for _, target in ipairs(is_object(state) and targets(state) or {}) do
      if type(target[2]) == "string" and machine.States[target[2]] == nil then
        report(("%s/States/%s/%s"):format(pointer, name, target[1]), ("Missing 'Next' target: %s"):format(target[2]))
      end
    end
    if not reached[name] then
      report(("%s/States/%s"):format(pointer, name), ('State "%s" is not reachable.'):format(name))
    end
  end
  if sound and not has_end(machine.States) then
    add("MISSING_END_STATE", pointer .. "/States", "No state ends the workflow")
  end
end

return transitions
