-- What a Query asks of the keys: from KeyConditionExpression or KeyConditions to a range of the key's bytes.
--
-- A key condition: {name=, operator="EQ"|"LT"|"LE"|"GT"|"GE"|"BETWEEN"|"BEGINS_WITH"|..., values={attribute value...}}.

local fault     = require "local_aws.fault"
local intervals = require "local_aws.dynamodb.key_intervals"
local keys      = require "local_aws.dynamodb.keys"
local legacy    = require "local_aws.dynamodb.legacy"
local value     = require "local_aws.dynamodb.value"

local key_conditions = {}

local OPERATORS = { ["="] = "EQ", ["<"] = "LT", ["<="] = "LE", [">"] = "GT", [">="] = "GE" }
local MIRRORED = { EQ = "EQ", LT = "GT", LE = "GE", GT = "LT", GE = "LE" }
local MOST_CONDITIONS = 8
local WRONG_NUMBER = "Conditions can be of length 1 or 2 only"
local INDEXABLE = { EQ = true, LT = true, LE = true, GT = true, GE = true, BETWEEN = true, BEGINS_WITH = true }

local function refuse(message)
  fault.raise("ValidationException", message)
end

local function invalid(message)
  refuse("Invalid condition in KeyConditionExpression: " .. message)
end

-- The name under which an error speaks of a node; nil for what may stand in a key condition.
local function refused_operator(node)
  if node.kind == "OR" or node.kind == "NOT" or node.kind == "IN" then
    return node.kind
  elseif node.kind == "compare" and node.operator == "<>" then
    return "<>"
  elseif node.kind == "call" and node.name ~= "begins_with" then
    return node.name
  end
  return nil
end

-- Where the one key attribute of a comparison stands, and its name.
local function key_operand(node)
  local name, where
  for place, argument in ipairs(node.arguments) do
    if argument.kind == "call" then
      refuse "KeyConditionExpressions cannot contain nested operations"
    elseif argument.kind == "path" then
      if name then
        invalid "Multiple attribute names used in one condition"
      elseif #argument.path > 1 then
        refuse "KeyConditionExpressions cannot have conditions on nested attributes"
      end
      name, where = argument.path[1], place
    end
  end
  if not name then
    invalid "No key attribute specified"
  end
  return name, where
end

local function from_comparison(node)
  local label = node.kind == "BETWEEN" and "BETWEEN" or node.kind == "call" and node.name
  if label and node.arguments[1].kind ~= "path" then
    invalid(label .. " operator must have the key attribute as its first operand")
  end
  local name, where = key_operand(node)
  local operator = node.kind == "BETWEEN" and "BETWEEN" or node.kind == "call" and "BEGINS_WITH" or OPERATORS[node.operator]
  if where ~= 1 then
    operator = MIRRORED[operator]
  end
  local values = {}
  for place, argument in ipairs(node.arguments) do
    if place ~= where then
      values[#values + 1] = argument.value
    end
  end
  return { name = name, operator = operator, values = values }
end

local function collect(node, conditions)
  local refused = refused_operator(node)
  if refused then
    refuse("Invalid operator used in KeyConditionExpression: " .. refused)
  elseif node.kind == "AND" then
    collect(node[1], conditions)
    collect(node[2], conditions)
    return
  end
  local condition = from_comparison(node)
  if conditions[condition.name] then
    refuse "KeyConditionExpressions must only contain one condition per key"
  end
  conditions[condition.name] = condition
  conditions[#conditions + 1] = condition
end

-- A Query's key conditions, as list and by name. `tree` is its compiled KeyConditionExpression.
function key_conditions.of(input, tree)
  local conditions = {}
  if tree then
    collect(tree, conditions)
  else
    for place, condition in ipairs(legacy.conditions(input.KeyConditions)) do
      conditions[place] = condition
      conditions[condition.name] = condition
    end
  end
  if #conditions == 0 or #conditions > MOST_CONDITIONS then
    refuse(WRONG_NUMBER)
  end
  return conditions
end

local function check_values(table_, condition)
  if not INDEXABLE[condition.operator] then
    refuse "Attempted conditional constraint is not an indexable operation"
  end
  local kind = table_.types[condition.name]
  for _, each in ipairs(condition.values) do
    if each[kind] == nil then
      refuse "One or more parameter values were invalid: Condition parameter type does not match schema type"
    elseif each[kind] == "" then
      refuse(("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
        .. "%s value. Key: %s"):format(each.S and "string" or "binary", condition.name))
    end
  end
end

-- Do the conditions fit the keys of the table or index? Of several range keys the first ones may be asked for, all but the last
-- of those by equality.
function key_conditions.check(table_, schema, conditions)
  if #conditions > math.max(2, #schema.names) then
    refuse(WRONG_NUMBER)
  elseif #conditions > #schema.names then
    refuse "Query key condition not supported"
  end
  local left, is_ranged = #conditions, false
  for place, name in ipairs(schema.names) do
    local condition, is_hash = conditions[name], place <= #schema.hashes
    if not condition then
      if is_hash or left > 0 then
        refuse("Query condition missed key schema element: " .. name)
      end
    else
      check_values(table_, condition)
      if is_ranged or is_hash and condition.operator ~= "EQ" then
        refuse "Query key condition not supported"
      end
      is_ranged, left = condition.operator ~= "EQ", left - 1
    end
  end
end

-- The conditions on the range keys as bounds for reads.page: lower, upper, each {operator=, value= bytes} or nil.
function key_conditions.bounds(schema, conditions)
  local prefix, from, to = "", "", nil
  for place, name in ipairs(schema.ranges) do
    local condition = conditions[name]
    if not condition then
      break
    end
    from, to = intervals[condition.operator](prefix, place < #schema.ranges, table.unpack(condition.values))
    prefix = from
  end
  return from ~= "" and { operator = ">=", value = from } or nil, to and { operator = "<", value = to }
end

-- Is a key attribute's value within a condition?
function key_conditions.holds(condition, attribute)
  local bytes, first = keys.bytes(attribute), keys.bytes(condition.values[1])
  local operator, order = condition.operator, value.compare_bytes(bytes, first)
  if operator == "BETWEEN" then
    return order >= 0 and value.compare_bytes(bytes, keys.bytes(condition.values[2])) <= 0
  elseif operator == "BEGINS_WITH" then
    return bytes:sub(1, #first) == first
  elseif order == 0 then
    return operator == "EQ" or operator == "LE" or operator == "GE"
  end
  return order < 0 and (operator == "LT" or operator == "LE") or order > 0 and (operator == "GT" or operator == "GE")
end

return key_conditions
