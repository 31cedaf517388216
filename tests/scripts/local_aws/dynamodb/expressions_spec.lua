-- What DynamoDB says of expressions before it looks at an item. The sentences were compared with DynamoDB Local.

local support = require "tests.support.dynamodb_table"

local ONE = { [":v"] = { N = "1" } }

describe("DynamoDB expressions", function()
  local client = support.open()

  local function scan(expression, values, names)
    return client.message("Scan", { TableName = "things", FilterExpression = expression,
      ExpressionAttributeValues = values or ONE, ExpressionAttributeNames = names })
  end

  local function update(expression, values, names)
    return client.message("UpdateItem", { TableName = "things", Key = { p = { S = "a" }, r = { N = "1" } },
      UpdateExpression = expression, ExpressionAttributeValues = values or ONE, ExpressionAttributeNames = names })
  end

  local function project(expression, names)
    return client.message("Scan", { TableName = "things", ProjectionExpression = expression, ExpressionAttributeNames = names })
  end

  it("quote the token that does not fit, and its neighbours", function()
    for expression, near in pairs {
      ["a ="] = { "<EOF>", "=" }, ["a"] = { "<EOF>", "a" }, ["= :v"] = { "=", "= :v" }, ["a == :v"] = { "=", "== :v" },
      ["a = :v AND OR b"] = { "OR", "AND OR b" }, ["a IN :v"] = { ":v", "IN :v" }, ["a IN ()"] = { ")", "()" },
      ["a IN (:v,)"] = { ")", ",)" }, ["a BETWEEN :v"] = { "<EOF>", ":v" }, ["a < :v < :v"] = { "<", ":v < :v" },
      ["a > :v)"] = { ")", ":v)" }, ["(a > :v"] = { "<EOF>", ":v" }, ["l[00] = :v"] = { "0", "00]" }, ["a.1 = :v"] = { "1",
        ".1 =" },
      ["a = :"] = { ":", "= :" }, ["a = :v;"] = { ";", ":v;" }, ['a = "x"'] = { '"', '= "x' }, ["é = :v"] = { "é", "é =" },
      ["a NOT IN (:v)"] = { "NOT", "a NOT IN" }, ["a => :v"] = { ">", "=> :v" }, ["set = :v"] = { "set", "set =" },
      [" "] = { "<EOF>", " " },
    } do
      assert.are.equal(('Invalid FilterExpression: Syntax error; token: "%s", near: "%s"'):format(near[1], near[2]),
        scan(expression), expression)
    end
    for expression, near in pairs {
      ["SET"] = { "<EOF>", "SET" }, ["SET a = :v,"] = { "<EOF>", "," }, ["SET a = :v b = :v"] = { "b", ":v b =" },
        ["a = :v"] = { "a", "a =" },
      ["SET a = 1"] = { "1", "= 1" }, ["SET a-b = :v"] = { "-", "a-b" }, ["ADD a, b"] = { ",", "a, b" }, ["ADD a b"] = { "b",
        "a b" },
      ["SET a = :v - :v - :v"] = { "-", ":v - :v" }, ["SET a[x] = :v"] = { "x", "[x]" }, ["SET a[-1] = :v"] = { "-", "[-1" },
      ["SET _a = :v"] = { "_", "SET _a" }, ["REMOVE a b"] = { "b", "a b" }, ["SET a = :v + "] = { "<EOF>", "+ " },
      ["SET a = :v + (b - :v)"] = { "-", "b - :v" }, ["SET add = :v"] = { "add", "SET add =" },
    } do
      assert.are.equal(('Invalid UpdateExpression: Syntax error; token: "%s", near: "%s"'):format(near[1], near[2]),
        update(expression), expression)
    end
    assert.are.equal('Invalid ProjectionExpression: Syntax error; token: ",", near: ",,b"', project "a,,b")
    assert.are.equal('Invalid ProjectionExpression: Syntax error; token: "(", near: "size(a"', project "size(a)")
  end)

  it("may not be empty nor too long nor too rich", function()
    assert.are.equal("Invalid FilterExpression: The expression can not be empty;", scan "")
    assert.are.equal("Invalid FilterExpression: Expression size has exceeded the maximum allowed size; expression size: 4105",
      scan(("a"):rep(4100) .. " = :v"))
    assert.are.equal("Invalid FilterExpression: The expression contains too many operators; operator count: 301",
      scan(("a = :v OR "):rep(150) .. "a = :v"))
    assert.are.equal("Invalid FilterExpression: The IN operator is provided with too many operands; number of operands: 101",
      scan("a IN (" .. (":v,"):rep(100) .. ":v)"))
    assert.are.equal("Invalid FilterExpression: List index is not within the allowable range; index: [99999999999]",
      scan "l[99999999999] = :v")
    assert.are.equal("Invalid FilterExpression: The document path has too many nesting elements; nesting levels: 33",
      scan("a" .. (".b"):rep(32) .. " = :v"))
  end)

  it("refuse reserved words, redundant parentheses and misplaced functions", function()
    for expression, message in pairs {
      ["date = :v"] = "Attribute name is a reserved keyword; reserved keyword: date",
      ["a.Date = :v"] = "Attribute name is a reserved keyword; reserved keyword: Date",
      ["((a = :v))"] = "The expression has redundant parentheses;",
      ["a = ((:v))"] = "The expression has redundant parentheses;",
      ["size(contains(a, :v)) > :v"] = "The function is not allowed to be used this way in an expression; function: contains",
      ["size(a)"] = "The function is not allowed to be used this way in an expression; function: size",
      ["attribute_exists(a) = :v"] = "The function is not allowed to be used this way in an expression; function: "
        .. "attribute_exists",
      ["a = attribute_exists(a)"] = "The function is not allowed to be used this way in an expression; function: "
        .. "attribute_exists",
      ["foo(a)"] = "Invalid function name; function: foo",
      ["Attribute_Exists(a)"] = "Invalid function name; function: Attribute_Exists",
      ["a = a"] = "The first operand must be distinct from the remaining operands for this operator or function; operator: =, "
        .. "first operand: [a]",
      ["contains(a[1], a[1])"] = "The first operand must be distinct from the remaining operands for this operator or "
        .. "function; "
        .. "operator: contains, first operand: [a, [1]]",
      ["begins_with(a)"] = "Incorrect number of operands for operator or function; operator or function: begins_with, "
        .. "number of operands: 1",
      ["attribute_exists(:v)"] = "Operator or function requires a document path; operator or function: attribute_exists",
      ["attribute_not_exists(size(a))"] = "Operator or function requires a document path; operator or function: "
        .. "attribute_not_exists",
    } do
      assert.are.equal("Invalid FilterExpression: " .. message, scan(expression), expression)
    end
  end)

  it("judge the types that they can know", function()
    local function wrong(name, kind)
      return ("Invalid FilterExpression: Incorrect operand type for operator or function; operator or function: %s, "
        .. "operand type: %s")
        :format(name, kind)
    end
    assert.are.equal(wrong("begins_with", "N"), scan "begins_with(a, :v)")
    assert.are.equal(wrong("begins_with", "N"), scan "begins_with(a, size(b))")
    assert.are.equal(wrong("size", "N"), scan "size(:v) = :v")
    assert.are.equal(wrong("size", "N"), scan "size(size(a)) = :v")
    assert.are.equal(wrong("attribute_type", "N"), scan "attribute_type(a, :v)")
    assert.are.equal(wrong("attribute_type", "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"), scan "attribute_type(a, b)")
    for _, kind in ipairs { "BOOL", "NULL" } do
      assert.are.equal(wrong("<", kind), scan("a < :v", { [":v"] = { [kind] = true } }))
    end
    assert.are.equal(wrong("BETWEEN", "BOOL"), scan("a BETWEEN :v AND :v", { [":v"] = { BOOL = true } }))
    assert.are.equal("Invalid FilterExpression: Invalid attribute type name found; type: X, "
      .. "valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}", scan("attribute_type(a, :v)", { [":v"] = { S = "X" } }))
    assert.are.equal("Invalid FilterExpression: The BETWEEN operator requires upper bound to be greater than or equal to "
      .. "lower bound; "
      .. "lower bound operand: AttributeValue: {N:5}, upper bound operand: AttributeValue: {N:2}",
      scan("a BETWEEN :v AND :w", { [":v"] = { N = "5" }, [":w"] = { N = "2" } }))
    assert.are.equal("Invalid FilterExpression: The BETWEEN operator requires same data type for lower and upper bounds; "
      .. "lower bound operand: AttributeValue: {N:5}, upper bound operand: AttributeValue: {S:2}",
      scan("a BETWEEN :v AND :w", { [":v"] = { N = "5" }, [":w"] = { S = "2" } }))
  end)

  it("judge updates", function()
    for expression, message in pairs {
      ["SET a = :v SET b = :v"] = 'The "SET" section can only be used once in an update expression;',
      ["SET a = size(b)"] = "The function is not allowed in an update expression; function: size",
      ["SET a = foo(b)"] = "Invalid function name; function: foo",
      ["SET a = list_append(list_append(b, :v), :v)"] = "The function is not allowed to be used this way in an expression; "
        .. "function: list_append",
      ["SET a = if_not_exists(:v, a)"] = "Operator or function requires a document path; operator or function: if_not_exists",
      ["SET a = if_not_exists(b)"] = "Incorrect number of operands for operator or function; operator or function: "
        .. "if_not_exists, "
        .. "number of operands: 1",
      ["SET a = list_append(:v, :v)"] = "Incorrect operand type for operator or function; operator or function: list_append, "
        .. "operand type: N",
      ["DELETE a :v"] = "Incorrect operand type for operator or function; operator: DELETE, operand type: NUMBER, "
        .. "typeSet: ALLOWED_FOR_DELETE_OPERAND",
      ["SET a = :v, a = :v"] = "Two document paths overlap with each other; must remove or rewrite one of these paths; "
        .. "path one: [a], path two: [a]",
      ["SET a.b = :v, a = :v"] = "Two document paths overlap with each other; must remove or rewrite one of these paths; "
        .. "path one: [a, b], path two: [a]",
      ["SET a[0] = :v, a.b = :v"] = "Two document paths conflict with each other; must remove or rewrite one of these paths; "
        .. "path one: [a, [0]], path two: [a, b]",
      ["SET size = :v"] = "Attribute name is a reserved keyword; reserved keyword: size",
      ["SET a = ((b))"] = "The expression has redundant parentheses;",
    } do
      assert.are.equal("Invalid UpdateExpression: " .. message, update(expression), expression)
    end
    local text = { [":v"] = { S = "x" } }
    assert.are.equal("Invalid UpdateExpression: Incorrect operand type for operator or function; operator or function: +, "
      .. "operand type: S", update("SET a = b + :v", text))
    assert.are.equal("Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ADD, "
      .. "operand type: STRING, typeSet: ALLOWED_FOR_ADD_OPERAND", update("ADD a :v", text))
  end)

  it("judge projections", function()
    assert.are.equal("Invalid ProjectionExpression: Two document paths overlap with each other; must remove or rewrite "
      .. "one of these "
      .. "paths; path one: [a, b], path two: [a]", project "a.b,a")
    assert.are.equal("Invalid ProjectionExpression: Attribute name is a reserved keyword; reserved keyword: date",
      project "date")
    assert.are.equal("Invalid ProjectionExpression: An expression attribute name used in the document path is not defined; "
      .. "attribute name: #a", project "#a")
  end)

  it("need every placeholder defined and used", function()
    assert.are.equal("Invalid FilterExpression: An expression attribute value used in expression is not defined; "
      .. "attribute value: :w",
      scan "a = :w")
    assert.are.equal("Invalid FilterExpression: An expression attribute name used in the document path is not defined; "
      .. "attribute name: #a", scan "#a = :v")
    assert.are.equal("Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}",
      scan "attribute_exists(a)")
    assert.are.equal("Value provided in ExpressionAttributeNames unused in expressions: keys: {#q, #r}",
      scan("a = :v", nil, { ["#q"] = "x", ["#r"] = "y" }))
  end)

  it("check the placeholders themselves", function()
    assert.are.equal('ExpressionAttributeValues contains invalid key: Syntax error; key: "v"',
      scan("a = :v", { v = { N = "1" } }))
    assert.are.equal('ExpressionAttributeNames contains invalid key: Syntax error; key: "a"', scan("a = :v", nil, { a = "x" }))
    assert.are.equal("ExpressionAttributeNames contains invalid value: Empty attribute name for key #a",
      scan("#a = :v", nil, { ["#a"] = "" }))
    assert.are.equal("ExpressionAttributeValues must not be empty", scan("a = :v", {}))
    assert.are.equal("ExpressionAttributeNames must not be empty", scan("a = :v", nil, {}))
    for problem, value in pairs {
      ["Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"] = {},
      ["Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes"] =
        { N = "1", S = "x" },
      ["The parameter cannot be converted to a numeric value: x"] = { N = "x" },
      ["The parameter cannot be converted to a numeric value"] = { N = "" },
      ["One or more parameter values were invalid: An string set  may not be empty"] = { SS = {} },
      ["One or more parameter values were invalid: An number set  may not be empty"] = { NS = {} },
      ["One or more parameter values were invalid: Binary sets should not be empty"] = { BS = {} },
      ["One or more parameter values were invalid: Input collection [a, a] contains duplicates."] = { SS = { "a", "a" } },
      ["Input collection contains duplicates"] = { NS = { "1", "1.0" } },
      ["One or more parameter values were invalid: Input collection [YQ==, YQ==]of type BS contains duplicates."] =
        { BS = { "a", "a" } },
      ["One or more parameter values were invalid: Null attribute value types must have the value of true"] = { NULL = false },
    } do
      assert.are.equal("ExpressionAttributeValues contains invalid value: " .. problem .. " for key :v",
        scan("a = :v", { [":v"] = value }))
    end
  end)

  it("do not mix with legacy parameters, and placeholders need expressions", function()
    local filter = { a = { ComparisonOperator = "NULL" } }
    assert.are.equal("Can not use both expression and non-expression parameters in the same request: "
      .. "Non-expression parameters: {ScanFilter} Expression parameters: {FilterExpression}",
      client.message("Scan", { TableName = "things", FilterExpression = "a = :v", ScanFilter = filter,
        ExpressionAttributeValues = ONE }))
    assert.are.equal("ExpressionAttributeNames can only be specified when using expressions",
      client.message("Scan", { TableName = "things", ExpressionAttributeNames = { ["#a"] = "b" } }))
    assert.are.equal("ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null",
      client.message("Scan", { TableName = "things", ExpressionAttributeValues = ONE }))
    assert.are.equal("ExpressionAttributeValues can only be specified when using expressions: "
      .. "UpdateExpression and ConditionExpression are null",
      client.message("UpdateItem", { TableName = "things", Key = { p = { S = "a" }, r = { N = "1" } },
        ExpressionAttributeValues = ONE }))
  end)
end)
