-- Network interfaces, as they are kept and shown: those that instances come with and those that are made alone. The parent of
-- one is the instance that it is attached to.

local attached = require "local_aws.ec2.attached"
local ids = require "local_aws.ids"
local json = require "json"
local names = require "local_aws.ec2.names"
local store = require "local_aws.ec2.store"
local subnets = require "local_aws.ec2.subnets"

local interfaces = {}

-- Keeps an interface. given: subnet, address= (nil: the next free one), groups= {{GroupId=, GroupName=}}, description=.
function interfaces.insert(call, given, tag_map)
  local id, subnet = ids.new "eni-", given.subnet
  local octets = ids.new(""):sub(1, 10):gsub("%x%x", "%0:"):sub(1, -2)
  return store.insert(call, "network-interface", {
    id = id, NetworkInterfaceId = id, SubnetId = subnet.SubnetId, VpcId = subnet.VpcId,
    AvailabilityZone = subnet.AvailabilityZone,
    PrivateIpAddress = given.address or subnets.next_address(call, subnet), Groups = given.groups,
    Description = given.description or "", SourceDestCheck = true, InterfaceType = given.type or "interface",
    MacAddress = "02:" .. octets, others = json.array(given.others or {}),
  }, tag_map)
end

-- Attaches it; at = epoch seconds.
function interfaces.attach(interface, instance_id, index, at, goes_with_it)
  interface.parent = instance_id
  interface.Attachment = {
    AttachmentId = ids.new "eni-attach-", InstanceId = instance_id, DeviceIndex = index, AttachTime = at, NetworkCardIndex = 0,
    DeleteOnTermination = goes_with_it, Status = "attached",
  }
end

-- An interface as its instance's life has left it; nil when it is not there.
function interfaces.settle(call, interface)
  return attached.settle(call, interface, interface.Attachment, function()
    interface.Attachment = nil
  end)
end

-- As DescribeNetworkInterfaces shows it.
function interfaces.show(call, interface)
  local address = interface.PrivateIpAddress
  local name = names.private(address, call.region)
  interface.OwnerId, interface.Status = call.account, interface.Attachment and "in-use" or "available"
  interface.PrivateDnsName, interface.RequesterManaged = name, false
  interface.Ipv6Addresses = json.array {}
  interface.PrivateIpAddresses = json.array { {
    Primary = true, PrivateIpAddress = address, PrivateDnsName = name, Association = interface.Association,
  } }
  for _, other in ipairs(interface.others or {}) do
    table.insert(interface.PrivateIpAddresses, { Primary = false, PrivateIpAddress = other,
      PrivateDnsName = names.private(other, call.region) })
  end
  if interface.Attachment then
    interface.Attachment.InstanceOwnerId = call.account
  end
  interface.others = nil
  return interface
end

-- The interface with this id; raises when there is none.
function interfaces.need(call, id)
  return interfaces.settle(call, store.need(call, "network-interface", id)) or store.missing("network-interface", id)
end

return interfaces
