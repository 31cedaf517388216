-- The termination that a policy orders at the end of a drill. The sweep takes it up, and the policy says when.

local agenda = require "lib.agenda"
local json   = require "json"
local log    = require "log"
local policy = require "lib.policy"
local time   = require "time"

local end_order = {}

--- The part of an execution's last write that orders its termination, where the policy's `at_end(execution)` says so. For
-- drills alone.
function end_order.changes(execution)
  if execution.executionType ~= "DRILL" then return {} end
  local wants = policy.field("termination", "at_end", "function")
  if not wants then return {} end
  local ok, yes = pcall(wants, execution)
  if not ok then
    log.error("the policy could not say whether the drill's end orders its termination", { fault = tostring(yes) })
  end
  if not ok or yes ~= true then return {} end
  agenda.put(execution.executionId, time.now())
  return { deferredTermination = { instances = json.array {}, whole = true, requestedAt = time.now() } }
end

return end_order
