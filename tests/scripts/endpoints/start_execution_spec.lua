local estate = require "tests.support.estate"
local json   = require "json"
local task   = require "task"

describe("POST /executions", function()
  local here

  before_each(function() here = estate.open() end)
  after_each(function() here.close() end)

  local function order(more)
    local body = { planId = "three", executionType = "DRILL", initiatedBy = "a test" }
    for name, value in pairs(more or {}) do body[name] = value ~= json.null and value or nil end
    return body
  end

  local function start(more, headers) return here.call("POST", "/executions", order(more), headers) end

  local function all_items()
    return here.client("dynamodb"):scan({ TableName = here.tables.EXECUTION_HISTORY_TABLE }).Items
  end

  -- Refused, and nothing written: no execution, no claim, no state machine.
  local function refused(status, code, more, headers)
    local got, answer = start(more, headers)
    assert.equal(status, got)
    assert.equal(code, answer.error)
    assert.equal(0, #all_items())
    assert.equal(0, #here.calls { service = "states", operation = "StartExecution" })
    local claimed = here.client("dynamodb"):scan {
      TableName = here.tables.RECOVERY_PLANS_TABLE, FilterExpression = "attribute_exists(activeExecutionId)" }
    assert.equal(0, claimed.Count)
    return answer
  end

  it("answers 202 with id, status, message and statusUrl", function()
    local status, answer = start()
    assert.equal(202, status)
    assert.equal("PENDING", answer.status)
    assert.equal("/executions/" .. answer.executionId, answer.statusUrl)
    assert.is_string(answer.message)
  end)

  it("writes the item with the frozen plan, the claim, and the policy generation", function()
    local id = here.start("three", { executionType = "drill" })
    local item = here.item(id)
    assert.equal("DRILL", item.executionType)
    assert.equal(3, item.totalWaves)
    assert.equal(4, #item.planSnapshot.waves[2].serverIds)
    assert.equal(item.executionArn, item.stateMachineArn)
    assert.is_truthy(item.executionArn:find(":execution:drsh-orchestrator:" .. id, 1, true))
    assert.is_number(item.policyGeneration)
    assert.is_number(item.version)
    assert.equal(id, here.get("RECOVERY_PLANS_TABLE", { planId = "three" }).activeExecutionId)
  end)

  for _, field in ipairs { "planId", "executionType", "initiatedBy" } do
    for name, value in pairs { missing = json.null, empty = "" } do
      it(("400 MISSING_FIELD: %s is %s"):format(field, name), function()
        local answer = refused(400, "MISSING_FIELD", { [field] = value })
        assert.equal(field, answer.field)
      end)
    end
    it("400 INVALID_FIELD: " .. field .. " is a number", function()
      local status, answer = start { [field] = 7 }
      assert.equal(400, status)
      assert.equal("INVALID_FIELD", answer.error)
      assert.equal(field, answer.field)
    end)
  end

  it("names the allowed values of a missing executionType", function()
    assert.same({ "DRILL", "RECOVERY" }, refused(400, "MISSING_FIELD", { executionType = json.null }).allowedValues)
  end)

  it("400 INVALID_FIELD: dryRun is a text, skipChecks names no check, accountContext holds a number", function()
    assert.equal("dryRun", refused(400, "INVALID_FIELD", { dryRun = "yes" }).field)
    assert.equal("skipChecks", refused(400, "INVALID_FIELD", { skipChecks = json.array { "all" } }).field)
    assert.equal("accountContext", refused(400, "INVALID_FIELD", { accountContext = { accountId = 12 } }).field)
  end)

  it("400 INVALID_EXECUTION_TYPE", function() refused(400, "INVALID_EXECUTION_TYPE", { executionType = "REHEARSAL" }) end)
  it("404 RECOVERY_PLAN_NOT_FOUND", function() refused(404, "RECOVERY_PLAN_NOT_FOUND", { planId = "gone" }) end)
  it("400 PLAN_HAS_NO_WAVES", function() refused(400, "PLAN_HAS_NO_WAVES", { planId = "empty" }) end)
  it("400 MULTIPLE_ACCOUNTS", function() refused(400, "MULTIPLE_ACCOUNTS", { planId = "accounts" }) end)
  it("400 MULTIPLE_ACCOUNTS: the caller names another account than the groups", function()
    refused(400, "MULTIPLE_ACCOUNTS", { planId = "far", accountContext = { accountId = "333333333333" } })
  end)
  it("400 PROTECTION_GROUP_NOT_FOUND: none named", function()
    refused(400, "PROTECTION_GROUP_NOT_FOUND", { planId = "no-group" })
  end)
  it("400 PROTECTION_GROUP_NOT_FOUND: an unknown one", function()
    assert.equal("gone", refused(400, "PROTECTION_GROUP_NOT_FOUND", { planId = "unknown-group" }).protectionGroupId)
  end)
  it("400 NO_SERVERS_MATCHED: tags that match nothing", function()
    assert.equal(1, refused(400, "NO_SERVERS_MATCHED", { planId = "typo" }).waveNumber)
  end)
  it("400 UNMET_WAVE_DEPENDENCY: a circle", function() refused(400, "UNMET_WAVE_DEPENDENCY", { planId = "circle" }) end)
  it("400 WAVE_SIZE_LIMIT_EXCEEDED", function() refused(400, "WAVE_SIZE_LIMIT_EXCEEDED", { planId = "big" }) end)

  it("400 UNHEALTHY_SERVER_REPLICATION with the servers and the counts", function()
    local answer = refused(400, "UNHEALTHY_SERVER_REPLICATION", { planId = "stalled" })
    assert.equal(1, answer.unhealthyCount)
    assert.equal(1, answer.healthyCount)
    assert.equal("STALLED", answer.unhealthyServers[1].replicationState)
  end)

  it("starts all the same when skipChecks names the check, and writes that down", function()
    local status, answer = start { planId = "stalled", skipChecks = json.array { "replication" } }
    assert.equal(202, status)
    assert.same({ "replication" }, here.item(answer.executionId).skippedChecks)
  end)

  it("409 PLAN_ALREADY_EXECUTING with the executions", function()
    local id = here.start("three")
    local status, answer = start()
    assert.equal(409, status)
    assert.equal("PLAN_ALREADY_EXECUTING", answer.error)
    assert.equal(id, answer.activeExecutions[1].executionId)
  end)

  it("409 PLAN_ALREADY_EXECUTING: an execution of the old system, which makes no claim", function()
    here.put_execution { executionId = "00000000-0000-4000-8000-000000000001", status = "POLLING", version = json.null }
    local status, answer = start()
    assert.equal(409, status)
    assert.equal("PLAN_ALREADY_EXECUTING", answer.error)
  end)

  it("takes over a claim whose execution is over", function()
    local _, id = here.finished("one")
    local plan = here.get("RECOVERY_PLANS_TABLE", { planId = "one" })
    plan.activeExecutionId = id
    here.put("RECOVERY_PLANS_TABLE", plan)
    assert.equal(202, (start { planId = "one" }))
  end)

  it("409 SERVER_CONFLICT: another execution has the servers", function()
    local id = here.start("gate-first")
    local status, answer = start { planId = "one" }
    assert.equal(409, status)
    assert.equal("SERVER_CONFLICT", answer.error)
    assert.equal("execution", answer.conflicts[1].conflictSource)
    assert.equal(id, answer.conflicts[1].executionId)
    assert.equal(id, answer.conflictingExecutions[1].executionId)
    assert.equal(0, #answer.conflictingDrsJobs)
  end)

  it("409 SERVER_CONFLICT: a DRS job of somebody else has a server, in a later wave's region", function()
    local job = here.client("drs", estate.WEST):start_recovery {
      sourceServers = { { sourceServerID = estate.server_id("web", 2) } }, isDrill = true }.job
    local answer = refused(409, "SERVER_CONFLICT")
    assert.equal("drs_job", answer.conflicts[1].conflictSource)
    assert.equal(job.jobID, answer.conflicts[1].jobId)
    assert.equal(job.jobID, answer.conflictingDrsJobs[1].jobId)
  end)

  it("429 CONCURRENT_JOBS_LIMIT_EXCEEDED: 20 jobs in the region", function()
    for number = 1, 20 do
      here.client("drs"):start_recovery { sourceServers = { { sourceServerID = estate.server_id("big", number) } }, isDrill = true }
    end
    local answer = refused(429, "CONCURRENT_JOBS_LIMIT_EXCEEDED")
    assert.equal(20, answer.activeJobs)
  end)

  it("429 SERVERS_IN_JOBS_LIMIT_EXCEEDED: the servers in all jobs and ours", function()
    local limits = require "lib.limits"
    local jobs = json.array {}
    for number = 1, 5 do
      jobs[number] = { status = "STARTED", participatingServers = json.array {} }
      for server = 1, 100 do jobs[number].participatingServers[server] = { sourceServerID = number .. "-" .. server } end
    end
    local wave = { waveNumber = 0, region = "r", serverIds = json.array { "s-1" }, dependsOnWaves = json.array {} }
    local ok, problem = pcall(limits.servers_in_jobs, {
      plan = { waves = json.array { wave } }, active_jobs = function() return { { region = "r", jobs = jobs } } end })
    assert.is_false(ok)
    assert.equal(429, problem.status)
    assert.equal("SERVERS_IN_JOBS_LIMIT_EXCEEDED", problem.error)
  end)

  it("502 when a check cannot be made, and names it", function()
    here.fault { service = "drs", operation = "DescribeJobs", region = estate.WEST, kind = "error",
                 code = "AccessDeniedException", status = 403 }
    local answer = refused(502, "AWS_ERROR")
    assert.equal("conflicts", answer.check)
    assert.equal("AccessDeniedException", answer.awsErrorCode)
  end)

  it("502 when the servers of a tag selection cannot be looked up", function()
    here.fault { service = "drs", operation = "DescribeSourceServers", kind = "error", code = "AccessDeniedException", status = 403 }
    refused(502, "AWS_ERROR")
  end)

  it("502 when the state machine cannot be started: the execution is FAILED and the plan free", function()
    here.fault { service = "states", operation = "StartExecution", kind = "error", code = "AccessDeniedException", status = 403 }
    local status = start()
    assert.equal(502, status)
    local _, list = here.call("GET", "/executions")
    assert.equal("FAILED", list.items[1].status)
    assert.is_truthy(list.items[1].errorMessage:find("could not be started", 1, true))
    assert.is_nil(here.get("RECOVERY_PLANS_TABLE", { planId = "three" }).activeExecutionId)
  end)

  it("gives the state machine the input that endpoints.md names", function()
    local id = here.start("three")
    local told = here.client("sfn"):describe_execution { executionArn = here.item(id).executionArn }
    local input = json.decode(told.input)
    assert.equal(id, told.name)
    assert.equal(id, input.Execution.Id)
    assert.equal("three", input.Plan.planId)
    assert.equal(3, #input.Plan.waves)
    assert.is_true(input.isDrill)
    assert.equal(json.null, input.resumeFromWave)
    assert.equal(estate.ACCOUNT, input.accountContext.accountId)
  end)

  describe("with an Idempotency-Key", function()
    local KEY = { ["Idempotency-Key"] = "order-17" }

    it("answers the same execution again", function()
      local _, first = start(nil, KEY)
      local status, second = start(nil, KEY)
      assert.equal(202, status)
      assert.equal(first.executionId, second.executionId)
      assert.equal(1, #all_items())
      assert.equal("order-17", here.item(first.executionId).idempotencyKey)
    end)

    it("answers it again after it has ended", function()
      local _, first = start({ planId = "one" }, KEY)
      here.until_status(first.executionId, "COMPLETED")
      local status, second = start({ planId = "one" }, KEY)
      assert.equal(202, status)
      assert.equal("COMPLETED", second.status)
      assert.equal(first.executionId, second.executionId)
    end)

    it("409 IDEMPOTENCY_KEY_REUSED with another body", function()
      start(nil, KEY)
      local status, answer = start({ planId = "one" }, KEY)
      assert.equal(409, status)
      assert.equal("IDEMPOTENCY_KEY_REUSED", answer.error)
      assert.equal(1, #all_items())
    end)

    it("makes one execution of five calls at one moment, and all get it", function()
      local calls = {}
      for number = 1, 5 do calls[number] = function() return { start(nil, KEY) } end end
      local ids = {}
      for _, result in ipairs(task.all(calls)) do
        assert.equal(202, result[1])
        ids[result[2].executionId] = true
      end
      assert.equal(1, #all_items())
      assert.is_not_nil(next(ids))
      assert.is_nil(next(ids, (next(ids))))
    end)

    it("lets one of two plans win that come with one key at one moment", function()
      local results = task.all {
        function() return { start({ planId = "three" }, KEY) } end,
        function() return { start({ planId = "far" }, KEY) } end,
      }
      local statuses = { results[1][1], results[2][1] }
      table.sort(statuses)
      assert.same({ 202, 409 }, statuses)
      here.advance(1)
      here.sweep()
      assert.equal(1, #all_items())
    end)
  end)

  it("makes exactly one execution of ten starts at one moment", function()
    local calls = {}
    for number = 1, 10 do calls[number] = function() return { start() } end end
    local won, lost = 0, 0
    for _, result in ipairs(task.all(calls)) do
      if result[1] == 202 then won = won + 1 end
      if result[1] == 409 and result[2].error == "PLAN_ALREADY_EXECUTING" then lost = lost + 1 end
    end
    assert.equal(1, won)
    assert.equal(9, lost)
    assert.equal(1, #all_items())
  end)

  describe("with dryRun", function()
    it("tells every check, the waves with their servers and the writes in order, and writes nothing", function()
      here.forget_calls()
      local status, answer = start { dryRun = true }
      assert.equal(200, status)
      assert.is_true(answer.wouldStart)
      assert.equal(7, #answer.checks)
      assert.equal(4, #answer.waves[2].serverIds)
      local writes = {}
      for position, write in ipairs(answer.writes) do writes[position] = write.operation end
      assert.same({ "TransactWriteItems", "StartExecution" }, writes)
      assert.equal(3, #answer.orchestratorWrites)
      assert.equal("StartRecovery", answer.orchestratorWrites[3].operation)
      assert.equal(0, #all_items())
      for _, operation in ipairs { "TransactWriteItems", "PutItem", "UpdateItem", "StartExecution", "StartRecovery" } do
        assert.equal(0, #here.calls { operation = operation })
      end
    end)

    it("tells which checks would refuse, and goes on to the others", function()
      here.start("gate-first")
      local status, answer = start { planId = "stalled", dryRun = true, skipChecks = json.array { "waveSize" } }
      assert.equal(200, status)
      assert.is_false(answer.wouldStart)
      local results = {}
      for _, check in ipairs(answer.checks) do results[check.check] = check.result end
      assert.same({ admission = "passed", planExecuting = "passed", conflicts = "refused", waveSize = "skipped",
                    concurrentJobs = "passed", serversInJobs = "passed", replication = "refused" }, results)
    end)

    it("tells a check that cannot be made as unknown", function()
      here.fault { service = "drs", operation = "DescribeJobs", kind = "error", code = "AccessDeniedException", status = 403 }
      local _, answer = start { dryRun = true }
      assert.is_false(answer.wouldStart)
      assert.equal("unknown", answer.checks[3].result)
    end)
  end)

  it("works in another account, by its role and external id", function()
    local id = here.start("far")
    local context = here.item(id).accountContext
    assert.same({ accountId = estate.OTHER_ACCOUNT, isCurrentAccount = false, externalId = "far-secret",
                  assumeRoleName = "DRSOrchestrationCrossAccountRole" }, context)
    here.until_status(id, "COMPLETED")
    assert.equal(1, #here.calls { service = "drs", operation = "StartRecovery", account = estate.OTHER_ACCOUNT })
    assert.equal(0, #here.calls { service = "drs", account = estate.ACCOUNT })
  end)
end)
