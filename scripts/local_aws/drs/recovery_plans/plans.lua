-- Recovery plans of DRS: named lists of steps (steps.lua) that executions (executions.lua) take copies of.
--
-- Sources: the shapes and prose of API model 2020-02-26 in botocore 1.44, and the user guide's pages on recovery plans
-- (docs.aws.amazon.com/drs/latest/userguide/recovery-plans-*.html).

local arns = require "local_aws.drs.recovery_plans.arns"
local client_tokens = require "local_aws.drs.recovery_plans.client_tokens"
local execution_store = require "local_aws.drs.recovery_plans.execution_store"
local failures = require "local_aws.drs.failures"
local ids = require "local_aws.drs.ids"
local json = require "json"
local pages = require "local_aws.drs.pages"
local tags = require "local_aws.drs.tags"
local time = require "time"

local plans = {}

plans.schema = client_tokens.schema .. [[
CREATE TABLE IF NOT EXISTS drs_recovery_plans (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, name TEXT NOT NULL,
  description TEXT, created_us INTEGER NOT NULL, updated_us INTEGER NOT NULL, tags TEXT NOT NULL,
  UNIQUE (account, region, id), UNIQUE (account, region, name)
);
CREATE INDEX IF NOT EXISTS drs_recovery_plans_page ON drs_recovery_plans (account, region, number);
]]

-- User guide, "Recovery plan quotas". The code of this quota is not published.
local MAX_PLANS = 1000

-- A plan without a server step is INVALID (RecoveryPlanStatus), and a server step has at least one server.
local SELECT = [[SELECT *, CASE WHEN EXISTS (SELECT 1 FROM drs_recovery_plan_servers WHERE plan = drs_recovery_plans.id)
  THEN 'ACTIVE' ELSE 'INVALID' END AS status FROM drs_recovery_plans WHERE account = ? AND region = ? AND ]]

local function find(call, id)
  return call.world.db:first(SELECT .. "id = ?", call.account, call.region, id)
end

-- The row of the plan with this ARN, with its status; refuses with ResourceNotFoundException.
function plans.get(call, arn)
  local row = find(call, arns.id(arn))
  if not row or arns.plan(row) ~= arn then
    failures.not_found("RecoveryPlan", arn)
  end
  return row
end

local function summary(row)
  return {
    recoveryPlanArn = arns.plan(row), name = row.name, status = row.status,
    createdAt = ids.timestamp(row.created_us), updatedAt = ids.timestamp(row.updated_us),
  }
end

local function answer(call, id)
  local row = find(call, id)
  local described = summary(row)
  described.description, described.tags = row.description, json.decode(row.tags)
  return { recoveryPlan = described }
end

-- A name is unique in its account and Region.
local function refuse_taken(call, name, own_id)
  local taken = call.world.db:first(SELECT .. "name = ?", call.account, call.region, name)
  if taken and taken.id ~= own_id then
    failures.conflict(("A recovery plan with the name %s already exists."):format(name), "RecoveryPlan",
      arns.plan(taken))
  end
end

local function create(call)
  local db, input, now, id = call.world.db, call.input, time.now_us(), ids.new "plan-"
  local count = db:first("SELECT count(*) AS n FROM drs_recovery_plans WHERE account = ? AND region = ?", call.account,
    call.region).n
  if count >= MAX_PLANS then
    failures.quota(("The maximum number of recovery plans (%d) was reached."):format(MAX_PLANS))
  end
  refuse_taken(call, input.name)
  tags.check(input.tags or {})
  db:run([[INSERT INTO drs_recovery_plans (account, region, id, name, description, created_us, updated_us, tags)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)]], call.account, call.region, id, input.name, input.description, now, now,
    json.encode(json.object(input.tags or {})))
  return id
end

local operations = {}

function operations.CreateRecoveryPlan(call)
  return answer(call, client_tokens.once(call, function()
    return create(call)
  end))
end

function operations.GetRecoveryPlan(call)
  return answer(call, plans.get(call, call.input.recoveryPlanArn).id)
end

function operations.UpdateRecoveryPlan(call)
  local input = call.input
  local row = plans.get(call, input.recoveryPlanArn)
  if input.name then
    refuse_taken(call, input.name, row.id)
  end
  call.world.db:run("UPDATE drs_recovery_plans SET name = ?, description = ?, updated_us = ? WHERE number = ?",
    input.name or row.name, input.description or row.description, time.now_us(), row.number)
  return answer(call, row.id)
end

-- The steps go with the plan; what its executions were, and what they launched, stays.
function operations.DeleteRecoveryPlan(call)
  local db, row = call.world.db, plans.get(call, call.input.recoveryPlanArn)
  local active = execution_store.active(call, row.id)
  if active then
    failures.conflict(("Recovery plan %s has an active execution and cannot be deleted."):format(row.id),
      "RecoveryPlanExecution", arns.execution(active))
  end
  for step in db:rows("SELECT id FROM drs_recovery_plan_steps WHERE plan = ?", row.id) do
    client_tokens.forget(call, step.id)
  end
  client_tokens.forget(call, row.id)
  db:run("DELETE FROM drs_recovery_plan_servers WHERE plan = ?", row.id)
  db:run("DELETE FROM drs_recovery_plan_steps WHERE plan = ?", row.id)
  db:run("DELETE FROM drs_recovery_plans WHERE number = ?", row.number)
  return { recoveryPlanArn = call.input.recoveryPlanArn }
end

function operations.ListRecoveryPlans(call)
  local size, after = pages.start(call)
  local rows = call.world.db:all(SELECT .. "number > ? ORDER BY number LIMIT ?", call.account, call.region, after or 0,
    size + 1)
  local page, token = pages.cut(call, rows, size, function(row)
    return row.number
  end)
  local list = json.array {}
  for index, row in ipairs(page) do
    list[index] = summary(row)
  end
  return { recoveryPlans = list, nextToken = token }
end

plans.operations = operations

return plans
