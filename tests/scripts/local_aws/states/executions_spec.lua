local clock   = require "clock"
local json    = require "json"
local support = require "tests.scripts.local_aws.states.world"
local task    = require "task"

local ROLE = "arn:aws:iam::123456789012:role/states"
local PASS = '{"StartAt":"A","States":{"A":{"Type":"Pass","End":true}}}'
local WAIT = '{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":60,"End":true}}}'

describe("Step Functions", function()
  local world

  before_each(function()
    world = support.open()
  end)

  after_each(function() world:close() end)

  local function start(machine, name, input)
    return world:call("StartExecution", { stateMachineArn = machine, name = name, input = input })
  end

  describe("StartExecution", function()
    it("is idempotent by name and input while the execution runs", function()
      local machine = world:create("m", WAIT)
      local first = start(machine, "one", '{"a":1}')
      clock.step(10)
      assert.same(first, start(machine, "one", '{"a":1}'))
      assert.equal("ExecutionAlreadyExists: Execution Already Exists: '" .. first.executionArn .. "'",
        world:refusal("StartExecution", { stateMachineArn = machine, name = "one", input = '{"a":2}' }))
      clock.step(60)
      assert.truthy(world:refusal("StartExecution", { stateMachineArn = machine, name = "one", input = '{"a":1}' }):find(
        "^ExecutionAlreadyExists"))
    end)

    it("refuses what is wrong as AWS words it", function()
      local machine = world:create("m", PASS)
      local function refusal(input)
        input.stateMachineArn = input.stateMachineArn or machine
        return world:refusal("StartExecution", input)
      end
      assert.equal("InvalidName: Invalid Name: 'a b'", refusal { name = "a b" })
      assert.equal("InvalidName: Invalid Name: '" .. ("x"):rep(81) .. "'", refusal { name = ("x"):rep(81) })
      assert.equal("InvalidExecutionInput: Invalid State Machine Execution Input: 'Unrecognized token 'not': was expecting "
        .. "(JSON String, "
        .. "Number, Array, Object or token 'null', 'true' or 'false')'", refusal { input = "not some json" })
      assert.equal("InvalidExecutionInput: Invalid State Machine Execution Input: 'Unexpected character (''' (code 39)): "
        .. "was expecting "
        .. "double-quote to start field name'", refusal { input = "{'not': 'json'}" })
      assert.equal("InvalidExecutionInput: Invalid State Machine Execution Input: 'Invalid execution input.'",
        refusal { input = "" })
      assert.equal("InvalidArn: Invalid Arn: 'Invalid ARN prefix: nonsense'", refusal { stateMachineArn = "nonsense" })
      assert.equal("StateMachineDoesNotExist: State Machine Does Not Exist: '" .. machine .. "2'",
        refusal { stateMachineArn = machine .. "2" })
      assert.truthy(refusal({ input = '"' .. ("x"):rep(256 * 1024) .. '"' }):find("^ValidationException: 1 validation error "
        .. "detected: Value "
        .. "at 'input' failed to satisfy constraint: Member must have length less than or equal to 262144"))
    end)

    it("takes any JSON, and an empty object when there is none", function()
      local machine = world:create("m", PASS)
      for _, text in ipairs { "2", '"text"', "null", "[]" } do
        local arn = start(machine, nil, text).executionArn
        world.rest()
        assert.equal(text, world:describe(arn).output)
      end
      local arn = start(machine).executionArn
      world.rest()
      assert.equal("{}", world:describe(arn).output)
    end)

    it("names an execution itself when nobody did", function()
      local machine = world:create("m", PASS)
      assert.truthy(start(machine).executionArn:match ":execution:m:%x+%-%x+%-%x+%-%x+%-%x+$")
    end)
  end)

  describe("StopExecution", function()
    it("aborts, with error and cause, once", function()
      local arn = start(world:create("m", WAIT)).executionArn
      clock.step(5)
      local stopped = world:call("StopExecution", { executionArn = arn, error = "Enough", cause = "by hand" })
      assert.equal(support.START + 5, stopped.stopDate)
      local described = world:describe(arn)
      assert.same({ "ABORTED", "Enough", "by hand" }, { described.status, described.error, described.cause })
      assert.equal("ExecutionStarted<0 WaitStateEntered<0 ExecutionAborted<0", world:trail(arn))
      clock.step(100)
      assert.equal(support.START + 5, world:call("StopExecution", { executionArn = arn }).stopDate)
      assert.equal(3, #world:events(arn))
    end)

    it("throws the result of a function away that is still running", function()
      local done = false
      world.implementations.slow = function()
        task.sleep(10)
        done = true
        return json.object {}
      end
      local arn = world:start("A", { A = { Type = "Task", End = true,
        Resource = "arn:aws:lambda:us-east-1:123456789012:function:slow" } })
      clock.step(5)
      world:call("StopExecution", { executionArn = arn })
      clock.step(10)
      assert.is_true(done)
      assert.equal("ExecutionStarted<0 TaskStateEntered<0 LambdaFunctionScheduled<2 LambdaFunctionStarted<3 ExecutionAborted<0",
        world:trail(arn))
    end)
  end)

  it("answers for an execution that is not there", function()
    world:create("m", PASS)
    local arn = "arn:aws:states:us-east-1:123456789012:execution:m:nobody"
    for _, name in ipairs { "DescribeExecution", "StopExecution", "GetExecutionHistory", "DescribeStateMachineForExecution",
      "RedriveExecution" } do
      assert.equal("ExecutionDoesNotExist: Execution Does Not Exist: '" .. arn .. "'", world:refusal(name,
        { executionArn = arn }))
      assert.truthy(world:refusal(name, { executionArn = "x" }):find "^InvalidArn: Invalid Arn: 'Invalid ARN prefix: x'")
    end
  end)

  it("keeps accounts apart", function()
    local machine = world:create("m", PASS)
    local operation = require("local_aws.states").operations.DescribeStateMachine
    local fine, problem = pcall(world.request, world, operation, "999999999999", "us-east-1", { stateMachineArn = machine })
    assert.is_false(fine)
    assert.equal("StateMachineDoesNotExist", problem.code)
  end)

  it("describes an execution without its data when asked to", function()
    local arn = start(world:create("m", PASS), "one", '{"a":1}').executionArn
    world.rest()
    local described = world:call("DescribeExecution", { executionArn = arn, includedData = "METADATA_ONLY" })
    assert.is_nil(described.input)
    assert.is_nil(described.output)
    assert.is_false(described.inputDetails.included)
    local events = world:call("GetExecutionHistory", { executionArn = arn, includeExecutionData = false }).events
    assert.is_nil(events[1].executionStartedEventDetails.input)
    assert.equal(ROLE, events[1].executionStartedEventDetails.roleArn)
  end)

  it("lists executions newest first, by status, in pages", function()
    local machine = world:create("m", PASS)
    for index = 1, 5 do
      start(machine, "run-" .. index)
    end
    world.rest()
    local waiting = world:create("w", WAIT)
    start(waiting, "waiting")
    local page = world:call("ListExecutions", { stateMachineArn = machine, maxResults = 2 })
    assert.same({ "run-5", "run-4" }, { page.executions[1].name, page.executions[2].name })
    assert.same({ "SUCCEEDED", 0 }, { page.executions[1].status, page.executions[1].redriveCount })
    page = world:call("ListExecutions", { stateMachineArn = machine, maxResults = 2, nextToken = page.nextToken })
    page = world:call("ListExecutions", { stateMachineArn = machine, maxResults = 2, nextToken = page.nextToken })
    assert.same({ "run-1", 1 }, { page.executions[1].name, #page.executions })
    assert.is_nil(page.nextToken)
    assert.equal(0, #world:call("ListExecutions", { stateMachineArn = machine, statusFilter = "RUNNING" }).executions)
    assert.equal(1, #world:call("ListExecutions", { stateMachineArn = waiting, statusFilter = "RUNNING" }).executions)
    assert.equal("ValidationException: 1 validation error detected: Value '1001' at 'maxResults' failed to satisfy "
      .. "constraint: Member must "
      .. "have value less than or equal to 1000", world:refusal("ListExecutions", { stateMachineArn = machine,
        maxResults = 1001 }))
    assert.equal("InvalidToken: Invalid Token: 'Invalid token'",
      world:refusal("ListExecutions", { stateMachineArn = machine, nextToken = "nonsense" }))
    assert.truthy(world:refusal("ListExecutions", { stateMachineArn = machine,
      nextToken = ("t"):rep(3097) }):find "equal to 3096")
  end)

  describe("GetExecutionHistory", function()
    it("gives each event with its real members", function()
      local arn = start(world:create("m", PASS), "one", '{"a": 1}').executionArn
      world.rest()
      assert.equal(json.encode(json.decode([[ [
        {"id": 1, "previousEventId": 0, "timestamp": 1800000000, "type": "ExecutionStarted", "executionStartedEventDetails":
          {"input": "{\"a\": 1}", "inputDetails": {"truncated": false}, "roleArn": "arn:aws:iam::123456789012:role/states"}},
        {"id": 2, "previousEventId": 0, "timestamp": 1800000000, "type": "PassStateEntered", "stateEnteredEventDetails":
          {"name": "A", "input": "{\"a\": 1}", "inputDetails": {"truncated": false}}},
        {"id": 3, "previousEventId": 2, "timestamp": 1800000000, "type": "PassStateExited", "stateExitedEventDetails":
          {"name": "A", "output": "{\"a\": 1}", "outputDetails": {"truncated": false}}},
        {"id": 4, "previousEventId": 3, "timestamp": 1800000000, "type": "ExecutionSucceeded", "executionSucceededEventDetails":
          {"output": "{\"a\": 1}", "outputDetails": {"truncated": false}}}] ]])), json.encode(world:events(arn)))
    end)

    -- As AWS's recorded histories have it: what no filter touches stays the text that it was.
    it("passes data on as it was written", function()
      local function branch(name) return { StartAt = name, States = { [name] = { Type = "Pass", End = true } } } end
      local states = { A = { Type = "Pass", Next = "P" }, P = { Type = "Parallel", Next = "M", Branches = json.array {
        branch "X", branch "Y" } }, M = { Type = "Map", Next = "S", ItemProcessor = branch "I" },
        S = { Type = "Succeed" } }
      local arn = world:start("A", states, '{"b": 1.0, "a":[1, 2]}')
      world.rest()
      assert.equal('[{"b": 1.0, "a":[1, 2]},{"b": 1.0, "a":[1, 2]}]',
        world:find_event(arn, "MapStateEntered").stateEnteredEventDetails.input)
      assert.equal('[{"a":[1,2],"b":1},{"a":[1,2],"b":1}]', world:describe(arn).output) -- items are taken out of it
    end)

    it("gives the details of a service task", function()
      world.implementations.f = function() return json.object {} end
      local arn = world:start("A", { A = { Type = "Task", Resource = "arn:aws:states:::lambda:invoke", TimeoutSeconds = 9,
        End = true,
        Parameters = { FunctionName = "f", Payload = { x = 1 } } } })
      world.rest()
      assert.same({ parameters = '{"FunctionName":"f","Payload":{"x":1}}', region = "us-east-1", resource = "invoke",
        resourceType = "lambda", timeoutInSeconds = 9 }, world:find_event(arn, "TaskScheduled").taskScheduledEventDetails)
      assert.equal('{"resource":"invoke","resourceType":"lambda"}', json.encode(world:find_event(arn,
        "TaskStarted").taskStartedEventDetails))
      local details = world:find_event(arn, "TaskSucceeded").taskSucceededEventDetails
      assert.same({ "invoke", "lambda", false }, { details.resource, details.resourceType, details.outputDetails.truncated })
      assert.equal("A", world:find_event(arn, "TaskStateExited").stateExitedEventDetails.name)
    end)

    it("goes in pages, forwards and backwards", function()
      local arn = start(world:create("m", PASS)).executionArn
      world.rest()
      local function ids(backwards)
        local list, token = {}, nil
        repeat
          local page = world:call("GetExecutionHistory", { executionArn = arn, maxResults = 3, reverseOrder = backwards,
            nextToken = token })
          for _, event in ipairs(page.events) do
            list[#list + 1] = event.id
          end
          token = page.nextToken
        until not token
        return list
      end
      assert.same({ 1, 2, 3, 4 }, ids(false))
      assert.same({ 4, 3, 2, 1 }, ids(true))
    end)
  end)

  describe("an Express machine", function()
    it("answers StartSyncExecution with the result", function()
      local machine = world:create("e", PASS, { type = "EXPRESS" })
      local result = world:call("StartSyncExecution", { stateMachineArn = machine, name = "n", input = '{"a":1}' })
      assert.same({ "SUCCEEDED", '{"a":1}', "n", machine }, { result.status, result.output, result.name,
        result.stateMachineArn })
      assert.same({ billedMemoryUsedInMB = 64, billedDurationInMilliseconds = 100 }, result.billingDetails)
      assert.truthy(result.executionArn:match "^arn:aws:states:us%-east%-1:123456789012:express:e:n:%x+%-")
    end)

    it("answers a failure, and ends after five minutes", function()
      local machine = world:create("e", '{"StartAt":"A","States":{"A":{"Type":"Fail","Error":"E","Cause":"C"}}}',
        { type = "EXPRESS" })
      local result = world:call("StartSyncExecution", { stateMachineArn = machine })
      assert.same({ "FAILED", "E", "C" }, { result.status, result.error, result.cause })
      machine = world:create("long", '{"StartAt":"A","States":{"A":{"Type":"Wait","Seconds":900,"End":true}}}',
        { type = "EXPRESS" })
      local waiting = task.spawn(function() return world:call("StartSyncExecution", { stateMachineArn = machine }) end)
      clock.step(299)
      assert.is_false(waiting:done())
      clock.step(1)
      assert.equal("TIMED_OUT", waiting:join().status)
    end)

    it("is the only kind that can be started so", function()
      assert.equal("StateMachineTypeNotSupported: This operation is not supported by this type of state machine",
        world:refusal("StartSyncExecution", { stateMachineArn = world:create("s", PASS) }))
    end)

    it("may run twice under one name, and is not listed", function()
      local machine = world:create("e", PASS, { type = "EXPRESS" })
      assert.are_not.equal(start(machine, "n").executionArn, start(machine, "n").executionArn)
      assert.truthy(world:refusal("ListExecutions", { stateMachineArn = machine }):find "^StateMachineTypeNotSupported")
    end)
  end)

  describe("RedriveExecution", function()
    it("attempts the failed state again, with what was done left as it is", function()
      local broken, before = true, 0
      world.implementations.before = function() before = before + 1 return 1 end
      world.implementations.sometimes = function()
        if broken then
          error({ code = "FunctionError", errorType = "Bad", message = "" }, 0)
        end
        return "fine"
      end
      local arn = world:start("A", {
        A = { Type = "Task", Resource = "arn:aws:lambda:us-east-1:123456789012:function:before", Next = "B" },
        B = { Type = "Parallel", End = true, Branches = json.array {
          { StartAt = "X", States = { X = { Type = "Task",
            Resource = "arn:aws:lambda:us-east-1:123456789012:function:sometimes",
            End = true } } }, { StartAt = "Y", States = { Y = { Type = "Pass", Result = "kept", End = true } } } } } })
      world.rest()
      assert.same({ "FAILED", "REDRIVABLE" }, { world:describe(arn).status, world:describe(arn).redriveStatus })
      broken = false
      clock.step(100)
      assert.equal(support.START + 100, world:call("RedriveExecution", { executionArn = arn }).redriveDate)
      world.rest()
      local described = world:describe(arn)
      assert.same({ "SUCCEEDED", '["fine","kept"]', 1, support.START + 100 }, { described.status, described.output,
        described.redriveCount,
        described.redriveDate })
      assert.equal(1, before)
      assert.equal(1, world:find_event(arn, "ExecutionRedriven").executionRedrivenEventDetails.redriveCount)
      assert.truthy(world:refusal("RedriveExecution", { executionArn = arn }):find "^ExecutionNotRedrivable")
    end)

    it("answers a client token's second call as the first, for 15 minutes", function()
      local arn = start(world:create("m", WAIT)).executionArn
      clock.step(5)
      world:call("StopExecution", { executionArn = arn })
      local input = { executionArn = arn, clientToken = "once" }
      local first = world:call("RedriveExecution", input).redriveDate
      clock.step(2)
      assert.equal(first, world:call("RedriveExecution", input).redriveDate)
      assert.equal(1, world:describe(arn).redriveCount)
      world:call("StopExecution", { executionArn = arn })
      clock.step(15 * 60)
      assert.equal(first + 15 * 60 + 2, world:call("RedriveExecution", input).redriveDate)
      assert.equal(2, world:describe(arn).redriveCount)
    end)

    it("takes up a stopped wait again", function()
      local arn = start(world:create("m", WAIT)).executionArn
      clock.step(5)
      world:call("StopExecution", { executionArn = arn })
      world:call("RedriveExecution", { executionArn = arn })
      clock.step(60)
      assert.equal("SUCCEEDED", world:describe(arn).status)
    end)
  end)
end)
