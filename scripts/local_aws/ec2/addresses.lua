-- Elastic IP addresses: what a recovery moves from the machines that are gone to those that took their place.

local fault = require "local_aws.fault"
local ids = require "local_aws.ids"
local instances = require "local_aws.ec2.instances"
local interfaces = require "local_aws.ec2.interfaces"
local names = require "local_aws.ec2.names"
local public_addresses = require "local_aws.ec2.public_addresses"
local store = require "local_aws.ec2.store"
local tags = require "local_aws.ec2.tags"
local time = require "time"

-- More addresses than any account has.
local ALL = 1 << 31

local operations = {}

-- The address that a call means, by allocation or (the older form) by itself.
local function asked_for(call)
  local input = call.input
  if input.AllocationId then
    return store.need(call, "elastic-ip", input.AllocationId)
  elseif input.PublicIp then
    return store.where(call, "elastic-ip", "PublicIp", input.PublicIp)[1]
      or fault.raise("AuthFailure", ("The address '%s' does not belong to you."):format(input.PublicIp))
  end
  fault.raise("MissingParameter", "Either 'AllocationId' or 'PublicIp' must be provided.")
end

-- The interface that holds the address, nil when none does (any more).
local function holder(call, address)
  local interface = address.parent and store.find(call, "network-interface", address.parent)
  interface = interface and interfaces.settle(call, interface)
  return interface and interface.Association and interface.Association.AllocationId == address.AllocationId and interface or nil
end

local function release_hold(call, address)
  local interface = holder(call, address)
  if interface then
    interface.Association = nil
    store.save(call, interface)
  end
  address.parent = nil
  store.save(call, address)
end

local function show(call, address)
  local interface = holder(call, address)
  address.Domain, address.PublicIpv4Pool, address.NetworkBorderGroup = "vpc", "amazon", call.region
  if interface then
    address.AssociationId = interface.Association.AssociationId
    address.NetworkInterfaceId, address.NetworkInterfaceOwnerId = interface.id, call.account
    address.PrivateIpAddress, address.InstanceId = interface.PrivateIpAddress, interface.parent
  end
  return address
end

function operations.AllocateAddress(call)
  local id = ids.new "eipalloc-"
  local address = store.insert(call, "elastic-ip", { id = id, AllocationId = id, PublicIp = public_addresses.next(call.world) },
    tags.from_specifications(call.input.TagSpecifications, "elastic-ip"))
  return { AllocationId = id, PublicIp = address.PublicIp, Domain = "vpc", PublicIpv4Pool = "amazon",
    NetworkBorderGroup = call.region }
end

local function interface_of_call(call)
  local input = call.input
  if input.NetworkInterfaceId then
    return interfaces.need(call, input.NetworkInterfaceId)
  elseif input.InstanceId then
    local instance = instances.by_ids(call, { input.InstanceId }, time.now_us())[1]
    if instance.state ~= "running" and instance.state ~= "stopped" then
      fault.raise("InvalidInstanceID", ("The pending instance '%s' is not in a valid state for this operation."):format(
        instance.id))
    end
    return store.children(call, "network-interface", instance.id)[1]
  end
  fault.raise("MissingParameter", "Either instance ID or network interface id must be specified")
end

function operations.AssociateAddress(call)
  local address, input = asked_for(call), call.input
  local interface = interface_of_call(call)
  local held = holder(call, address)
  if held and held.id ~= interface.id and not input.AllowReassociation then
    fault.raise("Resource.AlreadyAssociated", ("resource %s is already associated with associate-id %s"):format(
      address.AllocationId, held.Association.AssociationId))
  end
  release_hold(call, address)
  interface.Association = {
    AssociationId = ids.new "eipassoc-", AllocationId = address.AllocationId, PublicIp = address.PublicIp,
    IpOwnerId = call.account, PublicDnsName = names.public(address.PublicIp, call.region),
  }
  store.save(call, interface)
  address.parent = interface.id
  store.save(call, address)
  return { AssociationId = interface.Association.AssociationId }
end

function operations.DisassociateAddress(call)
  local id = call.input.AssociationId
  if id then
    local interface = store.where(call, "network-interface", "Association.AssociationId", id)[1]
      or fault.raise("InvalidAssociationID.NotFound", ("The association ID '%s' does not exist"):format(id))
    return release_hold(call, store.need(call, "elastic-ip", interface.Association.AllocationId))
  end
  release_hold(call, asked_for(call))
end

function operations.ReleaseAddress(call)
  local address = asked_for(call)
  if holder(call, address) then
    fault.raise("InvalidIPAddress.InUse", ("Address %s is in use."):format(address.PublicIp))
  end
  store.remove(call, address)
end

local FIELDS = {
  ["allocation-id"] = "AllocationId", ["association-id"] = "AssociationId", ["public-ip"] = "PublicIp", domain = "Domain",
  ["instance-id"] = "InstanceId", ["network-interface-id"] = "NetworkInterfaceId",
  ["private-ip-address"] = "PrivateIpAddress", ["network-interface-owner-id"] = "NetworkInterfaceOwnerId",
  ["network-border-group"] = "NetworkBorderGroup",
}

function operations.DescribeAddresses(call)
  local wanted = {}
  for _, id in ipairs(call.input.AllocationIds or {}) do
    wanted[#wanted + 1] = id
  end
  for _, ip in ipairs(call.input.PublicIps or {}) do
    local address = store.where(call, "elastic-ip", "PublicIp", ip)[1]
      or fault.raise("InvalidAddress.NotFound", ("Address '%s' not found."):format(ip))
    wanted[#wanted + 1] = address.id
  end
  -- The call has no pages.
  call.input.MaxResults = ALL
  return { Addresses = store.describe(call, "elastic-ip", wanted, FIELDS, function(address)
    return show(call, address)
  end) }
end

return { operations = operations }
