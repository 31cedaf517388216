-- UpdateTable: throughput, billing, global indexes, streams.

local json    = require "json"
local service = require "tests.support.service"
local support = require "tests.support.dynamodb_table"

local INVALID = "One or more parameter values were invalid: "

local function units(read, write)
  return { ReadCapacityUnits = read, WriteCapacityUnits = write }
end

describe("DynamoDB UpdateTable", function()
  local client
  before_each(function()
    client = service.open(require "local_aws.dynamodb")
    client.CreateTable { TableName = "table", KeySchema = support.key "p", AttributeDefinitions = support.attributes { "p:S" },
      ProvisionedThroughput = units(2, 3) }
  end)

  local function update(more)
    more.TableName = "table"
    return client.UpdateTable(more).TableDescription
  end

  local function message(more)
    more.TableName = "table"
    local fault = client.fails("UpdateTable", more)
    return fault.message, fault.code
  end

  local function described()
    return client.DescribeTable({ TableName = "table" }).Table
  end

  local function index(name, more)
    local definition = support.index(name, support.key "g", "ALL")
    definition.ProvisionedThroughput = units(1, 1)
    for member, value in pairs(more or {}) do
      definition[member] = value
    end
    return definition
  end

  local function create(name)
    return { GlobalSecondaryIndexUpdates = json.array { { Create = index(name) } },
      AttributeDefinitions = support.attributes { "p:S", "g:S" } }
  end

  it("changes the throughput and remembers when", function()
    local lower = update({ ProvisionedThroughput = units(5, 1) })
    assert.are.equal("UPDATING", lower.TableStatus)
    local now = described().ProvisionedThroughput
    assert.are.same({ 5, 1, 1 }, { now.ReadCapacityUnits, now.WriteCapacityUnits, now.NumberOfDecreasesToday })
    assert.is_number(now.LastIncreaseDateTime)
    assert.is_number(now.LastDecreaseDateTime)
    assert.are.equal("The provisioned throughput for the table will not change. The requested value equals the current value. "
      .. "Current ReadCapacityUnits provisioned for the table: 5. Requested ReadCapacityUnits: 5. "
      .. "Current WriteCapacityUnits provisioned for the table: 1. Requested WriteCapacityUnits: 1. "
      .. "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
      (message { ProvisionedThroughput = units(5, 1) }))
    assert.are.equal("Given value 1000000000001 for WriteCapacityUnits is out of bounds",
      (message { ProvisionedThroughput = units(1, 1000000000001) }))
  end)

  it("changes the billing mode", function()
    update { BillingMode = "PAY_PER_REQUEST" }
    local now = described()
    assert.are.equal("PAY_PER_REQUEST", now.BillingModeSummary.BillingMode)
    assert.are.equal(0, now.ProvisionedThroughput.ReadCapacityUnits)
    local neither = INVALID .. "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
      .. "PAY_PER_REQUEST"
    assert.are.equal(neither, (message { ProvisionedThroughput = units(1, 1) }))
    assert.are.equal(neither, (message { BillingMode = "PAY_PER_REQUEST", ProvisionedThroughput = units(1, 1) }))
    assert.are.equal(INVALID .. "ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
      (message { BillingMode = "PROVISIONED" }))
    update { BillingMode = "PROVISIONED", ProvisionedThroughput = units(1, 1) }
    assert.are.equal("PROVISIONED", described().BillingModeSummary.BillingMode)
  end)

  it("needs every index's throughput to go back to provisioned", function()
    update(create "g-1")
    update { BillingMode = "PAY_PER_REQUEST" }
    assert.are.equal(INVALID .. "ProvisionedThroughput must be specified for index: g-1",
      (message { BillingMode = "PROVISIONED", ProvisionedThroughput = units(1, 1) }))
    update { BillingMode = "PROVISIONED", ProvisionedThroughput = units(1, 1),
      GlobalSecondaryIndexUpdates = json.array { { Update = { IndexName = "g-1", ProvisionedThroughput = units(4, 4) } } } }
    assert.are.equal(4, described().GlobalSecondaryIndexes[1].ProvisionedThroughput.ReadCapacityUnits)
  end)

  it("makes an index and fills it with what is there", function()
    client.PutItem { TableName = "table", Item = { p = { S = "a" }, g = { S = "x" } } }
    client.PutItem { TableName = "table", Item = { p = { S = "b" } } }
    local answer = update(create "g-1")
    assert.are.same({ "CREATING", false }, { answer.GlobalSecondaryIndexes[1].IndexStatus,
      answer.GlobalSecondaryIndexes[1].Backfilling })
    local query = { TableName = "table", IndexName = "g-1", KeyConditionExpression = "g = :g",
      ExpressionAttributeValues = { [":g"] = { S = "x" } } }
    assert.are.same({ { p = { S = "a" }, g = { S = "x" } } }, client.Query(query).Items)
    assert.are.same({ "ACTIVE", 1 }, { described().GlobalSecondaryIndexes[1].IndexStatus,
      described().GlobalSecondaryIndexes[1].ItemCount })
    client.PutItem { TableName = "table", Item = { p = { S = "c" }, g = { S = "x" } } }
    assert.are.equal(2, client.Query(query).Count)
    assert.are.equal(2, #described().AttributeDefinitions)
  end)

  it("takes an index away, with the definitions that only it used", function()
    update(create "g-1")
    local answer = update { GlobalSecondaryIndexUpdates = json.array { { Delete = { IndexName = "g-1" } } } }
    assert.are.equal("DELETING", answer.GlobalSecondaryIndexes[1].IndexStatus)
    assert.is_nil(described().GlobalSecondaryIndexes)
    assert.are.same({ { AttributeName = "p", AttributeType = "S" } }, described().AttributeDefinitions)
    assert.are.equal(0, client.world.db:first("SELECT count(*) AS n FROM dynamodb_index").n)
    update(create "g-1")
  end)

  it("changes an index's throughput", function()
    update(create "g-1")
    local function change(name, wanted)
      return { GlobalSecondaryIndexUpdates = json.array { { Update = { IndexName = name, ProvisionedThroughput = wanted } } } }
    end
    assert.are.equal("UPDATING", update(change("g-1", units(7, 7))).GlobalSecondaryIndexes[1].IndexStatus)
    assert.are.equal(7, described().GlobalSecondaryIndexes[1].ProvisionedThroughput.ReadCapacityUnits)
    assert.matches("^The provisioned throughput for the table will not change", (message(change("g-1", units(7, 7)))))
    assert.matches("Action Blocked: IndexUpdate$", (message(change("g-1", units(1000000000001, 1)))))
    assert.are.same({ "Requested resource not found", "ResourceNotFoundException" }, { message(change("g-2", units(7, 7))) })
  end)

  it("refuses what makes no sense", function()
    local nothing = "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, GlobalSecondaryIndexUpdates or "
      .. "SSESpecification or ReplicaUpdates is required"
    assert.are.equal(nothing, (message {}))
    assert.are.equal(nothing, (message { GlobalSecondaryIndexUpdates = json.array {} }))
    local function indexes(...) return { GlobalSecondaryIndexUpdates = json.array { ... } } end
    assert.are.equal(INVALID .. "One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
      .. "GlobalSecondaryIndexUpdate.Delete must not be null", (message(indexes(json.object {}))))
    local gone = { Delete = { IndexName = "g-1" } }
    assert.are.equal(INVALID .. "Only one global secondary index update per index is allowed simultaneously. Index: g-1",
      (message(indexes(gone, gone))))
    assert.are.same({ "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
      "LimitExceededException" }, { message(indexes(gone, { Delete = { IndexName = "g-2" } })) })
    assert.are.same({ "Requested resource not found", "ResourceNotFoundException" }, { message(indexes(gone)) })
    assert.are.equal(INVALID .. "Some index key attributes are not defined in AttributeDefinitions. Keys: [g], "
      .. "AttributeDefinitions: [p]",
      (message(indexes { Create = index "g-1" })))
    update(create "g-1")
    assert.are.equal("Attempting to create an index which already exists", (message(create "g-1")))
    local fault = client.fails("UpdateTable", { TableName = "nope", BillingMode = "PAY_PER_REQUEST" })
    assert.are.equal("Requested resource not found: Table: nope not found", fault.message)
  end)

  it("switches a stream on and off", function()
    local on = { StreamSpecification = { StreamEnabled = true, StreamViewType = "KEYS_ONLY" } }
    local off = { StreamSpecification = { StreamEnabled = false } }
    assert.are.equal("Table does not have a stream to disable", (message(off)))
    assert.are.equal("KEYS_ONLY", update(on).StreamSpecification.StreamViewType)
    assert.are.equal("Table already has an enabled stream: TableName: table", (message(on)))
    assert.is_nil(update(off).StreamSpecification)
  end)

  it("changes class, encryption and protection", function()
    update { TableClass = "STANDARD_INFREQUENT_ACCESS", SSESpecification = { Enabled = true, KMSMasterKeyId = "arn:key" },
      DeletionProtectionEnabled = true }
    local now = described()
    assert.are.same({ "STANDARD_INFREQUENT_ACCESS", "arn:key", true },
      { now.TableClassSummary.TableClass, now.SSEDescription.KMSMasterKeyArn, now.DeletionProtectionEnabled })
    update { SSESpecification = { Enabled = false }, DeletionProtectionEnabled = false }
    now = described()
    assert.are.same({ "STANDARD_INFREQUENT_ACCESS", nil, false }, { now.TableClassSummary.TableClass, now.SSEDescription,
      now.DeletionProtectionEnabled })
  end)
end)
