-- An instance as DescribeInstances shows it, and the filters that look at that.

local filters = require "local_aws.ec2.filters"
local json = require "json"
local state = require "local_aws.ec2.state"
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

local function private_name(ip, region)
  local zone = region == "us-east-1" and "ec2.internal" or region .. ".compute.internal"
  return ("ip-%s.%s"):format(ip:gsub("%.", "-"), zone)
end

local function network(instance, account, region)
  local definition = instance.definition
  local ip = definition.privateIp
  return json.array { {
    NetworkInterfaceId = definition.eni, OwnerId = account, Status = "in-use", InterfaceType = "interface",
    SubnetId = definition.subnetId,
    VpcId = definition.vpcId, PrivateIpAddress = ip, PrivateDnsName = private_name(ip, region), SourceDestCheck = true,
    Groups = definition.securityGroups or {},
    PrivateIpAddresses = { { Primary = true, PrivateIpAddress = ip, PrivateDnsName = private_name(ip, region) } },
    Attachment = {
      AttachmentId = definition.eni:gsub("^eni%-", "eni-attach-"), AttachTime = instance.launched_us // 1000000,
      DeleteOnTermination = true, DeviceIndex = 0, Status = "attached",
    },
  } }
end

local function block_devices(instance)
  local list = json.array {}
  for index, volume in ipairs(instance.definition.volumes or {}) do
    list[index] = { DeviceName = volume.deviceName, Ebs = {
      AttachTime = instance.launched_us // 1000000, DeleteOnTermination = true, Status = "attached", VolumeId = volume.volumeId,
    } }
  end
  return list
end

-- An instance (instances.find) as EC2 describes it. `owner` and `reservation` are for the filters: take them out before it is
-- answered.
function instance_view.describe(instance, account, region, tag_list)
  local definition = instance.definition
  local is_gone = instance.state == "terminated"
  local reason = REASONS[instance.state]
  local described = {
    InstanceId = instance.id, ImageId = definition.imageId, InstanceType = definition.instanceType,
    State = instance_view.state(instance.state),
    LaunchTime = instance.launched_us // 1000000, AmiLaunchIndex = 0, Architecture = definition.architecture or "x86_64",
    Hypervisor = "xen", VirtualizationType = "hvm", RootDeviceType = "ebs", RootDeviceName = definition.rootDeviceName
      or "/dev/sda1",
    EnaSupport = true, EbsOptimized = false, Monitoring = { State = "disabled" }, KeyName = definition.keyName,
    Placement = { AvailabilityZone = definition.zone or region .. "a", Tenancy = "default", GroupName = "" },
    Platform = definition.platform == "windows" and "windows" or nil,
    PlatformDetails = definition.platform == "windows" and "Windows" or "Linux/UNIX",
    Tags = tag_list, StateTransitionReason = reason and "User initiated" or "", ProductCodes = {}, ClientToken = "",
    BlockDeviceMappings = is_gone and {} or block_devices(instance), NetworkInterfaces = is_gone and {}
      or network(instance, account, region),
    SecurityGroups = is_gone and {} or definition.securityGroups or {},
    StateReason = reason and { Code = reason[1], Message = reason[2] } or nil,
    IamInstanceProfile = definition.profile and { Arn = definition.profile } or nil,
    owner = account, reservation = definition.reservationId,
  }
  if not is_gone then
    described.PrivateIpAddress, described.PrivateDnsName = definition.privateIp, private_name(definition.privateIp, region)
    described.SubnetId, described.VpcId, described.SourceDestCheck = definition.subnetId, definition.vpcId, true
    described.PublicDnsName = ""
  end
  return described
end

local function one(path)
  return function(item)
    local value = item
    for name in path:gmatch("[^.]+") do
      value = value and value[name]
    end
    return { value }
  end
end

local FIELDS = {
  ["instance-id"] = one "InstanceId", ["instance-type"] = one "InstanceType", ["instance-state-name"] = one "State.Name",
  ["instance-state-code"] = one "State.Code", ["private-ip-address"] = one "PrivateIpAddress",
  ["private-dns-name"] = one "PrivateDnsName",
  ["vpc-id"] = one "VpcId", ["subnet-id"] = one "SubnetId", ["availability-zone"] = one "Placement.AvailabilityZone",
  ["image-id"] = one "ImageId", ["key-name"] = one "KeyName", platform = one "Platform", architecture = one "Architecture",
  ["root-device-type"] = one "RootDeviceType", tenancy = one "Placement.Tenancy", ["reservation-id"] = one "reservation",
  ["owner-id"] = one "owner", ["ip-address"] = one "PublicIpAddress", ["dns-name"] = one "PublicDnsName",
  ["platform-details"] = one "PlatformDetails", hypervisor = one "Hypervisor", ["root-device-name"] = one "RootDeviceName",
  ["launch-time"] = function(item)
    return { time.iso8601(item.LaunchTime, "ms") }
  end,
}
FIELDS["network-interface.private-ip-address"] = FIELDS["private-ip-address"]
FIELDS["network-interface.addresses.private-ip-address"] = FIELDS["private-ip-address"]
FIELDS["instance.group-id"] = function(item)
  local ids = {}
  for index, group in ipairs(item.SecurityGroups or {}) do
    ids[index] = group.GroupId
  end
  return ids
end

-- The reader of a filter, nil for an unknown name.
function instance_view.field(name)
  return FIELDS[name] or filters.tag_field(name)
end

return instance_view
