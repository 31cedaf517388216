local estate = require "tests.support.estate"
local json   = require "json"
local task   = require "task"

describe("POST /executions/{id}/terminate-instances", function()
  local here

  before_each(function() here = estate.open() end)
  after_each(function() here.close() end)

  local function terminate(id, body) return here.call("POST", "/executions/" .. id .. "/terminate-instances", body or {}) end

  local function asked() return #here.calls { operation = "TerminateRecoveryInstances" } end

  local function living(region)
    return #here.client("drs", region):describe_recovery_instances({ filters = { sourceServerIDs = json.array {
      estate.server_id("db", 1), estate.server_id("db", 2), estate.server_id("app", 1), estate.server_id("app", 2),
      estate.server_id("app", 3), estate.server_id("app", 4), estate.server_id("web", 1), estate.server_id("web", 2) } } }).items
  end

  it("terminates what the execution launched, in both regions, and writes the jobs down", function()
    local _, id = here.finished("sides")
    local status, answer = terminate(id, { reason = "the drill is over" })
    assert.equal(200, status)
    assert.equal(8, answer.totalFound)
    assert.equal(8, answer.totalTerminated)
    assert.equal(0, answer.totalFailed)
    assert.equal(8, #answer.terminated)
    assert.same({}, answer.failed)
    assert.same({}, answer.denied)
    assert.equal(2, #answer.jobs)
    local item = here.item(id)
    assert.equal(2, #item.terminateJobs)
    for _, job in ipairs(item.terminateJobs) do
      for _, field in ipairs { "jobId", "region", "accountId", "type", "status", "recoveryInstanceIds" } do
        assert.is_not_nil(job[field], field)
      end
    end
    assert.is_number(item.terminationInitiatedAt)
    assert.is_nil(item.terminationIntent)
    here.advance(60)
    assert.equal(0, living(estate.EAST) + living(estate.WEST))
  end)

  it("a second call while the jobs run answers them and starts none", function()
    local _, id = here.finished("one")
    local _, first = terminate(id)
    local status, second = terminate(id)
    assert.equal(200, status)
    assert.equal(first.jobs[1].jobId, second.jobs[1].jobId)
    assert.equal(0, second.totalTerminated)
    assert.equal(1, asked())
  end)

  it("a call after the end says alreadyTerminated", function()
    local _, id = here.finished("one")
    terminate(id)
    here.advance(60)
    local status, answer = terminate(id)
    assert.equal(200, status)
    assert.is_true(answer.alreadyTerminated)
    assert.is_true(answer.noInstancesFound)
    assert.equal(1, asked())
  end)

  it("says noInstancesFound when nothing was launched", function()
    here.put_execution { executionId = "00000000-0000-4000-8000-000000000001", status = "CANCELLED" }
    local status, answer = terminate "00000000-0000-4000-8000-000000000001"
    assert.equal(200, status)
    assert.is_true(answer.noInstancesFound)
    assert.is_nil(answer.alreadyTerminated)
  end)

  it("of five at one moment one asks DRS", function()
    local _, id = here.finished("sides")
    local calls = {}
    for number = 1, 5 do calls[number] = function() return { terminate(id) } end end
    local total = 0
    for _, result in ipairs(task.all(calls)) do
      assert.equal(200, result[1])
      total = total + result[2].totalTerminated
    end
    assert.equal(8, total)
    assert.equal(2, asked())
    assert.equal(2, #here.item(id).terminateJobs)
  end)

  describe("of a RECOVERY", function()
    local id

    before_each(function() id = select(2, here.finished("one", { executionType = "RECOVERY" })) end)

    it("409 TERMINATION_REQUIRES_CONFIRMATION, with what would be terminated", function()
      local status, answer = terminate(id)
      assert.equal(409, status)
      assert.equal("TERMINATION_REQUIRES_CONFIRMATION", answer.error)
      assert.equal(2, #answer.instances)
      assert.equal(0, asked())
    end)

    it("409 with a wrong confirmation", function()
      assert.equal(409, (terminate(id, { confirm = "yes" })))
      assert.equal(0, asked())
    end)

    it("terminates with the id as confirmation", function()
      local status, answer = terminate(id, { confirm = id })
      assert.equal(200, status)
      assert.equal(2, answer.totalTerminated)
    end)
  end)

  it("409 for a DRILL with a wrong confirmation: the caller means another execution", function()
    local _, id = here.finished("one")
    assert.equal(409, (terminate(id, { confirm = "00000000-0000-4000-8000-000000000001" })))
  end)

  it("denies instances whose isDrill does not match the execution's type", function()
    local _, id = here.finished("one")
    here.patch(id, { executionType = "RECOVERY" })
    local status, answer = terminate(id, { confirm = id })
    assert.equal(200, status)
    assert.equal(2, #answer.denied)
    assert.is_truthy(answer.denied[1].reason:find("drill", 1, true))
    assert.equal(0, asked())
    assert.is_nil(here.item(id).terminationIntent)
  end)

  it("terminates only what `only` names, and denies what is not ours", function()
    local _, id = here.finished("one")
    local _, found = here.call("GET", "/executions/" .. id .. "/recovery-instances")
    local mine, other = found.instances[1].recoveryInstanceId, "i-00000000000000000"
    local _, answer = terminate(id, { only = json.array { mine, other } })
    assert.equal(1, answer.totalTerminated)
    assert.equal(mine, answer.terminated[1].recoveryInstanceId)
    assert.equal(other, answer.denied[1].recoveryInstanceId)
    here.advance(60)
    assert.equal(1, living(estate.EAST))
    assert.equal(1, select(2, terminate(id)).totalTerminated)
    assert.equal(2, #here.item(id).terminateJobs)
  end)

  for field, value in pairs { dryRun = "yes", confirm = 1, only = "i-1", reason = true } do
    it("400 INVALID_FIELD: " .. field, function()
      local status, answer = terminate("00000000-0000-4000-8000-000000000001", { [field] = value })
      assert.equal(400, status)
      assert.equal("INVALID_FIELD", answer.error)
      assert.equal(field, answer.field)
    end)
  end

  it("400 INVALID_FIELD: only is an object, or holds a number", function()
    assert.equal(400, (terminate("00000000-0000-4000-8000-000000000001", { only = { a = "b" } })))
    assert.equal(400, (terminate("00000000-0000-4000-8000-000000000001", { only = json.array { 7 } })))
  end)

  it("502 when one region cannot be asked, before anything is terminated", function()
    local _, id = here.finished("sides")
    here.fault { service = "drs", operation = "DescribeRecoveryInstances", region = estate.WEST, kind = "error",
                 code = "AccessDeniedException", status = 403 }
    local status, answer = terminate(id)
    assert.equal(502, status)
    assert.equal("AWS_ERROR", answer.error)
    assert.equal(0, asked())
    assert.is_nil(here.item(id).terminationIntent)
  end)

  it("dryRun shows what would be terminated and writes nothing", function()
    local item, id = here.finished("sides", { executionType = "RECOVERY" })
    here.forget_calls()
    local status, answer = terminate(id, { dryRun = true })
    assert.equal(200, status)
    assert.is_true(answer.dryRun)
    assert.equal(8, #answer.terminated)
    local writes = {}
    for position, write in ipairs(answer.writes) do writes[position] = write.operation end
    assert.same({ "UpdateItem", "TerminateRecoveryInstances", "TerminateRecoveryInstances", "UpdateItem" }, writes)
    assert.same({ "passed", "refused" }, { answer.checks[1].result, answer.checks[2].result })
    assert.equal(0, asked())
    assert.equal(0, #here.calls { operation = "UpdateItem" })
    assert.equal(item.version, here.item(id).version)
  end)

  it("tells a conflict as CONFLICT, terminates the other region, and goes on with the rest later", function()
    local _, id = here.finished("sides")
    -- Somebody drills a server of ours: it is busy.
    here.client("drs", estate.WEST):start_recovery { isDrill = true,
      sourceServers = { { sourceServerID = estate.server_id("web", 1) } } }
    local status, answer = terminate(id)
    assert.equal(200, status)
    assert.equal(6, answer.totalTerminated)
    assert.equal(2, answer.totalFailed)
    assert.equal("CONFLICT", answer.failed[1].errorType)
    assert.equal(estate.WEST, answer.failed[1].region)
    here.advance(60)
    -- The other drill has replaced one of ours; the other one is still there and ours.
    assert.equal(1, select(2, terminate(id)).totalTerminated)
  end)

  it("tells another failure by its code", function()
    local _, id = here.finished("one")
    here.fault { operation = "TerminateRecoveryInstances", kind = "error", code = "AccessDeniedException", status = 403 }
    local status, answer = terminate(id)
    assert.equal(200, status)
    assert.equal("AccessDeniedException", answer.failed[1].errorType)
    assert.is_nil(here.item(id).terminationIntent)
  end)

  describe("when an answer or a process is lost:", function()
    it("a lost answer of DRS is looked up, and the job adopted at once", function()
      local _, id = here.finished("one")
      here.fault { operation = "TerminateRecoveryInstances", kind = "lost_answer", count = 1 }
      local status, answer = here.patient_call("POST", "/executions/" .. id .. "/terminate-instances", {})
      assert.equal(200, status)
      assert.equal(2, answer.totalTerminated)
      assert.equal(1, asked())
      assert.equal(1, #here.item(id).terminateJobs)
    end)

    it("a process that dies before it asks DRS: the next call waits, then asks", function()
      local _, id = here.finished("one")
      here.cut({ operation = "TerminateRecoveryInstances" }, function() terminate(id) end)
      assert.equal(2, #here.item(id).terminationIntent.batches[1].recoveryInstanceIds)
      assert.equal(0, select(2, terminate(id)).totalTerminated)
      here.advance(121)
      assert.equal(2, select(2, terminate(id)).totalTerminated)
      assert.is_nil(here.item(id).terminationIntent)
    end)

    it("a process that dies after DRS was asked: the job is adopted, DRS is not asked again", function()
      local _, id = here.finished("one")
      here.world.settings.drs.timings.terminate = 600
      here.cut({ service = "dynamodb", operation = "UpdateItem", after = 1 }, function() terminate(id) end)
      assert.equal(1, asked())
      assert.is_nil(here.item(id).terminateJobs)
      here.advance(121)
      local _, answer = terminate(id)
      assert.equal(1, #answer.jobs)
      assert.equal(2, answer.jobs[1].totalServers)
      assert.equal(1, asked())
      assert.equal(answer.jobs[1].jobId, here.item(id).terminateJobs[1].jobId)
      assert.is_nil(here.item(id).instancesTerminated)
    end)

    it("a process that dies when one region was asked: its job is adopted, the other region asked", function()
      local _, id = here.finished("sides")
      here.fault { operation = "TerminateRecoveryInstances", region = estate.WEST, kind = "delay", seconds = 1e8, count = 1 }
      local dying = task.spawn(terminate, id)
      here.advance(1)
      assert.equal(1, #here.calls { operation = "TerminateRecoveryInstances", region = estate.EAST })
      dying:cancel()
      here.advance(121)
      local _, answer = terminate(id)
      assert.equal(2, answer.totalTerminated)
      assert.equal(estate.WEST, answer.terminated[1].region)
      here.advance(60)
      assert.equal(0, living(estate.EAST) + living(estate.WEST))
    end)

    it("a process that dies after DRS was asked, found when all is gone: alreadyTerminated", function()
      local _, id = here.finished("one")
      here.cut({ service = "dynamodb", operation = "UpdateItem", after = 1 }, function() terminate(id) end)
      here.advance(300)
      local _, answer = terminate(id)
      assert.is_true(answer.alreadyTerminated)
      assert.is_true(here.item(id).instancesTerminated)
      assert.equal(1, asked())
    end)
  end)

  it("works in the target account", function()
    local _, id = here.finished("far")
    here.forget_calls()
    assert.equal(2, select(2, terminate(id)).totalTerminated)
    assert.equal(1, #here.calls { operation = "TerminateRecoveryInstances", account = estate.OTHER_ACCOUNT })
    assert.equal(estate.OTHER_ACCOUNT, here.item(id).terminateJobs[1].accountId)
  end)
end)
