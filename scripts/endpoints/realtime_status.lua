-- One execution, as Step Functions, DRS and EC2 see it at this moment. What they say is written back.
local executions = require "lib.executions"
local plans      = require "lib.plans"
local realtime   = require "lib.realtime"
local status     = require "lib.status"
local views      = require "lib.views"

return {
  route   = "GET /executions/{id}/realtime",
  summary = "Details of an execution, from AWS",
  roles   = { "viewer", "operator", "admin" },
  aws     = {
    "dynamodb:Query", "dynamodb:GetItem", "dynamodb:UpdateItem", "states:DescribeExecution", "drs:DescribeJobs",
    "drs:DescribeJobLogItems", "drs:DescribeRecoveryInstances", "drs:DescribeSourceServers", "ec2:DescribeInstances",
    "sts:AssumeRole",
  },

  handle = function(request)
    local execution = executions.get(request.path.id)                   -- 400, 404
    if status.is_terminal(execution) then
      return 200, views.detail(execution, plans.of(execution), "cached")
    end
    local current, seen = realtime.look(execution)                      -- regions side by side; what fails is a warning
    return 200, realtime.view(current, seen)
  end,
}
