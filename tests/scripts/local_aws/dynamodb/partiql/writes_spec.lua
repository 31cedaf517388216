-- PartiQL's INSERT, UPDATE and DELETE, one by one, in batches and in transactions.

local json    = require "json"
local support = require "tests.support.dynamodb_table"

describe("PartiQL", function()
  local client

  local function run(statement, ...)
    return client.ExecuteStatement({ Statement = statement, Parameters = select("#", ...) > 0 and { ... } or nil }).Items
  end

  local function refused(statement)
    return client.message("ExecuteStatement", { Statement = statement })
  end

  local function list(statements)
    local inputs = json.array {}
    for place, statement in ipairs(statements) do
      inputs[place] = type(statement) == "table" and statement or { Statement = statement }
    end
    return inputs
  end

  local function batch(statements)
    return client.BatchExecuteStatement({ Statements = list(statements) }).Responses
  end

  before_each(function() client = support.open() end)

  it("inserts an item once", function()
    assert.are.same({}, run("INSERT INTO things VALUE {'p': 'a', 'r': 1, 'n': -1.50, 's': <<'x', 'y'>>, 'v': [1, ?, null], "
      .. "'m': {'b': true}}", { B = "\0\1" }))
    assert.are.same({ p = { S = "a" }, r = { N = "1" }, n = { N = "-1.5" }, s = { SS = { "x", "y" } },
      v = { L = { { N = "1" }, { B = "\0\1" }, { NULL = true } } }, m = { M = { b = { BOOL = true } } } }, client.get("a", 1))
    local fault = client.fails("ExecuteStatement", { Statement = "INSERT INTO things VALUE {'p': 'a', 'r': 1}" })
    assert.are.equal("DuplicateItemException", fault.code)
    assert.are.equal("Duplicate primary key exists in table", fault.message)
  end)

  it("refuses what cannot be inserted", function()
    for statement, message in pairs {
      ["INSERT INTO things VALUE {'p': 'a'}"] = "Key attribute should be present in the item: Key r",
      ["INSERT INTO things VALUE {'p': 1, 'r': 1}"]
        = "Key attribute's data type should match its data type in table's schema: Key p",
      ["INSERT INTO things VALUE {'p': 'a', 'r': 1, 'e': <<>>}"] = "Empty bags are not supported at 1:50:2",
      ["INSERT INTO things VALUE {'p': 'a', 'r': 1, 'e': <<1, 'a'>>}"]
        = "Unsupported data type in Bag. DynamoDB only supports either numbers or strings in bags",
      ["INSERT INTO things VALUE {'p': 'a', 'p': 'b'}"] = "Duplicate keys in tuple. Key: p under root at 1:37:3",
      ["INSERT INTO things VALUE {p: 'a'}"]
        = "Tuple keys must be of type String. Actual type: VariableReference under root at 1:27:1",
      ["INSERT INTO things VALUE {'p': 1 + 1}"] = "Unsupported data type: + under key root at 1:34:1",
      ["INSERT INTO things << {'p': 'a'} >>"] = "Unsupported operation: InsertOp",
      ["INSERT INTO \"things\".\"g-all\" VALUE {'p': 'a'}"] = "FROM clause may only contain a single table name",
    } do
      assert.are.equal(message, refused(statement))
    end
    assert.are.equal("ResourceNotFoundException",
      client.fails("ExecuteStatement", { Statement = "INSERT INTO nowhere VALUE {'p': 'a'}" }).code)
  end)

  it("updates one item and tells what is asked of it", function()
    client.put("a", 1, { n = { N = "1" }, s = { NS = { "1" } }, v = { L = { { N = "1" } } }, m = { M = { x = { N = "1" } } } })
    local function update(what)
      return run("UPDATE things " .. what .. " WHERE p = 'a' AND r = 1 RETURNING MODIFIED NEW *")[1]
    end
    assert.are.same({ n = { N = "2" }, k = { S = "v" } }, update "SET n = n + 1, k = 'v'")
    assert.are.same({ n = { N = "0" } }, update "SET n = n - 2 REMOVE k")
    assert.are.same({ s = { NS = { "1", "2" } } }, update "SET s = set_add(s, <<2, 1>>)")
    assert.are.same({ s = { NS = { "2" } } }, update "SET s = set_delete(s, <<1>>)")
    assert.are.same({ v = { L = { { N = "0" }, { N = "1" } } } }, update "SET v = list_append([0], v)")
    assert.are.same({ i = { N = "7" } }, update "SET i = if_not_exists(i, 7)")
    assert.are.same({ m = { M = { x = { N = "1" }, y = { S = "new" } } } }, update "SET m.y = 'new'")
    assert.is_nil(update "REMOVE s")
    assert.are.same({}, run "UPDATE things SET n = 5 WHERE p = 'a' AND r = 1")
    assert.are.equal("5", run("UPDATE things SET n = 6 WHERE p = 'a' AND r = 1 RETURNING ALL OLD *")[1].n.N)
    assert.are.same({ { n = { N = "6" } } }, run "UPDATE things SET n = 7 WHERE p = 'a' AND r = 1 RETURNING MODIFIED OLD *")
    assert.are.equal("8", run("UPDATE things SET n = 8 WHERE p = 'a' AND r = 1 RETURNING ALL NEW *")[1].n.N)
  end)

  it("updates and deletes only where the rest of the condition holds", function()
    client.put("a", 1, { n = { N = "1" } })
    for _, statement in ipairs { "UPDATE things SET n = 2 WHERE p = 'a' AND r = 1 AND n = 9",
      "UPDATE things SET n = 2 WHERE p = 'none' AND r = 1", "DELETE FROM things WHERE p = 'a' AND r = 1 AND n = 9" } do
      assert.are.equal("ConditionalCheckFailedException", client.fails("ExecuteStatement", { Statement = statement }).code)
    end
    local fault = client.fails("ExecuteStatement", { Statement = "DELETE FROM things WHERE p = 'a' AND r = 1 AND n = 9",
      ReturnValuesOnConditionCheckFailure = "ALL_OLD" })
    assert.are.equal("1", fault.extra.Item.n.N)
    assert.are.equal("1", run("DELETE FROM things WHERE p = 'a' AND r = 1 AND n = 1 RETURNING ALL OLD *")[1].n.N)
    assert.is_nil(client.get("a", 1))
    assert.are.same({}, run "DELETE FROM things WHERE p = 'a' AND r = 1")
    assert.are.same({}, run "DELETE FROM things WHERE p = 'a' AND r = 1 AND n = 1")
  end)

  it("refuses updates and deletions that mean no single item, or no change that can be made", function()
    client.put("a", 1)
    local no_key = "Where clause does not contain a mandatory equality on all key attributes"
    for statement, message in pairs {
      ["UPDATE things SET n = 1"] = no_key,
      ["UPDATE things SET n = 1 WHERE p = 'a'"] = no_key,
      ["UPDATE things SET n = 1 WHERE p = 'a' OR r = 1"] = no_key,
      ["DELETE FROM things WHERE p = 'a' AND r IN (1)"] = no_key,
      ["DELETE FROM things WHERE p = 'a' AND r = 1 RETURNING ALL NEW *"]
        = "Invalid returning clause: RETURNING ALL NEW *. Only RETURNING ALL OLD * is allowed in DELETE statements.",
      ["UPDATE things SET n = 1, n = 2 WHERE p = 'a' AND r = 1"] = "Two document paths overlap with each other; must remove or "
        .. "rewrite one of these paths; path one: [n], path two: [n]",
      ["UPDATE things SET t = set_add(s, <<3>>) WHERE p = 'a' AND r = 1"]
        = "The first argument to SET_ADD must equal the assignment value",
      ["UPDATE things SET n = absent WHERE p = 'a' AND r = 1"]
        = "The provided expression refers to an attribute that does not exist in the item",
      ["UPDATE things SET p = 'b' WHERE p = 'a' AND r = 1"]
        = "One or more parameter values were invalid: Cannot update attribute p. This attribute is part of the key",
      ["UPDATE \"things\".\"g-all\" SET n = 1 WHERE p = 'a' AND r = 1"] = "This operation is not supported on an index",
      ["EXISTS(SELECT * FROM things WHERE p = 'a' AND r = 1)"] = "EXISTS can only be used in ExecuteTransaction write requests.",
    } do
      assert.are.equal(message, refused(statement))
    end
  end)

  it("runs a batch of writes, each with its own end", function()
    client.put("a", 1)
    assert.are.same({
      { TableName = "things", Error = { Code = "DuplicateItem", Message = "Duplicate primary key exists in table" } },
      { TableName = "things" },
      { TableName = "things", Item = { p = { S = "c" }, r = { N = "1" } } },
      { Error = { Code = "ValidationError", Message = "Key attribute should be present in the item: Key r" } },
      { Error = { Code = "ResourceNotFound", Message = "Requested resource not found" } },
      { Error = { Code = "ValidationError", Message = "Statement wasn't well formed, can't be processed: Expected data manipulation" } },
      { TableName = "things", Error = { Code = "ConditionalCheckFailed", Message = "The conditional request failed" } },
    }, (function()
      client.put("c", 1)
      return batch { "INSERT INTO things VALUE {'p': 'a', 'r': 1}", "INSERT INTO things VALUE {'p': 'b', 'r': 1}",
        "DELETE FROM things WHERE p = 'c' AND r = 1 RETURNING ALL OLD *", "INSERT INTO things VALUE {'p': 'd'}",
        "INSERT INTO nowhere VALUE {'p': 'd'}", "BLAH", "UPDATE things SET n = 1 WHERE p = 'e' AND r = 1" }
    end)())
    assert.is_not_nil(client.get("b", 1))
  end)

  it("runs a batch of reads of single items", function()
    client.put("a", 1, { n = { N = "1" } })
    assert.are.same({
      { TableName = "things", Item = { n = { N = "1" } } }, { TableName = "things" },
      { Error = { Code = "ValidationError", Message = "Select statements within BatchExecuteStatement must specify the primary key in the where clause." } },
    }, batch { { Statement = "SELECT n FROM things WHERE p = ? AND r = 1", Parameters = { { S = "a" } } },
      "SELECT n FROM things WHERE p = 'b' AND r = 1", "SELECT n FROM things WHERE p = 'a'" })
  end)

  it("shows no item of a batch whose condition fails, though it is asked for", function()
    client.put("a", 1)
    local response = batch { { Statement = "UPDATE things SET n = 1 WHERE p = 'a' AND r = 1 AND n = 9",
      ReturnValuesOnConditionCheckFailure = "ALL_OLD" } }[1]
    assert.are.same({ TableName = "things",
      Error = { Code = "ConditionalCheckFailed", Message = "The conditional request failed" } }, response)
  end)

  it("refuses a batch that mixes reads and writes, or means one item twice", function()
    assert.are.equal("Read and write requests together in the same batch is not supported.",
      client.message("BatchExecuteStatement", { Statements = list { "SELECT n FROM things WHERE p = 'b' AND r = 1",
        "DELETE FROM things WHERE p = 'b' AND r = 2" } }))
    assert.are.equal("Provided list of item keys contains duplicates",
      client.message("BatchExecuteStatement", { Statements = list { "DELETE FROM things WHERE p = 'b' AND r = 1",
        "DELETE FROM things WHERE p = 'b' AND r = 1.0" } }))
  end)
end)

