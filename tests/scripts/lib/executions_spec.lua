local estate     = require "tests.support.estate"
local executions = require "lib.executions"
local json       = require "json"
local reply      = require "lib.reply"
local store      = require "lib.store"
local task       = require "task"

local ID = "00000000-0000-4000-8000-000000000001"

describe("Changing an execution", function()
  local here

  before_each(function()
    here = estate.open()
    here.put_execution { executionId = ID }
  end)
  after_each(function() here.close() end)

  it("adds one to the version and sets updatedAt", function()
    local changed, wrote = executions.change(here.item(ID), function() return { reason = "x" } end)
    assert.is_true(wrote)
    assert.equal(2, changed.version)
    assert.equal(estate.EPOCH, changed.updatedAt)
    assert.equal("x", here.item(ID).reason)
  end)

  it("writes nothing when there is nothing to change", function()
    local _, wrote = executions.change(here.item(ID), function() return nil end)
    assert.is_false(wrote)
    assert.equal(1, here.item(ID).version)
  end)

  it("judges again on the newer item after a lost race", function()
    local stale = here.item(ID)
    executions.write(stale, { reason = "first" })
    local seen = {}
    executions.change(stale, function(current)
      seen[#seen + 1] = current.reason or "none"
      return { reason = "second" }
    end)
    assert.same({ "none", "first" }, seen)
    assert.equal(3, here.item(ID).version)
  end)

  it("loses no change of twenty at one moment that try long enough", function()
    local calls = {}
    for number = 1, 20 do
      calls[number] = function()
        for _ = 1, 40 do
          if pcall(executions.change, here.item(ID), function() return { ["mark" .. number] = true } end) then return true end
        end
      end
    end
    task.all(calls)
    local item = here.item(ID)
    for number = 1, 20 do assert.is_true(item["mark" .. number]) end
    assert.equal(21, item.version)
  end)

  it("works on a record of the old system, which has no version", function()
    here.patch(ID, { version = json.null })
    local stale = here.item(ID)
    assert.equal(1, executions.write(stale, { reason = "x" }).version)
    assert.is_nil(executions.write(stale, { reason = "y" }))
  end)

  it("takes attributes away", function()
    here.patch(ID, { taskToken = "t" })
    executions.change(here.item(ID), function() return { taskToken = store.REMOVE } end)
    assert.is_nil(here.item(ID).taskToken)
  end)

  it("raises what is no lost race", function()
    here.fault { operation = "UpdateItem", kind = "error", code = "AccessDeniedException" }
    assert.is_false((pcall(executions.change, here.item(ID), function() return { reason = "x" } end)))
  end)

  it("raises a refusal of the judge unchanged", function()
    local ok, problem = pcall(executions.change, here.item(ID), function() reply.fail(418, "TEAPOT", "no") end)
    assert.is_false(ok)
    assert.is_true(reply.is_refusal(problem, "TEAPOT"))
  end)

  it("keeps the item under DynamoDB's limit: finished waves give up details, what was launched stays", function()
    local waves = json.array {}
    for number = 0, 14 do
      local servers = json.array {}
      for server = 1, 100 do
        servers[server] = { sourceServerId = estate.server_id("x", number * 100 + server), launchStatus = "LAUNCHED",
          recoveryInstanceId = ("i-%017d"):format(server), instanceId = ("i-%017d"):format(server),
          hostname = ("host"):rep(20), serverName = ("name"):rep(20), privateIp = "10.0.0.1", instanceType = "m5.large" }
      end
      waves[number + 1] = { waveNumber = number, status = number == 14 and "STARTED" or "COMPLETED", serverStatuses = servers,
                            serverIds = estate.server_ids("x", 100) }
    end
    local changed = executions.change(here.item(ID), function() return { waves = waves } end)
    assert.equal(15, #changed.waves)
    assert.is_nil(changed.waves[1].serverStatuses[1].hostname)
    assert.equal("LAUNCHED", changed.waves[1].serverStatuses[1].launchStatus)
    assert.is_string(changed.waves[1].serverStatuses[1].recoveryInstanceId)
    assert.is_string(changed.waves[15].serverStatuses[1].hostname)
  end)

  it("finishes once, and gives the plan free", function()
    here.put("RECOVERY_PLANS_TABLE", { planId = "three", activeExecutionId = ID })
    assert.equal("FAILED", executions.finish(here.item(ID), "FAILED").status)
    assert.equal("FAILED", executions.finish(here.item(ID), "COMPLETED").status)
    assert.is_nil(here.get("RECOVERY_PLANS_TABLE", { planId = "three" }).activeExecutionId)
  end)

  it("does not free a plan that another execution has claimed", function()
    here.put("RECOVERY_PLANS_TABLE", { planId = "three", activeExecutionId = "another" })
    executions.finish(here.item(ID), "FAILED")
    assert.equal("another", here.get("RECOVERY_PLANS_TABLE", { planId = "three" }).activeExecutionId)
  end)
end)
