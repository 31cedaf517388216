-- TransactWriteItems, TransactGetItems.

local capacity        = require "local_aws.dynamodb.capacity"
local collections     = require "local_aws.dynamodb.collections"
local crypto          = require "crypto"
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
local sqlite          = require "sqlite"
local tables          = require "local_aws.dynamodb.tables"
local value           = require "local_aws.dynamodb.value"
local writes          = require "local_aws.dynamodb.writes"

local transactions = { operations = {} }

local TOKEN_LIFE = 600
local MULTIPLE = "Transaction request cannot include multiple operations on one item"
local MOST_BYTES = 4 * 1024 * 1024
local PLANNERS = { ConditionCheck = writes.check, Put = writes.put, Update = writes.update, Delete = writes.delete }
-- A fault of one action, as it appears among the reasons. Anything else ends the whole call.
local REASONS = { ConditionalCheckFailedException = "ConditionalCheckFailed", ValidationException = "ValidationError",
  DuplicateItemException = "ValidationError" }

-- An empty key (of the table, of an index) is no reason of one action: it ends the whole call.
local EMPTY_KEY = "^One or more parameter values are not valid%. "

local function refuse(message)
  fault.raise("ValidationException", message)
end

local function plan_of(action)
  local kind, input = next(action)
  if not kind or next(action, kind) then
    refuse "TransactItems can only contain one of Check, Put, Update or Delete"
  end
  local plan = PLANNERS[kind](input)
  plan.input = input
  return plan
end

-- Each plan has an item of its own.
function transactions.check_distinct(call, plans, message)
  local seen = {}
  for _, plan in ipairs(plans) do
    local table_ = serving_table(call, plan.table_name)
    local key = plan.item or plan.key or {}
    if key[table_.hash] and (not table_.range or key[table_.range]) then
      local name = table_.id .. ":" .. keys.primary(table_, key)
      if seen[name] then
        refuse(message)
      end
      seen[name] = true
    end
  end
end

local function cancel(reasons)
  local codes = {}
  for place, reason in ipairs(reasons) do
    codes[place] = reason.Code
  end
  fault.raise("TransactionCanceledException", "Transaction cancelled, please refer cancellation reasons for specific reasons ["
    .. table.concat(codes, ", ") .. "]", { CancellationReasons = reasons })
end

-- Runs `each` for all, so that every reason is known; one failure fails all. A plan may be a fault already.
local function run_all(list, each)
  local results, reasons, failed = {}, json.array {}, false
  for place, entry in ipairs(list) do
    local ok, result = pcall(entry.fault and error or each, entry.fault or entry)
    if ok then
      results[place], reasons[place] = result, { Code = "None" }
    elseif fault.is(result) and REASONS[result.code] and not result.message:find(EMPTY_KEY) then
      failed = true
      reasons[place] = { Code = REASONS[result.code], Message = result.message, Item = result.extra and result.extra.Item }
    else
      error(result, 0)
    end
  end
  if failed then
    cancel(reasons)
  end
  return results
end

local PAYS = 2 -- a transaction pays twice: prepare and commit

local function describe_units(wanted, sums, member)
  local list = sums:describe(wanted)
  for _, consumed in ipairs(list or {}) do
    consumed[member] = consumed.CapacityUnits
    if consumed.Table then
      consumed.Table[member] = consumed.Table.CapacityUnits
    end
  end
  return list
end

-- True when this token has already carried out this very request, which is to do `actions`.
local function is_repeated(call, token, actions)
  local db, now = call.world.db, math.floor(tables.now())
  db:run("DELETE FROM dynamodb_idempotency WHERE expires <= ?", now)
  local print = crypto.sha256(fingerprint.of(actions))
  local known = db:first("SELECT fingerprint FROM dynamodb_idempotency WHERE account = ? AND region = ? AND token = ?",
    call.account, call.region, token)
  if known and known.fingerprint ~= print then
    fault.raise("IdempotentParameterMismatchException",
      "Request with the same client token has been made with different parameters")
  elseif not known then
    db:run("INSERT INTO dynamodb_idempotency (account, region, token, fingerprint, expires) VALUES (?, ?, ?, ?, ?)",
      call.account, call.region, token, sqlite.blob(print), now + TOKEN_LIFE)
  end
  return known ~= nil
