-- Asking a policy. A policy file that is missing means the safe default; one that fails means no, with the reason. Never yes.

local log = require "log"

local policy = {}

local MISSING = "module '([%w_.]+)' not found"

-- The policy's table, or nil when there is no such file, or false and the fault.
local function load(name)
  local ok, found = pcall(require, "policies." .. name)
  if ok and type(found) == "table" then return found end
  if ok then return false, "policies/" .. name .. ".lua returns no table" end
  if type(found) == "string" and found:match(MISSING) == "policies." .. name then return nil end
  return false, tostring(found)
end

local function failed(name, fault)
  log.error("a policy failed, so the answer is no", { policy = name, fault = tostring(fault) })
  return { verdict = "deny", reason = ("policy %s failed: %s"):format(name, tostring(fault)), fault = true }
end

local function is_time(value) return type(value) == "number" and value > 0 and value < 1e11 and value == value end
local function is_text(value) return type(value) == "string" and value ~= "" end

-- "defer", reason, { until_ = epoch seconds, approval = a role, or "anyone" }: one of the two, or both.
local function deferral(name, reason, terms)
  terms = type(terms) == "table" and terms or {}
  local until_, approval = terms.until_, terms.approval
  if until_ == nil and approval == nil then return failed(name, "a defer needs { until_ = } or { approval = }") end
  if until_ ~= nil and not is_time(until_) then return failed(name, "until_ must be a time in epoch seconds") end
  if approval ~= nil and not is_text(approval) then return failed(name, 'approval must be a role, or "anyone"') end
  until_ = until_ and math.ceil(until_)
  return { verdict = "defer", reason = tostring(reason or "deferred"), until_ = until_, approval = approval }
end

--- Asks `fn` of a policy: { verdict = "allow" | "deny" | "defer", reason, until_, approval, fault }. `default` is called with
-- the same arguments when the policy file, or this function of it, is missing.
function policy.judge(name, fn, default, ...)
  local rules, fault = load(name)
  if rules == false then return failed(name, fault) end
  local rule = rules and rules[fn]
  local ok, verdict, reason, terms
  if rule == nil then
    ok, verdict, reason = true, default(...)
  elseif type(rule) ~= "function" then
    return failed(name, fn .. " is no function")
  else
    ok, verdict, reason, terms = pcall(rule, ...)
  end
  if not ok then return failed(name, type(verdict) == "table" and verdict.message or verdict) end
  if verdict == true or verdict == "allow" then return { verdict = "allow" } end
  if verdict == false or verdict == "deny" then
    return { verdict = "deny", reason = tostring(reason or "no reason given") }
  end
  if verdict == "defer" then return deferral(name, reason, terms) end
  return failed(name, ("%s answered %s; it must answer allow, deny or defer"):format(fn, tostring(verdict)))
end

--- Asks what can only be answered by yes or no. Gives true, or false and the reason.
function policy.ask(name, fn, default, ...)
  local judged = policy.judge(name, fn, default, ...)
  if judged.verdict == "defer" then judged = failed(name, fn .. " cannot be deferred; it must answer allow or deny") end
  return judged.verdict == "allow", judged.reason
end

--- A number of a policy, or the default: when it is missing, is no positive number, or its file is broken.
function policy.setting(name, field, default)
  local rules = load(name)
  local value = rules and rules[field]
  if type(value) == "number" and value > 0 and value == value then return value end
  return default
end

--- What another field of a policy holds, if it is of this type; nil when it is missing or the file is broken.
function policy.field(name, field, kind)
  local rules = load(name)
  local value = rules and rules[field]
  return type(value) == kind and value or nil
end

return policy
