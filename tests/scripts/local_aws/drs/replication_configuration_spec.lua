local json = require "json"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start, server_id = world.drs, world.fault, world.start, world.server_id

describe("a replication configuration", function()
  after_each(world.close)

  it("2 [M]: pitPolicy has exactly three rules, of minutes, hours and days", function()
    start()
    local settings = drs("GetReplicationConfiguration", { sourceServerID = server_id(1) })
    assert.equal(3, #settings.pitPolicy)
    local two = json.array { settings.pitPolicy[1], settings.pitPolicy[2] }
    local same = json.array { settings.pitPolicy[1], settings.pitPolicy[1], settings.pitPolicy[2] }
    for _, policy in ipairs { two, same } do
      assert.equal("ValidationException", fault("UpdateReplicationConfiguration",
        { sourceServerID = server_id(1), pitPolicy = policy }).code)
    end
  end)

  it("6 [M]: replication settings are the model's; changes are the server's own", function()
    start()
    local settings = drs("GetReplicationConfiguration", { sourceServerID = server_id(1) })
    for _, name in ipairs { "stagingAreaSubnetId", "associateDefaultSecurityGroup", "replicationServersSecurityGroupsIDs",
      "replicationServerInstanceType", "useDedicatedReplicationServer", "defaultLargeStagingDiskType", "replicatedDisks",
      "ebsEncryption", "bandwidthThrottling", "dataPlaneRouting", "createPublicIP", "stagingAreaTags", "pitPolicy",
      "autoReplicateNewDisks", "internetProtocol" } do
      assert.not_nil(settings[name], name)
    end
    local changed = drs("UpdateReplicationConfiguration", { sourceServerID = server_id(1), bandwidthThrottling = 100,
      ebsEncryption = "CUSTOM", ebsEncryptionKeyArn = "arn:aws:kms:us-east-1:123456789012:key/1" })
    assert.same({ 100, "CUSTOM" }, { changed.bandwidthThrottling, changed.ebsEncryption })
    assert.equal(0, drs("GetReplicationConfiguration", { sourceServerID = server_id(2) }).bandwidthThrottling)
    for name, wrong in pairs { defaultLargeStagingDiskType = "GP9", dataPlaneRouting = "BOTH", internetProtocol = "IPV5" } do
      assert.equal("ValidationException", fault("UpdateReplicationConfiguration",
        { sourceServerID = server_id(1), [name] = wrong }).code, name)
    end
    assert.equal("ResourceNotFoundException", fault("GetReplicationConfiguration", { sourceServerID = server_id(9) }).code)
  end)
end)
