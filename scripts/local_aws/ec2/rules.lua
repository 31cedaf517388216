-- The rules of security groups: kept one by one, each with an id, as DescribeSecurityGroupRules shows them; IpPermissions, the
-- older form, are made of them and split into them. A rule's parent is its group.

local fault = require "local_aws.fault"
local ids = require "local_aws.ids"
local json = require "json"
local store = require "local_aws.ec2.store"
local tags = require "local_aws.ec2.tags"

local rules = {}

local function source(rule)
  local group = rule.ReferencedGroupInfo
  return rule.CidrIpv4 or rule.CidrIpv6 or rule.PrefixListId or group and group.GroupId or ""
end

-- What a rule is about, to compare by.
local function key(rule)
  return ("%s %s %s %s %s"):format(rule.IsEgress, rule.IpProtocol, rule.FromPort, rule.ToPort, source(rule))
end

-- "TCP, from port: 22, to port: 22", as a refusal names it.
local function ports(rule)
  if rule.IpProtocol == "-1" then
    return "ALL"
  end
  return ("%s, from port: %s, to port: %s"):format(rule.IpProtocol:upper(), rule.FromPort, rule.ToPort)
end

local NUMBERS = { ["6"] = "tcp", ["17"] = "udp", ["1"] = "icmp", ["58"] = "icmpv6", all = "-1" }

-- The ports of a protocol as they are kept; raises when they do not fit it.
function rules.check_ports(protocol, from, to)
  if protocol == "-1" then
    return -1, -1
  elseif (protocol == "tcp" or protocol == "udp") and not (from and to) then
    fault.raise("InvalidParameterValue", "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.")
  elseif (protocol == "tcp" or protocol == "udp") and from > to then
    fault.raise("InvalidParameterValue", ("Invalid TCP/UDP port range (%d:%d)"):format(from, to))
  end
  return from, to
end

local function check_cidr(block)
  local a, b, c, d, bits = block:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)/(%d+)$"
  for _, part in ipairs { a or "256", b, c, d } do
    if tonumber(part) > 255 or tonumber(bits or 33) > 32 then
      fault.raise("InvalidParameterValue", ("CIDR block %s is malformed"):format(block))
    end
  end
  return block
end

-- The group that a pair means, by its id or, in the default VPC's manner, its name.
local function referenced(call, group, pair)
  if pair.UserId and pair.UserId ~= call.account then
    return { GroupId = pair.GroupId, UserId = pair.UserId }
  end
  local other = pair.GroupId and store.need(call, "security-group", pair.GroupId)
    or rules.group_by_name(call, pair.GroupName, group.VpcId)
  return { GroupId = other.GroupId, UserId = call.account }
end

-- The group of this name in the VPC (nil: in the default one).
function rules.group_by_name(call, name, vpc_id)
  for _, group in ipairs(store.where(call, "security-group", "GroupName", name or "")) do
    local vpc = not vpc_id and store.find(call, "vpc", group.VpcId)
    if group.VpcId == vpc_id or vpc and vpc.IsDefault then
      return group
    end
  end
  fault.raise("InvalidGroup.NotFound", ("The security group '%s' does not exist in default VPC"):format(name or ""))
end

-- IpPermissions -> a list of rules that are not kept yet.
function rules.split(call, group, permissions, is_egress)
  local list = {}
  for _, permission in ipairs(permissions or {}) do
    local protocol = permission.IpProtocol and (NUMBERS[permission.IpProtocol] or permission.IpProtocol:lower())
      or fault.raise("MissingParameter", "The request must contain the parameter ipProtocol")
    local from, to = rules.check_ports(protocol, permission.FromPort, permission.ToPort)
    local function add(given, member, value)
      list[#list + 1] = { IsEgress = is_egress, IpProtocol = protocol, FromPort = from, ToPort = to, [member] = value,
        Description = given.Description, GroupId = group.GroupId, VpcId = group.VpcId }
    end
    for _, range in ipairs(permission.IpRanges or {}) do add(range, "CidrIpv4", check_cidr(range.CidrIp)) end
    for _, range in ipairs(permission.Ipv6Ranges or {}) do add(range, "CidrIpv6", range.CidrIpv6) end
    for _, item in ipairs(permission.PrefixListIds or {}) do add(item, "PrefixListId", item.PrefixListId) end
    for _, pair in ipairs(permission.UserIdGroupPairs or {}) do
      add(pair, "ReferencedGroupInfo", referenced(call, group, pair))
    end
  end
  return list
