-- After a real recovery, keep what runs in the recovery region until the source is well again: a health check of it must pass.
-- Drills take nothing over, so theirs may go at once.
local health = require "lib.health"
local time   = require "time"

local URL        = "https://www.example.com/health"
local LOOK_AGAIN = 300        -- seconds

return {
  may_terminate = function(_instance, execution)
    if execution.executionType == "DRILL" then return "allow" end
    local good, answer = health.is_good(URL)
    if good then return "allow" end
    return "defer", ("the source is not well: %s answered %s"):format(URL, answer), { until_ = time.now() + LOOK_AGAIN }
  end,
}
