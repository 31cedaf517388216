-- What a crash leaves behind, after each write, and what the sweep makes of it.

local estate = require "tests.support.estate"
local json   = require "json"
local task   = require "task"

describe("The sweep", function()
  local here

  before_each(function() here = estate.open() end)
  after_each(function() here.close() end)

  local function only_execution()
    local _, list = here.call("GET", "/executions")
    assert.equal(1, list.count)
    return list.items[1].executionId
  end

  local function launches() return #here.calls { service = "drs", operation = "StartRecovery" } end

  it("starts a PENDING execution whose process died before StartExecution", function()
    here.cut({ operation = "StartExecution" }, function() here.start("two") end)
    local id = only_execution()
    here.advance(600)
    assert.equal("PENDING", here.item(id).status)
    here.sweep()
    here.until_status(id, "COMPLETED")
    assert.equal(2, launches())
  end)

  it("starts it once, also of five sweeps at one moment and a start that was only slow", function()
    local heal = here.fault { operation = "StartExecution", kind = "delay", seconds = 3, count = 1 }
    local starting = task.spawn(here.start, "two")
    here.advance(1)
    task.all { here.sweep, here.sweep, here.sweep, here.sweep, here.sweep }
    here.advance(10)
    starting:join()
    heal()
    local id = only_execution()
    here.until_status(id, "COMPLETED")
    assert.equal(2, launches())
  end)

  it("leaves nothing when the process died before the transaction", function()
    here.cut({ operation = "TransactWriteItems" }, function() here.start("two") end)
    assert.equal(0, select(2, here.call("GET", "/executions")).count)
    assert.is_string(here.start("two"))
  end)

  it("takes the claim of a finished execution away", function()
    local id = here.start("one")
    here.advance(0.5)
    -- The orchestrator writes the end, and dies before it gives the plan free.
    here.fault { operation = "UpdateItem", kind = "error", code = "AccessDeniedException", after = 2, count = 1 }
    here.until_status(id, "COMPLETED")
    local plan = here.get("RECOVERY_PLANS_TABLE", { planId = "one" })
    plan.activeExecutionId = id
    here.put("RECOVERY_PLANS_TABLE", plan)
    here.sweep()
    assert.is_nil(here.get("RECOVERY_PLANS_TABLE", { planId = "one" }).activeExecutionId)
  end)

  it("leaves the claim of a running execution alone", function()
    local id = here.start("gate-first")
    here.advance(1)
    here.sweep()
    assert.equal(id, here.get("RECOVERY_PLANS_TABLE", { planId = "gate-first" }).activeExecutionId)
    assert.equal("PAUSED", here.item(id).status)
  end)

  it("ends a paused execution whose state machine was stopped by somebody", function()
    local id = here.start("gate-first")
    here.advance(1)
    here.client("sfn"):stop_execution { executionArn = here.item(id).executionArn }
    here.sweep()
    local item = here.item(id)
    assert.equal("CANCELLED", item.status)
    assert.is_nil(item.taskToken)
    assert.is_nil(here.get("RECOVERY_PLANS_TABLE", { planId = "gate-first" }).activeExecutionId)
  end)

  it("follows the job of an execution whose state machine has ended", function()
    local id = here.start("two")
    here.advance(0.5)
    here.client("sfn"):stop_execution { executionArn = here.item(id).executionArn }
    here.sweep()
    assert.equal("RUNNING", here.item(id).status)
    here.advance(10)
    here.sweep()
    local item = here.item(id)
    assert.equal("CANCELLED", item.status)
    assert.equal("COMPLETED", item.waves[1].status)
    assert.equal("CANCELLED", item.waves[2].status)
  end)

  it("does not launch for an execution whose state machine has ended", function()
    local id = here.start("two")
    here.advance(0.5)
    local item = here.item(id)
    item.waves[2] = { waveNumber = 1, waveName = "wave 1", status = "STARTED", startTime = estate.EPOCH, region = estate.EAST,
                      serverIds = estate.server_ids("app", 4), serverStatuses = json.array {} }
    here.put("EXECUTION_HISTORY_TABLE", item)
    here.client("sfn"):stop_execution { executionArn = item.executionArn }
    here.advance(10)
    here.sweep()
    assert.equal("CANCELLED", here.item(id).waves[2].status)
    assert.equal(1, launches())
  end)

  it("starts the state machine again where it was when a token got lost", function()
    local id = here.start("gate-first")
    here.advance(1)
    local item = here.patch(id, { status = "RUNNING", taskToken = json.null, pausingSince = estate.EPOCH })
    here.sweep()
    assert.equal(item.executionArn, here.item(id).executionArn)
    here.advance(600)
    here.sweep()
    here.advance(1)
    local again = here.item(id)
    assert.equal("PAUSED", again.status)
    assert.is_string(again.taskToken)
    assert.are_not.equal(item.executionArn, again.executionArn)
    assert.equal("ABORTED", here.client("sfn"):describe_execution({ executionArn = item.executionArn }).status)
    assert.equal(200, (here.call("POST", "/executions/" .. id .. "/resume")))
    here.until_status(id, "COMPLETED")
    assert.equal(2, launches())
  end)

  it("heals the others when one cannot be healed", function()
    here.put_execution { executionId = "00000000-0000-4000-8000-000000000001", status = "RUNNING",
      executionArn = "arn:aws:states:us-east-1:999:execution:x:y" }
    here.cut({ operation = "StartExecution" }, function() here.start("two") end)
    here.sweep()
    here.advance(1)
    local _, list = here.call("GET", "/executions?planId=two")
    assert.equal("RUNNING", list.items[1].status)
  end)

  it("does nothing when nothing is wrong", function()
    here.finished("one")
    here.start("two")
    here.advance(0.5)
    here.forget_calls()
    here.sweep()
    for _, operation in ipairs { "UpdateItem", "DeleteItem", "StartExecution", "StopExecution" } do
      assert.equal(0, #here.calls { operation = operation }, operation)
    end
  end)
end)
