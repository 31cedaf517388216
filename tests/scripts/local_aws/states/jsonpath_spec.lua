local json     = require "json"
local jsonpath = require "local_aws.states.jsonpath"

local document = json.decode [[{"a": {"b": [10, 20, 30, {"c": "deep"}], "with space": 1, "x-y": 2}, "list": [
  {"name": "one", "n": 1, "tags": ["red"]}, {"name": "two", "n": 2}, {"name": "three", "n": 3, "ok": true}],
  "empty": [], "none": null}]]

local function found(text)
  local there, value = jsonpath.query(assert(jsonpath.parse(text)), document)
  assert.is_true(there, text)
  return json.encode(value)
end

local function missing(text)
  local there, reason = jsonpath.query(assert(jsonpath.parse(text)), document)
  assert.is_false(there, text)
  return reason
end

describe("JSONPath", function()
  it("finds names, quoted names and indexes", function()
    assert.equal(json.encode(document), found "$")
    assert.equal("20", found "$.a.b[1]")
    assert.equal("30", found "$['a']['b'][2]")
    assert.equal('"deep"', found "$.a.b[-1].c")
    assert.equal("1", found "$.a['with space']")
    assert.equal("2", found "$.a.x-y")
    assert.equal("null", found "$.none")
  end)

  it("gives a list for what may match many", function()
    assert.equal('["one","two","three"]', found "$.list[*].name")
    assert.equal('["one","two","three"]', found "$..name")
    assert.equal("[10,30]", found "$.a.b[0,2]")
    assert.equal("[10,20]", found "$.a.b[0:2]")
    assert.equal("[20]", found "$.a.b[1:-2]")
    assert.equal("[10,30]", found "$.a.b[::2]")
    assert.equal('[{"c":"deep"},30,20,10]', found "$.a.b[::-1]")
    assert.equal("[1,2]", found "$.a['with space','x-y']")
    assert.equal("[]", found "$.list[*].nothing")
    assert.equal("[]", found "$.empty[*]")
  end)

  it("filters", function()
    assert.equal('["two"]', found "$.list[?(@.n == 2)].name")
    assert.equal('["two","three"]', found "$.list[?(@.n > 1)].name")
    assert.equal('["three"]', found "$.list[?(@.ok)].name")
    assert.equal('["one","two"]', found "$.list[?(!@.ok)].name")
    assert.equal('["one","three"]', found "$.list[?(@.name == 'one' || (@.n >= 3 && @.ok == true))].name")
    assert.equal('["one","two"]', found "$.list[?(@.n in [1, 2])].name")
    assert.equal('["three"]', found "$.list[?(@.n nin [1, 2])].name")
    assert.equal('["one"]', found "$.list[?(@.n < $.list[1].n)].name")
    assert.equal("[]", found "$.list[?(@.name < 5)].name")
  end)

  it("says which part is not there", function()
    assert.equal("No results for path: $['a']['nothing']", missing "$.a.nothing")
    assert.equal("Missing property in path $['nothing']", missing "$.nothing.more")
    assert.equal("No results for path: $['a']['b'][9]", missing "$.a.b[9]")
  end)

  it("refuses what is no path", function()
    for _, text in ipairs { "", "a", "$.", "$[", "$['a", "$.a[?(@.b ==)]", "$.a b", "$.list[1" } do
      assert.is_nil(jsonpath.parse(text), text)
    end
    assert.is_nil(jsonpath.parse(5))
  end)

  it("knows reference paths", function()
    assert.is_true(jsonpath.parse("$.a.b[0]").reference)
    assert.is_false(jsonpath.parse("$.a[*]").reference)
    assert.is_false(jsonpath.parse("$.a[-1]").reference)
    assert.is_false(jsonpath.parse("$..a").reference)
  end)

  it("puts values where a reference path says", function()
    local target = json.decode '{"a": {"b": 1}, "l": [1, 2]}'
    assert.equal('{"a":{"b":1,"c":{"d":5}},"l":[1,2]}', json.encode(jsonpath.assign(jsonpath.parse "$.a.c.d", target, 5)))
    assert.equal('{"a":{"b":1,"c":{"d":5}},"l":[1,9]}', json.encode(jsonpath.assign(jsonpath.parse "$.l[1]", target, 9)))
    assert.is_nil(jsonpath.assign(jsonpath.parse "$.l[7]", target, 9))
    assert.is_nil(jsonpath.assign(jsonpath.parse "$.a.b.c", target, 9))
  end)
end)
