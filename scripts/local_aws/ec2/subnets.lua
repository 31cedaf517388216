-- Subnets of VPCs, and the addresses in them.

local attached = require "local_aws.ec2.attached"
local cidr = require "local_aws.ec2.cidr"
local fault = require "local_aws.fault"
local ids = require "local_aws.ids"
local json = require "json"
local regions = require "local_aws.ec2.regions"
local store = require "local_aws.ec2.store"
local tags = require "local_aws.ec2.tags"

local subnets = {}

-- AWS keeps the first four addresses of a subnet and the last one for itself.
local RESERVED_FIRST, RESERVED = 4, 5

-- A private address of the subnet that nobody has yet.
function subnets.next_address(call, subnet)
  local block = cidr.parse(subnet.CidrBlock, "cidrBlock")
  local room = cidr.size(block) - RESERVED
  for _ = 1, room do
    local number = call.world.clock.next("ip/" .. call.account .. "/" .. subnet.SubnetId) - 1
    local address = cidr.address(block, RESERVED_FIRST + number % room)
    if number < room or not store.where(call, "network-interface", "PrivateIpAddress", address)[1] then
      return address
    end
  end
  fault.raise("InsufficientFreeAddressesInSubnet", ("There are not enough free addresses in subnet '%s' to satisfy the "
    .. "requested number of instances."):format(subnet.SubnetId))
end

-- An address that somebody asks for: in the subnet, and free.
function subnets.check_address(call, subnet, address)
  if not cidr.holds(cidr.parse(subnet.CidrBlock, "cidrBlock"), address) then
    fault.raise("InvalidParameterValue", ("Address %s does not fall within the subnet's address range"):format(address))
  end
  for _, interface in ipairs(store.where(call, "network-interface", "PrivateIpAddress", address)) do
    if interface.SubnetId == subnet.SubnetId then
      fault.raise("InvalidIPAddress.InUse", ("Address %s is in use."):format(address))
    end
  end
  return address
end

