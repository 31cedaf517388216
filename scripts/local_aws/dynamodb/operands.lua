-- What DynamoDB knows of functions and operators before it looks at an item: how many operands, of which types.

local value = require "local_aws.dynamodb.value"

local operands = {}

local OPERANDS = {
  attribute_exists = 1, attribute_not_exists = 1, attribute_type = 2, begins_with = 2, contains = 2, size = 1,
  if_not_exists = 2, list_append = 2, ["+"] = 2, ["-"] = 2,
}
operands.CONDITION_FUNCTIONS = {
  attribute_exists = true, attribute_not_exists = true, attribute_type = true, begins_with = true, contains = true, size = true,
}
local UPDATE_FUNCTIONS = { if_not_exists = true, list_append = true }
local ORDERED = { S = true, N = true, B = true }
local ATTRIBUTE_TYPES = { S = true, N = true, B = true, SS = true, NS = true, BS = true, L = true, M = true, NULL = true,
  BOOL = true }
local LONG_NAMES = { S = "STRING", N = "NUMBER", B = "BINARY", BOOL = "BOOLEAN", NULL = "NULL", L = "LIST", M = "MAP",
  SS = "STRING_SET", NS = "NUMBER_SET", BS = "BINARY_SET" }

local function refuse(message)
  error({ problem = message }, 0)
end

-- The type that an operand is known to have, nil where only the item can tell.
local function known_type(node)
  if node.kind == "value" then
    return value.type(node.value)
  elseif node.kind == "call" and node.name == "size" or node.kind == "arithmetic" then
    return "N"
  elseif node.kind == "call" and node.name == "list_append" then
    return "L"
  end
  return nil
end

local function wrong_type(name, kind)
  refuse(("Incorrect operand type for operator or function; operator or function: %s, operand type: %s"):format(name, kind))
end

local function check_count(name, arguments)
  if #arguments ~= OPERANDS[name] then
    refuse(("Incorrect number of operands for operator or function; operator or function: %s, number of operands: %d")
      :format(name, #arguments))
  end
end

local function same_path(one, two)
  if #one ~= #two then
    return false
  end
  for place, step in ipairs(one) do
    if step ~= two[place] then
      return false
    end
  end
  return true
end

-- "a = a" is refused: it could only be a mistake.
local function check_distinct(name, arguments)
  local first, repeated = arguments[1], false
  for place = 2, #arguments do
    local other = arguments[place]
    repeated = repeated or first.kind == "path" and other.kind == "path" and same_path(first.path, other.path)
  end
  if not repeated then
    return
  end
  local steps = {}
  for place, step in ipairs(first.path) do
    steps[place] = type(step) == "number" and "[" .. step .. "]" or step
  end
  refuse(("The first operand must be distinct from the remaining operands for this operator or function; operator: %s, "
    .. "first operand: [%s]"):format(name, table.concat(steps, ", ")))
end

local function check_path_operand(name, node)
  if node.kind ~= "path" then
    refuse("Operator or function requires a document path; operator or function: " .. name)
  end
end

local judge = {}

function judge.attribute_exists(arguments) check_path_operand("attribute_exists", arguments[1]) end
function judge.attribute_not_exists(arguments) check_path_operand("attribute_not_exists", arguments[1]) end

function judge.begins_with(arguments)
  for _, node in ipairs(arguments) do
    local kind = known_type(node)
    if kind and kind ~= "S" and kind ~= "B" then
      wrong_type("begins_with", kind)
    end
  end
end

function judge.attribute_type(arguments)
  local kind = known_type(arguments[2])
  if kind ~= "S" then
    wrong_type("attribute_type", kind or "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}")
  end
  local wanted = arguments[2].value.S
  if not ATTRIBUTE_TYPES[wanted] then
    refuse(("Invalid attribute type name found; type: %s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}"):format(wanted))
  end
end

function judge.size(arguments)
  local kind = known_type(arguments[1])
  if kind == "N" or kind == "BOOL" or kind == "NULL" then
    wrong_type("size", kind)
  end
end

local function check_call(node)
  for _, argument in ipairs(node.arguments) do
    if argument.kind == "call" then
      check_call(argument)
    end
  end
  check_count(node.name, node.arguments)
  check_distinct(node.name, node.arguments)
  if judge[node.name] then
    judge[node.name](node.arguments)
  end
end

local function shown_value(attribute)
  local kind, content = next(attribute)
  return ("AttributeValue: {%s:%s}"):format(kind, tostring(content))
end

local function check_bounds(node)
  local low, high = node.arguments[2], node.arguments[3]
  if low.kind ~= "value" or high.kind ~= "value" then
    return
  end
  local shown = ("lower bound operand: %s, upper bound operand: %s"):format(shown_value(low.value), shown_value(high.value))
  if value.type(low.value) ~= value.type(high.value) then
    refuse("The BETWEEN operator requires same data type for lower and upper bounds; " .. shown)
  elseif value.compare(low.value, high.value) == 1 then
    refuse("The BETWEEN operator requires upper bound to be greater than or equal to lower bound; " .. shown)
  end
end

-- A comparison or a function that stands as a condition.
function operands.check_comparison(node)
  if node.kind == "call" then
    check_call(node)
    return
  end
  for _, argument in ipairs(node.arguments) do
    if argument.kind == "call" then
      check_call(argument)
    end
  end
  local name = node.operator or node.kind
  if node.kind == "IN" and #node.arguments > 101 then
    refuse("The IN operator is provided with too many operands; number of operands: " .. #node.arguments - 1)
  end
  check_distinct(name, node.arguments)
  if name ~= "=" and name ~= "<>" and name ~= "IN" then
    for _, argument in ipairs(node.arguments) do
      local kind = known_type(argument)
      if kind and not ORDERED[kind] then
        wrong_type(name, kind)
      end
    end
  end
  if node.kind == "BETWEEN" then
    check_bounds(node)
  end
end

-- In an update: known, allowed there, and not where only a value or another function may stand.
function operands.check_update_function(node, parent)
  if node.kind ~= "call" then
    return
  elseif operands.CONDITION_FUNCTIONS[node.name] then
    refuse("The function is not allowed in an update expression; function: " .. node.name)
  elseif not UPDATE_FUNCTIONS[node.name] then
    refuse("Invalid function name; function: " .. node.name)
  elseif node.name == "list_append" and parent then
    refuse("The function is not allowed to be used this way in an expression; function: " .. node.name)
  end
end

-- ADD takes numbers and sets, DELETE sets.
function operands.check_action(action)
  if action.section ~= "ADD" and action.section ~= "DELETE" then
    return
  end
  local kind = value.type(action.operand.value)
  if not value.SET_OF[kind] and not (action.section == "ADD" and kind == "N") then
    refuse(("Incorrect operand type for operator or function; operator: %s, operand type: %s, typeSet: ALLOWED_FOR_%s_OPERAND")
      :format(action.section, LONG_NAMES[kind], action.section))
  end
end

-- A right-hand side of SET, the innermost functions first.
function operands.check_update_operands(node)
  local name = node.operator or node.name
  if node.kind ~= "call" and node.kind ~= "arithmetic" then
    return
  end
  for _, argument in ipairs(node.arguments) do
    operands.check_update_operands(argument)
  end
  check_count(name, node.arguments)
  if name == "if_not_exists" then
    check_path_operand(name, node.arguments[1])
    check_distinct(name, node.arguments)
    return
  end
  local wanted = name == "list_append" and "L" or "N"
  for _, argument in ipairs(node.arguments) do
    local kind = known_type(argument)
    if kind and kind ~= wanted then
      wrong_type(name, kind)
    end
  end
end

return operands
