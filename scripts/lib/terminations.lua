-- Terminating the recovery instances of an execution that is over.
--
-- DRS has no guard: it terminates a real recovery as gladly as a drill, and it has no idempotency token. So: only instances of
-- the execution's own jobs and type; a policy may keep more of them; the intention is written to the item before DRS is asked;
-- and a call that finds an intention without effect adopts the TERMINATE jobs that hold its instances before it asks again.

local accounts   = require "lib.accounts"
local aws        = require "aws"
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

local terminations = {}

local BATCH_LIMIT = 200       -- ids in one TerminateRecoveryInstances
local INTENT_SECONDS = 120    -- after this, whoever wrote the intention is taken for dead

--- 409 unless the execution is over.
function terminations.require_over(execution)
  if status.is_terminal(execution) then return end
  local now = status.of(execution)
  reply.fail(409, "EXECUTION_NOT_TERMINAL", "the execution is not over: " .. now,
    { executionId = execution.executionId, executionStatus = now })
end

--- 409 unless the caller typed what is at stake: a RECOVERY needs the execution's id, and a wrong id is never waved through.
function terminations.require_confirmation(execution, order, candidates)
  if order.dryRun or order.confirm == execution.executionId then return end
  if execution.executionType == "DRILL" and not order.confirm then return end
  reply.fail(409, "TERMINATION_REQUIRES_CONFIRMATION", "to terminate these instances, give the execution's id as confirm", {
    executionId = execution.executionId, executionType = execution.executionType, instances = candidates,
    totalFound = #candidates,
  })
end

local function allow() return true end

local function judge_one(instance, execution, order)
  if instance.isDrill ~= (execution.executionType == "DRILL") then
    return false, instance.isDrill and "it is a drill's instance, the execution was a recovery"
      or "it is a real recovery's instance, the execution was a drill"
  end
  return policy.ask("termination", "may_terminate", allow, instance, execution, order)
end

--- Which of the candidates to terminate: { allowed, denied }. What `only` names and is no candidate is denied.
function terminations.judge(execution, order, candidates)
  local allowed, denied, wanted = json.array {}, json.array {}, order.only and lists.set(order.only)
  local known = {}
  for _, instance in ipairs(candidates) do
    known[instance.recoveryInstanceId], known[instance.instanceId or ""] = true, true
    if not wanted or wanted[instance.recoveryInstanceId] or wanted[instance.instanceId] then
      local ok, reason = judge_one(instance, execution, order)
      if ok then
        allowed[#allowed + 1] = instance
      else
        denied[#denied + 1] = { recoveryInstanceId = instance.recoveryInstanceId, region = instance.region, reason = reason }
      end
    end
  end
  for _, id in ipairs(order.only or {}) do
    if not known[id] then
      denied[#denied + 1] = { recoveryInstanceId = id, reason = "it is no living instance of this execution's jobs" }
    end
  end
  return { allowed = allowed, denied = denied }
end

--- The calls that would be made: a list of { region, recoveryInstanceIds, delay }.
function terminations.batches(allowed)
  local size = math.min(math.floor(policy.setting("termination", "batch_size", BATCH_LIMIT)), BATCH_LIMIT)
  local pause = policy.setting("termination", "pause_between_batches", 0)
  local batches = json.array {}
  for _, place in ipairs(lists.group(allowed, function(instance) return instance.region end)) do
    local ids = lists.map(place.items, function(instance) return instance.recoveryInstanceId end)
    for position, chunk in ipairs(lists.chunks(ids, math.max(size, 1))) do
      batches[#batches + 1] = { region = place.key, recoveryInstanceIds = chunk, delay = (position - 1) * pause }
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
local function terminate(execution, batch, since)
  local client = accounts.client("drs", batch.region, accounts.of(execution))
  local rows, ids = json.array {}, batch.recoveryInstanceIds
  if since then rows, ids = adopt(client, execution, batch, since) end
  if #ids == 0 then return { jobs = rows, failed = json.array {} } end
  if batch.delay > 0 then task.sleep(batch.delay) end
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

local function guarded(execution, batch, since)
  local ok, result = pcall(terminate, execution, batch, since)
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
-- call adopts what came of it. Gives the execution, the new jobs and the failures.
function terminations.run(execution, batches, earlier)
  local done = task.map(batches, function(batch) return guarded(execution, batch, earlier and earlier.since) end)
  local new_jobs = lists.concat(lists.map(done, function(one) return one.jobs end))
  local failed = lists.concat(lists.map(done, function(one) return one.failed end))
  local in_doubt = lists.first(failed, function(one) return one.errorType == "OUTCOME_UNKNOWN" end)
  local written = executions.change(execution, function(current)
    local changes = append(current, new_jobs)
    if not in_doubt then changes.terminationIntent = store.REMOVE end
    return changes
  end)
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
    if #found == 0 then changes.instancesTerminated, changes.instancesTerminatedAt = true, time.now() end
    return changes
  end))
end

--- The candidates: living instances of the execution's jobs, of either kind; those of the wrong kind are denied later.
function terminations.candidates(execution)
  return instances.living(execution)
end

return terminations
