-- The steps of a recovery plan, numbered from 1 without gaps: server steps, which launch their servers side by side, and wait
-- steps. The rules are those of the user guide, "Adding and ordering steps" and "Editing and deleting recovery plans".

local arns = require "local_aws.drs.recovery_plans.arns"
local client_tokens = require "local_aws.drs.recovery_plans.client_tokens"
local failures = require "local_aws.drs.failures"
local ids = require "local_aws.drs.ids"
local json = require "json"
local pages = require "local_aws.drs.pages"
local plans = require "local_aws.drs.recovery_plans.plans"
local servers = require "local_aws.drs.recovery_plans.servers"
local time = require "time"

local steps = {}

steps.schema = [[
CREATE TABLE IF NOT EXISTS drs_recovery_plan_steps (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL UNIQUE, plan TEXT NOT NULL,
  position INTEGER NOT NULL, name TEXT NOT NULL, wait_minutes INTEGER, created_us INTEGER NOT NULL, updated_us INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS drs_recovery_plan_steps_order ON drs_recovery_plan_steps (plan, position);
CREATE TABLE IF NOT EXISTS drs_recovery_plan_servers (
  plan TEXT NOT NULL, step TEXT NOT NULL, position INTEGER NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL,
  server TEXT NOT NULL, impact TEXT NOT NULL, PRIMARY KEY (plan, step, position)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS drs_recovery_plan_servers_server ON drs_recovery_plan_servers (account, region, server);
]]

local MAX_STEPS = 20

-- All steps of a plan in their order.
function steps.of(call, plan_id)
  return call.world.db:all("SELECT * FROM drs_recovery_plan_steps WHERE plan = ? ORDER BY position", plan_id)
end

function steps.servers(call, step)
  return call.world.db:all("SELECT * FROM drs_recovery_plan_servers WHERE plan = ? AND step = ? ORDER BY position", step.plan,
    step.id)
end

-- The servers of all steps.
function steps.all_servers(call, plan_id)
  return call.world.db:all("SELECT * FROM drs_recovery_plan_servers WHERE plan = ?", plan_id)
end

local function get(call, arn)
  local row = call.world.db:first("SELECT * FROM drs_recovery_plan_steps WHERE account = ? AND region = ? AND id = ?",
    call.account, call.region, arns.id(arn))
  if not row or arns.plan_step(row) ~= arn then
    failures.not_found("RecoveryPlanStep", arn)
  end
  return row
end

local function describe(call, row)
  local configuration = { waitStepConfiguration = { waitDurationMinutes = row.wait_minutes } }
  if not row.wait_minutes then
    configuration = { serverStepConfiguration = {
      servers = servers.describe(row.account, row.region, steps.servers(call, row)) } }
  end
  return {
    recoveryPlanStepArn = arns.plan_step(row), stepOrder = row.position, stepName = row.name, configuration = configuration,
    createdAt = ids.timestamp(row.created_us), updatedAt = ids.timestamp(row.updated_us),
  }
end

local function answer(call, id)
  return { recoveryPlanStep = describe(call, call.world.db:first("SELECT * FROM drs_recovery_plan_steps WHERE id = ?", id)) }
end

-- The two members of the union; exactly one is given.
local function read_configuration(configuration)
  local server, wait = configuration.serverStepConfiguration, configuration.waitStepConfiguration
  if (server == nil) == (wait == nil) then
    failures.invalid_field("configuration", "Exactly one of serverStepConfiguration and waitStepConfiguration must be set.")
  end
  return server and server.servers, wait and wait.waitDurationMinutes
end

-- Stores the servers of a step in place of those that it had. Each is in one step of a plan only, and a plan has a limit;
-- refuse_full() refuses what goes beyond it.
local function set_servers(call, step, given, refuse_full)
  local db, list = call.world.db, servers.read(call, given)
  db:run("DELETE FROM drs_recovery_plan_servers WHERE plan = ? AND step = ?", step.plan, step.id)
  local other = db:first([[SELECT server FROM drs_recovery_plan_servers WHERE plan = ? AND server IN
    (SELECT value FROM json_each(?)) LIMIT 1]], step.plan, servers.ids_json(list))
  if other then
    failures.conflict(("Source Server %s is in another step of recovery plan %s already."):format(other.server, step.plan),
      "SourceServer", other.server)
  end
  local count = db:first("SELECT count(*) AS n FROM drs_recovery_plan_servers WHERE plan = ?", step.plan).n
  if count + #list > servers.MAX then
    refuse_full(("The maximum number of source servers in one recovery plan (%d) was exceeded."):format(servers.MAX))
  end
  for position, server in ipairs(list) do
    db:run([[INSERT INTO drs_recovery_plan_servers (plan, step, position, account, region, server, impact)
      VALUES (?, ?, ?, ?, ?, ?, ?)]], step.plan, step.id, position, call.account, call.region, server.server,
      server.impact)
  end
end

local function renumber(call, list, now)
  for position, step in ipairs(list) do
    call.world.db:run("UPDATE drs_recovery_plan_steps SET position = ?, updated_us = ? WHERE id = ? AND position <> ?",
      position, now, step.id, position)
  end
end

local function refuse_wait_first(list)
  if list[1].wait_minutes then
    failures.invalid_field("stepOrder", "A wait step cannot be the first step of a recovery plan.")
  end
end

local function create(call, plan)
  local db, input, now = call.world.db, call.input, time.now_us()
  local list, given, wait_minutes = steps.of(call, plan.id), read_configuration(input.configuration)
  local position = input.stepOrder or #list + 1
  if #list >= MAX_STEPS then
    failures.quota(("The maximum number of steps in one recovery plan (%d) was reached."):format(MAX_STEPS), nil,
      "RecoveryPlan", arns.plan(plan))
  elseif position > #list + 1 then
    failures.invalid_field("stepOrder", ("The recovery plan has %d steps: stepOrder can be at most %d."):format(#list,
      #list + 1))
  end
  local step = { id = ids.new "st-", plan = plan.id, wait_minutes = wait_minutes }
  table.insert(list, position, step)
  refuse_wait_first(list)
  db:run([[INSERT INTO drs_recovery_plan_steps (account, region, id, plan, position, name, wait_minutes, created_us, updated_us)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)]], call.account, call.region, step.id, plan.id, position, input.stepName, wait_minutes,
    now, now)
  renumber(call, list, now)
  if given then
    set_servers(call, step, given, function(message)
      failures.quota(message, nil, "RecoveryPlan", arns.plan(plan))
    end)
  end
  return step.id
end

local operations = {}

function operations.CreateRecoveryPlanStep(call)
  local plan = plans.get(call, call.input.recoveryPlanArn)
  return answer(call, client_tokens.once(call, function()
    return create(call, plan)
  end))
end

function operations.GetRecoveryPlanStep(call)
  return answer(call, get(call, call.input.recoveryPlanStepArn).id)
end

-- The list of servers is replaced whole; a step stays what it is.
function operations.UpdateRecoveryPlanStep(call)
  local input, step = call.input, get(call, call.input.recoveryPlanStepArn)
  local wait_minutes = step.wait_minutes
  if input.configuration then
    local given, minutes = read_configuration(input.configuration)
    if (given == nil) ~= (step.wait_minutes ~= nil) then
      failures.invalid_field("configuration", "The type of a step cannot be changed. Delete the step and create another one.")
    elseif given then
      -- ServiceQuotaExceededException is none of this operation's errors.
      set_servers(call, step, given, failures.invalid)
    end
    wait_minutes = minutes
  end
  call.world.db:run("UPDATE drs_recovery_plan_steps SET name = ?, wait_minutes = ?, updated_us = ? WHERE id = ?",
    input.stepName or step.name, wait_minutes, time.now_us(), step.id)
  return answer(call, step.id)
end

-- Nothing is refused: a plan that has lost its last server step is INVALID, and may begin with the wait that is left.
function operations.DeleteRecoveryPlanStep(call)
  local db, step = call.world.db, get(call, call.input.recoveryPlanStepArn)
  db:run("DELETE FROM drs_recovery_plan_servers WHERE plan = ? AND step = ?", step.plan, step.id)
  db:run("DELETE FROM drs_recovery_plan_steps WHERE id = ?", step.id)
  client_tokens.forget(call, step.id)
  renumber(call, steps.of(call, step.plan), time.now_us())
  return { recoveryPlanStepArn = call.input.recoveryPlanStepArn }
end

local function describe_all(call, list)
  local described = json.array {}
  for index, step in ipairs(list) do
    described[index] = describe(call, step)
  end
  return described
end

function operations.ListRecoveryPlanSteps(call)
  local plan = plans.get(call, call.input.recoveryPlanArn)
  local list, token = pages.of_list(call, steps.of(call, plan.id))
  return { recoveryPlanSteps = describe_all(call, list), nextToken = token }
end

function operations.ReorderRecoveryPlanSteps(call)
  local plan = plans.get(call, call.input.recoveryPlanArn)
  local by_arn, ordered, count = {}, {}, 0
  for _, step in ipairs(steps.of(call, plan.id)) do
    by_arn[arns.plan_step(step)], count = step, count + 1
  end
  for index, arn in ipairs(call.input.orderedStepArns) do
    ordered[index], by_arn[arn] = by_arn[arn], nil
  end
  if #call.input.orderedStepArns ~= count or next(by_arn) then
    failures.invalid_field("orderedStepArns", "Every step of the recovery plan must be given, once.")
  end
  refuse_wait_first(ordered)
  renumber(call, ordered, time.now_us())
  return { recoveryPlanSteps = describe_all(call, steps.of(call, plan.id)) }
end

steps.operations = operations

return steps
