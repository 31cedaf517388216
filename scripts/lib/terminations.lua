-- Terminating the recovery instances of an execution that is over.
--
-- DRS has no guard: it terminates a real recovery as gladly as a drill, and it has no idempotency token. So: only instances of
-- the execution's own jobs and type; a policy may keep more of them; the intention is written to the item before DRS is asked;
-- and a call that finds an intention without effect adopts the TERMINATE jobs that hold its instances before it asks again.

local accounts   = require "lib.accounts"
local aws        = require "aws"
local deferrals  = require "lib.deferrals"
local dry_run    = require "dry_run"
local executions = require "lib.executions"
local instances  = require "lib.instances"
local jobs       = require "lib.jobs"
local json       = require "json"
local lists      = require "lib.lists"
local policy     = require "lib.policy"
local reply      = require "lib.reply"
local status     = require "lib.status"
local store      = require "lib.store"
local task       = require "task"
local time       = require "time"
local uuid       = require "uuid"
local verdicts   = require "lib.verdicts"

local terminations = {}

local BATCH_LIMIT = 200       -- ids in one TerminateRecoveryInstances
local INTENT_SECONDS = 120    -- after this, whoever wrote the intention is taken for dead

--- 409 unless the execution is over.
function terminations.require_over(execution)
  local now = status.of(execution)
  if status.is_terminal(execution) then return dry_run.check("state", "passed", "the execution is over: " .. now) end
  reply.fail(409, "EXECUTION_NOT_TERMINAL", "the execution is not over: " .. now,
    { executionId = execution.executionId, executionStatus = now })
end

--- 409 unless the caller typed what is at stake: a RECOVERY needs the execution's id, and a wrong id is never waved through.
-- What is said to a deferred termination needs none: it was given when the termination was ordered.
function terminations.require_confirmation(execution, order, candidates)
  local is_drill = execution.executionType == "DRILL"
  if order.of_deferred or order.confirm == execution.executionId or is_drill and not order.confirm then
    return dry_run.check("confirmation", "passed", "no confirmation is missing")
  end
  local message = "to terminate these instances, give the execution's id as confirm"
  if order.dryRun then return dry_run.check("confirmation", "refused", message) end
  reply.fail(409, "TERMINATION_REQUIRES_CONFIRMATION", message, {
    executionId = execution.executionId, executionType = execution.executionType, instances = candidates,
    totalFound = #candidates,
  })
end

--- The calls to make: a list of { region, recoveryInstanceIds, instances, delay }.
function terminations.batches(allowed)
  local size = math.min(math.floor(policy.setting("termination", "batch_size", BATCH_LIMIT)), BATCH_LIMIT)
  local pause = policy.setting("termination", "pause_between_batches", 0)
  local batches = json.array {}
  for _, place in ipairs(lists.group(allowed, function(instance) return instance.region end)) do
    for position, chunk in ipairs(lists.chunks(place.items, math.max(size, 1))) do
      local ids = lists.map(chunk, function(instance) return instance.recoveryInstanceId end)
      batches[#batches + 1] = {
        region = place.key, recoveryInstanceIds = ids, instances = chunk, delay = (position - 1) * pause,
      }
    end
  end
  return batches
end

--- Is somebody's intention written and still young? Then that call is at work.
function terminations.is_under_way(execution)
  local intent = lists.given(execution.terminationIntent)
  return intent ~= nil and intent.at + INTENT_SECONDS > time.now()
end

--- Writes the intention. Gives the execution, whether this call wrote it (else another call got in first), and the earlier
-- intention when one without effect was found.
function terminations.write_intent(execution, batches, order)
  local id, before, mine = uuid.v4(), #lists.of(execution.terminateJobs), false
  local earlier
  local written = executions.change(execution, function(current)
    mine = not terminations.is_under_way(current) and #lists.of(current.terminateJobs) == before
    if not mine then return nil end
    earlier = lists.given(current.terminationIntent)
    return { terminationIntent = {
      id = id, at = time.now(), requestedBy = order.by, reason = order.reason, since = earlier and earlier.since or time.now(),
      batches = lists.map(batches, function(batch)
        return { region = batch.region, recoveryInstanceIds = batch.recoveryInstanceIds }
      end),
    } }
  end)
  return written, mine, earlier
end

local function job_row(job, execution, region, ids)
  return { jobId = job.jobID, region = region, accountId = accounts.of(execution).accountId, type = "TERMINATE",
           status = job.status, recoveryInstanceIds = ids, createdAt = time.now() }
end

