-- What is stored of executions of recovery plans: a copy of the plan's steps and servers, how far it has come, and in `due_us`
-- when it goes on by itself. All of it changes in transactions, so a process that is killed leaves nothing half done.

local arns = require "local_aws.drs.recovery_plans.arns"
local failures = require "local_aws.drs.failures"
local ids = require "local_aws.drs.ids"
local json = require "json"
local servers = require "local_aws.drs.recovery_plans.servers"

local store = {}

-- error: {code=, message=} as JSON; points: recovery snapshot by server id, as JSON; started_by: ARN. Of a step: ends_us is
-- when what runs will be over. Of a server: outcome is how its last job goes, decided when the job is started.
store.schema = [[
CREATE TABLE IF NOT EXISTS drs_recovery_plan_executions (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL, plan TEXT NOT NULL,
  mode TEXT NOT NULL, status TEXT NOT NULL, started_us INTEGER NOT NULL, completed_us INTEGER, due_us INTEGER, error TEXT,
  points TEXT NOT NULL, tags TEXT NOT NULL, started_by TEXT NOT NULL, UNIQUE (account, region, id)
);
CREATE INDEX IF NOT EXISTS drs_recovery_plan_executions_page ON drs_recovery_plan_executions (account, region, number);
CREATE INDEX IF NOT EXISTS drs_recovery_plan_executions_status ON drs_recovery_plan_executions (account, region, status);
CREATE INDEX IF NOT EXISTS drs_recovery_plan_executions_plan ON drs_recovery_plan_executions (plan, number);
CREATE INDEX IF NOT EXISTS drs_recovery_plan_executions_due ON drs_recovery_plan_executions (due_us) WHERE due_us IS NOT NULL;
CREATE TABLE IF NOT EXISTS drs_recovery_plan_execution_steps (
  execution TEXT NOT NULL, position INTEGER NOT NULL, account TEXT NOT NULL, region TEXT NOT NULL, id TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL, wait_minutes INTEGER, status TEXT NOT NULL, attempt INTEGER NOT NULL, ends_us INTEGER, error TEXT,
  created_us INTEGER NOT NULL, updated_us INTEGER NOT NULL, PRIMARY KEY (execution, position)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS drs_recovery_plan_execution_servers (
  execution TEXT NOT NULL, step INTEGER NOT NULL, position INTEGER NOT NULL, server TEXT NOT NULL, impact TEXT NOT NULL,
  job TEXT, outcome TEXT, PRIMARY KEY (execution, step, position)
) WITHOUT ROWID;
]]

local ACTIVE = "status IN ('CREATED', 'IN_PROGRESS', 'CANCELLING')"

function store.is_active(execution)
  return execution.status == "CREATED" or execution.status == "IN_PROGRESS" or execution.status == "CANCELLING"
end

-- The active execution of a plan, nil if there is none.
function store.active(call, plan_id)
  return call.world.db:first("SELECT * FROM drs_recovery_plan_executions WHERE plan = ? AND " .. ACTIVE, plan_id)
end

-- The active execution of another plan that has one of these servers ({server=}): its row, with `server`; nil if there is none.
function store.holder(call, plan_id, list)
  return call.world.db:first([[SELECT e.*, s.server FROM drs_recovery_plan_executions AS e
    JOIN drs_recovery_plan_execution_servers AS s ON s.execution = e.id
    WHERE e.account = ? AND e.region = ? AND e.]] .. ACTIVE .. [[ AND e.plan <> ?
    AND s.server IN (SELECT value FROM json_each(?)) LIMIT 1]], call.account, call.region, plan_id, servers.ids_json(list))
end

-- The execution with this ARN; refuses with ResourceNotFoundException.
function store.get(call, arn)
  local row = call.world.db:first("SELECT * FROM drs_recovery_plan_executions WHERE account = ? AND region = ? AND id = ?",
    call.account, call.region, arns.id(arn))
  if not row or arns.execution(row) ~= arn then
    failures.not_found("RecoveryPlanExecution", arn)
  end
  return row
end

-- The step of an execution with this ARN, and the execution.
function store.get_step(call, arn)
  local db = call.world.db
  local row = db:first([[SELECT * FROM drs_recovery_plan_execution_steps WHERE account = ? AND region = ? AND id = ?]],
    call.account, call.region, arns.id(arn))
  if not row or arns.execution_step(row) ~= arn then
    failures.not_found("RecoveryPlanExecutionStep", arn)
  end
  return row, db:first("SELECT * FROM drs_recovery_plan_executions WHERE account = ? AND region = ? AND id = ?", call.account,
    call.region, row.execution)
end

-- The steps of an execution in their order; with a status only those.
function store.steps(db, execution, status)
  return db:all([[SELECT * FROM drs_recovery_plan_execution_steps WHERE execution = ? AND (?2 IS NULL OR status = ?2)
    ORDER BY position]], execution.id, status)
end

-- The servers of a step; of all steps of the execution without one.
function store.servers(db, execution_id, position)
  return db:all([[SELECT * FROM drs_recovery_plan_execution_servers WHERE execution = ? AND (?2 IS NULL OR step = ?2)
    ORDER BY step, position]], execution_id, position)
end

function store.save(db, execution)
  db:run("UPDATE drs_recovery_plan_executions SET status = ?, completed_us = ?, due_us = ?, error = ? WHERE number = ?",
    execution.status, execution.completed_us, execution.due_us, execution.error, execution.number)
end

function store.save_step(db, step, now)
  step.updated_us = now
  db:run([[UPDATE drs_recovery_plan_execution_steps SET status = ?, attempt = ?, wait_minutes = ?, ends_us = ?, error = ?,
    updated_us = ? WHERE execution = ? AND position = ?]], step.status, step.attempt, step.wait_minutes, step.ends_us,
    step.error, now, step.execution, step.position)
end

function store.save_server(db, server)
  db:run([[UPDATE drs_recovery_plan_execution_servers SET job = ?, outcome = ? WHERE execution = ? AND step = ?
    AND position = ?]], server.job, server.outcome, server.execution, server.step, server.position)
end

-- Stores the servers ({server=, impact=}) of a step in place of those that it had.
function store.set_servers(db, step, list)
  db:run("DELETE FROM drs_recovery_plan_execution_servers WHERE execution = ? AND step = ?", step.execution, step.position)
  for position, server in ipairs(list) do
    db:run([[INSERT INTO drs_recovery_plan_execution_servers (execution, step, position, server, impact)
      VALUES (?, ?, ?, ?, ?)]], step.execution, step.position, position, server.server, server.impact)
  end
end

function store.delete(db, execution)
  for _, statement in ipairs { "DELETE FROM drs_recovery_plan_execution_servers WHERE execution = ?",
    "DELETE FROM drs_recovery_plan_execution_steps WHERE execution = ?",
    "DELETE FROM drs_recovery_plan_executions WHERE id = ?" } do
    db:run(statement, execution.id)
  end
end

-- RecoveryPlanExecutionSummary.
function store.summary(row)
  return {
    recoveryPlanExecutionArn = arns.execution(row), recoveryPlanArn = arns.plan_of_execution(row), mode = row.mode,
    status = row.status, startedAt = ids.timestamp(row.started_us), errorDetail = row.error and json.decode(row.error),
  }
end

-- RecoveryPlanExecution.
function store.describe(row)
  local described = store.summary(row)
  described.completedAt, described.tags = row.completed_us and ids.timestamp(row.completed_us), json.decode(row.tags)
  return described
end

-- RecoveryPlanExecutionStepSummary.
function store.step_summary(db, row)
  local configuration = { waitStepConfiguration = { waitDurationMinutes = row.wait_minutes } }
  if not row.wait_minutes then
    configuration = { executionServerStepConfiguration = {
      servers = servers.describe(row.account, row.region, store.servers(db, row.execution, row.position)) } }
  end
  return {
    recoveryPlanExecutionStepArn = arns.execution_step(row), stepName = row.name, stepIndex = row.position, status = row.status,
    configuration = configuration, errorDetail = row.error and json.decode(row.error),
  }
end

-- RecoveryPlanExecutionStep.
function store.describe_step(db, row)
  local described = store.step_summary(db, row)
  described.attempt, described.createdAt, described.updatedAt = row.attempt, ids.timestamp(row.created_us),
    ids.timestamp(row.updated_us)
  return described
end

return store
