-- Retrying, skipping, changing and cancelling, as the user guide's "Retrying, skipping, and canceling" has it.

local clock = require "clock"
local local_aws = require "tests.support.local_aws"
local support = require "tests.support.recovery_plans"

local LAUNCH, VALIDATION = support.LAUNCH, support.VALIDATION

describe("an execution of a recovery plan", function()
  local here, drs

  before_each(function()
    here = support.open(6)
    drs = here.drs
  end)
  after_each(function()
    here.close()
  end)

  -- The error of here:METHOD(...), which is a conflict.
  local function conflict(method, ...)
    local ok, problem = pcall(here[method], here, ...)
    assert(not ok, method .. " was not refused")
    assert.equal("ConflictException", problem.code)
    assert.equal(409, problem.status)
    return problem
  end
  local function failed(steps)
    here:behave(1, { launch = "FAILED" })
    local run = here:start(here:plan(steps))
    clock.step(VALIDATION + LAUNCH)
    return run
  end
  local function instance_of(number)
    return drs:describe_recovery_instances { filters = { sourceServerIDs = { local_aws.server_id(number) } } }.items[1]
  end

  describe("whose step failed", function()
    it("is retried: only what failed is launched again, the attempt is counted, and the rest follows", function()
      here:behave(3, { conversion = "FAILED" })
      local run = failed { { 1, 2, -3 }, { 4 } }
      local kept = instance_of(2).ec2InstanceID
      assert.equal(1, here:step(run, 1).attempt)
      clock.step(600)
      here:behave(1, nil)
      local step = here:retry(run, 1)
      assert.same({ "EXECUTING", 2 }, { step.status, step.attempt })
      assert.is_nil(step.errorDetail)
      assert.is_nil(here:execution(run).completedAt)
      assert.is_nil(here:execution(run).errorDetail)
      assert.equal("IN_PROGRESS: EXECUTING NOT_STARTED", here:state(run))
      local jobs = here:jobs()
      assert.equal(2, #jobs[2].participatingServers)
      local shown = here:servers(run, 1)
      assert.same({ jobs[2].jobID, jobs[1].jobID, jobs[2].jobID }, { shown[1].jobID, shown[2].jobID, shown[3].jobID })
      clock.step(LAUNCH)
      assert.equal("IN_PROGRESS: COMPLETED EXECUTING", here:state(run))
      clock.step(LAUNCH)
      assert.equal("COMPLETED: COMPLETED COMPLETED", here:state(run))
      assert.equal(kept, instance_of(2).ec2InstanceID)
      assert.is_nil(here:execution(run).errorDetail)
    end)

    it("may fail again, and be retried again", function()
      local run = failed { { 1 } }
      for attempt = 2, 3 do
        assert.equal(attempt, here:retry(run, 1).attempt)
        clock.step(LAUNCH)
        assert.equal("FAILED: FAILED", here:state(run))
      end
    end)

    it("goes on behind the step when that is skipped, and ends COMPLETED with a word about it", function()
      local run = failed { { 1 }, 1, { 2 } }
      assert.equal("SKIPPED", here:skip(run, 1).status)
      assert.equal("IN_PROGRESS: SKIPPED WAITING NOT_STARTED", here:state(run))
      clock.step(60 + LAUNCH)
      assert.equal("COMPLETED: SKIPPED COMPLETED COMPLETED", here:state(run))
      assert.equal("Completed with skipped steps. View execution details for more information.",
        here:execution(run).errorDetail.message)
      assert.truthy(here:execution(run).errorDetail.code)
    end)

    it("goes on in the background, too: EC2 has the machines of the steps that follow", function()
      local run = failed { { 1 }, { 2 }, { 3 } }
      here:behave(1, nil)
      here:retry(run, 1)
      clock.step(3 * LAUNCH + 30)
      assert.equal(3, #here.call("ec2", "DescribeInstances", {}).Reservations)
      run = failed { { 1 }, { 4 }, { 5 } }
      clock.step(support.CLEANUP)
      here:skip(run, 1)
      clock.step(2 * LAUNCH + 30)
      assert.equal(5, #here.call("ec2", "DescribeInstances", {}).Reservations)
    end)

    it("is COMPLETED at once when its last step is skipped", function()
      local run = failed { { 1 } }
      here:skip(run, 1)
      assert.equal("COMPLETED: SKIPPED", here:state(run))
    end)

    it("goes on only beside no other execution of its plan or its servers, and within its 24 hours", function()
      local run = failed { { 1, 2 }, { 3 } }
      local second = here:start(here:execution(run).recoveryPlanArn)
      assert.equal(second, conflict("retry", run, 1).resourceId)
      conflict("skip", run, 1)
      clock.step(VALIDATION + LAUNCH + support.CLEANUP)
      local other = here:start(here:plan { { 3 } })
      assert.equal(other, conflict("retry", run, 1).resourceId)
      clock.step(VALIDATION + LAUNCH)
      clock.step(86400)
      conflict("retry", run, 1)
      conflict("skip", run, 1)
      assert.equal("FAILED: FAILED NOT_STARTED", here:state(run))
    end)

    it("is not retried while it runs, after it ended well, nor for its validation; a wait never is", function()
      local plan = here:plan { { 2 }, 1 }
      local run = here:start(plan)
      conflict("retry", run, 1)
      clock.step(VALIDATION)
      conflict("retry", run, 1)
      local ok, problem = pcall(here.retry, here, run, 2)
      assert.same({ false, "ValidationException" }, { ok, problem.code })
      clock.step(LAUNCH + 60)
      conflict("retry", run, 1)
      drs:stop_replication { sourceServerID = local_aws.server_id(2) }
      run = here:start(plan)
      clock.step(VALIDATION)
      assert.equal("FAILED: NOT_STARTED NOT_STARTED", here:state(run))
      conflict("retry", run, 1)
      conflict("skip", run, 1)
      local unknown = here:refusal("retry_recovery_plan_execution_step",
        { recoveryPlanExecutionStepArn = run .. "/step/step-00000000000000000" })
      assert.same({ "ResourceNotFoundException", "RecoveryPlanExecutionStep" }, { unknown.code, unknown.resourceType })
    end)

    it("validates the servers of a retry, too", function()
      local run = failed { { 1 } }
      drs:disconnect_source_server { sourceServerID = local_aws.server_id(1) }
      local step = here:retry(run, 1)
      assert.same({ "FAILED", 2, "VALIDATION_FAILED" }, { step.status, step.attempt, step.errorDetail.code })
      assert.equal("FAILED: FAILED", here:state(run))
    end)
  end)

  describe("that runs", function()
    it("steps over what is skipped meanwhile, and starts nothing early", function()
      local run = here:start(here:plan { { 1 }, 10, { 2 } })
      here:skip(run, 2)
      assert.equal("CREATED: NOT_STARTED SKIPPED NOT_STARTED", here:state(run))
      clock.step(VALIDATION + LAUNCH - 1)
      assert.equal("IN_PROGRESS: EXECUTING SKIPPED NOT_STARTED", here:state(run))
      clock.step(1)
      assert.equal("IN_PROGRESS: COMPLETED SKIPPED EXECUTING", here:state(run))
    end)

    it("skips no step that runs or has ended", function()
      local run = here:start(here:plan { { 1 }, 10 })
      clock.step(VALIDATION)
      assert.equal(here:step_arn(run, 1), conflict("skip", run, 1).resourceId)
      clock.step(LAUNCH)
      conflict("skip", run, 1)
      conflict("skip", run, 2)
      clock.step(600)
      conflict("skip", run, 2)
    end)

    it("takes other servers and waits for steps that have not been started", function()
      local run = here:start(here:plan { { 1 }, 10, { 2 } })
      assert.equal(20, here:update(run, 2, { waitDurationMinutes = 20 }).configuration.waitStepConfiguration.waitDurationMinutes)
      here:update(run, 3, { servers = support.configuration { 3, -4 }.serverStepConfiguration.servers })
      clock.step(VALIDATION + LAUNCH + 1200)
      assert.equal("IN_PROGRESS: COMPLETED COMPLETED EXECUTING", here:state(run))
      local servers = here:servers(run, 3)
      assert.same({ support.arn(3), support.arn(4), "OPTIONAL" },
        { servers[1].serverArn, servers[2].serverArn, servers[2].impactLevel })
      assert.equal(2, #here:jobs()[2].participatingServers)
    end)

    it("refuses changes that cannot be", function()
      local function servers(...)
        return { servers = support.configuration({ ... }).serverStepConfiguration.servers }
      end
      local run, holding = here:start(here:plan { { 1 }, 10, { 2 } }), here:start(here:plan { { 5 } })
      local function invalid(position, changes)
        local ok, problem = pcall(here.update, here, run, position, changes)
        assert.same({ false, "ValidationException" }, { ok, problem.code })
      end
      invalid(2, servers(3))
      invalid(3, { waitDurationMinutes = 5 })
      invalid(3, { status = "COMPLETED" })
      invalid(3, {})
      invalid(2, { status = "SKIPPED", waitDurationMinutes = 5 })
      invalid(3, servers(3, 3))
      assert.equal(local_aws.server_id(1), conflict("update", run, 3, servers(1)).resourceId)
      assert.equal(holding, conflict("update", run, 3, servers(5)).resourceId)
      clock.step(VALIDATION)
      conflict("update", run, 1, servers(3))
      clock.step(LAUNCH)
      conflict("update", run, 2, { waitDurationMinutes = 5 })
      assert.equal(support.arn(2), here:servers(run, 3)[1].serverArn)
    end)
  end)

  describe("that is cancelled", function()
    it("lets the running step end, job and instances and all, and never starts the rest", function()
      local run = here:start(here:plan { { 1 }, 10, { 2 } })
      clock.step(VALIDATION + 100)
      assert.equal("CANCELLING", here:cancel(run).status)
      assert.equal("CANCELLING: EXECUTING SKIPPED SKIPPED", here:state(run))
      conflict("cancel", run)
      assert.equal("ConflictException", here:refusal("start_recovery_plan_execution",
        { recoveryPlanArn = here:execution(run).recoveryPlanArn, mode = "DRILL" }).code)
      clock.step(LAUNCH - 100)
      assert.equal("CANCELLED: COMPLETED SKIPPED SKIPPED", here:state(run))
      assert.truthy(here:execution(run).completedAt)
      clock.step(60)
      assert.equal("RUNNING", instance_of(1).ec2InstanceState)
      conflict("cancel", run)
      conflict("skip", run, 2)
      assert.equal(1, #here:jobs())
    end)

    it("is CANCELLED at once before anything ran, and after a step that fails meanwhile", function()
      local run = here:start(here:plan { { 1 } })
      assert.equal("CANCELLED", here:cancel(run).status)
      assert.equal("CANCELLED: SKIPPED", here:state(run))
      clock.step(3600)
      assert.same({}, here:jobs())
      here:behave(2, { launch = "FAILED" })
      run = here:start(here:plan { { 2 }, { 3 } })
      clock.step(VALIDATION)
      here:cancel(run)
      clock.step(LAUNCH)
      assert.equal("CANCELLED: FAILED SKIPPED", here:state(run))
      conflict("retry", run, 1)
    end)

    it("waits a wait to its end", function()
      local run = here:start(here:plan { { 1 }, 10 })
      clock.step(VALIDATION + LAUNCH)
      here:cancel(run)
      assert.equal("CANCELLING: COMPLETED WAITING", here:state(run))
      clock.step(600)
      assert.equal("CANCELLED: COMPLETED COMPLETED", here:state(run))
    end)

    it("cannot be when it has completed or failed", function()
      local run = here:start(here:plan { { 2 } })
      clock.step(VALIDATION + LAUNCH)
      conflict("cancel", run)
      conflict("cancel", failed { { 1 } })
    end)
  end)
end)
