-- PartiQL's SELECT: what it finds, in which order, by which pages, and what it refuses.

local support = require "tests.support.dynamodb_table"

local function numbers(items)
  local list = {}
  for place, item in ipairs(items) do
    list[place] = item.p.S .. item.r.N
  end
  return table.concat(list, " ")
end

describe("PartiQL SELECT", function()
  local client

  local function run(statement, ...)
    return client.ExecuteStatement { Statement = statement, Parameters = select("#", ...) > 0 and { ... } or nil }
  end

  local function found(...)
    return numbers(run(...).Items)
  end

  local function refused(statement)
    return client.message("ExecuteStatement", { Statement = statement })
  end

  before_each(function()
    client = support.open()
    for _, p in ipairs { "a", "b", "c" } do
      for r = 1, 3 do
        client.put(p, r, { g = { S = "G" .. r }, n = { N = tostring(10 * r) }, name = { S = "name of " .. p } })
      end
    end
    client.put("d", 1, { s = { NS = { "1", "2" } }, z = { NULL = true }, v = { L = { { L = { { N = "1" }, { N = "2" } } } } },
      m = { M = { k = { M = { x = { S = "deep" } } } } } })
  end)

  it("looks an item up, queries partitions in the order of their keys, or scans", function()
    assert.are.equal("a2", found "SELECT * FROM things WHERE p = 'a' AND r = 2")
    assert.are.equal("a1 a2 a3", found "select * from things where 'a' = p")
    assert.are.equal("a1 a2 a3 c1 c2 c3", found "SELECT * FROM things WHERE p IN ['c', 'a', 'c']")
    assert.are.equal("a1 b1", found "SELECT * FROM things WHERE p IN ('b', 'a') AND r = 1")
    assert.are.equal("a3 c1", found "SELECT * FROM things WHERE (p = 'c' AND r < 2) OR (p = 'a' AND r > 2)")
    assert.are.equal(10, #run("SELECT * FROM things").Items)
    assert.are.equal("b2 c2 a2", found "SELECT * FROM \"things\" WHERE n = 20")
  end)

  it("compares as expressions do", function()
    assert.are.equal("a2 a3", found "SELECT * FROM things WHERE p = 'a' AND r > 1 AND r <= 3")
    assert.are.equal("a1 a2", found "SELECT * FROM things WHERE p = 'a' AND r BETWEEN 1 AND 2")
    assert.are.equal("a3", found "SELECT * FROM things WHERE p = 'a' AND r NOT BETWEEN 1 AND 2")
    assert.are.equal("a1 a3", found "SELECT * FROM things WHERE p = 'a' AND n != 20")
    assert.are.equal("a1 a3", found "SELECT * FROM things WHERE p = 'a' AND NOT (n = 20)")
    assert.are.equal("a1 a3", found "SELECT * FROM things WHERE p = 'a' AND n NOT IN (20, 21)")
    assert.are.equal("d1", found "SELECT * FROM things WHERE s = <<2, 1>>")
    assert.are.equal("d1", found "SELECT * FROM things WHERE contains(s, 2) AND attribute_type(m, 'M')")
    assert.are.equal("d1", found "SELECT * FROM things WHERE m.k = {'x': 'deep'} AND size(s) = 2")
    assert.are.equal("b1 b2 b3", found "SELECT * FROM things WHERE begins_with(\"name\", 'name of b')")
  end)

  it("tells what is missing from what is null", function()
    assert.are.equal("d1", found "SELECT * FROM things WHERE z IS NULL")
    assert.are.equal("d1", found "SELECT * FROM things WHERE z IS NOT MISSING")
    assert.are.equal("d1", found "SELECT * FROM things WHERE n IS MISSING")
    assert.are.equal(9, #run("SELECT * FROM things WHERE z IS NOT NULL").Items)
  end)

  it("takes parameters, quotes and comments", function()
    assert.are.equal("b2", found("SELECT * FROM things WHERE p = ? AND r = ?", { S = "b" }, { N = "2.0" }))
    client.put("it's", 1)
    assert.are.equal("it's1", found "SELECT * /* all */ FROM things WHERE p = 'it''s' -- one\n;")
  end)

  it("names columns by the end of their path", function()
    local item = run("SELECT m.k.x, v[0][1], p FROM things WHERE p = 'd'").Items[1]
    assert.are.same({ x = { S = "deep" }, ["v[0][1]"] = { N = "2" }, p = { S = "d" } }, item)
    assert.are.same({ {} }, run("SELECT absent FROM things WHERE p = 'd'").Items)
  end)

  it("reads indexes as far as they go", function()
    local items = run("SELECT * FROM \"things\".\"g-keys\" WHERE g = 'G1'").Items
    assert.are.equal(3, #items)
    assert.are.same({ p = items[1].p, r = { N = "1" }, g = { S = "G1" } }, items[1])
    assert.are.equal("One or more parameter values were invalid: Global secondary index g-keys does not project [name]",
      refused "SELECT name FROM \"things\".\"g-keys\" WHERE g = 'G1'")
    assert.are.equal("The table does not have the specified index", refused "SELECT * FROM things.none")
    assert.are.equal("Strongly consistent read is not supported on Global Secondary Indexes", client.message("ExecuteStatement",
      { Statement = "SELECT * FROM \"things\".\"g-keys\"", ConsistentRead = true }))
  end)

  it("refuses to filter by what an index lacks beside its hash key only", function()
    for index, condition in pairs { ["g-keys"] = "g = 'G1' AND n = 10", ["g-some"] = "g IN ('G1', 'G2') AND NOT n = 10",
      ["l-keys"] = "p = 'a' AND l BETWEEN 1 AND 2 AND n IS MISSING" } do
      assert.are.equal("One or more parameter values were invalid: Secondary index " .. index
        .. " does not project one or more filter attributes: [n]",
        refused("SELECT p FROM \"things\".\"" .. index .. "\" WHERE " .. condition))
    end
    assert.are.same({}, run("SELECT * FROM \"things\".\"g-keys\" WHERE n = 10").Items)
    assert.are.equal(9, #run("SELECT * FROM \"things\".\"g-keys\" WHERE NOT n = 10").Items)
    assert.are.equal(3, #run("SELECT * FROM \"things\".\"g-keys\" WHERE (g = 'G1' AND n = 10) OR g = 'G2'").Items)
  end)

  it("judges a statement before it looks for the table", function()
    assert.are.equal("Incorrect operand type for operator or function; operator or function: <, operand type: BOOL",
      refused "SELECT * FROM nowhere WHERE p = 'a' AND n < true")
    assert.are.equal("Path component cannot be an empty string", refused "SELECT * FROM \"\" WHERE p = 'a'")
    assert.are.equal("A path may contain at most 2 components in the FROM clause", refused "SELECT * FROM a.b.c")
  end)

  it("orders by keys, partitions too", function()
    assert.are.equal("a3 a2 a1", found "SELECT * FROM things WHERE p = 'a' ORDER BY r DESC")
    assert.are.equal("c1 c2 c3 a1 a2 a3", found "SELECT * FROM things WHERE p IN ['a', 'c'] ORDER BY p DESC")
    assert.are.equal("Variable reference n in ORDER BY clause must be part of the primary key",
      refused "SELECT * FROM things WHERE p = 'a' ORDER BY n")
    assert.are.equal("Must have WHERE clause in the statement when using ORDER BY clause.",
      refused "SELECT * FROM things ORDER BY p")
    assert.are.equal("Must have at least one non-optional hash key condition in WHERE clause when using ORDER BY clause.",
      refused "SELECT * FROM things WHERE n = 20 ORDER BY p")
  end)

  it("goes on where a page ended, over partitions", function()
    local input = { Statement = "SELECT * FROM things WHERE p IN ['c', 'a'] AND r > 1", Limit = 3 }
    local first = client.ExecuteStatement(input)
    assert.are.equal("a2 a3 c2", numbers(first.Items))
    input.NextToken = first.NextToken
    local second = client.ExecuteStatement(input)
    assert.are.equal("c3", numbers(second.Items))
    assert.is_nil(second.NextToken)
  end)

  it("refuses a token of another statement", function()
    local token = client.ExecuteStatement({ Statement = "SELECT * FROM things", Limit = 1 }).NextToken
    for _, input in ipairs { { Statement = "SELECT p FROM things", NextToken = token },
      { Statement = "SELECT * FROM things", NextToken = "abc" }, { Statement = "SELECT * FROM things", NextToken = "YWJj" } } do
      assert.are.equal("Invalid NextToken", client.message("ExecuteStatement", input))
    end
  end)

  it("tells what it consumed", function()
    local output = client.ExecuteStatement { Statement = "SELECT * FROM things WHERE p IN ['a', 'b']",
      ReturnConsumedCapacity = "TOTAL", ConsistentRead = true }
    assert.are.same({ TableName = "things", CapacityUnits = 2 }, output.ConsumedCapacity)
  end)

  it("refuses what DynamoDB's PartiQL does not have, in its words", function()
    for statement, message in pairs {
      ["SELECT * FROM things LIMIT 1"] = "Unsupported clause: LIMIT at 1:28:1",
      ["SELECT * FROM things GROUP BY p"] = "Unsupported clause: GROUP BY",
      ["SELECT p AS k FROM things"] = "Aliasing is not supported",
      ["SELECT * FROM things t WHERE t.p = 'a'"] = "Aliasing is not supported",
      ["SELECT * FROM things, others"] = "Only select from a single table or index is supported.",
      ["SELECT COUNT(*) FROM things"] = "Unexpected path component at 1:8:5",
      ["SELECT\n'x' FROM things"] = "Unexpected path component at 2:1:3",
      ["SELECT p, p FROM things"] = "Duplicate identifiers in select clause: p",
      ["SELECT DISTINCT p FROM things"] = "Unsupported token in expression: DISTINCT",
      ["SELECT * FROM things WHERE p LIKE 'a%'"] = "Unsupported operator in Condition Expression. Operator: like",
      ["SELECT * FROM things WHERE n + 1 = 2"] = "Unsupported operator in Condition Expression. Operator: +",
      ["SELECT * FROM things WHERE p"] = "WHERE clause must contain an expression that resolves to a boolean",
      ["SELECT * FROM things WHERE n = missing"] = "MISSING must be compared using IS operator",
      ["SELECT * FROM things WHERE what(n)"] = "Unrecognized function: what",
      ["SELECT * FROM things WHERE n IN []"] = "IN operator must have a left hand argument of type Variable Reference and right "
        .. "hand argument of type Seq with at least one member",
      ["SELECT * FROM things WHERE p = 1"] = "Key attribute's data type should match its data type in table's schema: Key p",
      ["SELECT * FROM things WHERE begins_with(n, 5)"] = "Incorrect operand type for operator or function; "
        .. "operator or function: begins_with, operand type: N",
      ["SELECT * FROM things WHERE p = ?"] = "Number of parameters in request and statement don't match.",
    } do
      assert.are.equal(message, refused(statement))
    end
  end)

  it("says of anything else that it is no statement", function()
    for _, statement in ipairs { "SELECT * things", "SELECT * FROM things WHERE", "SELECT * FROM things WHERE value = 1",
      "SELECT * FROM things WHERE p = 'a", "SELECT * FROM things WHERE p = \1", "SELECT * FROM things WHERE " .. ("("):rep(100),
      "SELECT * FROM things WHERE p = 'a' AND", "SELECT * FROM things 1" } do
      assert.are.equal("Statement wasn't well formed, can't be processed: " .. statement, refused(statement))
    end
    assert.are.equal("Statement wasn't well formed, can't be processed: Expected data manipulation",
      refused "SLECT * FROM things")
  end)

  it("reads no more than what its keys allow", function()
    for r = 1, 8 do
      client.put("wide", r, { x = { S = ("x"):rep(4000) } })
    end
    local function units(where)
      return client.ExecuteStatement({ Statement = "SELECT * FROM things WHERE " .. where, ReturnConsumedCapacity = "TOTAL" })
        .ConsumedCapacity.CapacityUnits
    end
    assert.are.equal(4, units "p = 'wide'")
    assert.are.equal(1, units "p = 'wide' AND r > 3 AND r <= 5")
    assert.are.equal(0.5, units "p = 'wide' AND r = 8")
    assert.are.equal(1, units "p = 'wide' AND r > 1 AND r > 6 AND r < 99 AND r <= 8")
    assert.are.equal(1, units "p = 'wide' AND r > 6 AND r > 1 AND r <= 8 AND r < 99")
    assert.are.equal(1.5, units "p IN ['wide', 'a', 'none'] AND r BETWEEN 5 AND 5")
    assert.is_true(units "x = 'none'" >= 4)
  end)
end)
