local json    = require "json"
local support = require "tests.scripts.local_aws.states.world"

describe("TestState", function()
  local world

  before_each(function()
    world = support.open { functions = {
      echo = function(payload) return payload end,
      boom = function() error({ code = "FunctionError", errorType = "Boom", message = "" }, 0) end,
    } }
  end)

  after_each(function() world:close() end)

  local function test(state, input, fields)
    local request = { definition = json.encode(state), input = input, roleArn = "arn:aws:iam::123456789012:role/r" }
    for key, value in pairs(fields or {}) do
      request[key] = value
    end
    return world:call("TestState", request)
  end

  local function task(name, fields)
    local state = { Type = "Task", Resource = "arn:aws:lambda:us-east-1:123456789012:function:" .. name, Next = "After" }
    for key, value in pairs(fields or {}) do
      state[key] = value
    end
    return state
  end

  it("gives output and next state", function()
    assert.same({ status = "SUCCEEDED", output = '{"a":1}', nextState = "B" }, test({ Type = "Pass", Next = "B" }, '{"a":1}'))
    assert.same({ status = "SUCCEEDED", output = '{"a":1}' }, test({ Type = "Pass", End = true }, '{"a":1}'))
    assert.same({ status = "SUCCEEDED", output = "{}", nextState = "C" }, test { Type = "Choice", Default = "C",
      Choices = json.array {
      { Variable = "$.x", IsPresent = true, Next = "B" } } })
    assert.same({ status = "SUCCEEDED", output = "{}", nextState = "B" }, test { Type = "Wait", Seconds = 60, Next = "B" })
    assert.same({ status = "FAILED", error = "E", cause = "C" }, test { Type = "Fail", Error = "E", Cause = "C" })
  end)

  it("invokes a task's function", function()
    assert.same({ status = "SUCCEEDED", output = '{"x":1}', nextState = "After" }, test(task "echo", '{"x":1}'))
    assert.equal("FAILED", test(task "boom").status)
    local caught = test(task("boom", { Catch = json.array { { ErrorEquals = json.array { "Boom" }, Next = "Handler" } } }))
    assert.same({ "CAUGHT_ERROR", "Handler", "Boom" }, { caught.status, caught.nextState, caught.error })
    local again = test(task("boom", { Retry = json.array { { ErrorEquals = json.array { "Boom" } } } }))
    assert.same({ "RETRIABLE", "Boom" }, { again.status, again.error })
  end)

  it("takes a mock in the place of the work", function()
    local states = task("nobody", { ResultPath = "$.r" })
    assert.equal('{"a":1,"r":{"y":[]}}', test(states, '{"a":1}', { mock = { result = '{"y":[]}' } }).output)
    assert.equal("Mocked", test(states, "{}", { mock = { errorOutput = { error = "Mocked", cause = "c" } } }).error)
    local waiting = task("x", { Resource = "arn:aws:states:::lambda:invoke.waitForTaskToken" })
    assert.truthy(world:refusal("TestState", { definition = json.encode(waiting) }):find "^ValidationException")
    assert.equal("5", test(waiting, "{}", { mock = { result = "5" } }).output)
    local map = { Type = "Map", End = true, ItemProcessor = { StartAt = "I", States = { I = { Type = "Pass", End = true } } } }
    assert.truthy(world:refusal("TestState", { definition = json.encode(map) }):find "^ValidationException")
    assert.equal("[7]", test(map, "[1]", { mock = { result = "[7]" } }).output)
  end)

  it("shows each filter's data when asked to", function()
    local data = test(task("echo", { InputPath = "$.in", Parameters = { ["v.$"] = "$.a" }, ResultSelector = { ["w.$"] = "$.v" },
      ResultPath = "$.out" }), '{"in":{"a":1}}', { inspectionLevel = "DEBUG" }).inspectionData
    assert.same({ '{"in":{"a":1}}', '{"a":1}', '{"v":1}', '{"v":1}', '{"w":1}', '{"in":{"a":1},"out":{"w":1}}' }, { data.input,
      data.afterInputPath, data.afterParameters, data.result, data.afterResultSelector, data.afterResultPath })
  end)

  it("takes context, variables and a state of a whole machine", function()
    local machine = { StartAt = "A", States = { A = { Type = "Pass", Next = "B" }, B = { Type = "Pass", End = true,
      Parameters = { ["c.$"] = "$$.Execution.Name", ["v.$"] = "$v" } } } }
    assert.equal('{"c":"mine","v":5}', test(machine, "{}", { stateName = "B", context = '{"Execution":{"Name":"mine"}}',
      variables = '{"v":5}' }).output)
  end)

  it("refuses what is wrong, and leaves nothing behind", function()
    assert.truthy(world:refusal("TestState", { definition = "x" }):find "^InvalidDefinition")
    assert.truthy(world:refusal("TestState", { definition = '{"Type":"Pass"}' }):find "^InvalidDefinition")
    assert.truthy(world:refusal("TestState", { definition = '{"Type":"Succeed"}', input = "x" }):find "^InvalidExecutionInput")
    assert.truthy(world:refusal("TestState", { definition = '{"Type":"Succeed"}', mock = {} }):find "^ValidationException")
    assert.truthy(world:refusal("TestState", { definition = '{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}',
      stateName = "B" }):find "^ValidationException")
    test({ Type = "Pass", End = true }, "{}")
    for _, name in ipairs { "states_executions", "states_branches", "states_events", "states_definitions" } do
      assert.equal(0, world.db:first("SELECT count(*) AS n FROM " .. name).n)
    end
  end)
end)
