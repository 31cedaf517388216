local expression = require "local_aws.states.expression"
local json       = require "json"

local input = json.decode [[{"name": "Ada", "list": [1, 2, 2, "x", {"a": 1}, {"a": 1}], "object": {"a": 1, "b": {"c": 2}},
  "text": "{\"k\": [1, {}]}", "n": 7, "csv": "a,b;c,,d", "float": 1.5, "quote": "it's"}]]

local function value(text)
  local node = assert(expression.parse(text))
  return json.encode(expression.evaluate(node, { input = input, context = json.decode '{"Id": "ctx"}' }, "field.$"))
end

local function problem(text)
  local node = assert(expression.parse(text))
  local fine, failed = pcall(expression.evaluate, node, { input = input }, "field.$")
  assert.is_false(fine, text)
  return failed
end

-- The examples are those of https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
describe("an intrinsic function", function()
  it("formats", function()
    assert.equal('"Hello, my name is Ada."', value "States.Format('Hello, my name is {}.', $.name)")
    assert.equal([["7 {} it's [1, 2] null true"]],
      value [[States.Format('{} \{\} it\'s {} {} {}', $.n, States.Array(1, 2), null, true)]])
    assert.equal('"1.5"', value "States.Format('{}', $.float)")
    assert.equal('"ctx"', value "States.Format('{}', $$.Id)")
  end)

  it("works with arrays", function()
    assert.equal("[1,\"a\",null,[]]", value "States.Array(1, 'a', null, States.Array())")
    assert.equal("[[1,2],[2,\"x\"],[{\"a\":1},{\"a\":1}]]", value "States.ArrayPartition($.list, 2)")
    assert.equal("true", value "States.ArrayContains($.list, 'x')")
    assert.equal("true", value "States.ArrayContains($.list, $.list[4])")
    assert.equal("false", value "States.ArrayContains($.list, 'y')")
    assert.equal("[1,3,5,7,9]", value "States.ArrayRange(1, 9, 2)")
    assert.equal("[3,2,1]", value "States.ArrayRange(3, 1, -1)")
    assert.equal('"x"', value "States.ArrayGetItem($.list, 3)")
    assert.equal("6", value "States.ArrayLength($.list)")
    assert.equal('[1,2,"x",{"a":1}]', value "States.ArrayUnique($.list)")
  end)

  it("encodes, decodes, hashes", function()
    assert.equal('"RGF0YSB0byBlbmNvZGU="', value "States.Base64Encode('Data to encode')")
    assert.equal('"Decoded data"', value "States.Base64Decode('RGVjb2RlZCBkYXRh')")
    assert.equal('"aaff4a450a104cd177d28d18d74485e8cae074b7"', value "States.Hash('input data', 'SHA-1')")
    assert.equal('"900150983cd24fb0d6963f7d28e17f72"', value "States.Hash('abc', 'MD5')")
    assert.equal('"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"', value "States.Hash('abc', 'SHA-256')")
    assert.equal(98, #value "States.Hash('abc', 'SHA-384')")
    assert.equal(130, #value "States.Hash('abc', 'SHA-512')")
  end)

  it("works with JSON", function()
    assert.equal('{"a":5,"b":{"c":2}}', value "States.JsonMerge($.object, States.StringToJson('{\"a\": 5}'), false)")
    assert.equal('{"k":[1,{}]}', value "States.StringToJson($.text)")
    assert.equal([["{\"a\":1,\"b\":{\"c\":2}}"]], value "States.JsonToString($.object)")
    assert.equal("false", value "States.StringToJson('false')")
  end)

  it("computes and splits", function()
    assert.equal("6", value "States.MathAdd($.n, -1)")
    assert.equal("9", value "States.MathAdd($.n, $.float)")
    local number = tonumber(value "States.MathRandom(1, 999)")
    assert.is_true(number >= 1 and number < 999)
    assert.equal(value "States.MathRandom(1, 99999, 42)", value "States.MathRandom(1, 99999, 42)")
    assert.equal('["a","b","c","d"]', value "States.StringSplit($.csv, ',;')")
    assert.truthy(value("States.UUID()"):match '^"%x+%-%x+%-4%x+%-%x+%-%x+"$')
  end)

  it("keeps integers exact", function()
    input.big = 9007199254740993
    assert.equal("9007199254740994", value "States.MathAdd($.big, 1)")
  end)

  it("fails with States.IntrinsicFailure", function()
    for _, text in ipairs { "States.ArrayGetItem($.list, 9)", "States.StringToJson('{')", "States.Format('{}')",
      "States.Format('{}', 1, 2)",
      "States.Hash('a', 'SHA-3')", "States.JsonMerge($.object, $.object, true)", "States.ArrayPartition($.list, 0)",
      "States.Base64Decode('%')", "States.ArrayRange(1, 5000, 1)", "States.MathAdd('a', 1)", "States.ArrayLength($.name)",
      "States.UUID(1)", "States.ArrayRange(1, 2, 0)", "States.MathRandom(5, 5)", "States.JsonMerge($.list, $.object, false)",
      "States.StringSplit(1, ',')" } do
      assert.equal("States.IntrinsicFailure", problem(text).error, text)
    end
  end)

  it("names the field whose path finds nothing", function()
    local failed = problem "States.Format('{}', $.nothing)"
    assert.equal("States.Runtime", failed.error)
    assert.truthy(
      failed.cause:find("The JSONPath '$.nothing' specified for the field 'field.$' could not be found in the input", 1, true))
  end)

  it("is refused when it is no call", function()
    for _, text in ipairs { "States.Nothing()", "States.Format('a'", "Format('a')", "States.Format('a',)", "hello" } do
      assert.is_nil(expression.parse(text), text)
    end
    local deep = ("States.Array("):rep(11) .. (")"):rep(11)
    assert.is_nil(expression.parse(deep))
  end)
end)