end

-- What a repeated request answers: reads instead of writes.
local function answer_repeated(call, plans)
  local sums = capacity.sums(PAYS)
  for _, plan in ipairs(plans) do
    local table_ = serving_table(call, plan.table_name)
    local found = not plan.fault and items.find(call.world.db, table_, plan.item or plan.key)
    sums:add(table_, { table = size.read_units(found and found.size or 0, true) })
  end
  return { ConsumedCapacity = describe_units(call.input.ReturnConsumedCapacity, sums, "ReadCapacityUnits") }
end

local function add_metrics(call, output, plan, table_)
  local metrics = collections.describe(call, table_, call.input.ReturnItemCollectionMetrics, plan.item or plan.key)
  if metrics then
    output.ItemCollectionMetrics = output.ItemCollectionMetrics or json.object {}
    local list = output.ItemCollectionMetrics[table_.name] or json.array {}
    output.ItemCollectionMetrics[table_.name] = list
    table.insert(list, metrics)
  end
end

local function write_all(call, plans)
  local results = run_all(plans, function(plan) return writes.execute(call, plan) end)
  local sums, output, bytes = capacity.sums(PAYS), {}, 0
  for place, result in ipairs(results) do
    sums:add(result.table, result.units)
    add_metrics(call, output, plans[place], result.table)
    bytes = bytes + size.item(result.new or plans[place].key or {})
  end
  if bytes > MOST_BYTES then
    refuse "Collection size of items in transaction exceeds 4 MB limit"
  end
  output.ConsumedCapacity = describe_units(call.input.ReturnConsumedCapacity, sums, "WriteCapacityUnits")
  return output
end

-- Carries out all plans (writes.lua) or none. `actions` is what the request says, to tell it from another with the same token.
function transactions.write(call, plans, actions)
  transactions.check_distinct(call, plans, MULTIPLE)
  -- Of its own, so that a cancelled transaction leaves nothing even where the caller goes on.
  return call.world.db:transaction(function()
    local token = call.input.ClientRequestToken
    if token and is_repeated(call, token, actions) then
      return answer_repeated(call, plans)
    end
    return write_all(call, plans)
  end)
end

function transactions.operations.TransactWriteItems(call)
  local plans = {}
  for place, action in ipairs(call.input.TransactItems) do
    plans[place] = plan_of(action)
  end
  return transactions.write(call, plans, call.input.TransactItems)
end

-- Reads all plans: {table_name=, key=, paths=|nil, project= function|nil of an item} -> the answer
function transactions.get(call, plans)
  transactions.check_distinct(call, plans, MULTIPLE)
  local sums = capacity.sums(PAYS)
  local responses = run_all(plans, function(plan)
    local table_ = serving_table(call, plan.table_name)
    keys.check(table_, plan.key)
    keys.check_paths(table_, plan.paths or {})
    local found = items.find(call.world.db, table_, plan.key)
    sums:add(table_, { table = size.read_units(found and found.size or 0, true) })
    local item = found and (plan.project and plan.project(found.item) or found.item)
    return item and { Item = item } or json.object {}
  end)
  return {
    Responses = json.array(responses),
    ConsumedCapacity = describe_units(call.input.ReturnConsumedCapacity, sums, "ReadCapacityUnits"),
  }
end

local function get_plan(entry)
  local get = entry.Get
  expressions.check_parameters(get, { "ProjectionExpression" }, {})
  local paths = item_operations.requested_paths(get)
  return {
    table_name = get.TableName, key = value.normalise_map(get.Key), paths = paths,
    project = paths and function(item) return projection.apply(paths, item) end,
  }
end

function transactions.operations.TransactGetItems(call)
  local plans = {}
  for place, entry in ipairs(call.input.TransactItems) do
    plans[place] = get_plan(entry)
  end
  return transactions.get(call, plans)
end

return transactions
