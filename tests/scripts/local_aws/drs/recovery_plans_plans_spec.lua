-- Recovery plans and their steps as they are written down, before any execution. Sources: "guide" is the user guide's section on
-- recovery plans, "model" the API model's prose.

local json = require "json"
local local_aws = require "tests.support.local_aws"
local support = require "tests.support.recovery_plans"

local configuration = support.configuration

describe("a recovery plan", function()
  local here, drs

  before_each(function()
    here = support.open(3)
    drs = here.drs
  end)
  after_each(function()
    here.close()
  end)

  local function get(arn)
    return drs:get_recovery_plan { recoveryPlanArn = arn }.recoveryPlan
  end

  it("is created, read, changed, listed and deleted", function()
    local plan = drs:create_recovery_plan { name = "Billing", description = "three tiers", tags = { Owner = "ops" } }.recoveryPlan
    assert.matches("^arn:aws:drs:us%-east%-1:123456789012:recovery%-plan/plan%-%w+$", plan.recoveryPlanArn)
    assert.same({
      recoveryPlanArn = plan.recoveryPlanArn, name = "Billing", description = "three tiers", status = "INVALID",
      createdAt = "2026-11-23T06:00:00.000000+00:00", updatedAt = "2026-11-23T06:00:00.000000+00:00", tags = { Owner = "ops" },
    }, plan)
    assert.same(plan, get(plan.recoveryPlanArn))
    require("clock").step(60)
    local changed = drs:update_recovery_plan { recoveryPlanArn = plan.recoveryPlanArn, name = "Billing 2" }.recoveryPlan
    assert.same({ "Billing 2", "three tiers", "2026-11-23T06:01:00.000000+00:00" },
      { changed.name, changed.description, changed.updatedAt })
    local summary = drs:list_recovery_plans {}.recoveryPlans[1]
    assert.same({ "Billing 2", "INVALID" }, { summary.name, summary.status })
    assert.is_nil(summary.tags)
    assert.same({ recoveryPlanArn = plan.recoveryPlanArn }, drs:delete_recovery_plan { recoveryPlanArn = plan.recoveryPlanArn })
    assert.same({}, drs:list_recovery_plans {}.recoveryPlans)
    local gone = here:refusal("get_recovery_plan", { recoveryPlanArn = plan.recoveryPlanArn })
    assert.same({ "ResourceNotFoundException", 404, plan.recoveryPlanArn, "RecoveryPlan" },
      { gone.code, gone.status, gone.resourceId, gone.resourceType })
  end)

  it("has a name of its own in its account and Region (guide: concepts)", function()
    local first = here:plan {}
    drs:create_recovery_plan { name = "Taken" }
    local refused = here:refusal("create_recovery_plan", { name = "Taken" })
    assert.same({ "ConflictException", "RecoveryPlan" }, { refused.code, refused.resourceType })
    assert.equal("ConflictException", here:refusal("update_recovery_plan", { recoveryPlanArn = first, name = "Taken" }).code)
    drs:update_recovery_plan { recoveryPlanArn = first, name = "Plan 1" }
  end)

  it("is of one account and Region", function()
    here.call("drs", "InitializeService", {}, "eu-west-1")
    local plan = here:plan { { 1 } }
    local there = here:client "eu-west-1"
    assert.same({}, there:list_recovery_plans {}.recoveryPlans)
    assert.is_false(pcall(there.get_recovery_plan, there, { recoveryPlanArn = plan }))
    there:create_recovery_plan { name = "Plan 1" }
    local foreign = here.fault("drs", "GetRecoveryPlan", { recoveryPlanArn = plan }, "us-east-1", "210987654321")
    assert.equal("UninitializedAccountException", foreign.code)
  end)

  it("answers nothing before the Region is initialised", function()
    for _, operation in ipairs { "ListRecoveryPlans", "ListRecoveryPlanExecutions" } do
      assert.equal("UninitializedAccountException", here.fault("drs", operation, {}, "eu-west-1").code)
    end
  end)

  it("keeps to the bounds of names, descriptions and tags", function()
    for _, name in ipairs { "", " a", "-a", "a/b", "ä", ("x"):rep(257) } do
      assert.equal("ValidationException", here.fault("drs", "CreateRecoveryPlan", { name = name }).code, name)
    end
    for _, name in ipairs { "a", "9 b_c-d", ("x"):rep(256) } do
      drs:create_recovery_plan { name = name }
    end
    assert.equal("ValidationException", here.fault("drs", "CreateRecoveryPlan",
      { name = "b", description = ("x"):rep(1025) }).code)
    assert.equal("ValidationException", here:refusal("create_recovery_plan", { name = "b", tags = { ["aws:x"] = "y" } }).code)
    assert.equal("ValidationException", here.fault("drs", "CreateRecoveryPlan",
      { name = "b", clientToken = ("x"):rep(65) }).code)
    assert.equal("ValidationException", here.fault("drs", "GetRecoveryPlan", { recoveryPlanArn = "arn:aws:drs:x:1:<b>" }).code)
  end)

  it("is made once for a client token", function()
    local input = { name = "Once", clientToken = "t-1", tags = { a = "b" } }
    local first = drs:create_recovery_plan(input).recoveryPlan
    assert.same(first, drs:create_recovery_plan(input).recoveryPlan)
    local other = here:refusal("create_recovery_plan", { name = "Other", clientToken = "t-1" })
    assert.same({ "ConflictException", 409 }, { other.code, other.status })
    assert.equal(1, #drs:list_recovery_plans {}.recoveryPlans)
    drs:delete_recovery_plan { recoveryPlanArn = first.recoveryPlanArn }
    assert.not_equal(first.recoveryPlanArn, drs:create_recovery_plan(input).recoveryPlan.recoveryPlanArn)
  end)

  it("is tagged by its ARN; a step is not", function()
    local plan = drs:create_recovery_plan { name = "Tagged", tags = { a = "1" } }.recoveryPlan.recoveryPlanArn
    drs:tag_resource { resourceArn = plan, tags = { b = "2" } }
    drs:untag_resource { resourceArn = plan, tagKeys = { "a" } }
    assert.same({ b = "2" }, drs:list_tags_for_resource { resourceArn = plan }.tags)
    assert.same({ b = "2" }, get(plan).tags)
    assert.equal("ResourceNotFoundException", here:refusal("list_tags_for_resource", { resourceArn = plan .. "/step/st-1" }).code)
  end)

  it("is listed in pages", function()
    for _ = 1, 5 do
      here:plan {}
    end
    local page = drs:list_recovery_plans { maxResults = 2 }
    assert.same({ "Plan 1", "Plan 2" }, { page.recoveryPlans[1].name, page.recoveryPlans[2].name })
    local names = {}
    for plan in drs:items("list_recovery_plans", { maxResults = 2 }) do
      names[#names + 1] = plan.name
    end
    assert.same({ "Plan 1", "Plan 2", "Plan 3", "Plan 4", "Plan 5" }, names)
    assert.equal("ValidationException", here:refusal("list_recovery_plans", { nextToken = "nonsense" }).code)
    assert.equal("ValidationException", here.fault("drs", "ListRecoveryPlans", { maxResults = 1001 }).code)
  end)

  it("is one of at most 1000 (guide: quotas)", function()
    here.world.db:run [[WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000) INSERT INTO
      drs_recovery_plans (account, region, id, name, created_us, updated_us, tags)
      SELECT '123456789012', 'us-east-1', 'plan-' || i, 'plan ' || i, 0, 0, '{}' FROM n]]
    local refused = here:refusal("create_recovery_plan", { name = "one more" })
    assert.same({ "ServiceQuotaExceededException", 402, "drs" }, { refused.code, refused.status, refused.serviceCode })
  end)

  it("keeps its source servers from being deleted (guide: editing and deleting)", function()
    local plan = here:plan { { 1 } }
    drs:disconnect_source_server { sourceServerID = local_aws.server_id(1) }
    local refused = here:refusal("delete_source_server", { sourceServerID = local_aws.server_id(1) })
    assert.same({ "ConflictException", local_aws.server_id(1) }, { refused.code, refused.resourceId })
    drs:delete_recovery_plan { recoveryPlanArn = plan }
    drs:delete_source_server { sourceServerID = local_aws.server_id(1) }
  end)
end)

describe("the steps of a recovery plan", function()
  local here, drs, plan

  before_each(function()
    here = support.open(101)
    drs, plan = here.drs, here:plan {}
  end)
  after_each(function()
    here.close()
  end)

  local function create(name, given, order, token)
    return drs:create_recovery_plan_step { recoveryPlanArn = plan, stepName = name, configuration = configuration(given),
      stepOrder = order, clientToken = token }.recoveryPlanStep
  end
  local function refuse(given, order)
    return here:refusal("create_recovery_plan_step", { recoveryPlanArn = plan, stepName = "refused", stepOrder = order,
      configuration = type(given) == "table" and not given[1] and given or configuration(given) })
  end
  local function list()
    local names = {}
    for index, step in ipairs(drs:list_recovery_plan_steps { recoveryPlanArn = plan }.recoveryPlanSteps) do
      assert.equal(index, step.stepOrder)
      names[index] = step.stepName
    end
    return table.concat(names, " ")
  end
  local function status()
    return drs:get_recovery_plan { recoveryPlanArn = plan }.recoveryPlan.status
  end

  it("launch servers, critical unless told otherwise, or wait", function()
    local step = create("db", { 1, -2 })
    assert.matches("^" .. plan:gsub("%-", "%%-") .. "/step/st%-%w+$", step.recoveryPlanStepArn)
    assert.same({
      recoveryPlanStepArn = step.recoveryPlanStepArn, stepOrder = 1, stepName = "db",
      configuration = { serverStepConfiguration = { servers = {
        { serverArn = support.arn(1), impactLevel = "CRITICAL" }, { serverArn = support.arn(2), impactLevel = "OPTIONAL" } } } },
      createdAt = "2026-11-23T06:00:00.000000+00:00", updatedAt = "2026-11-23T06:00:00.000000+00:00",
    }, step)
    local wait = create("pause", 10)
    assert.same({ waitStepConfiguration = { waitDurationMinutes = 10 } }, wait.configuration)
    assert.same(wait, drs:get_recovery_plan_step { recoveryPlanStepArn = wait.recoveryPlanStepArn }.recoveryPlanStep)
    assert.equal("db pause", list())
  end)

  it("are added at the end, or where stepOrder says, and renumbered (guide: steps)", function()
    create("b", { 2 })
    create("d", { 4 })
    create("a", { 1 }, 1)
    create("c", { 3 }, 3)
    assert.equal("a b c d", list())
    assert.equal("ValidationException", refuse({ 5 }, 6).code)
    create("e", { 5 }, 5)
    assert.equal("a b c d e", list())
    local second = drs:list_recovery_plan_steps { recoveryPlanArn = plan }.recoveryPlanSteps[2]
    assert.same({ recoveryPlanStepArn = second.recoveryPlanStepArn },
      drs:delete_recovery_plan_step { recoveryPlanStepArn = second.recoveryPlanStepArn })
    assert.equal("a c d e", list())
    local gone = here:refusal("get_recovery_plan_step", { recoveryPlanStepArn = second.recoveryPlanStepArn })
    assert.same({ "ResourceNotFoundException", "RecoveryPlanStep" }, { gone.code, gone.resourceType })
  end)

  it("never begin with a wait (guide: steps)", function()
    assert.equal("ValidationException", refuse(10).code)
    local server = create("a", { 1 }).recoveryPlanStepArn
    local wait = create("w", 1).recoveryPlanStepArn
    assert.equal("ValidationException", refuse(10, 1).code)
    assert.equal("ValidationException", here:refusal("reorder_recovery_plan_steps",
      { recoveryPlanArn = plan, orderedStepArns = { wait, server } }).code)
  end)

  it("make the plan ACTIVE as long as one of them launches servers (guide: editing and deleting)", function()
    assert.equal("INVALID", status())
    local server = create("a", { 1 }).recoveryPlanStepArn
    create("w", 1)
    assert.equal("ACTIVE", status())
    drs:delete_recovery_plan_step { recoveryPlanStepArn = server }
    assert.equal("INVALID", status())
    create("again", { 1 }, 1)
    assert.equal("ACTIVE", status())
  end)

  it("are put into another order by the complete list of their ARNs", function()
    local a, b, c = create("a", { 1 }).recoveryPlanStepArn, create("b", { 2 }).recoveryPlanStepArn,
      create("c", { 3 }).recoveryPlanStepArn
    local steps = drs:reorder_recovery_plan_steps { recoveryPlanArn = plan, orderedStepArns = { c, a, b } }.recoveryPlanSteps
    assert.same({ "c", "a", "b" }, { steps[1].stepName, steps[2].stepName, steps[3].stepName })
    assert.equal("c a b", list())
    for _, wrong in ipairs { { a, b }, { a, b, b }, { a, b, plan }, { a, b, c, c } } do
      assert.equal("ValidationException", here:refusal("reorder_recovery_plan_steps",
        { recoveryPlanArn = plan, orderedStepArns = wrong }).code)
    end
    assert.equal("c a b", list())
  end)

  it("change their name, servers and wait, but not their type", function()
    local server, wait = create("a", { 1, 2 }).recoveryPlanStepArn, create("w", 1).recoveryPlanStepArn
    local function update(arn, given, name)
      return drs:update_recovery_plan_step { recoveryPlanStepArn = arn, stepName = name,
        configuration = given and configuration(given) }.recoveryPlanStep
    end
    assert.same(configuration(90), update(wait, 90).configuration)
    assert.same({ "w 2", configuration(90) }, { update(wait, nil, "w 2").stepName, update(wait, nil, "w 2").configuration })
    local servers = update(server, { -2, 3 }).configuration.serverStepConfiguration.servers
    assert.same({ { serverArn = support.arn(2), impactLevel = "OPTIONAL" },
      { serverArn = support.arn(3), impactLevel = "CRITICAL" } }, servers)
    for arn, given in pairs { [server] = 5, [wait] = { 4 } } do
      assert.equal("ValidationException", here:refusal("update_recovery_plan_step",
        { recoveryPlanStepArn = arn, configuration = configuration(given) }).code)
    end
  end)

  it("name servers of the plan's account and Region that exist, each in one step only", function()
    create("a", { 1 })
    local other = refuse({ 2, 1 })
    assert.same({ "ConflictException", local_aws.server_id(1), "SourceServer" },
      { other.code, other.resourceId, other.resourceType })
    assert.equal("ValidationException", refuse({ 2, 2 }).code)
    assert.equal("ResourceNotFoundException", refuse({ 102 }).code)
    assert.equal("ValidationException", refuse { serverStepConfiguration = { servers = {
      { serverArn = (support.arn(2):gsub("us%-east%-1", "us-west-2")) } } } }.code)
    assert.equal("a", list())
    here.drs:create_recovery_plan_step { recoveryPlanArn = here:plan {}, stepName = "another plan",
      configuration = configuration { 1 } }
  end)

  it("have bounds: 20 steps, 100 servers in all, 1 to 120 minutes (guide: quotas)", function()
    local many = {}
    for number = 1, 100 do
      many[number] = number
    end
    local full = create("all", many).recoveryPlanStepArn
    local refused = refuse({ 101 })
    assert.same({ "ServiceQuotaExceededException", plan, "RecoveryPlan" },
      { refused.code, refused.resourceId, refused.resourceType })
    for minutes = 1, 19 do
      create("w" .. minutes, minutes)
    end
    assert.equal("ServiceQuotaExceededException", refuse(1).code)
    drs:update_recovery_plan_step { recoveryPlanStepArn = full, configuration = configuration(many) }
    for _, minutes in ipairs { 0, 121 } do
      assert.equal("ValidationException", here.fault("drs", "CreateRecoveryPlanStep", { recoveryPlanArn = plan, stepName = "w",
        configuration = configuration(minutes) }).code)
    end
    for _, wrong in ipairs { json.object {}, { serverStepConfiguration = configuration { 101 }.serverStepConfiguration,
      waitStepConfiguration = configuration(1).waitStepConfiguration } } do
      assert.equal("ValidationException", here.fault("drs", "CreateRecoveryPlanStep",
        { recoveryPlanArn = here:plan {}, stepName = "w", configuration = wrong }).code)
    end
  end)

  it("are made once for a client token", function()
    local first = create("a", { 1 }, nil, "t-1")
    assert.same(first, create("a", { 1 }, nil, "t-1"))
    assert.equal("ConflictException", here:refusal("create_recovery_plan_step", { recoveryPlanArn = plan, stepName = "b",
      configuration = configuration { 1 }, clientToken = "t-1" }).code)
    assert.equal("a", list())
  end)

  it("go with their plan, and their servers are free again", function()
    create("a", { 1 })
    drs:delete_recovery_plan { recoveryPlanArn = plan }
    for _, table_name in ipairs { "drs_recovery_plan_steps", "drs_recovery_plan_servers" } do
      assert.equal(0, here.world.db:first("SELECT count(*) AS n FROM " .. table_name).n)
    end
    assert.equal("ResourceNotFoundException", here:refusal("list_recovery_plan_steps", { recoveryPlanArn = plan }).code)
  end)

  it("are listed in pages", function()
    for number = 1, 5 do
      create("s" .. number, { number })
    end
    local names = {}
    for step in drs:items("list_recovery_plan_steps", { recoveryPlanArn = plan, maxResults = 2 }) do
      names[#names + 1] = step.stepName
    end
    assert.same({ "s1", "s2", "s3", "s4", "s5" }, names)
  end)
end)
