local clock   = require "clock"
local json    = require "json"
local support = require "tests.scripts.local_aws.states.world"

local LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:"

describe("a failure", function()
  local world, calls, times

  before_each(function()
    calls, times = 0, {}
    world = support.open { functions = {
      boom = function()
        calls = calls + 1
        times[calls] = require "time".now() - support.START
        error({ code = "FunctionError", errorType = "Boom", message = "it broke", trace = { "line 1" } }, 0)
      end,
      slow = function()
        calls = calls + 1
        require "task".sleep(1000)
        return json.object {}
      end,
      large = function() return ("x"):rep(256 * 1024) end,
    } }
  end)

  after_each(function() world:close() end)

  local function task(fields)
    fields.Type, fields.Resource = "Task", LAMBDA .. (fields.Resource or "boom")
    if not fields.Next then
      fields.End = true
    end
    return fields
  end

  it("of a function carries its type and what it said", function()
    local described = world:run("A", { A = task {} })
    assert.same({ "FAILED", "Boom", '{"errorMessage":"it broke","errorType":"Boom","trace":["line 1"]}' },
      { described.status, described.error, described.cause })
  end)

  it("of a function that is not there is Lambda.ResourceNotFoundException", function()
    local described = world:run("A", { A = { Type = "Task", Resource = "arn:aws:states:::lambda:invoke", End = true,
      Parameters = { FunctionName = "nobody" } } })
    assert.equal("Lambda.ResourceNotFoundException", described.error)
    assert.truthy(
      described.cause:find("Function not found: arn:aws:lambda:us-east-1:123456789012:function:nobody (Service: AWSLambda; "
      .. "Status Code: 404; Error Code: ResourceNotFoundException; Request ID: ", 1, true))
  end)

  describe("is retried", function()
    it("after the interval, longer each time, as often as it may", function()
      local arn = world:start("A", { A = task { Retry = json.array { { ErrorEquals = json.array { "Boom" }, IntervalSeconds = 2,
        MaxAttempts = 4, BackoffRate = 3, MaxDelaySeconds = 10 } } } })
      clock.step(100)
      assert.same({ 0, 2, 8, 18, 28 }, times)
      assert.equal("FAILED", world:describe(arn).status)
    end)

    it("three times after 1, 2 and 4 seconds when nothing is said", function()
      world:start("A", { A = task { Retry = json.array { { ErrorEquals = json.array { "States.ALL" } } } } })
      clock.step(100)
      assert.same({ 0, 1, 3, 7 }, times)
    end)

    it("by the first retrier that names it, each with its own count", function()
      world:start("A", { A = task { Retry = json.array {
        { ErrorEquals = json.array { "Other" }, MaxAttempts = 9 },
        { ErrorEquals = json.array { "Boom" }, MaxAttempts = 1, IntervalSeconds = 5 },
        { ErrorEquals = json.array { "States.ALL" }, MaxAttempts = 9 } } } })
      clock.step(100)
      assert.same({ 0, 5 }, times)
    end)

    it("within the delay when it jitters", function()
      world:start("A", { A = task { Retry = json.array { { ErrorEquals = json.array { "Boom" }, IntervalSeconds = 10,
        MaxAttempts = 2,
        BackoffRate = 1, JitterStrategy = "FULL" } } } })
      clock.step(20)
      assert.equal(3, calls)
    end)

    it("never when MaxAttempts is 0", function()
      world:start("A", { A = task { Retry = json.array { { ErrorEquals = json.array { "Boom" }, MaxAttempts = 0 } } } })
      clock.step(100)
      assert.equal(1, calls)
    end)

    it("with the number of retries in the context object", function()
      world.implementations.count = function(payload)
        calls = calls + 1
        times[calls] = payload.retries
        error({ code = "FunctionError", errorType = "Boom", message = "" }, 0)
      end
      world:start("A", { A = task { Resource = "count", Parameters = { ["retries.$"] = "$$.State.RetryCount" },
        Retry = json.array { { ErrorEquals = json.array { "Boom" } } } } })
      clock.step(100)
      assert.same({ 0, 1, 2, 3 }, times)
    end)
  end)

  describe("is caught", function()
    local function caught(fields, catch, input)
      fields.Catch = json.array { catch }
      fields.Next = "After"
      catch.Next = "Caught"
      local described = world:run("A", { A = task(fields), After = { Type = "Pass", Result = "not caught", End = true },
        Caught = { Type = "Pass", End = true } }, input)
      return described.status == "SUCCEEDED" and described.output or described.error
    end

    it("by its name, with error and cause as the next input", function()
      assert.equal([[{"Cause":"{\"errorMessage\":\"it broke\",\"errorType\":\"Boom\",\"trace\":[\"line 1\"]}","Error":"Boom"}]],
        caught({}, { ErrorEquals = json.array { "Boom" } }))
    end)

    it("beside the input where ResultPath says", function()
      local result = json.decode(caught({}, { ErrorEquals = json.array { "States.TaskFailed" }, ResultPath = "$.problem" },
        { a = 1 }))
      assert.same({ 1, "Boom" }, { result.a, result.problem.Error })
    end)

    it("by States.ALL and States.TaskFailed, not by another name", function()
      assert.truthy(caught({}, { ErrorEquals = json.array { "States.ALL" } }):find "Boom")
      assert.truthy(caught({}, { ErrorEquals = json.array { "States.TaskFailed" } }):find '"Error"')
      assert.equal("Boom", caught({}, { ErrorEquals = json.array { "States.Timeout" } }))
    end)

    it("after the retries are used up", function()
      world:start("A", { A = task { Next = "B", Retry = json.array { { ErrorEquals = json.array { "Boom" }, MaxAttempts = 1 } },
        Catch = json.array { { ErrorEquals = json.array { "Boom" }, Next = "B" } } }, B = { Type = "Succeed" } })
      clock.step(1)
      assert.equal(2, calls)
      assert.equal("SUCCEEDED", world:describe "arn:aws:states:us-east-1:123456789012:execution:machine-1:run-1".status)
    end)

    it("never when it is States.Runtime", function()
      assert.equal("States.Runtime", caught({ Parameters = { ["x.$"] = "$.nothing" } },
        { ErrorEquals = json.array { "States.ALL" } }))
    end)
  end)

  describe("by time", function()
    it("is States.Timeout, without a cause, and the late result is thrown away", function()
      local arn = world:start("A", { A = task { Resource = "slow", TimeoutSeconds = 5 } })
      clock.step(4)
      assert.equal("RUNNING", world:describe(arn).status)
      clock.step(1)
      local described = world:describe(arn)
      assert.same({ "FAILED", "States.Timeout" }, { described.status, described.error, described.cause })
      local count = #world:events(arn)
      clock.step(2000)
      assert.equal(count, #world:events(arn))
    end)

    it("is not caught by States.TaskFailed, but by States.Timeout", function()
      local function run(name)
        local arn = world:start("A", { A = task { Resource = "slow", TimeoutSecondsPath = "$.limit", Next = "B",
          Catch = json.array { { ErrorEquals = json.array { name }, Next = "B" } } }, B = { Type = "Succeed" } }, { limit = 3 })
        clock.step(3)
        return world:describe(arn)
      end
      assert.equal("FAILED", run("States.TaskFailed").status)
      assert.equal('{"Cause":"","Error":"States.Timeout"}', run("States.Timeout").output)
    end)

    it("ends the whole execution as TIMED_OUT", function()
      local arn = world:start("A", { A = { Type = "Wait", Seconds = 100, End = true } }, nil, { TimeoutSeconds = 10 })
      clock.step(10)
      local described = world:describe(arn)
      assert.same({ "TIMED_OUT", support.START + 10, "REDRIVABLE" }, { described.status, described.stopDate,
        described.redriveStatus })
      assert.equal("ExecutionStarted<0 WaitStateEntered<0 ExecutionTimedOut<0", world:trail(arn))
    end)
  end)

  it("of a choice without a match is States.NoChoiceMatched", function()
    local described = world:run("A", { A = { Type = "Choice", Choices = json.array { { Variable = "$.x", IsPresent = true,
      Next = "B" } } },
      B = { Type = "Succeed" } })
    assert.same({ "States.NoChoiceMatched",
      "An error occurred while executing the state 'A' (entered at the event id #2). Failed to "
      .. "transition out of the state. The state does not point to a next state." }, { described.error, described.cause })
  end)

  it("of an intrinsic function is States.IntrinsicFailure and can be caught", function()
    local described = world:run("A", { A = { Type = "Pass", Parameters = { ["x.$"] = "States.ArrayGetItem($.l, 9)" },
      End = true } },
      '{"l":[]}')
    assert.equal("States.IntrinsicFailure", described.error)
    assert.truthy(described.cause:find("The function 'States.ArrayGetItem($.l, 9)' had the following error:", 1, true))
  end)

  it("of a ResultPath is States.ResultPathMatchFailure", function()
    local described = world:run("A", { A = { Type = "Pass", Result = 1, ResultPath = "$.a.b", End = true } }, { a = "text" })
    assert.equal("States.ResultPathMatchFailure", described.error)
  end)

  it("of too much data is States.DataLimitExceeded", function()
    local arn = world:start("A", { A = task { Resource = "large", Next = "B",
      Catch = json.array { { ErrorEquals = json.array { "States.DataLimitExceeded" }, Next = "B" } } },
        B = { Type = "Pass", End = true } })
    world.rest()
    assert.equal(
      '{"Cause":"The state/task \'' .. LAMBDA .. 'large\' returned a result with a size exceeding the maximum number of '
      .. 'bytes service limit.","Error":"States.DataLimitExceeded"}', world:describe(arn).output)
    local text = json.encode { a = ("x"):rep(200000) }
    local described = world:run("A", { A = { Type = "Pass", Parameters = { ["x.$"] = "$.a", ["y.$"] = "$.a" },
      End = true } }, text)
    assert.equal("States.DataLimitExceeded", described.error)
  end)

  it("of a history that is full ends the execution at event 25,000", function()
    local arn = world:start("A", { A = { Type = "Pass", Next = "A2" }, A2 = { Type = "Choice", Default = "A",
      Choices = json.array {
      { Variable = "$.stop", IsPresent = true, Next = "B" } } }, B = { Type = "Succeed" } })
    for _ = 1, 20 do
      world.rest()
    end
    local described = world:describe(arn)
    assert.same({ "FAILED", "States.Runtime", "The execution reached the maximum number of history events (25000)." },
      { described.status, described.error, described.cause })
    local last = world:call("GetExecutionHistory", { executionArn = arn, reverseOrder = true, maxResults = 1 }).events[1]
    assert.same({ 25000, "ExecutionFailed" }, { last.id, last.type })
  end)
end)
