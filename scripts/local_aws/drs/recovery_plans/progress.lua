-- How an execution goes on. Each step begins when the one before it has ended, and everything happens at the time when it is
-- due, however late anybody looks: the times of steps and jobs are the same whether the clock ran, jumped or the process was
-- away. The rules are those of the user guide, "How a recovery plan runs" and "Controlling how server failures affect a plan".
--
-- `context` is what the rest of DRS calls a call: {world=, account=, region=, principal=}; DRS acts in the name of whoever
-- started the execution. `at` is world microseconds.

local fault = require "local_aws.fault"
local json = require "json"
local log = require "log"
local recovery = require "local_aws.drs.recovery"
local store = require "local_aws.drs.recovery_plans.execution_store"
local validation = require "local_aws.drs.recovery_plans.validation"

local progress = {}

-- User guide, "Recovery plan quotas": the maximum duration of a single execution.
progress.LIMIT_US = 24 * 3600 * 1000000

-- The codes of errorDetail are ours: the user guide says that nobody should rely on them. The sentence is the user guide's.
local SKIPPED = { code = "COMPLETED_WITH_SKIPPED_STEPS",
  message = "Completed with skipped steps. View execution details for more information." }

local function limit_of(execution)
  return execution.started_us + progress.LIMIT_US
end

-- Ends the execution. problem: {code=, message=} | nil.
local function finish(context, execution, status, at, problem)
  execution.status, execution.completed_us, execution.due_us = status, at, nil
  execution.error = problem and json.encode(problem)
  store.save(context.world.db, execution)
end

local function fail_step(context, execution, step, at, problem)
  step.status, step.error, step.ends_us = "FAILED", json.encode(problem), nil
  store.save_step(context.world.db, step, at)
  if execution.status == "CANCELLING" then
    return finish(context, execution, "CANCELLED", at)
  end
  finish(context, execution, "FAILED", at, { code = "STEP_FAILED",
    message = ("Step %d (%s) failed: %s"):format(step.position, step.name, problem.message) })
end

-- The step runs until `ends_us`, or until the execution's time is over.
local function run_until(context, execution, step, status, ends_us, at)
  step.status, step.ends_us = status, ends_us
  store.save_step(context.world.db, step, at)
  execution.status, execution.due_us = "IN_PROGRESS", math.min(ends_us, limit_of(execution))
  execution.completed_us, execution.error = nil, nil
  store.save(context.world.db, execution)
end

-- How each server's launch will go, by id.
local function outcomes(context, job)
  local found = {}
  for row in context.world.db:rows("SELECT server, outcome FROM drs_job_servers WHERE job = ?", job.number) do
    found[row.server] = row.outcome
  end
  return found
end

