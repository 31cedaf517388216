-- Is the plan free, and are its servers?

local executions = require "lib.executions"
local jobs       = require "lib.jobs"
local json       = require "json"
local lists      = require "lib.lists"
local plans      = require "lib.plans"
local reply      = require "lib.reply"
local status     = require "lib.status"

local conflicts = {}

local function brief(execution)
  return json.object {
    executionId = execution.executionId, planId = execution.planId, planName = lists.given(execution.planName),
    status = status.of(execution), startTime = execution.startTime,
  }
end

-- An index lags behind its table: what it calls active is looked at once more.
local function still_active(item)
  local now = executions.find(item.executionId)
  return now ~= nil and status.is_active(now)
end

--- The claim on a plan, judged by the execution that holds it: gives the active execution, or nil and the claim that is stale.
function conflicts.claim_of(plan)
  local claim = plan and lists.given(plan.activeExecutionId)
  if not claim then return nil end
  local holder = executions.find(claim)
  if holder and status.is_active(holder) then return holder end
  return nil, claim
end

local function refuse(active)
  reply.fail(409, "PLAN_ALREADY_EXECUTING", "the plan is running already", { activeExecutions = lists.map(active, brief) })
end

--- Refuses when the plan runs: by its claim (exact), or by an execution of the old system, which makes no claims.
function conflicts.plan_is_free(start)
  local stored = plans.get(start.plan.planId)
  local holder, stale = conflicts.claim_of(stored)
  if holder then refuse { holder } end
  local active = lists.filter(executions.active_of_plan(start.plan.planId), still_active)
  if #active > 0 then refuse(active) end
  start.stale_claim = stale
end

-- Every server of an active execution counts, also of its finished waves: a second drill replaces the first one's instances.
local function servers_of(execution)
  local ids = json.array {}
  for _, wave in ipairs(lists.of(execution.waves)) do ids = lists.concat { ids, lists.of(wave.serverIds) } end
  local plan = lists.given(execution.planSnapshot)
  for _, wave in ipairs(plan and plan.waves or {}) do ids = lists.concat { ids, lists.of(wave.serverIds) } end
  return lists.unique(ids)
end

local function by_executions(start, wanted, found)
  for _, execution in ipairs(executions.with_status(status.active_words())) do
    local held = lists.filter(servers_of(execution), function(id) return wanted[id] end)
    if #held > 0 and execution.planId ~= start.plan.planId and still_active(execution) then
      found.executions[#found.executions + 1] = lists.merged(brief(execution), { serverIds = held })
      for _, id in ipairs(held) do
        found.conflicts[#found.conflicts + 1] = { serverId = id, conflictSource = "execution",
          executionId = execution.executionId, planId = execution.planId }
      end
    end
  end
end

local function by_jobs(start, wanted, found)
  for _, place in ipairs(start.active_jobs()) do
    for _, job in ipairs(place.jobs) do
      local held = lists.filter(json.array(jobs.servers(job)), function(id) return wanted[id] end)
      if #held > 0 then
        found.jobs[#found.jobs + 1] = { jobId = job.jobID, region = place.region, status = job.status, type = job.type,
          serverIds = held }
        for _, id in ipairs(held) do
          found.conflicts[#found.conflicts + 1] = { serverId = id, conflictSource = "drs_job", jobId = job.jobID,
            region = place.region }
        end
      end
    end
  end
end

--- Refuses when another execution or a DRS job holds one of the plan's servers.
function conflicts.servers_are_free(start)
  local wanted = {}
  for _, wave in ipairs(start.plan.waves) do
    for _, id in ipairs(wave.serverIds) do wanted[id] = true end
  end
  local found = { conflicts = json.array {}, executions = json.array {}, jobs = json.array {} }
  by_executions(start, wanted, found)
  by_jobs(start, wanted, found)
  if #found.conflicts == 0 then return end
  reply.fail(409, "SERVER_CONFLICT", ("%d servers of the plan are busy"):format(#found.conflicts), {
    conflicts = found.conflicts, conflictingExecutions = found.executions, conflictingDrsJobs = found.jobs,
  })
end

return conflicts
