local json = require "json"
local cjson = require "cjson".new()

local function refused(text)
  local ok, problem = pcall(json.decode, text)
  assert.is_false(ok, "decoded: " .. text)
  assert.equal("INVALID_JSON", problem.code)
  return problem
end

local function encode_error(value)
  local ok, problem = pcall(json.encode, value)
  assert.is_false(ok)
  assert.equal("string", type(problem))
  return problem
end

describe("json.decode", function()
  it("tells [] from {}, at every level", function()
    assert.equal('{"a":[],"b":{},"c":[[],{}]}', json.encode(json.decode '{"c":[ [ ],{ }],"b":{},"a":[\n\t]}'))
    assert.is_true(json.is_array(json.decode "[]"))
    assert.is_false(json.is_array(json.decode "{}"))
  end)

  it("makes whole numbers integers and leaves the others floats", function()
    local value = json.decode "[1, 1.0, 1e5, 2.5, -0, 0, 123456789012345]"
    local types = {}
    for index, number in ipairs(value) do types[index] = math.type(number) end
    assert.same({ "integer", "integer", "integer", "float", "integer", "integer", "integer" }, types)
    assert.equal(100000, value[3])
  end)

  it("keeps 64-bit integers exact", function()
    local text = "[9007199254740993,-9007199254740993,9223372036854775807,-9223372036854775808,1234567890123456]"
    assert.equal(text, json.encode(json.decode(text)))
  end)

  it("gives what no integer holds as the nearest float", function()
    local value = json.decode "[9223372036854775808, 1e22, 123456789012345678901234567890]"
    assert.same({ "float", "float", "float" }, { math.type(value[1]), math.type(value[2]), math.type(value[3]) })
    assert.equal(2 ^ 63, value[1])
  end)

  it("reads a long number at the root and as a member", function()
    assert.equal(9007199254740993, json.decode "9007199254740993")
    assert.equal(9007199254740993, json.decode '{"a":{"b":9007199254740993}}'.a.b)
  end)

  it("marks lists and objects against change", function()
    assert.equal("json.array", getmetatable(json.decode "[1]"))
    assert.equal("json.object", getmetatable(json.decode '{"a":1}'))
    assert.has_error(function() setmetatable(json.decode "[]", {}) end)
  end)

  it("knows null, and keeps it in lists", function()
    local value = json.decode '[null,{"a":null}]'
    assert.equal(json.null, value[1])
    assert.equal(json.null, value[2].a)
    assert.equal('[null,{"a":null}]', json.encode(value))
  end)

  it("decodes escapes and surrogate pairs", function()
    assert.equal('a"\\/\b\f\n\r\t\0é😀', json.decode [["a\"\\\/\b\f\n\r\t\u0000\u00e9\ud83d\ude00"]])
  end)

  it("takes the last of equal keys", function()
    assert.equal('{"a":2}', json.encode(json.decode '{"a":1,"a":2}'))
  end)

  it("refuses what is not JSON", function()
    for _, text in ipairs {
      "", " ", "nul", "[1,]", '{"a":1,}', "{1:2}", '{"a" 1}', "[1 2]", "[1", '"abc', '"abc\\', '"abc\\"', "[1] x", "[1]\v",
      "NaN", "[Infinity]", "[-Infinity]", "0x10", "01", "-01", "1.", ".5", "+1", "-", "1e", "1e+", "[1.e5]", '"\\x"',
      '"\\ud800"', '"\\u12"', "'a'", "{a:1}", "\239\187\191[]", "[1]//x", "tru", "]", "}", "[}", "{]", ",",
      "{[]:1}", "{12345678901234567890:1}",
    } do
      refused(text)
    end
  end)

  it("refuses a zero byte, raw control characters and text that is not UTF-8, which cjson takes", function()
    for _, text in ipairs {
      "[1]\0", "\0", '"a\0"', '"a\nb"', '"\t"', '"\255"', '"\xC0\x80"', '"\xED\xA0\x80"', '"\xF4\x90\x80\x80"', '"\xE2\x82"',
      '"\xF8\x88\x80\x80\x80"',
    } do
      refused(text)
    end
  end)

  it("refuses numbers beyond a double", function()
    refused "1e400"
    refused("[-" .. ("9"):rep(400) .. "]")
    assert.equal(0.0, json.decode "1e-400")
  end)

  it("takes 200 levels and refuses 201", function()
    local function nested(levels, inside) return ("["):rep(levels) .. inside .. ("]"):rep(levels) end
    local text = nested(200, "9007199254740993")
    assert.equal(text, json.encode(json.decode(text)))
    assert.equal(nested(200, ""), json.encode(json.decode(nested(200, ""))))
    assert.equal(201, refused(nested(201, "")).column)
    refused(('{"a":'):rep(201) .. "1" .. ("}"):rep(201))
  end)

  it("says where, in lines and characters of the given text", function()
    local problem = refused '{"é": [],\n "long": 9007199254740993, "b" x}'
    assert.equal(2, problem.line)
    assert.equal(32, problem.column)
    assert.matches("line 2, column 32", problem.message)
    problem = refused '{"é":\n\n "a\nb"}'
    assert.same({ 3, 4 }, { problem.line, problem.column })
    assert.same({ 1, 9 }, { refused '["é", 1.]'.line, refused '["ééé", 1.]'.column })
  end)

  it("names tokens as people write them", function()
    assert.matches("found '%]'", refused "[1,]".message)
    assert.matches("the end of the text", refused "[1,".message)
  end)

  it("wants a string", function()
    assert.has_error(function() json.decode() end)
    assert.has_error(function() json.decode {} end)
  end)
end)

