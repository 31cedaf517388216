-- What a termination is asked for, and what it answers.

local json             = require "json"
local lists            = require "lib.lists"
local reply            = require "lib.reply"
local termination_jobs = require "lib.termination_jobs"
local terminations     = require "lib.terminations"

local termination_view = {}

local FIELDS = { dryRun = "boolean", confirm = "string", reason = "string", only = "table" }

--- The body, checked: { dryRun, confirm, only, reason, by }.
function termination_view.read(request)
  local order = { by = request.caller and request.caller.name, caller = request.caller }
  for name, kind in pairs(FIELDS) do
    local value = lists.given(request.body[name])
    if value ~= nil and type(value) ~= kind then
      reply.fail(400, "INVALID_FIELD", ("%s must be a %s"):format(name, kind == "table" and "list of instance ids" or kind),
        { field = name })
    end
    order[name] = value
  end
  for _, id in ipairs(order.only or {}) do
    if type(id) ~= "string" then reply.fail(400, "INVALID_FIELD", "only must be a list of instance ids", { field = "only" }) end
  end
  if order.only and not json.is_array(order.only) then
    reply.fail(400, "INVALID_FIELD", "only must be a list of instance ids", { field = "only" })
  end
  return order
end

local function base(execution, message, jobs)
  return {
    executionId = execution.executionId, message = message, jobs = jobs or lists.of(execution.terminateJobs),
    terminated = json.array {}, failed = json.array {}, denied = json.array {},
    totalFound = 0, totalTerminated = 0, totalFailed = 0,
  }
end

--- The answer while another call is at work.
function termination_view.under_way(execution)
  return base(execution, "a termination of these instances is under way; nothing new was started")
end

--- The answer when termination jobs run, or another call is just starting some; else nil.
function termination_view.running(execution)
  if terminations.is_under_way(execution) then return termination_view.under_way(execution) end
  local rows = termination_jobs.rows(execution, lists.of(execution.terminateJobs))
  if not lists.first(rows, termination_jobs.is_running) then return nil end
  return base(execution, "termination jobs are running already; nothing new was started", rows)
end

--- The answer when AWS says that nothing lives.
function termination_view.nothing(execution, order)
  if not order.dryRun then
    execution = terminations.take_up(execution)
    local running = termination_view.running(execution)
    if running then return running end
  end
  local before = lists.given(execution.instancesTerminated) or #lists.of(execution.terminateJobs) > 0
  local message = before and "the recovery instances are terminated already" or "there are no recovery instances"
  local answer = base(execution, message)
  answer.noInstancesFound = true
  if before then answer.alreadyTerminated = true end
  if order.dryRun then answer.dryRun = true end
  return answer
end

--- The answer of a termination that was tried.
function termination_view.answer(execution, candidates, verdict, jobs, failed)
  local terminated = json.array {}
  for _, job in ipairs(jobs or {}) do
    for _, id in ipairs(job.recoveryInstanceIds) do
      terminated[#terminated + 1] = { recoveryInstanceId = id, region = job.region, jobId = job.jobId }
    end
  end
  failed = failed or json.array {}
  local answer = base(execution, ("%d of %d instances are being terminated, %d failed, %d denied")
    :format(#terminated, #candidates, #failed, #verdict.denied))
  answer.terminated, answer.failed, answer.denied = terminated, failed, verdict.denied
  answer.totalFound, answer.totalTerminated, answer.totalFailed = #candidates, #terminated, #failed
  return answer
end

--- The answer of a dry run: what would be terminated, and by which calls. Nothing was written.
function termination_view.rehearsal(execution, candidates, verdict, batches)
  local answer = termination_view.answer(execution, candidates, verdict)
  answer.dryRun, answer.message = true, ("%d of %d instances would be terminated"):format(#verdict.allowed, #candidates)
  answer.wouldTerminate = lists.map(verdict.allowed, function(instance)
    return { recoveryInstanceId = instance.recoveryInstanceId, region = instance.region,
             sourceServerId = instance.sourceServerId }
  end)
  answer.awsWrites = lists.concat {
    #batches > 0 and { { service = "dynamodb", operation = "UpdateItem", parameters = { Key = {
      executionId = execution.executionId, planId = execution.planId } } } } or {},
    lists.map(batches, function(batch)
      return { service = "drs", operation = "TerminateRecoveryInstances", region = batch.region,
               parameters = { recoveryInstanceIDs = batch.recoveryInstanceIds } }
    end),
  }
  return answer
end

return termination_view
