local clock   = require "clock"
local json    = require "json"
local support = require "tests.scripts.local_aws.states.world"

describe("a task token", function()
  local world, token, invoked

  before_each(function()
    invoked = 0
    world = support.open { functions = {
      keep = function(payload)
        token, invoked = payload.token, invoked + 1
        return json.object { kept = true }
      end,
    } }
  end)

  after_each(function() world:close() end)

  local function start(fields)
    local state = { Type = "Task", Resource = "arn:aws:states:::lambda:invoke.waitForTaskToken", End = true,
      Parameters = { FunctionName = "keep", Payload = { ["token.$"] = "$$.Task.Token" } } }
    for key, value in pairs(fields or {}) do
      state[key] = value
    end
    local arn = world:start("Ask", { Ask = state, Caught = fields and fields.Catch and { Type = "Pass", End = true } or nil })
    world.rest()
    return arn
  end

  it("is waited for until it comes back with an output", function()
    local arn = start()
    assert.equal("RUNNING", world:describe(arn).status)
    clock.step(3600 * 24 * 365)
    assert.equal("RUNNING", world:describe(arn).status)
    world:call("SendTaskSuccess", { taskToken = token, output = '{"ok":[]}' })
    world.rest()
    assert.equal('{"ok":[]}', world:describe(arn).output)
    assert.equal("ExecutionStarted<0 TaskStateEntered<0 TaskScheduled<2 TaskStarted<3 TaskSubmitted<4 TaskSucceeded<5 "
      .. "TaskStateExited<6 ExecutionSucceeded<7", world:trail(arn))
    assert.equal(1, invoked)
  end)

  it("cannot be guessed", function()
    start()
    local first = token
    start()
    assert.is_true(#first >= 128 and first ~= token)
  end)

  it("is good once", function()
    start()
    world:call("SendTaskSuccess", { taskToken = token, output = "{}" })
    for _, name in ipairs { "SendTaskSuccess", "SendTaskFailure", "SendTaskHeartbeat" } do
      assert.equal("TaskTimedOut: Task Timed Out: 'Provided task does not exist anymore'",
        world:refusal(name, { taskToken = token, output = "{}" }))
    end
  end)

  it("may come back before its function has returned", function()
    world.implementations.keep = function(payload)
      world:call("SendTaskSuccess", { taskToken = payload.token, output = "1" })
      return json.object {}
    end
    local arn = start()
    assert.equal("1", world:describe(arn).output)
    assert.is_nil(world:find_event(arn, "TaskSubmitted"))
  end)

  it("is refused when it is none, or its output is no JSON", function()
    start()
    assert.equal("InvalidToken: Invalid Token: 'Invalid token'", world:refusal("SendTaskSuccess", { taskToken = "abc",
      output = "{}" }))
    assert.equal("InvalidToken: Invalid Token: 'Invalid token'", world:refusal("SendTaskHeartbeat", { taskToken = "abc" }))
    assert.truthy(world:refusal("SendTaskSuccess", { taskToken = token,
      output = "not" }):find "^InvalidOutput: Invalid Output: '")
    assert.truthy(world:refusal("SendTaskSuccess", { taskToken = token,
      output = ('"x"'):rep(100000) }):find "^ValidationException")
    world:call("SendTaskSuccess", { taskToken = token, output = "{}" })
  end)

  it("can come back with a failure", function()
    local arn = start()
    world:call("SendTaskFailure", { taskToken = token, error = "Refused", cause = "by hand" })
    world.rest()
    local described = world:describe(arn)
    assert.same({ "FAILED", "Refused", "by hand" }, { described.status, described.error, described.cause })
    arn = start { Catch = json.array { { ErrorEquals = json.array { "Refused" }, Next = "Caught" } } }
    world:call("SendTaskFailure", { taskToken = token, error = "Refused" })
    world.rest()
    assert.equal('{"Cause":null,"Error":"Refused"}', world:describe(arn).output)
  end)

  it("times out", function()
    local arn = start { TimeoutSeconds = 10 }
    clock.step(10)
    local described = world:describe(arn)
    assert.same({ "FAILED", "States.Timeout" }, { described.status, described.error })
    assert.truthy(world:refusal("SendTaskSuccess", { taskToken = token, output = "{}" }):find "^TaskTimedOut")
    assert.truthy(world:trail(arn):find "TaskSubmitted<4 TaskTimedOut<5 ExecutionFailed<6")
  end)

  it("is kept alive by heartbeats", function()
    local arn = start { HeartbeatSeconds = 10, TimeoutSeconds = 60 }
    for _ = 1, 3 do
      clock.step(9)
      world:call("SendTaskHeartbeat", { taskToken = token })
    end
    assert.equal("RUNNING", world:describe(arn).status)
    clock.step(10)
    local described = world:describe(arn)
    assert.same({ "FAILED", "States.Timeout", support.START + 37 }, { described.status, described.error, described.stopDate })
  end)

  it("that misses a heartbeat is also caught as States.HeartbeatTimeout", function()
    local arn = start { HeartbeatSecondsPath = "$$.State.RetryCount" }
    assert.equal("States.Runtime", world:describe(arn).error)
    arn = start { HeartbeatSeconds = 5,
      Catch = json.array { { ErrorEquals = json.array { "States.HeartbeatTimeout" }, Next = "Caught" } } }
    clock.step(5)
    assert.equal("SUCCEEDED", world:describe(arn).status)
    arn = start { TimeoutSeconds = 5,
      Catch = json.array { { ErrorEquals = json.array { "States.HeartbeatTimeout" }, Next = "Caught" } } }
    clock.step(5)
    assert.equal("FAILED", world:describe(arn).status)
  end)

  it("belongs to one attempt", function()
    local arn = start { TimeoutSeconds = 10, Retry = json.array { { ErrorEquals = json.array { "States.Timeout" },
      IntervalSeconds = 1 } } }
    local first = token
    clock.step(11)
    assert.are_not.equal(first, token)
    assert.truthy(world:refusal("SendTaskSuccess", { taskToken = first, output = "{}" }):find "^TaskTimedOut")
    world:call("SendTaskSuccess", { taskToken = token, output = '"second"' })
    world.rest()
    assert.equal('"second"', world:describe(arn).output)
  end)

  it("is spent when its execution is stopped", function()
    local arn = start()
    world:call("StopExecution", { executionArn = arn })
    assert.truthy(world:refusal("SendTaskSuccess", { taskToken = token, output = "{}" }):find "^TaskTimedOut")
    assert.equal("ABORTED", world:describe(arn).status)
  end)

  it("is unknown once its state machine is deleted", function()
    start()
    world:call("DeleteStateMachine", { stateMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:machine-1" })
    assert.equal("TaskDoesNotExist: Task Does Not Exist: 'Provided task does not exist'",
      world:refusal("SendTaskSuccess", { taskToken = token, output = "{}" }))
  end)

  it("fails with its function", function()
    world.implementations.keep = nil
    local described = world:describe(start())
    assert.equal("Lambda.ResourceNotFoundException", described.error)
    assert.truthy(world:trail(described.executionArn):find "TaskStarted<3 TaskSubmitFailed<4 ExecutionFailed<5")
  end)
end)
