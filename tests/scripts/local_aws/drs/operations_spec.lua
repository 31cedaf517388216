local json = require "json"
local models = require "models"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start, server_id = world.drs, world.fault, world.start, world.server_id

-- The long-standing operations, with what each requires.
local OPERATIONS = {
  AssociateSourceNetworkStack = "cfnStackName sourceNetworkID", CreateExtendedSourceServer = "sourceServerArn",
  CreateLaunchConfigurationTemplate = "",
  CreateReplicationConfigurationTemplate = "bandwidthThrottling ebsEncryption pitPolicy replicationServersSecurityGroupsIDs "
    .. "stagingAreaSubnetId stagingAreaTags",
  CreateSourceNetwork = "originAccountID originRegion vpcID", DeleteJob = "jobID", DeleteLaunchAction = "actionId resourceId",
  DeleteLaunchConfigurationTemplate = "launchConfigurationTemplateID", DeleteRecoveryInstance = "recoveryInstanceID",
  DeleteReplicationConfigurationTemplate = "replicationConfigurationTemplateID", DeleteSourceNetwork = "sourceNetworkID",
  DeleteSourceServer = "sourceServerID", DescribeJobLogItems = "jobID", DescribeJobs = "",
  DescribeLaunchConfigurationTemplates = "", DescribeRecoveryInstances = "", DescribeRecoverySnapshots = "sourceServerID",
  DescribeReplicationConfigurationTemplates = "", DescribeSourceNetworks = "", DescribeSourceServers = "",
  DisconnectRecoveryInstance = "recoveryInstanceID", DisconnectSourceServer = "sourceServerID",
  ExportSourceNetworkCfnTemplate = "sourceNetworkID", GetFailbackReplicationConfiguration = "recoveryInstanceID",
  GetLaunchConfiguration = "sourceServerID", GetReplicationConfiguration = "sourceServerID", InitializeService = "",
  ListExtensibleSourceServers = "stagingAccountID", ListLaunchActions = "resourceId", ListStagingAccounts = "",
  ListTagsForResource = "resourceArn",
  PutLaunchAction = "actionCode actionId actionVersion active category description name optional order resourceId",
  RetryDataReplication = "sourceServerID", ReverseReplication = "recoveryInstanceID", StartFailbackLaunch = "recoveryInstanceIDs",
  StartRecovery = "sourceServers", StartReplication = "sourceServerID", StartSourceNetworkRecovery = "sourceNetworks",
  StartSourceNetworkReplication = "sourceNetworkID", StopFailback = "recoveryInstanceID", StopReplication = "sourceServerID",
  StopSourceNetworkReplication = "sourceNetworkID", TagResource = "resourceArn tags",
  TerminateRecoveryInstances = "recoveryInstanceIDs", UntagResource = "resourceArn tagKeys",
  UpdateFailbackReplicationConfiguration = "recoveryInstanceID", UpdateLaunchConfiguration = "sourceServerID",
  UpdateLaunchConfigurationTemplate = "launchConfigurationTemplateID", UpdateReplicationConfiguration = "sourceServerID",
  UpdateReplicationConfigurationTemplate = "replicationConfigurationTemplateID",
}

describe("the operations of DRS", function()
  after_each(world.close)

  it("2 [M]: all 50 long-standing operations are there", function()
    start()
    local count = 0
    for name in pairs(OPERATIONS) do
      count = count + 1
      assert.is_function(world.here().world.services.drs.operations[name], name)
    end
    assert.equal(50, count)
    for name in pairs(models.load("drs").operations) do
      assert.truthy(OPERATIONS[name] or name:find("RecoveryPlan", 1, true), name)
    end
  end)

  it("2 [M]: each operation says which required members are missing", function()
    start()
    for name, members in pairs(OPERATIONS) do
      if members ~= "" then
        local refused = fault(name, {})
        assert.equal("ValidationException", refused.code, name)
        for member in members:gmatch("%a+") do
          assert.truthy(refused.message:find(("'%s' failed to satisfy constraint: Member must not be null"):format(member), 1, true),
            name .. ": " .. refused.message)
        end
      end
    end
  end)

  it("2 [M]: some answers have the resource at their top level", function()
    start(2, function(server)
      server.replication = { state = "STALLED" }
    end)
    local id = { sourceServerID = server_id(1) }
    assert.equal(server_id(1), drs("RetryDataReplication", id).sourceServerID)
    assert.equal(server_id(1), drs("DisconnectSourceServer", id).sourceServerID)
    assert.equal(server_id(1), drs("GetLaunchConfiguration", id).sourceServerID)
    assert.equal(server_id(1), drs("UpdateLaunchConfiguration", id).sourceServerID)
    local settings = drs("GetReplicationConfiguration", id)
    assert.equal(server_id(1), settings.sourceServerID)
    assert.equal(server_id(1), drs("UpdateReplicationConfiguration", id).sourceServerID)
    local made = drs("CreateReplicationConfigurationTemplate", {
      stagingAreaSubnetId = "subnet-0123456789abcdef0", replicationServersSecurityGroupsIDs = json.array {},
      ebsEncryption = "DEFAULT", bandwidthThrottling = 0, stagingAreaTags = json.object {}, pitPolicy = settings.pitPolicy,
    })
    assert.truthy(made.replicationConfigurationTemplateID:find("^rct%-%w+$"))
  end)

  it("2 [M]: other answers wrap it: sourceServer, job, sourceNetwork, launchConfigurationTemplate", function()
    start()
    assert.equal(server_id(1), drs("StopReplication", { sourceServerID = server_id(1) }).sourceServer.sourceServerID)
    assert.truthy(drs("StartRecovery", { sourceServers = world.servers(2) }).job.jobID)
    assert.truthy(drs("CreateLaunchConfigurationTemplate").launchConfigurationTemplate.launchConfigurationTemplateID)
    local id = drs("CreateSourceNetwork",
      { vpcID = "vpc-0123456789abcdef0", originAccountID = world.ACCOUNT, originRegion = "us-west-2" }).sourceNetworkID
    assert.equal(id, drs("StartSourceNetworkReplication", { sourceNetworkID = id }).sourceNetwork.sourceNetworkID)
  end)
end)
