-- Plain Lua values <-> DynamoDB's AttributeValue, both ways.

local document = require "aws.document"
local dynamodb = require "dynamodb"
local json     = require "json"

local function wire(value)
  return json.encode(document.write(value))
end

local function plain(text)
  return document.read(json.decode(text))
end

-- What is written, read again and written again is the same.
local function survives(text)
  assert.are.equal(text, wire(plain(text)))
end

describe("plain values", function()
  it("are written as DynamoDB types", function()
    assert.are.equal('{"S":"x"}', wire "x")
    assert.are.equal('{"S":""}', wire "")
    assert.are.equal('{"N":"7"}', wire(7))
    assert.are.equal('{"N":"7"}', wire(7.0))
    assert.are.equal('{"N":"0.1"}', wire(0.1))
    assert.are.equal('{"N":"9223372036854775807"}', wire(math.maxinteger))
    assert.are.equal('{"BOOL":false}', wire(false))
    assert.are.equal('{"NULL":true}', wire(json.null))
    assert.are.equal('{"L":[{"N":"1"},{"S":"a"}]}', wire { 1, "a" })
    assert.are.equal('{"L":[]}', wire(json.array {}))
    assert.are.equal('{"M":{}}', wire(json.object {}))
    assert.are.equal('{"M":{"a":{"M":{"b":{"BOOL":true}}}}}', wire { a = { b = true } })
    assert.are.equal('{"B":"AP8="}', wire(dynamodb.binary "\0\255"))
    assert.are.equal('{"SS":["a","b"]}', wire(dynamodb.set { "a", "b" }))
    assert.are.equal('{"NS":["1","2.5"]}', wire(dynamodb.set { 1, 2.5 }))
    assert.are.equal('{"BS":["YQ=="]}', wire(dynamodb.set { dynamodb.binary "a" }))
  end)

  it("come back from what DynamoDB sends", function()
    local item = plain [[{"M":{"s":{"S":"x"},"n":{"N":"-12"},"f":{"N":"0.25"},"t":{"BOOL":true},"f2":{"BOOL":false},
      "z":{"NULL":true},"l":{"L":[{"N":"1"},{"L":[]}]},"m":{"M":{}},"b":{"B":"AP8="},"ss":{"SS":["a","b"]},"ns":{"NS":["1"]},
      "bs":{"BS":["YQ=="]}}}]]
    assert.are.equal("x", item.s)
    assert.are.equal("integer", math.type(item.n))
    assert.are.equal(0.25, item.f)
    assert.is_true(item.t)
    assert.is_false(item.f2)
    assert.are.equal(json.null, item.z)
    assert.are.equal("[1,[]]", json.encode(item.l))
    assert.are.equal("{}", json.encode(item.m))
    assert.are.equal("\0\255", item.b.bytes)
    assert.is_true(item.ss:has "b")
    assert.is_false(item.ss:has "c")
    assert.is_true(item.ns:has(1))
    assert.is_true(item.bs:has(dynamodb.binary "a"))
  end)

  it("go there and back unchanged", function()
    for _, text in ipairs {
      '{"S":"é"}', '{"N":"0"}', '{"N":"-5"}', '{"N":"3.14159"}', '{"N":"12345678901234567890123456789012345678"}',
      '{"N":"0.1234567890123456789"}', '{"N":"9223372036854775808"}', '{"BOOL":true}', '{"NULL":true}',
      '{"L":[{"SS":["x"]},{"M":{"k":{"L":[]}}}]}', '{"NS":["12345678901234567890123","7"]}', '{"BS":["AA=="]}',
    } do
      survives(text)
    end
  end)

  it("of a kind that is not known yet stay as they came", function()
    assert.are.equal('{"FUTURE":"x"}', json.encode(plain '{"FUTURE":"x"}'))
  end)
end)

describe("DynamoDB's numbers", function()
  it("are Lua numbers when those hold exactly the same", function()
    for text, expected in pairs {
      ["7"] = 7, ["-0"] = 0, ["1E2"] = 100, ["0.5"] = 0.5, ["9007199254740993"] = 9007199254740993, ["1.50"] = 1.5,
      ["-9223372036854775808"] = math.mininteger,
    } do
      assert.are.equal(expected, dynamodb.read_number(text))
    end
    assert.are.equal("integer", math.type(dynamodb.read_number "1E2"))
  end)

  it("keep all digits when no Lua number does", function()
    for _, text in ipairs {
      "9223372036854775808", "0.12345678901234567", "12345678901234567890123456789012345678", "1.0000000000000000000001",
    } do
      local number = dynamodb.read_number(text)
      assert.are.equal("number", dynamodb.kind(number), text)
      assert.are.equal(text, tostring(number))
    end
  end)

  it("are made by dynamodb.number, up to 38 digits", function()
    assert.are.equal(42, dynamodb.number "42")
    assert.are.equal(dynamodb.number "9223372036854775808", dynamodb.number "9223372036854775808.0")
    assert.are_not.equal(dynamodb.number "9223372036854775808", dynamodb.number "9223372036854775809")
    for text, problem in pairs {
      [("1"):rep(39)] = "has 39 significant digits, DynamoDB keeps 38", ["1E126"] = "is beyond DynamoDB's range",
      ["1E-131"] = "is beyond DynamoDB's range", ["abc"] = "is no number", ["1.2.3"] = "is no number", [""] = "is no number",
      ["0x10"] = "is no number", ["1e"] = "is no number", ["nan"] = "is no number",
    } do
      local made, message = pcall(dynamodb.number, text)
      assert.is_false(made, text)
      assert.matches(problem, message, 1, true)
    end
    assert.has_error(function() dynamodb.number {} end)
  end)
end)

describe("dynamodb.set", function()
  it("refuses what is no set", function()
    for problem, list in pairs {
      ["at least one member"] = {}, ["all must be strings"] = { "a", 1 }, ["is there twice"] = { "a", "a" },
      ["member 1 is a boolean"] = { true },
    } do
      local made, message = pcall(dynamodb.set, list)
      assert.is_false(made)
      assert.matches(problem, message, 1, true)
    end
    assert.has_error(function() dynamodb.set "a" end)
    assert.has_error(function() dynamodb.binary(7) end)
  end)
end)
