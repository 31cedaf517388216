-- The orchestrator, driven by the local Step Functions, and called by hand where a moment must be met.

local estate  = require "tests.support.estate"
local handler = require "orchestrator.handler"
local json    = require "json"
local task    = require "task"

describe("The orchestrator", function()
  local here

  before_each(function() here = estate.open() end)
  after_each(function() here.close() end)

  local function launches() return #here.calls { service = "drs", operation = "StartRecovery" } end

  local function statuses(id)
    local words = {}
    for position, wave in ipairs(here.item(id).waves) do words[position] = wave.status end
    return table.concat(words, " ")
  end

  -- An execution without a state machine of its own: the spec plays that part.
  local function not_begun(plan)
    here.cut({ operation = "StartExecution" }, function() here.start(plan) end)
    local _, list = here.call("GET", "/executions?status=PENDING")
    return list.items[1].executionId
  end

  local function begin(id)
    return handler.handle { action = "begin", input = json.decode(require("lib.machine").input(here.item(id))) }
  end

  local function by_hand(plan)
    local id = not_begun(plan)
    return id, begin(id)
  end

  local function poll(state) return handler.handle { action = "update_wave_status", state = state } end

  it("gives the state that the definition reads", function()
    local id, state = by_hand("two")
    assert.equal("running", state.status)
    for _, field in ipairs { "wave_completed", "all_waves_completed", "current_wave_update_time", "current_wave_number",
        "paused_before_wave", "waves", "wave_results", "job_id", "region", "server_ids", "execution_id", "plan_id", "is_drill",
        "accountContext", "error" } do
      assert.is_not_nil(state[field], field)
    end
    assert.equal(id, state.execution_id)
    assert.equal(30, state.current_wave_update_time)
    assert.is_false(state.wave_completed)
    here.advance(10)
    state = poll(state)
    assert.equal(1, state.current_wave_number)
    assert.same({ { waveNumber = 0, status = "COMPLETED", jobId = here.item(id).waves[1].jobId } }, state.wave_results)
    here.advance(10)
    state = poll(state)
    assert.equal("completed", state.status)
    assert.is_true(state.all_waves_completed)
  end)

  it("keeps the state small, whatever the plan's size: servers stay in the table", function()
    here.seed { sourceServers = estate.servers("many", 300) }
    local waves, all = json.array {}, estate.server_ids("many", 300)
    for number = 1, 100 do
      local id = "many-" .. number
      here.put("PROTECTION_GROUPS_TABLE", estate.group(id, { sourceServerIds = json.array(
        table.move(all, 3 * number - 2, 3 * number, 1, {})) }))
      waves[number] = estate.wave(number - 1, id, { waveName = ("a wave with a long name "):rep(6) })
    end
    here.put("RECOVERY_PLANS_TABLE", estate.plan("many", waves))
    local id, state = by_hand("many")
    assert.is_true(#json.encode(state) < 100 * 1024)
    assert.is_nil(json.encode(state.waves):find("serverIds", 1, true))
    assert.is_true(#json.encode(here.item(id)) < 300 * 1024)
  end)

  it("begins once, however often it is called", function()
    local id, state = by_hand("two")
    for _ = 1, 3 do assert.equal("running", begin(id).status) end
    task.all { function() poll(state) end, function() poll(state) end, function() poll(state) end }
    assert.equal(1, launches())
    assert.equal("STARTED", statuses(id))
  end)

  it("runs waves side by side when their dependencies are met", function()
    local id = here.start("sides")
    here.advance(0.5)
    assert.equal("STARTED", statuses(id))
    here.advance(30)
    assert.equal("COMPLETED STARTED STARTED", statuses(id))
    local item = here.until_status(id, "COMPLETED")
    assert.equal(item.waves[2].startTime, item.waves[3].startTime)
  end)

  it("ends PARTIAL when a wave is PARTIAL, and starts no other", function()
    local id = here.start("partial")
    local item = here.until_status(id, "PARTIAL")
    assert.equal("PARTIAL CANCELLED", statuses(id))
    assert.is_truthy(item.errorMessage:find("wave 0", 1, true))
    assert.equal(1, launches())
    assert.equal("FAILED", here.client("sfn"):describe_execution({ executionArn = item.executionArn }).status)
    assert.is_nil(here.get("RECOVERY_PLANS_TABLE", { planId = "partial" }).activeExecutionId)
  end)

  it("ends FAILED when nothing was launched", function()
    local id = here.start("failing")
    here.until_status(id, "FAILED")
    assert.equal("FAILED CANCELLED", statuses(id))
  end)

  it("keeps polling when DRS cannot be asked", function()
    local id = here.start("two")
    here.advance(0.5)
    local heal = here.fault { service = "drs", operation = "DescribeJobs", kind = "error", code = "AccessDeniedException",
                              status = 403 }
    here.advance(120)
    assert.equal("STARTED", statuses(id))
    heal()
    here.until_status(id, "COMPLETED")
  end)

  it("waits for an unknown job, and neither completes nor fails it", function()
    local id = here.start("two")
    here.advance(0.5)
    here.client("drs"):tag_resource { resourceArn = "arn:aws:drs:us-east-1:123456789012:job/" .. here.item(id).waves[1].jobId,
                                      tags = { a = "b" } }
    local item = here.item(id)
    item.waves[1].jobId = "drsjob-00000000000000000"
    here.put("EXECUTION_HISTORY_TABLE", item)
    here.advance(600)
    item = here.item(id)
    assert.equal("RUNNING", item.status)
    assert.equal("UNKNOWN", item.waves[1].jobStatus)
    assert.is_truthy(item.waves[1].statusMessage:find("unknown", 1, true))
    assert.equal(1, #item.waves)
  end)

  it("runs the plan as it was at the start", function()
    local id = here.start("two")
    here.advance(0.5)
    here.put("RECOVERY_PLANS_TABLE", estate.plan("two", { estate.wave(0, "web"), estate.wave(1, "web"), estate.wave(2, "bad") }))
    here.put("PROTECTION_GROUPS_TABLE", estate.group("app", { sourceServerIds = estate.server_ids("bad", 2) }))
    local item = here.until_status(id, "COMPLETED")
    assert.equal(2, #item.waves)
    assert.equal(estate.server_id("app", 1), item.waves[2].serverIds[1])
  end)

  describe("starting a wave", function()
    it("tags the job with execution and wave", function()
      local id = here.start("one")
      here.advance(0.5)
      local job = here.client("drs"):describe_jobs({ filters = { jobIDs = json.array { here.item(id).waves[1].jobId } } }).items[1]
      assert.same({ ["drsh:execution"] = id, ["drsh:wave"] = "0" }, job.tags)
    end)

    it("whose answer is lost adopts the job of its own call", function()
      here.fault { operation = "StartRecovery", kind = "lost_answer", count = 1 }
      local id = here.start("two")
      here.until_status(id, "COMPLETED")
      assert.equal(2, launches())
    end)

    it("whose process dies before DRS is asked is taken up by the next call", function()
      local id = not_begun("two")
      here.cut({ operation = "StartRecovery" }, function() begin(id) end)
      assert.equal("STARTED", statuses(id))
      assert.is_nil(here.item(id).waves[1].jobId)
      here.forget_calls()
      assert.equal("running", poll({ execution_id = id }).status)
      assert.is_string(here.item(id).waves[1].jobId)
      assert.equal(1, launches())
    end)

    it("whose process dies after DRS was asked adopts the job", function()
      local id = by_hand("gate-first")
      here.cut({ service = "dynamodb", operation = "UpdateItem", after = 2 }, function()
        handler.handle { action = "resume_wave", state = { execution_id = id, paused_before_wave = 0 } }
      end)
      local item = here.item(id)
      assert.equal("STARTED", item.waves[1].status)
      assert.is_nil(item.waves[1].jobId)
      assert.equal(1, launches())
      poll { execution_id = id }
      assert.is_string(here.item(id).waves[1].jobId)
      assert.equal(1, launches())
    end)

    it("waits for busy servers, and goes on when they are free", function()
      local id = by_hand("gate-first")
      here.client("drs"):start_recovery { isDrill = true, sourceServers = { { sourceServerID = estate.server_id("db", 1) } } }
      local state = handler.handle { action = "resume_wave", state = { execution_id = id, paused_before_wave = 0 } }
      local wave = here.item(id).waves[1]
      assert.equal("running", state.status)
      assert.is_nil(wave.jobId)
      assert.is_truthy(wave.statusMessage:find("ConflictException", 1, true))
      here.advance(30)
      poll(state)
      assert.is_string(here.item(id).waves[1].jobId)
    end)

    it("fails at once when DRS will never do it", function()
      here.fault { operation = "StartRecovery", kind = "error", code = "AccessDeniedException", status = 403 }
      local id = here.start("two")
      local item = here.until_status(id, "FAILED")
      assert.equal("FAILED CANCELLED", statuses(id))
      assert.is_truthy(item.waves[1].statusMessage:find("AccessDenied", 1, true))
    end)

    it("gives up after 20 attempts", function()
      here.fault { operation = "StartRecovery", kind = "error", code = "ConflictException", status = 409 }
      local id = here.start("two")
      here.until_status(id, "FAILED", 30)
      assert.equal(20, here.item(id).waves[1].launchAttempts)
    end)

    it("that was cancelled before DRS had a job starts none", function()
      local id = not_begun("two")
      here.cut({ operation = "StartRecovery" }, function() begin(id) end)
      assert.equal("CANCELLING", select(2, here.call("POST", "/executions/" .. id .. "/cancel")).status)
      here.forget_calls()
      assert.equal("cancelled", poll({ execution_id = id }).status)
      assert.equal("CANCELLED", here.item(id).status)
      assert.equal(0, launches())
    end)
  end)

  it("takes the events of the old system's definition", function()
    local id, state = by_hand("two")
    assert.equal("running", handler.handle({ action = "update_wave_status", application = state }).status)
    state.action = "update_wave_status"
    assert.equal("running", handler.handle(state).status)
    assert.equal("running", handler.handle({ action = "begin", execution = id }).status)
  end)

  it("refuses an action that it does not know", function()
    assert.has_error(function() handler.handle { action = "launch" } end,
      "action must be begin, update_wave_status, store_task_token or resume_wave, not launch")
  end)

  it("stores a token only while there is something to wait for; else it answers it at once", function()
    local id = here.start("two")
    here.advance(0.5)
    here.forget_calls()
    pcall(handler.handle, { action = "store_task_token", taskToken = "no real one",
                            state = { execution_id = id, paused_before_wave = 1 } })
    assert.equal("RUNNING", here.item(id).status)
    assert.is_nil(here.item(id).taskToken)
    assert.equal(1, #here.calls { operation = "SendTaskSuccess" })
  end)

  it("times a wave out by the policy's limit, the same after a resume", function()
    local policies = package.loaded["policies.wave"]
    package.loaded["policies.wave"] = { limit_seconds = 3600 }
    finally(function() package.loaded["policies.wave"] = policies end)
    local id, state = by_hand("gate-first")
    state = handler.handle { action = "resume_wave", state = state }
    local item = here.item(id)
    item.waves[1].jobId = "drsjob-00000000000000000"
    here.put("EXECUTION_HISTORY_TABLE", item)
    here.advance(3500)
    assert.equal("running", poll(state).status)
    here.advance(200)
    assert.equal("timeout", poll(state).status)
    assert.equal("TIMEOUT", here.item(id).status)
    assert.equal("TIMEOUT", here.item(id).waves[1].status)
  end)
end)
