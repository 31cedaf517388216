-- Executions of recovery plans: a copy of a plan that runs as a drill or a recovery (progress.lua). User guide, "Running a
-- recovery plan", "Monitoring an execution", "Canceling an execution".

local arns = require "local_aws.drs.recovery_plans.arns"
local client_tokens = require "local_aws.drs.recovery_plans.client_tokens"
local driver = require "local_aws.drs.recovery_plans.driver"
local failures = require "local_aws.drs.failures"
local ids = require "local_aws.drs.ids"
local json = require "json"
local pages = require "local_aws.drs.pages"
local plans = require "local_aws.drs.recovery_plans.plans"
local steps = require "local_aws.drs.recovery_plans.steps"
local store = require "local_aws.drs.recovery_plans.execution_store"
local tags = require "local_aws.drs.tags"
local time = require "time"

local executions = { schema = store.schema }

-- Refuses servers ({server=}) that an active execution of another plan holds.
function executions.refuse_held(call, plan_id, list)
  local holder = store.holder(call, plan_id, list)
  if holder then
    failures.conflict(("Source Server %s is held by execution %s of recovery plan %s"):format(holder.server, holder.id,
      holder.plan), "RecoveryPlanExecution", arns.execution(holder))
  end
end

-- Refuses to run beside another execution of the plan, or of another plan with one of these servers.
function executions.refuse_conflicts(call, plan_id, list)
  local active = store.active(call, plan_id)
  if active then
    failures.conflict("Another execution is already active for plan " .. plan_id, "RecoveryPlanExecution",
      arns.execution(active))
  end
  executions.refuse_held(call, plan_id, list)
end

local function refuse_unfit(plan, plan_steps)
  if not plan_steps[1] then
    failures.invalid(("Recovery plan %s has no steps. Add at least one step to the plan before starting an execution."):format(
      plan.id))
  elseif plan.status ~= "ACTIVE" then
    failures.conflict(("Recovery plan %s is in status %s and cannot be executed. Only ACTIVE plans can be executed."):format(
      plan.id, plan.status), "RecoveryPlan", arns.plan(plan))
  end
end

-- The recovery snapshots that were asked for, by server.
local function read_points(given, list)
  local points, is_planned, unknown = json.object {}, {}, {}
  for _, server in ipairs(list) do
    is_planned[server.server] = true
  end
  for _, item in ipairs(given or {}) do
    if points[item.sourceServerID] then
      failures.invalid_field("sourceServers", ("Source Server %s is given twice."):format(item.sourceServerID))
    end
    points[item.sourceServerID] = item.recoverySnapshotID
    unknown[#unknown + 1] = not is_planned[item.sourceServerID] and item.sourceServerID or nil
  end
  if unknown[1] then
    failures.invalid_field("sourceServers", "Source server IDs not found in plan: " .. table.concat(unknown, ", "))
  end
  return points
end

local function copy_step(call, execution_id, step, now)
  local copy = { execution = execution_id, position = step.position }
  call.world.db:run([[INSERT INTO drs_recovery_plan_execution_steps (execution, position, account, region, id, name,
    wait_minutes, status, attempt, created_us, updated_us) VALUES (?, ?, ?, ?, ?, ?, ?, 'NOT_STARTED', 1, ?, ?)]], execution_id,
    step.position, call.account, call.region, ids.new "step-", step.name, step.wait_minutes, now, now)
  store.set_servers(call.world.db, copy, steps.servers(call, step))
end

local function start(call, plan)
  local db, input, now, id = call.world.db, call.input, time.now_us(), ids.new "exec-"
  local plan_steps, list = steps.of(call, plan.id), steps.all_servers(call, plan.id)
  refuse_unfit(plan, plan_steps)
  executions.refuse_conflicts(call, plan.id, list)
  local points = read_points(input.sourceServers, list)
  tags.check(input.tags or {})
  local validated = now + math.floor(call.world.settings.drs.timings.plan_validation * 1000000)
  db:run([[INSERT INTO drs_recovery_plan_executions (account, region, id, plan, mode, status, started_us, due_us, points, tags,
    started_by) VALUES (?, ?, ?, ?, ?, 'CREATED', ?, ?, ?, ?, ?)]], call.account, call.region, id, plan.id, input.mode, now,
    validated, json.encode(points), json.encode(json.object(input.tags or {})), call.principal.arn)
  for _, step in ipairs(plan_steps) do
    copy_step(call, id, step, now)
  end
  driver.wake(call.world)
  return id
end

local function answer(call, arn)
  return { recoveryPlanExecution = store.describe(store.get(call, arn)) }
end

local operations = {}

function operations.StartRecoveryPlanExecution(call)
  local plan = plans.get(call, call.input.recoveryPlanArn)
  local id = client_tokens.once(call, function()
    return start(call, plan)
  end)
  return answer(call, arns.execution { account = call.account, region = call.region, id = id })
end

function operations.GetRecoveryPlanExecution(call)
  return answer(call, call.input.recoveryPlanExecutionArn)
end

-- What has not been started never will be; a step that runs ends by itself, and the execution with it.
function operations.CancelRecoveryPlanExecution(call)
  local db, now, execution = call.world.db, time.now_us(), store.get(call, call.input.recoveryPlanExecutionArn)
  if execution.status ~= "CREATED" and execution.status ~= "IN_PROGRESS" then
    failures.conflict(("Execution %s is in status %s and cannot be canceled."):format(execution.id, execution.status),
      "RecoveryPlanExecution", arns.execution(execution))
  end
  for _, step in ipairs(store.steps(db, execution, "NOT_STARTED")) do
    step.status = "SKIPPED"
    store.save_step(db, step, now)
  end
  if execution.status == "CREATED" then
    execution.status, execution.completed_us, execution.due_us = "CANCELLED", now, nil
  else
    execution.status = "CANCELLING"
  end
  store.save(db, execution)
  return answer(call, call.input.recoveryPlanExecutionArn)
end

function operations.DeleteRecoveryPlanExecution(call)
  local execution = store.get(call, call.input.recoveryPlanExecutionArn)
  if store.is_active(execution) then
    failures.conflict(("Execution %s is in status %s and cannot be deleted."):format(execution.id, execution.status),
      "RecoveryPlanExecution", arns.execution(execution))
  end
  store.delete(call.world.db, execution)
  client_tokens.forget(call, execution.id)
  return { recoveryPlanExecutionArn = call.input.recoveryPlanExecutionArn }
end

-- Newest first, as jobs are. A plan that does not exist has none.
function operations.ListRecoveryPlanExecutions(call)
  local input, size, place = call.input, pages.start(call)
  local sql, values = { "SELECT * FROM drs_recovery_plan_executions WHERE account = ? AND region = ?" },
    { call.account, call.region }
  local function where(condition, value)
    if value then
      sql[#sql + 1], values[#values + 1] = condition, value
    end
  end
  where("plan = ?", input.recoveryPlanArn and arns.plan_id(call, input.recoveryPlanArn))
  where("status = ?", input.status)
  where("number < ?", place)
  values[#values + 1] = size + 1
  local rows = call.world.db:all(table.concat(sql, " AND ") .. " ORDER BY number DESC LIMIT ?", table.unpack(values))
  local page, token = pages.cut(call, rows, size, function(row)
    return row.number
  end)
  local list = json.array {}
  for index, row in ipairs(page) do
    list[index] = store.summary(row)
  end
  return { recoveryPlanExecutions = list, nextToken = token }
end

executions.operations = operations

return executions
