-- What PutItem, UpdateItem, DeleteItem, the batches and the transactions have in common.
--
-- writes.put/update/delete/check judge a request as far as that goes without the table and give a plan:
--   {kind=, table_name=, item= | key=, condition= tree|nil, actions=|nil, show_item=bool,
--    is_new= there may be no such item yet}
-- writes.execute carries it out -> {table=, old= item|nil, new= item|nil, units=}

local evaluate      = require "local_aws.dynamodb.evaluate"
local expressions   = require "local_aws.dynamodb.expressions"
local fault         = require "local_aws.fault"
local items         = require "local_aws.dynamodb.items"
local keys          = require "local_aws.dynamodb.keys"
local legacy        = require "local_aws.dynamodb.legacy"
local serving_table = require "local_aws.dynamodb.serving_table"
local size          = require "local_aws.dynamodb.size"
local update        = require "local_aws.dynamodb.update"
local value         = require "local_aws.dynamodb.value"

local writes = {}

local INVALID = "One or more parameter values were invalid: "

local function refuse(message)
  fault.raise("ValidationException", message)
end

local function check_names(attributes)
  for name in pairs(attributes) do
    if name == "" then
      refuse "Empty attribute name"
    elseif #name > 65535 then
      refuse "Attribute name is too large, must be less than 65536 bytes"
    end
  end
end

local function check_item_size(item, message)
  if size.item(item) > size.ITEM_LIMIT then
    refuse(message)
  end
end

-- Condition and placeholders of a request.
local function conditions(input, plan)
  local expected = legacy.expected(input.Expected, input.ConditionalOperator)
  local compiled = expressions.compile(input)
  plan.condition = compiled.ConditionExpression or expected
  plan.actions = compiled.UpdateExpression
  plan.show_item = input.ReturnValuesOnConditionCheckFailure == "ALL_OLD"
  return plan
end

function writes.put(input)
  expressions.check_parameters(input, { "ConditionExpression" }, { "Expected", "ConditionalOperator" })
  local item = value.normalise_map(input.Item)
  check_names(item)
  if input.ReturnValues and input.ReturnValues ~= "ALL_OLD" and input.ReturnValues ~= "NONE" then
    refuse "ReturnValues can only be ALL_OLD or NONE"
  end
  check_item_size(item, "Item size has exceeded the maximum allowed size")
  return conditions(input, { kind = "put", table_name = input.TableName, item = item })
end

function writes.delete(input)
  expressions.check_parameters(input, { "ConditionExpression" }, { "Expected", "ConditionalOperator" })
  local key = value.normalise_map(input.Key)
  if input.ReturnValues and input.ReturnValues ~= "ALL_OLD" and input.ReturnValues ~= "NONE" then
    refuse "ReturnValues can only be ALL_OLD or NONE"
  end
  return conditions(input, { kind = "delete", table_name = input.TableName, key = key })
end

-- ConditionCheck of a transaction: a write that writes nothing.
function writes.check(input)
  local key = value.normalise_map(input.Key)
  return conditions(input, { kind = "check", table_name = input.TableName, key = key })
end

function writes.update(input)
  expressions.check_parameters(input, { "UpdateExpression", "ConditionExpression" },
    { "AttributeUpdates", "Expected", "ConditionalOperator" })
  local plan = { kind = "update", table_name = input.TableName, key = value.normalise_map(input.Key) }
  local actions = input.AttributeUpdates and legacy.updates(input.AttributeUpdates)
  conditions(input, plan)
  plan.actions = plan.actions or actions or {}
  return plan
end

-- An update may not touch the table's keys, nor give an index key another type.
local function check_actions(table_, actions)
  local paths = {}
  for place, action in ipairs(actions) do
    paths[place] = action.path
    local name = action.path[1]
    if name == table_.hash or name == table_.range then
      refuse(INVALID .. "Cannot update attribute " .. name .. ". This attribute is part of the key")
    end
  end
  for _, action in ipairs(actions) do
    local set = action.section == "SET" and #action.path == 1 and action.operand.kind == "value"
    if set then
      local written = { [action.path[1]] = action.operand.value }
      if next(action.operand.value) ~= table_.types[action.path[1]] then
        keys.check_index_keys(table_, written)
      end
    end
  end
  keys.check_paths(table_, paths)
end

-- Index keys as an update leaves them.
local function check_updated(table_, item)
  for _, index in ipairs(table_.indexes) do
    for _, name in ipairs(index.names) do
      local kind = item[name] and table_.types[name]
      if kind and item[name][kind] == nil then
        refuse "The update expression attempted to update the secondary index key to unsupported type"
      elseif kind and item[name][kind] == "" then
        refuse(("One or more parameter values are not valid. The update expression attempted to update a secondary index key "
          .. "to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty %s value.")
          :format(kind == "S" and "string" or "binary"))
      end
    end
  end
  keys.check_index_keys(table_, item)
  local normal, problem = value.normalise({ M = item }) -- an update can make it too deep
  if not normal then
    refuse(problem)
  end
  check_item_size(item, "Item size to update has exceeded the maximum allowed size")
end

local function creates(actions)
  for _, action in ipairs(actions) do
    if action.section == "SET" or action.section == "ADD" then
      return true
    end
  end
  return #actions == 0
end

local makers = {}

function makers.put(plan)
  return plan.item
end

function makers.delete()
  return nil
end

function makers.update(plan, table_, old)
  local new = update.apply(plan.actions, old or plan.key)
  if not old and not creates(plan.actions) then
    return nil
  end
  check_updated(table_, new)
  return new
end

-- Finds the item of a plan and checks its condition -> table, found.
function writes.judge(call, plan)
  local table_ = serving_table(call, plan.table_name)
  if plan.item then
    keys.check_item(table_, plan.item)
  else
    keys.check(table_, plan.key)
  end
  if plan.actions then
    check_actions(table_, plan.actions)
  end
  local found = items.find(call.world.db, table_, plan.item or plan.key)
  if plan.is_new and found then
    fault.raise("DuplicateItemException", "Duplicate primary key exists in table")
  end
  if not evaluate.condition(plan.condition, found and found.item or {}) then
    fault.raise("ConditionalCheckFailedException", "The conditional request failed",
      plan.show_item and found and { Item = found.item } or nil)
  end
  return table_, found
end

function writes.execute(call, plan)
  local table_, found = writes.judge(call, plan)
  local old = found and found.item
  if plan.kind == "check" then
    return { table = table_, old = old, units = { table = size.write_units(found and found.size or 0), indexes = {} } }
  end
  local new = makers[plan.kind](plan, table_, old)
  local units = items.write(call.world.db, table_, found, new)
  return { table = table_, old = old, new = new, units = units }
end

return writes
