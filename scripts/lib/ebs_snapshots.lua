-- EBS snapshots of an instance's volumes, for policies. A policy that uses this declares ec2:CreateSnapshots, ec2:CreateTags,
-- ec2:DescribeSnapshots and sts:AssumeRole.

local accounts = require "lib.accounts"
local json     = require "json"

local ebs_snapshots = {}

local TAG = "drsh:recovery-instance"

--- How the snapshots of this instance's volumes are: "completed", "pending" or "error"; begins them where there are none. Found
-- by their tag, so however often it is asked, they are made once.
function ebs_snapshots.of(instance, execution)
  local ec2 = accounts.client("ec2", instance.region, accounts.of(execution))
  local worst
  for snapshot in ec2:items("describe_snapshots", { OwnerIds = json.array { "self" }, Filters = json.array {
    { Name = "tag:" .. TAG, Values = json.array { instance.recoveryInstanceId } } } }) do
    if snapshot.State == "error" then return "error" end
    if snapshot.State ~= "completed" then worst = "pending" end
    worst = worst or "completed"
  end
  if worst then return worst end
  ec2:create_snapshots {
    Description = ("before the termination of %s, execution %s"):format(instance.recoveryInstanceId, execution.executionId),
    InstanceSpecification = { InstanceId = instance.instanceId },
    TagSpecifications = json.array { { ResourceType = "snapshot", Tags = json.array {
      { Key = TAG, Value = instance.recoveryInstanceId }, { Key = "drsh:execution", Value = execution.executionId } } } },
  }
  return "pending"
end

return ebs_snapshots
