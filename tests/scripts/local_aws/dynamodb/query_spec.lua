-- Query: key conditions, order, pages, indexes, filters.

local json    = require "json"
local support = require "tests.support.dynamodb_table"

local NUMBERS = { "-1e20", "-100", "-99.5", "-1", "-0.001", "0", "1e-20", "0.001", "0.5", "1", "1.5", "9", "10", "11", "99",
  "100", "1e20" }
local PLAIN = { "-100000000000000000000", "-100", "-99.5", "-1", "-0.001", "0", "0.00000000000000000001", "0.001", "0.5", "1",
  "1.5", "9",
  "10", "11", "99", "100", "100000000000000000000" }

describe("DynamoDB Query", function()
  local client = support.open()
  for place, number in ipairs(NUMBERS) do
    client.put("a", number, {
      x = { S = "x" .. place }, y = { N = tostring(place) },
      g = place % 2 == 0 and { S = "gg" } or nil, l = place % 3 ~= 0 and { N = tostring(100 - place) } or nil,
    })
  end
  client.put("b", 1)

  local function query(expression, values, more)
    local input = { TableName = "things", KeyConditionExpression = expression, ExpressionAttributeValues = {
      [":p"] = { S = "a" } } }
    for name, value in pairs(values or {}) do
      input.ExpressionAttributeValues[name] = value
    end
    for name, value in pairs(more or {}) do
      input[name] = value
    end
    return input
  end

  local function ranges(output)
    local list = {}
    for place, item in ipairs(output.Items) do
      list[place] = item.r.N
    end
    return list
  end

  local function slice(first, last)
    return { table.unpack(PLAIN, first, last) }
  end

  it("gives a partition in the order of its range key, both ways", function()
    local output = client.Query(query "p = :p")
    assert.are.same(PLAIN, ranges(output))
    assert.are.same({ 17, 17 }, { output.Count, output.ScannedCount })
    assert.is_nil(output.LastEvaluatedKey)
    local backward = ranges(client.Query(query("p = :p", nil, { ScanIndexForward = false })))
    for place, number in ipairs(backward) do
      assert.are.equal(PLAIN[18 - place], number)
    end
  end)

  it("takes every range condition", function()
    local one = { [":r"] = { N = "1" } }
    assert.are.same({ "1" }, ranges(client.Query(query("p = :p AND r = :r", one))))
    assert.are.same(slice(1, 9), ranges(client.Query(query("p = :p AND r < :r", one))))
    assert.are.same(slice(1, 10), ranges(client.Query(query("p = :p AND r <= :r", one))))
    assert.are.same(slice(11, 17), ranges(client.Query(query("p = :p AND r > :r", one))))
    assert.are.same(slice(10, 17), ranges(client.Query(query("p = :p AND r >= :r", one))))
    assert.are.same(slice(11, 17), ranges(client.Query(query(":r < r AND :p = p", one))))
    assert.are.same(slice(4, 10), ranges(client.Query(query("(p = :p) AND r BETWEEN :q AND :r",
      { [":q"] = { N = "-1" }, [":r"] = { N = "1" } }))))
  end)

  it("finds texts and binaries by their beginning", function()
    client.CreateTable { TableName = "texts", BillingMode = "PAY_PER_REQUEST", KeySchema = support.key("p", "r"),
      AttributeDefinitions = support.attributes { "p:S", "r:B" } }
    for _, bytes in ipairs { "\0", "ab", "abc", "ab\255", "ab\255\255", "ac", "b", "\255", "\255\255" } do
      client.PutItem { TableName = "texts", Item = { p = { S = "a" }, r = { B = bytes } } }
    end
    local function count(prefix)
      local input = query("p = :p AND begins_with(r, :r)", { [":r"] = { B = prefix } }, { TableName = "texts" })
      return client.Query(input).Count
    end
    assert.are.same({ 4, 2, 2, 1, 0 }, { count "ab", count "ab\255", count "\255", count "\0", count "zz" })
  end)

  it("refuses conditions that are no key's", function()
    local one = { [":r"] = { N = "1" } }
    for expression, message in pairs {
      ["p = :p OR r = :r"] = "Invalid operator used in KeyConditionExpression: OR",
      ["NOT p = :p AND r = :r"] = "Invalid operator used in KeyConditionExpression: NOT",
      ["p <> :p AND r = :r"] = "Invalid operator used in KeyConditionExpression: <>",
      ["p IN (:p) AND r = :r"] = "Invalid operator used in KeyConditionExpression: IN",
      ["attribute_exists(p) AND p = :p AND r = :r"] = "Invalid operator used in KeyConditionExpression: attribute_exists",
      ["contains(p, :p) AND r = :r"] = "Invalid operator used in KeyConditionExpression: contains",
      ["p = :p AND size(r) = :r"] = "KeyConditionExpressions cannot contain nested operations",
      ["p = :p AND r.x = :r"] = "KeyConditionExpressions cannot have conditions on nested attributes",
      ["p = :p AND :r = :r"] = "Invalid condition in KeyConditionExpression: No key attribute specified",
      ["p = r AND p = :p AND r = :r"] = "Invalid condition in KeyConditionExpression: Multiple attribute names used in "
        .. "one condition",
      ["p = :p AND :r BETWEEN r AND :r"] = "Invalid condition in KeyConditionExpression: BETWEEN operator must have the "
        .. "key attribute "
        .. "as its first operand",
      ["begins_with(:p, p) AND r = :r"] = "Invalid condition in KeyConditionExpression: begins_with operator must have the key "
        .. "attribute as its first operand",
      ["p = :p AND r = :r AND r = :r"] = "KeyConditionExpressions must only contain one condition per key",
      ["p = :p AND y = :r AND r = :r"] = "Conditions can be of length 1 or 2 only",
      ["p > :p AND r = :r"] = "Query key condition not supported",
      ["r = :r AND y = :p"] = "Query condition missed key schema element: p",
      ["p = :p AND y = :r"] = "Query condition missed key schema element: r",
      ["p = :r AND r = :p"] = "One or more parameter values were invalid: Condition parameter type does not match schema type",
    } do
      assert.are.equal(message, client.message("Query", query(expression, one)), expression)
    end
    assert.are.equal("Either the KeyConditions or KeyConditionExpression parameter must be specified in the request.",
      client.message("Query", { TableName = "things" }))
    assert.are.equal("One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain "
      .. "an empty string "
      .. "value. Key: p", client.message("Query", query("p = :p", { [":p"] = { S = "" } })))
    assert.are.equal("Query key condition not supported", client.message("Query", query("g = :p AND r = :r", one,
      { IndexName = "g-keys" })))
  end)

  it("pages by Limit and goes on where it stopped, both ways", function()
    for _, forward in ipairs { true, false } do
      local seen, start = {}, nil
      repeat
        local output = client.Query(query("p = :p", nil, { Limit = 5, ExclusiveStartKey = start, ScanIndexForward = forward }))
        for _, number in ipairs(ranges(output)) do
          seen[#seen + 1] = number
        end
        start = output.LastEvaluatedKey
      until not start
      assert.are.equal(17, #seen)
      assert.are.same(forward and PLAIN[1] or PLAIN[17], seen[1])
      assert.are.same(forward and PLAIN[17] or PLAIN[1], seen[17])
    end
    local whole = client.Query(query("p = :p", nil, { Limit = 17 }))
    assert.are.same({ p = { S = "a" }, r = { N = PLAIN[17] } }, whole.LastEvaluatedKey)
    assert.are.equal(0, client.Query(query("p = :p", nil, { ExclusiveStartKey = whole.LastEvaluatedKey })).Count)
    assert.is_nil(client.Query(query("p = :p", nil, { Limit = 18 })).LastEvaluatedKey)
  end)

  it("goes on from a key that is no longer there", function()
    local output = client.Query(query("p = :p", nil, { ExclusiveStartKey = { p = { S = "a" }, r = { N = "50" } } }))
    assert.are.same(slice(15, 17), ranges(output))
  end)

  it("ends a page at 1 MB", function()
    for number = 1, 5 do
      client.put("big", number, { x = { S = ("x"):rep(300 * 1024) } })
    end
    local big = { [":p"] = { S = "big" } }
    local output = client.Query(query("p = :p", big, { ReturnConsumedCapacity = "TOTAL" }))
    assert.are.equal(4, output.Count)
    assert.are.equal("4", output.LastEvaluatedKey.r.N)
    assert.are.equal(150.5, output.ConsumedCapacity.CapacityUnits)
    local rest = client.Query(query("p = :p", big, { ExclusiveStartKey = output.LastEvaluatedKey }))
    assert.are.same({ 1, nil }, { rest.Count, rest.LastEvaluatedKey })
  end)

  it("filters after reading", function()
    local output = client.Query(query("p = :p", { [":y"] = { N = "3" } }, { FilterExpression = "y > :y", Limit = 5 }))
    assert.are.same({ 2, 5 }, { output.Count, output.ScannedCount })
    assert.are.equal(PLAIN[5], output.LastEvaluatedKey.r.N)
    assert.are.equal("Filter Expression can only contain non-primary key attributes: Primary key attribute: r",
      client.message("Query", query("p = :p", { [":y"] = { N = "3" } }, { FilterExpression = "r > :y" })))
  end)

  it("selects", function()
    local counted = client.Query(query("p = :p", nil, { Select = "COUNT" }))
    assert.are.same({ 17, nil }, { counted.Count, counted.Items })
    local projected = client.Query(query("p = :p", nil, { ProjectionExpression = "x", Select = "SPECIFIC_ATTRIBUTES",
      Limit = 1 }))
    assert.are.same({ { x = { S = "x1" } } }, projected.Items)
    for message, more in pairs {
      ["Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"] =
        { Select = "SPECIFIC_ATTRIBUTES" },
      ["Cannot specify the ProjectionExpression when choosing to get only the Count"] =
        { Select = "COUNT", ProjectionExpression = "x" },
      ["Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES"] =
        { Select = "ALL_ATTRIBUTES", ProjectionExpression = "x" },
      ["ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"] = { Select = "ALL_PROJECTED_ATTRIBUTES" },
    } do
      assert.are.equal(message, client.message("Query", query("p = :p", nil, more)))
    end
  end)

  it("reads global indexes: only items with their keys, only what they project", function()
    local function read(index, more)
      local input = query("g = :p", { [":p"] = { S = "gg" } }, more)
      input.IndexName = index
      return client.Query(input)
    end
    assert.are.equal(6, read("g-all").Count)
    assert.are.equal(8, read("g-keys").Count)
    assert.are.same({ g = { S = "gg" }, p = { S = "a" }, r = { N = "-100" } },
      read("g-some", { ProjectionExpression = "g, p, r", Limit = 1 }).Items[1])
    assert.is_nil(read("g-some").Items[1].y)
    assert.are.equal("x2", read("g-some").Items[1].x.S)
    assert.is_not_nil(read("g-all").Items[1].y)
    assert.are.same({ "84", "86", "90", "92", "96", "98" }, (function()
      local list = {}
      for place, item in ipairs(read("g-all").Items) do list[place] = item.l.N end
      return list
    end)())
    local page = read("g-all", { Limit = 2, ReturnConsumedCapacity = "INDEXES" })
    assert.are.same({ g = { S = "gg" }, l = { N = "86" }, p = { S = "a" }, r = page.Items[2].r }, page.LastEvaluatedKey)
    assert.are.equal(0.5, page.ConsumedCapacity.GlobalSecondaryIndexes["g-all"].CapacityUnits)
    assert.are.equal(4, read("g-all", { ExclusiveStartKey = page.LastEvaluatedKey }).Count)
    -- All pages of an index with equal keys: none lost, none twice.
    local seen, count, start = {}, 0, nil
    repeat
      local output = read("g-keys", { Limit = 3, ExclusiveStartKey = start })
      for _, item in ipairs(output.Items) do
        assert.is_nil(seen[item.r.N])
        seen[item.r.N], count = true, count + 1
      end
      start = output.LastEvaluatedKey
    until not start
    assert.are.equal(8, count)
  end)

  it("refuses of global indexes what they cannot do", function()
    local function message(index, more)
      local input = query("g = :p", nil, more)
      input.IndexName = index
      return client.message("Query", input)
    end
    assert.are.equal("Consistent reads are not supported on global secondary indexes", message("g-all",
      { ConsistentRead = true }))
    assert.are.equal("One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global "
      .. "secondary index "
      .. "g-keys because its projection type is not ALL", message("g-keys", { Select = "ALL_ATTRIBUTES" }))
    assert.are.equal("One or more parameter values were invalid: Global secondary index g-keys does not project [y]",
      message("g-keys", { ProjectionExpression = "y" }))
    assert.are.equal("One or more parameter values were invalid: Secondary index g-keys does not project one or more "
      .. "filter attributes: [y]",
      message("g-keys", { FilterExpression = "attribute_exists(y)" }))
    assert.are.equal("The table does not have the specified index: nope", message "nope")
  end)

  it("lets a local index fetch what it lacks", function()
    local function read(more)
      local input = query("p = :p", nil, more)
      input.IndexName, input.Limit, input.ReturnConsumedCapacity = "l-keys", 3, "INDEXES"
      return client.Query(input)
    end
    assert.are.same({ l = { N = "83" }, p = { S = "a" }, r = { N = PLAIN[17] } }, read().Items[1])
    assert.are.same({ l = { N = "86" }, p = { S = "a" }, r = { N = PLAIN[14] } }, read().LastEvaluatedKey)
    local whole = read { Select = "ALL_ATTRIBUTES", ConsistentRead = true }
    assert.are.equal("x17", whole.Items[1].x.S)
    assert.are.equal(3, whole.ConsumedCapacity.Table.CapacityUnits)
    assert.are.equal("17", read({ ProjectionExpression = "y" }).Items[1].y.N)
  end)

  it("checks where it is to begin", function()
    local function message(start, expression, values)
      return client.message("Query", query(expression or "p = :p", values, { ExclusiveStartKey = start }))
    end
    assert.are.equal("The provided starting key is invalid", message { p = { S = "a" } })
    assert.are.equal("The provided starting key is invalid", message { p = { S = "a" }, r = { N = "1" }, x = { S = "y" } })
    assert.are.equal("The provided key element does not match the schema", message { p = { S = "a" }, r = { S = "1" } })
    assert.are.equal("The provided starting key is invalid: The provided key element does not match the schema",
      client.message("Query", query("g = :p", nil, { IndexName = "g-keys",
        ExclusiveStartKey = { g = { S = "a" }, p = { S = "a" }, r = { S = "1" } } })))
    assert.are.equal("The provided starting key is outside query boundaries based on provided conditions",
      message { p = { S = "b" }, r = { N = "1" } })
    assert.are.equal("The provided starting key is invalid: Supplied AttributeValue is empty, must contain exactly one of "
      .. "the supported "
      .. "datatypes", message { p = {}, r = { N = "1" } })
    assert.are.equal("The parameter cannot be converted to a numeric value: x", message { p = { S = "a" }, r = { N = "x" } })
    local nine = { [":r"] = { N = "9" } }
    for expression, outside in pairs { ["r < :r"] = "9", ["r <= :r"] = "10", ["r > :r"] = "9", ["r >= :r"] = "8",
      ["r = :r"] = "8" } do
      assert.are.equal("The provided starting key does not match the range key predicate",
        message({ p = { S = "a" }, r = { N = outside } }, "p = :p AND " .. expression, nine), expression)
    end
    assert.are.equal("The provided starting key does not match the range key predicate",
      message({ p = { S = "a" }, r = { N = "8" } }, "p = :p AND r BETWEEN :r AND :r", nine))
    assert.are.equal("The query can return at most one row and cannot be restarted",
      message({ p = { S = "b" }, r = { N = "9" } }, "p = :p AND r = :r", nine))
  end)

  it("looks at the partition of the start before the conditions, at the rest behind them", function()
    local function message(start, index)
      return client.message("Query", query("z = :p", nil, { ExclusiveStartKey = start, IndexName = index }))
    end
    local invalid, wrong = "The provided starting key is invalid", "The provided key element does not match the schema"
    assert.are.equal(invalid, message { p = { S = "a" } })
    assert.are.equal(invalid, message { q = { S = "a" }, r = { N = "1" } })
    assert.are.equal(wrong, message { p = { N = "1" }, z = { S = "a" } })
    assert.are.equal(wrong, message({ g = { N = "1" }, x = { S = "a" }, y = { S = "a" } }, "g-keys"))
    assert.are.equal("Query condition missed key schema element: p", message { p = { S = "a" }, z = { S = "a" } })
    assert.are.equal("One or more parameter values were invalid: An number set  may not be empty",
      message { p = { NS = json.array {} } })
  end)

  it("takes the legacy parameters", function()
    local output = client.Query { TableName = "things", AttributesToGet = { "r" },
      KeyConditions = {
        p = { ComparisonOperator = "EQ", AttributeValueList = json.array { { S = "a" } } },
        r = { ComparisonOperator = "BETWEEN", AttributeValueList = json.array { { N = "0" }, { N = "10" } } },
      },
      QueryFilter = { y = { ComparisonOperator = "IN", AttributeValueList = json.array { { N = "12" }, { N = "13" },
        { N = "14" } } } } }
    assert.are.same({ { r = { N = "9" } }, { r = { N = "10" } } }, output.Items)
    assert.are.equal("Attempted conditional constraint is not an indexable operation", client.message("Query",
      { TableName = "things",
      KeyConditions = { p = { ComparisonOperator = "NE", AttributeValueList = json.array { { S = "a" } } } } }))
  end)
end)
