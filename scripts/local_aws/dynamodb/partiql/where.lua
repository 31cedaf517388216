-- What a WHERE clause says of keys: the one item that a write or a single read means, the partitions and the range that a
-- SELECT has to look at. It decides between looking up, querying and scanning.
-- https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-reference.select.html

local fault          = require "local_aws.fault"
local key_conditions = require "local_aws.dynamodb.key_conditions"
local value          = require "local_aws.dynamodb.value"

local where = {}

local OPERATORS = { ["="] = "EQ", ["<"] = "LT", ["<="] = "LE", [">"] = "GT", [">="] = "GE" }
local MIRRORED = { EQ = "EQ", LT = "GT", LE = "GE", GT = "LT", GE = "LE" }

-- One comparison of an attribute with values, as a key condition (key_conditions.lua); nil for anything else.
local function comparison(node)
  local arguments, operator = node.arguments, nil
  if node.kind == "compare" then
    operator = OPERATORS[node.operator]
    if arguments[1].kind == "value" then
      operator, arguments = MIRRORED[operator], { arguments[2], arguments[1] }
    end
  elseif node.kind == "BETWEEN" or node.kind == "IN" then
    operator = node.kind
  elseif node.kind == "call" and node.name == "begins_with" then
    operator = "BEGINS_WITH"
  end
  if not operator or arguments[1].kind ~= "path" or #arguments[1].path > 1 then
    return nil
  end
  local condition = { name = arguments[1].path[1], operator = operator, values = {} }
  for place = 2, #arguments do
    if arguments[place].kind ~= "value" then
      return nil
    end
    condition.values[place - 1] = arguments[place].value
  end
  return condition
end

-- The comparison of key attribute `name` that a node is. Its values must be of the key's type.
local function key_comparison(node, table_, name)
  local condition = comparison(node)
  if not condition or condition.name ~= name then
    return nil
  end
  for _, each in ipairs(condition.values) do
    if value.type(each) ~= table_.types[name] then
      fault.raise("ValidationException", "Key attribute's data type should match its data type in table's schema: Key " .. name)
    end
  end
  return condition
end

-- The values that the hash key can have where the condition is true; nil when that is not said.
local function hash_values(node, table_, name)
  if node.kind == "AND" then
    return hash_values(node[1], table_, name) or hash_values(node[2], table_, name)
  elseif node.kind == "OR" then
    local one, two = hash_values(node[1], table_, name), hash_values(node[2], table_, name)
    return one and two and table.move(two, 1, #two, #one + 1, one)
  end
  local condition = key_comparison(node, table_, name)
  return condition and (condition.operator == "EQ" or condition.operator == "IN") and condition.values or nil
end

-- The conditions that must all be true, as a list.
local function conjuncts(node, list)
  list = list or {}
  if node and node.kind == "AND" then
    conjuncts(node[1], list)
    conjuncts(node[2], list)
  else
    list[#list + 1] = node
  end
  return list
end

local function distinct_and_sorted(values)
  local list, seen = {}, {}
  for _, each in ipairs(values) do
    local _, content = next(each)
    if not seen[content] then
      seen[content] = true
      list[#list + 1] = each
    end
  end
  table.sort(list, function(a, b) return value.compare(a, b) < 0 end)
  return list
end

-- The paths that a SELECT's index has to have, as it filters by them: those of the conditions beside one on the hash key (=,
-- IN). Without one there the index is scanned, and what it lacks is missing.
function where.filter_paths(tree, table_, schema)
  local paths, is_keyed = {}, false
  for _, node in ipairs(conjuncts(tree)) do
    local condition = key_comparison(node, table_, schema.hash)
    is_keyed = is_keyed or condition ~= nil and (condition.operator == "EQ" or condition.operator == "IN")
    while node.kind == "NOT" do
      node = node[1]
    end
    for _, argument in ipairs(node.arguments or {}) do
      paths[#paths + 1] = argument.path
    end
  end
  return is_keyed and paths or {}
end

-- The hash keys to query, in their order; nil for a scan, which indexes with several hash keys get as well.
function where.partitions(tree, table_, schema)
  local values = tree and #schema.hashes == 1 and hash_values(tree, table_, schema.hash)
  return values and distinct_and_sorted(values)
end

-- Does the condition say anything of the hash key that must be true?
function where.restricts_hash(tree, table_, schema)
  for _, node in ipairs(conjuncts(tree)) do
    if key_comparison(node, table_, schema.hash) then
      return true
    end
  end
  return where.partitions(tree, table_, schema) ~= nil
end

-- The narrower of two bounds of the same side.
local function narrower(one, two, wanted)
  if not one or not two then
    return one or two
  end
  return value.compare_bytes(one.value, two.value) == wanted and one or two
end

-- Bounds on the range key, for reads. Of several range keys nothing is said: the filter looks at all of a partition.
function where.bounds(tree, table_, schema)
  local lower, upper
  for _, node in ipairs(#schema.ranges == 1 and conjuncts(tree) or {}) do
    local condition = key_comparison(node, table_, schema.range)
    if condition and condition.operator ~= "IN" then
      local from, to = key_conditions.bounds(schema, { [schema.range] = condition })
      lower, upper = narrower(lower, from, 1), narrower(upper, to, -1)
    end
  end
  return lower, upper
end

-- The whole primary key, when the condition says it, and the rest of the condition -> key | nil, tree | nil
function where.key(tree, table_)
  local key, rest = {}, nil
  for _, node in ipairs(conjuncts(tree)) do
    local known = false
    for _, name in ipairs { table_.hash, table_.range } do
      local condition = key_comparison(node, table_, name)
      if condition and condition.operator == "EQ" and not key[name] then
        key[name], known = condition.values[1], true
      end
    end
    if not known then
      rest = rest and { kind = "AND", rest, node } or node
    end
  end
  if not key[table_.hash] or table_.range and not key[table_.range] then
    return nil
  end
  return key, rest
end

return where
