-- DescribeLimits, DescribeEndpoints, and the backups that this place does not make: DescribeContinuousBackups and its update.

local fault  = require "local_aws.fault"
local json   = require "json"
local tables = require "local_aws.dynamodb.tables"

local operations = {}

local RECOVERY_WINDOW = 35 -- days

function operations.DescribeLimits()
  return {
    AccountMaxReadCapacityUnits = 80000, AccountMaxWriteCapacityUnits = 80000,
    TableMaxReadCapacityUnits = 40000, TableMaxWriteCapacityUnits = 40000,
  }
end

function operations.DescribeEndpoints(call)
  return {
    Endpoints = json.array {
      { Address = ("dynamodb.%s.amazonaws.com"):format(call.region), CachePeriodInMinutes = 1440 },
    },
  }
end

local function backups_of(definition)
  local since = definition.PointInTimeRecoverySince
  return {
    ContinuousBackupsDescription = {
      ContinuousBackupsStatus = "ENABLED",
      PointInTimeRecoveryDescription = {
        PointInTimeRecoveryStatus = since and "ENABLED" or "DISABLED",
        RecoveryPeriodInDays = since and RECOVERY_WINDOW or nil,
        EarliestRestorableDateTime = since,
        LatestRestorableDateTime = since and math.max(since, tables.now() - 300) or nil,
      },
    },
  }
end

local function find(call)
  return tables.look_up(call, call.input.TableName)
    or fault.raise("TableNotFoundException", "Table not found: " .. tables.name_of(call.input.TableName))
end

function operations.DescribeContinuousBackups(call)
  return backups_of(find(call).definition)
end

function operations.UpdateContinuousBackups(call)
  local table_ = find(call)
  local definition = tables.edit(table_)
  local enabled = call.input.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled
  definition.PointInTimeRecoverySince = enabled and (definition.PointInTimeRecoverySince or tables.now()) or nil
  tables.replace(call, table_, definition, true)
  return backups_of(definition)
end

return { operations = operations }
