-- EBS volumes. The parent of one is the instance that it is attached to (ec2/volume_attachments.lua).

local attached = require "local_aws.ec2.attached"
local fault = require "local_aws.fault"
local ids = require "local_aws.ids"
local json = require "json"
local store = require "local_aws.ec2.store"
local tags = require "local_aws.ec2.tags"
local time = require "time"

local volumes = {}

-- Seconds from creating to available.
local CREATING = 2

-- What a type does when nobody says otherwise: https://docs.aws.amazon.com/ebs/latest/userguide/ebs-volume-types.html
local function iops(kind, gib, given)
  if kind == "gp2" then
    return math.min(math.max(100, 3 * gib), 16000)
  end
  return given or kind == "gp3" and 3000 or nil
end

-- Keeps a volume. given: id=, gib=, zone=, type=, snapshotId=, encrypted=, iops=, throughput=, kmsKeyId=,
-- multiAttach=, at= epoch seconds.
function volumes.insert(call, given, tag_map)
  local id, kind = given.id or ids.new "vol-", given.type or "gp2"
  return store.insert(call, "volume", {
    id = id, VolumeId = id, Size = given.gib, VolumeType = kind, AvailabilityZone = given.zone, CreateTime = given.at,
    SnapshotId = given.snapshotId or "", Encrypted = given.encrypted == true, KmsKeyId = given.kmsKeyId,
    MultiAttachEnabled = given.multiAttach == true,
    Iops = iops(kind, given.gib, given.iops), Throughput = kind == "gp3" and (given.throughput or 125) or nil,
    Attachments = json.array {},
  }, tag_map)
end

-- Attaches it; at = epoch seconds.
function volumes.attach(volume, instance_id, device, at, goes_with_it)
  volume.parent = instance_id
  volume.Attachments = json.array { {
    VolumeId = volume.VolumeId, InstanceId = instance_id, Device = device, State = "attached", AttachTime = at,
    DeleteOnTermination = goes_with_it,
  } }
end

local function settle(call, volume)
  return attached.settle(call, volume, volume.Attachments[1], function()
    volume.Attachments = json.array {}
  end)
end

-- The volume with this id; raises when there is none.
function volumes.need(call, id)
  return settle(call, store.need(call, "volume", id)) or store.missing("volume", id)
end

function volumes.state(volume)
  if volume.Attachments[1] then
    return "in-use"
  end
  return time.now() - volume.CreateTime < CREATING and "creating" or "available"
end

local function show(volume)
  volume.State, volume.modification = volumes.state(volume), nil
  return volume
end

local operations = {}

-- What only some types have: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateVolume.html
local function check_type(input)
  local kind = input.VolumeType or "gp2"
  local provisioned = kind == "io1" or kind == "io2"
  if provisioned and not input.Iops then
    fault.raise("MissingParameter", ("The request must contain the parameter iops for %s volumes"):format(kind))
  elseif input.Throughput and kind ~= "gp3" then
    fault.raise("InvalidParameterCombination", ("The parameter throughput is not supported for %s volumes"):format(kind))
  elseif input.MultiAttachEnabled and not provisioned then
    fault.raise("InvalidParameterCombination",
      ("The parameter multiAttachEnabled is not supported for %s volumes."):format(kind))
  elseif input.KmsKeyId and input.Encrypted == false then
    fault.raise("InvalidParameterDependency", "The parameter [KmsKeyId] requires the parameter Encrypted to be set.")
  end
end

local function gib_of(call, snapshot)
  local gib = call.input.Size or snapshot and snapshot.VolumeSize
    or fault.raise("MissingParameter", "The request must contain the parameter size/snapshot")
  if snapshot and gib < snapshot.VolumeSize then
    fault.raise("InvalidParameterValue", ("The size of a volume cannot be less than the size of the snapshot: %d GiB"):format(
      snapshot.VolumeSize))
  elseif gib < 1 or gib > 65536 then
    fault.raise("InvalidParameterValue", ("Volume of %dGiB is too %s for volume type %s"):format(gib,
      gib < 1 and "small" or "large", call.input.VolumeType or "gp2"))
  end
  return gib
end

function operations.CreateVolume(call)
  local input = call.input
  local snapshot = input.SnapshotId and input.SnapshotId ~= "" and store.need(call, "snapshot", input.SnapshotId)
  local zone = input.AvailabilityZone
    or fault.raise("MissingParameter", "The request must contain the parameter availabilityZone")
  if not zone:find("^" .. call.region:gsub("%-", "%%-") .. "[abc]$") then
    fault.raise("InvalidZone.NotFound", ("The zone '%s' does not exist."):format(zone))
  end
  check_type(input)
  local volume = volumes.insert(call, {
    kmsKeyId = input.KmsKeyId, multiAttach = input.MultiAttachEnabled, gib = gib_of(call, snapshot), zone = zone,
    type = input.VolumeType, iops = input.Iops, throughput = input.Throughput,
    snapshotId = input.SnapshotId, at = time.now() // 1,
    encrypted = input.Encrypted or input.KmsKeyId ~= nil or snapshot and snapshot.Encrypted,
  }, tags.from_specifications(input.TagSpecifications, "volume"))
  return show(store.shown(call, volume))
end

function operations.DeleteVolume(call)
  local volume = volumes.need(call, call.input.VolumeId)
  if volume.Attachments[1] then
    fault.raise("VolumeInUse", ("Volume %s is currently attached to %s"):format(volume.id, volume.Attachments[1].InstanceId))
  end
  store.remove(call, volume)
end

local FIELDS = {
  ["volume-id"] = "VolumeId", ["volume-type"] = "VolumeType", size = "Size", status = "State", ["snapshot-id"] = "SnapshotId",
  ["availability-zone"] = "AvailabilityZone", encrypted = "Encrypted", ["create-time"] = function(item)
    return { time.iso8601(item.CreateTime, "ms") }
  end,
  ["attachment.instance-id"] = "Attachments.InstanceId", ["attachment.device"] = "Attachments.Device",
  ["attachment.status"] = "Attachments.State", ["attachment.delete-on-termination"] = "Attachments.DeleteOnTermination",
  ["attachment.attach-time"] = function(item)
    local first = item.Attachments[1]
    return { first and time.iso8601(first.AttachTime, "ms") }
  end,
}

function operations.DescribeVolumes(call)
  local list, token = store.describe(call, "volume", call.input.VolumeIds, FIELDS, function(volume)
    volume = settle(call, volume)
    return volume and show(volume)
  end)
  return { Volumes = list, NextToken = token }
end

function operations.DescribeVolumeStatus(call)
  local list, token = store.describe(call, "volume", call.input.VolumeIds, { ["volume-status.status"] = "VolumeStatus.Status",
    ["availability-zone"] = "AvailabilityZone" }, function(volume)
    volume = settle(call, volume)
    return volume and {
      VolumeId = volume.VolumeId, AvailabilityZone = volume.AvailabilityZone, Events = json.array {}, Actions = json.array {},
      VolumeStatus = { Status = "ok", Details = json.array { { Name = "io-enabled", Status = "passed" },
        { Name = "io-performance", Status = "not-applicable" } } },
    }
  end)
  for _, described in ipairs(list) do
    described.Tags = nil
  end
  return { VolumeStatuses = list, NextToken = token }
end

volumes.operations, volumes.settle = operations, settle

return volumes
