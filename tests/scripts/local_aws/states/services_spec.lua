local clock   = require "clock"
local fault   = require "local_aws.fault"
local json    = require "json"
local support = require "tests.scripts.local_aws.states.world"

describe("a task that calls a service", function()
  local world, seen

  before_each(function()
    world = support.open()
    world.services.dynamodb = {}
    world.call_service = function(service, operation, account, region, input)
      seen = { service, operation, account, region, json.encode(input) }
      if operation == "GetItem" then
        return { Item = { id = { S = "1" } } }
      elseif operation == "DescribeTable" then
        return { Table = { CreationDateTime = 1800000000, ItemCount = 5 } }
      end
      fault.raise("ResourceNotFoundException", "Requested resource not found")
    end
  end)

  after_each(function() world:close() end)

  local function run(resource, parameters, more)
    local state = { Type = "Task", Resource = resource, Parameters = parameters, End = true }
    for key, value in pairs(more or {}) do
      state[key] = value
    end
    return world:run("A", { A = state })
  end

  it("passes parameters and gives the result with its metadata", function()
    local described = run("arn:aws:states:::dynamodb:getItem", { TableName = "t", Key = { id = { S = "1" } } })
    assert.same({ "dynamodb", "GetItem", "123456789012", "us-east-1", '{"Key":{"id":{"S":"1"}},"TableName":"t"}' }, seen)
    local output = json.decode(described.output)
    assert.equal('{"id":{"S":"1"}}', json.encode(output.Item))
    assert.equal(200, output.SdkHttpMetadata.HttpStatusCode)
    assert.equal("getItem", world:find_event(described.executionArn, "TaskScheduled").taskScheduledEventDetails.resource)
  end)

  it("writes times as text", function()
    local described = run("arn:aws:states:::aws-sdk:dynamodb:describeTable", { TableName = "t" })
    assert.equal("2027-01-15T08:00:00.000Z", json.decode(described.output).Table.CreationDateTime)
    assert.equal("aws-sdk:dynamodb", world:find_event(described.executionArn,
      "TaskScheduled").taskScheduledEventDetails.resourceType)
  end)

  it("fails under the name that each form gives the service's error", function()
    local described = run("arn:aws:states:::dynamodb:putItem", { TableName = "t", Item = { id = { S = "1" } } })
    assert.equal("DynamoDB.ResourceNotFoundException", described.error)
    assert.truthy(described.cause:find("Requested resource not found (Service: AmazonDynamoDBv2; Status Code: 400; Error Code: "
      .. "ResourceNotFoundException; Request ID: ", 1, true))
    described = run("arn:aws:states:::aws-sdk:dynamodb:putItem", { TableName = "t", Item = { id = { S = "1" } } })
    assert.equal("DynamoDb.ResourceNotFoundException", described.error)
    assert.truthy(described.cause:find("Requested resource not found (Service: DynamoDb, Status Code: 400, Request ID: ",
      1, true))
  end)

  it("fails under a general name for errors that the service's model does not have", function()
    world.call_service = function() fault.raise("ValidationException", "The provided key element does not match the schema") end
    assert.equal("DynamoDB.AmazonDynamoDBException", run("arn:aws:states:::dynamodb:getItem", { TableName = "t" }).error)
    assert.equal("DynamoDb.DynamoDbException", run("arn:aws:states:::aws-sdk:dynamodb:getItem", { TableName = "t" }).error)
  end)

  it("says in its history whose credentials it was given", function()
    local described = run("arn:aws:states:::dynamodb:getItem", { TableName = "t" },
      { Credentials = { ["RoleArn.$"] = "States.Format('arn:aws:iam::{}:role/r', '999999999999')" } })
    assert.equal("arn:aws:iam::999999999999:role/r",
      world:find_event(described.executionArn, "TaskScheduled").taskScheduledEventDetails.taskCredentials.roleArn)
  end)

  it("fails for parameters and services that are not there", function()
    local described = run("arn:aws:states:::dynamodb:getItem", { Nothing = 1 })
    assert.equal("States.Runtime", described.error)
    assert.truthy(described.cause:find('The field "Nothing" is not supported', 1, true))
    described = run("arn:aws:states:::sqs:sendMessage", { QueueUrl = "x" }, { Catch = json.array { { ErrorEquals = json.array {
      "States.ALL" }, Next = "A" } } })
    assert.equal("States.Runtime", described.error)
    assert.truthy(described.cause:find("The resource 'arn:aws:states:::sqs:sendMessage' is not simulated here", 1, true))
  end)

  describe("Step Functions itself", function()
    local inner

    before_each(function()
      inner = world:create("inner",
        '{"StartAt":"W","States":{"W":{"Type":"Wait","SecondsPath":"$.s","Next":"C"},"C":{"Type":"Choice",'
        .. '"Choices":[{"Variable":"$.fail","IsPresent":true,"Next":"F"}],"Default":"P"},"F":{"Type":"Fail","Error":"Inner"},'
        .. '"P":{"Type":"Pass","Result":{"x":[]},"End":true}}}')
    end)

    it("starts an execution and goes on", function()
      local described = run("arn:aws:states:::states:startExecution", { StateMachineArn = inner, Input = { s = 5 } })
      local output = json.decode(described.output)
      assert.equal("2027-01-15T08:00:00.000Z", output.StartDate)
      assert.equal("RUNNING", world:describe(output.ExecutionArn).status)
      assert.equal('{"s":5}', world:describe(output.ExecutionArn).input)
    end)

    it("waits for its end with .sync:2 and gets its output as JSON", function()
      local arn = run("arn:aws:states:::states:startExecution.sync:2", { StateMachineArn = inner,
        Input = { s = 5 } }).executionArn
      clock.step(4)
      assert.equal("RUNNING", world:describe(arn).status)
      clock.step(1)
      local output = json.decode(world:describe(arn).output)
      assert.equal('{"x":[]}', json.encode(output.Output))
      assert.equal("SUCCEEDED", output.Status)
      assert.truthy(world:trail(arn):find "TaskStarted<3 TaskSubmitted<4 TaskSucceeded<5")
    end)

    it("gets the output as text with .sync, and fails with the other's failure", function()
      local arn = run("arn:aws:states:::states:startExecution.sync", { StateMachineArn = inner,
        Input = { s = 1 } }).executionArn
      clock.step(1)
      assert.equal('{"x":[]}', json.decode(world:describe(arn).output).Output)
      arn = run("arn:aws:states:::states:startExecution.sync", { StateMachineArn = inner, Input = { s = 1,
        fail = true } }).executionArn
      clock.step(1)
      local described = world:describe(arn)
      assert.equal("States.TaskFailed", described.error)
      assert.equal("Inner", json.decode(described.cause).Error)
    end)

    it("stops the other when it is stopped or times out", function()
      local arn = run("arn:aws:states:::states:startExecution.sync:2", { StateMachineArn = inner, Name = "other",
        Input = { s = 50 } },
        { TimeoutSeconds = 10 }).executionArn
      clock.step(10)
      assert.equal("States.Timeout", world:describe(arn).error)
      assert.equal("ABORTED", world:describe("arn:aws:states:us-east-1:123456789012:execution:inner:other").status)
    end)

    it("starts nothing twice when the process dies in between", function()
      world:close()
      world = support.open { file = true }
      inner = world:create("inner", '{"StartAt":"W","States":{"W":{"Type":"Wait","Seconds":5,"End":true}}}')
      local arn = run("arn:aws:states:::states:startExecution.sync:2", { StateMachineArn = inner }).executionArn
      world.db:run("UPDATE states_branches SET body = replace(body, '\"submitted\":true', '\"submitted\":false') WHERE "
        .. "phase = 'running'")
      world = world:reopen()
      clock.step(5)
      assert.equal("SUCCEEDED", world:describe(arn).status)
      assert.equal(1, #world:call("ListExecutions", { stateMachineArn = inner }).executions)
    end)

    it("fails with the refusal of StartExecution", function()
      local described = run("arn:aws:states:::states:startExecution", { StateMachineArn = inner .. "x" })
      assert.equal("StepFunctions.StateMachineDoesNotExistException", described.error)
    end)
  end)
end)
