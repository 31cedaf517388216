-- Global indexes with several hash and range keys.

local json    = require "json"
local service = require "tests.support.service"
local support = require "tests.support.dynamodb_table"

local function schema(...)
  local list = json.array {}
  for place, element in ipairs { ... } do
    local name, kind = element:match "^(%w+):(%u+)$"
    list[place] = { AttributeName = name, KeyType = kind }
  end
  return list
end

local function definition(key_schema)
  return {
    TableName = "games", BillingMode = "PAY_PER_REQUEST", KeySchema = support.key "p",
    AttributeDefinitions = support.attributes { "p:S", "h:S", "i:N", "a:S", "b:N", "c:B" },
    GlobalSecondaryIndexes = json.array { support.index("wide", key_schema, "ALL") },
  }
end

describe("A DynamoDB index with several keys", function()
  local client

  local function put(p, a, b, c, more)
    local item = { p = { S = p }, h = { S = "h" }, i = { N = "1" }, a = { S = a }, b = b and { N = b }, c = { B = c or "\0" } }
    for name, value in pairs(more or {}) do
      item[name] = value
    end
    client.PutItem { TableName = "games", Item = item }
  end

  local VALUES = { h = { S = "h" }, one = { N = "1" }, x = { S = "x" }, xy = { S = "xy" }, two = { N = "2" }, ten = { N = "10" },
    zero = { B = "\0" } }

  local function input(condition, more)
    local request = { TableName = "games", IndexName = "wide", KeyConditionExpression = "h = :h AND i = :one" .. condition,
      ExpressionAttributeValues = {} }
    for name in request.KeyConditionExpression:gmatch ":(%a+)" do
      request.ExpressionAttributeValues[":" .. name] = VALUES[name]
    end
    for name, value in pairs(more or {}) do
      request[name] = value
    end
    return request
  end

  local function found(condition, more)
    local list = {}
    for place, item in ipairs(client.Query(input(condition, more)).Items) do
      list[place] = item.p.S
    end
    return table.concat(list, " ")
  end

  before_each(function()
    client = service.open(require "local_aws.dynamodb")
    client.CreateTable(definition(schema("h:HASH", "i:HASH", "a:RANGE", "b:RANGE", "c:RANGE")))
    put("1", "x", "1")
    put("2", "x", "2", "\0\0")
    put("3", "x", "2", "\0")
    put("4", "x", "10")
    put("5", "xy", "1")
    put("6", "x\0", "1")
    put("7", "y", nil)
    put("8", "z", "1", nil, { i = { N = "2" } })
  end)

  it("holds what has all of them, in the order of one after the other", function()
    assert.are.equal("1 3 2 4 6 5", found "")
    assert.are.equal("5 6 4 2 3 1", found("", { ScanIndexForward = false }))
  end)

  it("is asked for the first of its range keys, the last of those by any comparison", function()
    assert.are.equal("1 3 2 4", found " AND a = :x")
    assert.are.equal("6 5", found " AND a > :x")
    assert.are.equal("1 3 2 4", found " AND a <= :x")
    assert.are.equal("", found " AND a < :x")
    assert.are.equal("5", found " AND a >= :xy")
    assert.are.equal("1 3 2 4 6 5", found " AND begins_with(a, :x)")
    assert.are.equal("1 3 2 4 6 5", found " AND a BETWEEN :x AND :xy")
    assert.are.equal("3 2", found " AND a = :x AND b = :two")
    assert.are.equal("3 2 4", found " AND a = :x AND b > :one")
    assert.are.equal("1 3 2", found " AND a = :x AND b < :ten")
    assert.are.equal("3 2 4", found " AND a = :x AND b BETWEEN :two AND :ten")
    assert.are.equal("3", found " AND a = :x AND b = :two AND c = :zero")
    assert.are.equal("2", found " AND a = :x AND b = :two AND c > :zero")
    assert.are.equal("3 2", found " AND a = :x AND b = :two AND begins_with(c, :zero)")
  end)

  it("refuses conditions with a gap, or beside one that is no equality", function()
    local function message(condition) return client.fails("Query", input(condition)).message end
    assert.are.equal("Query condition missed key schema element: a", message " AND b = :one")
    assert.are.equal("Query key condition not supported", message " AND a > :x AND b = :one")
    assert.are.equal("Query condition missed key schema element: i", client.fails("Query", { TableName = "games",
      IndexName = "wide", KeyConditionExpression = "h = :h", ExpressionAttributeValues = { [":h"] = { S = "h" } } }).message)
  end)

  it("goes on from page to page", function()
    local seen, start = {}, nil
    repeat
      local page = client.Query(input("", { Limit = 2, ExclusiveStartKey = start }))
      for _, item in ipairs(page.Items) do
        seen[#seen + 1] = item.p.S
      end
      start = page.LastEvaluatedKey
    until not start
    assert.are.equal("1 3 2 4 6 5", table.concat(seen, " "))
  end)

  it("follows its items when they change", function()
    client.UpdateItem { TableName = "games", Key = { p = { S = "1" } }, UpdateExpression = "SET b = :b REMOVE h",
      ExpressionAttributeValues = { [":b"] = { N = "3" } } }
    assert.are.equal("3 2 4 6 5", found "")
  end)

  it("has up to four of each, hash keys first", function()
    local function message(...)
      local request = definition(schema(...))
      request.TableName = "other"
      return client.fails("CreateTable", request).message
    end
    assert.are.equal("Invalid KeySchema: The first KeySchemaElement is not a HASH key type", message("a:RANGE", "h:HASH"))
    assert.are.equal("Invalid KeySchema: All HASH key elements must come before the RANGE key elements",
      message("h:HASH", "a:RANGE", "i:HASH"))
    assert.are.equal("Invalid KeySchema: A global secondary index can have at most 4 HASH and 4 RANGE key elements",
      message("p:HASH", "h:RANGE", "i:RANGE", "a:RANGE", "b:RANGE", "c:RANGE"))
  end)
end)
