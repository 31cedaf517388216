-- Security groups. Their rules: ec2/rules.lua, and the calls on rules ec2/security_group_rules.lua.

local fault = require "local_aws.fault"
local ids = require "local_aws.ids"
local interfaces = require "local_aws.ec2.interfaces"
local json = require "json"
local rules = require "local_aws.ec2.rules"
local store = require "local_aws.ec2.store"
local tags = require "local_aws.ec2.tags"

local security_groups = {}

local EVERYWHERE = { IpProtocol = "-1", IpRanges = { { CidrIp = "0.0.0.0/0" } } }

local function insert(call, group, tag_map)
  group.id = ids.new "sg-"
  group.GroupId = group.id
  store.insert(call, "security-group", group, tag_map)
  rules.add(call, group, rules.split(call, group, { EVERYWHERE }, true))
  return group
end

-- The group that every VPC has, whose members may speak to each other.
function security_groups.insert_default(call, vpc_id)
  local group = insert(call, { GroupName = "default", Description = "default VPC security group", VpcId = vpc_id })
  rules.add(call, group, rules.split(call, group, { { IpProtocol = "-1", UserIdGroupPairs = { { GroupId = group.GroupId } } } },
    false))
end

-- {GroupId=, GroupName=} of these ids, or of the VPC's default group where none are given: what interfaces hold.
function security_groups.references(call, group_ids, vpc_id)
  local list = json.array {}
  for index, id in ipairs(group_ids or {}) do
    local group = store.need(call, "security-group", id)
    if group.VpcId ~= vpc_id then
      fault.raise("InvalidParameter", ("Security group %s and subnet belong to different networks."):format(id))
    end
    list[index] = { GroupId = group.GroupId, GroupName = group.GroupName }
  end
  if not list[1] and vpc_id then
    local group = rules.group_by_name(call, "default", vpc_id)
    list[1] = { GroupId = group.GroupId, GroupName = group.GroupName }
  end
  return list
end

-- The group that a call names by id or, as in the default VPC, by name.
function security_groups.of_call(call)
  local input = call.input
  if input.GroupId then
    return store.need(call, "security-group", input.GroupId)
  elseif input.GroupName then
    return rules.group_by_name(call, input.GroupName)
  end
  fault.raise("MissingParameter", "The request must contain the parameter groupName or groupId")
end

local function arn(call, id)
  return ("arn:aws:ec2:%s:%s:security-group/%s"):format(call.region, call.account, id)
end

local function show(call, group)
  group.OwnerId, group.SecurityGroupArn = call.account, arn(call, group.GroupId)
  group.IpPermissions, group.IpPermissionsEgress = rules.permissions(call, group.GroupId)
  return group
end

local function default_vpc(call)
  for _, vpc in ipairs(store.all(call, "vpc")) do
    if vpc.IsDefault then
      return vpc
    end
  end
  fault.raise("VPCIdNotSpecified", "No default VPC for this user")
end

local operations = {}

function operations.CreateSecurityGroup(call)
  local input = call.input
  local vpc = input.VpcId and store.need(call, "vpc", input.VpcId) or default_vpc(call)
  if input.Description == "" then
    fault.raise("MissingParameter", "The request must contain the parameter GroupDescription")
  elseif input.GroupName:find("^sg%-") then
    fault.raise("InvalidParameterValue", ("Value (%s) for parameter GroupName is invalid. Group names may not be in the format "
      .. "sg-*."):format(input.GroupName))
  end
  for _, other in ipairs(store.where(call, "security-group", "GroupName", input.GroupName)) do
    if other.VpcId == vpc.VpcId then
      fault.raise("InvalidGroup.Duplicate", ("The security group '%s' already exists for VPC '%s'"):format(input.GroupName,
        vpc.VpcId))
    end
  end
  local group = insert(call, { GroupName = input.GroupName, Description = input.Description, VpcId = vpc.VpcId },
    tags.from_specifications(input.TagSpecifications, "security-group"))
  return { GroupId = group.GroupId, SecurityGroupArn = arn(call, group.GroupId), Tags = store.tags(call, group.GroupId) }
end

-- Whoever uses a group keeps it: interfaces, and rules of other groups.
local function refuse_in_use(call, group)
  local in_use = false
  for _, interface in ipairs(store.where(call, "network-interface", "VpcId", group.VpcId)) do
    interface = interfaces.settle(call, interface)
    for _, held in ipairs(interface and interface.Groups or {}) do
      in_use = in_use or held.GroupId == group.GroupId
    end
  end
  for _, rule in ipairs(store.where(call, "security-group-rule", "ReferencedGroupInfo.GroupId", group.GroupId)) do
    in_use = in_use or rule.GroupId ~= group.GroupId
  end
  if in_use then
    fault.raise("DependencyViolation", ("resource %s has a dependent object"):format(group.GroupId))
  end
end

function operations.DeleteSecurityGroup(call)
  local group = security_groups.of_call(call)
  if group.GroupName == "default" then
    fault.raise("CannotDelete", ('the specified group: "%s" name: "default" cannot be deleted by a user'):format(group.GroupId))
  end
  refuse_in_use(call, group)
  for _, rule in ipairs(store.children(call, "security-group-rule", group.GroupId)) do
    store.remove(call, rule)
  end
  store.remove(call, group)
  return { Return = true, GroupId = group.GroupId }
end

local FIELDS = {
  ["group-id"] = "GroupId", ["group-name"] = "GroupName", description = "Description", ["vpc-id"] = "VpcId",
  ["owner-id"] = "OwnerId",
}
-- ip-permission.cidr ... and egress.ip-permission.cidr ...
for prefix, member in pairs { ["ip-permission"] = "IpPermissions", ["egress.ip-permission"] = "IpPermissionsEgress" } do
  for name, path in pairs {
    cidr = "IpRanges.CidrIp", ["from-port"] = "FromPort", ["to-port"] = "ToPort", protocol = "IpProtocol",
    ["group-id"] = "UserIdGroupPairs.GroupId", ["group-name"] = "UserIdGroupPairs.GroupName",
    ["user-id"] = "UserIdGroupPairs.UserId", ["ipv6-cidr"] = "Ipv6Ranges.CidrIpv6",
    ["prefix-list-id"] = "PrefixListIds.PrefixListId",
  } do
    FIELDS[prefix .. "." .. name] = member .. "." .. path
  end
end

function operations.DescribeSecurityGroups(call)
  local wanted = json.array { table.unpack(call.input.GroupIds or {}) }
  for _, name in ipairs(call.input.GroupNames or {}) do
    wanted[#wanted + 1] = rules.group_by_name(call, name).GroupId
  end
  local list, token = store.describe(call, "security-group", wanted, FIELDS, function(group)
    return show(call, group)
  end)
  return { SecurityGroups = list, NextToken = token }
end

security_groups.operations = operations

return security_groups
