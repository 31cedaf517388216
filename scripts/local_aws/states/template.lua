-- Payload templates (Parameters, ItemSelector, ResultSelector, Assign): a copy of the template in which every field
-- "name.$" has become "name" with the value of its expression. https://states-language.net/spec.html#payload-template
local document   = require "local_aws.states.document"
local expression = require "local_aws.states.expression"
local json       = require "json"

local template = {}

local function is_table(value)
  return type(value) == "table" and value ~= json.null
end

function template.apply(value, environment)
  if not is_table(value) then
    return value
  elseif json.is_array(value) then
    local list = json.array {}
    for index, item in ipairs(value) do
      list[index] = template.apply(item, environment)
    end
    return list
  end
  local result, keys = json.object {}, {}
  for index, key in ipairs(document.keys(value)) do
    local child = value[key]
    if key:sub(-2) == ".$" then
      local node = assert(expression.parse(child)) -- checked when the state machine was created
      keys[index] = key:sub(1, -3)
      result[keys[index]] = expression.evaluate(node, environment, key)
    else
      keys[index] = key
      result[key] = template.apply(child, environment)
    end
  end
  return document.arrange(result, keys)
end

-- Calls report(pointer, message) for each field of a template that cannot work.
function template.check(value, pointer, report)
  if not is_table(value) then
    return
  elseif json.is_array(value) then
    for index, item in ipairs(value) do
      template.check(item, ("%s[%d]"):format(pointer, index - 1), report)
    end
    return
  end
  for key, child in pairs(value) do
    if key:sub(-2) == ".$" then
      if not expression.parse(child) then
        report(pointer .. "/" .. key,
          ("The value for the field '%s' must be a valid JSONPath or a valid intrinsic function call"):format(key))
      end
    else
      template.check(child, pointer .. "/" .. key, report)
    end
  end
end

return template
