-- PutItem, GetItem, UpdateItem, DeleteItem: keys, values, return values, conditions, capacity.

local json    = require "json"
local support = require "tests.support.dynamodb_table"

local KEY = { p = { S = "a" }, r = { N = "1" } }

describe("DynamoDB items", function()
  local client
  before_each(function() client = support.open() end)

  local function put(item, more)
    local input = { TableName = "things", Item = item }
    for name, value in pairs(more or {}) do
      input[name] = value
    end
    return input
  end

  local function key(more)
    local input = { TableName = "things", Key = KEY }
    for name, value in pairs(more or {}) do
      input[name] = value
    end
    return input
  end

  it("come back as they were put, with numbers in normal form", function()
    local attributes = {
      s = { S = "text \0 with zero" }, empty = { S = "" }, b = { B = "\0\1\255" }, none = { B = "" }, t = { BOOL = true },
      f = { BOOL = false }, z = { NULL = true }, ss = { SS = json.array { "b", "a" } }, bs = { BS = json.array { "\0", "\1" } },
      m = { M = json.object { deep = { L = json.array { { M = json.object {} }, { L = json.array {} } } } } },
    }
    client.put("a", 1, attributes)
    client.update("a", 1, "SET n = :n, ns = :ns", { [":n"] = { N = "1e2" }, [":ns"] = { NS = { "01", "2.50" } } })
    attributes.p, attributes.r = { S = "a" }, { N = "1" }
    attributes.n, attributes.ns = { N = "100" }, { NS = json.array { "1", "2.5" } }
    local found = client.get("a", 1)
    for name, value in pairs(attributes) do
      assert.are.same(value, found[name], name)
    end
    assert.is_true(json.is_array(found.m.M.deep.L[2].L))
    assert.are.equal("{}", json.encode(found.m.M.deep.L[1].M))
    assert.is_nil(client.get("a", 2))
  end)

  it("need the whole key with the right types", function()
    local function message(item) return client.message("PutItem", put(item)) end
    local invalid = "One or more parameter values were invalid: "
    assert.are.equal(invalid .. "Missing the key r in the item", message { p = { S = "a" } })
    assert.are.equal(invalid .. "Type mismatch for key p expected: S actual: N", message { p = { N = "1" }, r = { N = "1" } })
    assert.are.equal("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
      .. "an empty "
      .. "string value. Key: p", message { p = { S = "" }, r = { N = "1" } })
    assert.are.equal(invalid .. "Size of hashkey has exceeded the maximum size limit of2048 bytes",
      message { p = { S = ("x"):rep(2049) }, r = { N = "1" } })
    assert.are.equal(invalid .. "Type mismatch for Index Key g Expected: S Actual: N IndexName: g-all",
      message { p = { S = "a" }, r = { N = "1" }, g = { N = "1" } })
    assert.are.equal("One or more parameter values are not valid. A value specified for a secondary index key is not "
      .. "supported. "
      .. "The AttributeValue for a key attribute cannot contain an empty string value. IndexName: g-all, IndexKey: g",
      message { p = { S = "a" }, r = { N = "1" }, g = { S = "" } })
    client.put(("x"):rep(2048), 1)
  end)

  it("are found by exactly their key", function()
    for _, wrong in ipairs {
      { p = { S = "a" } }, { p = { S = "a" }, q = { N = "1" } }, { p = { S = "a" }, r = { S = "1" } },
      { p = { S = "a" }, r = { N = "1" }, q = { N = "1" } }, {},
    } do
      for _, operation in ipairs { "GetItem", "DeleteItem", "UpdateItem" } do
        assert.are.equal("The provided key element does not match the schema",
          client.message(operation, { TableName = "things", Key = wrong }))
      end
    end
    client.put("a", "1.0", { x = { S = "one" } })
    assert.are.equal("one", client.get("a", "1").x.S)
    assert.are.equal("one", client.get("a", "0.1e1").x.S)
  end)

  it("have limits of range key, size, depth and names", function()
    client.CreateTable { TableName = "texts", BillingMode = "PAY_PER_REQUEST", KeySchema = support.key("p", "r"),
      AttributeDefinitions = support.attributes { "p:B", "r:S" } }
    local function text(r) return { TableName = "texts", Item = { p = { B = "\0" }, r = { S = r } } } end
    client.PutItem(text(("r"):rep(1024)))
    assert.are.equal("One or more parameter values were invalid: Aggregated size of all range keys has exceeded the size "
      .. "limit of "
      .. "1024 bytes", client.message("PutItem", text(("r"):rep(1025))))

    -- The number is judged before there are seen to be two types.
    assert.are.equal("The parameter cannot be converted to a numeric value: b",
      client.message("PutItem", put { p = { S = "a", N = "b" }, r = { N = "1" } }))

    local room = 400 * 1024 - (1 + 1 + 1 + 2 + 1) -- p "a", r 1, the name x
    client.put("a", 1, { x = { S = ("x"):rep(room) } })
    assert.are.equal("Item size has exceeded the maximum allowed size",
      client.message("PutItem", put { p = { S = "a" }, r = { N = "1" }, x = { S = ("x"):rep(room + 1) } }))
    assert.are.equal("Item size to update has exceeded the maximum allowed size",
      client.message("UpdateItem", key { UpdateExpression = "SET y = :y", ExpressionAttributeValues = {
        [":y"] = { S = "y" } } }))

    local function nested(levels)
      local value = { S = "x" }
      for _ = 1, levels do
        value = { L = json.array { value } }
      end
      return value
    end
    client.put("a", 2, { x = nested(31) })
    assert.are.equal("Nesting Levels have exceeded supported limits: Attributes in the item have nested levels beyond "
      .. "supported limit",
      client.message("PutItem", put { p = { S = "a" }, r = { N = "1" }, x = nested(32) }))
    assert.are.equal("Empty attribute name", client.message("PutItem", put { p = { S = "a" }, r = { N = "1" },
      [""] = { S = "x" } }))
    assert.are.equal("Attribute name is too large, must be less than 65536 bytes",
      client.message("PutItem", put { p = { S = "a" }, r = { N = "1" }, [("x"):rep(65536)] = { S = "x" } }))
  end)

  it("answer the values that were asked for", function()
    assert.is_nil(client.PutItem(put({ p = KEY.p, r = KEY.r, x = { N = "1" } }, { ReturnValues = "ALL_OLD" })).Attributes)
    assert.are.equal("1", client.PutItem(put({ p = KEY.p, r = KEY.r }, { ReturnValues = "ALL_OLD" })).Attributes.x.N)
    assert.are.equal("ReturnValues can only be ALL_OLD or NONE",
      client.message("PutItem", put({ p = KEY.p, r = KEY.r }, { ReturnValues = "ALL_NEW" })))
    assert.are.equal("ReturnValues can only be ALL_OLD or NONE", client.message("DeleteItem",
      key { ReturnValues = "UPDATED_NEW" }))
    client.put("a", 1, { m = { M = { x = { N = "1" }, y = { N = "2" } } }, l = { N = "7" } })
    local values = { [":v"] = { N = "5" } }
    local function returned(which)
      return client.update("a", 1, "SET m.x = :v, q = :v", values, { ReturnValues = which }).Attributes
    end
    assert.are.same({ m = { M = { x = { N = "1" } } } }, returned "UPDATED_OLD")
    assert.are.same({ m = { M = { x = { N = "5" } } }, q = { N = "5" } }, returned "UPDATED_NEW")
    assert.are.equal("2", returned("ALL_OLD").m.M.y.N)
    assert.are.equal("5", returned("ALL_NEW").q.N)
    assert.is_nil(returned "NONE")
    assert.are.equal("5", client.DeleteItem(key { ReturnValues = "ALL_OLD" }).Attributes.q.N)
    assert.is_nil(client.DeleteItem(key { ReturnValues = "ALL_OLD" }).Attributes)
  end)

  it("are written only when the condition holds, and show themselves when asked", function()
    client.put("a", 1, { x = { N = "1" } })
    local wrong = { ConditionExpression = "attribute_not_exists(p)", ReturnValuesOnConditionCheckFailure = "ALL_OLD" }
    for operation, input in pairs { PutItem = put({ p = KEY.p, r = KEY.r }, wrong), DeleteItem = key(wrong),
      UpdateItem = key(wrong) } do
      local fault = client.fails(operation, input)
      assert.are.equal("ConditionalCheckFailedException", fault.code)
      assert.are.equal("The conditional request failed", fault.message)
      assert.are.equal("1", fault.extra.Item.x.N)
    end
    assert.are.equal("1", client.get("a", 1).x.N)
    assert.is_nil(client.fails("DeleteItem", key { ConditionExpression = "attribute_not_exists(p)" }).extra)
    assert.is_nil(client.fails("DeleteItem", { TableName = "things", Key = { p = { S = "z" }, r = { N = "1" } },
      ConditionExpression = "attribute_exists(p)", ReturnValuesOnConditionCheckFailure = "ALL_OLD" }).extra)
    client.DeleteItem(key { ConditionExpression = "x = :one", ExpressionAttributeValues = { [":one"] = { N = "1" } } })
    assert.is_nil(client.get("a", 1))
  end)

  it("are projected when read", function()
    client.put("a", 1, { m = { M = { x = { N = "1" }, y = { N = "2" } } }, q = { L = json.array { { N = "1" }, { N = "2" },
      { N = "3" } } } })
    local function get(expression, names)
      return client.GetItem(key { ProjectionExpression = expression, ExpressionAttributeNames = names }).Item
    end
    assert.are.same({ m = { M = { y = { N = "2" } } } }, get "m.y")
    assert.are.same({ q = { L = { { N = "1" }, { N = "3" } } } }, get "q[2], q[0]")
    assert.are.same({ p = { S = "a" } }, get("#p, absent, m.z, q[7]", { ["#p"] = "p" }))
    assert.are.same({}, get "absent")
    assert.are.equal("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: p",
      client.message("GetItem", key { ProjectionExpression = "p.x" }))
    assert.are.equal("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: g",
      client.message("GetItem", key { ProjectionExpression = "g[1]" }))
  end)

  it("say what they cost", function()
    local function cost(output) return support.text(output.ConsumedCapacity) end
    client.put("a", 1, { x = { S = ("x"):rep(5000) } })
    assert.are.equal('{"CapacityUnits":1,"TableName":"things"}', cost(client.GetItem(key { ReturnConsumedCapacity = "TOTAL" })))
    assert.are.equal('{"CapacityUnits":2,"Table":{"CapacityUnits":2},"TableName":"things"}',
      cost(client.GetItem(key { ReturnConsumedCapacity = "INDEXES", ConsistentRead = true })))
    assert.is_nil(client.GetItem(key { ReturnConsumedCapacity = "NONE" }).ConsumedCapacity)
    -- An index costs when it changes: twice when the entry moves.
    local function write(attributes)
      attributes.p, attributes.r = KEY.p, KEY.r
      local used = client.PutItem(put(attributes, { ReturnConsumedCapacity = "INDEXES" })).ConsumedCapacity
      local global = used.GlobalSecondaryIndexes or {}
      return used.CapacityUnits, used.Table.CapacityUnits, global["g-all"] and global["g-all"].CapacityUnits,
        global["g-keys"] and global["g-keys"].CapacityUnits,
          used.LocalSecondaryIndexes and used.LocalSecondaryIndexes["l-keys"].CapacityUnits
    end
    assert.are.same({ 5, 5 }, { write {} })
    assert.are.same({ 5, 1, 1, 1, 1 }, { write { g = { S = "x" }, l = { N = "1" } } })
    assert.are.same({ 1, 1 }, { write { g = { S = "x" }, l = { N = "1" } } })
    assert.are.same({ 2, 1, 1 }, { write { g = { S = "x" }, l = { N = "1" }, q = { N = "1" } } })
    assert.are.same({ 7, 1, 2, 2 }, { write { g = { S = "y" }, l = { N = "1" }, q = { N = "1" } } })
  end)

  it("count their collection where there are local indexes", function()
    local output = client.PutItem(put({ p = KEY.p, r = KEY.r }, { ReturnItemCollectionMetrics = "SIZE" }))
    assert.are.same({ ItemCollectionKey = { p = { S = "a" } }, SizeEstimateRangeGB = { 0, 1 } }, output.ItemCollectionMetrics)
    client.CreateTable { TableName = "plain", BillingMode = "PAY_PER_REQUEST", KeySchema = support.key "p",
      AttributeDefinitions = support.attributes { "p:S" } }
    assert.is_nil(client.PutItem({ TableName = "plain", Item = { p = KEY.p },
      ReturnItemCollectionMetrics = "SIZE" }).ItemCollectionMetrics)
  end)

  it("belong to one account and region", function()
    client.put("a", 1)
    local elsewhere = client("eu-west-1")
    elsewhere.CreateTable(support.definition())
    assert.is_nil(elsewhere.GetItem(key()).Item)
    local ok, fault = pcall(client("us-east-1", "111122223333").GetItem, key())
    assert.is_false(ok)
    assert.are.equal("ResourceNotFoundException", fault.code)
    assert.are.equal("Requested resource not found", fault.message)
  end)

  it("can be reached by the table's ARN", function()
    client.put("a", 1)
    assert.are.equal("a", client.GetItem({ TableName = "arn:aws:dynamodb:us-east-1:123456789012:table/things",
      Key = KEY }).Item.p.S)
  end)

  it("name the first index by name whose key is of another type", function()
    assert.are.equal("One or more parameter values were invalid: Type mismatch for Index Key l Expected: N Actual: S "
      .. "IndexName: g-all", client.message("PutItem", { TableName = "things",
        Item = { p = { S = "a" }, r = { N = "1" }, l = { S = "x" } } }))
  end)

  it("know the size of their collection without adding it up at every write", function()
    local function write(operation, r, more)
      local input = { TableName = "things", ReturnItemCollectionMetrics = "SIZE" }
      input[operation == "PutItem" and "Item" or "Key"] = { p = { S = "a" }, r = { N = r }, x = more }
      return client[operation](input).ItemCollectionMetrics.SizeEstimateRangeGB[1]
    end
    local function kept() return client.world.db:first("SELECT bytes FROM dynamodb_collection").bytes end
    local function real() return client.world.db:first("SELECT total(size) AS bytes FROM dynamodb_item").bytes end
    client.put("a", 1)
    assert.are.equal(0, write("PutItem", "2", { S = ("x"):rep(100) }))
    assert.are.equal(real(), kept())
    write("PutItem", "2", { S = "x" })
    write("DeleteItem", "1")
    assert.are.equal(real(), kept())
    client.world.db:run "UPDATE dynamodb_collection SET bytes = bytes + 3 * 1024 * 1024 * 1024"
    assert.are.equal(3, write("PutItem", "3"))
  end)
end)
