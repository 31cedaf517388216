-- Scan: everything once, in pages, in segments, of indexes.

local json    = require "json"
local support = require "tests.support.dynamodb_table"

describe("DynamoDB Scan", function()
  local client = support.open()
  for number = 1, 200 do
    client.put("p" .. number, number % 7, { y = { N = tostring(number) }, g = number % 4 == 0 and { S = "g"
      .. number % 3 } or nil })
  end

  -- All pages of a scan -> how often each hash key came, pages
  local function all(input)
    local seen, pages = {}, 0
    input.TableName = "things"
    repeat
      local output = client.Scan(input)
      for _, item in ipairs(output.Items) do
        seen[item.p.S] = (seen[item.p.S] or 0) + 1
      end
      input.ExclusiveStartKey = output.LastEvaluatedKey
      pages = pages + 1
    until not output.LastEvaluatedKey
    return seen, pages
  end

  local function check_all_once(seen, expected)
    local count = 0
    for name, times in pairs(seen) do
      assert.are.equal(1, times, name)
      count = count + 1
    end
    assert.are.equal(expected, count)
  end

  it("gives every item once, whatever the page", function()
    for _, limit in ipairs { 1, 7, 199, 200, 201 } do
      check_all_once((all { Limit = limit }), 200)
    end
    local _, pages = all { Limit = 50 }
    assert.are.equal(5, pages)
  end)

  it("can be shared among segments", function()
    for _, total in ipairs { 1, 2, 3, 16, 1000 } do
      local seen = {}
      for segment = 0, total - 1 do
        for name, times in pairs((all { Segment = segment, TotalSegments = total, Limit = 20 })) do
          seen[name] = (seen[name] or 0) + times
        end
      end
      check_all_once(seen, 200)
    end
  end)

  it("orders partitions as the real service hashes them", function()
    -- Measured by dynalite's authors against the service: md5("Outliers" .. key) decides.
    local first = client.Scan({ TableName = "things", Limit = 1 }).Items[1].p.S
    local crypto, least = require "crypto", nil
    for number = 1, 200 do
      local hash = crypto.md5("Outliers" .. "p" .. number):sub(1, 3)
      least = (not least or hash < least.hash) and { hash = hash, name = "p" .. number } or least
    end
    assert.are.equal(least.name, first)
  end)

  it("filters and projects", function()
    local output = client.Scan { TableName = "things", FilterExpression = "y > :y AND p <> :p", ProjectionExpression = "y",
      ExpressionAttributeValues = { [":y"] = { N = "190" }, [":p"] = { S = "p195" } } }
    assert.are.same({ 9, 200 }, { output.Count, output.ScannedCount })
    assert.is_nil(output.Items[1].p)
    assert.is_nil(client.Scan({ TableName = "things", Select = "COUNT" }).Items)
  end)

  it("reads indexes", function()
    check_all_once((all { IndexName = "g-keys", Limit = 9 }), 50)
    assert.are.equal(50, client.Scan({ TableName = "things", IndexName = "g-keys", Select = "COUNT", Segment = 0,
      TotalSegments = 1 }).Count)
    assert.is_nil(client.Scan({ TableName = "things", IndexName = "g-keys" }).Items[1].y)
    assert.are.equal("Consistent reads are not supported on global secondary indexes",
      client.message("Scan", { TableName = "things", IndexName = "g-keys", ConsistentRead = true }))
  end)

  it("takes the legacy filter, with OR too", function()
    local function count(filter, operator)
      return client.Scan({ TableName = "things", ScanFilter = filter, ConditionalOperator = operator }).Count
    end
    local high = { ComparisonOperator = "GT", AttributeValueList = json.array { { N = "190" } } }
    local first = { ComparisonOperator = "EQ", AttributeValueList = json.array { { S = "p1" } } }
    assert.are.equal(10, count { y = high })
    assert.are.equal(0, count { y = high, p = first })
    assert.are.equal(11, count({ y = high, p = first }, "OR"))
    assert.are.equal(50, count { g = { ComparisonOperator = "NOT_NULL" } })
    assert.are.equal(150, count { g = { ComparisonOperator = "NULL" } })
    -- g is there for every fourth number and holds the rest by three; what is not there contains nothing, nor lacks it.
    local without_zero = { ComparisonOperator = "NOT_CONTAINS", AttributeValueList = json.array { { S = "0" } } }
    assert.are.equal(34, count { g = without_zero })
  end)

  it("refuses segments and starts that do not fit", function()
    local function message(more)
      more.TableName = "things"
      return client.message("Scan", more)
    end
    assert.are.equal("The TotalSegments parameter is required but was not present in the request when Segment parameter "
      .. "is present",
      message { Segment = 1 })
    assert.are.equal("The Segment parameter is required but was not present in the request when parameter TotalSegments "
      .. "is present",
      message { TotalSegments = 2 })
    assert.are.equal("The Segment parameter is zero-based and must be less than parameter TotalSegments: "
      .. "Segment: 2 is not less than TotalSegments: 2", message { Segment = 2, TotalSegments = 2 })
    assert.are.equal("The provided starting key is invalid: The provided key element does not match the schema",
      message { ExclusiveStartKey = { p = { S = "p1" } } })
    assert.are.equal("The provided starting key is invalid: The provided key element does not match the schema",
      message { ExclusiveStartKey = { p = { S = "p1" }, r = { S = "1" } } })
    assert.are.equal("The provided key element does not match the schema",
      message { IndexName = "g-keys", ExclusiveStartKey = { p = { S = "p1" }, r = { N = "1" }, g = { N = "1" } } })
    local last = client.Scan({ TableName = "things", Segment = 0, TotalSegments = 2, Limit = 1 }).LastEvaluatedKey
    assert.are.equal("The provided starting key is invalid: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with "
      .. "correct "
      .. "Segment. TotalSegments: 2 Segment: 1", message { ExclusiveStartKey = last, Segment = 1, TotalSegments = 2 })
  end)

  it("costs what its page holds, not what the table holds", function()
    -- Every page must begin by a search in an ordered index, on the side where it goes on, and sort nothing.
    local reads = require "local_aws.dynamodb.reads"
    local function plan(request, after)
      local sql, parameters = reads.statement(request, after, 5)
      local text = ""
      for _, row in ipairs(client.world.db:all("EXPLAIN QUERY PLAN " .. sql, table.unpack(parameters))) do
        text = text .. row.detail .. "\n"
      end
      assert.not_matches("TEMP B%-TREE", text)
      return text
    end
    local after = { 1, "h", "r", "k" }
    local things = { id = 1 }
    for _, index in ipairs { false, { id = 2 } } do
      local request = { table = things, index = index or nil, partition = { 1, "h" }, lower = { operator = ">=", value = "a" } }
      local found = index and "SEARCH e USING PRIMARY KEY %(index_id=%? AND slot=%? AND hash=%? AND "
        or "SEARCH i USING INDEX dynamodb_item_key %(table_id=%? AND slot=%? AND hash=%? AND "
      local columns = index and "%(range,primary_key%)" or "range"
      local behind = index and after or { 1, "h", "r" }
      assert.matches(found .. "range>%?", plan(request))
      assert.matches(found .. columns .. ">", plan(request, behind))
      request.backward = true
      assert.matches(found .. ".*" .. columns .. "<", plan(request, behind))
      local scan = { table = things, index = index or nil, upper = { operator = "<=", value = 9 } }
      assert.matches("%(slot,hash,range[,primary_key]*%)>", plan(scan, behind))
      assert.matches("slot<%?", plan(scan))
    end
  end)

  it("judges AttributesToGet, then the filter, then the start", function()
    local names = json.array { "y", "y" }
    local filter = { y = { ComparisonOperator = "EQ", AttributeValueList = json.array {} } }
    local start = { p = {} }
    local function message(input)
      input.TableName, input.ExclusiveStartKey = "nowhere", start
      return client.message("Scan", input)
    end
    assert.are.equal("One or more parameter values were invalid: Duplicate value in attribute name: y",
      message { AttributesToGet = names, ScanFilter = filter })
    assert.are.equal("One or more parameter values were invalid: Invalid number of argument(s) for the EQ ComparisonOperator",
      message { ScanFilter = filter })
    assert.matches("^The provided starting key is invalid: Supplied AttributeValue is empty", message {})
  end)

  it("tells ten faults of the model, by AWS's order of members", function()
    local nothing = json.object {}
    local text = client.message("Scan", { TableName = "abc;", ReturnConsumedCapacity = "hi", AttributesToGet = json.array {},
      IndexName = "abc;", Segment = -1, TotalSegments = -1, Select = "hi", Limit = -1, ConditionalOperator = "AN",
      ScanFilter = { b = { ComparisonOperator = "" }, a = nothing } })
    local places = {}
    for place in text:gmatch "at '([^']+)' failed" do
      places[#places + 1] = place
    end
    assert.are.same({ "select", "indexName", "totalSegments", "returnConsumedCapacity", "tableName", "conditionalOperator",
      "scanFilter.a.member.comparisonOperator", "scanFilter.b.member.comparisonOperator", "segment", "limit" }, places)
  end)
end)
