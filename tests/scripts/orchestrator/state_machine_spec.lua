local estate        = require "tests.support.estate"
local json          = require "json"
local state_machine = require "orchestrator.state_machine"
local task          = require "task"
local worker        = require "orchestrator.worker"

local LAMBDA = "arn:aws:lambda:us-east-1:123456789012:function:drsh-orchestrator"
local ACTIVITY = "arn:aws:states:us-east-1:123456789012:activity:drsh-orchestrator"

describe("The definition", function()
  local function states(resource) return json.decode(state_machine.definition { resource = resource }).States end

  it("for Lambda invokes the function, and waits for the token with it", function()
    local found = states(LAMBDA)
    assert.equal("arn:aws:states:::lambda:invoke", found.Poll.Resource)
    assert.equal("arn:aws:states:::lambda:invoke.waitForTaskToken", found.WaitForResume.Resource)
    assert.equal("$$.Task.Token", found.WaitForResume.Parameters.Payload["taskToken.$"])
  end)

  it("for an activity uses nothing but the activity", function()
    local found = states(ACTIVITY)
    for name, state in pairs(found) do
      if state.Type == "Task" then assert.equal(ACTIVITY, state.Resource, name) end
    end
  end)

  it("waits a year for the token, and retries Lambda's troubles 6 times from 2 seconds, doubled", function()
    local found = states(LAMBDA)
    assert.equal(31536000, found.WaitForResume.TimeoutSeconds)
    local retry = found.Poll.Retry[1]
    assert.same({ 2, 6, 2 }, { retry.IntervalSeconds, retry.MaxAttempts, retry.BackoffRate })
    assert.is_truthy(table.concat(retry.ErrorEquals, " "):find("Lambda.ServiceException", 1, true))
  end)

  it("goes only to states that exist", function()
    local found = states(LAMBDA)
    for _, state in pairs(found) do
      if state.Next then assert.is_not_nil(found[state.Next]) end
      for _, choice in ipairs(state.Choices or {}) do assert.is_not_nil(found[choice.Next]) end
    end
  end)
end)

describe("A worker that serves the activity", function()
  local here, serving

  before_each(function()
    here = estate.open()
    local arn = here.client("sfn"):list_state_machines({}).stateMachines[1].stateMachineArn
    here.client("sfn"):update_state_machine { stateMachineArn = arn,
      definition = state_machine.definition { resource = ACTIVITY } }
    serving = task.spawn(worker.serve, { activity = ACTIVITY, at_once = 2 })
  end)
  after_each(function()
    serving:cancel()
    here.close()
  end)

  it("runs a plan with a gate to its end", function()
    local id = here.start("three")
    here.until_status(id, "PAUSED")
    assert.equal(200, (here.call("POST", "/executions/" .. id .. "/resume")))
    here.until_status(id, "COMPLETED")
    assert.equal("SUCCEEDED", here.client("sfn"):describe_execution({ executionArn = here.item(id).executionArn }).status)
    assert.equal(3, #here.calls { operation = "StartRecovery" })
  end)

  it("goes on after Step Functions could not be asked", function()
    here.fault { operation = "GetActivityTask", kind = "error", code = "AccessDeniedException", count = 2 }
    local id = here.start("one")
    here.until_status(id, "COMPLETED")
  end)
end)

describe("deploy", function()
  local here
  local deploy = require "orchestrator.deploy"

  before_each(function() here = estate.open() end)
  after_each(function() here.close() end)

  it("can be repeated, and gives the settings", function()
    here.forget_calls()
    local settings = deploy.deploy { region = estate.EAST, account = estate.ACCOUNT }
    assert.equal(0, #here.calls { operation = "CreateTable" })
    assert.equal(0, #here.calls { operation = "CreateStateMachine" })
    assert.equal("drsh-execution-history", settings.EXECUTION_HISTORY_TABLE)
    assert.equal("arn:aws:states:us-east-1:123456789012:stateMachine:drsh-orchestrator", settings.STATE_MACHINE_ARN)
    assert.equal(1, #here.client("sfn"):list_state_machines({}).stateMachines)
  end)

  it("makes the tables of the contract", function()
    local function shape(name)
      local described = here.client("dynamodb"):describe_table({ TableName = name }).Table
      local keys = {}
      for position, key in ipairs(described.KeySchema) do keys[position] = key.AttributeName end
      local indexes = {}
      for _, index in ipairs(described.GlobalSecondaryIndexes or {}) do
        indexes[index.IndexName] = index.Projection.ProjectionType
      end
      return keys, indexes
    end
    local keys, indexes = shape("drsh-execution-history")
    assert.same({ "executionId", "planId" }, keys)
    assert.same({ StatusIndex = "ALL", planIdIndex = "ALL", StatusStartTimeIndex = "ALL" }, indexes)
    assert.same({ "planId" }, (shape("drsh-recovery-plans")))
    assert.same({ "groupId" }, (shape("drsh-protection-groups")))
    assert.same({ "accountId" }, (shape("drsh-target-accounts")))
  end)

  it("adds our index to a table of the old system, and old records are in it at once", function()
    local client, name = here.client("dynamodb"), "drsh-execution-history"
    client:delete_table { TableName = name }
    here.advance(60)
    client:create_table {
      TableName = name, BillingMode = "PAY_PER_REQUEST",
      KeySchema = { { AttributeName = "executionId", KeyType = "HASH" }, { AttributeName = "planId", KeyType = "RANGE" } },
      AttributeDefinitions = { { AttributeName = "executionId", AttributeType = "S" },
        { AttributeName = "planId", AttributeType = "S" }, { AttributeName = "status", AttributeType = "S" } },
      GlobalSecondaryIndexes = {
        { IndexName = "StatusIndex", KeySchema = { { AttributeName = "status", KeyType = "HASH" } },
          Projection = { ProjectionType = "ALL" } },
        { IndexName = "planIdIndex", KeySchema = { { AttributeName = "planId", KeyType = "HASH" } },
          Projection = { ProjectionType = "ALL" } } },
    }
    here.advance(60)
    here.put_execution { executionId = "00000000-0000-4000-8000-000000000001", status = "COMPLETED", version = json.null }
    deploy.deploy { region = estate.EAST, account = estate.ACCOUNT }
    here.advance(600)
    here.forget_calls()
    assert.equal(1, select(2, here.call("GET", "/executions")).count)
    assert.equal(0, #here.calls { operation = "Scan" })
  end)
end)
