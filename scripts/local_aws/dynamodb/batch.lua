-- BatchGetItem, BatchWriteItem.

local capacity        = require "local_aws.dynamodb.capacity"
local collections     = require "local_aws.dynamodb.collections"
local expressions     = require "local_aws.dynamodb.expressions"
local fault           = require "local_aws.fault"
local fingerprint     = require "local_aws.dynamodb.fingerprint"
local item_operations = require "local_aws.dynamodb.item_operations"
local items           = require "local_aws.dynamodb.items"
local json            = require "json"
local keys            = require "local_aws.dynamodb.keys"
local projection      = require "local_aws.dynamodb.projection"
local serving_table   = require "local_aws.dynamodb.serving_table"
local size            = require "local_aws.dynamodb.size"
local value           = require "local_aws.dynamodb.value"
local writes          = require "local_aws.dynamodb.writes"

local operations = {}

local MOST_KEYS, MOST_WRITES = 100, 25
local ANSWER_LIMIT = 16 * 1024 * 1024
local DUPLICATES = "Provided list of item keys contains duplicates"

local function refuse(message)
  fault.raise("ValidationException", message)
end

local function sorted_names(map)
  local names = {}
  for name in pairs(map) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

-- Each thing of the list once, by what of() tells of it.
local function check_once(list, of)
  local seen = {}
  for _, key in ipairs(list) do
    local identity = of(key)
    if seen[identity] then
      refuse(DUPLICATES)
    end
    seen[identity] = true
  end
end

-- One table's part of a BatchGetItem, as far as it goes without the table.
local function get_plan(name, request)
  expressions.check_parameters(request, { "ProjectionExpression" }, { "AttributesToGet" })
  local plan = { name = name, request = request, paths = item_operations.requested_paths(request), keys = {} }
  for place, key in ipairs(request.Keys) do
    plan.keys[place] = value.normalise_map(key)
  end
  check_once(plan.keys, fingerprint.of)
  return plan
end

local function attach_get(call, plan)
  plan.table = serving_table(call, plan.name)
  for _, key in ipairs(plan.keys) do
    keys.check(plan.table, key)
  end
  keys.check_paths(plan.table, plan.paths or {})
end

local function unprocessed(output, plan, key)
  local rest = output.UnprocessedKeys[plan.name]
  if not rest then
    rest = { Keys = json.array {} }
    for _, member in ipairs { "ProjectionExpression", "ExpressionAttributeNames", "AttributesToGet", "ConsistentRead" } do
      rest[member] = plan.request[member]
    end
    output.UnprocessedKeys[plan.name] = rest
  end
  table.insert(rest.Keys, key)
end

-- Reads one table's keys into the output; `bytes` is what the answer holds already.
local function run_get(call, plan, output, bytes)
  local found_items, units = json.array {}, { table = 0 }
  for _, key in ipairs(plan.keys) do
    local found = bytes < ANSWER_LIMIT and items.find(call.world.db, plan.table, key)
    if bytes >= ANSWER_LIMIT or found and bytes + found.size > ANSWER_LIMIT then
      bytes = ANSWER_LIMIT
      unprocessed(output, plan, key)
    else
      units.table = units.table + size.read_units(found and found.size or 0, plan.request.ConsistentRead)
      if found then
        bytes = bytes + found.size
        table.insert(found_items, plan.paths and projection.apply(plan.paths, found.item) or found.item)
      end
    end
  end
  output.Responses[plan.name] = found_items
  return bytes, units
end

function operations.BatchGetItem(call)
  local input, plans, count = call.input, {}, 0
  for _, name in ipairs(sorted_names(input.RequestItems)) do
    local plan = get_plan(name, input.RequestItems[name])
    count = count + #plan.keys
    plans[#plans + 1] = plan
  end
  if count > MOST_KEYS then
    refuse "Too many items requested for the BatchGetItem call"
  end
  for _, plan in ipairs(plans) do
    attach_get(call, plan)
  end
  local output = { Responses = json.object {}, UnprocessedKeys = json.object {} }
  local bytes, sums = 0, capacity.sums()
  for _, plan in ipairs(plans) do
    local units
    bytes, units = run_get(call, plan, output, bytes)
    sums:add(plan.table, units)
  end
  output.ConsumedCapacity = sums:describe(input.ReturnConsumedCapacity)
  return output
end

local function write_plan(name, request)
  if request.PutRequest and request.DeleteRequest or not request.PutRequest and not request.DeleteRequest then
    refuse "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"
  elseif request.PutRequest then
    return writes.put { TableName = name, Item = request.PutRequest.Item }
  end
  return writes.delete { TableName = name, Key = request.DeleteRequest.Key }
end

local function attach_writes(call, name, plans)
  local table_, list = serving_table(call, name), {}
  for place, plan in ipairs(plans) do
    if plan.item then
      keys.check_batch_item(table_, plan.item)
    else
      keys.check(table_, plan.key)
    end
    list[place] = plan.item or plan.key
  end
  check_once(list, function(item) return keys.primary(table_, item) end)
  return table_
end

local function run_writes(call, name, plans, table_, output, sums)
  for _, plan in ipairs(plans) do
    sums:add(table_, writes.execute(call, plan).units)
    local metrics = collections.describe(call, table_, call.input.ReturnItemCollectionMetrics, plan.item or plan.key)
    if metrics then
      output.ItemCollectionMetrics = output.ItemCollectionMetrics or json.object {}
      output.ItemCollectionMetrics[name] = output.ItemCollectionMetrics[name] or json.array {}
      table.insert(output.ItemCollectionMetrics[name], metrics)
    end
  end
end

function operations.BatchWriteItem(call)
  local names, plans, count = sorted_names(call.input.RequestItems), {}, 0
  for _, name in ipairs(names) do
    plans[name] = {}
    for place, request in ipairs(call.input.RequestItems[name]) do
      plans[name][place] = write_plan(name, request)
      count = count + 1
    end
  end
  if count > MOST_WRITES then
    refuse "Too many items requested for the BatchWriteItem call"
  end
  local by_name = {}
  for _, name in ipairs(names) do
    by_name[name] = attach_writes(call, name, plans[name])
  end
  local output, sums = { UnprocessedItems = json.object {} }, capacity.sums()
  for _, name in ipairs(names) do
    run_writes(call, name, plans[name], by_name[name], output, sums)
  end
  output.ConsumedCapacity = sums:describe(call.input.ReturnConsumedCapacity)
  return output
end

return { operations = operations }
