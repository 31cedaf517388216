-- UpdateItem: what each section does to an item.

local json    = require "json"
local support = require "tests.support.dynamodb_table"

local function numbers(...)
  local list = json.array {}
  for place, number in ipairs { ... } do
    list[place] = { N = tostring(number) }
  end
  return { L = list }
end

describe("DynamoDB updates", function()
  local client
  before_each(function() client = support.open() end)

  -- The item's attribute `name` after the expression.
  local function after(name, expression, values)
    return client.update("a", 1, expression, values, { ReturnValues = "ALL_NEW" }).Attributes[name]
  end

  local function message(expression, values)
    return client.message("UpdateItem", { TableName = "things", Key = { p = { S = "a" }, r = { N = "1" } },
      UpdateExpression = expression, ExpressionAttributeValues = values })
  end

  it("make an item that is not there, unless they only take away", function()
    client.UpdateItem { TableName = "things", Key = { p = { S = "new" }, r = { N = "1" } } }
    assert.are.same({ p = { S = "new" }, r = { N = "1" } }, client.get("new", 1))
    client.update("gone", 1, "REMOVE x")
    client.update("gone", 1, "DELETE x :x", { [":x"] = { SS = { "a" } } })
    assert.is_nil(client.get("gone", 1))
    client.update("gone", 1, "ADD n :n REMOVE x", { [":n"] = { N = "5" } })
    assert.are.equal("5", client.get("gone", 1).n.N)
  end)

  it("calculate exactly in decimals", function()
    client.put("a", 1, { n = { N = "0.1" }, big = { N = ("9"):rep(38) } })
    assert.are.equal("0.3", after("n", "SET n = n + :d", { [":d"] = { N = "0.2" } }).N)
    assert.are.equal("-0.1", after("n", "SET n = :d - n", { [":d"] = { N = "0.2" } }).N)
    assert.are.equal("1" .. ("0"):rep(38), after("big", "ADD big :d", { [":d"] = { N = "1" } }).N)
    assert.are.equal("Attempting to store more than 38 significant digits in a Number",
      message("SET n = :a + :b", { [":a"] = { N = "1e50" }, [":b"] = { N = "1" } }))
    assert.matches("^Number overflow", message("SET n = :a + :a", { [":a"] = { N = "9e125" } }))
    assert.matches("^Number underflow", message("SET n = :a - :b", { [":a"] = { N = "1.1e-130" }, [":b"] = { N = "1e-130" } }))
  end)

  it("see the item as it was before", function()
    client.put("a", 1, { x = { N = "1" }, y = { N = "2" } })
    client.update("a", 1, "SET x = y, y = x")
    local item = client.get("a", 1)
    assert.are.same({ "2", "1" }, { item.x.N, item.y.N })
  end)

  it("have if_not_exists and list_append", function()
    assert.are.equal("5", after("n", "SET n = if_not_exists(n, :n)", { [":n"] = { N = "5" } }).N)
    assert.are.equal("5", after("n", "SET n = if_not_exists(n, :n)", { [":n"] = { N = "6" } }).N)
    assert.are.equal("7", after("n", "SET n = if_not_exists(q, :n) + :m", { [":n"] = { N = "6" }, [":m"] = { N = "1" } }).N)
    assert.are.same(numbers(1), after("q", "SET q = list_append(if_not_exists(q, :none), :one)",
      { [":none"] = numbers(), [":one"] = numbers(1) }))
    assert.are.same(numbers(0, 1), after("q", "SET q = list_append(:zero, q)", { [":zero"] = numbers(0) }))
    assert.are.same(numbers(0, 1, 0, 1), after("q", "SET q = list_append(q, q)"))
  end)

  it("set and remove places of lists as they were before", function()
    client.put("a", 1, { q = numbers(1, 2, 3) })
    local nine = { [":v"] = { N = "9" } }
    assert.are.same(numbers(1, 9, 3, 9), after("q", "SET q[7] = :v, q[1] = :v", nine))
    assert.are.same(numbers(1, 9, 3, 9, 98, 99), after("q", "SET q[9] = :b, q[8] = :a", { [":a"] = { N = "98" },
      [":b"] = { N = "99" } }))
    assert.are.same(numbers(9, 9, 98, 99), after("q", "REMOVE q[0], q[2]"))
    assert.are.same(numbers(9, 5, 99), after("q", "REMOVE q[0], q[17] SET q[2] = :v", { [":v"] = { N = "5" } }))
  end)

  it("reach into maps", function()
    client.put("a", 1, { m = { M = { x = { N = "1" } } } })
    assert.are.same({ M = { x = { N = "1" }, y = { N = "2" }, z = { N = "1" } } },
      after("m", "SET m.y = :v, m.z = m.x", { [":v"] = { N = "2" } }))
    assert.are.same({ M = { y = { N = "2" }, z = { N = "4" } } }, after("m", "REMOVE m.x ADD m.z :v", { [":v"] = { N = "3" } }))
    for _, expression in ipairs { "SET m.q.z = :v", "SET m[0] = :v", "SET gone.x = :v", "SET m.y.x = :v" } do
      assert.are.equal("The document path provided in the update expression is invalid for update",
        message(expression, { [":v"] = { N = "1" } }), expression)
    end
    assert.are.equal("The document path provided in the update expression is invalid for update", message "REMOVE gone.x")
  end)

  it("add to and delete from sets, and an empty set goes", function()
    assert.are.same({ SS = { "x", "y" } }, after("ss", "ADD ss :v", { [":v"] = { SS = { "x", "y" } } }))
    assert.are.same({ SS = { "x", "y", "z" } }, after("ss", "ADD ss :v", { [":v"] = { SS = { "y", "z" } } }))
    assert.are.same({ SS = { "z" } }, after("ss", "DELETE ss :v", { [":v"] = { SS = { "y", "x", "q" } } }))
    assert.is_nil(after("ss", "DELETE ss :v", { [":v"] = { SS = { "z" } } }))
    assert.is_nil(after("ss", "DELETE ss :v", { [":v"] = { SS = { "z" } } }))
    assert.are.same({ NS = { "1", "2" } }, after("ns", "ADD ns :v", { [":v"] = { NS = { "1.0", "2" } } }))
  end)

  it("refuse wrong types and absent operands", function()
    client.put("a", 1, { s = { S = "x" }, n = { N = "1" }, q = numbers(1) })
    local wrong = "An operand in the update expression has an incorrect data type"
    assert.are.equal(wrong, message("SET n = s + :v", { [":v"] = { N = "1" } }))
    assert.are.equal(wrong, message("SET q = list_append(n, :v)", { [":v"] = numbers(1) }))
    assert.are.equal(wrong, message("ADD s :v", { [":v"] = { N = "1" } }))
    assert.are.equal(wrong, message("ADD n :v", { [":v"] = { SS = { "x" } } }))
    assert.are.equal(wrong, message("DELETE n :v", { [":v"] = { SS = { "x" } } }))
    local absent = "The provided expression refers to an attribute that does not exist in the item"
    assert.are.equal(absent, message "SET n = absent")
    assert.are.equal(absent, message("SET n = absent + :v", { [":v"] = { N = "1" } }))
  end)

  it("leave keys alone", function()
    assert.are.equal("One or more parameter values were invalid: Cannot update attribute p. This attribute is part of the key",
      message("SET p = :v", { [":v"] = { S = "x" } }))
    assert.are.equal("One or more parameter values were invalid: Cannot update attribute r. This attribute is part of the key",
      message "REMOVE r.x")
    assert.are.equal("Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: g",
      message "REMOVE g.x")
    assert.are.equal("One or more parameter values were invalid: Type mismatch for Index Key g Expected: S Actual: N "
      .. "IndexName: g-all",
      message("SET g = :v", { [":v"] = { N = "1" } }))
    client.put("a", 1, { n = { N = "1" }, s = { S = "" } })
    assert.are.equal("The update expression attempted to update the secondary index key to unsupported type",
      message "SET g = n")
    assert.are.equal("One or more parameter values are not valid. The update expression attempted to update a secondary "
      .. "index key to a "
      .. "value that is not supported. The AttributeValue for a key attribute cannot contain an empty string value.",
        message "SET g = s")
  end)

  it("grow no deeper than items may be", function()
    local deep = { S = "x" }
    for _ = 1, 31 do
      deep = { L = json.array { deep } }
    end
    client.put("a", 1, { q = numbers(1) })
    assert.matches("^Nesting Levels have exceeded", message("SET q[0] = :v", { [":v"] = deep }))
  end)

  it("find no place in an item that is not there, though they would create none", function()
    assert.are.equal("The document path provided in the update expression is invalid for update",
      client.message("UpdateItem", { TableName = "things", Key = { p = { S = "none" }, r = { N = "1" } },
        UpdateExpression = "REMOVE q[0]" }))
    assert.is_nil(client.get("none", 1))
  end)

  it("look for every place before any value", function()
    client.put("a", 1)
    assert.are.equal("The document path provided in the update expression is invalid for update",
      message "SET x = absent REMOVE q[0]")
  end)
end)
