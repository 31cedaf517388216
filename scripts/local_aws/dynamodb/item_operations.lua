-- PutItem, GetItem, UpdateItem, DeleteItem.

local capacity      = require "local_aws.dynamodb.capacity"
local collections   = require "local_aws.dynamodb.collections"
local expressions   = require "local_aws.dynamodb.expressions"
local items         = require "local_aws.dynamodb.items"
local keys          = require "local_aws.dynamodb.keys"
local legacy        = require "local_aws.dynamodb.legacy"
local projection    = require "local_aws.dynamodb.projection"
local serving_table = require "local_aws.dynamodb.serving_table"
local size          = require "local_aws.dynamodb.size"
local value         = require "local_aws.dynamodb.value"
local writes        = require "local_aws.dynamodb.writes"

local operations = {}

-- The projection of a read request as paths, nil for everything. The request's placeholders are judged on the way.
local function requested_paths(input)
  local paths = input.AttributesToGet and legacy.projection(input.AttributesToGet)
  return expressions.compile(input).ProjectionExpression or paths
end

function operations.GetItem(call)
  local input = call.input
  expressions.check_parameters(input, { "ProjectionExpression" }, { "AttributesToGet" })
  local key = value.normalise_map(input.Key)
  local paths = requested_paths(input)
  local table_ = serving_table(call, input.TableName)
  keys.check(table_, key)
  keys.check_paths(table_, paths or {})
  local found = items.find(call.world.db, table_, key)
  local units = { table = size.read_units(found and found.size or 0, input.ConsistentRead) }
  return {
    Item = found and (paths and projection.apply(paths, found.item) or found.item),
    ConsumedCapacity = capacity.describe(input.ReturnConsumedCapacity, table_, units),
  }
end

local function answer(call, plan, result, attributes)
  local input = call.input
  return {
    Attributes = attributes,
    ConsumedCapacity = capacity.describe(input.ReturnConsumedCapacity, result.table, result.units),
    ItemCollectionMetrics = collections.describe(call, result.table, input.ReturnItemCollectionMetrics, plan.key or plan.item),
  }
end

function operations.PutItem(call)
  local plan = writes.put(call.input)
  local result = writes.execute(call, plan)
  return answer(call, plan, result, call.input.ReturnValues == "ALL_OLD" and result.old or nil)
end

function operations.DeleteItem(call)
  local plan = writes.delete(call.input)
  local result = writes.execute(call, plan)
  return answer(call, plan, result, call.input.ReturnValues == "ALL_OLD" and result.old or nil)
end

local function updated(plan, item)
  local paths = {}
  for place, action in ipairs(plan.actions) do
    paths[place] = action.path
  end
  local attributes = item and projection.apply(paths, item)
  return attributes and next(attributes) ~= nil and attributes or nil
end

function operations.UpdateItem(call)
  local plan = writes.update(call.input)
  local result = writes.execute(call, plan)
  local wanted, attributes = call.input.ReturnValues, nil
  if wanted == "ALL_OLD" then
    attributes = result.old
  elseif wanted == "ALL_NEW" then
    attributes = result.new
  elseif wanted == "UPDATED_OLD" then
    attributes = updated(plan, result.old)
  elseif wanted == "UPDATED_NEW" then
    attributes = updated(plan, result.new)
  end
  return answer(call, plan, result, attributes)
end

return { operations = operations, requested_paths = requested_paths }
