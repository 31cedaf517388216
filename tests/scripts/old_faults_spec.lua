-- The fifteen faults of the system that this one replaces, each shown not to be there.

local estate = require "tests.support.estate"
local json   = require "json"

describe("A fault of the old system:", function()
  local here

  before_each(function() here = estate.open() end)
  after_each(function() here.close() end)

  local function post(id, action, body) return here.call("POST", "/executions/" .. id .. "/" .. action, body or {}) end
  local function terminations() return #here.calls { operation = "TerminateRecoveryInstances" } end

  it("1. terminate took all instances of the source servers, also those of a real recovery", function()
    local _, drill = here.finished("one")
    local _, recovery = here.finished("one", { executionType = "RECOVERY" })
    local status, answer = post(drill, "terminate-instances")
    assert.equal(200, status)
    assert.equal(0, answer.totalTerminated)
    assert.equal(0, terminations())
    assert.equal(2, select(2, here.call("GET", "/executions/" .. recovery .. "/recovery-instances")).totalInstances)
  end)

  it("2. instances of a running execution could be terminated", function()
    local id = here.start("two")
    here.advance(30)
    local status, answer = post(id, "terminate-instances")
    assert.equal(409, status)
    assert.equal("EXECUTION_NOT_TERMINAL", answer.error)
    assert.equal(0, terminations())
  end)

  it("3. termination-status believed the caller's job ids and region, and took no job for 100 %", function()
    local _, id = here.finished("one")
    local status = here.call("GET", "/executions/" .. id .. "/termination-status?jobIds=drsjob-0123456789abcdef0&region=eu-west-1")
    assert.equal(400, status)
    local _, answer = here.call("GET", "/executions/" .. id .. "/termination-status")
    assert.equal(0, answer.progressPercent)
    assert.is_false(answer.allCompleted)
    assert.is_nil(here.item(id).instancesTerminated)
  end)

  it("4. over 200 instances failed or were missed", function()
    local instances, asked = require "lib.instances", {}
    local client = {}
    function client.items(_, operation, query)
      asked[#asked + 1] = #(query.filters.sourceServerIDs)
      assert.equal("describe_recovery_instances", operation)
      return function() end
    end
    instances.made_by(client, estate.server_ids("x", 450), {})
    assert.same({ 200, 200, 50 }, asked)
    instances.made_by(client, json.array {}, {})
    assert.equal(3, #asked)
  end)

  it("5. a pause had no effect", function()
    local id = here.start("two")
    here.advance(0.5)
    post(id, "pause")
    here.advance(300)
    assert.equal("PAUSED", here.item(id).status)
    assert.equal(1, #here.calls { operation = "StartRecovery" })
  end)

  it("6. a pause in the first wave was refused: only recorded waves were counted", function()
    local id = here.start("three")
    here.advance(0.5)
    assert.equal(1, #here.item(id).waves)
    assert.equal(200, (post(id, "pause")))
  end)

  it("7. cancel gave StopExecution the execution's UUID, and swallowed the error", function()
    local id = here.start("gate-first")
    here.advance(1)
    local token = here.item(id).taskToken
    assert.equal(200, (post(id, "cancel")))
    local arn = here.item(id).executionArn
    assert.equal("ABORTED", here.client("sfn"):describe_execution({ executionArn = arn }).status)
    assert.is_false((pcall(function() here.client("sfn"):send_task_success { taskToken = token, output = "{}" } end)))
    local other = here.start("gate-first")
    here.advance(1)
    here.fault { operation = "StopExecution", kind = "error", code = "AccessDeniedException" }
    assert.equal(502, (post(other, "cancel")))
  end)

  it("8. status writes were unconditional", function()
    local id = here.start("two")
    here.advance(0.5)
    local executions = require "lib.executions"
    local stale = here.item(id)
    post(id, "cancel")
    assert.is_nil(executions.write(stale, { status = "PAUSE_PENDING" }))
    assert.equal("CANCELLING", here.item(id).status)
    local now = here.item(id)
    now.version = now.version - 1
    assert.is_nil(executions.write(now, { status = "PAUSE_PENDING" }))
  end)

  it("9. resume built the waves from the plan as it is now", function()
    local id = here.start("gate-first")
    here.advance(1)
    here.put("RECOVERY_PLANS_TABLE", estate.plan("gate-first", { estate.wave(0, "web"), estate.wave(1, "bad") }))
    post(id, "resume")
    local item = here.until_status(id, "COMPLETED")
    assert.equal(estate.server_id("db", 1), item.waves[1].serverIds[1])
    assert.equal(estate.EAST, item.waves[1].region)
  end)

  it("10. a resumed wave had 30 minutes, a started one a year", function()
    local id = here.start("gate-first")
    here.advance(1)
    local history = here.client("sfn"):get_execution_history { executionArn = here.item(id).executionArn }.events
    local function limit(events)
      for position = #events, 1, -1 do
        local details = events[position].stateExitedEventDetails
        local output = details and json.decode(details.output)
        if output and output.total_wave_seconds then return output.total_wave_seconds end
      end
    end
    assert.equal(31536000, limit(history))
    post(id, "resume")
    here.advance(1)
    assert.equal(31536000, limit(here.client("sfn"):get_execution_history { executionArn = here.item(id).executionArn }.events))
    here.world.settings.drs.timings.launch = 7200
    here.until_status(id, "COMPLETED", 400)
  end)

  it("11. tags that match no server gave a green wave", function()
    local status, answer = here.call("POST", "/executions", { planId = "typo", executionType = "DRILL", initiatedBy = "a test" })
    assert.equal(400, status)
    assert.equal("NO_SERVERS_MATCHED", answer.error)
  end)

  it("12. the checks looked at fixed ids, the first wave's region and the hub's account only", function()
    here.forget_calls()
    here.start("sides")
    for _, region in ipairs { estate.EAST, estate.WEST } do
      assert.is_true(#here.calls { operation = "DescribeJobs", region = region } > 0)
      assert.is_true(#here.calls { operation = "DescribeSourceServers", region = region } > 0)
    end
    here.client("drs"):start_recovery { isDrill = true, sourceServers = { { sourceServerID = estate.server_id("app", 4) } } }
    local status, answer = here.call("POST", "/executions", { planId = "two", executionType = "DRILL", initiatedBy = "a test" })
    assert.equal(409, status)
    local busy = {}
    for _, conflict in ipairs(answer.conflicts) do busy[conflict.serverId .. " " .. conflict.conflictSource] = true end
    assert.is_true(busy[estate.server_id("app", 4) .. " drs_job"])
    here.forget_calls()
    here.start("far")
    assert.is_true(#here.calls { operation = "DescribeJobs", account = estate.OTHER_ACCOUNT } > 0)
    assert.equal(0, #here.calls { operation = "DescribeJobs", account = estate.ACCOUNT })
  end)

  it("13. the list was sorted inside one page only, and showed lock rows", function()
    for number = 1, 40 do
      here.put_execution { executionId = ("00000000-0000-4000-8000-%012d"):format(number), status = "COMPLETED",
                           startTime = estate.EPOCH + number * 17 % 40, filler = ("x"):rep(100000) }
    end
    here.put_execution { executionId = "LOCK#server", planId = "LOCK", status = "LOCKED" }
    local last, count, token = math.huge, 0, nil
    repeat
      local _, page = here.call("GET", "/executions?limit=9" .. (token and "&nextToken=" .. token or ""))
      for _, item in ipairs(page.items) do
        assert.is_true(item.startTime <= last)
        assert.are_not.equal("LOCK", item.planId)
        last, count = item.startTime, count + 1
      end
      token = page.nextToken
    until token == json.null
    assert.equal(40, count)
  end)

  it("14. the job log was sorted by a field that does not exist", function()
    local id = here.start("one")
    here.advance(3)
    local _, answer = here.call("GET", "/executions/" .. id .. "/realtime")
    assert.equal("CONVERSION", answer.waves[1].enrichedServers[1].phase)
    assert.equal("CONVERTING", answer.waves[1].status)
  end)

  it("15. the next poll turned CANCELLING into CANCELLED although the job went on", function()
    here.world.settings.drs.timings.launch = 100
    local id = here.start("two")
    here.advance(0.5)
    post(id, "cancel")
    here.advance(60)
    assert.equal("CANCELLING", here.item(id).status)
    local item = here.until_status(id, "CANCELLED")
    assert.equal("LAUNCHED", item.waves[1].serverStatuses[1].launchStatus)
    assert.equal(2, select(2, post(id, "terminate-instances")).totalTerminated)
  end)
end)
