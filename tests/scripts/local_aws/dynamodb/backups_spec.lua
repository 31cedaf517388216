-- Backups of tables, and tables restored from them or from another table's present.

local json    = require "json"
local support = require "tests.support.dynamodb_table"

describe("A DynamoDB backup", function()
  local client

  before_each(function()
    client = support.open()
    client.put("a", 1, { x = { S = "kept" } })
  end)

  local function back_up(name)
    return client.CreateBackup({ TableName = "things", BackupName = name or "first" }).BackupDetails.BackupArn
  end

  it("tells of itself and of its table", function()
    local details = client.CreateBackup({ TableName = "things", BackupName = "first" }).BackupDetails
    assert.matches("^arn:aws:dynamodb:us%-east%-1:123456789012:table/things/backup/%d+%-%x+$", details.BackupArn)
    assert.are.equal("CREATING", details.BackupStatus)
    local description = client.DescribeBackup({ BackupArn = details.BackupArn }).BackupDescription
    assert.are.equal("AVAILABLE", description.BackupDetails.BackupStatus)
    assert.are.equal("USER", description.BackupDetails.BackupType)
    assert.are.equal(1, description.SourceTableDetails.ItemCount)
    assert.are.equal("PAY_PER_REQUEST", description.SourceTableDetails.BillingMode)
    assert.are.equal(3, #description.SourceTableFeatureDetails.GlobalSecondaryIndexes)
    assert.are.equal("TableNotFoundException",
      client.fails("CreateBackup", { TableName = "nowhere", BackupName = "first" }).code)
  end)

  it("is listed by pages, by table, and until it is deleted", function()
    local first, second = back_up(), back_up()
    local page = client.ListBackups { TableName = "things", Limit = 1 }
    assert.are.equal(first, page.BackupSummaries[1].BackupArn)
    page = client.ListBackups { Limit = 1, ExclusiveStartBackupArn = page.LastEvaluatedBackupArn }
    assert.are.equal(second, page.BackupSummaries[1].BackupArn)
    assert.is_nil(page.LastEvaluatedBackupArn)
    assert.are.equal(0, #client.ListBackups({ TableName = "others" }).BackupSummaries)
    assert.are.equal(0, #client.ListBackups({ BackupType = "SYSTEM" }).BackupSummaries)
    assert.are.equal(0, #client.ListBackups({ TimeRangeUpperBound = 1 }).BackupSummaries)
    assert.are.equal("DELETED",
      client.DeleteBackup({ BackupArn = first }).BackupDescription.BackupDetails.BackupStatus)
    assert.are.equal(1, #client.ListBackups({}).BackupSummaries)
    local fault = client.fails("DescribeBackup", { BackupArn = first })
    assert.are.same({ "BackupNotFoundException", "Backup not found: " .. first }, { fault.code, fault.message })
  end)

  it("brings back what was there, in a table of its own, after its table has gone", function()
    local arn = back_up()
    client.put("a", 1, { x = { S = "later" } })
    client.DeleteTable { TableName = "things" }
    local output = client.RestoreTableFromBackup { TargetTableName = "again", BackupArn = arn }
    assert.is_true(output.TableDescription.RestoreSummary.RestoreInProgress)
    local description = client.DescribeTable({ TableName = "again" }).Table
    assert.is_false(description.RestoreSummary.RestoreInProgress)
    assert.are.equal(arn, description.RestoreSummary.SourceBackupArn)
    assert.are.equal(1, description.ItemCount)
    assert.are.equal("kept", client.GetItem({ TableName = "again", Key = { p = { S = "a" }, r = { N = "1" } } }).Item.x.S)
    local fault = client.fails("RestoreTableFromBackup", { TargetTableName = "again", BackupArn = arn })
    assert.are.same({ "TableAlreadyExistsException", "Table already exists: again" }, { fault.code, fault.message })
  end)

  it("fills the indexes of the restored table, those it is given instead too", function()
    client.put("b", 1, { g = { S = "G" } })
    client.RestoreTableFromBackup { TargetTableName = "again", BackupArn = back_up() }
    local query = { TableName = "again", IndexName = "g-keys", KeyConditionExpression = "g = :g",
      ExpressionAttributeValues = { [":g"] = { S = "G" } } }
    assert.are.equal(1, client.Query(query).Count)
    client.RestoreTableFromBackup { TargetTableName = "plain", BackupArn = back_up(),
      GlobalSecondaryIndexOverride = json.array {}, BillingModeOverride = "PAY_PER_REQUEST" }
    assert.is_nil(client.DescribeTable({ TableName = "plain" }).Table.GlobalSecondaryIndexes)
  end)

  it("is not needed where a table's present is restored", function()
    local request = { SourceTableName = "things", TargetTableName = "now", UseLatestRestorableTime = true }
    assert.are.equal("PointInTimeRecoveryUnavailableException", client.fails("RestoreTableToPointInTime", request).code)
    client.UpdateContinuousBackups { TableName = "things",
      PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled = true, RecoveryPeriodInDays = 7 } }
    assert.are.equal(7, client.DescribeContinuousBackups({ TableName = "things" }).ContinuousBackupsDescription
      .PointInTimeRecoveryDescription.RecoveryPeriodInDays)
    client.RestoreTableToPointInTime(request)
    assert.are.equal("kept", client.GetItem({ TableName = "now", Key = { p = { S = "a" }, r = { N = "1" } } }).Item.x.S)
    assert.are.equal("InvalidRestoreTimeException", client.fails("RestoreTableToPointInTime",
      { SourceTableName = "things", TargetTableName = "then", RestoreDateTime = 1 }).code)
    assert.are.equal("SourceTableNotFoundException", client.fails("RestoreTableToPointInTime",
      { SourceTableName = "nowhere", TargetTableName = "then" }).code)
  end)
end)
