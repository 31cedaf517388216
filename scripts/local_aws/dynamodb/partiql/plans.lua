-- INSERT, UPDATE, DELETE and EXISTS as the plans that PutItem, UpdateItem, DeleteItem and ConditionCheck give (writes.lua).

local bind          = require "local_aws.dynamodb.partiql.bind"
local fault         = require "local_aws.fault"
local serving_table = require "local_aws.dynamodb.serving_table"
local value         = require "local_aws.dynamodb.value"
local where         = require "local_aws.dynamodb.partiql.where"
local writes        = require "local_aws.dynamodb.writes"

local plans = {}

local function refuse(message)
  fault.raise("ValidationException", message)
end

local function check_keys(table_, item)
  for _, name in ipairs { table_.hash, table_.range } do
    if not item[name] then
      refuse("Key attribute should be present in the item: Key " .. name)
    elseif value.type(item[name]) ~= table_.types[name] then
      refuse("Key attribute's data type should match its data type in table's schema: Key " .. name)
    end
  end
end

-- The condition that there is an item, and `rest`, if any.
local function exists_and(table_, rest)
  local exists = { kind = "call", name = "attribute_exists", arguments = { { kind = "path", path = { table_.hash } } } }
  return rest and { kind = "AND", exists, rest } or exists
end

local function key_of(bound, table_)
  local key, rest = where.key(bound.where, table_)
  return key or refuse "Where clause does not contain a mandatory equality on all key attributes", rest
end

local makers = {}

function makers.insert(table_, tree, bound)
  check_keys(table_, bound.item)
  local plan = writes.put { TableName = tree.table, Item = bound.item }
  plan.is_new = true
  return plan
end

function makers.update(table_, tree, bound)
  local key, rest = key_of(bound, table_)
  return {
    kind = "update", table_name = tree.table, key = key, actions = bound.actions, condition = exists_and(table_, rest),
  }
end

-- What is not there is deleted already, whatever the rest of the condition says.
function makers.delete(table_, tree, bound)
  local key, rest = key_of(bound, table_)
  local gone = { kind = "NOT", exists_and(table_) }
  return { kind = "delete", table_name = tree.table, key = key, condition = rest and { kind = "OR", gone, rest } }
end

function makers.exists(table_, tree, bound)
  local key, rest = where.key(bound.where, table_)
  return {
    kind = "check", table_name = tree.select.table, key = key, condition = exists_and(table_, rest),
    has_condition = key ~= nil and rest ~= nil,
  }
end

local function item_of(tuple, context)
  return bind.literal(tuple, context).M or refuse "Unsupported operation: INSERT takes one tuple as its VALUE"
end

-- What of a parsed statement can be judged without its table.
function plans.bind(tree, context)
  if tree.index then
    refuse "This operation is not supported on an index"
  end
  return {
    where = bind.condition((tree.select or tree).where, context),
    actions = tree.actions and bind.actions(tree.actions, context),
    item = tree.tuple and item_of(tree.tuple, context),
  }
end

-- A bound statement's plan. `input` has its ReturnValuesOnConditionCheckFailure.
function plans.of(call, tree, bound, input)
  local plan = makers[tree.kind](serving_table(call, (tree.select or tree).table), tree, bound)
  plan.show_item = input.ReturnValuesOnConditionCheckFailure == "ALL_OLD"
  plan.returning = tree.returning
  return plan
end

return plans
