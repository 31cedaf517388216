-- What happens to a volume beside its making: attached, detached, made larger.

local fault = require "local_aws.fault"
local instances = require "local_aws.ec2.instances"
local json = require "json"
local store = require "local_aws.ec2.store"
local time = require "time"
local volumes = require "local_aws.ec2.volumes"

-- Seconds that a modification takes: https://docs.aws.amazon.com/ebs/latest/userguide/monitoring-volume-modifications.html
local MODIFYING, OPTIMIZING = 10, 300

local operations = {}

function operations.AttachVolume(call)
  local input, now = call.input, time.now_us()
  local volume = volumes.need(call, input.VolumeId)
  local instance = instances.by_ids(call, { input.InstanceId }, now)[1]
  if volume.Attachments[1] then
    fault.raise("VolumeInUse", ("%s is already attached to an instance"):format(volume.id))
  elseif instance.state ~= "running" and instance.state ~= "stopped" then
    fault.raise("IncorrectState", ("Instance '%s' is not 'running'."):format(instance.id))
  elseif volume.AvailabilityZone ~= instance.definition.zone then
    fault.raise("InvalidVolume.ZoneMismatch", ("The volume '%s' is not in the same availability zone as instance '%s'"):format(
      volume.id, instance.id))
  end
  for _, other in ipairs(store.children(call, "volume", instance.id)) do
    if other.Attachments[1].Device == input.Device then
      fault.raise("InvalidParameterValue", ("Invalid value '%s' for unixDevice. Attachment point %s is already in use"):format(
        input.Device, input.Device))
    end
  end
  volumes.attach(volume, instance.id, input.Device, now // 1000000, false)
  store.save(call, volume)
  local attachment = volume.Attachments[1]
  attachment.State = "attaching"
  return attachment
end

function operations.DetachVolume(call)
  local input = call.input
  local volume = volumes.need(call, input.VolumeId)
  local attachment = volume.Attachments[1]
  if not attachment then
    fault.raise("IncorrectState", ("Volume '%s' is in the 'available' state."):format(volume.id))
  elseif input.InstanceId and input.InstanceId ~= attachment.InstanceId or input.Device
    and input.Device ~= attachment.Device then
    fault.raise("InvalidAttachment.NotFound", ("The volume '%s' is not attached to instance '%s' as device '%s'"):format(
      volume.id, input.InstanceId or attachment.InstanceId, input.Device or attachment.Device))
  end
  volume.Attachments, volume.parent = json.array {}, nil
  store.save(call, volume)
  attachment.State = "detaching"
  return attachment
end

local function modification(volume)
  local change = volume.modification
  local seconds = time.now() - change.at
  local finished = MODIFYING + OPTIMIZING
  return {
    VolumeId = volume.VolumeId, OriginalSize = change.size, OriginalVolumeType = change.type, OriginalIops = change.iops,
    TargetSize = volume.Size, TargetVolumeType = volume.VolumeType, TargetIops = volume.Iops, StartTime = change.at,
    ModificationState = seconds < MODIFYING and "modifying" or seconds < finished and "optimizing" or "completed",
    Progress = math.min(100, 100 * seconds // finished), EndTime = seconds >= finished and change.at + finished or nil,
  }
end

function operations.ModifyVolume(call)
  local input, now = call.input, time.now() // 1
  local volume = volumes.need(call, input.VolumeId)
  if input.Size and input.Size < volume.Size then
    fault.raise("InvalidParameterValue", "New size cannot be smaller than existing size")
  elseif volume.modification and modification(volume).ModificationState ~= "completed" then
    fault.raise("IncorrectModificationState", ("Volume %s is currently being modified."):format(volume.id))
  end
  volume.modification = { at = now, size = volume.Size, type = volume.VolumeType, iops = volume.Iops }
  volume.Size, volume.VolumeType = input.Size or volume.Size, input.VolumeType or volume.VolumeType
  volume.Iops, volume.Throughput = input.Iops or volume.Iops, input.Throughput or volume.Throughput
  store.save(call, volume)
  return { VolumeModification = modification(volume) }
end

function operations.DescribeVolumesModifications(call)
  local list, token = store.describe(call, "volume", call.input.VolumeIds, {
    ["volume-id"] = "VolumeId", ["modification-state"] = "ModificationState", ["target-size"] = "TargetSize",
  }, function(volume)
    return volume.modification and modification(volume)
  end)
  for _, described in ipairs(list) do
    described.Tags = nil
  end
  return { VolumesModifications = list, NextToken = token }
end

return { operations = operations }
