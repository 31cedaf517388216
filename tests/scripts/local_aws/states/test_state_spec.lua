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
    assert.equal("[7]", test(map, "[1]", { mock = { result = "[7]" } }).output)
  end)

  it("shows each filter's data when asked to", function()
    local data = test(task("echo", { InputPath = "$.in", Parameters = { ["v.$"] = "$.a" }, ResultSelector = { ["w.$"] = "$.v" },
      ResultPath = "$.out" }), '{"in":{"a":1}}', { inspectionLevel = "DEBUG" }).inspectionData
    assert.same({ '{"in":{"a":1}}', '{"a":1}', '{"v":1}', '{"v":1}', '{"w":1}', '{"in":{"a":1},"out":{"w":1}}' }, { data.input,
      data.afterInputPath, data.afterParameters, data.result, data.afterResultSelector, data.afterResultPath })
  end)

  it("shows only what the type of state has", function()
    local function shown(state, input, fields)
      fields = fields or {}
      fields.inspectionLevel = "TRACE"
      local names = {}
      for name in pairs(test(state, input, fields).inspectionData) do
        names[#names + 1] = name
      end
      table.sort(names)
      return table.concat(names, " ")
    end
    assert.equal("afterInputPath afterParameters afterResultPath afterResultSelector input",
      shown({ Type = "Pass", End = true }, "{}"))
    assert.equal("afterResultPath afterResultSelector input result", shown({ Type = "Pass", End = true, Result = 1 }, "{}"))
    for _, kind in ipairs { "Succeed", "Fail" } do
      assert.equal("afterInputPath input", shown({ Type = kind }, "{}"))
    end
    local map = { Type = "Map", End = true, ItemsPath = "$.l", ItemSelector = { ["v.$"] = "$$.Map.Item.Value" },
      ToleratedFailureCount = 1, ItemBatcher = { MaxItemsPerBatch = 2 }, ItemProcessor = { StartAt = "I",
      ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }, States = { I = { Type = "Pass", End = true } } } }
    assert.equal("afterInputPath afterItemBatcher afterItemSelector afterItemsPath afterResultPath afterResultSelector "
      .. "input maxConcurrency toleratedFailureCount", shown(map, '{"l":[1,2,3]}', { mock = { result = "[7]" } }))
    local data = test(map, '{"l":[1,2,3]}', { mock = { result = "[7]" }, inspectionLevel = "DEBUG" }).inspectionData
    assert.same({ '[{"v":1},{"v":2},{"v":3}]', '[{"Items":[{"v":1},{"v":2}]},{"Items":[{"v":3}]}]', 1, 0 },
      { data.afterItemSelector, data.afterItemBatcher, data.toleratedFailureCount, data.maxConcurrency })
  end)

  it("says which Retry or Catch answered, after as many retries as it is told", function()
    local state = task("x", { Catch = json.array { { ErrorEquals = json.array { "Other" }, Next = "H" },
      { ErrorEquals = json.array { "States.ALL" }, Next = "H" } }, Retry = json.array { { ErrorEquals = json.array { "Bad" },
      IntervalSeconds = 1, MaxAttempts = 5, BackoffRate = 2.0 } } })
    local function details(made, name)
      local result = test(state, "{}", { inspectionLevel = "DEBUG", stateConfiguration = { retrierRetryCount = made },
        mock = { errorOutput = { error = name, cause = "c" } } })
      return result.status, result.inspectionData.errorDetails
    end
    assert.same({ "RETRIABLE", { retryIndex = 0, retryBackoffIntervalSeconds = 16 } }, { details(4, "Bad") })
    assert.same({ "CAUGHT_ERROR", { retryIndex = 0, catchIndex = 1 } }, { details(5, "Bad") })
    assert.same({ "CAUGHT_ERROR", { catchIndex = 0 } }, { details(0, "Other") })
  end)

  it("lets a Map's iterations fail as told", function()
    local map = { Type = "Map", End = true, ToleratedFailureCount = 1, ItemProcessor = { StartAt = "I",
      ProcessorConfig = { Mode = "DISTRIBUTED", ExecutionType = "STANDARD" }, States = { I = { Type = "Pass", End = true } } } }
    local function failing(count)
      return test(map, "[1,2,3]", { mock = { result = "[0,0,1]" }, stateConfiguration = { mapIterationFailureCount = count } })
    end
    assert.equal("SUCCEEDED", failing(1).status)
    assert.same({ status = "FAILED", error = "States.ExceedToleratedFailureThreshold",
      cause = "The specified tolerated failure threshold was exceeded" }, failing(2))
    assert.same({ status = "FAILED", error = "States.Runtime", cause = 'Reference path "$" must point to array.' },
      test(map, "{}", { mock = { result = "[1]" } }))
    map.ItemReader = { Resource = "arn:aws:states:::s3:getObject", Parameters = { Bucket = "b", Key = "k" } }
    assert.equal("[1,4]", test(map, "{}", { mock = { result = "[1,4]" },
      stateConfiguration = { mapItemReaderData = "[1,2]" } }).output)
  end)

  it("takes context, variables and a state of a whole machine, also from inside", function()
    local machine = { StartAt = "A", States = { A = { Type = "Pass", Next = "B" }, B = { Type = "Pass", End = true,
      Parameters = { ["c.$"] = "$$.Execution.Name", ["v.$"] = "$v" } }, P = { Type = "Parallel", End = true,
      Branches = json.array { { StartAt = "I", States = { I = { Type = "Pass", Result = 3, End = true } } } } } } }
    assert.equal('{"c":"mine","v":5}', test(machine, "{}", { stateName = "B", context = '{"Execution":{"Name":"mine"}}',
      variables = '{"v":5}' }).output)
    assert.equal('{"v":5}', test(machine, "{}", { stateName = "A", variables = '{"v":5}', inspectionLevel = "TRACE" })
      .inspectionData.variables)
    assert.equal("3", test(machine, "{}", { stateName = "I" }).output)
    local whole = task("x", { ResultSelector = { ["c.$"] = "$$" } })
    assert.equal('{"c":{"Execution":{}}}', test(whole, "{}", { context = '{"Execution":{}}', mock = { result = "1" } }).output)
    assert.equal("StateName", test({ Type = "Pass", End = true, Parameters = { ["n.$"] = "$$.State.Name" },
      OutputPath = "$.n" }, "{}").output:match '"(.*)"')
  end)

  -- The sentences are AWS's own, as it wrote them in November 2025.
  it("refuses what it cannot test, in AWS's words", function()
    local function refusal(state, fields)
      local fine, problem = pcall(test, state, "{}", fields)
      assert.is_false(fine)
      return tostring(problem)
    end
    local branch = { StartAt = "I", States = { I = { Type = "Pass", End = true } } }
    local map = { Type = "Map", End = true, ItemProcessor = branch }
    local parallel = { Type = "Parallel", End = true, Branches = json.array { branch } }
    for _, state in ipairs { map, parallel } do
      assert.equal("InvalidDefinition: TestState API does not support Map or Parallel states. Supported state types include: "
        .. "[Task, Wait, Pass, Succeed, Fail, Choice]", refusal(state))
      assert.equal("ValidationException: Mocked result must be an array.", refusal(state, { mock = { result = "{}" } }))
    end
    assert.equal("ValidationException: Mocked result must contain the same number of items as number of Parallel branches.",
      refusal(parallel, { mock = { result = "[1,2]" } }))
    map.ResultWriter = { Resource = "arn:aws:states:::s3:putObject" }
    map.ItemProcessor = { StartAt = "I", States = branch.States, ProcessorConfig = { Mode = "DISTRIBUTED",
      ExecutionType = "STANDARD" } }
    assert.equal("ValidationException: Mocked result must be a JSON object.", refusal(map, { mock = { result = "[]" } }))
    assert.equal("ValidationException: State type 'Pass' is not supported when a mock is specified",
      refusal({ Type = "Pass", End = true }, { mock = { result = "1" } }))
    assert.equal("ValidationException: TestState does not support RevealSecrets when a mock is specified.",
      refusal(task "x", { mock = { result = "1" }, revealSecrets = true }))
    assert.equal("ValidationException: A test mock should have only one of the following fields: [result, errorOutput].",
      refusal(task "x", { mock = { result = "1", errorOutput = {} } }))
    assert.equal("ValidationException: Mocked result must be valid JSON", refusal(task "x", { mock = { result = "not JSON" } }))
    assert.equal("ValidationException: TestState does not support MapIterationFailureCount when a mock is not specified.",
      refusal({ Type = "Pass", End = true }, { stateConfiguration = { mapIterationFailureCount = 1 } }))
    assert.equal("ValidationException: Map iteration failure count must be less than or equal to the number of Map iterations",
      refusal(parallel, { mock = { result = "[1]" }, stateConfiguration = { mapIterationFailureCount = 2 } }))
    assert.equal("ValidationException: RoleArn must be specified when testing a Task state",
      world:refusal("TestState", { definition = json.encode(task "echo") }))
    assert.equal("ValidationException: State not found in definition", refusal({ Type = "Pass", End = true },
      { stateName = "nobody" }))
  end)

  it("refuses a context object that AWS would not make", function()
    local function refusal(context)
      local fine, problem = pcall(test, task "x", "{}", { mock = { result = "1" }, context = context })
      assert.is_false(fine)
      return tostring(problem):match "^ValidationException: Invalid Context object provided: (.*)$"
    end
    assert.equal("Execution.Id must be a string", refusal '{"Execution":{"Id":1}}')
    assert.equal("Execution must be an object", refusal '{"Execution":1}')
    assert.equal("Field 'pokemon' is not allowed", refusal '{"Execution":{"pokemon":1}}')
    assert.equal("'Map' field is not supported when mocking a Context object", refusal '{"Map":{}}')
    assert.equal("Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service "
      .. "integration pattern", refusal '{"Task":{"Token":"t"}}')
  end)

  it("compares a mock with what the service answers", function()
    local function problem(resource, result, mode)
      local state = { Type = "Task", Resource = "arn:aws:states:::" .. resource, End = true, Parameters = json.object {} }
      local fine, refused = pcall(test, state, "{}", { mock = { result = result, fieldValidationMode = mode } })
      return fine and "fine" or tostring(refused):match "^ValidationException: Mock result schema validation error: (.*)$"
    end
    assert.equal("Field 'Entries' must be an array", problem("events:putEvents", '{"Entries":1}'))
    assert.equal("Field 'EventId' must be a string", problem("events:putEvents", '{"Entries":[{"EventId":"a"},{"EventId":1}]}'))
    assert.equal("Required field 'ExecutionArn' is missing", problem("states:startExecution", '{"StartDate":"d"}'))
    assert.equal("fine", problem("states:startExecution", '{"StartDate":"d"}', "PRESENT"))
    assert.equal("Field 'StartDate' must be a string", problem("states:startExecution", '{"StartDate":5}', "PRESENT"))
    assert.equal("fine", problem("states:startExecution", '{"StartDate":5}', "NONE"))
    assert.equal("Field 'StatusCode' must be a number", problem("lambda:invoke", '{"StatusCode":"200","Payload":{}}'))
    assert.equal("fine", problem("dynamodb:putItem", '{"random":"json"}'))
    assert.equal("Field 'Status' is not an expected value", problem("aws-sdk:sfn:describeExecution",
      '{"ExecutionArn":"a","StateMachineArn":"m","Status":"DONE","StartDate":"d"}'))
    assert.equal("Field 'CapacityUnits' must be a number",
      problem("dynamodb:putItem", '{"ConsumedCapacity":{"CapacityUnits":"x"}}'))
    assert.equal("fine", problem("sqs:sendMessage", '{"MessageId":1}'), "a service whose model we do not have")
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
