local clock   = require "clock"
local json    = require "json"
local support = require "tests.scripts.local_aws.states.world"

describe("a state of type", function()
  local world

  before_each(function()
    world = support.open { functions = { echo = function(payload) return payload end } }
  end)

  after_each(function() world:close() end)

  local function output(...)
    local described = world:run(...)
    assert.equal("SUCCEEDED", described.status, tostring(described.error) .. ": " .. tostring(described.cause))
    return described.output
  end

  describe("Pass", function()
    it("passes its input on, or a fixed result", function()
      assert.equal('{"a":1}', output("A", { A = { Type = "Pass", End = true } }, { a = 1 }))
      assert.equal("[1,2]", output("A", { A = { Type = "Pass", Result = json.array { 1, 2 }, End = true } }, { a = 1 }))
      assert.equal("false", output("A", { A = { Type = "Pass", Result = false, End = true } }, { a = 1 }))
    end)

    it("filters on the way in and out", function()
      assert.equal('{"b":2}', output("A", { A = { Type = "Pass", InputPath = "$.a", End = true } }, { a = { b = 2 } }))
      assert.equal("{}", output("A", { A = { Type = "Pass", InputPath = json.null, End = true } }, { a = 1 }))
      assert.equal("{}", output("A", { A = { Type = "Pass", OutputPath = json.null, End = true } }, { a = 1 }))
      assert.equal("1", output("A", { A = { Type = "Pass", OutputPath = "$.a", End = true } }, { a = 1 }))
      assert.equal('{"a":1,"r":{"x":5}}', output("A", { A = { Type = "Pass", Result = { x = 5 }, ResultPath = "$.r",
        End = true } },
        { a = 1 }))
      assert.equal('{"a":1}', output("A", { A = { Type = "Pass", Result = { x = 5 }, ResultPath = json.null,
        End = true } }, { a = 1 }))
    end)

    it("builds a payload from a template", function()
      assert.equal('{"fixed":1,"from":[{"deep":"v"},[]],"text":"v!"}', output("A", { A = { Type = "Pass", End = true,
        Parameters = {
        fixed = 1, from = json.array { { ["deep.$"] = "$.a" }, json.array {} }, ["text.$"] = "States.Format('{}!', $.a)" } } },
        { a = "v" }))
    end)

    it("keeps empty lists, empty objects and large integers", function()
      local text = '{"list":[],"number":9007199254740993,"object":{}}'
      assert.equal(text, output("A", { A = { Type = "Pass", End = true } }, text))
    end)
  end)

  it("Succeed ends the execution with its filtered input", function()
    assert.equal("1", output("A", { A = { Type = "Succeed", InputPath = "$.a" } }, { a = 1 }))
  end)

  it("Fail ends it with error and cause", function()
    local described = world:run("A", { A = { Type = "Fail", Error = "MyError", Cause = "because" } })
    assert.same({ "FAILED", "MyError", "because" }, { described.status, described.error, described.cause })
    described = world:run("A", { A = { Type = "Fail", ErrorPath = "$.e", CausePath = "States.Format('{}!', $.c)" } },
      { e = "E", c = "why" })
    assert.same({ "FAILED", "E", "why!" }, { described.status, described.error, described.cause })
    described = world:run("A", { A = { Type = "Fail" } })
    assert.same({ "FAILED" }, { described.status, described.error, described.cause })
    described = world:run("A", { A = { Type = "Fail", ErrorPath = "$.e" } }, { e = 5 })
    assert.equal("States.Runtime", described.error)
  end)

  it("Choice takes the first rule that matches, or the default", function()
    local choice = {
      A = { Type = "Choice", Default = "D", OutputPath = "$.out", Choices = json.array {
        { Variable = "$.n", NumericGreaterThan = 10, Next = "B" }, { Variable = "$.n", NumericGreaterThan = 5, Next = "C" } } },
      B = { Type = "Pass", Result = "B", End = true }, C = { Type = "Pass", End = true }, D = { Type = "Pass",
        Result = "D", End = true },
    }
    assert.equal('"B"', output("A", choice, { n = 11, out = 1 }))
    assert.equal("1", output("A", choice, { n = 6, out = 1 }))
    assert.equal('"D"', output("A", choice, { n = 1, out = 1 }))
  end)

  it("Wait waits for seconds or until a time, fixed or from the input", function()
    local start = support.START
    for _, case in ipairs {
      { { Seconds = 30 }, { n = 1 }, 30 }, { { SecondsPath = "$.n" }, { n = 45 }, 45 },
      { { Timestamp = "2027-01-15T08:01:40Z" }, { n = 1 }, 100 }, { { TimestampPath = "$.at" },
        { at = "2027-01-15T08:01:40Z" }, 100 },
    } do
      clock.freeze(start)
      case[1].Type, case[1].End = "Wait", true
      local arn = world:start("A", { A = case[1] }, case[2])
      clock.step(case[3] - 1)
      assert.equal("RUNNING", world:describe(arn).status)
      clock.step(1)
      local described = world:describe(arn)
      assert.equal("SUCCEEDED", described.status)
      assert.equal(start + case[3], described.stopDate)
      assert.equal(json.encode(case[2]), described.output)
    end
  end)

  it("Wait goes on at once when the time has passed", function()
    assert.equal('{"n":1}', output("A", { A = { Type = "Wait", Timestamp = "2001-01-01T00:00:00Z", End = true } }, { n = 1 }))
    assert.equal('{"n":1}', output("A", { A = { Type = "Wait", Seconds = 0, End = true } }, { n = 1 }))
  end)

  it("Wait fails when the input gives no time", function()
    local described = world:run("A", { A = { Type = "Wait", SecondsPath = "$.n", End = true } }, { n = "soon" })
    assert.same({ "FAILED", "States.Runtime" }, { described.status, described.error })
    described = world:run("A", { A = { Type = "Wait", TimestampPath = "$.n", End = true } }, { n = "soon" })
    assert.same({ "FAILED", "States.Runtime" }, { described.status, described.error })
  end)

  describe("Task", function()
    it("invokes a function through lambda:invoke", function()
      local described = world:run("A", { A = { Type = "Task", Resource = "arn:aws:states:::lambda:invoke", End = true,
        Parameters = { FunctionName = "arn:aws:lambda:us-east-1:123456789012:function:echo", ["Payload.$"] = "$" } } },
          { x = 1 })
      local result = json.decode(described.output)
      assert.same({ "$LATEST", 200, 1, 200 }, { result.ExecutedVersion, result.StatusCode, result.Payload.x,
        result.SdkHttpMetadata.HttpStatusCode })
      assert.is_string(result.SdkResponseMetadata.RequestId)
    end)

    it("invokes a function by its ARN and selects from the result", function()
      assert.equal('{"in":{"x":1},"out":{"y":1}}', output("A", { A = { Type = "Task", End = true,
        Resource = "arn:aws:lambda:us-east-1:123456789012:function:echo", ResultSelector = { ["y.$"] = "$.in.x" },
          ResultPath = "$.out" } },
        { ["in"] = { x = 1 } }))
    end)
  end)

  it("any can read the context object", function()
    local result = json.decode(output("A", { A = { Type = "Pass", End = true, Parameters = { ["c.$"] = "$$" } } }, { x = 1 })).c
    assert.equal("A", result.State.Name)
    assert.equal("2027-01-15T08:00:00.000Z", result.State.EnteredTime)
    assert.equal("run-1", result.Execution.Name)
    assert.equal("arn:aws:states:us-east-1:123456789012:execution:machine-1:run-1", result.Execution.Id)
    assert.equal("2027-01-15T08:00:00.000Z", result.Execution.StartTime)
    assert.equal("arn:aws:iam::123456789012:role/states", result.Execution.RoleArn)
    assert.equal('{"x":1}', json.encode(result.Execution.Input))
    assert.equal("machine-1", result.StateMachine.Name)
    assert.equal("arn:aws:states:us-east-1:123456789012:stateMachine:machine-1", result.StateMachine.Id)
  end)

  it("any can set and read variables", function()
    assert.equal('{"v":6}', output("A", {
      A = { Type = "Pass", Assign = { ["v.$"] = "States.MathAdd($.n, 1)" }, Next = "B" },
      B = { Type = "Pass", Parameters = { ["v.$"] = "$v" }, End = true } }, { n = 5 }))
  end)

  it("any keeps a variable's fields in the order in which they came", function()
    assert.equal('{"v":{"z":1,"a":{"c":2,"b":3}}}', output("A", {
      A = { Type = "Pass", Assign = { ["v.$"] = "$" }, Next = "B" },
      B = { Type = "Pass", Parameters = { ["v.$"] = "$v" }, End = true } }, '{"z": 1, "a": {"c": 2, "b": 3}}'))
  end)

  it("any fails when it assigns more than 256 KiB at once", function()
    local described = world:run("A", { A = { Type = "Pass", Assign = { ["v.$"] = "$", ["w.$"] = "$" }, End = true } },
      json.encode(("x"):rep(150 * 1024)))
    assert.equal("States.DataLimitExceeded", described.error)
    assert.equal("The variables that the state 'A' assigns exceed the maximum number of bytes service limit.", described.cause)
  end)

  it("any fails with States.Runtime when a path finds nothing", function()
    local described = world:run("Look", { Look = { Type = "Pass", End = true,
      Parameters = { ["address.$"] = "$.application.address" } } },
      '{"flagged":false}')
    assert.equal("States.Runtime", described.error)
    assert.equal("An error occurred while executing the state 'Look' (entered at the event id #2). The JSONPath "
      .. "'$.application.address' specified for the field 'address.$' could not be found in the input '{\"flagged\":false}'",
      described.cause)
    described = world:run("A", { A = { Type = "Pass", InputPath = "$.a", End = true } })
    assert.equal("An error occurred while executing the state 'A' (entered at the event id #2). Invalid path '$.a' : "
      .. "No results for path: $['a']", described.cause)
  end)
end)
