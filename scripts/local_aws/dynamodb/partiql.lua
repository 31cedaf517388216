-- ExecuteStatement, BatchExecuteStatement, ExecuteTransaction: PartiQL over the same reads and writes as everything else.

local bind         = require "local_aws.dynamodb.partiql.bind"
local capacity     = require "local_aws.dynamodb.capacity"
local evaluate     = require "local_aws.dynamodb.evaluate"
local fault        = require "local_aws.fault"
local json         = require "json"
local parser       = require "local_aws.dynamodb.partiql.parser"
local plans        = require "local_aws.dynamodb.partiql.plans"
local returning    = require "local_aws.dynamodb.partiql.returning"
local selects      = require "local_aws.dynamodb.partiql.select"
local transactions = require "local_aws.dynamodb.transactions"
local where        = require "local_aws.dynamodb.partiql.where"
local writes       = require "local_aws.dynamodb.writes"

local operations = {}

local function refuse(message, ...)
  fault.raise("ValidationException", message:format(...))
end

-- A statement with its parameters: {tree=, context=, input=}.
local function parse(input)
  local tree = parser.parse(input.Statement)
  return { tree = tree, context = bind.context(input.Statement, tree, input.Parameters), input = input }
end

local function plan_select(call, statement)
  local bound = selects.bind(statement.tree, statement.context)
  return selects.plan(call, statement.tree, bound, statement.input.ConsistentRead)
end

local function plan_write(call, statement)
  return plans.of(call, statement.tree, plans.bind(statement.tree, statement.context), statement.input)
end

function operations.ExecuteStatement(call)
  local statement = parse(call.input)
  local tree, wanted = statement.tree, call.input.ReturnConsumedCapacity
  if tree.kind == "select" then
    local request = plan_select(call, statement)
    local items, token, units = selects.page(call, request)
    return { Items = items, NextToken = token, ConsumedCapacity = capacity.describe(wanted, request.table, units) }
  elseif tree.kind == "exists" then
    refuse "EXISTS can only be used in ExecuteTransaction write requests."
  end
  local plan = plan_write(call, statement)
  local result = writes.execute(call, plan)
  return {
    Items = json.array { returning(plan, result) },
    ConsumedCapacity = capacity.describe(wanted, result.table, result.units),
  }
end

-- A SELECT that means one item: {table_name=, key=, rest=, request=, project=}, nil when it does not say the whole key.
local function get_plan(call, statement)
  local request = plan_select(call, statement)
  local key, rest
  if not request.index then
    key, rest = where.key(request.filter, request.table)
  end
  return key and {
    table_name = request.table.name, key = key, rest = rest, request = request,
    project = function(item)
      return evaluate.condition(request.filter, item) and selects.project(request.columns, item) or nil
    end,
  } or nil
end

-- Runs a part of a batch or a transaction -> what it gives; nil and the fault when it is refused.
local function attempt(run, ...)
  local ok, result = pcall(run, ...)
  if ok then
    return result
  elseif not fault.is(result) then
    error(result, 0)
  end
  return nil, result
end

-- Statements read or write, all of them.
local function check_kinds(statements, message)
  local reading, writing = false, false
  for _, statement in ipairs(statements) do
    local is_read = statement.tree and statement.tree.kind == "select"
    reading, writing = reading or is_read, writing or statement.tree and not is_read
  end
  if reading and writing then
    refuse(message)
  end
  return reading
end

local CODES = {
  ConditionalCheckFailedException = "ConditionalCheckFailed", ValidationException = "ValidationError",
  ResourceNotFoundException = "ResourceNotFound", DuplicateItemException = "DuplicateItem",
}

local function response_of_fault(problem, plan)
  return {
    TableName = plan and plan.table_name,
    Error = { Code = CODES[problem.code] or problem.code, Message = problem.message },
  }
end

-- A statement of a batch ready to run: parsed, then with its plan; `fault` when it is refused.
local function prepare(call, statement)
  if statement.fault then
    return
  end
  statement.plan, statement.fault = attempt(function()
    if statement.tree.kind == "select" then
      return get_plan(call, statement)
        or refuse "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
    elseif statement.tree.kind == "exists" then
      refuse "EXISTS can only be used in ExecuteTransaction write requests."
    end
    return plan_write(call, statement)
  end)
