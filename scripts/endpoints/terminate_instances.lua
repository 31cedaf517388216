-- Terminate the recovery instances of an execution that is over. What may be terminated: policies/termination.lua.
-- What a policy defers is kept until its time or an approval, given here too: { approve = true }, extendHours, withdraw.
local deferrals        = require "lib.deferrals"
local executions       = require "lib.executions"
local termination_view = require "lib.termination_view"
local terminations     = require "lib.terminations"
local verdicts         = require "lib.verdicts"

return {
  route    = "POST /executions/{id}/terminate-instances",
  summary  = "Terminate an execution's recovery instances",
  roles    = { "operator", "admin" },
  policies = { "termination" },
  aws      = {
    "dynamodb:Query", "dynamodb:GetItem", "dynamodb:UpdateItem", "drs:DescribeRecoveryInstances", "drs:DescribeJobs",
    "drs:TerminateRecoveryInstances", "sts:AssumeRole",
  },

  handle = function(request)
    local order = termination_view.read(request)                        -- 400 for a wrong field
    local execution = executions.get(request.path.id)                   -- 400, 404
    terminations.require_over(execution)                                -- 409
    execution = deferrals.apply(execution, order)                       -- approve, extend, withdraw; 409, 403
    if order.withdraw then return 200, termination_view.withdrawn(execution) end
    if order.of_deferred then order.only = deferrals.ids(execution) end

    local running = termination_view.running(execution)                 -- a termination is under way: that is the answer
    if running then return 200, running end
    local candidates = terminations.candidates(execution)               -- 502 unless every region answered
    if #candidates == 0 then return 200, termination_view.nothing(execution) end
    terminations.require_confirmation(execution, order, candidates)     -- 409 for a RECOVERY without its id

    local verdict = verdicts.judge(execution, order, candidates)        -- ours alone, then the policy
    execution = deferrals.record(execution, order, verdict)             -- what is deferred is kept before anything is done
    local batches = terminations.batches(verdict.allowed)
    if #batches == 0 then return 200, termination_view.answer(execution, verdict) end

    local written, mine, earlier = terminations.write_intent(execution, batches, order)
    if not mine then return 200, termination_view.under_way(written) end
    local after, jobs, failed = terminations.run(written, order, verdict, batches, earlier)
    return 200, termination_view.answer(after, verdict, jobs, failed)
  end,
}
