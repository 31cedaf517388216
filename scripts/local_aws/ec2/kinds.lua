-- The kinds of things that ec2/store.lua keeps: the prefix of their ids, what their tags call them (ResourceType), and how EC2
-- says that one is not there, or that its id cannot be one. Codes:
-- https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html

local kinds = {
  vpc = { prefix = "vpc", code = "InvalidVpcID", malformed = "InvalidVpcId.Malformed",
    says = "The vpc ID '%s' does not exist" },
  subnet = { prefix = "subnet", code = "InvalidSubnetID", malformed = "InvalidSubnetId.Malformed",
    says = "The subnet ID '%s' does not exist" },
  ["security-group"] = { prefix = "sg", code = "InvalidGroup", malformed = "InvalidGroupId.Malformed",
    says = "The security group '%s' does not exist" },
  ["security-group-rule"] = {
    prefix = "sgr", code = "InvalidSecurityGroupRuleId", says = "The security group rule ID '%s' does not exist",
  },
  ["route-table"] = { prefix = "rtb", code = "InvalidRouteTableID", malformed = "InvalidRouteTableId.Malformed",
    says = "The routeTable ID '%s' does not exist" },
  ["internet-gateway"] = {
    prefix = "igw", code = "InvalidInternetGatewayID", says = "The internetGateway ID '%s' does not exist",
  },
  ["network-interface"] = {
    prefix = "eni", code = "InvalidNetworkInterfaceID", malformed = "InvalidNetworkInterfaceId.Malformed",
    says = "The networkInterface ID '%s' does not exist",
  },
  ["elastic-ip"] = { prefix = "eipalloc", code = "InvalidAllocationID", says = "The allocation ID '%s' does not exist" },
  ["key-pair"] = { prefix = "key", code = "InvalidKeyPair", says = "The key pair '%s' does not exist" },
  volume = { prefix = "vol", code = "InvalidVolume", malformed = "InvalidVolumeID.Malformed",
    says = "The volume '%s' does not exist." },
  snapshot = { prefix = "snap", code = "InvalidSnapshot", malformed = "InvalidSnapshotID.Malformed",
    says = "The snapshot '%s' does not exist." },
  image = { prefix = "ami", code = "InvalidAMIID", malformed = "InvalidAMIID.Malformed",
    says = "The image id '[%s]' does not exist" },
  ["prefix-list"] = { prefix = "pl", code = "InvalidPrefixListID", says = "The prefix list ID '%s' does not exist" },
  ["iam-instance-profile-association"] = {
    prefix = "iip-assoc", code = "InvalidAssociationID", says = "An invalid association-id of '%s' was given",
  },
}

-- What is kept elsewhere, for tags.
kinds.instance = { prefix = "i", code = "InvalidInstanceID", says = "The instance ID '%s' does not exist", elsewhere = true }
kinds["launch-template"] = {
  prefix = "lt", code = "InvalidLaunchTemplateId", says = "The launch template ID '%s' does not exist", elsewhere = true,
}

local by_prefix = {}
for name, kind in pairs(kinds) do
  kind.name = name
  by_prefix[kind.prefix] = kind
end

-- The kind that an id belongs to by its prefix, nil for none.
local function of_id(id)
  return by_prefix[id:match("^(.+)%-%x+$")]
end

return { by_name = kinds, of_id = of_id }
