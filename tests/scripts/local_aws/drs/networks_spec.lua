local clock = require "clock"
local json = require "json"
local support = require "tests.support.local_aws"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, server_id = world.drs, world.fault, world.server_id

local VPC, OTHER = "vpc-0123456789abcdef0", "vpc-0fedcba9876543210"

describe("source networks", function()
  before_each(function()
    world.start(2, function(server, number)
      server.originRegion = "us-west-2"
      server.vpcId, server.subnetId = number == 1 and VPC or nil, "subnet-" .. number
    end, { jitter = 0 })
  end)
  after_each(world.close)

  local function create(vpc, tags)
    return drs("CreateSourceNetwork",
      { vpcID = vpc or VPC, originAccountID = world.ACCOUNT, originRegion = "us-west-2", tags = tags }).sourceNetworkID
  end
  local function network(id)
    return drs("DescribeSourceNetworks", { filters = { sourceNetworkIDs = json.array { id } } }).items[1]
  end
  local function protect(id)
    drs("StartSourceNetworkReplication", { sourceNetworkID = id })
    clock.step(121)
  end
  local function recover(id, given)
    local input = { sourceNetworks = json.array { { sourceNetworkID = id, cfnStackName = given and given.stack } },
      deployAsNew = given and given.deployAsNew }
    return drs("StartSourceNetworkRecovery", input).job
  end
  -- The subnets that the launch template of a server names, by version.
  local function subnets(number)
    local id = drs("GetLaunchConfiguration", { sourceServerID = server_id(number) }).ec2LaunchTemplateID
    local list = {}
    for _, version in ipairs(world.call("ec2", "DescribeLaunchTemplateVersions", { LaunchTemplateId = id }).LaunchTemplateVersions) do
      list[version.VersionNumber] = version.LaunchTemplateData.NetworkInterfaces[1].SubnetId or "none"
    end
    return list
  end

  it("2 [M]: a source network is created, described by account and region, and deleted", function()
    local id = create(VPC, { a = "b" })
    assert.truthy(id:find("^sn%-%w+$") and #id == 20)
    assert.same({
      sourceNetworkID = id, sourceVpcID = VPC, arn = "arn:aws:drs:us-east-1:123456789012:source-network/" .. id,
      tags = { a = "b" }, replicationStatus = "STOPPED", sourceRegion = "us-west-2", sourceAccountID = world.ACCOUNT,
      lastRecovery = { lastRecoveryResult = "NOT_STARTED" },
    }, network(id))
    assert.equal(1, #drs("DescribeSourceNetworks", { filters = { originRegion = "us-west-2" } }).items)
    assert.equal(0, #drs("DescribeSourceNetworks", { filters = { originRegion = "us-west-1" } }).items)
    assert.equal(0, #drs("DescribeSourceNetworks", { filters = { originAccountID = "210987654321" } }).items)
    assert.equal(1, #drs("DescribeSourceNetworks", { filters = { sourceNetworkIDs = json.array {} } }).items)
    assert.equal("ConflictException", fault("CreateSourceNetwork",
      { vpcID = VPC, originAccountID = world.ACCOUNT, originRegion = "us-west-2" }).code)
    drs("TagResource", { resourceArn = network(id).arn, tags = { c = "d" } })
    assert.same({ a = "b", c = "d" }, network(id).tags)
    drs("DeleteSourceNetwork", { sourceNetworkID = id })
    assert.is_nil(network(id))
    for _, operation in ipairs { "DeleteSourceNetwork", "StartSourceNetworkReplication", "StopSourceNetworkReplication",
      "ExportSourceNetworkCfnTemplate" } do
      assert.equal("ResourceNotFoundException", fault(operation, { sourceNetworkID = id }).code)
    end
  end)

  it("2 [M]: replicationStatus goes from STOPPED over IN_PROGRESS to PROTECTED, or to ERROR with details", function()
    local id, broken = create(), create(OTHER, { ["drsh:behaviour"] = "replication=FAILED" })
    assert.equal("IN_PROGRESS", drs("StartSourceNetworkReplication", { sourceNetworkID = id }).sourceNetwork.replicationStatus)
    drs("StartSourceNetworkReplication", { sourceNetworkID = broken })
    assert.equal("ConflictException", fault("StartSourceNetworkReplication", { sourceNetworkID = id }).code)
    clock.step(121)
    assert.equal("PROTECTED", network(id).replicationStatus)
    assert.equal("ERROR", network(broken).replicationStatus)
    assert.truthy(network(broken).replicationStatusDetails)
    assert.equal("STOPPED", drs("StopSourceNetworkReplication", { sourceNetworkID = id }).sourceNetwork.replicationStatus)
    assert.equal("ConflictException", fault("StopSourceNetworkReplication", { sourceNetworkID = id }).code)
  end)

  it("6 [M]: sourceNetworkID of a server is the network of the VPC that it came from", function()
    local id = create()
    assert.equal(id, world.source_server(1).sourceNetworkID)
    assert.is_nil(world.source_server(2).sourceNetworkID)
  end)

  it("4 [M]: recovering a network is a LAUNCH job by CREATE_NETWORK_RECOVERY, with participatingResources", function()
    local id = create()
    protect(id)
    local job = recover(id)
    assert.same({ "LAUNCH", "CREATE_NETWORK_RECOVERY", {} }, { job.type, job.initiatedBy, job.participatingServers })
    assert.same({ { participatingResourceID = { sourceNetworkID = id }, launchStatus = "PENDING" } }, job.participatingResources)
    assert.equal("IN_PROGRESS", network(id).lastRecovery.lastRecoveryResult)
    for _, refused in ipairs { fault("StartSourceNetworkRecovery", { sourceNetworks = json.array { { sourceNetworkID = id } } }),
      fault("DeleteSourceNetwork", { sourceNetworkID = id }), fault("StopSourceNetworkReplication", { sourceNetworkID = id }) } do
      assert.equal("ConflictException", refused.code)
    end
    clock.step(300)
    assert.equal("LAUNCHED", world.job(job.jobID).participatingResources[1].launchStatus)
    local recovered = network(id)
    assert.same({ "SUCCESS", job.jobID }, { recovered.lastRecovery.lastRecoveryResult, recovered.lastRecovery.jobID })
    assert.truthy(recovered.launchedVpcID:find("^vpc%-%x+$"))
    assert.truthy(recovered.cfnStackName:find("^[%a][-%w]*$"))
  end)

  it("5 [M]: the log of a network recovery tells of the stack and the launch templates, with the network's data", function()
    local id = create()
    protect(id)
    local job = recover(id, { stack = "net-1" })
    clock.step(300)
    assert.same({ "JOB_START", "DEPLOY_NETWORK_CONFIGURATION_START", "DEPLOY_NETWORK_CONFIGURATION_END",
      "UPDATE_LAUNCH_TEMPLATE_START", "UPDATE_LAUNCH_TEMPLATE_END", "JOB_END" }, world.events(job.jobID))
    local items = world.log_items(job.jobID)
    assert.same({ sourceNetworkID = id, sourceVpc = VPC, stackName = "net-1" }, items[2].eventData.eventResourceData.sourceNetworkData)
    assert.same({ sourceNetworkID = id, sourceVpc = VPC, stackName = "net-1", targetVpc = network(id).launchedVpcID },
      items[3].eventData.eventResourceData.sourceNetworkData)
    assert.is_nil(items[3].eventData.sourceServerID)
  end)

  it("2 [M]: a network recovery modifies the launch templates of its servers, and they are launched so", function()
    local id = create()
    protect(id)
    assert.same({ "none" }, subnets(1))
    recover(id)
    clock.step(300)
    local subnet = subnets(1)[2]
    assert.truthy(subnet:find("^subnet%-%x+$"))
    assert.same({ "none" }, subnets(2))
    world.drill(1)
    clock.step(700)
    local machine = world.machine(world.recovery_instances()[1].ec2InstanceID)
    assert.same({ subnet, network(id).launchedVpcID }, { machine.SubnetId, machine.VpcId })
  end)

  it("4 [M]: a network's next recovery is UPDATE_NETWORK_RECOVERY of the same stack, unless deployAsNew", function()
    local id = create()
    protect(id)
    recover(id, { stack = "net-1" })
    clock.step(300)
    local first = network(id)
    local job = recover(id)
    assert.equal("UPDATE_NETWORK_RECOVERY", job.initiatedBy)
    clock.step(300)
    assert.equal("UPDATE_NETWORK_CONFIGURATION_START", world.events(job.jobID)[2])
    assert.same({ first.cfnStackName, first.launchedVpcID }, { network(id).cfnStackName, network(id).launchedVpcID })
    assert.equal("CREATE_NETWORK_RECOVERY", recover(id, { deployAsNew = true }).initiatedBy)
    clock.step(300)
    assert.not_equal(first.launchedVpcID, network(id).launchedVpcID)
    assert.equal("ValidationException", fault("StartSourceNetworkRecovery",
      { sourceNetworks = json.array { { sourceNetworkID = id, cfnStackName = "net-1" } }, deployAsNew = true }).code)
  end)

  it("4 [M]: AssociateSourceNetworkStack goes back to a stack, as ASSOCIATE_NETWORK_RECOVERY", function()
    local id = create()
    protect(id)
    recover(id, { stack = "net-1" })
    clock.step(300)
    local vpc = network(id).launchedVpcID
    recover(id, { stack = "net-2" })
    clock.step(300)
    assert.equal("ValidationException", fault("AssociateSourceNetworkStack",
      { sourceNetworkID = id, cfnStackName = "net-3" }).code)
    local job = drs("AssociateSourceNetworkStack", { sourceNetworkID = id, cfnStackName = "net-1" }).job
    assert.equal("ASSOCIATE_NETWORK_RECOVERY", job.initiatedBy)
    clock.step(60)
    assert.same({ "JOB_START", "UPDATE_LAUNCH_TEMPLATE_START", "UPDATE_LAUNCH_TEMPLATE_END", "JOB_END" }, world.events(job.jobID))
    local back = network(id)
    assert.same({ "net-1", vpc, "ASSOCIATE_SUCCESS" },
      { back.cfnStackName, back.launchedVpcID, back.lastRecovery.lastRecoveryResult })
    local versions = subnets(1)
    assert.equal(versions[2], versions[4])
  end)

  it("5 [M]: a network recovery that fails ends in NETWORK_RECOVERY_FAIL: FAIL, PARTIAL_SUCCESS or ASSOCIATE_FAIL", function()
    local id = create()
    protect(id)
    local arn = network(id).arn
    local function fail(what, begin)
      drs("TagResource", { resourceArn = arn, tags = { ["drsh:behaviour"] = what .. "=FAILED" } })
      local job = begin()
      clock.step(300)
      assert.equal("FAILED", world.job(job.jobID).participatingResources[1].launchStatus)
      return world.log(job.jobID), network(id).lastRecovery.lastRecoveryResult
    end
    local log, result = fail("deploy", function() return recover(id) end)
    assert.equal("JOB_START DEPLOY_NETWORK_CONFIGURATION_START DEPLOY_NETWORK_CONFIGURATION_FAILED NETWORK_RECOVERY_FAIL JOB_END",
      log)
    assert.equal("FAIL", result)
    assert.is_nil(network(id).launchedVpcID)
    log, result = fail("templates", function() return recover(id, { stack = "net-1" }) end)
    assert.truthy(log:find("UPDATE_LAUNCH_TEMPLATE_FAILED NETWORK_RECOVERY_FAIL JOB_END", 1, true))
    assert.equal("PARTIAL_SUCCESS", result)
    log, result = fail("update", function() return recover(id) end)
    assert.truthy(log:find("UPDATE_NETWORK_CONFIGURATION_FAILED NETWORK_RECOVERY_FAIL", 1, true))
    assert.equal("FAIL", result)
    result = select(2, fail("templates", function()
      return drs("AssociateSourceNetworkStack", { sourceNetworkID = id, cfnStackName = "net-1" }).job
    end))
    assert.equal("ASSOCIATE_FAIL", result)
    assert.same({ "none" }, subnets(1))
  end)

  it("2 [M]: one job recovers several networks; an unknown, doubled or unprotected one fails the call", function()
    local id, other = create(), create(OTHER)
    local function start(...)
      local list = json.array {}
      for index, network_id in ipairs { ... } do
        list[index] = { sourceNetworkID = network_id }
      end
      return { sourceNetworks = list }
    end
    assert.equal("ConflictException", fault("StartSourceNetworkRecovery", start(id)).code)
    protect(id)
    protect(other)
    assert.equal("ValidationException", fault("StartSourceNetworkRecovery", start(id, "sn-00000000000000000")).code)
    assert.equal("ValidationException", fault("StartSourceNetworkRecovery", start(id, id)).code)
    assert.equal(2, #drs("StartSourceNetworkRecovery", start(id, other)).job.participatingResources)
    assert.equal(1, #drs("DescribeJobs").items)
  end)

  it("2 [M]: the CloudFormation template is exported to the bucket of the launch configuration template", function()
    local id = create()
    assert.equal("ConflictException", fault("ExportSourceNetworkCfnTemplate", { sourceNetworkID = id }).code)
    protect(id)
    assert.equal("ValidationException", fault("ExportSourceNetworkCfnTemplate", { sourceNetworkID = id }).code)
    drs("CreateLaunchConfigurationTemplate", { exportBucketArn = "arn:aws:s3:::my-exports" })
    local url = drs("ExportSourceNetworkCfnTemplate", { sourceNetworkID = id }).s3DestinationUrl
    assert.truthy(url:find("my-exports", 1, true))
  end)

  it("lastRecovery tells the time as the model says, over HTTP too", function()
    local id = create()
    protect(id)
    recover(id)
    local _, body = support.drs(world.here(), "DescribeSourceNetworks")
    assert.equal("2026-11-23T06:02:01Z", body.items[1].lastRecovery.apiCallDateTime)
  end)
end)
