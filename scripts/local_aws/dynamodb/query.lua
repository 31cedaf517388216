-- Query.

local expressions    = require "local_aws.dynamodb.expressions"
local fault          = require "local_aws.fault"
local key_conditions = require "local_aws.dynamodb.key_conditions"
local keys           = require "local_aws.dynamodb.keys"
local legacy         = require "local_aws.dynamodb.legacy"
local reads          = require "local_aws.dynamodb.reads"
local selection      = require "local_aws.dynamodb.selection"

local operations = {}

local function refuse(message)
  fault.raise("ValidationException", message)
end

-- The hash keys that the conditions give, by name.
local function hash_of(schema, conditions)
  local hash = {}
  for _, name in ipairs(schema.hashes) do
    hash[name] = conditions[name].values[1]
  end
  return hash
end

local function check_start_key(table_, index, conditions, start)
  local schema, has_range = index or table_, false
  selection.check_start_order(table_, index, start)
  for _, name in ipairs(schema.ranges) do
    local condition = conditions[name]
    has_range = has_range or condition ~= nil
    if condition and not key_conditions.holds(condition, start[name]) then
      refuse "The provided starting key does not match the range key predicate"
    end
  end
  local _, wanted = keys.partition(schema, hash_of(schema, conditions))
  local _, given = keys.partition(schema, start)
  if wanted ~= given then
    refuse(has_range and "The query can return at most one row and cannot be restarted"
      or "The provided starting key is outside query boundaries based on provided conditions")
  end
end

-- Filters look at what the keys did not choose.
local function check_filter_keys(schema, paths, parameter)
  for _, name in ipairs(schema.names) do
    for _, path in ipairs(paths) do
      if path[1] == name then
        refuse(("%s can only contain non-primary key attributes: Primary key attribute: %s"):format(parameter, name))
      end
    end
  end
end

function operations.Query(call)
  local input = call.input
  local legacy_names = { "AttributesToGet", "QueryFilter", "ConditionalOperator" }
  if input.KeyConditionExpression or not input.KeyConditions then
    legacy_names[#legacy_names + 1] = "KeyConditions"
  end
  expressions.check_parameters(input, { "ProjectionExpression", "FilterExpression", "KeyConditionExpression" }, legacy_names)
  local old_filter = legacy.filter(input.QueryFilter, input.ConditionalOperator)
  local request = selection.new(input)
  request.start = selection.start(input)
  if not input.KeyConditions and not input.KeyConditionExpression then
    refuse "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
  end
  local compiled = expressions.compile(input)
  local conditions = key_conditions.of(input, compiled.KeyConditionExpression)
  request.filter = compiled.FilterExpression or old_filter
  request.paths = compiled.ProjectionExpression or request.paths

  local table_, index = selection.attach(call, request, input)
  local schema = index or table_
  if request.start then
    selection.check_start_partition(table_, index, request.start)
  end
  key_conditions.check(table_, schema, conditions)
  if request.start then
    check_start_key(table_, index, conditions, request.start)
    request.after = reads.place_of(table_, index, request.start)
  end
  local filter_paths = selection.paths_of(request.filter)
  check_filter_keys(schema, filter_paths, input.QueryFilter and "QueryFilter" or "Filter Expression")
  selection.check_paths(request, filter_paths)

  request.partition = { keys.partition(schema, hash_of(schema, conditions)) }
  request.lower, request.upper = key_conditions.bounds(schema, conditions)
  request.backward = input.ScanIndexForward == false
  return reads.page(call, request)
end

return { operations = operations }
