local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start = world.drs, world.fault, world.start
local drill, job = world.drill, world.job
local server_id = world.server_id

describe("a launch configuration", function()
  after_each(world.close)

  it("6 [S]: it has an EC2 launch template of its own, and is not changed while a job holds the server", function()
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
end)