describe("json.encode", function()
  it("sorts keys bytewise", function()
    assert.equal('{"":5,"A":4,"a":1,"a\\u0000":3,"ab":2,"é":6}',
      json.encode { a = 1, ab = 2, ["a\0"] = 3, A = 4, [""] = 5, ["é"] = 6 })
  end)

  it("writes numbers exactly", function()
    for text, number in pairs {
      ["1"] = 1.0, ["-1"] = -1.0, ["1.5"] = 1.5, ["0.1"] = 0.1, ["1000000000000000"] = 1e15,
      ["9007199254740991"] = 2.0 ^ 53 - 1,
      ["9223372036854775807"] = math.maxinteger, ["-9223372036854775808"] = math.mininteger,
    } do
      assert.equal(text, json.encode(number))
    end
    for _, number in ipairs { 1 / 3, 1e300, 5e-324, 2 ^ 63, 1.7976931348623157e308, 0.1 + 0.2, -1e-7 } do
      assert.equal(number, json.decode(json.encode(number)))
    end
  end)

  it("escapes what must be, and only that", function()
    assert.equal([["\"\\\b\f\n\r\t\u0000\u001f/é😀]] .. "\127" .. '"', json.encode '"\\\b\f\n\r\t\0\31/é😀\127')
  end)

  it("writes lists, objects, booleans, null", function()
    assert.equal('[1,"a",true,false,null,[],{}]', json.encode { 1, "a", true, false, json.null, json.array {}, json.object {} })
  end)

  it("never guesses about an empty table", function()
    assert.matches("json.array{}", encode_error {}, 1, true)
    assert.matches("^.*a%[2%]: an empty table", encode_error { a = { 1, {} } })
  end)

  it("names the place of what it refuses", function()
    assert.matches("waves[2].name: a function cannot be JSON", encode_error { waves = { 1, { name = print } } }, 1, true)
    assert.matches('["a b"].c: NaN', encode_error { ["a b"] = { c = 0 / 0 } }, 1, true)
    assert.matches("[1][1]: NaN and infinity", encode_error { { 1 / 0 } }, 1, true)
    assert.matches("a: text that is not UTF-8", encode_error { a = "\255" }, 1, true)
    assert.matches("not UTF%-8", encode_error { ["\255"] = 1 })
    assert.matches("json.encode: a userdata cannot", encode_error(io.stdout), 1, true)
    assert.matches("a thread cannot", encode_error { coroutine.create(print) })
  end)

  it("cuts a very long path", function()
    local key, value = ("k"):rep(300), 0 / 0
    for _ = 1, 5 do value = { [key] = value } end
    assert.is_true(#encode_error(value) < 700)
  end)

  it("refuses mixed tables, holes and foreign keys", function()
    assert.matches("a: a table with both", encode_error { a = { 1, x = 2 } })
    assert.matches("holes", encode_error { 1, nil, 3, nil, 5 })
    assert.matches("holes", encode_error { 1, [3] = 3 })
    assert.matches("key that is not a string", encode_error { [2] = 1 })
    assert.matches("key that is not a string", encode_error { [1.5] = 1, a = 1 })
    assert.matches("both indexes and names", encode_error(json.array { a = 1 }))
    assert.matches("holes", encode_error(json.array { [0] = 1 }))
    assert.matches("key that is not a string", encode_error(json.object { 1 }))
  end)

  it("refuses a table that contains itself, and takes one that comes twice", function()
    local loop = { a = {} }
    loop.a.b = loop
    assert.matches("a.b: a table that contains itself", encode_error(loop), 1, true)
    local twice = { x = 1 }
    assert.equal('[{"x":1},{"x":1}]', json.encode { twice, twice })
  end)

  it("refuses more than 200 levels", function()
    local value = json.array {}
    for _ = 1, 199 do value = { value } end
    assert.equal(("["):rep(200) .. ("]"):rep(200), json.encode(value))
    assert.matches("deeper than 200 levels", encode_error { value })
  end)

  it("wants a value", function()
    assert.has_error(function() json.encode() end)
    assert.matches("a nil cannot be JSON", encode_error(nil))
  end)

  it("writes objects of many keys", function()
    local value, parts = {}, {}
    for index = 1, 5000 do value[("k%05d"):format(index)] = index end
    for index = 1, 5000 do parts[index] = ('"k%05d":%d'):format(index, index) end
    assert.equal("{" .. table.concat(parts, ",") .. "}", json.encode(value))
  end)

  it("survives a finaliser that changes what is written", function()
    local value = {}
    for round = 1, 200 do
      for index = 1, 50 do value["key number " .. index .. " with a long tail to be collected " .. round] = { index } end
      setmetatable({}, { __gc = function()
        for key in pairs(value) do value[key] = nil end
        value.x = 1
      end })
      pcall(json.encode, value)
    end
    collectgarbage()
    assert.equal("string", type(json.encode(value)))
  end)
end)

describe("json.encode_pretty", function()
  it("indents by two spaces and keeps empty ones short", function()
    assert.equal('{\n  "a": [\n    1,\n    {\n      "b": null\n    }\n  ],\n  "c": [],\n  "d": {}\n}',
      json.encode_pretty { a = { 1, { b = json.null } }, c = json.array {}, d = json.object {} })
    assert.equal("[]", json.encode_pretty(json.array {}))
  end)

  it("indents deeply", function()
    local value = json.array {}
    for _ = 1, 30 do value = { value } end
    assert.equal(value[1][1] ~= nil, json.decode(json.encode_pretty(value)) ~= nil)
    assert.matches("\n" .. (" "):rep(60) .. "%[%]\n", json.encode_pretty(value))
  end)
end)

describe("json.array and json.object", function()
  it("mark the table that they are given", function()
    local list = {}
    assert.equal(list, json.array(list))
    assert.equal("[]", json.encode(list))
    assert.equal("{}", json.encode(json.object(list)))
    assert.equal("[]", json.encode(json.array()))
  end)

  it("refuse a table that has another metatable, and what is no table", function()
    assert.has_error(function() json.array(setmetatable({}, {})) end)
    assert.has_error(function() json.object "x" end)
  end)

  it("is_array knows marks, then looks at the first key", function()
    assert.is_true(json.is_array(json.array {}))
    assert.is_true(json.is_array { 1 })
    assert.is_false(json.is_array {})
    assert.is_false(json.is_array { a = 1 })
    assert.is_false(json.is_array(json.object { 1 }))
    assert.is_false(json.is_array "x")
    assert.is_false(json.is_array(nil))
  end)
end)

-- Random values and texts against cjson, where cjson is right: no empty lists, no long numbers.
describe("json against lua-cjson", function()
  local seed = os.time()
  math.randomseed(seed)

  local function random_string()
    local parts = {}
    for index = 1, math.random(0, 8) do
      local kind = math.random(4)
      parts[index] = kind == 1 and utf8.char(math.random(0x80, 0xD7FF))
        or kind == 2 and utf8.char(math.random(0x10000, 0x10FFFF))
        or string.char(math.random(0, 127))
    end
    return table.concat(parts)
  end

  local random_value
  local makers = {
    function() return math.random(-999999999999, 999999999999) end,
    function() return tonumber(("%.14g"):format(math.random() * 10 ^ math.random(-5, 5))) end,
    function() return math.random(2) == 1 end,
    function() return json.null end,
    random_string,
    function(depth)
      local list = { random_value(depth - 1) }
      for index = 2, math.random(1, 5) do list[index] = random_value(depth - 1) end
      return list
    end,
    function(depth)
      local object = { a = random_value(depth - 1) }
      for _ = 1, math.random(0, 5) do object["k" .. random_string()] = random_value(depth - 1) end
      return object
    end,
  }
  function random_value(depth) return makers[math.random(depth > 0 and #makers or 5)](depth) end

  local function plain(value) -- without marks, numbers as floats: what cjson gives
    if type(value) == "number" then return value + 0.0 end
    if type(value) ~= "table" then return value end
    local copy = {}
    for key, member in pairs(value) do copy[key] = plain(member) end
    return copy
  end

  it("decodes what cjson wrote as cjson decodes it", function()
    for _ = 1, 2000 do
      local text = cjson.encode(random_value(4))
      assert.same(cjson.decode(text), plain(json.decode(text)), "seed " .. seed .. ": " .. text)
    end
  end)

  it("writes what cjson reads back as the same, and its own text again", function()
    for _ = 1, 2000 do
      local value = random_value(4)
      local text = json.encode(value)
      assert.same(plain(value), cjson.decode(text), "seed " .. seed .. ": " .. text)
      assert.equal(text, json.encode(json.decode(text)))
      assert.equal(text, json.encode(json.decode(json.encode_pretty(value))))
    end
  end)

  it("accepts no broken text that cjson refuses", function()
    local alphabet = '[]{}:,"\\0123456789.eE+-truefalsn \n\127é'
    for _ = 1, 5000 do
      local text = json.encode(random_value(3))
      local place, byte = math.random(#text), math.random(#alphabet)
      text = text:sub(1, place - 1) .. alphabet:sub(byte, byte) .. text:sub(place + math.random(0, 1))
      local ours, theirs = pcall(json.decode, text), pcall(cjson.decode, text)
      assert.is_false(ours and not theirs, "seed " .. seed .. ": " .. text)
    end
  end)
end)
