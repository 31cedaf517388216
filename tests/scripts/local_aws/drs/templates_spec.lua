local json = require "json"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start = world.drs, world.fault, world.start
local server_id = world.server_id

describe("templates", function()
  after_each(world.close)

  it("2 [Q]: at most one launch configuration template, L-1F3FAE4D", function()
    start()
    local made = drs("CreateLaunchConfigurationTemplate",
      { copyPrivateIp = true, tags = { a = "b" } }).launchConfigurationTemplate
    assert.is_true(made.copyPrivateIp)
    assert.equal("L-1F3FAE4D", fault("CreateLaunchConfigurationTemplate", {}).extra.quotaCode)
    local id = made.launchConfigurationTemplateID
    drs("UpdateLaunchConfigurationTemplate", { launchConfigurationTemplateID = id, copyPrivateIp = false })
    local items = drs("DescribeLaunchConfigurationTemplates").items
    assert.is_false(items[1].copyPrivateIp)
    assert.same({ a = "b" }, items[1].tags)
    drs("DeleteLaunchConfigurationTemplate", { launchConfigurationTemplateID = id })
    assert.same({}, drs("DescribeLaunchConfigurationTemplates").items)
    assert.equal("ResourceNotFoundException", fault("DeleteLaunchConfigurationTemplate",
      { launchConfigurationTemplateID = id }).code)
  end)

  it("2 [M]: replication configuration templates are made, changed, listed and deleted", function()
    start()
    local policy = drs("GetReplicationConfiguration", { sourceServerID = server_id(1) }).pitPolicy
    local made = drs("CreateReplicationConfigurationTemplate", {
      stagingAreaSubnetId = "subnet-0123456789abcdef0", replicationServersSecurityGroupsIDs = json.array {},
      ebsEncryption = "DEFAULT", bandwidthThrottling = 0, stagingAreaTags = json.object {}, pitPolicy = policy,
    })
    local id = made.replicationConfigurationTemplateID
    local changed = drs("UpdateReplicationConfigurationTemplate",
      { replicationConfigurationTemplateID = id, bandwidthThrottling = 5 })
    assert.equal(5, changed.bandwidthThrottling)
    assert.equal(id, drs("DescribeReplicationConfigurationTemplates",
      { replicationConfigurationTemplateIDs = json.array { id } })
      .items[1].replicationConfigurationTemplateID)
    drs("DeleteReplicationConfigurationTemplate", { replicationConfigurationTemplateID = id })
    assert.equal("ResourceNotFoundException",
      fault("DescribeReplicationConfigurationTemplates", { replicationConfigurationTemplateIDs = json.array { id } }).code)
  end)
end)
