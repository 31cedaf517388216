-- DRS does some of its work with the rights of who calls it: what the callers of StartRecovery and TerminateRecoveryInstances
-- need besides, as the service authorization reference lists it under "dependent actions" (list_drs). No script calls these.
local caller = {}

local START_READS = {
  "drs:ListTagsForResource", "ec2:DescribeAccountAttributes", "ec2:DescribeAvailabilityZones", "ec2:DescribeImages",
  "ec2:DescribeInstanceAttribute", "ec2:DescribeInstanceStatus", "ec2:DescribeInstanceTypes", "ec2:DescribeInstances",
  "ec2:DescribeLaunchTemplateVersions", "ec2:DescribeLaunchTemplates", "ec2:DescribeSecurityGroups", "ec2:DescribeSnapshots",
  "ec2:DescribeSubnets", "ec2:DescribeVolumes",
}

local START_WRITES = {
  "ec2:AttachVolume", "ec2:AuthorizeSecurityGroupEgress", "ec2:AuthorizeSecurityGroupIngress", "ec2:CreateLaunchTemplate",
  "ec2:CreateLaunchTemplateVersion", "ec2:CreateSnapshot", "ec2:CreateTags", "ec2:CreateVolume",
  "ec2:DeleteLaunchTemplateVersions", "ec2:DeleteSnapshot", "ec2:DeleteVolume", "ec2:DetachVolume",
  "ec2:ModifyInstanceAttribute", "ec2:ModifyLaunchTemplate", "ec2:RevokeSecurityGroupEgress", "ec2:RunInstances",
  "ec2:StartInstances", "ec2:StopInstances", "ec2:TerminateInstances",
}

-- EC2's changes are made by DRS and not by us: outside a call of a service these rights are worth nothing.
local VIA_SERVICE = { Bool = { ["aws:ViaAWSService"] = "true" } }

local NEEDS = {
  ["drs:StartRecovery"] = {
    { sid = "DrsActsAsCallerLaunchPermissionOnly", actions = { "drs:CreateRecoveryInstanceForDrs" },
      resources = { "arn:aws:drs:*:*:source-server/*" } },
    { sid = "DrsActsAsCallerLaunchReads", actions = START_READS, resources = { "*" } },
    { sid = "DrsActsAsCallerLaunchWrites", actions = START_WRITES, resources = { "*" }, condition = VIA_SERVICE },
    { sid = "DrsActsAsCallerLaunchPassRole", actions = { "iam:PassRole" },
      resources = { "arn:aws:iam::*:role/service-role/AWSElasticDisasterRecovery*" },
      condition = { StringEquals = { ["iam:PassedToService"] = "ec2.amazonaws.com" } } },
  },
  ["drs:TerminateRecoveryInstances"] = {
    { sid = "DrsActsAsCallerTerminateReads",
      actions = { "drs:DescribeSourceServers", "ec2:DescribeInstances", "ec2:DescribeVolumes" }, resources = { "*" } },
    { sid = "DrsActsAsCallerTerminateWrites", actions = { "ec2:DeleteVolume", "ec2:TerminateInstances" }, resources = { "*" },
      condition = VIA_SERVICE },
  },
}

--- The statements that a caller of this action needs besides: {sid, actions, resources, condition}.
function caller.needs(action)
  return NEEDS[action] or {}
end

return caller
