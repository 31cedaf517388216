-- DescribeLimits, DescribeEndpoints, DescribeContinuousBackups, UpdateContinuousBackups.

local backups = require "local_aws.dynamodb.backups"
local json    = require "json"
local tables  = require "local_aws.dynamodb.tables"

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
        RecoveryPeriodInDays = since and (definition.RecoveryPeriodInDays or RECOVERY_WINDOW) or nil,
        EarliestRestorableDateTime = since,
        LatestRestorableDateTime = since and math.max(since, tables.now() - 300) or nil,
      },
    },
  }
end

function operations.DescribeContinuousBackups(call)
  return backups_of(backups.table(call, call.input.TableName).definition)
end

function operations.UpdateContinuousBackups(call)
  local table_ = backups.table(call, call.input.TableName)
  local definition, wanted = tables.edit(table_), call.input.PointInTimeRecoverySpecification
  local enabled = wanted.PointInTimeRecoveryEnabled
  definition.PointInTimeRecoverySince = enabled and (definition.PointInTimeRecoverySince or tables.now()) or nil
  definition.RecoveryPeriodInDays = enabled and (wanted.RecoveryPeriodInDays or definition.RecoveryPeriodInDays) or nil
  tables.replace(call, table_, definition, true)
  return backups_of(definition)
end

return { operations = operations }
