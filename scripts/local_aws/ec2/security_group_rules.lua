-- The calls on the rules of security groups.

local fault = require "local_aws.fault"
local json = require "json"
local rules = require "local_aws.ec2.rules"
local security_groups = require "local_aws.ec2.security_groups"
local store = require "local_aws.ec2.store"

-- The permissions of a call, which may also come as members of its own (IpProtocol, CidrIp ...).
local function permissions(call)
  local input = call.input
  if input.IpPermissions and input.IpPermissions[1] then
    return input.IpPermissions
  elseif not input.IpProtocol and not input.SourceSecurityGroupName then
    fault.raise("MissingParameter", "The request must contain the parameter ipPermissions")
  end
  return { {
    IpProtocol = input.IpProtocol or "-1", FromPort = input.FromPort, ToPort = input.ToPort,
    IpRanges = input.CidrIp and { { CidrIp = input.CidrIp } } or nil,
    UserIdGroupPairs = input.SourceSecurityGroupName and { { GroupName = input.SourceSecurityGroupName } } or nil,
  } }
end

local function authorize(is_egress)
  return function(call)
    local group = security_groups.of_call(call)
    local added = rules.add(call, group, rules.split(call, group, permissions(call), is_egress), rules.tags(call))
    return { Return = true, SecurityGroupRules = added }
  end
end

local function by_ids(call, group, wanted)
  local list = {}
  for index, id in ipairs(wanted) do
    list[index] = store.need(call, "security-group-rule", id)
    if list[index].GroupId ~= group.GroupId then
      store.missing("security-group-rule", id)
    end
  end
  return list
end

local REVOKED = { "SecurityGroupRuleId", "GroupId", "IsEgress", "IpProtocol", "FromPort", "ToPort", "CidrIpv4", "CidrIpv6",
  "PrefixListId", "Description" }

local function revoke(is_egress)
  return function(call)
    local group, wanted = security_groups.of_call(call), call.input.SecurityGroupRuleIds
    local list = wanted and wanted[1] and by_ids(call, group, wanted)
      or rules.matching(call, group, rules.split(call, group, permissions(call), is_egress))
    local revoked = json.array {}
    for index, rule in ipairs(list) do
      local shown = { ReferencedGroupId = rule.ReferencedGroupInfo and rule.ReferencedGroupInfo.GroupId }
      for _, name in ipairs(REVOKED) do
        shown[name] = rule[name]
      end
      revoked[index] = shown
      store.remove(call, rule)
    end
    return { Return = true, RevokedSecurityGroupRules = revoked }
  end
end

-- New descriptions for rules that are there.
local function describe_anew(is_egress)
  return function(call)
    local group = security_groups.of_call(call)
    local asked = rules.split(call, group, permissions(call), is_egress)
    for index, rule in ipairs(rules.matching(call, group, asked)) do
      rule.Description = asked[index].Description
      store.save(call, rule)
    end
    return { Return = true }
  end
end

local operations = {
  AuthorizeSecurityGroupIngress = authorize(false), AuthorizeSecurityGroupEgress = authorize(true),
  RevokeSecurityGroupIngress = revoke(false), RevokeSecurityGroupEgress = revoke(true),
  UpdateSecurityGroupRuleDescriptionsIngress = describe_anew(false),
  UpdateSecurityGroupRuleDescriptionsEgress = describe_anew(true),
}

local SOURCES = { "CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupId" }

-- A rule is given as a whole, with one source.
local function check_update(given)
  local count = 0
  for _, name in ipairs(SOURCES) do
    count = count + (given[name] and 1 or 0)
  end
  if not given.IpProtocol then
    fault.raise("InvalidParameterValue",
      "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.")
  end
  rules.check_ports(given.IpProtocol, given.FromPort, given.ToPort)
  if count == 0 then
    fault.raise("MissingParameter",
      "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId")
  elseif count > 1 then
    fault.raise("InvalidParameterCombination",
      "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified")
  end
  return given
end

function operations.ModifySecurityGroupRules(call)
  local group = store.need(call, "security-group", call.input.GroupId)
  for _, update in ipairs(call.input.SecurityGroupRules) do
    local rule = by_ids(call, group, { update.SecurityGroupRuleId })[1]
    local given = check_update(update.SecurityGroupRule or {})
    for _, name in ipairs { "IpProtocol", "FromPort", "ToPort", "CidrIpv4", "CidrIpv6", "PrefixListId", "Description" } do
      rule[name] = given[name]
    end
    rule.ReferencedGroupInfo = given.ReferencedGroupId and { GroupId = given.ReferencedGroupId, UserId = call.account } or nil
    store.save(call, rule)
  end
  return { Return = true }
end

local FIELDS = { ["group-id"] = "GroupId", ["security-group-rule-id"] = "SecurityGroupRuleId" }

function operations.DescribeSecurityGroupRules(call)
  for _, filter in ipairs(call.input.Filters or {}) do
    for _, id in ipairs(filter.Name == "group-id" and filter.Values or {}) do
      if not id:find("^sg%-%x+$") then
        fault.raise("InvalidGroupId.Malformed", ("The security group ID '%s' is malformed"):format(id))
      end
    end
  end
  local list, token = store.describe(call, "security-group-rule", call.input.SecurityGroupRuleIds, FIELDS, function(rule)
    return rules.show(call, rule)
  end)
  return { SecurityGroupRules = list, NextToken = token }
end

return { operations = operations }
