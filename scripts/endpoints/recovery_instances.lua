-- The recovery instances that an execution's jobs made.
local executions = require "lib.executions"
local instances  = require "lib.instances"

return {
  route   = "GET /executions/{id}/recovery-instances",
  summary = "Recovery instances of an execution",
  roles   = { "viewer", "operator", "admin" },
  aws     = {
    "dynamodb:Query", "dynamodb:GetItem", "drs:DescribeRecoveryInstances", "drs:DescribeSourceServers",
    "ec2:DescribeInstances", "sts:AssumeRole",
  },

  handle = function(request)
    local execution = executions.get(request.path.id)                   -- 400, 404
    local found, warnings = instances.shown(execution)                  -- 502 when no region answers
    local message = ("%d recovery instances"):format(#found)
    if #warnings > 0 then message = message .. "; not everything could be asked, see warnings" end
    return 200, {
      executionId    = execution.executionId,
      instances      = found,
      totalInstances = #found,
      message        = message,
      warnings       = warnings,
    }
  end,
}