-- The jobs that hold any of these ids, and the ids that none holds.
local function adopt(client, execution, batch, since)
  local wanted, rows = lists.set(batch.recoveryInstanceIds), json.array {}
  for _, job in ipairs(jobs.find_terminations(client, batch.recoveryInstanceIds, since)) do
    local held = lists.filter(json.array(jobs.instances(job)), function(id) return wanted[id] end)
    for _, id in ipairs(held) do wanted[id] = nil end
    rows[#rows + 1] = job_row(job, execution, batch.region, held)
  end
  return rows, lists.filter(batch.recoveryInstanceIds, function(id) return wanted[id] end)
end

local function failure_rows(ids, region, problem)
  local kind = problem.code
  if aws.is_error(problem, "ConflictException") then kind = "CONFLICT" end
  if problem.outcomeUnknown then kind = "OUTCOME_UNKNOWN" end
  return lists.map(ids, function(id)
    return { recoveryInstanceId = id, region = region, error = tostring(problem.message), errorType = kind }
  end)
end

-- One call. Gives { jobs =, failed = }. `since` says that an earlier call may have been made then.
local function terminate(execution, batch, since, ask_again)
  local client = accounts.client("drs", batch.region, accounts.of(execution))
  local rows, ids = json.array {}, batch.recoveryInstanceIds
  if since then rows, ids = adopt(client, execution, batch, since) end
  if batch.delay > 0 and #ids > 0 and not dry_run.is_on() then
    task.sleep(batch.delay)
    ids = ask_again(batch.instances, ids)
  end
  if #ids == 0 then return { jobs = rows, failed = json.array {} } end
  local asked_at = time.now()
  local ok, result = pcall(function() return client:terminate_recovery_instances { recoveryInstanceIDs = ids } end)
  if ok then
    rows[#rows + 1] = job_row(result.job, execution, batch.region, ids)
    return { jobs = rows, failed = json.array {} }
  end
  if not (aws.is_error(result, "ConflictException") or result.outcomeUnknown) then
    return { jobs = rows, failed = failure_rows(ids, batch.region, result) }
  end
  -- Busy, or no answer: it can be our own call that made them so.
  local found, rest = adopt(client, execution, { region = batch.region, recoveryInstanceIds = ids }, since or asked_at)
  return { jobs = lists.concat { rows, found }, failed = failure_rows(rest, batch.region, result) }
end

local function guarded(execution, batch, since, ask_again)
  local ok, result = pcall(terminate, execution, batch, since, ask_again)
  if ok then return result end
  if not aws.is_error(result) then error(result, 0) end
  return { jobs = json.array {}, failed = failure_rows(batch.recoveryInstanceIds, batch.region, result) }
end

local function append(current, new_jobs)
  local known = lists.set(lists.map(lists.of(current.terminateJobs), function(job) return job.jobId end))
  local added = lists.filter(new_jobs, function(job) return not known[job.jobId] end)
  local changes = { terminateJobs = lists.concat { lists.of(current.terminateJobs), added } }
  if #new_jobs > 0 then changes.terminationInitiatedAt = lists.given(current.terminationInitiatedAt) or time.now() end
  return changes
end

--- Asks DRS, batches side by side, and appends the jobs to the item. The intention stays when an outcome is unknown: the next
-- call adopts what came of it. A batch that had to wait is judged again. Gives the execution, the new jobs and the failures.
function terminations.run(execution, order, verdict, batches, earlier)
  local late = false
  local function ask_again(some, ids)
    local allowed = verdicts.still_allowed(execution, order, verdict, some, ids)
    late = late or #allowed < #ids
    return allowed
  end
  local done = task.map(batches, function(batch) return guarded(execution, batch, earlier and earlier.since, ask_again) end)
  local new_jobs = lists.concat(lists.map(done, function(one) return one.jobs end))
  local failed = lists.concat(lists.map(done, function(one) return one.failed end))
  local terminated = lists.concat(lists.map(new_jobs, function(job) return job.recoveryInstanceIds end))
  local in_doubt = lists.first(failed, function(one) return one.errorType == "OUTCOME_UNKNOWN" end)
  local written = executions.change(execution, function(current)
    local changes = lists.merged(append(current, new_jobs), deferrals.without(current, terminated, failed))
    if not in_doubt then changes.terminationIntent = store.REMOVE end
    return changes
  end)
  if late then written = deferrals.record(written, order, verdict) end
  if deferrals.of(written) then deferrals.schedule(written.executionId, deferrals.of(written)) end
  return written, new_jobs, failed
end

--- Takes up an intention whose writer died, when nothing lives any more: DRS was asked, only the answer is missing. The jobs
-- that still hold its instances are written down; when there is none, they are over, and all is terminated.
function terminations.take_up(execution)
  local intent = lists.given(execution.terminationIntent)
  if not intent or terminations.is_under_way(execution) then return execution end
  local found = lists.concat(task.map(intent.batches, function(batch)
    local ok, rows = pcall(adopt, accounts.client("drs", batch.region, accounts.of(execution)), execution, batch, intent.since)
    if not ok then reply.lookup_failed(rows, "the termination jobs in " .. batch.region, { region = batch.region }) end
    return rows
  end))
  return (executions.change(execution, function(current)
    if not current.terminationIntent or current.terminationIntent.id ~= intent.id then return nil end
    local changes = lists.merged(append(current, found), { terminationIntent = store.REMOVE })
    if #found == 0 then
      changes.instancesTerminated, changes.instancesTerminatedAt = true, time.now()
      if deferrals.of(current) then changes.deferredTermination = store.REMOVE end
    end
    return changes
  end))
end

--- The candidates: living instances of the execution's jobs, of either kind; those of the wrong kind are denied later.
function terminations.candidates(execution)
  return instances.living(execution)
end

return terminations
