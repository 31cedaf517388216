-- ARNs of recovery plans and what belongs to them. No page of AWS shows one whole. Plans and executions are resource types of
-- the service authorization reference (list_drs), with the ids that the API model's StrictDRSARN names: plan-xxx, st-xxx,
-- exec-xxx, step-xxx. Steps are no resource type; that theirs lie below their plan and execution is our choice.

local ids = require "local_aws.drs.ids"

local arns = {}

function arns.plan(row)
  return ids.arn(row.account, row.region, "recovery-plan", row.id)
end

function arns.plan_step(row)
  return ids.arn(row.account, row.region, "recovery-plan", row.plan .. "/step/" .. row.id)
end

function arns.execution(row)
  return ids.arn(row.account, row.region, "recovery-plan-execution", row.id)
end

function arns.plan_of_execution(row)
  return ids.arn(row.account, row.region, "recovery-plan", row.plan)
end

function arns.execution_step(row)
  return ids.arn(row.account, row.region, "recovery-plan-execution", row.execution .. "/step/" .. row.id)
end

-- The id at the end of an ARN.
function arns.id(arn)
  return arn:match("[^/]+$")
end

-- The id of the plan that this is the ARN of; what is no ARN of a plan in the call's account and region stays as it is, and is
-- the id of nothing.
function arns.plan_id(call, arn)
  local id = arns.id(arn)
  return arns.plan { account = call.account, region = call.region, id = id } == arn and id or arn
end

return arns