-- How many interfaces there are in it.
local function used(call, subnet_id)
  local count = 0
  for _, interface in ipairs(store.where(call, "network-interface", "SubnetId", subnet_id)) do
    local lives = attached.settle(call, interface, interface.Attachment, function()
      interface.Attachment = nil
    end)
    count = count + (lives and 1 + #interface.others or 0)
  end
  return count
end

local function show(call, subnet)
  local id = subnet.SubnetId
  subnet.SubnetArn = ("arn:aws:ec2:%s:%s:subnet/%s"):format(call.region, call.account, id)
  subnet.State, subnet.OwnerId, subnet.AssignIpv6AddressOnCreation = "available", call.account, false
  subnet.AvailabilityZoneId = regions.zone_id(subnet.AvailabilityZone)
  subnet.Ipv6Native, subnet.EnableDns64 = false, false
  local names = subnet.names or {}
  subnet.PrivateDnsNameOptionsOnLaunch = { HostnameType = names.type or "ip-name",
    EnableResourceNameDnsARecord = names.a == true,
    EnableResourceNameDnsAAAARecord = names.aaaa == true }
  subnet.names = nil
  subnet.Ipv6CidrBlockAssociationSet, subnet.MapCustomerOwnedIpOnLaunch = json.array {}, false
  subnet.AvailableIpAddressCount = cidr.size(cidr.parse(subnet.CidrBlock, "cidrBlock")) - RESERVED
    - used(call, id)
  return subnet
end

local function check_block(call, vpc, block, text)
  if not cidr.contains(cidr.parse(vpc.CidrBlock, "cidrBlock"), block) or block.bits > 28 then
    fault.raise("InvalidSubnet.Range", ("The CIDR '%s' is invalid."):format(text))
  end
  for _, other in ipairs(store.where(call, "subnet", "VpcId", vpc.VpcId)) do
    if cidr.overlap(cidr.parse(other.CidrBlock, "cidrBlock"), block) then
      fault.raise("InvalidSubnet.Conflict", ("The CIDR '%s' conflicts with another subnet"):format(text))
    end
  end
end

local function check_zone(call, zone)
  if not zone:find("^" .. call.region:gsub("%-", "%%-") .. "[abc]$") then
    fault.raise("InvalidParameterValue",
      ("Value (%s) for parameter availabilityZone is invalid. Subnets can currently only be created in the following "
        .. "availability zones: %sa, %sb, %sc."):format(zone, call.region, call.region, call.region))
  end
  return zone
end

-- IPv6 is not here, and nobody should believe it were.
local function check_family(input)
  if input.Ipv6Native and not input.Ipv6CidrBlock then
    fault.raise("MissingParameter", "Either 'ipv6CidrBlock' or 'ipv6IpamPoolId' should be provided.")
  elseif input.Ipv6Native and input.CidrBlock then
    fault.raise("InvalidParameterCombination",
      "When specifying ipv4 parameters, cidrBlock or ipv4IpamPoolId, you cannot set ipv6Native to true.")
  elseif input.Ipv6CidrBlock then
    fault.raise("UnsupportedOperation", "The local AWS has no IPv6 networks.")
  elseif not input.CidrBlock then
    fault.raise("MissingParameter", "Either 'cidrBlock' or 'ipv6CidrBlock' should be provided.")
  end
end

local operations = {}

function operations.CreateSubnet(call)
  local input = call.input
  local vpc = store.need(call, "vpc", input.VpcId)
  check_family(input)
  local block = cidr.parse(input.CidrBlock, "cidrBlock")
  check_block(call, vpc, block, input.CidrBlock)
  local id = ids.new "subnet-"
  return { Subnet = show(call, store.shown(call, store.insert(call, "subnet", {
    id = id, SubnetId = id, VpcId = vpc.VpcId, CidrBlock = cidr.text(block), DefaultForAz = false, MapPublicIpOnLaunch = false,
    AvailabilityZone = check_zone(call, input.AvailabilityZone or call.region .. "a"),
  }, tags.from_specifications(input.TagSpecifications, "subnet")))) }
end

function operations.DeleteSubnet(call)
  local subnet = store.need(call, "subnet", call.input.SubnetId)
  if used(call, subnet.SubnetId) > 0 then
    fault.raise("DependencyViolation", ("The subnet '%s' has dependencies and cannot be deleted."):format(subnet.SubnetId))
  end
  store.remove(call, subnet)
end

function operations.ModifySubnetAttribute(call)
  local subnet = store.need(call, "subnet", call.input.SubnetId)
  local input, names = call.input, subnet.names or {}
  if input.MapPublicIpOnLaunch then
    subnet.MapPublicIpOnLaunch = input.MapPublicIpOnLaunch.Value
  end
  if input.EnableResourceNameDnsARecordOnLaunch then
    names.a = input.EnableResourceNameDnsARecordOnLaunch.Value
  end
  if input.EnableResourceNameDnsAAAARecordOnLaunch then
    names.aaaa = input.EnableResourceNameDnsAAAARecordOnLaunch.Value
  end
  names.type = input.PrivateDnsHostnameTypeOnLaunch or names.type
  subnet.names = json.object(names)
  store.save(call, subnet)
end

local FIELDS = {
  ["subnet-id"] = "SubnetId", ["vpc-id"] = "VpcId", ["availability-zone"] = "AvailabilityZone", ["subnet-arn"] = "SubnetArn",
  availabilityZone = "AvailabilityZone", ["availability-zone-id"] = "AvailabilityZoneId", ["cidr-block"] = "CidrBlock",
  cidr = "CidrBlock", cidrBlock = "CidrBlock", state = "State", ["default-for-az"] = "DefaultForAz",
  defaultForAz = "DefaultForAz", ["owner-id"] = "OwnerId", ["map-public-ip-on-launch"] = "MapPublicIpOnLaunch",
  ["available-ip-address-count"] = "AvailableIpAddressCount",
}

function operations.DescribeSubnets(call)
  local list, token = store.describe(call, "subnet", call.input.SubnetIds, FIELDS, function(subnet)
    return show(call, subnet)
  end)
  return { Subnets = list, NextToken = token }
end

subnets.operations = operations

return subnets
