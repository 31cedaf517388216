-- Executions of recovery plans in which something fails: servers, validation, quotas, the 24 hours. Sources: "guide" is the user
-- guide's section on recovery plans.

local clock = require "clock"
local local_aws = require "tests.support.local_aws"
local support = require "tests.support.recovery_plans"

local LAUNCH, VALIDATION = support.LAUNCH, support.VALIDATION

describe("an execution of a recovery plan that meets failing servers", function()
  local here, drs

  local function open(count, each)
    here = support.open(count, each)
    drs = here.drs
  end
  after_each(function()
    here.close()
  end)

  it("fails with a critical one; its step's other servers are launched to the end (guide: impact levels)", function()
    open(3)
    here:behave(1, { launch = "FAILED" })
    local run = here:start(here:plan { { 1, 2 }, { 3 } })
    clock.step(VALIDATION + LAUNCH + 1)
    assert.equal("FAILED: FAILED NOT_STARTED", here:state(run))
    local step, execution = here:step(run, 1), here:execution(run)
    assert.equal("SERVER_RECOVERY_FAILED", step.errorDetail.code)
    assert.matches(local_aws.server_id(1), step.errorDetail.message, 1, true)
    assert.is_nil(step.errorDetail.message:find(local_aws.server_id(2), 1, true))
    assert.equal("STEP_FAILED", execution.errorDetail.code)
    assert.matches("Step 1 (step 1) failed: Critical servers", execution.errorDetail.message, 1, true)
    assert.equal(local_aws.server_id(2), drs:describe_recovery_instances {}.items[1].sourceServerID)
    clock.step(86400)
    assert.equal(1, #here:jobs())
  end)

  it("goes on with an optional one, and names it on its step, even if all of a step fail", function()
    open(3)
    here:behave(1, { launch = "FAILED" })
    here:behave(2, { conversion = "FAILED" })
    local run = here:start(here:plan { { -1, -2 }, { 3 } })
    clock.step(VALIDATION + 2 * LAUNCH)
    assert.equal("COMPLETED: COMPLETED COMPLETED", here:state(run))
    assert.matches(local_aws.server_id(2), here:step(run, 1).errorDetail.message, 1, true)
    assert.is_nil(here:execution(run).errorDetail)
  end)

  it("has nothing launched if one server is unfit at the start, whatever its impact level (guide: validation)", function()
    open(4, function(server, number)
      if number == 2 then
        server.replication, server.addedDaysAgo = { state = "INITIAL_SYNC" }, 0
      elseif number == 3 then
        server.replication = { state = "STALLED" }
      elseif number == 4 then
        server.replication = { state = "DISCONNECTED" }
      end
    end)
    for number, words in pairs { [2] = "no consistent recovery point", [3] = "STALLED", [4] = "DISCONNECTED" } do
      local run = here:start(here:plan { { 1 }, { -number } })
      clock.step(VALIDATION)
      assert.equal("FAILED: NOT_STARTED NOT_STARTED", here:state(run))
      local problem = here:execution(run).errorDetail
      assert.equal("VALIDATION_FAILED", problem.code)
      assert.matches(words, problem.message, 1, true)
      assert.matches(local_aws.server_id(number), problem.message, 1, true)
    end
    assert.same({}, here:jobs())
  end)

  it("has nothing launched if a server of a later step is busy at the start", function()
    open(2)
    drs:start_recovery { sourceServers = { { sourceServerID = local_aws.server_id(2) } } }
    local run = here:start(here:plan { { 1 }, { 2 } })
    clock.step(VALIDATION)
    assert.equal("FAILED: NOT_STARTED NOT_STARTED", here:state(run))
    assert.matches("processed by a Job", here:execution(run).errorDetail.message, 1, true)
    assert.equal(1, #here:jobs())
  end)

  it("fails the whole step if a server is busy when the step begins", function()
    open(3)
    local run = here:start(here:plan { { 1 }, { 2, -3 } })
    clock.step(VALIDATION + LAUNCH - 10)
    drs:start_recovery { sourceServers = { { sourceServerID = local_aws.server_id(3) } } }
    clock.step(10)
    assert.equal("FAILED: COMPLETED FAILED", here:state(run))
    assert.matches("processed by a Job", here:step(run, 2).errorDetail.message, 1, true)
    assert.equal(2, #here:jobs())
  end)

  it("shares the account's quotas with all other jobs", function()
    open(22)
    for number = 1, 20 do
      drs:start_recovery { sourceServers = { { sourceServerID = local_aws.server_id(number) } } }
    end
    local run = here:start(here:plan { { 21 }, { 22 } })
    clock.step(VALIDATION)
    assert.equal("FAILED: FAILED NOT_STARTED", here:state(run))
    assert.equal("ServiceQuotaExceededException", here:step(run, 1).errorDetail.code)
    assert.equal(20, #here:jobs())
  end)

  it("is TIMED_OUT after 24 hours; its wait or job goes on alone, and nothing resumes it (guide: how it works)", function()
    open(2)
    here:behave(2, { slow = 20 })
    local waits = { 120, 120, 120, 120, 120, 120, 120, 120, 120, 120, 120 }
    local run = here:start(here:plan { { 1 }, table.unpack(waits) })
    drs:create_recovery_plan_step { recoveryPlanArn = here:execution(run).recoveryPlanArn, stepName = "last",
      configuration = support.configuration { 2 } }
    clock.step(VALIDATION + LAUNCH + 11 * 7200)
    assert.matches("^COMPLETED", here:state(run))
    run = here:start(here:execution(run).recoveryPlanArn)
    clock.step(86399)
    assert.matches("^IN_PROGRESS: .* EXECUTING$", here:state(run))
    clock.step(1)
    assert.matches("^TIMED_OUT: .* COMPLETED TIMED_OUT$", here:state(run))
    local last = here:jobs()[3]
    assert.equal("STARTED", last.status)
    assert.equal("ConflictException", (select(2, pcall(here.retry, here, run, 13))).code)
    assert.equal("SKIPPED", here:skip(run, 13).status)
    assert.equal("TIMED_OUT", here:execution(run).status)
    clock.step(20 * LAUNCH)
    assert.equal("LAUNCHED", here:jobs()[3].participatingServers[1].launchStatus)
  end)

  it("is given up with its own fault, if the local AWS has one, while all others go on", function()
    open(2)
    local broken, sound = here:start(here:plan { { 1 } }), here:start(here:plan { { 2 } })
    here.world.db:run("UPDATE drs_recovery_plan_executions SET points = 'no JSON' WHERE id = ?", broken:match "[^/]+$")
    clock.step(VALIDATION + LAUNCH)
    assert.equal("FAILED: NOT_STARTED", here:state(broken))
    assert.equal("InternalServerException", here:execution(broken).errorDetail.code)
    assert.equal("COMPLETED: COMPLETED", here:state(sound))
  end)
end)
