-- Cancel an execution. A DRS job in flight is followed to its end: nothing that it launches is lost.
local cancellations = require "lib.cancellations"
local executions    = require "lib.executions"
local status        = require "lib.status"

return {
  route   = "POST /executions/{id}/cancel",
  summary = "Cancel an execution",
  roles   = { "operator", "admin" },
  aws     = { "dynamodb:Query", "dynamodb:GetItem", "dynamodb:UpdateItem", "states:StopExecution" },

  handle = function(request)
    local execution = executions.get(request.path.id)                   -- 400, 404
    local cancelled = cancellations.request(execution)                  -- 409 when it is over; one winner
    local now = status.of(cancelled)
    return 200, {
      executionId = cancelled.executionId,
      status      = now,
      message     = now == "CANCELLED" and "the execution is cancelled"
        or "the execution is being cancelled; what is in flight is followed to its end",
      details     = cancellations.details(cancelled),
    }
  end,
}
