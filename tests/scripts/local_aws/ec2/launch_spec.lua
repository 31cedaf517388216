-- RunInstances: what a machine takes from the call, the template, the image and the network; and what it may be asked.

local clock = require "clock"
local crypto = require "crypto"
local support = require "tests.support.local_aws"

local IMAGE = "ami-0c101f26f147fa7fd"

describe("a launch", function()
  local here

  before_each(function()
    here = support.start()
  end)
  after_each(function()
    here.close()
  end)

  local function ec2(operation, input)
    return here.call("ec2", operation, input)
  end
  local function code(operation, input)
    return here.fault("ec2", operation, input).code
  end
  local function run(more)
    local input = { ImageId = IMAGE, MinCount = 1, MaxCount = 1 }
    for name, value in pairs(more or {}) do
      input[name] = value
    end
    return ec2("RunInstances", input)
  end
  local function described(id)
    return ec2("DescribeInstances", { InstanceIds = { id } }).Reservations[1].Instances[1]
  end

  it("gives machines of one reservation their numbers, addresses, disks and tags", function()
    local reservation = run { MinCount = 2, MaxCount = 3, TagSpecifications = {
      { ResourceType = "instance", Tags = { { Key = "Name", Value = "web" } } },
      { ResourceType = "volume", Tags = { { Key = "Name", Value = "disk" } } },
    } }
    local seen = {}
    for index, machine in ipairs(reservation.Instances) do
      assert.same({ index - 1, "pending", "web" }, { machine.AmiLaunchIndex, machine.State.Name, machine.Tags[1].Value })
      assert.truthy(machine.PrivateIpAddress:find "^172%.31%." and machine.PublicIpAddress)
      seen[machine.PrivateIpAddress] = true
      local disk = ec2("DescribeVolumes", { VolumeIds = { machine.BlockDeviceMappings[1].Ebs.VolumeId } }).Volumes[1]
      assert.same({ 8, "gp3", "in-use", "disk" }, { disk.Size, disk.VolumeType, disk.State, disk.Tags[1].Value })
    end
    assert.same({ 3, 3 }, { #reservation.Instances, #ec2("DescribeInstances").Reservations[1].Instances })
    local different = 0
    for _ in pairs(seen) do
      different = different + 1
    end
    assert.equal(3, different)
  end)

  it("takes what it does not say from its launch template, and tags that", function()
    local group = ec2("CreateSecurityGroup", { GroupName = "g", Description = "d" }).GroupId
    local template = ec2("CreateLaunchTemplate", { LaunchTemplateName = "t", LaunchTemplateData = {
      ImageId = IMAGE, InstanceType = "t3.large", SecurityGroupIds = { group },
    } }).LaunchTemplate.LaunchTemplateId
    ec2("CreateLaunchTemplateVersion", { LaunchTemplateId = template, SourceVersion = "1", LaunchTemplateData = { InstanceType = "t3.nano" } })
    local function launched(version, more)
      local input = { MinCount = 1, MaxCount = 1, LaunchTemplate = { LaunchTemplateId = template, Version = version } }
      for name, value in pairs(more or {}) do
        input[name] = value
      end
      return ec2("RunInstances", input).Instances[1]
    end
    assert.same({ "t3.large", group }, { launched().InstanceType, launched().SecurityGroups[1].GroupId })
    assert.equal("t3.nano", launched("$Latest").InstanceType)
    assert.equal("m6i.large", launched("2", { InstanceType = "m6i.large" }).InstanceType)
    local tags = launched("2").Tags
    assert.same({ "aws:ec2launchtemplate:id", template, "aws:ec2launchtemplate:version", "2" },
      { tags[1].Key, tags[1].Value, tags[2].Key, tags[2].Value })
    assert.equal("InvalidLaunchTemplateId.VersionNotFound", code("RunInstances", { MinCount = 1, MaxCount = 1,
      LaunchTemplate = { LaunchTemplateId = template, Version = "9" } }))
  end)

  it("changes and adds to its image's disks", function()
    local machine = run { BlockDeviceMappings = {
      { DeviceName = "/dev/xvda", Ebs = { VolumeSize = 50, DeleteOnTermination = false } }, { DeviceName = "/dev/sdf", Ebs = { VolumeSize = 1 } },
    } }.Instances[1]
    local function sizes()
      local list = {}
      for index, disk in ipairs(ec2("DescribeVolumes").Volumes) do
        list[index] = disk.Size .. " " .. disk.State
      end
      return list
    end
    assert.same({ "50 in-use", "1 in-use" }, sizes())
    ec2("TerminateInstances", { InstanceIds = { machine.InstanceId } })
    clock.step(60)
    assert.same({ "50 available" }, sizes())
  end)

  it("is made once for a client token, and refused for another launch under it", function()
    local first = run { ClientToken = "once" }
    assert.equal(first.ReservationId, run({ ClientToken = "once" }).ReservationId)
    assert.equal(1, #ec2("DescribeInstances").Reservations)
    assert.equal("IdempotentParameterMismatch", code("RunInstances", { ImageId = IMAGE, MinCount = 1, MaxCount = 2, ClientToken = "once" }))
    clock.step(86401)
    assert.not_equal(first.ReservationId, run({ ClientToken = "once" }).ReservationId)
  end)

  it("refuses what cannot be", function()
    for expected, more in pairs {
      InvalidParameterCombination = { MinCount = 3, MaxCount = 2 }, InvalidParameterValue = { MinCount = 0, MaxCount = 1 },
      ["InvalidAMIID.Malformed"] = { ImageId = "web" }, ["InvalidKeyPair.NotFound"] = { KeyName = "nobody" },
      ["InvalidSubnetID.NotFound"] = { SubnetId = "subnet-0123" }, ["InvalidGroup.NotFound"] = { SecurityGroupIds = { "sg-0123" } },
    } do
      local input = { ImageId = IMAGE, MinCount = 1, MaxCount = 1 }
      for name, value in pairs(more) do
        input[name] = value
      end
      assert.equal(expected, code("RunInstances", input))
    end
  end)

  it("of a dry run leaves nothing", function()
    assert.equal("DryRunOperation", code("RunInstances", { ImageId = IMAGE, MinCount = 1, MaxCount = 1, DryRun = true }))
    assert.same({}, ec2("DescribeInstances").Reservations)
    local id = run().Instances[1].InstanceId
    assert.equal("DryRunOperation", code("ModifyInstanceAttribute", { InstanceId = id, InstanceType = { Value = "t3.large" }, DryRun = true }))
    assert.equal("InvalidInstanceID.NotFound", code("StopInstances", { InstanceIds = { "i-00000000000000abc" }, DryRun = true }))
  end)

  it("can be changed when the machine has stopped, and protected from its end", function()
    local id = run().Instances[1].InstanceId
    local change = { InstanceId = id, InstanceType = { Value = "m6i.large" } }
    assert.equal("IncorrectInstanceState", code("ModifyInstanceAttribute", change))
    clock.step(30)
    ec2("StopInstances", { InstanceIds = { id } })
    clock.step(60)
    ec2("ModifyInstanceAttribute", change)
    assert.equal("m6i.large", described(id).InstanceType)
    ec2("ModifyInstanceAttribute", { InstanceId = id, UserData = { Value = "#!/bin/sh" } })
    local user_data = ec2("DescribeInstanceAttribute", { InstanceId = id, Attribute = "userData" }).UserData.Value
    assert.equal("#!/bin/sh", crypto.base64_decode(user_data))
    ec2("ModifyInstanceAttribute", { InstanceId = id, DisableApiTermination = { Value = true } })
    assert.is_true(ec2("DescribeInstanceAttribute", { InstanceId = id, Attribute = "disableApiTermination" }).DisableApiTermination.Value)
    assert.equal("OperationNotPermitted", code("TerminateInstances", { InstanceIds = { id } }))
    ec2("ModifyInstanceAttribute", { InstanceId = id, Attribute = "disableApiTermination", Value = "false" })
    ec2("TerminateInstances", { InstanceIds = { id } })
  end)

  it("shows what single calls change: metadata options, monitoring, profile, console", function()
    local id = run { IamInstanceProfile = { Name = "first" } }.Instances[1].InstanceId
    ec2("ModifyInstanceMetadataOptions", { InstanceId = id, HttpTokens = "required" })
    ec2("MonitorInstances", { InstanceIds = { id } })
    local association = ec2("DescribeIamInstanceProfileAssociations").IamInstanceProfileAssociations[1].AssociationId
    ec2("ReplaceIamInstanceProfileAssociation", { AssociationId = association, IamInstanceProfile = { Name = "second" } })
    clock.step(30)
    local machine = described(id)
    assert.same({ "required", "enabled", "arn:aws:iam::123456789012:instance-profile/second" },
      { machine.MetadataOptions.HttpTokens, machine.Monitoring.State, machine.IamInstanceProfile.Arn })
    local output = crypto.base64_decode(ec2("GetConsoleOutput", { InstanceId = id }).Output)
    assert.truthy(output:find(id .. " login:", 1, true))
  end)
end)
