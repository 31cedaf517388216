-- A drill is a lease: its instances are terminated some hours after its end, without anybody asking, unless somebody extends it
-- with { "extendHours": 4 } or takes it back with { "withdraw": true } at terminate-instances. Warnings come before.
local time = require "time"

local HOURS = 8

return {
  -- The end of a drill orders its termination; when it comes is decided below.
  at_end = function() return true end,

  may_terminate = function(_instance, execution)
    local ends = execution.endTime + HOURS * 3600
    if execution.executionType ~= "DRILL" or time.now() >= ends then return "allow" end
    return "defer", ("the lease of this drill runs for %d hours"):format(HOURS), { until_ = ends }
  end,

  warn_before = { 3600, 600 },    -- seconds; each is logged, and shown by termination-status

  -- Also the place to tell people: a chat's webhook through require "http".
  warned = function(execution, warning)
    require "log".warn("the lease of a drill ends", { plan = execution.planName, lease = warning.message })
  end,
}
