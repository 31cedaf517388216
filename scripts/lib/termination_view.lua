-- What a termination is asked for, and what it answers.

local json             = require "json"
local lists            = require "lib.lists"
local reply            = require "lib.reply"
local termination_jobs = require "lib.termination_jobs"
local terminations     = require "lib.terminations"

local termination_view = {}

local FIELDS = {
  dryRun = "boolean", confirm = "string", reason = "string", only = "table", approve = "boolean", withdraw = "boolean",
  extendHours = "number",
}
local LONGEST_EXTENSION = 720   -- hours

-- One thing is said to a deferred termination in one call.
local function check_deferred(order)
  local hours, said = order.extendHours, 0
  if hours and not (hours > 0 and hours <= LONGEST_EXTENSION) then
    reply.fail(400, "INVALID_FIELD", ("extendHours must be more than 0 and at most %d"):format(LONGEST_EXTENSION),
      { field = "extendHours" })
  end
  for _, name in ipairs { "approve", "withdraw", "extendHours" } do
    if order[name] then said = said + 1 end
    if said > 1 then
      reply.fail(400, "INVALID_FIELD", "give one of approve, withdraw and extendHours", { field = name })
    end
  end
  order.of_deferred = said > 0
end

--- The body, checked: { dryRun, confirm, only, reason, approve, withdraw, extendHours, by, caller, of_deferred }.
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
  check_deferred(order)
  return order
end

--- What is deferred, as the answers show it: deferred[], approvals[], extensions[], warnings[].
function termination_view.deferred(execution)
  local pending = lists.given(execution.deferredTermination) or {}
  return {
    deferred = lists.map(lists.of(pending.instances), function(row)
      return { recoveryInstanceId = row.recoveryInstanceId, region = row.region, reason = row.reason, ["until"] = row["until"],
               approval = row.approval, requestedBy = row.requestedBy, requestedAt = row.requestedAt }
    end),
    approvals = lists.of(pending.approvals), extensions = lists.of(pending.extensions), warnings = lists.of(pending.warnings),
  }
end

--- The same where something waits, else nothing.
function termination_view.waiting(execution)
  return lists.given(execution.deferredTermination) and termination_view.deferred(execution) or {}
end

local function base(execution, message, jobs)
  local shown = termination_view.deferred(execution)
  return {
    deferred = shown.deferred, approvals = shown.approvals, extensions = shown.extensions, warnings = shown.warnings,
    totalDeferred = #shown.deferred,
    executionId = execution.executionId, message = message, jobs = jobs or lists.of(execution.terminateJobs),
    terminated = json.array {}, failed = json.array {}, denied = json.array {},
    totalFound = 0, totalTerminated = 0, totalFailed = 0,
  }
end

--- The answer when a deferred termination was taken back.
function termination_view.withdrawn(execution)
  return base(execution, "the deferred termination is withdrawn; nothing is terminated")
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
function termination_view.nothing(execution)
  execution = terminations.take_up(execution)
  local running = termination_view.running(execution)
  if running then return running end
  local before = lists.given(execution.instancesTerminated) or #lists.of(execution.terminateJobs) > 0
  local message = before and "the recovery instances are terminated already" or "there are no recovery instances"
  local answer = base(execution, message)
  answer.noInstancesFound = true
  if before then answer.alreadyTerminated = true end
  return answer
end

--- The answer of a termination that was tried.
function termination_view.answer(execution, verdict, jobs, failed)
  local terminated = json.array {}
  for _, job in ipairs(jobs or {}) do
    for _, id in ipairs(job.recoveryInstanceIds) do
      terminated[#terminated + 1] = { recoveryInstanceId = id, region = job.region, jobId = job.jobId }
    end
  end
  failed = failed or json.array {}
  local answer = base(execution)
  answer.message = ("%d of %d instances are being terminated, %d failed, %d denied, %d deferred")
    :format(#terminated, #verdict.candidates, #failed, #verdict.denied, answer.totalDeferred)
  answer.terminated, answer.failed, answer.denied = terminated, failed, verdict.denied
  answer.totalFound, answer.totalTerminated, answer.totalFailed = #verdict.candidates, #terminated, #failed
  return answer
end

return termination_view
