-- May this plan start now? Each check passes, refuses, or could not be made; the last is never taken for the first.

local accounts    = require "lib.accounts"
local conflicts   = require "lib.conflicts"
local jobs        = require "lib.jobs"
local json        = require "json"
local limits      = require "lib.limits"
local lists       = require "lib.lists"
local policy      = require "lib.policy"
local replication = require "lib.replication"
local reply       = require "lib.reply"
local task        = require "task"

local checks = {}

local function admit()
  return true
end

local function admission(start)
  local allowed, reason = policy.ask("admission", "may_start", admit, start.plan, start.order)
  if not allowed then reply.fail(403, "START_NOT_ADMITTED", reason, { planId = start.plan.planId }) end
end

-- In the order of endpoints.md 3.1. What has `skip` can be left out by the caller's `skipChecks`.
local CHECKS = {
  { name = "admission", run = admission },
  { name = "planExecuting", run = conflicts.plan_is_free },
  { name = "conflicts", skip = true, run = conflicts.servers_are_free },
  { name = "waveSize", skip = true, run = limits.wave_size },
  { name = "concurrentJobs", skip = true, run = limits.concurrent_jobs },
  { name = "serversInJobs", skip = true, run = limits.servers_in_jobs },
  { name = "replication", skip = true, run = replication.is_healthy },
}

function checks.skippable()
  return lists.map(lists.filter(CHECKS, function(check) return check.skip end), function(check) return check.name end)
end

-- The plan's regions, each with its waves.
local function regions_of(plan)
  return lists.map(lists.group(plan.waves, function(wave) return wave.region end), function(group)
    return { region = group.key, waves = group.items }
  end)
end

--- What the checks look at: the start, and look-ups that are made once, regions side by side, when the first check needs them.
function checks.subject(order, plan, context)
  local start = { order = order, plan = plan, context = context, regions = regions_of(plan) }
  local active
  function start.active_jobs()
    active = active or task.map(start.regions, function(place)
      return { region = place.region, jobs = jobs.active(accounts.client("drs", place.region, context)) }
    end)
    return active
  end
  return start
end

local function run(check, start)
  local ok, problem = pcall(check.run, start)
  if ok then return { check = check.name, result = "passed" } end
  if not reply.is_refusal(problem) then
    local needed = "what the check " .. check.name .. " needs"
    problem = select(2, pcall(reply.lookup_failed, problem, needed, { check = check.name }))
    if not reply.is_refusal(problem) then error(problem, 0) end
  end
  return { check = check.name, result = problem.status == 502 and "unknown" or "refused", refusal = problem }
end

--- Every check's result, none raised, for a dry run.
function checks.results(start)
  return lists.map(CHECKS, function(check)
    if start.order.skip[check.name] then return { check = check.name, result = "skipped" } end
    local result = run(check, start)
    local refusal = result.refusal
    if not refusal then return result end
    local told = json.object {}
    for name, value in pairs(refusal) do told[name] = value end
    return lists.merged(told, { check = result.check, result = result.result })
  end)
end

--- Raises the first refusal.
function checks.require_all(start)
  for _, check in ipairs(CHECKS) do
    if not start.order.skip[check.name] then
      local result = run(check, start)
      if result.refusal then error(result.refusal, 0) end
    end
  end
end

return checks
