-- The parameters from before expressions: Expected, AttributeUpdates, AttributesToGet.

local json    = require "json"
local support = require "tests.support.dynamodb_table"

local KEY = { p = { S = "a" }, r = { N = "1" } }
local INVALID = "One or more parameter values were invalid: "

describe("DynamoDB legacy parameters", function()
  local client
  before_each(function() client = support.open() end)

  local function put(expected, operator)
    return { TableName = "things", Item = { p = KEY.p, r = KEY.r, x = { N = "5" } }, Expected = expected,
      ConditionalOperator = operator }
  end

  local function update(updates)
    return { TableName = "things", Key = KEY, AttributeUpdates = updates, ReturnValues = "ALL_NEW" }
  end

  local function values(...)
    return json.array { ... }
  end

  it("expect values and absence", function()
    client.PutItem(put { p = { Exists = false } })
    assert.are.equal("ConditionalCheckFailedException", client.fails("PutItem", put { p = { Exists = false } }).code)
    client.PutItem(put { x = { Value = { N = "5.0" } } })
    client.PutItem(put { x = { Value = { N = "5" }, Exists = true }, z = { Exists = false } })
    assert.are.equal("ConditionalCheckFailedException", client.fails("PutItem", put { x = { Value = { N = "6" } } }).code)
    client.PutItem(put({ x = { Value = { N = "6" } }, r = { Value = { N = "1" } } }, "OR"))
  end)

  it("compare by operator", function()
    client.PutItem(put())
    for operator, list in pairs { EQ = values { N = "5" }, NE = values { N = "6" }, LE = values { N = "5" },
      LT = values { N = "6" },
      GE = values { N = "5" }, GT = values { N = "4" }, NOT_NULL = values(), IN = values({ N = "4" }, { N = "5" }),
      BETWEEN = values({ N = "4" }, { N = "6" }) } do
      client.PutItem(put { x = { ComparisonOperator = operator, AttributeValueList = list } })
    end
    client.PutItem(put { z = { ComparisonOperator = "NULL" } })
    client.PutItem(put { p = { ComparisonOperator = "BEGINS_WITH", AttributeValueList = values { S = "a" } } })
    client.PutItem(put { p = { ComparisonOperator = "CONTAINS", AttributeValueList = values { S = "a" } } })
    client.PutItem(put { p = { ComparisonOperator = "NOT_CONTAINS", AttributeValueList = values { S = "b" } } })
    assert.are.equal("ConditionalCheckFailedException", client.fails("PutItem",
      put { z = { ComparisonOperator = "NOT_CONTAINS", AttributeValueList = values { S = "b" } } }).code)
  end)

  it("refuse expectations that make no sense", function()
    for message, expected in pairs {
      ["Value must be provided when Exists is true for Attribute: x"] = { Exists = true },
      ["Value must be provided when Exists is null for Attribute: x"] = json.object {},
      ["Value cannot be used when Exists is false for Attribute: x"] = { Exists = false, Value = { N = "1" } },
      ["Value and AttributeValueList cannot be used together for Attribute: x"] = { Value = { N = "1" },
        AttributeValueList = values { N = "1" } },
      ["Exists and ComparisonOperator cannot be used together for Attribute: x"] = { Exists = true,
        ComparisonOperator = "NULL" },
      ["Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: x"] = { ComparisonOperator = "EQ" },
      ["AttributeValueList can only be used with a ComparisonOperator for Attribute: x"] = { AttributeValueList = values {
        N = "1" } },
      ["Invalid number of argument(s) for the EQ ComparisonOperator"] = { ComparisonOperator = "EQ",
        AttributeValueList = values() },
      ["Invalid number of argument(s) for the IN ComparisonOperator"] = { ComparisonOperator = "IN",
        AttributeValueList = values() },
      ["AttributeValues inside AttributeValueList must be of same type"] =
        { ComparisonOperator = "IN", AttributeValueList = values({ N = "1" }, { S = "1" }) },
    } do
      assert.are.equal(INVALID .. message, client.message("PutItem", put { x = expected }))
    end
    assert.are.equal("The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
      client.message("PutItem", put { x = { ComparisonOperator = "BETWEEN", AttributeValueList = values({ N = "2" },
        { N = "1" }) } }))
    assert.are.equal("The parameter cannot be converted to a numeric value: x",
      client.message("PutItem", put { x = { Value = { N = "x" } } }))
    assert.are.equal(INVALID .. "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type", client.message("Scan",
      { TableName = "things", ScanFilter = { x = { ComparisonOperator = "BEGINS_WITH", AttributeValueList = values {
        N = "1" } } } }))
  end)

  it("put, add and delete", function()
    local new = client.UpdateItem(update {
      n = { Value = { N = "1" } }, s = { Value = { SS = { "a" } }, Action = "ADD" }, q = { Value = { L = values { N = "1" } },
        Action = "ADD" },
    }).Attributes
    assert.are.same({ { N = "1" }, { SS = { "a" } }, { L = { { N = "1" } } } }, { new.n, new.s, new.q })
    new = client.UpdateItem(update {
      n = { Value = { N = "2" }, Action = "ADD" }, s = { Value = { SS = { "b" } }, Action = "ADD" },
      q = { Value = { L = values { N = "2" } }, Action = "ADD" },
    }).Attributes
    assert.are.same({ { N = "3" }, { SS = { "a", "b" } }, { L = { { N = "1" }, { N = "2" } } } }, { new.n, new.s, new.q })
    new = client.UpdateItem(update { s = { Value = { SS = { "b" } }, Action = "DELETE" },
      n = { Action = "DELETE" } }).Attributes
    assert.are.same({ SS = { "a" } }, new.s)
    assert.is_nil(new.n)
  end)

  it("refuse updates that make no sense", function()
    client.UpdateItem(update { n = { Value = { N = "1" } } })
    for message, change in pairs {
      [INVALID .. "Only DELETE action is allowed when no attribute value is specified"] = { Action = "PUT" },
      [INVALID .. "DELETE action with value is not supported for the type S"] = { Action = "DELETE", Value = { S = "x" } },
      [INVALID .. "ADD action is not supported for the type S"] = { Action = "ADD", Value = { S = "x" } },
      ["Type mismatch for attribute to update"] = { Action = "ADD", Value = { SS = { "x" } } },
    } do
      assert.are.equal(message, client.message("UpdateItem", update { n = change }))
    end
    assert.are.equal("Type mismatch for attribute to update",
      client.message("UpdateItem", update { n = { Action = "DELETE", Value = { SS = { "x" } } } }))
    assert.are.equal(INVALID .. "Cannot update attribute p. This attribute is part of the key",
      client.message("UpdateItem", update { p = { Value = { S = "x" } } }))
    assert.are.equal(INVALID .. "Type mismatch for Index Key g Expected: S Actual: N IndexName: g-all",
      client.message("UpdateItem", update { g = { Value = { N = "1" } } }))
  end)

  it("get some attributes, each once", function()
    client.put("a", 1, { x = { N = "1" }, y = { N = "2" } })
    local output = client.GetItem { TableName = "things", Key = KEY, AttributesToGet = json.array { "x", "absent" } }
    assert.are.same({ x = { N = "1" } }, output.Item)
    assert.are.equal(INVALID .. "Duplicate value in attribute name: x",
      client.message("GetItem", { TableName = "things", Key = KEY, AttributesToGet = json.array { "x", "x" } }))
  end)

  it("compare values of any type for equality, and judge the others one by one", function()
    client.put("a", 1, { m = { M = { x = { BOOL = true } } } })
    local function scan(operator, ...)
      return { TableName = "things", ScanFilter = { m = { ComparisonOperator = operator, AttributeValueList = json.array { ... } } } }
    end
    assert.are.equal(1, client.Scan(scan("EQ", { M = { x = { BOOL = true } } })).Count)
    assert.are.equal(1, client.Scan(scan("NE", { L = {} })).Count)
    assert.are.equal(INVALID .. "ComparisonOperator IN is not valid for NULL AttributeValue type",
      client.message("Scan", scan("IN", { NULL = true }, { S = "x" })))
    assert.are.equal(INVALID .. "AttributeValues inside AttributeValueList must be of same type",
      client.message("Scan", scan("IN", { S = "x" }, { NULL = true })))
  end)
end)
