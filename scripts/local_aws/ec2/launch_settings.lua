-- What a launch is asked for: the call's own members over those of its launch template, and what follows from both.

local fault = require "local_aws.fault"
local iam_profiles = require "local_aws.ec2.iam_profiles"
local images = require "local_aws.ec2.images"
local json = require "json"
local key_pairs = require "local_aws.ec2.key_pairs"
local launch_template_versions = require "local_aws.ec2.launch_template_versions"
local rules = require "local_aws.ec2.rules"
local security_groups = require "local_aws.ec2.security_groups"
local store = require "local_aws.ec2.store"
local tags = require "local_aws.ec2.tags"

local launch_settings = {}

-- The call's members, where they are missing those of its template.
local function join(call)
  local settings, template = {}, call.input.LaunchTemplate
  if template then
    local named, version = launch_template_versions.named(call, template)
    for name, value in pairs(json.decode(version.data)) do
      settings[name] = value
    end
    settings.template_tags = { ["aws:ec2launchtemplate:id"] = named.id,
      ["aws:ec2launchtemplate:version"] = tostring(version.version) }
  end
  for name, value in pairs(call.input) do
    if type(value) ~= "table" or not json.is_array(value) or value[1] then
      settings[name] = value
    end
  end
  return settings
end

-- The interface that the launch describes for the first device, {} when it describes none.
local function first_interface(settings)
  local list = settings.NetworkInterfaces
  if list and list[1] and (settings.SubnetId or settings.SecurityGroupIds) then
    fault.raise("InvalidParameterCombination",
      "Network interfaces and an instance-level subnet ID may not be specified on the same request")
  end
  return list and list[1] or {}
end

local function group_ids(call, settings, vpc_id)
  local list = {}
  for _, id in ipairs(settings.SecurityGroupIds or {}) do
    list[#list + 1] = id
  end
  for _, name in ipairs(settings.SecurityGroups or {}) do
    list[#list + 1] = rules.group_by_name(call, name, vpc_id).GroupId
  end
  return list
end

-- The subnet; nil leaves it to the default one of the zone.
local function subnet_of(call, settings, interface)
  local id = settings.SubnetId or interface.SubnetId
  return id and store.need(call, "subnet", id)
end

local function volume(device, ebs)
  local snapshot_size = ebs.SnapshotId and 8 or nil
  return {
    deviceName = device, gib = ebs.VolumeSize or snapshot_size or 8, type = ebs.VolumeType, snapshotId = ebs.SnapshotId,
    encrypted = ebs.Encrypted, iops = ebs.Iops, throughput = ebs.Throughput, deleteOnTermination = ebs.DeleteOnTermination,
  }
end

-- The image's devices, changed and joined by the launch's own.
local function volumes_of(image, mappings)
  local by_device, order = {}, {}
  for _, list in ipairs { image and image.BlockDeviceMappings or { { DeviceName = "/dev/sda1", Ebs = {} } }, mappings or {} } do
    for _, mapping in ipairs(list) do
      local name = mapping.DeviceName or fault.raise("MissingParameter", "The request must contain the parameter deviceName")
      if not by_device[name] then
        order[#order + 1] = name
      end
      by_device[name] = by_device[name] or {}
      for member, value in pairs(mapping.Ebs or {}) do
        by_device[name][member] = value
      end
      by_device[name].left_out = mapping.NoDevice ~= nil
    end
  end
  local list = {}
  for _, name in ipairs(order) do
    if not by_device[name].left_out then
      list[#list + 1] = volume(name, by_device[name])
    end
  end
  return list
end

local function definition_of(call, settings, image)
  if settings.KeyName then
    key_pairs.need(call, settings.KeyName)
  end
  return {
    imageId = settings.ImageId, instanceType = settings.InstanceType or "m1.small", keyName = settings.KeyName,
    platform = image and image.Platform, architecture = image and image.Architecture,
    rootDeviceName = image and image.RootDeviceName, userData = settings.UserData, ebsOptimized = settings.EbsOptimized,
    monitoring = settings.Monitoring and settings.Monitoring.Enabled, metadataOptions = settings.MetadataOptions,
    disableApiTermination = settings.DisableApiTermination, disableApiStop = settings.DisableApiStop,
    shutdownBehavior = settings.InstanceInitiatedShutdownBehavior, tenancy = settings.Placement and settings.Placement.Tenancy,
    profile = settings.IamInstanceProfile and iam_profiles.arn(call, settings.IamInstanceProfile),
  }
end

local function instance_tags(settings)
  local map = tags.from_specifications(settings.TagSpecifications, "instance")
  for key, value in pairs(settings.template_tags or {}) do
    map[key] = value
  end
  return map
end

-- The launch of a call as ec2/launch.lua takes it, without what differs from instance to instance; `wants_public`: should
-- each get a public address?
function launch_settings.read(call)
  local settings = join(call)
  if not settings.ImageId then
    fault.raise("MissingParameter", "The request must contain the parameter ImageId")
  end
  local image, interface = images.for_launch(call, settings.ImageId), first_interface(settings)
  local subnet = subnet_of(call, settings, interface)
  local groups = interface.Groups or group_ids(call, settings, subnet and subnet.VpcId)
  local specifications = settings.TagSpecifications
  return {
    subnet = subnet, zone = settings.Placement and settings.Placement.AvailabilityZone,
    groups = groups[1] and security_groups.references(call, groups, store.need(call, "security-group", groups[1]).VpcId),
    privateIp = settings.PrivateIpAddress or interface.PrivateIpAddress, description = interface.Description,
    interface_id = interface.NetworkInterfaceId, wants_public = interface.AssociatePublicIpAddress,
    interfaceGoes = interface.DeleteOnTermination,
    volumes = volumes_of(image, settings.BlockDeviceMappings), definition = definition_of(call, settings, image),
    tags = instance_tags(settings), volumeTags = tags.from_specifications(specifications, "volume"),
    interfaceTags = tags.from_specifications(specifications, "network-interface"),
  }
end

return launch_settings
