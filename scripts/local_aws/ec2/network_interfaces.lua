-- The calls on network interfaces.

local fault = require "local_aws.fault"
local instances = require "local_aws.ec2.instances"
local interfaces = require "local_aws.ec2.interfaces"
local json = require "json"
local security_groups = require "local_aws.ec2.security_groups"
local store = require "local_aws.ec2.store"
local subnets = require "local_aws.ec2.subnets"
local tags = require "local_aws.ec2.tags"
local time = require "time"

local function with_tag_set(described)
  described.TagSet, described.Tags = described.Tags, nil
  return described
end

local operations = {}

function operations.CreateNetworkInterface(call)
  local input = call.input
  local subnet = store.need(call, "subnet", input.SubnetId)
  local address = input.PrivateIpAddress and subnets.check_address(call, subnet, input.PrivateIpAddress)
  local others = {}
  for _, given in ipairs(input.PrivateIpAddresses or {}) do
    if given.Primary then
      address = subnets.check_address(call, subnet, given.PrivateIpAddress)
    else
      others[#others + 1] = subnets.check_address(call, subnet, given.PrivateIpAddress)
    end
  end
  for _ = 1, input.SecondaryPrivateIpAddressCount or 0 do
    others[#others + 1] = subnets.next_address(call, subnet)
  end
  local interface = interfaces.insert(call, {
    subnet = subnet, address = address, groups = security_groups.references(call, input.Groups, subnet.VpcId),
    description = input.Description, others = others,
  }, tags.from_specifications(input.TagSpecifications, "network-interface"))
  local shown = with_tag_set(interfaces.show(call, store.shown(call, interface)))
  shown.Status = "pending"
  return { NetworkInterface = shown }
end

function operations.DeleteNetworkInterface(call)
  local interface = interfaces.need(call, call.input.NetworkInterfaceId)
  if interface.Attachment then
    fault.raise("InvalidParameterValue", ("Network interface '%s' is currently in use."):format(interface.id))
  end
  store.remove(call, interface)
end

function operations.AttachNetworkInterface(call)
  local input, now = call.input, time.now_us()
  local interface = interfaces.need(call, input.NetworkInterfaceId)
  local instance = instances.by_ids(call, { input.InstanceId }, now)[1]
  if interface.Attachment then
    fault.raise("InvalidParameterValue", ("Interface: [%s] in use."):format(interface.id))
  end
  for _, other in ipairs(store.children(call, "network-interface", instance.id)) do
    if other.Attachment.DeviceIndex == input.DeviceIndex then
      fault.raise("InvalidParameterValue", ("Instance '%s' already has an interface attached at device index '%d'."):format(
        instance.id, input.DeviceIndex))
    end
  end
  interfaces.attach(interface, instance.id, input.DeviceIndex, now // 1000000, false)
  store.save(call, interface)
  return { AttachmentId = interface.Attachment.AttachmentId, NetworkCardIndex = 0 }
end

function operations.DetachNetworkInterface(call)
  local interface = store.where(call, "network-interface", "Attachment.AttachmentId", call.input.AttachmentId)[1]
    or fault.raise("InvalidAttachmentID.NotFound", ("The attachment '%s' does not exist."):format(call.input.AttachmentId))
  if interface.Attachment.DeviceIndex == 0 then
    fault.raise("OperationNotPermitted", "The network interface at device index 0 cannot be detached.")
  end
  interface.Attachment, interface.parent = nil, nil
  store.save(call, interface)
end

function operations.ModifyNetworkInterfaceAttribute(call)
  local input = call.input
  local interface = interfaces.need(call, input.NetworkInterfaceId)
  if input.Groups and input.Groups[1] then
    interface.Groups = security_groups.references(call, input.Groups, interface.VpcId)
  elseif input.SourceDestCheck then
    interface.SourceDestCheck = input.SourceDestCheck.Value
  elseif input.Description then
    interface.Description = input.Description.Value
  elseif input.Attachment and interface.Attachment then
    interface.Attachment.DeleteOnTermination = input.Attachment.DeleteOnTermination
  end
  store.save(call, interface)
end

function operations.DescribeNetworkInterfaceAttribute(call)
  local interface, asked = interfaces.need(call, call.input.NetworkInterfaceId), call.input.Attribute
  local shown = interfaces.show(call, store.shown(call, interface))
  return {
    NetworkInterfaceId = shown.NetworkInterfaceId, Groups = asked == "groupSet" and shown.Groups or nil,
    Description = asked == "description" and { Value = shown.Description } or nil,
    SourceDestCheck = asked == "sourceDestCheck" and { Value = shown.SourceDestCheck } or nil,
    Attachment = asked == "attachment" and shown.Attachment or nil,
  }
end

function operations.AssignPrivateIpAddresses(call)
  local input = call.input
  local interface = interfaces.need(call, input.NetworkInterfaceId)
  local subnet, assigned = store.need(call, "subnet", interface.SubnetId), json.array {}
  local function add(address)
    table.insert(interface.others, address)
    table.insert(assigned, { PrivateIpAddress = address })
  end
  for _, address in ipairs(input.PrivateIpAddresses or {}) do
    add(subnets.check_address(call, subnet, address))
  end
  for _ = 1, input.SecondaryPrivateIpAddressCount or 0 do
    add(subnets.next_address(call, subnet))
  end
  store.save(call, interface)
  return { NetworkInterfaceId = interface.id, AssignedPrivateIpAddresses = assigned }
end

function operations.UnassignPrivateIpAddresses(call)
  local interface = interfaces.need(call, call.input.NetworkInterfaceId)
  for _, address in ipairs(call.input.PrivateIpAddresses or {}) do
    local found
    for index, other in ipairs(interface.others) do
      found = found or other == address and index
    end
    if not found then
      fault.raise("InvalidParameterValue", ("Some of the specified addresses are not assigned to interface %s"):format(
        interface.id))
    end
    table.remove(interface.others, found)
  end
  store.save(call, interface)
end

local FIELDS = {
  ["network-interface-id"] = "NetworkInterfaceId", ["subnet-id"] = "SubnetId", ["vpc-id"] = "VpcId", status = "Status",
  description = "Description", ["group-id"] = "Groups.GroupId", ["group-name"] = "Groups.GroupName",
  ["private-ip-address"] = "PrivateIpAddress", ["addresses.private-ip-address"] = "PrivateIpAddresses.PrivateIpAddress",
  ["private-dns-name"] = "PrivateDnsName", ["mac-address"] = "MacAddress", ["owner-id"] = "OwnerId",
  ["availability-zone"] = "AvailabilityZone", ["attachment.instance-id"] = "Attachment.InstanceId",
  ["attachment.attachment-id"] = "Attachment.AttachmentId", ["attachment.device-index"] = "Attachment.DeviceIndex",
  ["attachment.status"] = "Attachment.Status", ["attachment.delete-on-termination"] = "Attachment.DeleteOnTermination",
  ["association.public-ip"] = "Association.PublicIp", ["association.allocation-id"] = "Association.AllocationId",
  ["association.association-id"] = "Association.AssociationId", ["addresses.association.public-ip"] = "Association.PublicIp",
  ["source-dest-check"] = "SourceDestCheck", ["interface-type"] = "InterfaceType",
}

function operations.DescribeNetworkInterfaces(call)
  local list, token = store.describe(call, "network-interface", call.input.NetworkInterfaceIds, FIELDS, function(interface)
    interface = interfaces.settle(call, interface)
    return interface and interfaces.show(call, interface)
  end)
  for _, described in ipairs(list) do
    with_tag_set(described)
  end
  return { NetworkInterfaces = list, NextToken = token }
end

return { operations = operations }
