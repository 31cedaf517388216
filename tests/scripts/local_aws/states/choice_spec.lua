local choice_rules = require "local_aws.states.choice_rules"
local json         = require "json"

local input = json.decode [[{"s": "banana", "n": 5, "f": 5.5, "t": true, "at": "2026-11-23T06:00:00Z",
  "later": "2026-11-23T08:30:00+02:00",
  "null": null, "o": {}, "other": "apple", "log": "zebra.log", "star": "a*b", "limit": 5, "flag": true}]]

local function matches(text)
  local reports = {}
  local rule = json.decode(text)
  choice_rules.check(rule, "", function(pointer, message) reports[#reports + 1] = pointer .. " " .. message end)
  assert.same({}, reports)
  return choice_rules.matches(rule, { input = input })
end

local function complaints(text, top)
  local reports = {}
  choice_rules.check(json.decode(text), "", function(pointer,
    message) reports[#reports + 1] = pointer .. " " .. message end, top)
  return table.concat(reports, "; ")
end

describe("a choice rule", function()
  it("compares strings", function()
    assert.is_true(matches '{"Variable": "$.s", "StringEquals": "banana"}')
    assert.is_false(matches '{"Variable": "$.s", "StringEquals": "apple"}')
    assert.is_true(matches '{"Variable": "$.s", "StringGreaterThan": "apple"}')
    assert.is_true(matches '{"Variable": "$.s", "StringGreaterThanEqualsPath": "$.other"}')
    assert.is_true(matches '{"Variable": "$.other", "StringLessThanPath": "$.s"}')
    assert.is_true(matches '{"Variable": "$.other", "StringLessThanEquals": "apple"}')
    assert.is_false(matches '{"Variable": "$.s", "StringEqualsPath": "$.other"}')
  end)

  it("matches strings with wildcards", function()
    assert.is_true(matches '{"Variable": "$.log", "StringMatches": "*.log"}')
    assert.is_true(matches '{"Variable": "$.log", "StringMatches": "ze*a*.l*g"}')
    assert.is_false(matches '{"Variable": "$.log", "StringMatches": "*.logs"}')
    assert.is_false(matches '{"Variable": "$.log", "StringMatches": "zebra.log*x"}')
    assert.is_true(matches [[{"Variable": "$.star", "StringMatches": "a\\*b"}]])
    assert.is_false(matches [[{"Variable": "$.s", "StringMatches": "a\\*b"}]])
    assert.is_true(matches '{"Variable": "$.s", "StringMatches": "banana"}')
  end)

  it("compares numbers", function()
    assert.is_true(matches '{"Variable": "$.n", "NumericEquals": 5.0}')
    assert.is_true(matches '{"Variable": "$.f", "NumericGreaterThan": 5}')
    assert.is_true(matches '{"Variable": "$.n", "NumericLessThanEqualsPath": "$.limit"}')
    assert.is_false(matches '{"Variable": "$.n", "NumericLessThan": 5}')
    assert.is_true(matches '{"Variable": "$.n", "NumericGreaterThanEquals": 5}')
  end)

  it("compares booleans and timestamps", function()
    assert.is_true(matches '{"Variable": "$.t", "BooleanEquals": true}')
    assert.is_true(matches '{"Variable": "$.t", "BooleanEqualsPath": "$.flag"}')
    assert.is_true(matches '{"Variable": "$.at", "TimestampLessThan": "2026-11-23T06:00:01Z"}')
    assert.is_true(matches '{"Variable": "$.at", "TimestampLessThanPath": "$.later"}')
    assert.is_true(matches '{"Variable": "$.later", "TimestampEquals": "2026-11-23T06:30:00Z"}')
  end)

  it("never matches a value of another type", function()
    assert.is_false(matches '{"Variable": "$.s", "NumericEquals": 5}')
    assert.is_false(matches '{"Variable": "$.n", "StringEquals": "5"}')
    assert.is_false(matches '{"Variable": "$.s", "TimestampEquals": "2026-11-23T06:30:00Z"}')
  end)

  it("asks what a value is", function()
    assert.is_true(matches '{"Variable": "$.null", "IsNull": true}')
    assert.is_false(matches '{"Variable": "$.n", "IsNull": true}')
    assert.is_true(matches '{"Variable": "$.n", "IsNumeric": true}')
    assert.is_true(matches '{"Variable": "$.s", "IsNumeric": false}')
    assert.is_true(matches '{"Variable": "$.s", "IsString": true}')
    assert.is_true(matches '{"Variable": "$.t", "IsBoolean": true}')
    assert.is_true(matches '{"Variable": "$.at", "IsTimestamp": true}')
    assert.is_false(matches '{"Variable": "$.s", "IsTimestamp": true}')
    assert.is_true(matches '{"Variable": "$.nothing", "IsPresent": false}')
    assert.is_true(matches '{"Variable": "$.null", "IsPresent": true}')
  end)

  it("is joined with And, Or, Not", function()
    assert.is_true(matches [[{"And": [{"Variable": "$.n", "NumericEquals": 5},
      {"Or": [{"Variable": "$.s", "IsNull": true}, {"Not": {"Variable": "$.s", "StringEquals": "x"}}]}]}]])
    assert.is_false(matches '{"Or": [{"Variable": "$.n", "NumericEquals": 4}, {"Variable": "$.n", "IsString": true}]}')
  end)

  it("fails for a variable that is not there", function()
    local fine, problem = pcall(matches, '{"Variable": "$.nothing", "StringEquals": "x"}')
    assert.is_false(fine)
    assert.equal("States.Runtime", problem.error)
    assert.equal("Invalid path '$.nothing': The choice state's condition path references an invalid value.", problem.cause)
    fine, problem = pcall(matches, '{"Variable": "$.s", "StringEqualsPath": "$.nothing"}')
    assert.is_false(fine)
    assert.equal("States.Runtime", problem.error)
    fine, problem = pcall(matches, '{"Variable": "$.s", "StringEqualsPath": "$.n"}')
    assert.is_false(fine)
    assert.equal("States.Runtime", problem.error)
  end)

  it("is checked when the state machine is created", function()
    assert.equal("/Next Field is not supported", complaints '{"Variable": "$.a", "IsNull": true, "Next": "x"}')
    assert.equal(" These fields are required: [Next]", complaints('{"Variable": "$.a", "IsNull": true}', true))
    assert.equal(" These fields are required: [Variable]", complaints '{"IsNull": true}')
    assert.truthy(complaints('{"Variable": "$.a"}'):find "Exactly one")
    assert.truthy(complaints('{"Variable": "$.a", "IsNull": true, "IsString": true}'):find "Exactly one")
    assert.equal("/IsNull Expected value of type Boolean", complaints '{"Variable": "$.a", "IsNull": "yes"}')
    assert.equal("/StringEquals Expected value of type String", complaints '{"Variable": "$.a", "StringEquals": 5}')
    assert.equal("/StringEqualsPath Value is not a valid JSONPath", complaints '{"Variable": "$.a", "StringEqualsPath": "a"}')
    assert.equal("/And Expected value of type Array", complaints '{"And": []}')
    assert.equal("/And[0] Expected value of type Object", complaints '{"And": [1]}')
    assert.equal("/Variable Value is not a valid JSONPath", complaints '{"Variable": "a", "IsNull": true}')
  end)
end)
