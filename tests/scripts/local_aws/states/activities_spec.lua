local clock   = require "clock"
local json    = require "json"
local support = require "tests.scripts.local_aws.states.world"
local task    = require "task"

describe("an activity", function()
  local world, activity

  before_each(function()
    world = support.open()
    activity = world:call("CreateActivity", { name = "work" }).activityArn
  end)

  after_each(function() world:close() end)

  local function start(fields, input)
    local state = { Type = "Task", Resource = activity, End = true }
    for key, value in pairs(fields or {}) do
      state[key] = value
    end
    local arn = world:start("Do", { Do = state }, input or { a = 1 })
    world.rest()
    return arn
  end

  local function poll(worker)
    return world:call("GetActivityTask", { activityArn = activity, workerName = worker })
  end

  it("is created once, described, listed and deleted", function()
    assert.equal("arn:aws:states:us-east-1:123456789012:activity:work", activity)
    assert.equal(activity, world:call("CreateActivity", { name = "work" }).activityArn)
    local described = world:call("DescribeActivity", { activityArn = activity })
    assert.same({ "work", support.START }, { described.name, described.creationDate })
    world:call("CreateActivity", { name = "another" })
    local page = world:call("ListActivities", { maxResults = 1 })
    assert.equal("another", page.activities[1].name)
    page = world:call("ListActivities", { maxResults = 1, nextToken = page.nextToken })
    assert.same({ "work", 1 }, { page.activities[1].name, #page.activities })
    assert.is_nil(page.nextToken)
    world:call("DeleteActivity", { activityArn = activity })
    world:call("DeleteActivity", { activityArn = activity })
    assert.equal("ActivityDoesNotExist: Activity Does Not Exist: '" .. activity .. "'",
      world:refusal("DescribeActivity", { activityArn = activity }))
    assert.truthy(world:refusal("GetActivityTask", { activityArn = activity }):find "^ActivityDoesNotExist")
    assert.equal("InvalidName: Invalid Name: 'no good$'", world:refusal("CreateActivity", { name = "no good$" }))
    assert.truthy(world:refusal("DescribeActivity",
      { activityArn = "arn:aws:states:us-east-1:123456789012:stateMachine:x" }):find(
      "InvalidArn: Invalid Arn: 'Resource type not valid in this context: stateMachine'", 1, true))
  end)

  it("hands a task to a worker and takes its result", function()
    local arn = start()
    local taken = poll("worker 1")
    assert.equal('{"a":1}', taken.input)
    world:call("SendTaskSuccess", { taskToken = taken.taskToken, output = '{"b":2}' })
    world.rest()
    assert.equal('{"b":2}', world:describe(arn).output)
    assert.equal("ExecutionStarted<0 TaskStateEntered<0 ActivityScheduled<2 ActivityStarted<3 ActivitySucceeded<4 "
      .. "TaskStateExited<5 ExecutionSucceeded<6", world:trail(arn))
    assert.equal("worker 1", world:find_event(arn, "ActivityStarted").activityStartedEventDetails.workerName)
    assert.equal(activity, world:find_event(arn, "ActivityScheduled").activityScheduledEventDetails.resource)
  end)

  it("takes its failure", function()
    local arn = start()
    world:call("SendTaskFailure", { taskToken = poll().taskToken, error = "No", cause = "tired" })
    world.rest()
    assert.equal("No", world:describe(arn).error)
    assert.truthy(world:trail(arn):find "ActivityStarted<3 ActivityFailed<4 ExecutionFailed<5")
  end)

  it("hands the oldest task out first, each to one worker", function()
    start(nil, { n = 1 })
    start(nil, { n = 2 })
    assert.equal('{"n":1}', poll().input)
    assert.equal('{"n":2}', poll().input)
  end)

  it("keeps a worker waiting for a minute, then answers nothing", function()
    local waiting = task.spawn(poll)
    clock.step(59)
    assert.is_false(waiting:done())
    clock.step(1)
    assert.is_true(waiting:done())
    assert.is_nil(waiting:join().taskToken)
  end)

  it("wakes a waiting worker when there is work", function()
    local first, second = task.spawn(poll), task.spawn(poll)
    clock.step(10)
    start()
    assert.equal(1, (first:done() and 1 or 0) + (second:done() and 1 or 0))
    clock.step(50)
    assert.is_true(first:done() and second:done())
    assert.equal(1, (first:join().taskToken and 1 or 0) + (second:join().taskToken and 1 or 0))
  end)

  it("times out once a worker has begun, not in the queue", function()
    local arn = start { TimeoutSeconds = 10, HeartbeatSeconds = 4 }
    clock.step(100)
    assert.equal("RUNNING", world:describe(arn).status)
    local taken = poll()
    clock.step(3)
    world:call("SendTaskHeartbeat", { taskToken = taken.taskToken })
    clock.step(3)
    assert.equal("RUNNING", world:describe(arn).status)
    clock.step(1)
    assert.same({ "FAILED", "States.Timeout" }, { world:describe(arn).status, world:describe(arn).error })
    assert.truthy(world:find_event(arn, "ActivityTimedOut"))
  end)

  it("that is gone fails the execution", function()
    world:call("DeleteActivity", { activityArn = activity })
    local arn = start()
    assert.equal("An error occurred while executing the state 'Do' (entered at the event id #2). The activity " .. activity
      .. " does not exist.", world:describe(arn).cause)
  end)

  it("has tags", function()
    world:call("TagResource", { resourceArn = activity, tags = json.array { { key = "team", value = "dr" } } })
    assert.equal('[{"key":"team","value":"dr"}]', json.encode(world:call("ListTagsForResource",
      { resourceArn = activity }).tags))
  end)
end)
