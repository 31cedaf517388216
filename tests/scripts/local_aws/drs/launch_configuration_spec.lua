local clock = require "clock"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start = world.drs, world.fault, world.start
local drill = world.drill
local server_id = world.server_id

describe("a launch configuration", function()
  after_each(world.close)

  it("6 [S]: a launch configuration has an EC2 launch template of its own, and is not changed while a job holds the server", function()
    start()
    local settings = drs("GetLaunchConfiguration", { sourceServerID = server_id(1) })
    assert.equal("STARTED", settings.launchDisposition)
    local templates = world.call("ec2", "DescribeLaunchTemplates", { LaunchTemplateIds = { settings.ec2LaunchTemplateID } })
    assert.equal(1, #templates.LaunchTemplates)
    local changed = drs("UpdateLaunchConfiguration", { sourceServerID = server_id(1), copyTags = false, name = "other" })
    assert.is_false(changed.copyTags)
    assert.equal("other", drs("GetLaunchConfiguration", { sourceServerID = server_id(1) }).name)
    assert.equal(settings.ec2LaunchTemplateID, changed.ec2LaunchTemplateID)
    drill(1)
    assert.equal("ConflictException", fault("UpdateLaunchConfiguration",
      { sourceServerID = server_id(1), copyTags = true }).code)
    assert.equal("ResourceNotFoundException", fault("GetLaunchConfiguration", { sourceServerID = server_id(9) }).code)
  end)

  it("6 [M]: launch settings are the model's, recoveryMode FAST or OPTIMAL among them", function()
    start()
    local settings = drs("GetLaunchConfiguration", { sourceServerID = server_id(1) })
    assert.same({ "server-001", "STARTED", "BASIC", false, true, true, false, "OPTIMAL" }, {
      settings.name, settings.launchDisposition, settings.targetInstanceTypeRightSizingMethod, settings.copyPrivateIp,
      settings.copyTags, settings.licensing.osByol, settings.postLaunchEnabled, settings.recoveryMode })
    assert.equal("ValidationException", fault("UpdateLaunchConfiguration",
      { sourceServerID = server_id(1), recoveryMode = "SLOW" }).code)
    local into = { launchIntoEC2InstanceID = "i-0123456789abcdef0" }
    assert.same(into, drs("UpdateLaunchConfiguration",
      { sourceServerID = server_id(1), launchIntoInstanceProperties = into }).launchIntoInstanceProperties)
  end)

  it("6 [S]: subnet, groups, type and profile are those of the EC2 launch template's default version", function()
    start()
    local id = drs("UpdateLaunchConfiguration",
      { sourceServerID = server_id(1), targetInstanceTypeRightSizingMethod = "NONE" }).ec2LaunchTemplateID
    local version = world.call("ec2", "CreateLaunchTemplateVersion", { LaunchTemplateId = id, LaunchTemplateData = {
      InstanceType = "m7i.large", IamInstanceProfile = { Arn = "arn:aws:iam::123456789012:instance-profile/app" },
      NetworkInterfaces = { { DeviceIndex = 0, SubnetId = "subnet-0123456789abcdef0", Groups = { "sg-0123456789abcdef0" } } },
    } }).LaunchTemplateVersion.VersionNumber
    local function launched()
      world.drill(1)
      clock.step(700)
      return world.machine(world.recovery_instances()[1].ec2InstanceID)
    end
    assert.equal("t3.medium", launched().InstanceType)
    world.call("ec2", "ModifyLaunchTemplate", { LaunchTemplateId = id, DefaultVersion = tostring(version) })
    local machine = launched()
    assert.same({ "m7i.large", "subnet-0123456789abcdef0", "sg-0123456789abcdef0",
      "arn:aws:iam::123456789012:instance-profile/app" },
      { machine.InstanceType, machine.SubnetId, machine.SecurityGroups[1].GroupId, machine.IamInstanceProfile.Arn })
    drs("UpdateLaunchConfiguration", { sourceServerID = server_id(1), targetInstanceTypeRightSizingMethod = "BASIC" })
    assert.equal("t3.medium", launched().InstanceType)
  end)
end)
