-- Resume a paused execution.
local executions = require "lib.executions"
local lists      = require "lib.lists"
local resumes    = require "lib.resumes"
local json       = require "json"

return {
  route   = "POST /executions/{id}/resume",
  summary = "Resume a paused execution",
  roles   = { "operator", "admin" },
  aws     = {
    "dynamodb:Query", "dynamodb:GetItem", "dynamodb:UpdateItem",
    "states:SendTaskSuccess", "states:DescribeExecution", "states:GetExecutionHistory",
  },

  handle = function(request)
    local execution = executions.get(request.path.id)                   -- 400, 404
    local claimed, token = resumes.claim(execution)                     -- 409 unless PAUSED; one winner
    if token then resumes.use(claimed, token) end                       -- 409 when Step Functions refuses the token
    return 200, {
      executionId = claimed.executionId,
      status      = token and "RESUMING" or "RUNNING",
      message     = token and "the execution resumes" or "the pause is withdrawn",
      nextWave    = lists.given(claimed.pausedBeforeWave) or json.null,
    }
  end,
}
