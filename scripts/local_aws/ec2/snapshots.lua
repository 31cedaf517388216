-- EBS snapshots. How far one is follows from when it began.

local fault = require "local_aws.fault"
local ids = require "local_aws.ids"
local instances = require "local_aws.ec2.instances"
local json = require "json"
local store = require "local_aws.ec2.store"
local tags = require "local_aws.ec2.tags"
local time = require "time"
local volumes = require "local_aws.ec2.volumes"

local snapshots = {}

local SECONDS = 90          -- from pending to completed

local function show(call, snapshot)
  local share = math.min((time.now_us() - snapshot.started_us) / (SECONDS * 1000000), 1)
  snapshot.OwnerId, snapshot.StartTime = call.account, snapshot.started_us // 1000000
  snapshot.State, snapshot.Progress = share < 1 and "pending" or "completed", ("%d%%"):format(math.floor(100 * share))
  snapshot.CompletionTime = share >= 1 and snapshot.StartTime + SECONDS or nil
  snapshot.StorageTier, snapshot.started_us, snapshot.shared_with = "standard", nil, nil
  return snapshot
end

-- Keeps a snapshot of a volume that begins now. given: VolumeId, VolumeSize, Encrypted.
function snapshots.insert(call, given, description, tag_map)
  local id = ids.new "snap-"
  return store.insert(call, "snapshot", {
    id = id, SnapshotId = id, VolumeId = given.VolumeId, VolumeSize = given.VolumeSize or given.Size,
    Encrypted = given.Encrypted == true, Description = description or "", started_us = time.now_us(),
    shared_with = json.array {},
  }, tag_map)
end

local operations = {}

function operations.CreateSnapshot(call)
  local input = call.input
  local made = snapshots.insert(call, volumes.need(call, input.VolumeId), input.Description,
    tags.from_specifications(input.TagSpecifications, "snapshot"))
  return show(call, store.shown(call, made))
end

-- All volumes of one instance at one moment.
function operations.CreateSnapshots(call)
  local input, list = call.input, json.array {}
  local wanted = input.InstanceSpecification or {}
  if not wanted.InstanceId then
    fault.raise("MissingParameter", "The request must contain the parameter InstanceSpecification.InstanceId")
  end
  local instance = instances.by_ids(call, { wanted.InstanceId }, time.now_us())[1]
  if instance.state == "terminated" then
    fault.raise("IncorrectInstanceState", ("The instance '%s' has no volumes any more."):format(instance.id))
  end
  local excluded = {}
  for _, id in ipairs(wanted.ExcludeDataVolumeIds or {}) do
    excluded[id] = true
  end
  local map = tags.from_specifications(input.TagSpecifications, "snapshot")
  for index, volume in ipairs(store.children(call, "volume", instance.id)) do
    if not excluded[volume.id] and (index > 1 or not wanted.ExcludeBootVolume) then
      list[#list + 1] = show(call, store.shown(call, snapshots.insert(call, volume, input.Description, map)))
      -- SnapshotInfo has no member for it.
      list[#list].StorageTier, list[#list].CompletionTime = nil, nil
    end
  end
  return { Snapshots = list }
end

-- A snapshot of another region is looked for there, in the same account.
function operations.CopySnapshot(call)
  local input = call.input
  local source = store.need({ world = call.world, account = call.account, region = input.SourceRegion or call.region },
    "snapshot",
    input.SourceSnapshotId)
  local copy = snapshots.insert(call, { VolumeId = "vol-ffffffff", VolumeSize = source.VolumeSize,
    Encrypted = input.Encrypted or source.Encrypted }, input.Description,
    tags.from_specifications(input.TagSpecifications, "snapshot"))
  return { SnapshotId = copy.id, Tags = store.tags(call, copy.id) }
end

local function image_of(call, id)
  for _, image in ipairs(store.all(call, "image")) do
    for _, mapping in ipairs(image.State ~= "deregistered" and image.BlockDeviceMappings or {}) do
      if mapping.Ebs and mapping.Ebs.SnapshotId == id then
        return image
      end
    end
  end
end

function operations.DeleteSnapshot(call)
  local snapshot = store.need(call, "snapshot", call.input.SnapshotId)
  local image = image_of(call, snapshot.id)
  if image then
    fault.raise("InvalidSnapshot.InUse", ("The snapshot %s is currently in use by %s"):format(snapshot.id, image.id))
  end
  store.remove(call, snapshot)
end

local FIELDS = {
  ["snapshot-id"] = "SnapshotId", ["volume-id"] = "VolumeId", status = "State", description = "Description",
  ["owner-id"] = "OwnerId", progress = "Progress", ["volume-size"] = "VolumeSize", encrypted = "Encrypted",
  ["storage-tier"] = "StorageTier", ["start-time"] = function(item)
    return { time.iso8601(item.StartTime, "ms") }
  end,
}

-- Is one of these owners us? Nobody else's snapshots are here.
local function is_ours(call, owners)
  for _, owner in ipairs(owners) do
    if owner == "self" or owner == call.account then
      return true
    end
  end
  return not owners[1]
end

function operations.DescribeSnapshots(call)
  if not is_ours(call, call.input.OwnerIds or {}) then
    return { Snapshots = json.array {} }
  end
  local list, token = store.describe(call, "snapshot", call.input.SnapshotIds, FIELDS, function(snapshot)
    return show(call, snapshot)
  end)
  return { Snapshots = list, NextToken = token }
end

snapshots.operations = operations

return snapshots
