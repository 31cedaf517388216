-- One execution, as the table has it.
local executions = require "lib.executions"
local plans      = require "lib.plans"
local views      = require "lib.views"

return {
  route   = "GET /executions/{id}",
  summary = "Details of an execution, from the table",
  roles   = { "viewer", "operator", "admin" },
  aws     = { "dynamodb:Query", "dynamodb:GetItem" },

  handle = function(request)
    local execution = executions.get(request.path.id)                   -- 400, 404
    return 200, views.detail(execution, plans.of(execution), "cached")
  end,
}
