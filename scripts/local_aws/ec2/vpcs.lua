-- VPCs.

local cidr = require "local_aws.ec2.cidr"
local fault = require "local_aws.fault"
local ids = require "local_aws.ids"
local json = require "json"
local route_tables = require "local_aws.ec2.route_tables"
local security_groups = require "local_aws.ec2.security_groups"
local store = require "local_aws.ec2.store"
local tags = require "local_aws.ec2.tags"

local operations = {}

-- Attributes that only DescribeVpcAttribute shows -> what they are at first; the default VPC has host names.
local ATTRIBUTES = { EnableDnsSupport = "enableDnsSupport", EnableDnsHostnames = "enableDnsHostnames",
  EnableNetworkAddressUsageMetrics = "enableNetworkAddressUsageMetrics" }

local function show(call, vpc)
  vpc.State, vpc.OwnerId, vpc.DhcpOptionsId = "available", call.account, "default"
  vpc.attributes = nil
  vpc.CidrBlockAssociationSet = json.array { {
    AssociationId = vpc.VpcId:gsub("^vpc", "vpc-cidr-assoc"), CidrBlock = vpc.CidrBlock,
    CidrBlockState = { State = "associated" },
  } }
  return vpc
end

function operations.CreateVpc(call)
  local input = call.input
  if not input.CidrBlock then
    fault.raise("MissingParameter", "The request must contain the parameter cidrBlock")
  elseif input.AmazonProvidedIpv6CidrBlock then
    fault.raise("UnsupportedOperation", "The local AWS has no IPv6 networks.")
  end
  local block = cidr.parse(input.CidrBlock, "cidrBlock")
  if block.bits < 16 or block.bits > 28 then
    fault.raise("InvalidVpc.Range", ("The CIDR '%s' is invalid."):format(input.CidrBlock))
  end
  local id = ids.new "vpc-"
  local vpc = store.insert(call, "vpc", {
    id = id, VpcId = id, CidrBlock = cidr.text(block), IsDefault = false, InstanceTenancy = input.InstanceTenancy or "default",
  }, tags.from_specifications(input.TagSpecifications, "vpc"))
  route_tables.insert_main(call, vpc)
  security_groups.insert_default(call, id)
  local shown = show(call, store.shown(call, vpc))
  shown.State = "pending"
  return { Vpc = shown }
end

-- What has to go before a VPC can, its own parts excepted.
local function refuse_in_use(call, vpc)
  local in_use = store.where(call, "subnet", "VpcId", vpc.VpcId)[1] or #store.where(call, "security-group", "VpcId",
    vpc.VpcId) > 1
    or #store.where(call, "route-table", "VpcId", vpc.VpcId) > 1
  for _, gateway in ipairs(store.all(call, "internet-gateway")) do
    in_use = in_use or gateway.Attachments[1] and gateway.Attachments[1].VpcId == vpc.VpcId
  end
  if in_use then
    fault.raise("DependencyViolation", ("The vpc '%s' has dependencies and cannot be deleted."):format(vpc.VpcId))
  end
end

function operations.DeleteVpc(call)
  local vpc = store.need(call, "vpc", call.input.VpcId)
  refuse_in_use(call, vpc)
  for _, kind in ipairs { "security-group", "route-table" } do
    for _, part in ipairs(store.where(call, kind, "VpcId", vpc.VpcId)) do
      store.remove(call, part)
    end
  end
  store.remove(call, vpc)
end

local FIELDS = {
  ["vpc-id"] = "VpcId", cidr = "CidrBlock", ["cidr-block-association.cidr-block"] = "CidrBlockAssociationSet.CidrBlock",
  ["cidr-block-association.association-id"] = "CidrBlockAssociationSet.AssociationId", state = "State",
  ["owner-id"] = "OwnerId",
  ["cidr-block-association.state"] = "CidrBlockAssociationSet.CidrBlockState.State", ["is-default"] = "IsDefault",
  isDefault = "IsDefault", ["dhcp-options-id"] = "DhcpOptionsId",
}

function operations.DescribeVpcs(call)
  local list, token = store.describe(call, "vpc", call.input.VpcIds, FIELDS, function(vpc)
    return show(call, vpc)
  end)
  return { Vpcs = list, NextToken = token }
end

local function attribute(vpc, name)
  local kept = vpc.attributes and vpc.attributes[name]
  if kept ~= nil then
    return kept
  end
  return name == "EnableDnsSupport" or name == "EnableDnsHostnames" and vpc.IsDefault
end

function operations.DescribeVpcAttribute(call)
  local vpc = store.need(call, "vpc", call.input.VpcId)
  for name, wire_name in pairs(ATTRIBUTES) do
    if call.input.Attribute == wire_name then
      return { VpcId = vpc.VpcId, [name] = { Value = attribute(vpc, name) } }
    end
  end
end

function operations.ModifyVpcAttribute(call)
  local vpc = store.need(call, "vpc", call.input.VpcId)
  vpc.attributes = vpc.attributes or json.object {}
  for name in pairs(ATTRIBUTES) do
    local given = call.input[name]
    if given then
      vpc.attributes[name] = given.Value
    end
  end
  store.save(call, vpc)
end

return { operations = operations }
