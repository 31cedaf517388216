-- What Query and Scan read, and what of it they answer: index, Select, projection, start key.

local fault         = require "local_aws.fault"
local keys          = require "local_aws.dynamodb.keys"
local legacy        = require "local_aws.dynamodb.legacy"
local serving_table = require "local_aws.dynamodb.serving_table"
local tables        = require "local_aws.dynamodb.tables"
local value         = require "local_aws.dynamodb.value"

local selection = {}

local INVALID = "One or more parameter values were invalid: "
local BAD_START = "The provided starting key is invalid"

local function refuse(message)
  fault.raise("ValidationException", message)
end

local function check_select(input)
  local select = input.Select
  local projection = input.ProjectionExpression and "ProjectionExpression" or input.AttributesToGet and "AttributesToGet"
  if select == "SPECIFIC_ATTRIBUTES" and not projection then
    refuse "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
  elseif projection and select == "COUNT" then
    refuse("Cannot specify the " .. projection .. " when choosing to get only the Count")
  elseif projection and select and select ~= "SPECIFIC_ATTRIBUTES" then
    refuse(("Cannot specify the %s when choosing to get %s"):format(projection, select))
  elseif select == "ALL_PROJECTED_ATTRIBUTES" and not input.IndexName then
    refuse "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"
  end
end

local UNPREFIXED = { "contains duplicates", "number set", "numeric value", "significant digits", "number with magnitude" }

-- Numbers and sets are judged before they are known to be part of a start key; the sentence tells.
local function start_problem(problem)
  for _, words in ipairs(UNPREFIXED) do
    if problem:find(words, 1, true) then
      return problem
    end
  end
  return BAD_START .. ": " .. problem
end

-- The request as far as it goes without the table (see reads.page).
function selection.new(input)
  local request = {
    limit = input.Limit, count_only = input.Select == "COUNT", consistent = input.ConsistentRead,
    capacity = input.ReturnConsumedCapacity,
  }
  request.paths = input.AttributesToGet and legacy.projection(input.AttributesToGet)
  check_select(input)
  return request
end

-- The key after which to go on, checked as far as that goes without the table; nil for none.
function selection.start(input)
  if not input.ExclusiveStartKey then
    return nil
  end
  local start = {}
  for name, attribute in pairs(input.ExclusiveStartKey) do
    local normal, problem = value.normalise(attribute)
    start[name] = normal or refuse(start_problem(problem))
  end
  return start
end

-- Finds table and index -> both.
function selection.attach(call, request, input)
  local table_ = serving_table(call, input.TableName)
  local index = input.IndexName and (tables.index(table_, input.IndexName)
    or refuse("The table does not have the specified index: " .. input.IndexName))
  if index and index.kind == "GLOBAL" and input.ConsistentRead then
    refuse "Consistent reads are not supported on global secondary indexes"
  end
  request.table, request.index = table_, index
  request.fetch = index ~= nil and index.projection ~= "ALL" and input.Select == "ALL_ATTRIBUTES"
  return table_, index
end

local function count(map)
  local number = 0
  for _ in pairs(map) do
    number = number + 1
  end
  return number
end

-- How many names a start key has: those of the table's key, and of the index's where one is read.
local function wanted(table_, index)
  local names = {}
  for _, schema in ipairs { table_, index } do
    for _, name in ipairs(schema.names) do
      names[name] = true
    end
  end
  return count(names)
end

local function check_start_names(table_, start, names, is_hash)
  for _, name in ipairs(names) do
    if not start[name] then
      refuse(BAD_START)
    end
    keys.check_piece(table_, start, name, is_hash)
  end
end

local function check_start_item(table_, start)
  for place, name in ipairs(table_.names) do
    keys.check_piece(table_, start, name, place == 1, BAD_START .. ": ")
  end
end

-- Is this a key of the table? For a Scan, which says of each fault that the starting key is invalid.
function selection.check_table_start(table_, start)
  check_start_item(table_, start)
  if count(start) ~= #table_.names then
    refuse(BAD_START .. ": The provided key element does not match the schema")
  end
end

-- AWS looks at a start key's partition before the conditions of a Query, and at the rest behind them.
function selection.check_start_partition(table_, index, start)
  if count(start) ~= wanted(table_, index) then
    refuse(BAD_START)
  end
  check_start_names(table_, start, (index or table_).hashes, true)
end

function selection.check_start_order(table_, index, start)
  check_start_names(table_, start, (index or table_).ranges, false)
  if index then
    check_start_item(table_, start)
  end
end

-- All paths of a condition tree.
function selection.paths_of(tree)
  local paths = {}
  local function walk(node)
    if node.path then
      paths[#paths + 1] = node.path
    end
    for _, child in ipairs(node.arguments or node) do
      walk(child)
    end
  end
  if tree then
    walk(tree)
  end
  return paths
end

-- Which attributes an index lacks of those that paths begin with, in order.
local function missing(index, paths)
  local list, seen = {}, {}
  for _, path in ipairs(paths) do
    if index.projection ~= "ALL" and not index.includes[path[1]] and not seen[path[1]] then
      seen[path[1]] = true
      list[#list + 1] = path[1]
    end
  end
  return list
end

-- Judges projection and filter against keys and index. A local index fetches what it lacks from the table; a global one cannot.
function selection.check_paths(request, filter_paths)
  local index = request.index
  keys.check_paths(request.table, request.paths or {})
  if request.fetch and index.kind == "GLOBAL" then
    refuse(("%sSelect type ALL_ATTRIBUTES is not supported for global secondary index %s "
      .. "because its projection type is not ALL"):format(INVALID, index.name))
  end
  keys.check_paths(request.table, filter_paths)
  if not index then
    return
  end
  local unfiltered = missing(index, filter_paths)
  if #unfiltered > 0 and not request.fetch then
    refuse(("%sSecondary index %s does not project one or more filter attributes: [%s]")
      :format(INVALID, index.name, table.concat(unfiltered, ", ")))
  end
  local lacking = missing(index, request.paths or {})
  if #lacking > 0 and index.kind == "GLOBAL" then
    refuse(("%sGlobal secondary index %s does not project [%s]"):format(INVALID, index.name, table.concat(lacking, ", ")))
  end
  request.fetch = request.fetch or #lacking > 0
end

return selection
