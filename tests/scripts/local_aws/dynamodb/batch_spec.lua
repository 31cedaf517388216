-- BatchGetItem, BatchWriteItem.

local json    = require "json"
local support = require "tests.support.dynamodb_table"

local function key(hash)
  return { p = { S = hash } }
end

local function put(hash, attributes)
  local item = key(hash)
  for name, value in pairs(attributes or {}) do
    item[name] = value
  end
  return { PutRequest = { Item = item } }
end

local function delete(hash)
  return { DeleteRequest = { Key = key(hash) } }
end

describe("DynamoDB batches", function()
  local client
  before_each(function()
    client = support.open()
    for _, name in ipairs { "one", "two" } do
      client.CreateTable { TableName = name, BillingMode = "PAY_PER_REQUEST", KeySchema = support.key "p",
        AttributeDefinitions = support.attributes { "p:S" } }
    end
  end)

  local function many(count, make)
    local list = json.array {}
    for number = 1, count do
      list[number] = make(tostring(number))
    end
    return list
  end

  it("write and read several tables", function()
    local written = client.BatchWriteItem { ReturnConsumedCapacity = "TOTAL", RequestItems = {
      one = json.array { put("a", { x = { S = ("x"):rep(1500) } }), put "b" }, two = json.array { put "c" } } }
    assert.are.equal("{}", json.encode(written.UnprocessedItems))
    assert.are.same({ { TableName = "one", CapacityUnits = 3 }, { TableName = "two", CapacityUnits = 1 } },
      written.ConsumedCapacity)
    client.BatchWriteItem { RequestItems = { one = json.array { delete "b", put "d" } } }
    local read = client.BatchGetItem { ReturnConsumedCapacity = "TOTAL", RequestItems = {
      one = { Keys = json.array { key "a", key "b", key "d" }, ConsistentRead = true, ProjectionExpression = "p" },
      two = { Keys = json.array { key "c" } } } }
    assert.are.same({ { p = { S = "a" } }, { p = { S = "d" } } }, read.Responses.one)
    assert.are.same({ { p = { S = "c" } } }, read.Responses.two)
    assert.are.equal("{}", json.encode(read.UnprocessedKeys))
    assert.are.same({ { TableName = "one", CapacityUnits = 3 }, { TableName = "two", CapacityUnits = 0.5 } },
      read.ConsumedCapacity)
    local legacy = client.BatchGetItem { RequestItems = { one = { Keys = json.array { key "a" },
      AttributesToGet = json.array { "p" } } } }
    assert.are.same({ { p = { S = "a" } } }, legacy.Responses.one)
  end)

  it("hold 100 keys and 25 writes", function()
    client.BatchWriteItem { RequestItems = { one = many(25, put) } }
    assert.are.equal(25, #client.BatchGetItem({ RequestItems = { one = { Keys = many(100, key) } } }).Responses.one)
    assert.matches("^1 validation error detected: Value '.+' at 'requestItems' failed to satisfy constraint: Map value "
      .. "must satisfy "
      .. "constraint: %[Member must have length less than or equal to 25, Member must have length greater than or equal to 1%]",
      client.message("BatchWriteItem", { RequestItems = { one = many(26, put) } }))
    assert.are.equal("Too many items requested for the BatchWriteItem call",
      client.message("BatchWriteItem", { RequestItems = { one = many(13, put), two = many(13, put) } }))
    assert.matches("^1 validation error detected: Value '.+' at 'requestItems.one.member.keys' failed to satisfy constraint: "
      .. "Member must have length less than or equal to 100$",
      client.message("BatchGetItem", { RequestItems = { one = { Keys = many(101, key) } } }))
    assert.are.equal("Too many items requested for the BatchGetItem call",
      client.message("BatchGetItem", { RequestItems = { one = { Keys = many(51, key) }, two = { Keys = many(50, key) } } }))
    assert.matches("Member must have length greater than or equal to 1$", client.message("BatchGetItem",
      { RequestItems = json.object {} }))
  end)

  it("leave for another call what would make the answer too large", function()
    for number = 1, 45 do
      client.PutItem { TableName = "one", Item = { p = { S = tostring(number) }, x = { S = ("x"):rep(400 * 1024 - 100) } } }
    end
    local request = { Keys = many(45, key), ProjectionExpression = "p, #x", ExpressionAttributeNames = { ["#x"] = "x" },
      ConsistentRead = true }
    local output = client.BatchGetItem { RequestItems = { one = request } }
    assert.are.equal(40, #output.Responses.one)
    local rest = output.UnprocessedKeys.one
    assert.are.same({ key "41", key "42", key "43", key "44", key "45" }, rest.Keys)
    assert.are.same({ "p, #x", true, "x" }, { rest.ProjectionExpression, rest.ConsistentRead,
      rest.ExpressionAttributeNames["#x"] })
    assert.are.equal(5, #client.BatchGetItem({ RequestItems = output.UnprocessedKeys }).Responses.one)
  end)

  it("refuse one key twice, wrong keys, and requests that are neither", function()
    local twice = "Provided list of item keys contains duplicates"
    assert.are.equal(twice, client.message("BatchWriteItem", { RequestItems = { one = json.array { put "a", delete "a" } } }))
    assert.are.equal(twice, client.message("BatchGetItem",
      { RequestItems = { one = { Keys = json.array { key "a", key "a" } } } }))
    client.BatchWriteItem { RequestItems = { one = json.array { put "a" }, two = json.array { put "a" } } }
    local neither = "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported "
      .. "datatypes"
    assert.are.equal(neither, client.message("BatchWriteItem", { RequestItems = { one = json.array { json.object {} } } }))
    local both = put "a"
    both.DeleteRequest = delete("b").DeleteRequest
    assert.are.equal(neither, client.message("BatchWriteItem", { RequestItems = { one = json.array { both } } }))
    local wrong = { q = { S = "a" } }
    assert.are.equal("The provided key element does not match the schema",
      client.message("BatchWriteItem", { RequestItems = { one = json.array { { DeleteRequest = { Key = wrong } } } } }))
    assert.are.equal("The provided key element does not match the schema",
      client.message("BatchWriteItem", { RequestItems = { one = json.array { { PutRequest = { Item = wrong } } } } }))
    assert.are.equal("The provided key element does not match the schema",
      client.message("BatchGetItem", { RequestItems = { one = { Keys = json.array { wrong } } } }))
    assert.are.equal(twice, client.message("BatchGetItem",
      { RequestItems = { nope = { Keys = json.array { key "a", key "a" } } } }))
    assert.are.equal("ResourceNotFoundException",
      client.fails("BatchWriteItem", { RequestItems = { nope = json.array { put "a", delete "a" } } }).code)
    for _, operation in ipairs { "BatchGetItem", "BatchWriteItem" } do
      local items = operation == "BatchGetItem" and { Keys = json.array { key "a" } } or json.array { put "a" }
      local fault = client.fails(operation, { RequestItems = { nope = items } })
      assert.are.same({ "ResourceNotFoundException", "Requested resource not found" }, { fault.code, fault.message })
      assert.matches("Map keys must satisfy constraint: %[Member must have length less than", client.message(operation,
        { RequestItems = { ab = items } }))
    end
  end)

  it("write all or nothing of a refused call", function()
    client.fails("BatchWriteItem", { RequestItems = { one = json.array { put "a" }, nope = json.array { put "b" } } })
    assert.is_nil(client.GetItem({ TableName = "one", Key = key "a" }).Item)
  end)

  it("tell the collections that they touched", function()
    local output = client.BatchWriteItem { ReturnItemCollectionMetrics = "SIZE", RequestItems = { things = json.array {
      { PutRequest = { Item = { p = { S = "a" }, r = { N = "1" } } } } } } }
    assert.are.same({ p = { S = "a" } }, output.ItemCollectionMetrics.things[1].ItemCollectionKey)
  end)
end)
