local clock = require "clock"
local json = require "json"
local support = require "tests.support.local_aws"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, recovery_instances = world.drs, world.fault, world.recovery_instances

local WEST = "us-east-2"

describe("the way back", function()
  after_each(world.close)

  -- The id of a recovery instance of a server that came from another region.
  local function recovered(is_drill)
    world.start(1, function(server)
      server.originRegion = WEST
    end)
    world.call("drs", "InitializeService", {}, WEST)
    drs("StartRecovery", { sourceServers = world.servers(1), isDrill = is_drill })
    clock.step(700)
    return recovery_instances()[1].recoveryInstanceID
  end
  local function failback()
    return recovery_instances()[1].failback
  end
  local function connect(id)
    return support.control(world.here(), "POST", "failback-client",
      { account = world.ACCOUNT, region = world.REGION, recoveryInstanceID = id })
  end

  it("6 [M]: ReverseReplication answers the ARN of the reversed source server in the region of origin", function()
    local id = recovered(false)
    local arn = drs("ReverseReplication", { recoveryInstanceID = id }).reversedDirectionSourceServerArn
    assert.truthy(arn:find("^arn:aws:drs:us%-east%-2:123456789012:source%-server/s%-"))
    local server = drs("DescribeSourceServers", {}, WEST).items[1]
    assert.same({ arn, "FAILBACK", "us-east-1" }, { server.arn, server.replicationDirection,
      server.sourceCloudProperties.originRegion })
    assert.equal(arn, world.source_server(1).reversedDirectionSourceServerArn)
    assert.equal(world.source_server(1).arn, server.reversedDirectionSourceServerArn)
    assert.equal("ConflictException", fault("ReverseReplication", { recoveryInstanceID = id }).code)
  end)

  it("6 [M]: StopFailback returns to FAILBACK_NOT_STARTED, and it can be reversed again", function()
    local id = recovered(false)
    local arn = drs("ReverseReplication", { recoveryInstanceID = id }).reversedDirectionSourceServerArn
    assert.equal("FAILBACK_IN_PROGRESS", failback().state)
    drs("StopFailback", { recoveryInstanceID = id })
    assert.equal("FAILBACK_NOT_STARTED", failback().state)
    assert.equal("STOPPED", drs("DescribeSourceServers", {}, WEST).items[1].dataReplicationInfo.dataReplicationState)
    assert.equal(arn, drs("ReverseReplication", { recoveryInstanceID = id }).reversedDirectionSourceServerArn)
    assert.equal(1, #drs("DescribeSourceServers", {}, WEST).items)
  end)

  it("6 [M]: the failback goes from IN_PROGRESS over READY_FOR_LAUNCH to COMPLETED by a launch there", function()
    world.open { estate = support.estate(0) }
    local id = recovered(false)
    world.listen { ["detail-type"] = { "DRS Recovery Instance Failback State Change" } }
    drs("ReverseReplication", { recoveryInstanceID = id })
    clock.step(600)
    local instance = recovery_instances()[1]
    assert.equal("FAILBACK_IN_PROGRESS", instance.failback.state)
    assert.equal("INITIAL_SYNC", instance.dataReplicationInfo.dataReplicationState)
    assert.truthy(instance.failback.failbackInitiationTime and instance.failback.firstByteDateTime)
    assert.equal("PT9M", instance.failback.elapsedReplicationDuration)
    clock.step(2400)
    assert.equal("FAILBACK_READY_FOR_LAUNCH", failback().state)
    local servers = json.array { { sourceServerID = drs("DescribeSourceServers", {}, WEST).items[1].sourceServerID } }
    drs("StartRecovery", { sourceServers = servers, isDrill = true }, WEST)
    clock.step(700)
    assert.same({ "FAILBACK_READY_FOR_LAUNCH", "DRILL" }, { failback().state, failback().failbackLaunchType })
    local job = drs("StartRecovery", { sourceServers = servers }, WEST).job
    clock.step(700)
    assert.same({ "FAILBACK_COMPLETED", "RECOVERY", job.jobID },
      { failback().state, failback().failbackLaunchType, failback().failbackJobID })
    local states = {}
    for index, event in ipairs(world.told()) do
      states[index] = event.detail.state
    end
    assert.same({ "FAILBACK_IN_PROGRESS", "FAILBACK_COMPLETED" }, states)
  end)

  it("6 [M]: a stalled way back is NOT_READY_FOR_LAUNCH, a failed launch ERROR, a deleted server NOT_AVAILABLE", function()
    local id = recovered(false)
    drs("ReverseReplication", { recoveryInstanceID = id })
    clock.step(3000)
    local there = drs("DescribeSourceServers", {}, WEST).items[1]
    drs("TagResource", { resourceArn = there.arn, tags = { ["drsh:behaviour"] = "launch=FAILED" } }, WEST)
    drs("StartRecovery", { sourceServers = json.array { { sourceServerID = there.sourceServerID } } }, WEST)
    clock.step(700)
    assert.equal("FAILBACK_ERROR", failback().state)
    world.close()
    id = recovered(false)
    drs("ReverseReplication", { recoveryInstanceID = id })
    there = drs("DescribeSourceServers", {}, WEST).items[1]
    drs("DisconnectSourceServer", { sourceServerID = there.sourceServerID }, WEST)
    assert.equal("FAILBACK_NOT_READY_FOR_LAUNCH", failback().state)
    drs("DeleteSourceServer", { sourceServerID = there.sourceServerID }, WEST)
    assert.equal("FAILBACK_LAUNCH_STATE_NOT_AVAILABLE", failback().state)
    assert.equal("REPLICATION_STATE_NOT_AVAILABLE", recovery_instances()[1].dataReplicationInfo.dataReplicationState)
  end)

  it("6 [M]: StartFailbackLaunch is the failback client's way, a job by FAILBACK", function()
    local id = recovered(false)
    local ids = { recoveryInstanceIDs = json.array { id }, tags = { a = "b" } }
    assert.equal("ConflictException", fault("StartFailbackLaunch", ids).code)
    connect(id)
    assert.equal(404, select(2, connect(id)))
    assert.equal("FAILBACK_IN_PROGRESS", failback().state)
    assert.equal("ConflictException", fault("StartFailbackLaunch", ids).code)
    clock.step(3000)
    assert.equal("FAILBACK_READY_FOR_LAUNCH", failback().state)
    assert.truthy(failback().failbackClientID and failback().failbackToOriginalServer)
    assert.equal("ValidationException", fault("StartFailbackLaunch",
      { recoveryInstanceIDs = json.array { id, "i-00000000000000000" } }).code)
    assert.equal("ValidationException", fault("StartFailbackLaunch", { recoveryInstanceIDs = json.array { id, id } }).code)
    local job = drs("StartFailbackLaunch", ids).job
    assert.same({ "LAUNCH", "FAILBACK", { a = "b" } }, { job.type, job.initiatedBy, job.tags })
    assert.equal(world.server_id(1), job.participatingServers[1].sourceServerID)
    assert.equal("ConflictException", fault("StartFailbackLaunch", ids).code)
    clock.step(700)
    assert.same({ "JOB_START", "CONVERSION_START", "CONVERSION_END", "LAUNCH_START", "LAUNCH_END", "JOB_END" },
      world.events(job.jobID))
    assert.same({ "FAILBACK_COMPLETED", job.jobID }, { failback().state, failback().failbackJobID })
  end)

  it("7 [EB]: DRS Recovery Instance Failback State Change: in progress, completed or failed", function()
    local id = recovered(false)
    drs("TagResource", { resourceArn = world.source_server(1).arn, tags = { ["drsh:behaviour"] = "conversion=FAILED" } })
    world.listen { ["detail-type"] = { "DRS Recovery Instance Failback State Change" } }
    connect(id)
    clock.step(3000)
    drs("StartFailbackLaunch", { recoveryInstanceIDs = json.array { id } })
    clock.step(700)
    assert.equal("FAILBACK_ERROR", failback().state)
    local told = world.told()
    assert.same({ { state = "FAILBACK_IN_PROGRESS" }, { state = "FAILBACK_ERROR" } }, { told[1].detail, told[2].detail })
    assert.same({ recovery_instances()[1].arn }, told[1].resources)
  end)

  it("is refused for a drill, for what is not from AWS, and where the region of origin is not initialised", function()
    assert.equal("ValidationException", fault("ReverseReplication", { recoveryInstanceID = recovered(true) }).code)
    local id = recovered(false)
    world.here().world.db:run "DELETE FROM drs_initialized WHERE region = 'us-east-2'"
    assert.equal("UninitializedAccountException", fault("ReverseReplication", { recoveryInstanceID = id }).code)
    world.start(1)
    drs("StartRecovery", { sourceServers = world.servers(1) })
    clock.step(700)
    id = recovery_instances()[1].recoveryInstanceID
    assert.equal("ValidationException", fault("ReverseReplication", { recoveryInstanceID = id }).code)
    assert.equal("ResourceNotFoundException", fault("ReverseReplication",
      { recoveryInstanceID = "i-00000000000000000" }).code)
  end)

  it("2 [M]: failback settings are got and updated: name, bandwidth, private IP, protocol", function()
    local id = recovered(false)
    assert.equal(0, drs("GetFailbackReplicationConfiguration", { recoveryInstanceID = id }).bandwidthThrottling)
    drs("UpdateFailbackReplicationConfiguration", { recoveryInstanceID = id, bandwidthThrottling = 50, usePrivateIP = true })
    assert.same({ recoveryInstanceID = id, bandwidthThrottling = 50, usePrivateIP = true, name = "server-001",
      internetProtocol = "IPV4" }, drs("GetFailbackReplicationConfiguration", { recoveryInstanceID = id }))
  end)
end)
