-- CreateBackup, DescribeBackup, ListBackups, DeleteBackup: a copy of a table's items and definition, which outlives the table.

local fault  = require "local_aws.fault"
local json   = require "json"
local tables = require "local_aws.dynamodb.tables"
local uuid   = require "uuid"

local backups = { operations = {} }

local MOST_AT_ONCE = 100

-- The table of a backup's operation, which has an error of its own for one that is not there.
function backups.table(call, name_or_arn)
  return tables.look_up(call, name_or_arn)
    or fault.raise("TableNotFoundException", "Table not found: " .. tables.name_of(name_or_arn))
end

-- The row of a backup.
function backups.find(call, arn)
  return call.world.db:first("SELECT * FROM dynamodb_backup WHERE account = ? AND region = ? AND arn = ?",
    call.account, call.region, arn) or fault.raise("BackupNotFoundException", "Backup not found: " .. arn)
end

local function details(row, status)
  return {
    BackupArn = row.arn, BackupName = row.name, BackupSizeBytes = row.size_bytes, BackupStatus = status or "AVAILABLE",
    BackupType = "USER", BackupCreationDateTime = row.created,
  }
end

local function picked(map, names)
  local out = {}
  for _, name in ipairs(names) do
    out[name] = map[name]
  end
  return out
end

local UNITS = { "ReadCapacityUnits", "WriteCapacityUnits" }

local function indexes_of(list)
  if not list then
    return nil
  end
  local out = json.array {}
  for place, index in ipairs(list) do
    out[place] = picked(index, { "IndexName", "KeySchema", "Projection", "OnDemandThroughput" })
    out[place].ProvisionedThroughput = index.ProvisionedThroughput and picked(index.ProvisionedThroughput, UNITS)
  end
  return out
end

local function source_of(call, row)
  local definition = json.decode(row.definition)
  local billing, throughput = definition.BillingModeSummary, definition.ProvisionedThroughput
  return {
    TableName = row.table_name, TableId = definition.TableId, TableSizeBytes = row.size_bytes, ItemCount = row.item_count,
    TableArn = tables.arn(call.account, call.region, row.table_name), KeySchema = definition.KeySchema,
    TableCreationDateTime = definition.CreationDateTime, OnDemandThroughput = definition.OnDemandThroughput,
    BillingMode = billing and billing.BillingMode or "PROVISIONED",
    ProvisionedThroughput = throughput and picked(throughput, UNITS) or { ReadCapacityUnits = 0, WriteCapacityUnits = 0 },
  }, {
    LocalSecondaryIndexes = indexes_of(definition.LocalSecondaryIndexes),
    GlobalSecondaryIndexes = indexes_of(definition.GlobalSecondaryIndexes),
    StreamDescription = definition.StreamSpecification, SSEDescription = definition.SSEDescription,
  }
end

function backups.operations.CreateBackup(call)
  local table_, db = backups.table(call, call.input.TableName), call.world.db
  local created = tables.now()
  local arn = ("%s/backup/%014d-%s"):format(table_.arn, created * 1000 // 1, uuid.v4():sub(1, 8))
  db:run([[INSERT INTO dynamodb_backup (account, region, arn, name, table_name, definition, created, item_count, size_bytes)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)]], call.account, call.region, arn, call.input.BackupName, table_.name, table_.text,
    created, table_.item_count, table_.size_bytes)
  db:run("INSERT INTO dynamodb_backup_item (backup_id, item) SELECT ?, item FROM dynamodb_item WHERE table_id = ? ORDER BY id",
    db:last_insert_id(), table_.id)
  return { BackupDetails = details(backups.find(call, arn), "CREATING") }
end

local function description_of(call, row, status)
  local source, features = source_of(call, row)
  return {
    BackupDescription = {
      BackupDetails = details(row, status), SourceTableDetails = source, SourceTableFeatureDetails = features,
    },
  }
end

function backups.operations.DescribeBackup(call)
  return description_of(call, backups.find(call, call.input.BackupArn))
end

function backups.operations.DeleteBackup(call)
  local row, db = backups.find(call, call.input.BackupArn), call.world.db
  db:run("DELETE FROM dynamodb_backup_item WHERE backup_id = ?", row.id)
  db:run("DELETE FROM dynamodb_backup WHERE id = ?", row.id)
  return description_of(call, row, "DELETED")
end

function backups.operations.ListBackups(call)
  local input, summaries = call.input, json.array {}
  local limit = input.Limit or MOST_AT_ONCE
  local after = input.ExclusiveStartBackupArn and backups.find(call, input.ExclusiveStartBackupArn).id or 0
  -- All backups here are made by users; those of AWS Backup and of the system are of other types.
  if input.BackupType and input.BackupType ~= "USER" and input.BackupType ~= "ALL" then
    return { BackupSummaries = summaries }
  end
  local name = input.TableName and tables.name_of(input.TableName)
  local rows = call.world.db:all([[SELECT * FROM dynamodb_backup WHERE account = ? AND region = ? AND id > ?
    AND (? IS NULL OR table_name = ?) AND created >= ? AND created < ? ORDER BY id LIMIT ?]], call.account, call.region, after,
    name, name, input.TimeRangeLowerBound or 0, input.TimeRangeUpperBound or math.huge, limit + 1)
  for place = 1, math.min(limit, #rows) do
    local summary, source = details(rows[place]), source_of(call, rows[place])
    summary.TableName, summary.TableId, summary.TableArn = source.TableName, source.TableId, source.TableArn
    summaries[place] = summary
  end
  return { BackupSummaries = summaries, LastEvaluatedBackupArn = #rows > limit and rows[limit].arn or nil }
end

return backups
