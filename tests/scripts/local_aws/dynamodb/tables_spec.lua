-- CreateTable, DescribeTable, ListTables, DeleteTable.

local clock   = require "clock"
local json    = require "json"
local service = require "tests.support.service"
local support = require "tests.support.dynamodb_table"

local INVALID = "One or more parameter values were invalid: "
local THROUGHPUT = { ReadCapacityUnits = 2, WriteCapacityUnits = 3 }

local function definition(more)
  local input = { TableName = "table", KeySchema = support.key "p", AttributeDefinitions = support.attributes { "p:S" },
    ProvisionedThroughput = THROUGHPUT }
  for name, value in pairs(more or {}) do
    input[name] = value ~= "absent" and value or nil
  end
  return input
end

local function global(name, hash, more)
  local index = support.index(name or "g-1", support.key(hash or "g"), "ALL")
  index.ProvisionedThroughput = THROUGHPUT
  for member, value in pairs(more or {}) do
    index[member] = value ~= "absent" and value or nil
  end
  return index
end

describe("DynamoDB tables", function()
  local client
  before_each(function() client = service.open(require "local_aws.dynamodb") end)

  local function message(more)
    local fault = client.fails("CreateTable", definition(more))
    assert.are.equal("ValidationException", fault.code)
    return fault.message
  end

  it("are described as the service does", function()
    clock.freeze(1800000000)
    local made = client.CreateTable(definition { Tags = json.array { { Key = "a", Value = "b" } } }).TableDescription
    assert.matches("^%x+%-%x+%-4%x+%-%x+%-%x+$", made.TableId)
    assert.are.same({
      TableName = "table", TableArn = "arn:aws:dynamodb:us-east-1:123456789012:table/table", TableId = made.TableId,
        TableStatus = "CREATING",
      CreationDateTime = 1800000000.0, AttributeDefinitions = definition().AttributeDefinitions,
        KeySchema = definition().KeySchema,
      ItemCount = 0, TableSizeBytes = 0, DeletionProtectionEnabled = false,
      ProvisionedThroughput = { NumberOfDecreasesToday = 0, ReadCapacityUnits = 2, WriteCapacityUnits = 3 },
      WarmThroughput = { ReadUnitsPerSecond = 2, WriteUnitsPerSecond = 3, Status = "UPDATING" },
    }, made)
    local described = client.DescribeTable({ TableName = "table" }).Table
    made.TableStatus, made.WarmThroughput.Status = "ACTIVE", "ACTIVE"
    assert.are.same(made, described)
    assert.are.same({ { Key = "a", Value = "b" } }, client.ListTagsOfResource({ ResourceArn = made.TableArn }).Tags)
    clock.speed(1)
  end)

  it("are paid by request where that is asked for", function()
    local made = client.CreateTable(definition { BillingMode = "PAY_PER_REQUEST",
      ProvisionedThroughput = "absent" }).TableDescription
    assert.are.same({ BillingMode = "PAY_PER_REQUEST" }, made.BillingModeSummary)
    assert.are.same({ NumberOfDecreasesToday = 0, ReadCapacityUnits = 0, WriteCapacityUnits = 0 }, made.ProvisionedThroughput)
    local summary = client.DescribeTable({ TableName = "table" }).Table.BillingModeSummary
    assert.are.equal(made.CreationDateTime, summary.LastUpdateToPayPerRequestDateTime)
  end)

  it("count their items and bytes, and those of their indexes", function()
    client = support.open()
    client.put("a", 1, { g = { S = "gg" }, l = { N = "1" } })
    client.put("a", 2, { g = { S = "gg" } })
    client.put("b", 3)
    client.put("b", 3, { x = { S = "xxxx" } })
    local described = client.DescribeTable({ TableName = "things" }).Table
    assert.are.same({ 3, 29 }, { described.ItemCount, described.TableSizeBytes })
    local function counts(list)
      local out = {}
      for _, index in ipairs(list) do
        out[index.IndexName] = { index.ItemCount, index.IndexSizeBytes }
      end
      return out
    end
    assert.are.same({ ["g-all"] = { 1, 11 }, ["g-keys"] = { 2, 16 }, ["g-some"] = { 2, 16 } },
      counts(described.GlobalSecondaryIndexes))
    assert.are.same({ ["l-keys"] = { 1, 8 } }, counts(described.LocalSecondaryIndexes))
    assert.are.equal("arn:aws:dynamodb:us-east-1:123456789012:table/things/index/g-all",
      described.GlobalSecondaryIndexes[1].IndexArn)
    assert.are.equal("ACTIVE", described.GlobalSecondaryIndexes[1].IndexStatus)
    for _, key in ipairs { { "a", 1 }, { "a", 2 }, { "b", 3 } } do
      client.DeleteItem { TableName = "things", Key = { p = { S = key[1] }, r = { N = tostring(key[2]) } } }
    end
    described = client.DescribeTable({ TableName = "things" }).Table
    assert.are.same({ 0, 0 }, { described.ItemCount, described.TableSizeBytes })
    assert.are.same({ ["g-all"] = { 0, 0 }, ["g-keys"] = { 0, 0 }, ["g-some"] = { 0, 0 } },
      counts(described.GlobalSecondaryIndexes))
  end)

  it("keep streams, encryption, class and protection as they were asked for", function()
    local made = client.CreateTable(definition {
      StreamSpecification = { StreamEnabled = true, StreamViewType = "NEW_IMAGE" }, SSESpecification = { Enabled = true },
      TableClass = "STANDARD_INFREQUENT_ACCESS", DeletionProtectionEnabled = true,
    }).TableDescription
    assert.are.equal(made.TableArn .. "/stream/" .. made.LatestStreamLabel, made.LatestStreamArn)
    assert.matches("^%d+%-%d+%-%d+T%d+:%d+:%d+%.%d%d%d$", made.LatestStreamLabel)
    assert.are.equal("STANDARD_INFREQUENT_ACCESS", made.TableClassSummary.TableClass)
    assert.are.equal("ENABLED", made.SSEDescription.Status)
    local fault = client.fails("DeleteTable", { TableName = "table" })
    assert.are.equal("Resource cannot be deleted as it is currently protected against deletion. Disable deletion "
      .. "protection first.",
      fault.message)
  end)

  it("are refused with the service's reasons", function()
    local two = support.attributes { "p:S", "r:S" }
    assert.are.equal(INVALID .. "ReadCapacityUnits and WriteCapacityUnits must both be specified when BillingMode is "
      .. "PROVISIONED",
      message { ProvisionedThroughput = "absent" })
    assert.are.equal(INVALID .. "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified when BillingMode is "
      .. "PAY_PER_REQUEST",
      message { BillingMode = "PAY_PER_REQUEST" })
    assert.are.equal("Given value 1000000000001 for ReadCapacityUnits is out of bounds",
      message { ProvisionedThroughput = { ReadCapacityUnits = 1000000000001, WriteCapacityUnits = 1 } })
    assert.are.equal("Invalid KeySchema: Some index key attribute have no definition", message { KeySchema = support.key("p",
      "r") })
    assert.are.equal(INVALID .. "Some index key attributes are not defined in AttributeDefinitions. Keys: [q], "
      .. "AttributeDefinitions: [p]",
      message { KeySchema = support.key "q" })
    assert.are.equal("Both the Hash Key and the Range Key element in the KeySchema have the same name",
      message { KeySchema = support.key("p", "p"), AttributeDefinitions = two })
    assert.are.equal("Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
      message { KeySchema = json.array { { AttributeName = "p", KeyType = "RANGE" } } })
    assert.are.equal("Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
      message { AttributeDefinitions = two,
      KeySchema = json.array { { AttributeName = "p", KeyType = "HASH" }, { AttributeName = "r", KeyType = "HASH" } } })
    assert.are.equal(INVALID .. "Number of attributes in KeySchema does not exactly match number of attributes defined in "
      .. "AttributeDefinitions", message { AttributeDefinitions = two })
    assert.are.equal(INVALID .. "Duplicate AttributeName in AttributeDefinitions: p",
      message { AttributeDefinitions = support.attributes { "p:S", "p:N" } })
    assert.are.equal("Tag keys must be unique. Duplicate tag key: a",
      message { Tags = json.array { { Key = "a", Value = "1" }, { Key = "a", Value = "2" } } })
  end)

  it("are refused for their global indexes", function()
    local defined = support.attributes { "p:S", "g:S" }
    local function with(list, attributes)
      return message { GlobalSecondaryIndexes = json.array(list), AttributeDefinitions = attributes or defined }
    end
    assert.are.equal(INVALID .. "List of GlobalSecondaryIndexes is empty", with({}, support.attributes { "p:S" }))
    assert.are.equal(INVALID .. "Some index key attributes are not defined in AttributeDefinitions. Keys: [g], "
      .. "AttributeDefinitions: [p]",
      with({ global() }, support.attributes { "p:S" }))
    assert.are.equal(INVALID .. "Duplicate index name: g-1", with { global(), global() })
    assert.are.equal(INVALID .. "Unknown ProjectionType: null", with { global(nil, nil, { Projection = json.object {} }) })
    assert.are.equal(INVALID .. "ProjectionType is ALL, but NonKeyAttributes is specified",
      with { global(nil, nil, { Projection = { ProjectionType = "ALL", NonKeyAttributes = json.array { "x" } } }) })
    assert.are.equal(INVALID .. "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
      with { global(nil, nil, { Projection = { ProjectionType = "INCLUDE" } }) })
    assert.are.equal(INVALID .. "ProvisionedThroughput must be specified for index: g-1",
      with { global(nil, nil, { ProvisionedThroughput = "absent" }) })
    assert.are.equal(INVALID .. "Some AttributeDefinitions are not used. AttributeDefinitions: [g, p, z], keys used: [g, p]",
      with({ global() }, support.attributes { "p:S", "g:S", "z:S" }))
    local many, fields = {}, json.array {}
    for number = 1, 21 do
      many[number] = global("g-" .. number)
    end
    assert.are.equal(INVALID .. "GlobalSecondaryIndex count exceeds the per-table limit of 20", with(many))
    for number = 1, 11 do
      fields[number] = "x" .. number
    end
    many = {}
    for number = 1, 10 do
      many[number] = global("g-" .. number, nil, { Projection = { ProjectionType = "INCLUDE", NonKeyAttributes = fields } })
    end
    assert.are.equal(INVALID .. "Number of NonKeyAttributes exceeds the per-table limit of 100", with(many))
    assert.are.equal(INVALID .. "ProvisionedThroughput should not be specified for index: g-1 when BillingMode is "
      .. "PAY_PER_REQUEST",
      message { GlobalSecondaryIndexes = json.array { global() }, AttributeDefinitions = defined,
        BillingMode = "PAY_PER_REQUEST",
        ProvisionedThroughput = "absent" })
  end)

  it("are refused for their local indexes", function()
    local function with(list, schema, attributes)
      return message { LocalSecondaryIndexes = json.array(list), KeySchema = schema or support.key("p", "r"),
        AttributeDefinitions = attributes or support.attributes { "p:S", "r:S", "l:S" } }
    end
    local function index(name, hash, range)
      return support.index(name or "l-1", support.key(hash or "p", range), "ALL")
    end
    assert.are.equal(INVALID .. "List of LocalSecondaryIndexes is empty", with({}, nil, support.attributes { "p:S", "r:S" }))
    assert.are.equal(INVALID .. "Table KeySchema does not have a range key, which is required when specifying a "
      .. "LocalSecondaryIndex",
      with({ index(nil, nil, "l") }, support.key "p"))
    assert.are.equal(INVALID .. "Index KeySchema does not have a range key for index: l-1", with { index() })
    assert.are.equal(INVALID .. "Index KeySchema does not have the same leading hash key as table KeySchema for index: l-1. "
      .. "index hash key: r, table hash key: p", with { index(nil, "r", "l") })
    local many = {}
    for number = 1, 6 do
      many[number] = index("l-" .. number, nil, "l")
    end
    assert.are.equal(INVALID .. "Number of LocalSecondaryIndexes exceeds per-table limit of 5", with(many))
  end)

  it("have names, which are checked first", function()
    local length = "TableName must be at least 3 characters long and at most 255 characters long"
    assert.are.equal(length, message { TableName = "ab" })
    assert.are.equal(length, message { TableName = ("a"):rep(256) })
    assert.are.equal("The parameter 'TableName' is required but was not present in the request",
      message { TableName = "absent" })
    assert.are.equal("1 validation error detected: Value 'a b c' at 'tableName' failed to satisfy constraint: "
      .. "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+", message { TableName = "a b c" })
  end)

  it("are listed in pages by name", function()
    for _, name in ipairs { "ccc", "aaa", "bbb" } do
      client.CreateTable(definition { TableName = name })
    end
    assert.are.same({ TableNames = { "aaa", "bbb", "ccc" } }, client.ListTables {})
    assert.are.same({ TableNames = { "aaa", "bbb" }, LastEvaluatedTableName = "bbb" }, client.ListTables { Limit = 2 })
    assert.are.same({ TableNames = { "ccc" } }, client.ListTables { ExclusiveStartTableName = "bbb", Limit = 1 })
    assert.are.same({ TableNames = {} }, client("eu-west-1").ListTables {})
    assert.is_true(json.is_array(client("eu-west-1").ListTables({}).TableNames))
  end)

  it("go with all they hold, and can be made again", function()
    client = support.open()
    client.put("a", 1, { g = { S = "x" } })
    local gone = client.DeleteTable({ TableName = "things" }).TableDescription
    assert.are.same({ "DELETING", 1, nil }, { gone.TableStatus, gone.ItemCount, gone.GlobalSecondaryIndexes })
    for _, operation in ipairs { "DescribeTable", "DeleteTable" } do
      local fault = client.fails(operation, { TableName = "things" })
      assert.are.same({ "ResourceNotFoundException", "Requested resource not found: Table: things not found" },
        { fault.code, fault.message })
    end
    for _, name in ipairs { "dynamodb_item", "dynamodb_index_entry", "dynamodb_index", "dynamodb_table" } do
      assert.are.equal(0, client.world.db:first("SELECT count(*) AS n FROM " .. name).n, name)
    end
    client.CreateTable(support.definition())
    assert.is_nil(client.get("a", 1))
    local fault = client.fails("CreateTable", support.definition())
    assert.are.same({ "ResourceInUseException", "Table already exists: things" }, { fault.code, fault.message })
  end)

  it("pass through their statuses when the world wants it slow", function()
    clock.freeze()
    client = support.open { dynamodb_transition_seconds = 5 }
    local get = { TableName = "things", Key = { p = { S = "a" }, r = { N = "1" } } }
    local function status() return client.DescribeTable({ TableName = "things" }).Table.TableStatus end
    assert.are.equal("CREATING", status())
    assert.are.equal("CREATING", client.DescribeTable({ TableName = "things" }).Table.GlobalSecondaryIndexes[1].IndexStatus)
    assert.are.equal("ResourceNotFoundException", client.fails("GetItem", get).code)
    local fault = client.fails("DeleteTable", { TableName = "things" })
    assert.are.same({ "ResourceInUseException",
      "Attempt to change a resource which is still in use: Table is being created: things" },
      { fault.code, fault.message })
    clock.step(5)
    assert.are.equal("ACTIVE", status())
    client.UpdateTable { TableName = "things", DeletionProtectionEnabled = false }
    assert.are.equal("UPDATING", status())
    client.GetItem(get)
    assert.matches("Table is being updated: things$",
      client.fails("UpdateTable", { TableName = "things", DeletionProtectionEnabled = true }).message)
    clock.step(5)
    client.DeleteTable { TableName = "things" }
    assert.are.equal("DELETING", status())
    assert.are.equal("ResourceNotFoundException", client.fails("GetItem", get).code)
    assert.matches("Table is being deleted: things$", client.fails("DeleteTable", { TableName = "things" }).message)
    clock.step(5)
    assert.are.equal("ResourceNotFoundException", client.fails("DescribeTable", { TableName = "things" }).code)
    clock.speed(1)
  end)

  it("show what is wrong with a request as Java writes it", function()
    local schema = support.key("p", "r")
    schema[3] = { AttributeName = "x", KeyType = "RANGE" }
    assert.are.equal("1 validation error detected: Value '[KeySchemaElement(attributeName=p, keyType=HASH), "
      .. "KeySchemaElement(attributeName=r, keyType=RANGE), KeySchemaElement(attributeName=x, keyType=RANGE)]' at 'keySchema' "
      .. "failed to satisfy constraint: Member must have length less than or equal to 2",
      client.fails("CreateTable", { TableName = "wide", KeySchema = schema, BillingMode = "PAY_PER_REQUEST",
        AttributeDefinitions = support.attributes { "p:S", "r:S", "x:S" } }).message)
  end)
end)
