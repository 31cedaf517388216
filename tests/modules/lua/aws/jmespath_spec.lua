local jmespath = require "aws.jmespath"
local json     = require "json"

local function value_of(text, document)
  return jmespath.compile(text)(json.decode(document))
end

describe("a JMESPath expression", function()
  local instances = [[{"Reservations": [
    {"Instances": [{"State": {"Name": "running"}}, {"State": {"Name": "pending"}}]}, {"Instances": []},
    {"Instances": [{"State": {"Name": "running"}}, {"State": null}]}]}]]

  it("names members, and nothing where there is none", function()
    assert.equal("ACTIVE", value_of("Table.TableStatus", '{"Table": {"TableStatus": "ACTIVE"}}'))
    assert.equal("x", value_of('"odd-name".b', '{"odd-name": {"b": "x"}}'))
    assert.is_nil(value_of("Table.TableStatus", '{"Table": null}'))
    assert.is_nil(value_of("Table.TableStatus", '{"Table": "text"}'))
    assert.is_false(value_of("a", '{"a": false}'))
  end)

  it("flattens lists of lists and leaves nulls out", function()
    assert.same({ "running", "pending", "running" }, value_of("Reservations[].Instances[].State.Name", instances))
    assert.same({ 1, 2, 3 }, value_of("a[]", '{"a": [[1, 2], 3]}'))
    assert.is_nil(value_of("b[].c", '{"a": 1}'))
  end)

  it("projects, indexes and filters", function()
    assert.same({ 1, 2 }, value_of("a[*].n", '{"a": [{"n": 1}, {}, {"n": 2}]}'))
    assert.same({ 7 }, value_of("a.*.n", '{"a": {"x": {"n": 7}}}'))
    assert.equal(3, value_of("a[-1]", '{"a": [1, 2, 3]}'))
    assert.equal(1, value_of("a[0]", '{"a": [1, 2, 3]}'))
    assert.is_nil(value_of("a[5]", '{"a": [1]}'))
    assert.same({ "y" }, value_of("a[?k == 'b'].v", '{"a": [{"k": "a", "v": "x"}, {"k": "b", "v": "y"}]}'))
    assert.same({}, value_of("a[?k == 'c'].v", '{"a": [{"k": "a"}]}'))
  end)

  it("compares, counts and combines, as ECS's services_stable does", function()
    local text = "length(services[?!(length(deployments) == `1` && runningCount == desiredCount)]) == `0`"
    assert.is_true(value_of(text, '{"services": [{"deployments": [1], "runningCount": 2, "desiredCount": 2}]}'))
    assert.is_false(value_of(text, '{"services": [{"deployments": [1, 2], "runningCount": 2, "desiredCount": 2}]}'))
    assert.is_true(value_of("length(a) > `0` && b != 'x'", '{"a": "text", "b": "y"}'))
    assert.is_true(value_of("length(a || `[]`) >= `0`", '{"b": 1}'))
    assert.is_nil(value_of("length(a) < `1`", '{"b": 1}'))
  end)

  it("is refused with the place when it is not understood", function()
    assert.has_error(function() jmespath.compile "a.b |c" end, [[the JMESPath expression "a.b |c" is not understood at "|c"]])
    assert.has_error(function() jmespath.compile "" end, [[the JMESPath expression "" is incomplete]])
    assert.has_error(function() jmespath.compile "a." end, [[the JMESPath expression "a." lacks name]])
    assert.has_error(function() jmespath.compile "length(a" end, [[the JMESPath expression "length(a" lacks )]])
    assert.has_error(function() jmespath.compile "a b" end, [[the JMESPath expression "a b" has something after its end]])
    assert.has_error(function() jmespath.compile "sum(a)" end, [[the JMESPath function sum() is not known here ("sum(a)")]])
  end)
end)