end

-- https://docs.aws.amazon.com/vpc/latest/userguide/amazon-vpc-limits.html: rules a group and direction.
local MAX_RULES = 60

local function check_limit(kept, list)
  local count = #list
  for _, rule in ipairs(kept) do
    count = count + (list[1] and rule.IsEgress == list[1].IsEgress and 1 or 0)
  end
  if count > MAX_RULES then
    fault.raise("RulesPerSecurityGroupLimitExceeded", "The maximum number of rules per security group has been reached.")
  end
end

-- Keeps new rules; raises when one is there. Answers them as they are shown.
function rules.add(call, group, list, tag_map)
  local known, shown = {}, json.array {}
  local kept = store.children(call, "security-group-rule", group.GroupId)
  check_limit(kept, list)
  for _, rule in ipairs(kept) do
    known[key(rule)] = true
  end
  for index, rule in ipairs(list) do
    if known[key(rule)] then
      fault.raise("InvalidPermission.Duplicate", ('the specified rule "peer: %s, %s, ALLOW" already exists'):format(
        source(rule), ports(rule)))
    end
    known[key(rule)] = true
    rule.id, rule.parent = ids.new "sgr-", group.GroupId
    rule.SecurityGroupRuleId = rule.id
    store.insert(call, "security-group-rule", rule, tag_map)
    shown[index] = rules.show(call, store.shown(call, rule))
  end
  return shown
end

-- A rule as it is shown.
function rules.show(call, rule)
  rule.VpcId, rule.GroupOwnerId = nil, call.account
  rule.SecurityGroupRuleArn = ("arn:aws:ec2:%s:%s:security-group-rule/%s"):format(call.region, call.account,
    rule.SecurityGroupRuleId)
  return rule
end

-- The kept rules that are about the same as those of the list; raises when one is not there.
function rules.matching(call, group, list)
  local by_key, found = {}, {}
  for _, rule in ipairs(store.children(call, "security-group-rule", group.GroupId)) do
    by_key[key(rule)] = rule
  end
  for index, rule in ipairs(list) do
    found[index] = by_key[key(rule)] or fault.raise("InvalidPermission.NotFound",
      "The specified rule does not exist in this security group.")
  end
  return found
end

-- Adds a rule's source to an IpPermission.
local function join(permission, rule)
  local text = rule.Description
  if rule.CidrIpv4 then
    table.insert(permission.IpRanges, { CidrIp = rule.CidrIpv4, Description = text })
  elseif rule.CidrIpv6 then
    table.insert(permission.Ipv6Ranges, { CidrIpv6 = rule.CidrIpv6, Description = text })
  elseif rule.PrefixListId then
    table.insert(permission.PrefixListIds, { PrefixListId = rule.PrefixListId, Description = text })
  else
    local pair = rule.ReferencedGroupInfo
    table.insert(permission.UserIdGroupPairs, { GroupId = pair.GroupId, UserId = pair.UserId, Description = text })
  end
end

-- A group's IpPermissions and IpPermissionsEgress.
function rules.permissions(call, group_id)
  local lists, by_ports = { [false] = json.array {}, [true] = json.array {} }, {}
  for _, rule in ipairs(store.children(call, "security-group-rule", group_id)) do
    local of_all = rule.IpProtocol == "-1"
    local name = ("%s %s %s %s"):format(rule.IsEgress, rule.IpProtocol, rule.FromPort, rule.ToPort)
    if not by_ports[name] then
      by_ports[name] = {
        IpProtocol = rule.IpProtocol, FromPort = not of_all and rule.FromPort or nil, ToPort = not of_all and rule.ToPort
          or nil,
        IpRanges = json.array {}, Ipv6Ranges = json.array {}, PrefixListIds = json.array {}, UserIdGroupPairs = json.array {},
      }
      table.insert(lists[rule.IsEgress], by_ports[name])
    end
    join(by_ports[name], rule)
  end
  return lists[false], lists[true]
end

-- The tags that a call gives to new rules.
function rules.tags(call)
  return tags.from_specifications(call.input.TagSpecifications, "security-group-rule")
end

return rules
