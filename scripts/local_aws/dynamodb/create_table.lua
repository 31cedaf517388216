-- CreateTable, DescribeTable, ListTables, DeleteTable.

local definition = require "local_aws.dynamodb.definition"
local describe   = require "local_aws.dynamodb.describe"
local fault      = require "local_aws.fault"
local json       = require "json"
local tables     = require "local_aws.dynamodb.tables"
local tags       = require "local_aws.dynamodb.tags"
local time       = require "time"
local uuid       = require "uuid"

local operations = {}

-- A stream's label is the moment at which it was switched on.
local function stream_label(specification)
  return specification and specification.StreamEnabled and time.iso8601(tables.now(), "ms"):sub(1, -2) or nil
end

local function sse_description(call, specification)
  if not specification or not specification.Enabled then
    return nil
  end
  return {
    Status = "ENABLED", SSEType = "KMS",
    KMSMasterKeyArn = specification.KMSMasterKeyId
      or ("arn:aws:kms:%s:%s:alias/aws/dynamodb"):format(call.region, call.account),
  }
end

-- What is kept of a CreateTable request.
local function stored(call, input)
  local now = tables.now()
  local out = {
    TableId = uuid.v4(),
    CreationDateTime = now,
    AttributeDefinitions = input.AttributeDefinitions,
    KeySchema = input.KeySchema,
    LocalSecondaryIndexes = input.LocalSecondaryIndexes,
    GlobalSecondaryIndexes = input.GlobalSecondaryIndexes,
    ProvisionedThroughput = input.ProvisionedThroughput,
    OnDemandThroughput = input.OnDemandThroughput,
    WarmThroughput = input.WarmThroughput,
    DeletionProtectionEnabled = input.DeletionProtectionEnabled,
    SSEDescription = sse_description(call, input.SSESpecification),
    TableClassSummary = input.TableClass and { TableClass = input.TableClass },
  }
  if input.BillingMode == "PAY_PER_REQUEST" then
    out.BillingModeSummary = { BillingMode = "PAY_PER_REQUEST", LastUpdateToPayPerRequestDateTime = now }
  end
  if input.StreamSpecification and input.StreamSpecification.StreamEnabled then
    out.StreamSpecification = input.StreamSpecification
    out.LatestStreamLabel = stream_label(input.StreamSpecification)
  end
  return out
end

function operations.CreateTable(call)
  local input = call.input
  definition.check(input)
  if input.Tags then
    tags.check(input.Tags)
  end
  local name = tables.name_of(input.TableName)
  if tables.look_up(call, name) then
    fault.raise("ResourceInUseException", "Table already exists: " .. name)
  end
  local id = tables.insert(call, name, stored(call, input))
  tags.put(call, id, input.Tags or {})
  local description = describe.table(call, tables.look_up(call, name), "CREATING")
  if description.BillingModeSummary then
    description.BillingModeSummary.LastUpdateToPayPerRequestDateTime = nil
  end
  return { TableDescription = description }
end

function operations.DescribeTable(call)
  return { Table = describe.table(call, tables.describe(call, call.input.TableName)) }
end

function operations.ListTables(call)
  local limit = call.input.Limit or 100
  local rows = call.world.db:all([[SELECT name FROM dynamodb_table
    WHERE account = ? AND region = ? AND name > ? ORDER BY name LIMIT ?]],
    call.account, call.region, call.input.ExclusiveStartTableName or "", limit + 1)
  local names = json.array {}
  for place = 1, math.min(limit, #rows) do
    names[place] = rows[place].name
  end
  return { TableNames = names, LastEvaluatedTableName = #rows > limit and names[limit] or nil }
end

function operations.DeleteTable(call)
  local table_ = tables.describe(call, call.input.TableName)
  if table_.status ~= "ACTIVE" then
    fault.raise("ResourceInUseException", "Attempt to change a resource which is still in use: Table is being "
      .. table_.status:lower():gsub("ing$", "ed") .. ": " .. table_.name)
  elseif table_.definition.DeletionProtectionEnabled then
    fault.raise("ValidationException", "Resource cannot be deleted as it is currently protected against deletion. "
      .. "Disable deletion protection first.")
  end
  local description = describe.table(call, table_, "DELETING")
  -- What a deleted table answers of itself is little.
  local out = {
    ProvisionedThroughput = description.ProvisionedThroughput,
  }
  for _, member in ipairs { "TableName", "TableArn", "TableId", "TableStatus", "ItemCount", "TableSizeBytes",
    "BillingModeSummary", "DeletionProtectionEnabled", "TableClassSummary", "StreamSpecification", "LatestStreamLabel",
    "LatestStreamArn" } do
    out[member] = description[member]
  end
  tables.remove(call, table_)
  return { TableDescription = out }
end

return { operations = operations, stream_label = stream_label, sse_description = sse_description }
