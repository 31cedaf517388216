-- EBS: volumes, their attachments and changes, snapshots, images, and with whom they are shared.

local clock = require "clock"
local support = require "tests.support.local_aws"

describe("EC2's disks", function()
  local here, machine

  local function ec2(operation, input, region)
    return here.call("ec2", operation, input, region)
  end
  local function code(operation, input)
    return here.fault("ec2", operation, input).code
  end

  before_each(function()
    here = support.start()
    machine = ec2("RunInstances", { ImageId = "ami-0c101f26f147fa7fd", MinCount = 1, MaxCount = 1 }).Instances[1]
    clock.step(30)
  end)
  after_each(function()
    here.close()
  end)

  local function volume(more)
    local input = { Size = 10, AvailabilityZone = "us-east-1a" }
    for name, value in pairs(more or {}) do
      input[name] = value
    end
    return ec2("CreateVolume", input).VolumeId
  end
  local function state(id)
    return ec2("DescribeVolumes", { VolumeIds = { id } }).Volumes[1].State
  end

  it("are made, attached, detached and deleted", function()
    local id = volume()
    assert.equal("creating", state(id))
    clock.step(5)
    assert.equal("available", state(id))
    local attach = { VolumeId = id, InstanceId = machine.InstanceId, Device = "/dev/sdf" }
    assert.equal("attaching", ec2("AttachVolume", attach).State)
    assert.same({ "in-use", "VolumeInUse", "VolumeInUse" }, { state(id), code("DeleteVolume", { VolumeId = id }), code("AttachVolume", attach) })
    assert.equal("InvalidParameterValue", code("AttachVolume", { VolumeId = volume(), InstanceId = machine.InstanceId, Device = "/dev/sdf" }))
    assert.equal("InvalidVolume.ZoneMismatch", code("AttachVolume", { VolumeId = volume { AvailabilityZone = "us-east-1b" },
      InstanceId = machine.InstanceId, Device = "/dev/sdg" }))
    ec2("DetachVolume", { VolumeId = id })
    assert.equal("IncorrectState", code("DetachVolume", { VolumeId = id }))
    ec2("DeleteVolume", { VolumeId = id })
    assert.equal("InvalidVolume.NotFound", code("DescribeVolumes", { VolumeIds = { id } }))
  end)

  it("that were attached by hand outlive the machine", function()
    local id = volume()
    ec2("AttachVolume", { VolumeId = id, InstanceId = machine.InstanceId, Device = "/dev/sdf" })
    ec2("TerminateInstances", { InstanceIds = { machine.InstanceId } })
    clock.step(60)
    assert.equal("available", state(id))
    assert.equal(1, #ec2("DescribeVolumes").Volumes)
  end)

  it("grow, for a while, and never shrink", function()
    local id = volume()
    ec2("ModifyVolume", { VolumeId = id, Size = 20 })
    assert.equal("InvalidParameterValue", code("ModifyVolume", { VolumeId = id, Size = 5 }))
    assert.equal("IncorrectModificationState", code("ModifyVolume", { VolumeId = id, Size = 30 }))
    local function progress()
      local found = ec2("DescribeVolumesModifications", { VolumeIds = { id } }).VolumesModifications[1]
      return found.ModificationState
    end
    local seen = { progress() }
    for index, seconds in ipairs { 15, 400 } do
      clock.step(seconds)
      seen[index + 1] = progress()
    end
    assert.same({ "modifying", "optimizing", "completed" }, seen)
  end)

  it("come in pages that follow each other", function()
    for _ = 1, 11 do
      volume()
    end
    local seen, token, pages = {}, nil, 0
    repeat
      local page = ec2("DescribeVolumes", { MaxResults = 5, NextToken = token })
      for _, found in ipairs(page.Volumes) do
        seen[#seen + 1] = found.VolumeId
      end
      token, pages = page.NextToken, pages + 1
    until not token
    assert.same({ 12, 3 }, { #seen, pages })
    assert.equal("InvalidNextToken", code("DescribeVolumes", { NextToken = "nonsense" }))
  end)

  it("are copied as snapshots, which take their time, into another region too", function()
    local id = ec2("CreateSnapshot", { VolumeId = machine.BlockDeviceMappings[1].Ebs.VolumeId, Description = "before" }).SnapshotId
    local function snapshot(region, wanted)
      local found = ec2("DescribeSnapshots", { SnapshotIds = { wanted or id } }, region).Snapshots[1]
      return found.State .. " " .. found.Progress
    end
    assert.equal("pending 0%", snapshot())
    clock.step(45)
    assert.equal("pending 50%", snapshot())
    clock.step(60)
    assert.equal("completed 100%", snapshot())
    local copy = ec2("CopySnapshot", { SourceRegion = "us-east-1", SourceSnapshotId = id }, "eu-west-1").SnapshotId
    assert.equal("pending 0%", snapshot("eu-west-1", copy))
    assert.equal(8, ec2("CreateVolume", { SnapshotId = id, AvailabilityZone = "us-east-1a" }).Size)
    ec2("DeleteSnapshot", { SnapshotId = id })
    assert.equal("InvalidSnapshot.NotFound", code("DeleteSnapshot", { SnapshotId = id }))
  end)

  it("make an image, which is launched from when it is ready, and is known to be gone when it is", function()
    local image = ec2("CreateImage", { InstanceId = machine.InstanceId, Name = "golden" }).ImageId
    local launch = { ImageId = image, MinCount = 1, MaxCount = 1 }
    assert.equal("InvalidAMIName.Duplicate", code("CreateImage", { InstanceId = machine.InstanceId, Name = "golden" }))
    assert.equal("InvalidAMIID.Unavailable", code("RunInstances", launch))
    clock.step(130)
    local found = ec2("DescribeImages", { Owners = { "self" } }).Images[1]
    assert.same({ "available", image }, { found.State, found.ImageId })
    assert.equal(image, ec2("RunInstances", launch).Instances[1].ImageId)
    local snapshot = found.BlockDeviceMappings[1].Ebs.SnapshotId
    assert.equal("InvalidSnapshot.InUse", code("DeleteSnapshot", { SnapshotId = snapshot }))
    ec2("DeregisterImage", { ImageId = image })
    ec2("DeleteSnapshot", { SnapshotId = snapshot })
    assert.equal("InvalidAMIID.NotFound", code("RunInstances", launch))
    assert.same({}, ec2("DescribeImages", { Owners = { "self" } }).Images)
  end)

  it("are shared with accounts or all", function()
    local id = ec2("CreateSnapshot", { VolumeId = machine.BlockDeviceMappings[1].Ebs.VolumeId }).SnapshotId
    local function share(permission)
      ec2("ModifySnapshotAttribute", { SnapshotId = id, Attribute = "createVolumePermission", CreateVolumePermission = permission })
      return ec2("DescribeSnapshotAttribute", { SnapshotId = id, Attribute = "createVolumePermission" }).CreateVolumePermissions
    end
    assert.same({ { UserId = "210987654321" } }, share { Add = { { UserId = "210987654321" } } })
    assert.same({ { UserId = "210987654321" }, { Group = "all" } }, share { Add = { { Group = "all" } } })
    assert.same({ { Group = "all" } }, share { Remove = { { UserId = "210987654321" } } })
    assert.equal("InvalidAMIAttributeItemValue", code("ModifySnapshotAttribute", { SnapshotId = id,
      CreateVolumePermission = { Add = { { UserId = "me" } } } }))
  end)
end)
