local clock = require "clock"
local support = require "tests.support.local_aws"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start = world.drs, world.fault, world.start
local drill = world.drill
local server_id, source_server = world.server_id, world.source_server
local recovery_instances = world.recovery_instances

describe("a source server", function()
  after_each(world.close)

  it("6 [R]: never launched is lastLaunch {initiated={}} and NOT_STARTED", function()
    start()
    assert.same({ initiated = {} }, source_server(1).lifeCycle.lastLaunch)
    assert.equal("NOT_STARTED", source_server(1).lastLaunchResult)
  end)

  it("6 [M]: lastLaunch tells of the call, the job, the type and how it went", function()
    start()
    local id = drill(1).jobID
    assert.equal("PENDING", source_server(1).lastLaunchResult)
    assert.same({ apiCallDateTime = "2026-11-23T06:00:00.000000+00:00", jobID = id, type = "DRILL" },
      source_server(1).lifeCycle.lastLaunch.initiated)
    clock.step(700)
    assert.equal("LAUNCHED", source_server(1).lifeCycle.lastLaunch.status)
  end)

  it("is retried when it is stalled", function()
    start(1, function(server)
      server.replication = { state = "STALLED" }
    end)
    local answer = drs("RetryDataReplication", { sourceServerID = server_id(1) })
    assert.equal("INITIATING", answer.dataReplicationInfo.dataReplicationState)
    assert.equal("ValidationException", fault("RetryDataReplication", { sourceServerID = server_id(1) }).code)
  end)

  it("is disconnected, then deleted; not while a job holds it", function()
    start()
    assert.equal("ConflictException", fault("DeleteSourceServer", { sourceServerID = server_id(1) }).code)
    drill(2)
    for _, operation in ipairs { "DisconnectSourceServer", "StopReplication", "DeleteSourceServer" } do
      assert.equal("ConflictException", fault(operation, { sourceServerID = server_id(2) }).code)
    end
    assert.equal("DISCONNECTED", drs("DisconnectSourceServer", { sourceServerID = server_id(1) }).dataReplicationInfo
      .dataReplicationState)
    drs("DeleteSourceServer", { sourceServerID = server_id(1) })
    assert.is_nil(source_server(1))
    assert.equal("ResourceNotFoundException", fault("DeleteSourceServer", { sourceServerID = server_id(1) }).code)
  end)

  it("6 [M]: recoveryInstanceId has a small d, and is that of the living instance", function()
    start()
    drill(1)
    clock.step(700)
    local _, body = support.drs(world.here(), "DescribeSourceServers")
    assert.equal(recovery_instances()[1].recoveryInstanceID, body.items[1].recoveryInstanceId)
    assert.is_nil(body.items[1].recoveryInstanceID)
  end)

  it("6 [M]: a source server tells of its life cycle, staging area, origin and direction", function()
    start(1, function(server)
      server.originRegion = "us-west-2"
    end)
    local server = source_server(1)
    assert.equal("2026-10-24T06:00:00.000000+00:00", server.lifeCycle.addedToServiceDateTime)
    assert.truthy(server.lifeCycle.firstByteDateTime and server.lifeCycle.lastSeenByServiceDateTime)
    assert.same({ status = "NOT_EXTENDED" }, server.stagingArea)
    assert.same({ originAccountID = world.ACCOUNT, originRegion = "us-west-2", originAvailabilityZone = "us-west-2a" },
      server.sourceCloudProperties)
    assert.equal("FAILOVER", server.replicationDirection)
  end)

  it("6 [R]: the agent of an EC2 machine tags it with its account, region, instance and type", function()
    world.open { estate = "sample" }
    for _, server in ipairs(drs("DescribeSourceServers", { maxResults = 10 }).items) do
      assert.same({ server.sourceCloudProperties.originAccountID, server.sourceCloudProperties.originRegion,
        server.sourceProperties.identificationHints.awsInstanceID, server.sourceProperties.recommendedInstanceType },
        { server.tags["source:account"], server.tags["source:region"], server.tags["source:instance-id"],
          server.tags["source:instance-type"] })
    end
  end)

  it("6 [M]: replicatedDisks tell the bytes of each disk", function()
    start(1, function(server)
      server.volumes = { { deviceName = "/dev/sda", gib = 1 }, { deviceName = "/dev/sdb", gib = 2 } }
    end)
    local disks = source_server(1).dataReplicationInfo.replicatedDisks
    assert.same({ deviceName = "/dev/sdb", totalStorageBytes = 2147483648, replicatedStorageBytes = 2147483648,
      rescannedStorageBytes = 0, backloggedStorageBytes = 0, volumeStatus = "REGULAR" }, disks[2])
  end)
end)
