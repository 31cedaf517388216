-- An instance as DescribeInstances shows it, and the filters that look at that.

local filters = require "local_aws.ec2.filters"
local ids = require "local_aws.ids"
local interfaces = require "local_aws.ec2.interfaces"
local json = require "json"
local names = require "local_aws.ec2.names"
local state = require "local_aws.ec2.state"
local store = require "local_aws.ec2.store"
local time = require "time"

local instance_view = {}

-- {Code=16, Name="running"}
function instance_view.state(name)
  return { Code = state.CODES[name], Name = name }
end

local REASONS = {
  stopped = { "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown" },
  stopping = { "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown" },
  terminated = { "Client.UserInitiatedShutdown", "Client.UserInitiatedShutdown: User initiated shutdown" },
}

-- The public address of an interface, without whose it is.
local function association(given)
  return given and { PublicIp = given.PublicIp, PublicDnsName = given.PublicDnsName, IpOwnerId = given.IpOwnerId }
end

-- An interface as an instance shows it: the same members but a few.
local function network(call, instance)
  local list = json.array {}
  for index, interface in ipairs(store.children(call, "network-interface", instance.id)) do
    local shown = interfaces.show(call, interface)
    for _, name in ipairs { "id", "number", "parent", "AvailabilityZone", "RequesterManaged" } do
      shown[name] = nil
    end
    shown.Attachment.InstanceId, shown.Attachment.InstanceOwnerId = nil, nil
    shown.Association = association(shown.Association)
    shown.PrivateIpAddresses[1].Association = shown.Association
    list[index] = shown
  end
  table.sort(list, function(a, b)
    return a.Attachment.DeviceIndex < b.Attachment.DeviceIndex
  end)
  return list
end

local function block_devices(call, instance)
  local list = json.array {}
  for index, volume in ipairs(store.children(call, "volume", instance.id)) do
    local attachment = volume.Attachments[1]
    list[index] = { DeviceName = attachment.Device, Ebs = {
      AttachTime = attachment.AttachTime, DeleteOnTermination = attachment.DeleteOnTermination, Status = "attached",
      VolumeId = volume.VolumeId,
    } }
  end
  return list
end

-- What an instance takes from its first interface.
local function add_addresses(described, first, region)
  local public = first.Association and first.Association.PublicIp
  described.PrivateIpAddress, described.PrivateDnsName = first.PrivateIpAddress, first.PrivateDnsName
  described.SubnetId, described.VpcId, described.SourceDestCheck = first.SubnetId, first.VpcId, first.SourceDestCheck
  described.SecurityGroups = first.Groups
  described.PublicIpAddress, described.PublicDnsName = public, public and names.public(public, region) or ""
end

-- https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/instancedata-data-categories.html and the console's defaults.
local function metadata_options(definition)
  local given = definition.metadataOptions or {}
  return {
    State = "applied", HttpTokens = given.HttpTokens or "optional", HttpEndpoint = given.HttpEndpoint or "enabled",
    HttpPutResponseHopLimit = given.HttpPutResponseHopLimit or 1, HttpProtocolIpv6 = given.HttpProtocolIpv6 or "disabled",
    InstanceMetadataTags = given.InstanceMetadataTags or "disabled",
  }
end
instance_view.metadata_options = metadata_options

