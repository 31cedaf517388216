-- Makes what the endpoints need: four tables, an activity, the state machine. Safe to repeat: what is there stays, a table of
-- the old system gets our index, the state machine gets the newest definition.
local aws           = require "aws"
local config        = require "config"
local json          = require "json"
local listing       = require "lib.listing"
local log           = require "log"
local state_machine = require "orchestrator.state_machine"

local deploy = {}

local LONGEST_WAIT = 600

local function keys(hash, range)
  local schema = json.array { { AttributeName = hash, KeyType = "HASH" } }
  if range then schema[2] = { AttributeName = range, KeyType = "RANGE" } end
  return schema
end

local function attributes(types)
  local list, names = json.array {}, {}
  for name in pairs(types) do names[#names + 1] = name end
  table.sort(names)
  for _, name in ipairs(names) do list[#list + 1] = { AttributeName = name, AttributeType = types[name] } end
  return list
end

local ALL = { ProjectionType = "ALL" }
local NEWEST_FIRST = { IndexName = listing.INDEX, KeySchema = keys("status", "startTime"), Projection = ALL }

-- The shapes of endpoints.md section 1, and our one more index.
local function table_shapes(names)
  return {
    {
      TableName = names.executions, BillingMode = "PAY_PER_REQUEST", KeySchema = keys("executionId", "planId"),
      AttributeDefinitions = attributes { executionId = "S", planId = "S", status = "S", startTime = "N" },
      GlobalSecondaryIndexes = json.array {
        { IndexName = "StatusIndex", KeySchema = keys("status"), Projection = ALL },
        { IndexName = "planIdIndex", KeySchema = keys("planId"), Projection = ALL },
        NEWEST_FIRST,
      },
    },
    { TableName = names.plans, BillingMode = "PAY_PER_REQUEST", KeySchema = keys("planId"),
      AttributeDefinitions = attributes { planId = "S" } },
    { TableName = names.groups, BillingMode = "PAY_PER_REQUEST", KeySchema = keys("groupId"),
      AttributeDefinitions = attributes { groupId = "S" } },
    { TableName = names.accounts, BillingMode = "PAY_PER_REQUEST", KeySchema = keys("accountId"),
      AttributeDefinitions = attributes { accountId = "S" } },
  }
end

local function describe(client, name)
  local ok, result = pcall(function() return client:describe_table { TableName = name } end)
  if ok then return result.Table end
  if aws.is_error(result, "ResourceNotFoundException") then return nil end
  error(result, 0)
end

local function wait_active(client, name)
  client:wait("describe_table", { TableName = name }, {
    delay = 2, limit = LONGEST_WAIT,
    until_ = function(result) return result.Table.TableStatus == "ACTIVE" or nil end,
  })
end

local function has_index(description, index)
  for _, one in ipairs(description.GlobalSecondaryIndexes or {}) do
    if one.IndexName == index then return true end
  end
  return false
end

local function ensure_table(client, shape)
  local description = describe(client, shape.TableName)
  if not description then
    client:create_table(shape)
    wait_active(client, shape.TableName)
    log.info("table made", { table = shape.TableName })
  elseif shape.GlobalSecondaryIndexes and not has_index(description, listing.INDEX) then
    client:update_table {
      TableName = shape.TableName, AttributeDefinitions = shape.AttributeDefinitions,
      GlobalSecondaryIndexUpdates = json.array { { Create = NEWEST_FIRST } },
    }
    log.info("index added; DynamoDB fills it by itself", { table = shape.TableName, index = listing.INDEX })
  end
end

local function ensure_state_machine(client, options, resource)
  local definition = state_machine.definition { resource = resource }
  for machine in client:items("list_state_machines", {}) do
    if machine.name == options.state_machine then
      client:update_state_machine { stateMachineArn = machine.stateMachineArn, definition = definition }
      return machine.stateMachineArn
    end
  end
  return client:create_state_machine {
    name = options.state_machine, definition = definition, roleArn = options.role_arn, type = "STANDARD",
  }.stateMachineArn
end

--- Makes everything. Options:
--   region         where
--   account        the account's number
--   name           of function, role, state machine and activity: "drsh-orchestrator"
--   role_arn       the role that the state machine runs as, else role/NAME in the account
--   function_arn   the orchestrator's Lambda function, else function:NAME in region and account
--   activity       true: the activity's workers serve, in place of the function
-- The tables' names are those of the settings. Gives the settings that the endpoints need.
function deploy.deploy(options)
  local names = {
    executions = config.require("EXECUTION_HISTORY_TABLE"), plans = config.require("RECOVERY_PLANS_TABLE"),
    groups = config.require("PROTECTION_GROUPS_TABLE"), accounts = config.require("TARGET_ACCOUNTS_TABLE"),
  }
  local database = aws.client("dynamodb", { region = options.region })
  local step_functions = aws.client("sfn", { region = options.region })
  for _, shape in ipairs(table_shapes(names)) do ensure_table(database, shape) end
  local name = options.name or "drsh-orchestrator"
  local activity = step_functions:create_activity { name = name }.activityArn     -- gives the one that is there, too
  local resource = options.activity and activity or options.function_arn
    or ("arn:aws:lambda:%s:%s:function:%s"):format(options.region, options.account, name)
  local role = options.role_arn or ("arn:aws:iam::%s:role/%s"):format(options.account, name)
  local arn = ensure_state_machine(step_functions, { state_machine = name, role_arn = role }, resource)
  return {
    EXECUTION_HISTORY_TABLE = names.executions, RECOVERY_PLANS_TABLE = names.plans, PROTECTION_GROUPS_TABLE = names.groups,
    TARGET_ACCOUNTS_TABLE = names.accounts, STATE_MACHINE_ARN = arn, ACTIVITY_ARN = activity,
  }
end

return deploy
