-- TransactWriteItems, TransactGetItems.

local clock   = require "clock"
local json    = require "json"
local support = require "tests.support.dynamodb_table"

local function key(hash)
  return { p = { S = hash }, r = { N = "1" } }
end

local function action(kind, hash, more)
  local input = { TableName = "things" }
  input[kind == "Put" and "Item" or "Key"] = key(hash)
  for name, value in pairs(more or {}) do
    input[name] = value
  end
  return { [kind] = input }
end

local ONE = { [":n"] = { N = "1" } }

describe("DynamoDB transactions", function()
  local client
  before_each(function() client = support.open() end)

  local function write(actions, more)
    local input = { TransactItems = json.array(actions) }
    for name, value in pairs(more or {}) do
      input[name] = value
    end
    return input
  end

  it("write all together", function()
    client.put("gone", 1)
    local output = client.TransactWriteItems(write({
      action("Put", "a"), action("Update", "b", { UpdateExpression = "SET n = :n", ExpressionAttributeValues = ONE }),
      action("Delete", "gone"), action("ConditionCheck", "c", { ConditionExpression = "attribute_not_exists(p)" }),
    }, { ReturnConsumedCapacity = "INDEXES", ReturnItemCollectionMetrics = "SIZE" }))
    assert.is_not_nil(client.get("a", 1))
    assert.are.equal("1", client.get("b", 1).n.N)
    assert.is_nil(client.get("gone", 1))
    assert.is_nil(client.get("c", 1))
    assert.are.same({ { TableName = "things", CapacityUnits = 8, WriteCapacityUnits = 8,
      Table = { CapacityUnits = 8, WriteCapacityUnits = 8 } } }, output.ConsumedCapacity)
    assert.are.equal(4, #output.ItemCollectionMetrics.things)
  end)

  it("write nothing when one condition fails, and say which", function()
    client.put("a", 1, { x = { N = "7" } })
    local fault = client.fails("TransactWriteItems", write {
      action("Put", "new"), action("Put", "a", { ConditionExpression = "attribute_not_exists(p)" }),
      action("ConditionCheck", "c", { ConditionExpression = "attribute_exists(p)" }),
      action("Update", "b", { UpdateExpression = "SET n = absent" }),
    })
    assert.are.equal("TransactionCanceledException", fault.code)
    assert.are.equal("Transaction cancelled, please refer cancellation reasons for specific reasons "
      .. "[None, ConditionalCheckFailed, ConditionalCheckFailed, ValidationError]", fault.message)
    assert.are.same({
      { Code = "None" }, { Code = "ConditionalCheckFailed", Message = "The conditional request failed" },
      { Code = "ConditionalCheckFailed", Message = "The conditional request failed" },
      { Code = "ValidationError", Message = "The provided expression refers to an attribute that does not exist in the item" },
    }, fault.extra.CancellationReasons)
    assert.is_nil(client.get("new", 1))
  end)

  it("show the item that failed when asked", function()
    client.put("a", 1, { x = { N = "7" } })
    local fault = client.fails("TransactWriteItems", write { action("Delete", "a",
      { ConditionExpression = "attribute_not_exists(p)", ReturnValuesOnConditionCheckFailure = "ALL_OLD" }) })
    assert.are.equal("7", fault.extra.CancellationReasons[1].Item.x.N)
  end)

  it("leave nothing even where the caller goes on after the fault", function()
    client.world.db:transaction(function()
      client.fails("TransactWriteItems", write { action("Put", "new"), action("Update", "b",
        { UpdateExpression = "SET n = absent" }) })
    end)
    assert.is_nil(client.get("new", 1))
  end)

  it("refuse what is no transaction", function()
    assert.are.equal("Transaction request cannot include multiple operations on one item",
      client.message("TransactWriteItems", write { action("Put", "a"), action("Delete", "a") }))
    assert.are.equal("TransactItems can only contain one of Check, Put, Update or Delete",
      client.message("TransactWriteItems", write { json.object {} }))
    local both = action("Put", "a")
    both.Delete = action("Delete", "b").Delete
    assert.are.equal("TransactItems can only contain one of Check, Put, Update or Delete",
      client.message("TransactWriteItems", write { both }))
    assert.matches("Member must have length greater than or equal to 1$", client.message("TransactWriteItems", write {}))
    local many = {}
    for number = 1, 101 do
      many[number] = action("Put", "a" .. number)
    end
    assert.matches("Member must have length less than or equal to 100$", client.message("TransactWriteItems", write(many)))
    many[101] = nil
    client.TransactWriteItems(write(many))
    assert.are.equal(100, client.Scan({ TableName = "things", Select = "COUNT" }).Count)
    assert.are.equal("ResourceNotFoundException", client.fails("TransactWriteItems",
      write { action("Put", "a", { TableName = "nope" }) }).code)
    assert.matches("^Invalid ConditionExpression: Syntax error",
      client.message("TransactWriteItems", write { action("Put", "a", { ConditionExpression = "foo" }) }))
    local large = {}
    for number = 1, 11 do
      large[number] = action("Put", "a" .. number)
      large[number].Put.Item.x = { S = ("x"):rep(400 * 1024 - 50) }
    end
    assert.are.equal("Collection size of items in transaction exceeds 4 MB limit", client.message("TransactWriteItems",
      write(large)))
  end)

  it("tell a wrong key as a reason", function()
    local wrong = { Delete = { TableName = "things", Key = { q = { S = "a" } } } }
    local fault = client.fails("TransactWriteItems", write { wrong, action("Put", "a") })
    assert.are.same({ { Code = "ValidationError", Message = "The provided key element does not match the schema" },
      { Code = "None" } },
      fault.extra.CancellationReasons)
  end)

  it("run once for one token, for ten minutes", function()
    clock.freeze()
    local function count(token, number)
      return write({ action("Update", "ctr", { UpdateExpression = "ADD n :n",
        ExpressionAttributeValues = { [":n"] = { N = number or "1" } } }) }, { ClientRequestToken = token,
          ReturnConsumedCapacity = "TOTAL" })
    end
    assert.are.equal(2, client.TransactWriteItems(count "t").ConsumedCapacity[1].WriteCapacityUnits)
    local again = client.TransactWriteItems(count "t").ConsumedCapacity[1]
    assert.are.same({ nil, 2 }, { again.WriteCapacityUnits, again.ReadCapacityUnits })
    assert.are.equal("1", client.get("ctr", 1).n.N)
    local fault = client.fails("TransactWriteItems", count("t", "2"))
    assert.are.equal("IdempotentParameterMismatchException", fault.code)
    client.TransactWriteItems(count "u")
    assert.are.equal("2", client.get("ctr", 1).n.N)
    clock.step(601)
    client.TransactWriteItems(count "t")
    assert.are.equal("3", client.get("ctr", 1).n.N)
    clock.speed(1)
  end)

  it("forget the token of a cancelled call", function()
    local input = write({ action("Put", "a", { ConditionExpression = "attribute_exists(p)" }) }, { ClientRequestToken = "t" })
    assert.are.equal("TransactionCanceledException", client.fails("TransactWriteItems", input).code)
    client.put("a", 1)
    client.TransactWriteItems(input)
  end)

  it("read together", function()
    client.put("a", 1, { x = { N = "7" } })
    local function get(hash, more) return action("Get", hash, more) end
    local output = client.TransactGetItems(write({ get("a", { ProjectionExpression = "x" }), get "none" },
      { ReturnConsumedCapacity = "TOTAL" }))
    assert.are.equal('[{"Item":{"x":{"N":"7"}}},{}]', json.encode(output.Responses))
    assert.are.same({ { TableName = "things", CapacityUnits = 4, ReadCapacityUnits = 4 } }, output.ConsumedCapacity)
    assert.are.equal("Transaction request cannot include multiple operations on one item",
      client.message("TransactGetItems", write { get "a", get "a" }))
    assert.are.equal("ResourceNotFoundException", client.fails("TransactGetItems",
      write { get("a", { TableName = "nope" }) }).code)
    local wrong = client.fails("TransactGetItems", write { { Get = { TableName = "things", Key = { q = { S = "a" } } } } })
    assert.are.equal("ValidationError", wrong.extra.CancellationReasons[1].Code)
  end)

  it("end at once over an empty key, and give a key of another type as a reason", function()
    local empty = "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty "
      .. "string value. Key: p"
    for _, one in ipairs { { Put = { TableName = "things", Item = key "" } }, { Delete = { TableName = "things", Key = key "" } } } do
      assert.are.equal(empty, client.message("TransactWriteItems", write { action("Put", "a"), one }))
    end
    assert.are.equal("One or more parameter values are not valid. A value specified for a secondary index key is not supported. "
      .. "The AttributeValue for a key attribute cannot contain an empty string value. IndexName: g-all, IndexKey: g",
      client.message("TransactWriteItems", write { { Put = { TableName = "things",
        Item = { p = { S = "a" }, r = { N = "1" }, g = { S = "" } } } } }))
    local fault = client.fails("TransactWriteItems", write { { Delete = { TableName = "things",
      Key = { p = { N = "1" }, r = { N = "1" } } } } })
    assert.are.same({ { Code = "ValidationError", Message = "The provided key element does not match the schema" } },
      fault.extra.CancellationReasons)
  end)
end)
