-- What an execution looks like from outside. Task tokens are never shown.

local json   = require "json"
local lists  = require "lib.lists"
local plans  = require "lib.plans"
local status = require "lib.status"
local waves  = require "lib.waves"

local views = {}

-- Whoever has a token can resume the execution past every check.
local SECRET = { taskToken = true, claimedTaskToken = true, requestFingerprint = true, lastWrite = true }
-- Large, and of no use in a list.
local NOT_LISTED = { planSnapshot = true }

local function public(execution, hidden)
  local out = json.object {}
  for name, value in pairs(execution) do
    if not SECRET[name] and not (hidden and hidden[name]) then out[name] = value end
  end
  out.status = status.of(execution)
  return out
end

local function launched_something(all)
  return lists.first(all, function(wave)
    if not lists.given(wave.jobId) then return false end
    local servers = wave.serverStatuses or {}
    return #servers == 0 or lists.first(servers, function(server)
      return server.launchStatus == "LAUNCHED" or lists.given(server.recoveryInstanceId) ~= nil
    end) ~= nil
  end) ~= nil
end

--- May its instances be terminated, as far as the item tells?
function views.termination(execution, all)
  local has = launched_something(all) and not lists.given(execution.instancesTerminated)
  local reason
  if not status.is_terminal(execution) then
    reason = "the execution is not over: " .. status.of(execution)
  elseif lists.given(execution.instancesTerminated) then
    reason = "its recovery instances are terminated"
  elseif not has then
    reason = "it launched no recovery instance"
  else
    return { canTerminate = true, reason = "the execution is over and has recovery instances", hasRecoveryInstances = true }
  end
  return { canTerminate = false, reason = reason, hasRecoveryInstances = has }
end

--- The answer of the detail endpoints. `plan` is the frozen plan, or the stored one of an old record, or nil.
function views.detail(execution, plan, source)
  local all = waves.all(execution, plan)
  local out = public(execution)
  out.waves = all
  out.totalWaves = math.max(#all, lists.given(execution.totalWaves) or 0)
  out.recoveryPlanName = lists.given(execution.planName) or plan and lists.given(plan.planName) or "Deleted Plan"
  out.recoveryPlanId = execution.planId
  out.recoveryPlanDescription = plan and lists.given(plan.description) or json.null
  out.dataSource = source
  out.lastUpdated = lists.given(execution.updatedAt) or lists.given(execution.endTime) or execution.startTime
  out.hasRealtimeData = status.is_active(execution)
  out.terminationMetadata = views.termination(execution, all)
  out.progress = waves.progress(all)
  return out
end

-- A frozen plan knows how its servers were chosen; for an old record the groups tell.
local function selection_mode(execution, plan, groups)
  local frozen = lists.given(execution.planSnapshot)
  local by_tags = lists.first(plans.waves(frozen or plan), function(wave)
    return lists.first(plans.group_ids(wave), function(id)
      local group = groups[id]
      return group and next(lists.of(group.serverSelectionTags)) ~= nil
    end)
  end)
  if frozen then
    by_tags = lists.first(frozen.waves, function(wave) return wave.selectionMode == "TAGS" end)
  end
  return by_tags and "TAGS" or "PLAN"
end

--- One row of the list. `stored_plans` and `groups` are what old records need, by id.
function views.row(execution, stored_plans, groups)
  local plan = stored_plans[execution.planId]
  local recorded = waves.recorded(execution)
  local out = public(execution, NOT_LISTED)
  out.waves = recorded
  out.recoveryPlanName = lists.given(execution.planName) or plan and lists.given(plan.planName) or "Deleted Plan"
  out.recoveryPlanId = execution.planId
  out.selectionMode = selection_mode(execution, plan, groups)
  out.hasActiveDrsJobs = lists.first(recorded, function(wave)
    return status.wave_in_flight(wave) and lists.given(wave.jobId) ~= nil
  end) ~= nil
  out.terminationMetadata = views.termination(execution, recorded)
  return out
end

return views