-- The servers of the step that are not recovered yet: all at the first attempt, at a retry those that failed.
local function unrecovered(context, step)
  local list = {}
  for _, server in ipairs(store.servers(context.world.db, step.execution, step.position)) do
    list[#list + 1] = server.outcome ~= "LAUNCHED" and server or nil
  end
  return list
end

-- Starts one job for all of these servers: a step's servers are started in a single request. Raises StartRecovery's faults.
local function start_job(context, execution, list, at)
  local points, asked = json.decode(execution.points), {}
  for index, server in ipairs(list) do
    asked[index] = { sourceServerID = server.server, recoverySnapshotID = points[server.server] }
  end
  local job = recovery.start(context, { sourceServers = asked, isDrill = execution.mode == "DRILL" }, at)
  local outcome_of = outcomes(context, job)
  for _, server in ipairs(list) do
    server.job, server.outcome = job.id, outcome_of[server.server]
    store.save_server(context.world.db, server)
  end
  return job
end

-- Begins a step at `at`: its servers are validated again and launched, or its wait begins.
function progress.begin(context, execution, step, at)
  step.error = nil
  if step.wait_minutes then
    return run_until(context, execution, step, "WAITING", at + step.wait_minutes * 60000000, at)
  end
  local list = unrecovered(context, step)
  local problem = validation.check(context, execution, list, at)
  if problem then
    return fail_step(context, execution, step, at, problem)
  end
  local started, job = pcall(context.world.db.transaction, context.world.db, start_job, context, execution, list, at)
  if started then
    return run_until(context, execution, step, "EXECUTING", job.ends_us, at)
  elseif not fault.is(job) then
    error(job, 0)
  end
  fail_step(context, execution, step, at, { code = job.code, message = job.message })
end

-- Begins the next step that has not been started; without one the execution is over.
function progress.proceed(context, execution, at)
  local db = context.world.db
  local step = store.steps(db, execution, "NOT_STARTED")[1]
  if step then
    return progress.begin(context, execution, step, at)
  end
  finish(context, execution, "COMPLETED", at, store.steps(db, execution, "SKIPPED")[1] and SKIPPED)
end

-- Names of the servers of a step that failed: the critical ones and the optional ones.
local function failed_servers(context, step)
  local failed = { CRITICAL = {}, OPTIONAL = {} }
  for _, server in ipairs(step.wait_minutes and {} or unrecovered(context, step)) do
    table.insert(failed[server.impact], server.server)
  end
  return failed.CRITICAL, failed.OPTIONAL
end

local function end_step(context, execution, step, at)
  local critical, optional = failed_servers(context, step)
  if critical[1] then
    return fail_step(context, execution, step, at, { code = "SERVER_RECOVERY_FAILED",
      message = "Critical servers did not recover: " .. table.concat(critical, ", ") })
  end
  step.status, step.ends_us = "COMPLETED", nil
  step.error = optional[1] and json.encode { code = "OPTIONAL_SERVER_RECOVERY_FAILED",
    message = "Optional servers did not recover: " .. table.concat(optional, ", ") }
  store.save_step(context.world.db, step, at)
  if execution.status == "CANCELLING" then
    return finish(context, execution, "CANCELLED", at)
  end
  progress.proceed(context, execution, at)
end

-- The execution has reached its limit. Its jobs run on; TIMED_OUT is in no model's list of an execution's statuses, yet the
-- user guide says that it is sent ("Monitoring an execution").
local function time_out(context, execution, step, at)
  local problem = { code = "EXECUTION_TIMED_OUT", message = "The execution reached its limit of 24 hours." }
  step.status, step.error, step.ends_us = "TIMED_OUT", json.encode(problem), nil
  store.save_step(context.world.db, step, at)
  finish(context, execution, "TIMED_OUT", at, problem)
end

-- The execution was accepted; now its servers are validated, and its first step begins.
local function validate(context, execution, at)
  local db, list = context.world.db, {}
  for _, step in ipairs(store.steps(db, execution, "NOT_STARTED")) do
    for _, server in ipairs(store.servers(db, execution.id, step.position)) do
      list[#list + 1] = server
    end
  end
  local problem = validation.check(context, execution, list, at)
  if problem then
    return finish(context, execution, "FAILED", at, problem)
  end
  progress.proceed(context, execution, at)
end

local function advance(world, execution)
  local context = { world = world, account = execution.account, region = execution.region,
    principal = { arn = execution.started_by } }
  local at = execution.due_us
  if execution.status == "CREATED" then
    return validate(context, execution, at)
  end
  for _, step in ipairs(store.steps(world.db, execution)) do
    if step.ends_us then
      return (step.ends_us <= at and end_step or time_out)(context, execution, step, at)
    end
  end
  error("the execution has no running step", 0)
end

-- A fault of ours ends the execution, so that all others go on.
local function give_up(world, execution, problem)
  log.error("DRS: an execution of a recovery plan could not go on", { execution = execution.id, error = tostring(problem) })
  finish({ world = world }, execution, "FAILED", execution.due_us,
    { code = "InternalServerException", message = "The execution could not go on." })
end

-- Lets all executions come to `now`: what was due first happens first.
function progress.catch_up(world, now)
  local db = world.db
  while true do
    local execution = db:first([[SELECT * FROM drs_recovery_plan_executions WHERE due_us <= ? ORDER BY due_us, number
      LIMIT 1]], now)
    if not execution then
      return
    end
    local fine, problem = pcall(db.transaction, db, advance, world, execution)
    if not fine then
      -- As it is stored: what advance() changed in the row went with its transaction.
      give_up(world, db:first("SELECT * FROM drs_recovery_plan_executions WHERE number = ?", execution.number), problem)
    end
  end
end

-- Microseconds after `now` at which something is due; nil when nothing is.
function progress.next_due_in(world, now)
  local row = world.db:first "SELECT min(due_us) AS due_us FROM drs_recovery_plan_executions WHERE due_us IS NOT NULL"
  return row.due_us and math.max(row.due_us - now, 0)
end

return progress