end

local function run_of_batch(call, statement)
  local plan = statement.plan
  if statement.tree.kind == "select" then
    local found, _, units = selects.page(call, plan.request)
    return { item = found[1], units = units, table = plan.request.table }
  end
  local result = writes.execute(call, plan)
  return { item = returning(plan, result), units = result.units, table = result.table }
end

local function parse_all(list)
  local statements = {}
  for place, input in ipairs(list) do
    local statement, problem = attempt(parse, input)
    statements[place] = statement or { fault = problem }
  end
  return statements
end

local function plans_of(statements)
  local list = {}
  for _, statement in ipairs(statements) do
    list[#list + 1] = statement.plan
  end
  return list
end

function operations.BatchExecuteStatement(call)
  local statements = parse_all(call.input.Statements)
  check_kinds(statements, "Read and write requests together in the same batch is not supported.")
  for _, statement in ipairs(statements) do
    prepare(call, statement)
  end
  transactions.check_distinct(call, plans_of(statements), "Provided list of item keys contains duplicates")
  local responses, sums = json.array {}, capacity.sums()
  for place, statement in ipairs(statements) do
    local result, problem = nil, statement.fault
    if not problem then
      result, problem = attempt(run_of_batch, call, statement)
    end
    if result then
      sums:add(result.table, result.units)
    end
    responses[place] = problem and response_of_fault(problem, statement.plan)
      or { TableName = result.table.name, Item = result.item }
  end
  return { Responses = responses, ConsumedCapacity = sums:describe(call.input.ReturnConsumedCapacity) }
end

local function invalid(place, message)
  refuse("Validation failed in TransactStatements[%d]: %s", place - 1, message)
end

-- What is wrong with a statement by itself is refused at once; what is wrong with it on its table is a reason of the
-- transaction's end, which the plan then holds as `fault`.
local function plan_of_write(call, statement, place)
  local tree = statement.tree
  local bound, problem = attempt(plans.bind, tree, statement.context)
  if problem then
    invalid(place, problem.message)
  end
  local plan, fault_ = attempt(plans.of, call, tree, bound, statement.input)
  if fault_ and fault_.code ~= "ValidationException" then
    error(fault_, 0)
  elseif fault_ then
    return { fault = fault_, table_name = (tree.select or tree).table }
  elseif tree.kind == "exists" and not plan.has_condition then
    invalid(place, "EXISTS() must contain a single item read with additional condition")
  end
  return plan
end

local function plan_of_read(call, statement, place)
  if statement.tree.index then
    invalid(place, "Reads on indices are not supported within transactions.")
  end
  local plan, problem = attempt(get_plan, call, statement)
  if problem and problem.code ~= "ValidationException" then
    error(problem, 0)
  elseif problem then
    invalid(place, problem.message)
  elseif not plan or plan.rest then
    invalid(place, "Select statements within ExecuteTransaction must specify the primary key in the where clause.")
  end
  return plan
end

local function plan_of_transaction(call, statement, place)
  if statement.tree.returning then
    invalid(place, "RETURNING clause is not supported in ExecuteTransaction.")
  end
  return (statement.tree.kind == "select" and plan_of_read or plan_of_write)(call, statement, place)
end

function operations.ExecuteTransaction(call)
  local statements, list = {}, {}
  for place, input in ipairs(call.input.TransactStatements) do
    statements[place] = parse(input)
  end
  local reading = check_kinds(statements,
    "ExecuteTransaction API does not support both read and write operations in the same request.")
  for place, statement in ipairs(statements) do
    list[place] = plan_of_transaction(call, statement, place)
  end
  if reading then
    return transactions.get(call, list)
  end
  local output = transactions.write(call, list, call.input.TransactStatements)
  return { Responses = json.array {}, ConsumedCapacity = output.ConsumedCapacity }
end

return { operations = operations }
