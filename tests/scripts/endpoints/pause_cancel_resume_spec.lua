-- What pause, cancel and resume really do, alone, together and at the worst moment. The cells of the table are in
-- state_table_spec.lua.

local estate = require "tests.support.estate"
local json   = require "json"
local task   = require "task"

describe("Pausing, cancelling and resuming:", function()
  local here

  before_each(function() here = estate.open() end)
  after_each(function() here.close() end)

  local function post(id, action, body) return here.call("POST", "/executions/" .. id .. "/" .. action, body) end

  local function running(plan)
    local id = here.start(plan or "three")
    here.advance(0.5)
    return id
  end

  local function paused()
    local id = here.start("gate-first")
    here.advance(0.5)
    assert.equal("PAUSED", here.item(id).status)
    return id
  end

  local function step_functions(id)
    return here.client("sfn"):describe_execution({ executionArn = here.item(id).executionArn }).status
  end

  local function launches() return #here.calls { service = "drs", operation = "StartRecovery", code = nil } end

  -- How often each "status code" came out of these calls at one moment.
  local function at_once(calls)
    local count = {}
    for _, result in ipairs(task.all(calls)) do
      local key = result[1] .. " " .. (result[2].error or result[2].status)
      count[key] = (count[key] or 0) + 1
    end
    return count
  end

  local function times(number, fn)
    local calls = {}
    for position = 1, number do calls[position] = function() return { fn() } end end
    return calls
  end

  describe("a pause", function()
    it("pauses before the next wave, with the token in the same write", function()
      local id = running("two")
      local status, answer = post(id, "pause")
      assert.equal(200, status)
      assert.equal(json.null, answer.lastCompletedWave)
      here.advance(30)
      local item = here.item(id)
      assert.equal("PAUSED", item.status)
      assert.is_string(item.taskToken)
      assert.equal(1, item.pausedBeforeWave)
      assert.equal(1, #item.waves)
      assert.equal(0, select(2, post(id, "pause")).lastCompletedWave)
    end)

    it("goes on after a resume, to the end", function()
      local id = running("two")
      post(id, "pause")
      here.advance(30)
      local status, answer = post(id, "resume")
      assert.equal(200, status)
      assert.same({ executionId = id, status = "RESUMING", message = answer.message, nextWave = 1 }, answer)
      here.until_status(id, "COMPLETED")
      assert.equal("SUCCEEDED", step_functions(id))
    end)

    it("that is withdrawn before the boundary does not pause", function()
      local id = running("two")
      post(id, "pause")
      assert.equal(200, (post(id, "resume")))
      here.until_status(id, "COMPLETED")
      assert.is_nil(here.item(id).pausedAt)
    end)

    it("that is withdrawn while the state machine goes to wait does not pause", function()
      local id = running("two")
      post(id, "pause")
      local heal = here.fault { service = "dynamodb", operation = "UpdateItem", kind = "delay", seconds = 5, after = 3, count = 1 }
      here.advance(30)
      if here.item(id).status == "PAUSE_PENDING" then post(id, "resume") end
      heal()
      here.advance(10)
      if here.item(id).status == "PAUSED" then post(id, "resume") end
      here.until_status(id, "COMPLETED")
    end)

    it("before a gate waits once, not twice", function()
      local id = running("three")
      here.advance(30)
      post(id, "pause")
      here.advance(30)
      assert.equal("PAUSED", here.item(id).status)
      post(id, "resume")
      here.until_status(id, "COMPLETED")
    end)
  end)

  describe("a resume", function()
    it("uses the token once of five at one moment", function()
      local id = paused()
      local count = at_once(times(5, function() return post(id, "resume") end))
      assert.same({ ["200 RESUMING"] = 1, ["409 EXECUTION_NOT_PAUSED"] = 4 }, count)
      assert.equal(1, #here.calls { operation = "SendTaskSuccess" })
      here.until_status(id, "COMPLETED")
      assert.equal(2, launches())
    end)

    it("leaves no claim and no token behind", function()
      local id = paused()
      post(id, "resume")
      here.advance(1)
      local item = here.item(id)
      for _, name in ipairs { "taskToken", "claimedTaskToken", "claimedAt", "pausedBeforeWave", "pausingSince" } do
        assert.is_nil(item[name], name)
      end
    end)

    it("409 TASK_TIMED_OUT when the state machine no longer waits", function()
      local id = paused()
      here.client("sfn"):stop_execution { executionArn = here.item(id).executionArn }
      local status, answer = post(id, "resume")
      assert.equal(409, status)
      assert.equal("TASK_TIMED_OUT", answer.error)
      here.sweep()
      assert.equal("CANCELLED", here.item(id).status)
    end)

    it("409 INVALID_TASK_TOKEN, and paused as before", function()
      local id = paused()
      here.patch(id, { taskToken = "no token at all" })
      local status, answer = post(id, "resume")
      assert.equal(409, status)
      assert.equal("INVALID_TASK_TOKEN", answer.error)
      assert.equal("PAUSED", here.item(id).status)
      assert.equal("no token at all", here.item(id).taskToken)
    end)

    it("502 when Step Functions refuses the call, and paused as before", function()
      local id = paused()
      local heal = here.fault { operation = "SendTaskSuccess", kind = "error", code = "AccessDeniedException", status = 400 }
      assert.equal(502, (post(id, "resume")))
      heal()
      assert.equal("PAUSED", here.item(id).status)
      assert.equal(200, (post(id, "resume")))
    end)

    it("whose answer from Step Functions is lost is a resume all the same", function()
      local id = paused()
      here.fault { operation = "SendTaskSuccess", kind = "lost_answer", count = 1 }
      local status, answer = here.patient_call("POST", "/executions/" .. id .. "/resume")
      assert.equal(200, status)
      assert.equal("RESUMING", answer.status)
      here.until_status(id, "COMPLETED")
      assert.equal(2, launches())
    end)

    it("whose process dies after the claim can be made again after 60 seconds, not before", function()
      local id = paused()
      here.cut({ operation = "SendTaskSuccess" }, function() post(id, "resume") end)
      local item = here.item(id)
      assert.equal("RUNNING", item.status)
      assert.is_nil(item.taskToken)
      assert.is_string(item.claimedTaskToken)
      assert.equal(409, (post(id, "resume")))
      here.advance(61)
      assert.equal(200, (post(id, "resume")))
      here.until_status(id, "COMPLETED")
    end)

    it("whose process dies after the claim is taken back by the sweep", function()
      local id = paused()
      here.cut({ operation = "SendTaskSuccess" }, function() post(id, "resume") end)
      here.sweep()
      assert.equal("RUNNING", here.item(id).status)
      here.advance(61)
      here.sweep()
      assert.equal("PAUSED", here.item(id).status)
      assert.equal(200, (post(id, "resume")))
      here.until_status(id, "COMPLETED")
    end)

    it("whose process dies after the token was used goes on by itself", function()
      local id = paused()
      local token = here.item(id).taskToken
      here.cut({ operation = "SendTaskSuccess" }, function() post(id, "resume") end)
      here.client("sfn"):send_task_success { taskToken = token, output = json.encode(
        require("lib.machine").state(here.item(id), { status = "running" })) }
      here.until_status(id, "COMPLETED")
    end)
  end)

  describe("a cancel", function()
    it("follows the job in flight to its end, then CANCELLED, and nothing is lost", function()
      local id = running("three")
      local status, answer = post(id, "cancel")
      assert.equal(200, status)
      assert.equal("CANCELLING", answer.status)
      assert.same({ completedWaves = {}, inProgressWaves = { 0 }, cancelledWaves = { 1, 2 } }, answer.details)
      here.until_status(id, "CANCELLED")
      local item = here.item(id)
      assert.equal("COMPLETED", item.waves[1].status)
      assert.equal("CANCELLED", item.waves[2].status)
      assert.is_number(item.waves[3].endTime)
      assert.equal(1, launches())
      local _, found = here.call("GET", "/executions/" .. id .. "/recovery-instances")
      assert.equal(2, found.totalInstances)
      assert.equal("SUCCEEDED", step_functions(id))
      assert.is_nil(here.get("RECOVERY_PLANS_TABLE", { planId = "three" }).activeExecutionId)
    end)

    it("of a paused one leaves finished waves as they are, and stops the state machine", function()
      local id = running("three")
      here.until_status(id, "PAUSED")
      local _, answer = post(id, "cancel")
      assert.equal("CANCELLED", answer.status)
      assert.same({ completedWaves = { 0, 1 }, inProgressWaves = {}, cancelledWaves = { 2 } }, answer.details)
      assert.equal("ABORTED", step_functions(id))
    end)

    it("502 when the state machine cannot be stopped; then CANCELLING, and the sweep does it", function()
      local id = paused()
      local heal = here.fault { operation = "StopExecution", kind = "error", code = "AccessDeniedException", status = 400 }
      assert.equal(502, (post(id, "cancel")))
      assert.equal("CANCELLING", here.item(id).status)
      assert.equal(409, (post(id, "resume")))
      heal()
      here.sweep()
      assert.equal("CANCELLED", here.item(id).status)
      assert.equal("ABORTED", step_functions(id))
    end)

    it("whose process dies before the state machine is stopped is finished by the sweep", function()
      local id = paused()
      here.cut({ operation = "StopExecution" }, function() post(id, "cancel") end)
      here.sweep()
      assert.equal("CANCELLED", here.item(id).status)
      assert.equal("ABORTED", step_functions(id))
    end)

    it("between pause and boundary ends at the boundary", function()
      local id = running("two")
      post(id, "pause")
      assert.equal("CANCELLING", select(2, post(id, "cancel")).status)
      here.until_status(id, "CANCELLED")
      assert.equal(1, launches())
    end)
  end)

  describe("at one moment,", function()
    it("of two pauses one writes, and both tell the truth", function()
      local id = running("two")
      local version = here.item(id).version
      assert.same({ ["200 PAUSE_PENDING"] = 2 }, at_once(times(2, function() return post(id, "pause") end)))
      assert.equal(version + 1, here.item(id).version)
    end)

    it("of two cancels one writes, and both tell the truth", function()
      local id = running("two")
      local version = here.item(id).version
      assert.same({ ["200 CANCELLING"] = 2 }, at_once(times(2, function() return post(id, "cancel") end)))
      assert.equal(version + 1, here.item(id).version)
    end)

    it("a pause and a cancel leave it CANCELLING", function()
      local id = running("two")
      task.all { function() post(id, "pause") end, function() post(id, "cancel") end }
      assert.equal("CANCELLING", here.item(id).status)
      here.until_status(id, "CANCELLED")
    end)

    it("a resume and a cancel have one winner", function()
      local id = paused()
      local results = task.all {
        function() return { post(id, "resume") } end,
        function() return { post(id, "cancel") } end,
      }
      here.advance(300)
      here.sweep()
      local item = here.item(id)
      assert.equal(200, results[2][1])
      assert.equal("CANCELLED", item.status)
      assert.is_nil(item.taskToken)
      assert.is_nil(item.claimedTaskToken)
    end)

    it("ten of everything end in one truth", function()
      local id = running("two")
      local calls = {}
      for number = 1, 10 do
        local action = ({ "pause", "resume", "cancel" })[number % 3 + 1]
        calls[number] = function()
          local status, answer = post(id, action)
          assert.is_true(status == 200 or status == 409, action .. " " .. status .. " " .. json.encode(answer))
          return true
        end
      end
      task.all(calls)
      here.until_status(id, "CANCELLED")
    end)
  end)

  describe("with dryRun", function()
    local function rehearse(id, action)
      here.forget_calls()
      local version = here.item(id).version
      local status, answer = post(id, action, { dryRun = true })
      assert.equal(version, here.item(id).version)
      for _, operation in ipairs { "UpdateItem", "StopExecution", "SendTaskSuccess" } do
        assert.equal(0, #here.calls { operation = operation })
      end
      local writes = {}
      for position, write in ipairs(answer.writes or {}) do writes[position] = write.operation end
      return status, answer, table.concat(writes, " ")
    end

    it("nothing is written, and what would be is told", function()
      local id = paused()
      local status, answer, writes = rehearse(id, "resume")
      assert.equal(200, status)
      assert.equal("UpdateItem SendTaskSuccess", writes)
      assert.equal("RESUMING", answer.status)
      assert.is_nil(json.encode(answer):find(here.item(id).taskToken, 1, true))
      status, answer, writes = rehearse(id, "cancel")
      assert.equal(200, status)
      assert.equal("UpdateItem StopExecution UpdateItem UpdateItem", writes)
      assert.equal("CANCELLED", answer.status)
      status, answer, writes = rehearse(id, "pause")
      assert.equal(200, status)
      assert.equal("", writes)
      assert.equal("PAUSED", answer.status)
    end)

    it("with a wave in flight, no call to Step Functions follows", function()
      local id = running("two")
      assert.equal("UpdateItem", select(3, rehearse(id, "cancel")))
      assert.equal("UpdateItem", select(3, rehearse(id, "pause")))
    end)

    it("what would be refused is refused", function()
      local id = running("one")
      assert.equal(409, (rehearse(id, "resume")))
      assert.equal(400, (rehearse(id, "pause")))
    end)
  end)

  it("409 CONCURRENT_UPDATE when every write loses its race five times", function()
    local id = running("two")
    here.fault { service = "dynamodb", operation = "UpdateItem", kind = "error", code = "ConditionalCheckFailedException" }
    here.forget_calls()
    local status, answer = post(id, "pause")
    assert.equal(409, status)
    assert.equal("CONCURRENT_UPDATE", answer.error)
    assert.equal(5, #here.calls { operation = "UpdateItem" })
  end)

  it("a write whose answer is lost is recognised as our own", function()
    local id = running("two")
    here.fault { service = "dynamodb", operation = "UpdateItem", kind = "lost_answer", count = 1 }
    local status, answer = here.patient_call("POST", "/executions/" .. id .. "/pause")
    assert.equal(200, status)
    assert.equal("PAUSE_PENDING", answer.status)
    here.advance(30)
    here.fault { service = "dynamodb", operation = "UpdateItem", kind = "lost_answer", count = 1 }
    status, answer = here.patient_call("POST", "/executions/" .. id .. "/resume")
    assert.equal(200, status)
    assert.equal("RESUMING", answer.status)
  end)
end)
