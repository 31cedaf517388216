local clock   = require "clock"
local json    = require "json"
local support = require "tests.scripts.local_aws.states.world"
local task    = require "task"

local LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:"

-- world:reopen() closes the database in the middle of everything and starts another driver on the same file: what a new
-- process would do.
describe("a process that died", function()
  local world, calls, token

  before_each(function()
    calls = 0
    world = support.open { file = true, functions = {
      slow = function()
        calls = calls + 1
        task.sleep(10)
        return "done"
      end,
      keep = function(payload)
        calls, token = calls + 1, payload.token
        return json.object {}
      end,
      fail = function()
        calls = calls + 1
        error({ code = "FunctionError", errorType = "Bad", message = "" }, 0)
      end,
    } }
  end)

  after_each(function() world:close() end)

  local function start(state, fields)
    state.End = true
    local arn = world:start("A", { A = state }, nil, fields)
    world.rest()
    return arn
  end

  it("has its waits end at their time", function()
    local arn = start { Type = "Wait", Seconds = 60 }
    clock.step(20)
    world = world:reopen()
    clock.step(39)
    assert.equal("RUNNING", world:describe(arn).status)
    clock.step(1)
    assert.same({ "SUCCEEDED", support.START + 60 }, { world:describe(arn).status, world:describe(arn).stopDate })
    assert.equal("ExecutionStarted<0 WaitStateEntered<0 WaitStateExited<2 ExecutionSucceeded<3", world:trail(arn))
  end)

  it("has waits that ended meanwhile go on at once", function()
    local arn = start { Type = "Wait", Seconds = 60 }
    world:halt()
    clock.step(1000)
    world = world:start_again()
    world.rest()
    assert.equal("SUCCEEDED", world:describe(arn).status)
  end)

  it("has the functions in flight invoked again, and their events once", function()
    local arn = start { Type = "Task", Resource = LAMBDA .. "slow" }
    clock.step(5)
    world = world:reopen()
    clock.step(10)
    assert.equal(2, calls)
    assert.equal('"done"', world:describe(arn).output)
    assert.equal("ExecutionStarted<0 TaskStateEntered<0 LambdaFunctionScheduled<2 LambdaFunctionStarted<3 "
      .. "LambdaFunctionSucceeded<4 "
      .. "TaskStateExited<5 ExecutionSucceeded<6", world:trail(arn))
  end)

  it("has its token waits go on waiting, without asking again", function()
    local arn = start { Type = "Task", Resource = "arn:aws:states:::lambda:invoke.waitForTaskToken", HeartbeatSeconds = 50,
      Parameters = { FunctionName = "keep", Payload = { ["token.$"] = "$$.Task.Token" } } }
    clock.step(30)
    world = world:reopen()
    assert.equal(1, calls)
    world:call("SendTaskHeartbeat", { taskToken = token })
    clock.step(30)
    world:call("SendTaskSuccess", { taskToken = token, output = "7" })
    world.rest()
    assert.equal("7", world:describe(arn).output)
    arn = start { Type = "Task", Resource = "arn:aws:states:::lambda:invoke.waitForTaskToken", HeartbeatSeconds = 50,
      Parameters = { FunctionName = "keep", Payload = { ["token.$"] = "$$.Task.Token" } } }
    world = world:reopen()
    clock.step(50)
    assert.equal("States.Timeout", world:describe(arn).error)
  end)

  it("has its branches go on, each where it was", function()
    local function branch(name, state)
      state.End = true
      return { StartAt = name, States = { [name] = state } }
    end
    local arn = start { Type = "Parallel", Branches = json.array { branch("X", { Type = "Wait", Seconds = 30 }),
      branch("Y", { Type = "Task", Resource = LAMBDA .. "slow" }), branch("Z", { Type = "Pass", Result = "z" }) } }
    clock.step(5)
    world = world:reopen()
    clock.step(10)
    world = world:reopen()
    clock.step(15)
    assert.same({ "SUCCEEDED", '[{},"done","z"]' }, { world:describe(arn).status, world:describe(arn).output })
    assert.equal(2, calls)
  end)

  it("has its retries wait out their backoff, with their count", function()
    local arn = start { Type = "Task", Resource = LAMBDA .. "fail",
      Retry = json.array { { ErrorEquals = json.array { "Bad" }, IntervalSeconds = 20, BackoffRate = 1, MaxAttempts = 2 } } }
    clock.step(10)
    world = world:reopen()
    clock.step(9)
    assert.equal(1, calls)
    clock.step(1)
    assert.equal(2, calls)
    world = world:reopen()
    clock.step(20)
    assert.same({ 3, "FAILED" }, { calls, world:describe(arn).status })
  end)

  it("has its activity tasks still in the queue", function()
    local activity = world:call("CreateActivity", { name = "work" }).activityArn
    local arn = start { Type = "Task", Resource = activity }
    world = world:reopen()
    local taken = world:call("GetActivityTask", { activityArn = activity })
    world = world:reopen()
    world:call("SendTaskSuccess", { taskToken = taken.taskToken, output = "1" })
    world.rest()
    assert.equal("1", world:describe(arn).output)
  end)

  it("has executions end at their own time-out", function()
    local arn = start({ Type = "Wait", Seconds = 60 }, { TimeoutSeconds = 30 })
    world = world:reopen()
    clock.step(30)
    assert.equal("TIMED_OUT", world:describe(arn).status)
  end)

  it("starts what had been started and not yet entered", function()
    local arn = world:start("A", { A = { Type = "Pass", End = true } })
    world = world:reopen()
    world.rest()
    assert.equal("SUCCEEDED", world:describe(arn).status)
  end)

  it("loses nothing at any of many moments", function()
    local machine = world:create("m", json.encode { StartAt = "M", States = { M = { Type = "Map", End = true,
      MaxConcurrency = 2,
      ItemProcessor = { StartAt = "W", States = { W = { Type = "Wait", Seconds = 3, Next = "P" }, P = { Type = "Pass",
        End = true } } } } } })
    local arn = world:call("StartExecution", { stateMachineArn = machine, input = "[1,2,3,4,5]" }).executionArn
    for _ = 1, 9 do
      world = world:reopen()
      clock.step(1)
    end
    assert.same({ "SUCCEEDED", "[1,2,3,4,5]", support.START + 9 }, { world:describe(arn).status, world:describe(arn).output,
      world:describe(arn).stopDate })
    assert.equal(5 * 6 + 6, #world:events(arn))
  end)
end)
