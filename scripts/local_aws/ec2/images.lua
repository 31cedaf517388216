-- Machine images: the account's own, and a few of those that Amazon gives (ec2/amazon_images.lua).

local amazon_images = require "local_aws.ec2.amazon_images"
local fault = require "local_aws.fault"
local filters = require "local_aws.ec2.filters"
local ids = require "local_aws.ids"
local instances = require "local_aws.ec2.instances"
local json = require "json"
local snapshots = require "local_aws.ec2.snapshots"
local store = require "local_aws.ec2.store"
local tags = require "local_aws.ec2.tags"
local time = require "time"

local images = {}

-- Seconds from pending to available.
local PENDING = 120

local function state(image)
  return image.State or time.now() - image.at < PENDING and "pending" or "available"
end

local function show(call, image)
  image.State, image.OwnerId = state(image), call.account
  image.CreationDate, image.ImageLocation = time.iso8601(image.at, "ms"), call.account .. "/" .. image.Name
  image.Public = false
  for _, name in ipairs(image.shared_with) do
    image.Public = image.Public or name == "all"
  end
  image.at, image.shared_with = nil, nil
  return image
end

-- The image that a launch names, nil for one of those that we do not know: AWS's catalogue holds millions, so a well-formed id
-- is taken for one of them. What was deregistered here is known not to be there.
function images.for_launch(call, id)
  local image = store.find(call, "image", id)
  if image and image.State == "deregistered" or not id:find("^ami%-%x+$") then
    store.missing("image", id)
  elseif image and state(image) == "pending" then
    fault.raise("InvalidAMIID.Unavailable", ("The image ID '%s' is not available"):format(id))
  end
  return image or amazon_images.find(id)
end

local function insert(call, given)
  local id = ids.new "ami-"
  local image = {
    id = id, ImageId = id, Name = given.name, Description = given.description or "", at = time.now() // 1,
    ImageType = "machine",
    Architecture = given.architecture or "x86_64", RootDeviceType = "ebs", RootDeviceName = given.root or "/dev/sda1",
    VirtualizationType = "hvm", Hypervisor = "xen", EnaSupport = true, PlatformDetails = given.platform or "Linux/UNIX",
    Platform = given.platform == "Windows" and "windows" or nil, UsageOperation = "RunInstances",
    State = given.state, SourceInstanceId = given.instance, SourceImageId = given.source, BlockDeviceMappings = given.devices,
    shared_with = json.array {},
  }
  return store.insert(call, "image", image, given.tags)
end

local function check_name(call, name)
  for _, image in ipairs(store.where(call, "image", "Name", name)) do
    if image.State ~= "deregistered" then
      fault.raise("InvalidAMIName.Duplicate", ("AMI name %s is already in use by AMI %s"):format(name, image.id))
    end
  end
end

local operations = {}

function operations.CreateImage(call)
  local input = call.input
  local instance = instances.by_ids(call, { input.InstanceId }, time.now_us())[1]
  check_name(call, input.Name)
  local devices, snapshot_tags = json.array {}, tags.from_specifications(input.TagSpecifications, "snapshot")
  for index, volume in ipairs(store.children(call, "volume", instance.id)) do
    local snapshot = snapshots.insert(call, volume, ("Created by CreateImage(%s)"):format(instance.id), snapshot_tags)
    devices[index] = { DeviceName = volume.Attachments[1].Device, Ebs = {
      SnapshotId = snapshot.id, VolumeSize = volume.Size, VolumeType = volume.VolumeType, Encrypted = volume.Encrypted,
      DeleteOnTermination = volume.Attachments[1].DeleteOnTermination,
    } }
  end
  local definition = instance.definition
  return { ImageId = insert(call, {
    name = input.Name, description = input.Description, instance = instance.id, devices = devices,
    root = definition.rootDeviceName, architecture = definition.architecture, source = definition.imageId,
    platform = definition.platform == "windows" and "Windows" or nil,
    tags = tags.from_specifications(input.TagSpecifications, "image"),
  }).id }
end

function operations.RegisterImage(call)
  local input = call.input
  check_name(call, input.Name)
  local devices = json.array {}
  for index, mapping in ipairs(input.BlockDeviceMappings or {}) do
    local given = mapping.Ebs or {}
    local snapshot = given.SnapshotId and store.need(call, "snapshot", given.SnapshotId)
    devices[index] = { DeviceName = mapping.DeviceName, Ebs = { SnapshotId = given.SnapshotId, VolumeType = given.VolumeType
      or "gp2", VolumeSize = given.VolumeSize or snapshot and snapshot.VolumeSize, Encrypted = given.Encrypted == true,
      DeleteOnTermination = given.DeleteOnTermination ~= false } }
  end
  return { ImageId = insert(call, {
    name = input.Name, description = input.Description, devices = devices, architecture = input.Architecture,
    state = "available",
    root = input.RootDeviceName, tags = tags.from_specifications(input.TagSpecifications, "image"),
  }).id }
