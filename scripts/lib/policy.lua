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

local function denied(name, fault)
  log.error("a policy failed, so the answer is no", { policy = name, fault = tostring(fault) })
  return false, ("policy %s failed: %s"):format(name, tostring(fault))
end

--- Asks `fn` of a policy. Gives true, or false and the reason. `default` is called with the same arguments when the policy
-- file, or this function of it, is missing.
function policy.ask(name, fn, default, ...)
  local rules, fault = load(name)
  if rules == false then return denied(name, fault) end
  local rule = rules and rules[fn]
  if rule == nil then return default(...) end
  if type(rule) ~= "function" then return denied(name, fn .. " is no function") end
  local ok, verdict, reason = pcall(rule, ...)
  if not ok then return denied(name, type(verdict) == "table" and verdict.message or verdict) end
  if verdict == true or verdict == "allow" then return true end
  if verdict == false or verdict == "deny" then return false, tostring(reason or "no reason given") end
  return denied(name, ("%s answered %s; it must answer allow or deny"):format(fn, tostring(verdict)))
end

--- A number of a policy, or the default: when it is missing, is no positive number, or its file is broken.
function policy.setting(name, field, default)
  local rules = load(name)
  local value = rules and rules[field]
  if type(value) == "number" and value > 0 and value == value then return value end
  return default
end

return policy
