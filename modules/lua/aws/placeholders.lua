-- The values of a DynamoDB expression are named by numbers; the names beside them tell what they stand for.
local placeholders = {}

local EXPRESSIONS = { "UpdateExpression", "ConditionExpression", "KeyConditionExpression", "FilterExpression" }

--- The set of a call's placeholders, { [":u3"] = true }, that stand for attributes whose name is_wanted.
function placeholders.of(parameters, is_wanted)
  local found = {}
  local names = type(parameters.ExpressionAttributeNames) == "table" and parameters.ExpressionAttributeNames or {}
  for _, field in ipairs(EXPRESSIONS) do
    local text = type(parameters[field]) == "string" and parameters[field] or ""
    local name
    for word in text:gmatch("[#:]?[%w_]+") do -- "#a = :v", "SET #a = if_not_exists(#a, :v)": the name stands before its value
      if word:find("^:") then
        found[word] = found[word] or is_wanted(names[name] or name) or nil
      else
        name = word
      end
    end
  end
  return found
end

return placeholders