end

-- The image is looked for in the region that it comes from, in the same account.
function operations.CopyImage(call)
  local input = call.input
  local there = { world = call.world, account = call.account, region = input.SourceRegion }
  local source = store.need(there, "image", input.SourceImageId)
  check_name(call, input.Name)
  return { ImageId = insert(call, {
    name = input.Name, description = input.Description or source.Description, devices = source.BlockDeviceMappings,
    root = source.RootDeviceName, architecture = source.Architecture, source = source.id,
    platform = source.Platform and "Windows" or nil, tags = tags.from_specifications(input.TagSpecifications, "image"),
  }).id }
end

function operations.DeregisterImage(call)
  local image = store.need(call, "image", call.input.ImageId)
  if image.State == "deregistered" then
    fault.raise("InvalidAMIID.Unavailable", ("The image ID '%s' is no longer available"):format(image.id))
  end
  image.State = "deregistered"
  store.save(call, image)
  return { Return = true }
end

local FIELDS = {
  ["image-id"] = "ImageId", name = "Name", description = "Description", state = "State", ["owner-id"] = "OwnerId",
  ["owner-alias"] = "ImageOwnerAlias", architecture = "Architecture", platform = "Platform", ["is-public"] = "Public",
  ["root-device-type"] = "RootDeviceType", ["root-device-name"] = "RootDeviceName", hypervisor = "Hypervisor",
  ["virtualization-type"] = "VirtualizationType", ["image-type"] = "ImageType", ["creation-date"] = "CreationDate",
  ["source-instance-id"] = "SourceInstanceId", ["block-device-mapping.snapshot-id"] = "BlockDeviceMappings.Ebs.SnapshotId",
  ["block-device-mapping.device-name"] = "BlockDeviceMappings.DeviceName", ["ena-support"] = "EnaSupport",
  ["block-device-mapping.volume-size"] = "BlockDeviceMappings.Ebs.VolumeSize", ["tpm-support"] = "TpmSupport",
  ["block-device-mapping.volume-type"] = "BlockDeviceMappings.Ebs.VolumeType", ["platform-details"] = "PlatformDetails",
}

local function owned(call, image, owners)
  for _, owner in ipairs(owners or {}) do
    if owner == image.OwnerId or owner == image.ImageOwnerAlias or owner == "self" and image.OwnerId == call.account then
      return true
    end
  end
  return not (owners and owners[1])
end

-- ExecutableUsers: may one of these accounts launch it because somebody said so? `self` has what it owns without that.
local function launchable(image, users)
  for _, user in ipairs(users or {}) do
    for _, name in ipairs(image.shared_with) do
      if name == user then
        return true
      end
    end
  end
  return not (users and users[1])
end

-- Amazon's images that a describe call asks for, and the ids that are left.
local function of_amazon(call, wanted)
  local matches, list, rest = filters.compile(call.input.Filters, filters.fields(FIELDS)), json.array {}, json.array {}
  local asked = {}
  for _, id in ipairs(wanted or {}) do
    asked[id] = true
    if not amazon_images.find(id) then
      rest[#rest + 1] = id
    end
  end
  for _, image in ipairs(amazon_images.all()) do
    local open_to_all = not call.input.ExecutableUsers or call.input.ExecutableUsers[1] == "all"
    if open_to_all and (not next(asked) or asked[image.ImageId]) and owned(call, image, call.input.Owners)
      and matches(image) then
      list[#list + 1] = image
    end
  end
  return list, rest
end

-- EC2 names all that are not there.
local function check_known(call, wanted)
  local missing = {}
  for _, id in ipairs(wanted) do
    missing[#missing + 1] = not store.find(call, "image", id) and (id:find("^ami%-%x+$") and id or store.missing("image", id))
      or nil
  end
  if missing[2] then
    fault.raise("InvalidAMIID.NotFound", ("The image ids '[%s]' do not exist"):format(table.concat(missing, ", ")))
  end
end

-- Amazon's images stand on the first page.
function operations.DescribeImages(call)
  local wanted = call.input.ImageIds
  local list, rest = of_amazon(call, wanted)
  if call.input.NextToken then
    list = json.array {}
  elseif wanted and wanted[1] and not rest[1] then
    return { Images = list }
  end
  check_known(call, rest)
  local own, token = store.describe(call, "image", rest, FIELDS, function(image)
    local shown = image.State ~= "deregistered" and launchable(image, call.input.ExecutableUsers) and show(call, image)
    return shown and owned(call, shown, call.input.Owners) and shown or nil
  end)
  table.move(own, 1, #own, #list + 1, list)
  return { Images = list, NextToken = token }
end

images.operations = operations

return images
