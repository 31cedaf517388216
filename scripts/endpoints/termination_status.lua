-- How far the termination of an execution's instances is.
local executions       = require "lib.executions"
local lists            = require "lib.lists"
local query            = require "lib.query"
local termination_jobs = require "lib.termination_jobs"
local termination_view = require "lib.termination_view"

return {
  route   = "GET /executions/{id}/termination-status",
  summary = "Progress of an execution's termination",
  roles   = { "viewer", "operator", "admin" },
  aws     = {
    "dynamodb:Query", "dynamodb:GetItem", "dynamodb:UpdateItem", "drs:DescribeJobs", "drs:DescribeRecoveryInstances",
    "sts:AssumeRole",
  },

  handle = function(request)
    local execution = executions.get(request.path.id)                   -- 400, 404
    local chosen = termination_jobs.chosen(execution, query.text(request, "jobIds"))  -- 400: only this execution's own
    local rows = termination_jobs.rows(execution, chosen)               -- 502 when a region does not answer
    termination_jobs.note_end(execution, rows)                          -- written once, when nothing lives any more

    local answer = lists.merged(termination_jobs.summary(rows), termination_view.waiting(execution))
    answer.executionId = execution.executionId
    return 200, answer
  end,
}
