-- RestoreTableFromBackup, RestoreTableToPointInTime: a new table with the items and the settings of another.

local backups      = require "local_aws.dynamodb.backups"
local codec        = require "local_aws.dynamodb.codec"
local create_table = require "local_aws.dynamodb.create_table"
local describe     = require "local_aws.dynamodb.describe"
local fault        = require "local_aws.fault"
local items        = require "local_aws.dynamodb.items"
local json         = require "json"
local tables       = require "local_aws.dynamodb.tables"
local uuid         = require "uuid"

local operations = {}

-- What a restored table keeps. The rest (stream, time to live, protection, policies ...) has to be set up anew.
-- https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/backuprestore_HowItWorks.html
local KEPT = { "AttributeDefinitions", "KeySchema", "LocalSecondaryIndexes", "GlobalSecondaryIndexes", "ProvisionedThroughput",
  "BillingModeSummary", "OnDemandThroughput", "WarmThroughput", "SSEDescription", "TableClassSummary" }

local function billing_of(input, source, now)
  if input.BillingModeOverride == "PAY_PER_REQUEST" then
    return { BillingMode = "PAY_PER_REQUEST", LastUpdateToPayPerRequestDateTime = now }
  end
  return not input.BillingModeOverride and source.BillingModeSummary or nil
end

local function restored(call, source, summary)
  local input, definition, now = call.input, {}, tables.now()
  for _, member in ipairs(KEPT) do
    definition[member] = source[member]
  end
  definition.TableId, definition.CreationDateTime = uuid.v4(), now
  definition.BillingModeSummary = billing_of(input, source, now)
  definition.ProvisionedThroughput = not definition.BillingModeSummary
    and (input.ProvisionedThroughputOverride or source.ProvisionedThroughput) or nil
  definition.LocalSecondaryIndexes = input.LocalSecondaryIndexOverride or source.LocalSecondaryIndexes
  definition.GlobalSecondaryIndexes = input.GlobalSecondaryIndexOverride or source.GlobalSecondaryIndexes
  if input.SSESpecificationOverride then
    definition.SSEDescription = create_table.sse_description(call, input.SSESpecificationOverride)
  end
  definition.RestoreSummary = summary
  return definition
end

local function check_target(call)
  local name = tables.name_of(call.input.TargetTableName)
  if tables.look_up(call, name) then
    fault.raise("TableAlreadyExistsException", "Table already exists: " .. name)
  end
end

-- Makes the table and puts each item of `rows` into it.
local function restore(call, source, summary, rows)
  local db, name = call.world.db, tables.name_of(call.input.TargetTableName)
  tables.insert(call, name, restored(call, source, summary))
  local table_ = tables.look_up(call, name)
  for _, row in ipairs(rows) do
    items.write(db, table_, nil, codec.decode(row.item))
  end
  local description = describe.table(call, tables.look_up(call, name), "CREATING")
  description.RestoreSummary.RestoreInProgress = true
  return { TableDescription = description }
end

function operations.RestoreTableFromBackup(call)
  local backup = backups.find(call, call.input.BackupArn)
  check_target(call)
  local summary = {
    SourceBackupArn = backup.arn, SourceTableArn = tables.arn(call.account, call.region, backup.table_name),
    RestoreDateTime = backup.created, RestoreInProgress = false,
  }
  return restore(call, json.decode(backup.definition), summary,
    call.world.db:all("SELECT item FROM dynamodb_backup_item WHERE backup_id = ? ORDER BY rowid", backup.id))
end

-- No history of items is kept here, so the only point in time is the latest.
function operations.RestoreTableToPointInTime(call)
  local input = call.input
  local name = input.SourceTableName or input.SourceTableArn
  if not name then
    fault.raise("ValidationException", "One of SourceTableName or SourceTableArn must be specified")
  end
  local source = tables.look_up(call, name)
    or fault.raise("SourceTableNotFoundException", "Source table not found: " .. tables.name_of(name))
  check_target(call)
  if not source.definition.PointInTimeRecoverySince then
    fault.raise("PointInTimeRecoveryUnavailableException", "Point in time recovery is not enabled for table '" .. source.name
      .. "'")
  elseif input.RestoreDateTime and not input.UseLatestRestorableTime then
    fault.raise("InvalidRestoreTimeException",
      "The local AWS keeps no history of items: only UseLatestRestorableTime can be restored")
  end
  local summary = { SourceTableArn = source.arn, RestoreDateTime = tables.now(), RestoreInProgress = false }
  return restore(call, source.definition, summary,
    call.world.db:all("SELECT item FROM dynamodb_item WHERE table_id = ? ORDER BY id", source.id))
end

return { operations = operations }
