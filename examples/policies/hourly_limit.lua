-- Never more than so many instances within an hour, over all executions and all drsh processes. The others wait their turn.
local counters = require "lib.counters"
local time     = require "time"

local LIMIT   = 20
local SECONDS = 3600

return {
  aws = { "dynamodb:GetItem", "dynamodb:UpdateItem" },    -- where the places are counted

  may_terminate = function(instance)
    local free, from = counters.take("terminations", LIMIT, SECONDS, instance.recoveryInstanceId)
    if free then return "allow" end
    return "defer", ("%d an hour are the limit; a place is free at %s"):format(LIMIT, time.iso8601(from)), { until_ = from }
  end,
}
