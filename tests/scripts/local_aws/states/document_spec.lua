local document   = require "local_aws.states.document"
local expression = require "local_aws.states.expression"
local json       = require "json"
local template   = require "local_aws.states.template"

describe("a document", function()
  it("is written as it was read", function()
    for _, text in ipairs { '{ "b" : 1.0, "a": [ 1 ] }', "[1, 2]", "{}", "[]", "null", '"x"' } do
      assert.equal(text, document.write(document.read(text)))
    end
  end)

  it("gives what is inside in its order, without spaces", function()
    local value = document.read '{ "z": { "d": 1, "c\\n": [ {"y": 2, "x": "\\u00e9"} ], "b": {} , "a": null, "d": 3 } }'
    local found, inner = expression.find(expression.parse("$.z").path, { input = value })
    assert.is_true(found)
    assert.equal('{"d":3,"c\\n":[{"y":2,"x":"é"}],"b":{},"a":null}', document.write(inner))
  end)

  it("made by a template has the template's order", function()
    local made = template.apply(document.open(document.read '{"z": 1, "b.$": "$.in", "a": [{"q": 1, "p.$": "$$.x"}]}'), {
      input = document.read '{"in": {"second": 2, "first": 1}}', context = json.object { x = "c" } })
    assert.equal('{"z":1,"b":{"second":2,"first":1},"a":[{"q":1,"p":"c"}]}', document.write(made))
  end)

  it("that is copied and changed keeps its order, with what is new behind", function()
    local original = document.open(document.read '{"c":1,"b":2}')
    local copy = document.copy(original)
    copy.a, copy.c = 3, nil
    assert.equal('{"b":2,"a":3}', document.write(copy))
    assert.equal('{"c":1,"b":2}', document.write(original))
  end)

  it("is joined from texts as they are", function()
    assert.equal('[{"a": 1},[2, 3]]', document.write(document.joined { '{"a": 1}', "[2, 3]" }))
  end)

  it("without a known order has its fields sorted", function()
    assert.equal('{"a":1,"b":"\\"\\u0001"}', document.write(json.object { b = '"\1', a = 1 }))
  end)

  it("may be nested as deep as JSON is read here", function()
    for _, level in ipairs { { '{"b":0,"a":', "}", 200 }, { "[", "]", 200 }, { '[{"b":0,"a":', "}]", 100 } } do
      local deep = level[1]:rep(level[3]) .. "1" .. level[2]:rep(level[3])
      assert.equal(deep, document.write(document.copy(document.open(document.read(deep)))))
      assert.is_false(pcall(document.read, level[1] .. deep .. level[2]))
    end
  end)
end)
