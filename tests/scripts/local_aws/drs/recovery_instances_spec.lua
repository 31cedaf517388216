local clock = require "clock"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start = world.drs, world.fault, world.start
local drill, events, job, recovery_instances = world.drill, world.events, world.job, world.recovery_instances
local server_id, servers, source_server = world.server_id, world.servers, world.source_server

describe("a recovery instance", function()
  after_each(world.close)

  it("6 [M]: a recovery instance names its job and whether it is a drill's, and is the EC2 instance", function()
    start()
    local id = drill(1).jobID
    clock.step(700)
    local instance = recovery_instances()[1]
    assert.equal(id, instance.jobID)
    assert.is_true(instance.isDrill)
    assert.equal(instance.ec2InstanceID, instance.recoveryInstanceID)
    assert.equal("RUNNING", instance.ec2InstanceState)
    assert.equal(server_id(1), instance.sourceServerID)
    assert.equal(instance.recoveryInstanceID, source_server(1).recoveryInstanceId)
    local machine = world.machine(instance.ec2InstanceID)
    assert.equal("running", machine.State.Name)
    assert.equal(instance.recoveryInstanceProperties.networkInterfaces[1].ips[1], machine.PrivateIpAddress)
  end)

  it("4 [S]: a second drill cleans the first one's instance away", function()
    start()
    drill(1)
    clock.step(700)
    local first = recovery_instances()[1].recoveryInstanceID
    local id = drill(1).jobID
    clock.step(700)
    local log = events(id)
    assert.same({ "JOB_START", "CLEANUP_START", "CLEANUP_END", "SNAPSHOT_START" }, { table.unpack(log, 1, 4) })
    assert.equal(1, #recovery_instances())
    assert.not_equal(first, recovery_instances()[1].recoveryInstanceID)
    local machine = world.machine(first)
    assert.equal("terminated", machine.State.Name)
  end)

  it("8: a real recovery's instance survives the next drill", function()
    start()
    drs("StartRecovery", { sourceServers = servers(1), isDrill = false })
    clock.step(700)
    local real = recovery_instances()[1].recoveryInstanceID
    drill(1)
    clock.step(700)
    assert.equal(2, #recovery_instances())
    assert.equal(real, recovery_instances()[1].recoveryInstanceID)
  end)

  it("6 [S]: launchDisposition STOPPED: LAUNCHED, and not running", function()
    start()
    drs("UpdateLaunchConfiguration", { sourceServerID = server_id(1), launchDisposition = "STOPPED" })
    local id = drill(1).jobID
    clock.step(700)
    assert.equal("LAUNCHED", job(id).participatingServers[1].launchStatus)
    assert.equal("STOPPED", recovery_instances()[1].ec2InstanceState)
  end)

  it("6 [M]: a recovery instance whose machine was terminated directly is TERMINATED, later NOT_FOUND", function()
    start()
    drill(1)
    clock.step(700)
    local id = recovery_instances()[1].recoveryInstanceID
    world.call("ec2", "TerminateInstances", { InstanceIds = { id } })
    assert.equal("SHUTTING-DOWN", recovery_instances()[1].ec2InstanceState)
    clock.step(120)
    assert.equal("TERMINATED", recovery_instances()[1].ec2InstanceState)
    clock.step(3700)
    assert.equal("NOT_FOUND", recovery_instances()[1].ec2InstanceState)
    drs("DeleteRecoveryInstance", { recoveryInstanceID = id })
    assert.same({}, recovery_instances())
  end)

  it("6 [M]: DeleteRecoveryInstance needs a disconnected instance; the machine stays", function()
    start()
    drill(1)
    clock.step(700)
    local id = recovery_instances()[1].recoveryInstanceID
    assert.equal("ConflictException", fault("DeleteRecoveryInstance", { recoveryInstanceID = id }).code)
    drs("DisconnectRecoveryInstance", { recoveryInstanceID = id })
    assert.equal("DISCONNECTED", recovery_instances()[1].dataReplicationInfo.dataReplicationState)
    assert.equal("ConflictException", fault("DisconnectRecoveryInstance", { recoveryInstanceID = id }).code)
    drs("DeleteRecoveryInstance", { recoveryInstanceID = id })
    assert.same({}, recovery_instances())
    local machine = world.machine(id)
    assert.equal("running", machine.State.Name)
    assert.equal("ResourceNotFoundException", fault("DisconnectRecoveryInstance", { recoveryInstanceID = id }).code)
    assert.equal("ConflictException", fault("DeleteRecoveryInstance", { recoveryInstanceID = id }).code)
  end)

  it("is not cleaned by the next drill when it was disconnected", function()
    start()
    drill(1)
    clock.step(700)
    drs("DisconnectRecoveryInstance", { recoveryInstanceID = recovery_instances()[1].recoveryInstanceID })
    drill(1)
    clock.step(700)
    assert.equal(2, #recovery_instances())
  end)

  it("6 [M]: copyPrivateIp gives the address of the source, else it has one of its own", function()
    start()
    drs("UpdateLaunchConfiguration", { sourceServerID = server_id(1), copyPrivateIp = true })
    drill(1, 2)
    clock.step(700)
    local addresses = {}
    for _, instance in ipairs(recovery_instances()) do
      addresses[instance.sourceServerID] = instance.recoveryInstanceProperties.networkInterfaces[1].ips[1]
    end
    assert.equal("10.0.0.5", addresses[server_id(1)])
    assert.not_equal("10.0.0.6", addresses[server_id(2)])
  end)

  it("6 [M]: a recovery instance tells what it is, where it came from and what is on it", function()
    start(2, function(server, number)
      server.originRegion = number == 1 and "us-west-2" or nil
    end)
    drill(1, 2)
    clock.step(700)
    local aws, own = table.unpack(recovery_instances())
    assert.same({ "AWS", "us-west-2a" }, { aws.originEnvironment, aws.originAvailabilityZone })
    assert.equal("ON_PREMISES", own.originEnvironment)
    assert.is_nil(own.originAvailabilityZone)
    assert.equal("arn:aws:drs:us-east-1:123456789012:recovery-instance/" .. own.recoveryInstanceID, own.arn)
    local properties = own.recoveryInstanceProperties
    assert.same({ "/dev/nvme0n1", "server-002" },
      { properties.disks[1].internalDeviceName, properties.identificationHints.hostname })
    assert.truthy(properties.disks[1].ebsVolumeID:find("^vol%-%x+$"))
    assert.truthy(properties.ramBytes and properties.cpus[1].cores and properties.os.fullString and own.agentVersion)
    assert.equal("2026-11-23T06:00:00.000000+00:00", own.pointInTimeSnapshotDateTime)
    assert.equal("FAILBACK_NOT_STARTED", own.failback.state)
  end)

  it("6 [S]: recoveryInstanceID is an EC2 instance id and equals ec2InstanceID", function()
    start()
    drill(1)
    clock.step(700)
    local instance = recovery_instances()[1]
    assert.truthy(instance.recoveryInstanceID:find("^i%-%x+$") and #instance.recoveryInstanceID == 19)
    assert.equal(instance.recoveryInstanceID, instance.ec2InstanceID)
  end)

  it("6 [M]: ec2InstanceState is EC2's in capitals, SHUTTING-DOWN with a hyphen", function()
    start()
    drill(1)
    clock.step(700)
    local id = recovery_instances()[1].ec2InstanceID
    local function state()
      return recovery_instances()[1].ec2InstanceState
    end
    assert.equal("RUNNING", state())
    world.call("ec2", "StopInstances", { InstanceIds = { id } })
    assert.equal("STOPPING", state())
    clock.step(60)
    assert.equal("STOPPED", state())
    world.call("ec2", "StartInstances", { InstanceIds = { id } })
    assert.equal("PENDING", state())
    world.call("ec2", "TerminateInstances", { InstanceIds = { id } })
    assert.equal("SHUTTING-DOWN", state())
  end)
end)