describe("A PartiQL transaction", function()
  local client

  local function transact(statements, token)
    local inputs = json.array {}
    for place, statement in ipairs(statements) do
      inputs[place] = { Statement = statement }
    end
    return { TransactStatements = inputs, ClientRequestToken = token, ReturnConsumedCapacity = "TOTAL" }
  end

  before_each(function()
    client = support.open()
    client.put("a", 1, { n = { N = "1" } })
  end)

  it("writes all or nothing, and tells the reasons", function()
    local output = client.ExecuteTransaction(transact { "INSERT INTO things VALUE {'p': 'b', 'r': 1}",
      "UPDATE things SET n = 2 WHERE p = 'a' AND r = 1" })
    assert.are.same({}, output.Responses)
    assert.are.equal(4, output.ConsumedCapacity[1].CapacityUnits)
    local fault = client.fails("ExecuteTransaction", transact { "INSERT INTO things VALUE {'p': 'c', 'r': 1}",
      "UPDATE things SET n = 3 WHERE p = 'a' AND r = 1 AND n = 9", "INSERT INTO things VALUE {'p': 'a', 'r': 1.0}" })
    assert.are.equal("Transaction request cannot include multiple operations on one item", fault.message)
    fault = client.fails("ExecuteTransaction", transact { "INSERT INTO things VALUE {'p': 'c', 'r': 1}",
      "UPDATE things SET n = 3 WHERE p = 'a' AND r = 1 AND n = 9", "INSERT INTO things VALUE {'p': 'b', 'r': 1}",
      "INSERT INTO things VALUE {'p': 'd'}" })
    assert.are.equal("TransactionCanceledException", fault.code)
    assert.are.same({ { Code = "None" }, { Code = "ConditionalCheckFailed", Message = "The conditional request failed" },
      { Code = "ValidationError", Message = "Duplicate primary key exists in table" },
      { Code = "ValidationError", Message = "Key attribute should be present in the item: Key r" } },
      fault.extra.CancellationReasons)
    assert.is_nil(client.get("c", 1))
    assert.are.equal("2", client.get("a", 1).n.N)
  end)

  it("writes once for one token", function()
    local request = transact({ "UPDATE things SET n = n + 1 WHERE p = 'a' AND r = 1" }, "token")
    client.ExecuteTransaction(request)
    client.ExecuteTransaction(request)
    assert.are.equal("2", client.get("a", 1).n.N)
    assert.are.equal("IdempotentParameterMismatchException", client.fails("ExecuteTransaction",
      transact({ "UPDATE things SET n = 0 WHERE p = 'a' AND r = 1" }, "token")).code)
  end)

  it("checks with EXISTS", function()
    client.ExecuteTransaction(transact { "EXISTS(SELECT * FROM things WHERE p = 'a' AND r = 1 AND n = 1)",
      "INSERT INTO things VALUE {'p': 'b', 'r': 1}" })
    assert.is_not_nil(client.get("b", 1))
    local fault = client.fails("ExecuteTransaction", transact {
      "EXISTS(SELECT * FROM things WHERE p = 'none' AND r = 1 AND n IS MISSING)", "DELETE FROM things WHERE p = 'b' AND r = 1" })
    assert.are.equal("ConditionalCheckFailed", fault.extra.CancellationReasons[1].Code)
    assert.is_not_nil(client.get("b", 1))
  end)

  it("reads items", function()
    local output = client.ExecuteTransaction(transact { "SELECT n FROM things WHERE p = 'a' AND r = 1",
      "SELECT n FROM things WHERE p = 'b' AND r = 1" })
    assert.are.same({ { Item = { n = { N = "1" } } }, {} }, output.Responses)
  end)

  it("refuses what no transaction does", function()
    for message, statements in pairs {
      ["ExecuteTransaction API does not support both read and write operations in the same request."]
        = { "SELECT * FROM things WHERE p = 'a' AND r = 1", "DELETE FROM things WHERE p = 'b' AND r = 1" },
      ["Validation failed in TransactStatements[1]: Select statements within ExecuteTransaction must specify the primary key "
        .. "in the where clause."] = { "SELECT * FROM things WHERE p = 'a' AND r = 1", "SELECT * FROM things WHERE p = 'a'" },
      ["Validation failed in TransactStatements[0]: Select statements within ExecuteTransaction must specify the primary key "
        .. "in the where clause."] = { "SELECT * FROM things WHERE p = 'a' AND r = 1 AND n = 1" },
      ["Validation failed in TransactStatements[0]: Reads on indices are not supported within transactions."]
        = { "SELECT * FROM \"things\".\"g-all\" WHERE g = 'G'" },
      ["Validation failed in TransactStatements[1]: Incorrect operand type for operator or function; operator or function: <, "
        .. "operand type: BOOL"] = { "DELETE FROM things WHERE p = 'b' AND r = 1",
          "DELETE FROM things WHERE p = 'a' AND r = 1 AND n < true" },
      ["Validation failed in TransactStatements[0]: RETURNING clause is not supported in ExecuteTransaction."]
        = { "DELETE FROM things WHERE p = 'a' AND r = 1 RETURNING ALL OLD *" },
      ["Validation failed in TransactStatements[0]: EXISTS() must contain a single item read with additional condition"]
        = { "EXISTS(SELECT * FROM things WHERE p = 'a' AND r = 1)" },
    } do
      assert.are.equal(message, client.message("ExecuteTransaction", transact(statements)))
    end
  end)
end)
