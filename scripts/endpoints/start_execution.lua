-- Start an execution of a recovery plan: a drill, or the real recovery.
local checks   = require "lib.checks"
local plans    = require "lib.plans"
local snapshot = require "lib.snapshot"
local starts   = require "lib.starts"

return {
  route   = "POST /executions",
  summary = "Start an execution",
  roles   = { "operator", "admin" },
  aws     = {
    "dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem",
    "dynamodb:DeleteItem", "drs:DescribeSourceServers", "drs:DescribeJobs", "drs:DescribeRecoverySnapshots",
    "states:StartExecution", "states:DescribeExecution", "sts:AssumeRole",
  },

  handle = function(request)
    local order = starts.read(request)                                  -- 400 for each wrong field
    local earlier = starts.earlier(order)                               -- the same Idempotency-Key: the same execution
    if earlier then return 202, starts.answer(earlier) end

    local frozen, account = snapshot.take(plans.get(order.planId), order.accountContext)
    local start = checks.subject(order, frozen, account)
    if order.dryRun then return 200, starts.rehearsal(order, start) end

    checks.require_all(start)                                           -- 409, 429, 400, 403, or 502 if one cannot be made
    local execution, mine = starts.record(order, start)                 -- execution and claim, one transaction
    if mine then starts.launch(execution) end
    return 202, starts.answer(execution)
  end,
}
