-- The parameters from before there were expressions (Expected, AttributeUpdates, QueryFilter ...), which old clients still
-- send, as the same trees that expressions give.
-- https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/LegacyConditionalParameters.html

local fault = require "local_aws.fault"
local json  = require "json"
local value = require "local_aws.dynamodb.value"

local legacy = {}

local INVALID = "One or more parameter values were invalid: "
local SCALARS = { S = true, N = true, B = true }
-- count: how many values (IN takes any number); types: which may be compared.
local OPERATORS = {
  EQ = { count = 1, operator = "=" },
  NE = { count = 1, operator = "<>" },
  LE = { count = 1, types = SCALARS, operator = "<=" },
  LT = { count = 1, types = SCALARS, operator = "<" },
  GE = { count = 1, types = SCALARS, operator = ">=" },
  GT = { count = 1, types = SCALARS, operator = ">" },
  CONTAINS = { count = 1, types = SCALARS, call = "contains" },
  NOT_CONTAINS = { count = 1, types = SCALARS, call = "contains", negated = true },
  BEGINS_WITH = { count = 1, types = { S = true, B = true }, call = "begins_with" },
  NULL = { count = 0, call = "attribute_not_exists" },
  NOT_NULL = { count = 0, call = "attribute_exists" },
  BETWEEN = { count = 2, types = SCALARS },
  IN = { types = SCALARS },
}

local function refuse(message)
  fault.raise("ValidationException", message)
end

local function normal_values(list)
  local values = {}
  for place, attribute in ipairs(list or {}) do
    local normal, problem = value.normalise(attribute)
    if not normal then
      refuse(problem)
    end
    values[place] = normal
  end
  return values
end

local function sorted(map)
  local names = {}
  for name in pairs(map) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function check_values(operator, values, check_types)
  local rule = OPERATORS[operator]
  if rule.count and #values ~= rule.count or not rule.count and #values == 0 then
    refuse(INVALID .. "Invalid number of argument(s) for the " .. operator .. " ComparisonOperator")
  end
  for _, each in ipairs(values) do
    if value.type(each) ~= value.type(values[1]) then
      refuse(INVALID .. "AttributeValues inside AttributeValueList must be of same type")
    elseif check_types and rule.types and not rule.types[value.type(each)] then
      refuse(("%sComparisonOperator %s is not valid for %s AttributeValue type"):format(INVALID, operator, value.type(each)))
    end
  end
  if operator == "BETWEEN" and value.compare(values[1], values[2]) == 1 then
    refuse "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
  end
end

local function condition(name, operator, values)
  local rule = OPERATORS[operator]
  local arguments = { { kind = "path", path = { name } } }
  for _, each in ipairs(values) do
    arguments[#arguments + 1] = { kind = "value", value = each }
  end
  if rule.operator then
    return { kind = "compare", operator = rule.operator, arguments = arguments }
  elseif not rule.call then
    return { kind = operator, arguments = arguments }
  end
  local call = { kind = "call", name = rule.call, arguments = arguments }
  if rule.negated then -- of what is there, that is
    return { kind = "AND", { kind = "call", name = "attribute_exists", arguments = { arguments[1] } }, { kind = "NOT", call } }
  end
  return call
end

local function joined(list, conditional_operator)
  local tree = list[1]
  for place = 2, #list do
    tree = { kind = conditional_operator or "AND", tree, list[place] }
  end
  return tree
end

-- Conditions by attribute name (QueryFilter, ScanFilter, KeyConditions) -> the same, checked: {name, operator, values} sorted.
function legacy.conditions(map)
  local list = {}
  for _, name in ipairs(sorted(map)) do
    local operator = map[name].ComparisonOperator
    local values = normal_values(map[name].AttributeValueList)
    check_values(operator, values, true)
    list[#list + 1] = { name = name, operator = operator, values = values }
  end
  return list
end

-- A filter as a condition tree; nil when there is none.
function legacy.filter(map, conditional_operator)
  local list = {}
  for place, each in ipairs(legacy.conditions(map or {})) do
    list[place] = condition(each.name, each.operator, each.values)
  end
  return joined(list, conditional_operator)
end

local function expected_operator(name, expected)
  local suffix = " for Attribute: " .. name
  if expected.AttributeValueList and expected.Value then
    refuse(INVALID .. "Value and AttributeValueList cannot be used together" .. suffix)
  elseif expected.ComparisonOperator then
    if expected.Exists ~= nil then
      refuse(INVALID .. "Exists and ComparisonOperator cannot be used together" .. suffix)
    elseif OPERATORS[expected.ComparisonOperator].count ~= 0 and not expected.AttributeValueList and not expected.Value then
      refuse(INVALID .. "Value or AttributeValueList must be used with ComparisonOperator: " .. expected.ComparisonOperator
        .. suffix)
    end
    return expected.ComparisonOperator
  elseif expected.AttributeValueList then
    refuse(INVALID .. "AttributeValueList can only be used with a ComparisonOperator" .. suffix)
  elseif expected.Exists ~= false and not expected.Value then
    refuse(INVALID .. "Value must be provided when Exists is "
      .. (expected.Exists == nil and "null" or tostring(expected.Exists)) .. suffix)
  elseif expected.Exists == false and expected.Value then
    refuse(INVALID .. "Value cannot be used when Exists is false" .. suffix)
  end
  return expected.Exists == false and "NULL" or "EQ"
end

-- Expected as a condition tree; nil when there is none.
function legacy.expected(map, conditional_operator)
  local list = {}
  for place, name in ipairs(sorted(map or {})) do
    local expected = map[name]
    local operator = expected_operator(name, expected)
    local values = normal_values(expected.AttributeValueList or expected.Value and { expected.Value })
    check_values(operator, values, false)
    list[place] = condition(name, operator, values)
  end
  return joined(list, conditional_operator)
end

-- What an action asks of its value's type, before any item is looked at.
local function check_update(action, attribute)
  if not attribute then
    if action ~= "DELETE" then
      refuse(INVALID .. "Only DELETE action is allowed when no attribute value is specified")
    end
    return
  end
  local kind = value.type(attribute)
  if action == "DELETE" and not value.SET_OF[kind] then
    refuse(INVALID .. "DELETE action with value is not supported for the type " .. kind)
  elseif action == "ADD" and not value.SET_OF[kind] and kind ~= "N" and kind ~= "L" then
    refuse(INVALID .. "ADD action is not supported for the type " .. kind)
  end
end

-- AttributeUpdates as the actions of an update expression.
function legacy.updates(map)
  local actions = {}
  for place, name in ipairs(sorted(map)) do
    local update = map[name]
    local action = update.Action or "PUT"
    local attribute = update.Value and normal_values({ update.Value })[1]
    check_update(action, attribute)
    local section = action == "PUT" and "SET" or not attribute and "REMOVE" or action
    actions[place] = {
      section = section, path = { name }, operand = attribute and { kind = "value", value = attribute }, legacy = true,
    }
  end
  return actions
end

-- AttributesToGet as projection paths.
function legacy.projection(names)
  local paths, seen = json.array {}, {}
  for place, name in ipairs(names) do
    if seen[name] then
      refuse(INVALID .. "Duplicate value in attribute name: " .. name)
    end
    seen[name] = true
    paths[place] = { name }
  end
  return paths
end

return legacy
