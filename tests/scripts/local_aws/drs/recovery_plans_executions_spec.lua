-- Executions of recovery plans that run by themselves: steps in order, each at its time, with real jobs. Sources: "guide" is the
-- user guide's section on recovery plans.

local clock = require "clock"
local json = require "json"
local local_aws = require "tests.support.local_aws"
local support = require "tests.support.recovery_plans"

local LAUNCH, VALIDATION = support.LAUNCH, support.VALIDATION

-- The time so many seconds after the start, as DRS writes it.
local function at(seconds)
  local whole = math.floor(seconds)
  return require("time").iso8601(local_aws.START + whole, "s"):sub(1, 19)
    .. (".%06d+00:00"):format(math.floor((seconds - whole) * 1000000 + 0.5))
end

describe("an execution of a recovery plan", function()
  local here, drs

  local function open(count, each)
    here = support.open(count, each)
    drs = here.drs
  end
  after_each(function()
    here.close()
  end)

  it("is CREATED, runs its steps one after the other, waits, and is COMPLETED", function()
    open(3)
    local run = here:start(here:plan { { 1, 2 }, 10, { 3 } }, { tags = { Ticket = "7" } })
    assert.matches("^arn:aws:drs:us%-east%-1:123456789012:recovery%-plan%-execution/exec%-%w+$", run)
    assert.equal("CREATED: NOT_STARTED NOT_STARTED NOT_STARTED", here:state(run))
    clock.step(VALIDATION)
    assert.equal("IN_PROGRESS: EXECUTING NOT_STARTED NOT_STARTED", here:state(run))
    clock.step(LAUNCH - 0.1)
    assert.equal("IN_PROGRESS: EXECUTING NOT_STARTED NOT_STARTED", here:state(run))
    clock.step(0.1)
    assert.equal("IN_PROGRESS: COMPLETED WAITING NOT_STARTED", here:state(run))
    clock.step(600)
    assert.equal("IN_PROGRESS: COMPLETED COMPLETED EXECUTING", here:state(run))
    assert.is_nil(here:execution(run).completedAt)
    clock.step(LAUNCH)
    assert.equal("COMPLETED: COMPLETED COMPLETED COMPLETED", here:state(run))
    local execution = here:execution(run)
    assert.same({ at(0), at(VALIDATION + 2 * LAUNCH + 600), "DRILL", { Ticket = "7" } },
      { execution.startedAt, execution.completedAt, execution.mode, execution.tags })
    assert.is_nil(execution.errorDetail)
  end)

  it("launches the servers of a step in one job, whose id each of them carries", function()
    open(3)
    local run = here:start(here:plan { { 1, -2 }, { 3 } })
    assert.same({ { serverArn = support.arn(1), impactLevel = "CRITICAL" },
      { serverArn = support.arn(2), impactLevel = "OPTIONAL" } }, here:servers(run, 1))
    clock.step(VALIDATION + LAUNCH)
    local jobs = here:jobs()
    assert.equal(2, #jobs)
    assert.same({ "LAUNCH", "START_DRILL", at(VALIDATION), "COMPLETED" },
      { jobs[1].type, jobs[1].initiatedBy, jobs[1].creationDateTime, jobs[1].status })
    assert.equal(2, #jobs[1].participatingServers)
    assert.same({ jobs[1].jobID, jobs[1].jobID }, { here:servers(run, 1)[1].jobID, here:servers(run, 1)[2].jobID })
    assert.equal(jobs[2].jobID, here:servers(run, 2)[1].jobID)
    clock.step(LAUNCH)
    local instances = drs:describe_recovery_instances {}.items
    assert.equal(3, #instances)
    for _, instance in ipairs(instances) do
      assert.is_true(instance.isDrill)
      local expected = instance.sourceServerID == local_aws.server_id(3) and jobs[2].jobID or jobs[1].jobID
      assert.equal(expected, instance.jobID)
    end
    assert.equal("START_DRILL", here:jobs()[2].initiatedBy)
  end)

  it("is a real recovery in mode RECOVERY, and nobody terminates what was launched (guide: running)", function()
    open(1)
    local run = here:start(here:plan { { 1 } }, { mode = "RECOVERY" })
    clock.step(VALIDATION + LAUNCH + 86400)
    assert.equal("START_RECOVERY", here:jobs()[1].initiatedBy)
    local instance = drs:describe_recovery_instances {}.items[1]
    assert.same({ false, "RUNNING" }, { instance.isDrill, instance.ec2InstanceState })
    drs:delete_recovery_plan_execution { recoveryPlanExecutionArn = run }
    assert.equal(instance.ec2InstanceID, drs:describe_recovery_instances {}.items[1].ec2InstanceID)
  end)

  it("shows its instances to EC2 without anybody asking DRS", function()
    open(2)
    here:start(here:plan { { 1 }, 1, { 2 } })
    clock.step(VALIDATION + 2 * LAUNCH + 60 + 30)
    local running = {}
    for _, reservation in ipairs(here.call("ec2", "DescribeInstances", {}).Reservations) do
      running[#running + 1] = reservation.Instances[1].State.Name
    end
    assert.same({ "running", "running" }, running)
  end)

  it("has every step at its right time when the clock jumps far ahead", function()
    open(3)
    local run = here:start(here:plan { { 1 }, 120, { 2 }, { 3 } })
    clock.set(local_aws.START + 20000)
    local jobs = here:jobs()
    local second = VALIDATION + LAUNCH + 7200
    assert.same({ at(VALIDATION), at(second), at(second + LAUNCH) },
      { jobs[1].creationDateTime, jobs[2].creationDateTime, jobs[3].creationDateTime })
    assert.equal(at(second + 2 * LAUNCH), here:execution(run).completedAt)
    assert.same({ at(0), at(second) }, { here:step(run, 2).createdAt, here:step(run, 2).updatedAt })
  end)

  it("has come as far as the clock for a call that comes right after a jump, before any background task ran", function()
    open(2)
    here:start(here:plan { { 1 }, 1, { 2 } })
    clock.set(local_aws.START + 7200)
    local items = here.call("drs", "DescribeRecoveryInstances", {}).items -- in the same breath: no task runs in between
    assert.same({ local_aws.server_id(1), local_aws.server_id(2) }, { items[1].sourceServerID, items[2].sourceServerID })
  end)

  it("has the executions of several plans interleaved by time, however late anybody looks", function()
    open(21)
    local fast = here:start(here:plan { { 1 }, 1, { 2 } })
    for number = 3, 20 do
      here:start(here:plan { { number } })
    end
    here:behave(21, { slow = 3 })
    local late = here:start(here:plan { { 21 } })
    clock.set(local_aws.START + 7200)
    assert.equal("COMPLETED: COMPLETED COMPLETED COMPLETED", here:state(fast))
    assert.equal("COMPLETED: COMPLETED", here:state(late))
    assert.equal(at(VALIDATION + LAUNCH + 60), here:jobs()[21].creationDateTime)
  end)

  it("is a copy of the plan: what is edited afterwards counts for the next one (guide: concepts)", function()
    open(3)
    local plan = here:plan { { 1 }, 5 }
    local run = here:start(plan)
    local steps = drs:list_recovery_plan_steps { recoveryPlanArn = plan }.recoveryPlanSteps
    drs:update_recovery_plan_step { recoveryPlanStepArn = steps[1].recoveryPlanStepArn,
      configuration = support.configuration { 2, 3 } }
    drs:delete_recovery_plan_step { recoveryPlanStepArn = steps[2].recoveryPlanStepArn }
    assert.equal(2, #here:steps(run))
    assert.equal(support.arn(1), here:servers(run, 1)[1].serverArn)
  end)

  it("recovers from pinned recovery points, which are looked up again when the step begins (guide: running)", function()
    open(4)
    -- The newest points are those of 06:00, which the hourly rule keeps for a day, and 05:50, which is gone after an hour.
    local function pin(number, place)
      local item = drs:describe_recovery_snapshots { sourceServerID = local_aws.server_id(number), order = "DESC" }.items[place]
      return { sourceServerID = local_aws.server_id(number), recoverySnapshotID = item.snapshotID }, item
    end
    local first, item = pin(1, 2)
    local kept, aged = here:plan { { 1 }, 120, { 2 } }, here:plan { { 3 }, 120, { 4 } }
    kept = here:start(kept, { sourceServers = { first, (pin(2, 1)) } })
    local run = here:start(aged, { sourceServers = { (pin(4, 2)) } })
    clock.step(VALIDATION + LAUNCH)
    assert.equal(item.expectedTimestamp, drs:describe_recovery_instances {}.items[1].pointInTimeSnapshotDateTime)
    clock.step(7200 + LAUNCH)
    assert.equal("COMPLETED: COMPLETED COMPLETED COMPLETED", here:state(kept))
    assert.equal("FAILED: COMPLETED COMPLETED FAILED", here:state(run))
    assert.matches("no longer has the recovery point", here:step(run, 3).errorDetail.message, 1, true)
    assert.is_nil(here:servers(run, 3)[1].jobID)
  end)

  describe("is refused", function()
    local function refuse(plan, input)
      input = input or {}
      input.recoveryPlanArn, input.mode = plan, input.mode or "DRILL"
      return here:refusal("start_recovery_plan_execution", input)
    end
    local function id(arn)
      return arn:match "[^/]+$"
    end

    it("while another one of its plan is active, with the words of the guide", function()
      open(1)
      local plan = here:plan { { 1 } }
      local run = here:start(plan)
      for _ = 1, 2 do
        local refused = refuse(plan)
        assert.same({ "ConflictException", "Another execution is already active for plan " .. id(plan), run },
          { refused.code, refused.message, refused.resourceId })
        clock.step(VALIDATION)
      end
      clock.step(LAUNCH)
      here:start(plan)
    end)

    it("while another plan's execution holds one of its servers, which it names", function()
      open(3)
      local holding = here:plan { { 1 }, { 2 } }
      local run = here:start(holding)
      local refused = refuse(here:plan { { 3, 2 } })
      assert.same({ "ConflictException", run }, { refused.code, refused.resourceId })
      assert.matches(id(holding), refused.message, 1, true)
      assert.matches(id(run), refused.message, 1, true)
    end)

    it("of a plan without steps, or without a server step", function()
      open(1)
      local plan = here:plan {}
      local refused = refuse(plan)
      assert.same({ "ValidationException", ("Recovery plan %s has no steps. Add at least one step to the plan before starting "
        .. "an execution."):format(id(plan)) }, { refused.code, refused.message })
      plan = here:plan { { 1 }, 5 }
      drs:delete_recovery_plan_step { recoveryPlanStepArn =
        drs:list_recovery_plan_steps { recoveryPlanArn = plan }.recoveryPlanSteps[1].recoveryPlanStepArn }
      refused = refuse(plan)
      assert.same({ "ConflictException", ("Recovery plan %s is in status INVALID and cannot be executed. Only ACTIVE plans can "
        .. "be executed."):format(id(plan)) }, { refused.code, refused.message })
    end)

    it("with recovery points of servers that are not in the plan, or of none", function()
      open(2)
      local plan = here:plan { { 1 } }
      local point = "pit-00000000000000000"
      local refused = refuse(plan, { sourceServers = { { sourceServerID = local_aws.server_id(2), recoverySnapshotID = point } } })
      assert.same({ "ValidationException", "Source server IDs not found in plan: " .. local_aws.server_id(2) },
        { refused.code, refused.message })
      for _, item in ipairs { { sourceServerID = local_aws.server_id(1) },
        { sourceServerID = local_aws.server_id(1), recoverySnapshotID = "snap-0123456789abcdef0" } } do
        assert.equal("ValidationException", here.fault("drs", "StartRecoveryPlanExecution",
          { recoveryPlanArn = plan, mode = "DRILL", sourceServers = json.array { item } }).code)
      end
      assert.equal("ResourceNotFoundException", refuse(plan .. "x").code)
      assert.equal("ValidationException", here.fault("drs", "StartRecoveryPlanExecution",
        { recoveryPlanArn = plan, mode = "TEST" }).code)
    end)
  end)

  it("is started once for a client token", function()
    open(1)
    local plan = here:plan { { 1 } }
    local run = here:start(plan, { clientToken = "t-1" })
    assert.equal(run, here:start(plan, { clientToken = "t-1" }))
    assert.equal("ConflictException", here:refusal("start_recovery_plan_execution",
      { recoveryPlanArn = plan, mode = "RECOVERY", clientToken = "t-1" }).code)
    clock.step(VALIDATION + LAUNCH)
    assert.equal(run, here:start(plan, { clientToken = "t-1" }))
    assert.equal(1, #here:jobs())
  end)

  it("is listed newest first, by plan and by status, in pages; its steps by status", function()
    open(2)
    local first, second = here:plan { { 1 } }, here:plan { { 2 }, 60 }
    local runs = {}
    for index, plan in ipairs { first, second, first } do
      runs[index] = here:start(plan)
      clock.step(VALIDATION + LAUNCH + support.CLEANUP)
    end
    local function list(input)
      local found = {}
      for execution in drs:items("list_recovery_plan_executions", input) do
        found[#found + 1] = execution.recoveryPlanExecutionArn
      end
      return found
    end
    assert.same({ runs[3], runs[2], runs[1] }, list { maxResults = 1 })
    assert.same({ runs[3], runs[1] }, list { recoveryPlanArn = first, maxResults = 1 })
    assert.same({ runs[3], runs[1] }, list { status = "COMPLETED" })
    assert.same({ runs[2] }, list { status = "IN_PROGRESS", recoveryPlanArn = second })
    assert.same({}, list { status = "COMPLETED", recoveryPlanArn = second })
    assert.same({}, list { status = "FAILED" })
    assert.same({}, list { recoveryPlanArn = first .. "x" })
    local steps = drs:list_recovery_plan_execution_steps { recoveryPlanExecutionArn = runs[2],
      filter = { status = "COMPLETED" } }.recoveryPlanExecutionSteps
    assert.same({ 1, "step 1" }, { #steps, steps[1].stepName })
    local page = drs:list_recovery_plan_execution_steps { recoveryPlanExecutionArn = runs[2], maxResults = 1 }
    assert.truthy(page.nextToken)
    assert.equal("ResourceNotFoundException", here:refusal("list_recovery_plan_execution_steps",
      { recoveryPlanExecutionArn = runs[2] .. "x" }).code)
  end)

  it("is deleted once it has ended, and its plan is not before; the record of a deleted plan stays", function()
    open(1)
    local plan = here:plan { { 1 } }
    local run = here:start(plan)
    for _ = 1, 2 do
      assert.equal("ConflictException", here:refusal("delete_recovery_plan", { recoveryPlanArn = plan }).code)
      assert.equal("ConflictException", here:refusal("delete_recovery_plan_execution", { recoveryPlanExecutionArn = run }).code)
      clock.step(VALIDATION)
    end
    clock.step(LAUNCH)
    drs:delete_recovery_plan { recoveryPlanArn = plan }
    assert.equal("COMPLETED", here:execution(run).status)
    assert.same({ recoveryPlanExecutionArn = run }, drs:delete_recovery_plan_execution { recoveryPlanExecutionArn = run })
    local gone = here:refusal("get_recovery_plan_execution", { recoveryPlanExecutionArn = run })
    assert.same({ "ResourceNotFoundException", "RecoveryPlanExecution" }, { gone.code, gone.resourceType })
    assert.equal(1, #drs:describe_recovery_instances {}.items)
  end)

  it("is tagged by its ARN", function()
    open(1)
    local run = here:start(here:plan { { 1 } }, { tags = { a = "1" } })
    drs:tag_resource { resourceArn = run, tags = { b = "2" } }
    assert.same({ a = "1", b = "2" }, drs:list_tags_for_resource { resourceArn = run }.tags)
    drs:untag_resource { resourceArn = run, tagKeys = { "a" } }
    assert.same({ b = "2" }, here:execution(run).tags)
  end)
end)
