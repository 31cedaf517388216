-- Terminate the recovery instances of an execution that is over. What may be terminated: policies/termination.lua.
local executions       = require "lib.executions"
local termination_view = require "lib.termination_view"
local terminations     = require "lib.terminations"

return {
  route   = "POST /executions/{id}/terminate-instances",
  summary = "Terminate an execution's recovery instances",
  roles   = { "operator", "admin" },
  aws     = {
    "dynamodb:Query", "dynamodb:GetItem", "dynamodb:UpdateItem", "drs:DescribeRecoveryInstances", "drs:DescribeJobs",
    "drs:TerminateRecoveryInstances", "sts:AssumeRole",
  },

  handle = function(request)
    local order = termination_view.read(request)                        -- 400 for a wrong field
    local execution = executions.get(request.path.id)                   -- 400, 404
    terminations.require_over(execution)                                -- 409
    local running = termination_view.running(execution)                 -- a termination is under way: that is the answer
    if running then return 200, running end

    local candidates = terminations.candidates(execution)               -- 502 unless every region answered
    if #candidates == 0 then return 200, termination_view.nothing(execution, order) end
    terminations.require_confirmation(execution, order, candidates)     -- 409 for a RECOVERY without its id

    local verdict = terminations.judge(execution, order, candidates)    -- ours alone, then the policy
    local batches = terminations.batches(verdict.allowed)
    if order.dryRun then return 200, termination_view.rehearsal(execution, candidates, verdict, batches) end
    if #batches == 0 then return 200, termination_view.answer(execution, candidates, verdict) end

    local written, mine, earlier = terminations.write_intent(execution, batches, order)
    if not mine then return 200, termination_view.under_way(written) end
    local after, jobs, failed = terminations.run(written, batches, earlier)
    return 200, termination_view.answer(after, candidates, verdict, jobs, failed)
  end,
}
