-- Tags, time to live, limits, endpoints, backups, and the checks that the model asks for.

local clock   = require "clock"
local json    = require "json"
local support = require "tests.support.dynamodb_table"

local ARN = "arn:aws:dynamodb:us-east-1:123456789012:table/things"

describe("DynamoDB tags", function()
  local client
  before_each(function() client = support.open() end)

  it("are put, listed and removed", function()
    client.TagResource { ResourceArn = ARN, Tags = json.array { { Key = "b", Value = "2" }, { Key = "a", Value = "1" } } }
    client.TagResource { ResourceArn = ARN, Tags = json.array { { Key = "a", Value = "3" } } }
    assert.are.same({ { Key = "a", Value = "3" }, { Key = "b", Value = "2" } },
      client.ListTagsOfResource({ ResourceArn = ARN }).Tags)
    client.UntagResource { ResourceArn = ARN, TagKeys = json.array { "a", "none" } }
    assert.are.same({ { Key = "b", Value = "2" } }, client.ListTagsOfResource({ ResourceArn = ARN }).Tags)
  end)

  it("need a table's ARN and something to do", function()
    local one = json.array { { Key = "a", Value = "1" } }
    assert.are.equal("Atleast one Tag needs to be provided as Input.", client.message("TagResource", { ResourceArn = ARN,
      Tags = json.array {} }))
    assert.are.equal("Atleast one Tag Key needs to be provided as Input.",
      client.message("UntagResource", { ResourceArn = ARN, TagKeys = json.array {} }))
    assert.are.equal("Invalid TableArn: Invalid ResourceArn provided as input arn:aws:dynamodb:us-east-1:x:table/things",
      client.message("TagResource", { ResourceArn = "arn:aws:dynamodb:us-east-1:x:table/things", Tags = one }))
    for _, wrong in ipairs { ARN .. "x", (ARN:gsub("us%-east%-1", "eu-west-1")), (ARN:gsub("123456789012", "111122223333")) } do
      local fault = client.fails("TagResource", { ResourceArn = wrong, Tags = one })
      assert.are.same({ "ResourceNotFoundException", "Requested resource not found: ResourcArn: " .. wrong .. " not found" },
        { fault.code, fault.message })
    end
    local fault = client.fails("ListTagsOfResource", { ResourceArn = "things" })
    assert.are.same({ "AccessDeniedException", "User: arn:aws:iam::123456789012:user/test is not authorized to perform: "
      .. "dynamodb:ListTagsOfResource on resource: things" }, { fault.code, fault.message })
    assert.are.equal("One or more parameter values were invalid: Tag keys must not start with aws:",
      client.message("TagResource", { ResourceArn = ARN, Tags = json.array { { Key = "aws:x", Value = "1" } } }))
  end)

  it("are at most fifty", function()
    local function tags(first, last)
      local list = json.array {}
      for number = first, last do
        list[#list + 1] = { Key = "k" .. number, Value = "v" }
      end
      return { ResourceArn = ARN, Tags = list }
    end
    assert.are.equal("One or more parameter values were invalid: Too many tags", client.message("TagResource", tags(1, 51)))
    client.TagResource(tags(1, 50))
    assert.are.equal("One or more parameter values were invalid: Too many tags", client.message("TagResource", tags(51, 51)))
  end)
end)

describe("DynamoDB time to live", function()
  local client
  before_each(function()
    clock.freeze(1800000000)
    client = support.open()
  end)
  after_each(function() clock.speed(1) end)

  local function set(enabled, name)
    return { TableName = "things", TimeToLiveSpecification = { Enabled = enabled, AttributeName = name } }
  end

  it("is switched on and off", function()
    local function described() return client.DescribeTimeToLive({ TableName = "things" }).TimeToLiveDescription end
    assert.are.same({ TimeToLiveStatus = "DISABLED" }, described())
    assert.are.equal("TimeToLive is already disabled", client.message("UpdateTimeToLive", set(false, "x")))
    assert.are.same(set(true, "x").TimeToLiveSpecification, client.UpdateTimeToLive(set(true, "x")).TimeToLiveSpecification)
    assert.are.same({ TimeToLiveStatus = "ENABLED", AttributeName = "x" }, described())
    assert.are.equal("TimeToLive is already enabled", client.message("UpdateTimeToLive", set(true, "x")))
    for _, enabled in ipairs { true, false } do
      assert.are.equal("TimeToLive is active on a different AttributeName: current AttributeName is x",
        client.message("UpdateTimeToLive", set(enabled, "y")))
    end
    client.UpdateTimeToLive(set(false, "x"))
    assert.are.same({ TimeToLiveStatus = "DISABLED" }, described())
    assert.are.equal("ResourceNotFoundException", client.fails("DescribeTimeToLive", { TableName = "nope" }).code)
  end)

  it("lets items go some minutes after their time, from indexes and counts too", function()
    client.put("before", 1, { x = { N = "1800000100" }, g = { S = "gg" } })
    client.UpdateTimeToLive(set(true, "x"))
    client.put("after", 1, { x = { N = "1800000100.7" } })
    client.put("later", 1, { x = { N = "1800009999" } })
    client.put("text", 1, { x = { S = "1800000100" } })
    client.put("none", 1)
    client.put("ancient", 1, { x = { N = "1800" } })
    clock.step(650)
    assert.are.equal(6, client.Scan({ TableName = "things" }).Count)
    clock.step(60)
    assert.is_nil(client.get("before", 1))
    assert.are.equal(4, client.Scan({ TableName = "things" }).Count)
    assert.are.equal(0, client.Scan({ TableName = "things", IndexName = "g-keys" }).Count)
    assert.are.equal(4, client.DescribeTable({ TableName = "things" }).Table.ItemCount)
  end)

  it("can be put off, and ends with its switching off", function()
    client.UpdateTimeToLive(set(true, "x"))
    client.put("a", 1, { x = { N = "1800000100" } })
    client.put("b", 1, { x = { N = "1800000100" } })
    client.update("a", 1, "SET x = :x", { [":x"] = { N = "1800005000" } })
    clock.step(1000)
    assert.is_not_nil(client.get("a", 1))
    assert.is_nil(client.get("b", 1))
    client.UpdateTimeToLive(set(false, "x"))
    clock.step(10000)
    assert.is_not_nil(client.get("a", 1))
  end)
end)

describe("DynamoDB's account", function()
  local client
  before_each(function() client = support.open() end)

  it("has limits and an endpoint", function()
    assert.are.same({ AccountMaxReadCapacityUnits = 80000, AccountMaxWriteCapacityUnits = 80000,
      TableMaxReadCapacityUnits = 40000,
      TableMaxWriteCapacityUnits = 40000 }, client.DescribeLimits {})
    assert.are.same({ Endpoints = { { Address = "dynamodb.eu-west-1.amazonaws.com", CachePeriodInMinutes = 1440 } } },
      client("eu-west-1").DescribeEndpoints {})
  end)

  it("shows backups as off until they are switched on", function()
    local function status(output)
      return output.ContinuousBackupsDescription.PointInTimeRecoveryDescription.PointInTimeRecoveryStatus
    end
    local wanted = { TableName = "things", PointInTimeRecoverySpecification = { PointInTimeRecoveryEnabled = true } }
    assert.are.equal("DISABLED", status(client.DescribeContinuousBackups { TableName = "things" }))
    assert.are.equal("ENABLED", status(client.UpdateContinuousBackups(wanted)))
    assert.are.equal("ENABLED", status(client.DescribeContinuousBackups { TableName = "things" }))
    wanted.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled = false
    assert.are.equal("DISABLED", status(client.UpdateContinuousBackups(wanted)))
    local fault = client.fails("DescribeContinuousBackups", { TableName = "nope" })
    assert.are.same({ "TableNotFoundException", "Table not found: nope" }, { fault.code, fault.message })
  end)
end)

describe("DynamoDB inputs", function()
  local client = support.open()

  it("are checked against the model, all faults in one sentence", function()
    assert.are.equal("1 validation error detected: Value null at 'key' failed to satisfy constraint: Member must not be null",
      client.message("GetItem", { TableName = "things" }))
    assert.are.equal("2 validation errors detected: Value 'hm' at 'returnConsumedCapacity' failed to satisfy constraint: "
      .. "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; Value 'ab' at 'tableName' failed to satisfy constraint: "
      .. "Member must have length greater than or equal to 3",
      client.message("GetItem", { TableName = "ab", ReturnConsumedCapacity = "hm", Key = { p = { S = "a" } } }))
    assert.are.equal("1 validation error detected: Value '0' at 'limit' failed to satisfy constraint: "
      .. "Member must have value greater than or equal to 1", client.message("Scan", { TableName = "things", Limit = 0 }))
    assert.are.equal("1 validation error detected: Value '1000001' at 'totalSegments' failed to satisfy constraint: "
      .. "Member must have value less than or equal to 1000000",
      client.message("Scan", { TableName = "things", Segment = 0, TotalSegments = 1000001 }))
    assert.are.equal("1 validation error detected: Value 'X' at 'attributeDefinitions.1.member.attributeType' failed to "
      .. "satisfy "
      .. "constraint: Member must satisfy enum value set: [B, N, S]", client.message("CreateTable", { TableName = "other",
        AttributeDefinitions = support.attributes { "p:X" }, KeySchema = support.key "p", BillingMode = "PAY_PER_REQUEST" }))
    assert.are.equal("1 validation error detected: Value '[]' at 'keySchema' failed to satisfy constraint: "
      .. "Member must have length greater than or equal to 1", client.message("CreateTable", { TableName = "other",
        AttributeDefinitions = support.attributes { "p:S" }, KeySchema = json.array {}, BillingMode = "PAY_PER_REQUEST" }))
  end)

  it("are told of ten faults at most", function()
    local attributes = json.array {}
    for number = 1, 12 do
      attributes[number] = { AttributeName = "a" .. number, AttributeType = "X" }
    end
    assert.matches("^10 validation errors detected: ", client.message("CreateTable",
      { TableName = "other", AttributeDefinitions = attributes, KeySchema = support.key "p" }))
  end)
end)
