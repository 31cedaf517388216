-- Pause an execution at its next wave boundary.
local executions = require "lib.executions"
local pauses     = require "lib.pauses"
local status     = require "lib.status"
local waves      = require "lib.waves"

return {
  route   = "POST /executions/{id}/pause",
  summary = "Pause an execution before its next wave",
  roles   = { "operator", "admin" },
  aws     = { "dynamodb:Query", "dynamodb:GetItem", "dynamodb:UpdateItem" },

  handle = function(request)
    local execution = executions.get(request.path.id)                   -- 400, 404
    local paused = pauses.request(execution)                            -- 409, 400; one winner
    local now = status.of(paused)
    return 200, {
      executionId       = paused.executionId,
      status            = now,
      message           = now == "PAUSED" and "the execution is paused" or "the execution pauses before its next wave",
      lastCompletedWave = waves.last_completed(waves.all(paused)),
    }
  end,
}
