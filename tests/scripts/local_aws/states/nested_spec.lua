local clock   = require "clock"
local json    = require "json"
local support = require "tests.scripts.local_aws.states.world"

local LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:"

describe("nested states:", function()
  local world, running, most

  before_each(function()
    running, most = 0, 0
    world = support.open { functions = {
      work = function(payload)
        running = running + 1
        most = math.max(most, running)
        require "task".sleep(payload.seconds or 1)
        running = running - 1
        if payload.fail then
          error({ code = "FunctionError", errorType = payload.fail, message = "" }, 0)
        end
        return payload.result or json.null
      end,
    } }
  end)

  after_each(function() world:close() end)

  local function branch(name, state)
    if not state.Next and state.Type ~= "Fail" and state.Type ~= "Succeed" then
      state.End = true
    end
    return { StartAt = name, States = { [name] = state } }
  end

  local function work(fields)
    local state = { Type = "Task", Resource = LAMBDA .. "work" }
    for key, value in pairs(fields or {}) do
      state[key] = value
    end
    return state
  end

  describe("Parallel", function()
    it("runs its branches side by side and gives the list of their outputs", function()
      local arn = world:start("P", { P = { Type = "Parallel", End = true, Branches = json.array {
        branch("X", work { Parameters = { seconds = 5, result = "x" } }), branch("Y", work { Parameters = { seconds = 3,
          result = "y" } }),
        branch("Z", { Type = "Pass" }) } } }, { in_all = true })
      clock.step(5)
      local described = world:describe(arn)
      assert.equal('["x","y",{"in_all":true}]', described.output)
      assert.equal(support.START + 5, described.stopDate)
      assert.equal(2, most)
    end)

    it("filters its input and its result like any state", function()
      local described = world:run("P", { P = { Type = "Parallel", End = true, InputPath = "$.a",
        Parameters = { ["v.$"] = "$.b" },
        ResultSelector = { ["first.$"] = "$[0].v" }, ResultPath = "$.r", Branches = json.array { branch("X",
          { Type = "Pass" }) } } },
        { a = { b = 1 } })
      assert.equal('{"a":{"b":1},"r":{"first":1}}', described.output)
    end)

    it("fails with the first branch that fails, and the others are aborted", function()
      local arn = world:start("P", { P = { Type = "Parallel", End = true, Branches = json.array {
        branch("X", work { Parameters = { seconds = 2, fail = "Bad" } }), branch("Y", work { Parameters = { seconds = 9 } }),
        branch("W", { Type = "Wait", Seconds = 50 }), branch("Z", { Type = "Pass" }) } } })
      clock.step(100)
      local described = world:describe(arn)
      assert.same({ "FAILED", "Bad", support.START + 2 }, { described.status, described.error, described.stopDate })
      assert.truthy(world:trail(arn):find("LambdaFunctionFailed<%d+ TaskStateAborted<(%d+) WaitStateAborted<%1 "
        .. "ParallelStateFailed<%1 ExecutionFailed"), world:trail(arn))
    end)

    it("can be retried as a whole, and caught", function()
      local times = 0
      world.implementations.twice = function()
        times = times + 1
        error({ code = "FunctionError", errorType = "Bad", message = "" }, 0)
      end
      local arn = world:start("P", { P = { Type = "Parallel", Next = "N", Branches = json.array {
        branch("X", { Type = "Task", Resource = LAMBDA .. "twice" }), branch("Y", { Type = "Wait", Seconds = 60 }) },
        Retry = json.array { { ErrorEquals = json.array { "Bad" }, MaxAttempts = 1, IntervalSeconds = 3 } },
        Catch = json.array { { ErrorEquals = json.array { "States.ALL" }, Next = "N", ResultPath = "$.e" } } },
        N = { Type = "Pass", End = true } })
      clock.step(3)
      assert.equal(2, times)
      assert.equal("Bad", json.decode(world:describe(arn).output).e.Error)
      local trail = world:trail(arn)
      assert.truthy(trail:find "WaitStateAborted<(%d+) ParallelStateStarted<%1 ", trail) -- a failure that is retried is no event
      assert.truthy(trail:find "ParallelStateFailed<%d+ ParallelStateExited<")
      assert.equal(0, world.db:first("SELECT count(*) AS n FROM states_branches").n)
    end)

    it("may hold a Parallel", function()
      local described = world:run("P", { P = { Type = "Parallel", End = true, Branches = json.array { branch("Q",
        { Type = "Parallel",
        Branches = json.array { branch("X", { Type = "Pass", Result = 1 }), branch("Y", { Type = "Pass", Result = 2 }) } }),
        branch("Z", { Type = "Pass", Result = 3 }) } } })
      assert.equal("[[1,2],3]", described.output)
    end)

    it("aborts what is deep inside", function()
      local arn = world:start("P", { P = { Type = "Parallel", End = true, Branches = json.array { branch("Q",
        { Type = "Parallel",
        Branches = json.array { branch("W", { Type = "Wait", Seconds = 60 }) } }), { StartAt = "Z",
          States = { Z = { Type = "Wait", Seconds = 1, Next = "F" }, F = { Type = "Fail", Error = "E" } } } } } })
      clock.step(1)
      assert.equal("E", world:describe(arn).error)
      assert.truthy(world:trail(arn):find "WaitStateAborted<(%d+) ParallelStateAborted<%1 ParallelStateFailed<%1",
        world:trail(arn))
      clock.step(100)
      assert.equal("E", world:describe(arn).error)
    end)
  end)

  describe("Map", function()
    local function map(fields, state)
      local definition = { Type = "Map", End = true, ItemProcessor = branch("X", state or { Type = "Pass" }) }
      for key, value in pairs(fields or {}) do
        definition[key] = value
      end
      return { M = definition }
    end

    it("runs its processor for each item, in order", function()
      assert.equal('["a",["b"],{}]', world:run("M", map(), '["a",["b"],{}]').output)
      assert.equal("[]", world:run("M", map(), "[]").output)
      assert.equal("[1,2]", world:run("M", map { ItemsPath = "$.l" }, '{"l":[1,2]}').output)
    end)

    it("takes the older Iterator and Parameters", function()
      local states = { M = { Type = "Map", End = true, ItemsPath = "$.l", Parameters = { ["i.$"] = "$$.Map.Item.Index",
        ["v.$"] = "$$.Map.Item.Value", ["all.$"] = "$.x" }, Iterator = branch("X", { Type = "Pass" }) } }
      assert.equal('[{"all":9,"i":0,"v":"a"},{"all":9,"i":1,"v":"b"}]', world:run("M", states, '{"l":["a","b"],"x":9}').output)
    end)

    it("shows the item to the states inside", function()
      assert.equal('["0 a","1 b"]', world:run("M", map(nil, { Type = "Pass", OutputPath = "$.t",
        Parameters = { ["t.$"] = "States.Format('{} {}', $$.Map.Item.Index, $$.Map.Item.Value)" } }), '["a","b"]').output)
    end)

    it("runs as many at once as it may", function()
      local arn = world:start("M", map({ MaxConcurrency = 2 }, work { Parameters = { seconds = 10 } }), "[1,2,3,4,5]")
      clock.step(29)
      assert.equal("RUNNING", world:describe(arn).status)
      clock.step(1)
      assert.equal("SUCCEEDED", world:describe(arn).status)
      assert.equal(2, most)
    end)

    it("takes its limit from the input, and never more than 40", function()
      local arn = world:start("M", map({ ItemsPath = "$.l", MaxConcurrencyPath = "$.m" },
        work { Parameters = { seconds = 1 } }), '{"l":[1,2,3],"m":1}')
      clock.step(3)
      assert.same({ "SUCCEEDED", 1 }, { world:describe(arn).status, most })
      local items = {}
      for index = 1, 100 do
        items[index] = index
      end
      arn = world:start("M", map(nil, work { Parameters = { seconds = 1 } }), json.array(items))
      clock.step(3)
      assert.same({ "SUCCEEDED", 40 }, { world:describe(arn).status, most })
    end)

    it("fails with its first failing item, and the rest is aborted", function()
      local arn = world:start("M", map({ MaxConcurrency = 2 }, work { Parameters = { ["seconds.$"] = "$.s",
        ["fail.$"] = "$.f" } }),
        '[{"s":9,"f":"Late"},{"s":2,"f":"Bad"},{"s":1,"f":"Never"}]')
      clock.step(50)
      assert.equal("Bad", world:describe(arn).error)
      assert.truthy(world:trail(arn):find("LambdaFunctionFailed<%d+ MapIterationFailed<(%d+) TaskStateAborted<%1 "
        .. "MapIterationAborted<%1 MapStateFailed<%1 ExecutionFailed<"), world:trail(arn))
      assert.equal(1, world:find_event(arn, "MapIterationFailed").mapIterationFailedEventDetails.index)
      assert.equal(0, world:find_event(arn, "MapIterationAborted").mapIterationAbortedEventDetails.index)
    end)

    it("fails when there is no list", function()
      local described = world:run("M", map { ItemsPath = "$.l" }, '{"l":5}')
      assert.equal("An error occurred while executing the state 'M' (entered at the event id #2). Reference path \"$.l\" must "
        .. "point to array.", described.cause)
      described = world:run("M", map { ItemsPath = "$.l" }, "{}")
      assert.equal("States.Runtime", described.error)
    end)

    it("may hold a Map, and each sees its own item", function()
      assert.equal('[["0a","1b"],["0c"]]', world:run("M", map(nil, { Type = "Map", ItemProcessor = branch("Y", { Type = "Pass",
        OutputPath = "$.t", Parameters = { ["t.$"] = "States.Format('{}{}', $$.Map.Item.Index, $$.Map.Item.Value)" } }) }),
        '[["a","b"],["c"]]').output)
    end)
  end)
end)
