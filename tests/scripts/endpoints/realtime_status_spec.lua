local estate = require "tests.support.estate"
local json   = require "json"
local task   = require "task"

describe("GET /executions/{id}/realtime", function()
  local here

  before_each(function() here = estate.open() end)
  after_each(function() here.close() end)

  local function look(id)
    local status, answer = here.call("GET", "/executions/" .. id .. "/realtime")
    assert.equal(200, status)
    return answer
  end

  local function running(plan)
    local id = here.start(plan or "two")
    here.advance(0.5)
    return id
  end

  -- A job that DRS has forgotten: deleted by somebody, or too old.
  local function forget_job(id, job_id)
    local item = here.item(id)
    item.waves[1].jobId = job_id or "drsjob-00000000000000000"
    here.put("EXECUTION_HISTORY_TABLE", item)
  end

  it("tells snapshot, conversion and launch apart by the job log, and writes the waves back", function()
    local id = running()
    local seen = {}
    for _ = 1, 14 do
      local answer = look(id)
      assert.equal("realtime", answer.dataSource)
      seen[#seen + 1] = answer.waves[1].status
      assert.equal(answer.waves[1].status, here.item(id).waves[1].status)
      here.advance(0.5)
    end
    local order = table.concat(seen, " ")
    assert.is_truthy(order:find("^STARTED.*CONVERTING.*LAUNCHING.*COMPLETED"), order)
  end)

  it("has details of job and servers", function()
    local id = running()
    here.advance(8)
    local wave = look(id).waves[1]
    assert.equal("COMPLETED", wave.drsJobDetails.status)
    assert.equal(2, wave.drsJobDetails.participatingServers)
    assert.equal(2, wave.drsJobDetails.launchedServers)
    assert.equal(0, wave.drsJobDetails.failedServers)
    assert.is_string(wave.drsJobDetails.creationDateTime)
    assert.is_string(wave.drsJobDetails.endDateTime)
    local server = wave.enrichedServers[1]
    for _, field in ipairs { "sourceServerId", "serverName", "hostname", "launchStatus", "recoveryInstanceId", "instanceId",
                             "privateIp", "instanceType", "launchTime" } do
      assert.is_not_nil(server[field], field)
    end
    assert.equal("LAUNCHED", server.launchStatus)
  end)

  it("asks each thing once a region, however many servers", function()
    local id = running("three")
    here.until_status(id, "PAUSED")
    here.forget_calls()
    local answer = look(id)
    assert.equal("RUNNING", answer.stepFunctionsStatus)
    for _, operation in ipairs { "DescribeExecution", "DescribeJobs", "DescribeRecoveryInstances", "DescribeSourceServers",
                                 "DescribeInstances" } do
      assert.equal(1, #here.calls { operation = operation }, operation)
    end
  end)

  it("of a finished execution makes no AWS call but DynamoDB", function()
    local _, id = here.finished("one")
    here.forget_calls()
    local answer = look(id)
    assert.equal("cached", answer.dataSource)
    assert.equal(#here.calls(), #here.calls { service = "dynamodb" })
  end)

  it("keeps a region's waves as stored, with a warning, when it cannot be asked", function()
    local id = running("sides")
    here.advance(30)
    local stored = here.item(id).waves[3]
    assert.equal(estate.WEST, stored.region)
    here.fault { service = "drs", operation = "DescribeJobs", region = estate.WEST, kind = "error", code = "AccessDeniedException",
                 status = 403 }
    here.advance(8)
    local answer = look(id)
    assert.equal("COMPLETED", answer.waves[2].status)
    assert.equal(stored.status, answer.waves[3].status)
    assert.equal(1, #answer.warnings)
    assert.equal("drs", answer.warnings[1].service)
    assert.equal(estate.WEST, answer.warnings[1].region)
    assert.equal("AccessDeniedException", answer.warnings[1].code)
  end)

  it("warns when Step Functions cannot be asked", function()
    local id = running()
    here.fault { service = "states", operation = "DescribeExecution", kind = "error", code = "AccessDeniedException" }
    local answer = look(id)
    assert.equal("UNKNOWN", answer.stepFunctionsStatus)
    assert.equal("sfn", answer.warnings[1].service)
  end)

  it("calls a job that DRS does not know UNKNOWN: not completed, not failed, not 100 %", function()
    local id = running("one")
    forget_job(id)
    for _ = 1, 5 do
      here.advance(30)
      local answer = look(id)
      assert.equal("UNKNOWN", answer.waves[1].drsJobDetails.status)
      assert.equal("STARTED", answer.waves[1].status)
      assert.equal("RUNNING", answer.status)
      assert.is_true(answer.progress.percentComplete < 100)
    end
  end)

  it("takes a forgotten job's launches from its recovery instances", function()
    local id = running("one")
    here.advance(8)
    local job = here.item(id).waves[1].jobId
    here.client("drs"):delete_job { jobID = job }
    assert.equal("COMPLETED", look(id).waves[1].status)
  end)

  it("makes PARTIAL of a job with one launched server, FAILED of one with none, although DRS says COMPLETED", function()
    local id = running("partial")
    here.advance(15)
    local wave = look(id).waves[1]
    assert.equal("PARTIAL", wave.status)
    assert.equal("COMPLETED", wave.drsJobDetails.status)
    assert.equal(1, wave.drsJobDetails.failedServers)
  end)

  local ENDS = { SUCCEEDED = "COMPLETED", ABORTED = "CANCELLED" }
  for word, expected in pairs(ENDS) do
    it("Step Functions' " .. word .. " -> " .. expected, function()
      local item, id = here.finished("one")
      here.patch(id, { status = "RUNNING", endTime = json.null })
      if word == "ABORTED" then
        local other = here.start("gate-first", { skipChecks = json.array { "conflicts" } })
        here.advance(1)
        here.client("sfn"):stop_execution { executionArn = here.item(other).executionArn }
        id = other
      end
      assert.equal(expected, look(id).status)
      assert.equal(expected, here.item(id).status)
      assert.is_number(here.item(id).endTime)
      assert.is_not_nil(item)
    end)
  end

  for _, case in ipairs { { "TIMED_OUT", "COMPLETED", "TIMEOUT" }, { "FAILED", "COMPLETED", "PARTIAL" },
                          { "FAILED", "FAILED", "FAILED" } } do
    it(("Step Functions' %s with a wave %s -> %s"):format(table.unpack(case)), function()
      local reconcile = require "lib.reconcile"
      local _, id = here.finished("two")
      local item = here.patch(id, { status = "RUNNING" })
      item.waves[1].status, item.waves[2] = case[2], nil
      here.put("EXECUTION_HISTORY_TABLE", item)
      local ended = reconcile.ended(here.item(id), { status = case[1], error = "E", cause = "the cause" })
      assert.equal(case[3], ended.status)
      assert.is_truthy(ended.errorMessage:find("the cause", 1, true))
      assert.equal("CANCELLED", ended.waves[2].status)
    end)
  end

  it("follows a job in flight when the state machine was stopped by somebody, then ends", function()
    local id = running()
    here.client("sfn"):stop_execution { executionArn = here.item(id).executionArn }
    local answer = look(id)
    assert.equal("ABORTED", answer.stepFunctionsStatus)
    assert.equal("RUNNING", answer.status)
    here.advance(10)
    assert.equal("CANCELLED", look(id).status)
    assert.equal("COMPLETED", here.item(id).waves[1].status)
    assert.equal("LAUNCHED", here.item(id).waves[1].serverStatuses[1].launchStatus)
  end)

  it("does not disturb the orchestrator: five readers while it runs", function()
    local id = here.start("two")
    for _ = 1, 20 do
      local readers = {}
      for number = 1, 5 do readers[number] = function() return look(id) end end
      task.all(readers)
      here.advance(5)
    end
    local item = here.item(id)
    assert.equal("COMPLETED", item.status)
    assert.equal(2, #here.calls { service = "drs", operation = "StartRecovery" })
  end)

  it("looks into the target account", function()
    local id = here.start("far")
    here.advance(0.5)
    here.forget_calls()
    local answer = look(id)
    assert.equal(0, #answer.warnings)
    assert.equal(#here.calls { service = "drs" }, #here.calls { service = "drs", account = estate.OTHER_ACCOUNT })
    assert.is_true(#here.calls { service = "drs" } > 0)
  end)
end)
