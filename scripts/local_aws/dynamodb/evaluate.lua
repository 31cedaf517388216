-- Conditions on items, and paths into them.

local decimal = require "local_aws.dynamodb.decimal"
local value   = require "local_aws.dynamodb.value"

local evaluate = {}

-- The attribute value at a path, nil where there is none.
function evaluate.path(item, path)
  local found = item[path[1]]
  for place = 2, #path do
    local step = path[place]
    if not found then
      return nil
    elseif type(step) == "number" then
      found = found.L and found.L[step + 1]
    else
      found = found.M and found.M[step]
    end
  end
  return found
end

-- In UTF-16 units, as Java counts.
local function text_length(text)
  local _, beyond = text:gsub("[\xF0-\xF7]", "")
  return (utf8.len(text) or #text) + beyond
end

-- What size() says, as an attribute value; nil for types without a size.
function evaluate.size(attribute)
  local kind, content = next(attribute)
  local length
  if kind == "S" then
    length = text_length(content)
  elseif kind == "B" or kind == "L" or value.SET_OF[kind] then
    length = #content
  elseif kind == "M" then
    length = 0
    for _ in pairs(content) do
      length = length + 1
    end
  else
    return nil
  end
  return { N = decimal.format(decimal.parse(tostring(length))) }
end

local function operand(node, item)
  if node.kind == "path" then
    return evaluate.path(item, node.path)
  elseif node.kind == "value" then
    return node.value
  end
  local argument = operand(node.arguments[1], item) -- size is the only function that gives a value
  return argument and evaluate.size(argument)
end

function evaluate.begins_with(whole, start)
  for _, kind in ipairs { "S", "B" } do
    if whole[kind] and start[kind] then
      return whole[kind]:sub(1, #start[kind]) == start[kind]
    end
  end
  return false
end

function evaluate.contains(whole, part)
  local kind, content = next(part)
  if (kind == "S" or kind == "B") and whole[kind] then
    return whole[kind]:find(content, 1, true) ~= nil
  end
  if whole.L then
    for _, member in ipairs(whole.L) do
      if value.equal(member, part) then
        return true
      end
    end
    return false
  end
  for _, member in ipairs(whole[kind .. "S"] or {}) do
    if member == content then
      return true
    end
  end
  return false
end

-- The comparisons by name: two attribute values, either of which may be nil.
local compare = {}
evaluate.compare = compare

compare["="] = function(a, b) return a ~= nil and b ~= nil and value.equal(a, b) end
compare["<>"] = function(a, b) return not compare["="](a, b) end

local function ordered(wanted)
  return function(a, b)
    local order = a and b and value.compare(a, b)
    return order ~= nil and order ~= false and wanted(order)
  end
end
compare["<"] = ordered(function(order) return order < 0 end)
compare["<="] = ordered(function(order) return order <= 0 end)
compare[">"] = ordered(function(order) return order > 0 end)
compare[">="] = ordered(function(order) return order >= 0 end)

local functions = {}

function functions.attribute_exists(found) return found ~= nil end
function functions.attribute_not_exists(found) return found == nil end
function functions.attribute_type(found, kind) return found ~= nil and found[kind.S] ~= nil end
function functions.begins_with(whole, start) return whole ~= nil and start ~= nil and evaluate.begins_with(whole, start) end
function functions.contains(whole, part) return whole ~= nil and part ~= nil and evaluate.contains(whole, part) end

local kinds = {}

local function holds(node, item)
  return kinds[node.kind](node, item)
end

kinds.AND = function(node, item) return holds(node[1], item) and holds(node[2], item) end
kinds.OR = function(node, item) return holds(node[1], item) or holds(node[2], item) end
kinds.NOT = function(node, item) return not holds(node[1], item) end

function kinds.compare(node, item)
  return compare[node.operator](operand(node.arguments[1], item), operand(node.arguments[2], item))
end

function kinds.BETWEEN(node, item)
  local between = operand(node.arguments[1], item)
  return compare[">="](between, operand(node.arguments[2], item)) and compare["<="](between, operand(node.arguments[3], item))
end

function kinds.IN(node, item)
  local wanted = operand(node.arguments[1], item)
  for place = 2, #node.arguments do
    if compare["="](wanted, operand(node.arguments[place], item)) then
      return true
    end
  end
  return false
end

function kinds.call(node, item)
  local second = node.arguments[2]
  return functions[node.name](operand(node.arguments[1], item), second and operand(second, item))
end

-- Is a resolved condition true of an item? No condition is true of all.
function evaluate.condition(tree, item)
  return tree == nil or holds(tree, item)
end

return evaluate
