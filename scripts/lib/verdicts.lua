-- What may be terminated: the rules that no policy overrules, and then the policy.

local deferrals = require "lib.deferrals"
local dry_run   = require "dry_run"
local json      = require "json"
local lists     = require "lib.lists"
local policy    = require "lib.policy"
local task      = require "task"
local time      = require "time"

local verdicts = {}

local function allow() return true end

-- A person may put off what the policy would allow by now.
local function as_extended(judged, told)
  local ends = told.extended_until
  if not ends or ends <= time.now() or judged.verdict == "deny" then return judged end
  local reason = judged.verdict == "defer" and judged.reason or "the termination was put off"
  return { verdict = "defer", reason = reason, approval = judged.approval, until_ = math.max(judged.until_ or 0, ends) }
end

-- What is asked before the policy is, and cannot be overruled by it; then the policy.
local function judge_one(instance, execution, order)
  if instance.isDrill ~= (execution.executionType == "DRILL") then
    return { verdict = "deny", reason = instance.isDrill and "it is a drill's instance, the execution was a recovery"
      or "it is a real recovery's instance, the execution was a drill" }
  end
  local told = deferrals.order_for(execution, order, instance.recoveryInstanceId)
  return as_extended(policy.judge("termination", "may_terminate", allow, instance, execution, told), told)
end

local function row(instance, judged)
  return { recoveryInstanceId = instance.recoveryInstanceId, region = instance.region, reason = judged.reason,
           ["until"] = judged.until_, approval = judged.approval }
end

-- A policy that failed says no. Where the sweep asks, the order stands, so it is asked again later.
local function sort_in(verdict, instance, judged, order)
  local one = row(instance, judged)
  if judged.verdict == "allow" then
    table.insert(verdict.allowed, instance)
  elseif judged.verdict == "defer" or judged.fault and order.by_sweep then
    table.insert(verdict.deferred, judged.fault and deferrals.to_ask_again(one) or one)
  else
    table.insert(verdict.denied, one)
  end
  dry_run.check("policy termination", ({ allow = "passed", deny = "refused", defer = "deferred" })[judged.verdict],
    ("%s: %s"):format(instance.recoveryInstanceId, judged.reason or "allowed"))
end

--- Which of the candidates to terminate: { allowed, denied, deferred, candidates }. What `only` names and is no candidate is
-- denied.
function verdicts.judge(execution, order, candidates)
  local verdict = { allowed = json.array {}, denied = json.array {}, deferred = json.array {}, candidates = candidates }
  local wanted, known = order.only and lists.set(order.only), {}
  local asked = lists.filter(candidates, function(instance)
    known[instance.recoveryInstanceId], known[instance.instanceId or ""] = true, true
    return not wanted or wanted[instance.recoveryInstanceId] or wanted[instance.instanceId]
  end)
  local judged = task.map(asked, function(instance) return judge_one(instance, execution, order) end,
    { limit = math.max(1, math.floor(policy.setting("termination", "side_by_side", 1))) })
  for position, instance in ipairs(asked) do sort_in(verdict, instance, judged[position], order) end
  for _, id in ipairs(order.only or {}) do
    if not known[id] then
      table.insert(verdict.denied, { recoveryInstanceId = id, reason = "it is no living instance of this execution's jobs" })
    end
  end
  return verdict
end

--- Which of these may still be terminated now: the ids that are left. The others are added to the verdict.
function verdicts.still_allowed(execution, order, verdict, some, ids)
  local now = verdicts.judge(execution, lists.merged(order, { only = ids }), some)
  for _, kind in ipairs { "denied", "deferred" } do
    for _, one in ipairs(now[kind]) do table.insert(verdict[kind], one) end
  end
  return lists.map(now.allowed, function(instance) return instance.recoveryInstanceId end)
end

return verdicts