-- An instance (instances.find) as EC2 describes it. `owner` and `reservation` are for the filters: take them out before it is
-- answered.
function instance_view.describe(call, instance, tag_list)
  local definition, is_gone = instance.definition, instance.state == "terminated"
  local reason = REASONS[instance.state]
  local described = {
    InstanceId = instance.id, ImageId = definition.imageId, InstanceType = definition.instanceType,
    State = instance_view.state(instance.state), LaunchTime = instance.launched_us // 1000000,
    AmiLaunchIndex = definition.launchIndex or 0, Architecture = definition.architecture or "x86_64", Hypervisor = "xen",
    VirtualizationType = "hvm", RootDeviceType = "ebs", RootDeviceName = definition.rootDeviceName or "/dev/sda1",
    EnaSupport = true, EbsOptimized = definition.ebsOptimized == true, KeyName = definition.keyName,
    Monitoring = { State = definition.monitoring and "enabled" or "disabled" },
    Placement = { AvailabilityZone = definition.zone, Tenancy = definition.tenancy or "default", GroupName = "" },
    Platform = definition.platform == "windows" and "windows" or nil,
    PlatformDetails = definition.platform == "windows" and "Windows" or "Linux/UNIX", UsageOperation = "RunInstances",
    Tags = tag_list[1] and tag_list, StateTransitionReason = reason and "User initiated" or "", ProductCodes = {},
    ClientToken = definition.clientToken or "", MetadataOptions = metadata_options(definition),
    BlockDeviceMappings = is_gone and {} or block_devices(call, instance),
    NetworkInterfaces = is_gone and {} or network(call, instance), SecurityGroups = {},
    StateReason = reason and { Code = reason[1], Message = reason[2] } or nil,
    IamInstanceProfile = definition.profile and { Arn = definition.profile, Id = ids.derived("AIPA",
      definition.profile):upper() }
      or nil,
    owner = call.account, reservation = definition.reservationId,
  }
  if described.NetworkInterfaces[1] then
    add_addresses(described, described.NetworkInterfaces[1], call.region)
  end
  return described
end

local FIELDS = {
  ["instance-id"] = "InstanceId", ["instance-type"] = "InstanceType", ["instance-state-name"] = "State.Name",
  ["instance-state-code"] = "State.Code", ["private-ip-address"] = "PrivateIpAddress", ["private-dns-name"] = "PrivateDnsName",
  ["vpc-id"] = "VpcId", ["subnet-id"] = "SubnetId", ["availability-zone"] = "Placement.AvailabilityZone",
  ["image-id"] = "ImageId", ["key-name"] = "KeyName", platform = "Platform", architecture = "Architecture",
  ["root-device-type"] = "RootDeviceType", tenancy = "Placement.Tenancy", ["reservation-id"] = "reservation",
  ["owner-id"] = "owner", ["ip-address"] = "PublicIpAddress", ["dns-name"] = "PublicDnsName", hypervisor = "Hypervisor",
  ["platform-details"] = "PlatformDetails", ["root-device-name"] = "RootDeviceName", ["client-token"] = "ClientToken",
  ["iam-instance-profile.arn"] = "IamInstanceProfile.Arn", ["instance.group-id"] = "SecurityGroups.GroupId",
  ["instance.group-name"] = "SecurityGroups.GroupName", ["group-id"] = "SecurityGroups.GroupId",
  ["group-name"] = "SecurityGroups.GroupName", ["monitoring-state"] = "Monitoring.State", ["launch-index"] = "AmiLaunchIndex",
  ["source-dest-check"] = "SourceDestCheck", ["state-reason-code"] = "StateReason.Code",
  ["virtualization-type"] = "VirtualizationType", ["block-device-mapping.device-name"] = "BlockDeviceMappings.DeviceName",
  ["block-device-mapping.volume-id"] = "BlockDeviceMappings.Ebs.VolumeId",
  ["block-device-mapping.status"] = "BlockDeviceMappings.Ebs.Status",
  ["block-device-mapping.delete-on-termination"] = "BlockDeviceMappings.Ebs.DeleteOnTermination",
  ["network-interface.private-ip-address"] = "NetworkInterfaces.PrivateIpAddress",
  ["network-interface.addresses.private-ip-address"] = "NetworkInterfaces.PrivateIpAddresses.PrivateIpAddress",
  ["network-interface.network-interface-id"] = "NetworkInterfaces.NetworkInterfaceId",
  ["network-interface.subnet-id"] = "NetworkInterfaces.SubnetId", ["network-interface.vpc-id"] = "NetworkInterfaces.VpcId",
  ["network-interface.group-id"] = "NetworkInterfaces.Groups.GroupId",
  ["association.public-ip"] = "NetworkInterfaces.Association.PublicIp",
  ["network-interface.association.public-ip"] = "NetworkInterfaces.Association.PublicIp",
  ["metadata-options.http-tokens"] = "MetadataOptions.HttpTokens",
  ["state-reason-message"] = "StateReason.Message", ["launch-time"] = function(item)
    return { time.iso8601(item.LaunchTime, "ms") }
  end,
}

-- The reader of a filter, nil for an unknown name.
instance_view.field = filters.fields(FIELDS)

return instance_view
