local clock = require "clock"
local json = require "json"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start = world.drs, world.fault, world.start
local events, job, recovery_instances = world.events, world.job, world.recovery_instances
local servers, source_server = world.servers, world.source_server

describe("TerminateRecoveryInstances", function()
  after_each(world.close)

  local function launched(first, last, is_drill)
    drs("StartRecovery", { sourceServers = servers(first, last), isDrill = is_drill })
    clock.step(700)
    local ids = json.array {}
    for index, instance in ipairs(recovery_instances { maxResults = 200 }) do
      ids[index] = instance.recoveryInstanceID
    end
    return ids
  end

  it("4 [S]: a finished TERMINATE job has an empty list of servers", function()
    start()
    local ids = launched(1, 2, true)
    local started = drs("TerminateRecoveryInstances", { recoveryInstanceIDs = ids }).job
    assert.equal("TERMINATE", started.type)
    assert.equal("TERMINATE_RECOVERY_INSTANCES", started.initiatedBy)
    assert.equal(2, #started.participatingServers)
    assert.equal(ids[1], started.participatingServers[1].recoveryInstanceID)
    clock.step(30)
    assert.equal("STARTED", job(started.jobID).status)
    assert.equal("SHUTTING-DOWN", recovery_instances()[1].ec2InstanceState)
    clock.step(170)
    assert.equal("COMPLETED", job(started.jobID).status)
    assert.same({}, job(started.jobID).participatingServers)
    assert.same({}, recovery_instances())
    assert.same({ "JOB_START", "JOB_END" }, events(started.jobID))
    assert.equal("TERMINATED", source_server(1).lifeCycle.lastLaunch.status)
    assert.is_nil(source_server(1).recoveryInstanceId)
    world.settings().emptyTerminateJobs = false
    assert.equal("TERMINATED", job(started.jobID).participatingServers[1].launchStatus)
  end)

  it("6 [M]: TerminateRecoveryInstances has no guard on isDrill", function()
    start()
    local ids = launched(1, 1, false)
    drs("TerminateRecoveryInstances", { recoveryInstanceIDs = ids })
    clock.step(200)
    assert.same({}, recovery_instances())
  end)

  it("6 [S]: terminating what is gone or busy is a conflict, and then nothing is terminated", function()
    start()
    local ids = launched(1, 2, true)
    local unknown = json.array { ids[1], "i-0123456789abcdef0" }
    assert.equal("ConflictException", fault("TerminateRecoveryInstances", { recoveryInstanceIDs = unknown }).code)
    drs("TerminateRecoveryInstances", { recoveryInstanceIDs = json.array { ids[1] } })
    assert.equal("ConflictException", fault("TerminateRecoveryInstances", { recoveryInstanceIDs = ids }).code)
    local twice = json.array { ids[2], ids[2] }
    assert.equal("ValidationException", fault("TerminateRecoveryInstances", { recoveryInstanceIDs = twice }).code)
    clock.step(200)
    assert.equal(1, #recovery_instances())
    assert.equal("ConflictException", fault("TerminateRecoveryInstances",
      { recoveryInstanceIDs = json.array { ids[1] } }).code)
  end)

  it("2 [M]: TerminateRecoveryInstances takes 1 to 200 ids", function()
    start(1)
    local ids = json.array {}
    for number = 1, 201 do
      ids[number] = ("i-%017x"):format(number)
    end
    assert.equal("ValidationException", fault("TerminateRecoveryInstances", { recoveryInstanceIDs = ids }).code)
    ids[201] = nil
    assert.equal("ConflictException", fault("TerminateRecoveryInstances", { recoveryInstanceIDs = ids }).code)
    assert.equal("ValidationException", fault("TerminateRecoveryInstances", { recoveryInstanceIDs = json.array {} }).code)
    assert.equal("ValidationException", fault("TerminateRecoveryInstances", {}).code)
  end)

  it("leaves the instance where terminating fails", function()
    start(2, function(server, number)
      server.behaviour = number == 1 and { terminate = "FAILED" } or nil
    end)
    local ids = launched(1, 2, true)
    local id = drs("TerminateRecoveryInstances", { recoveryInstanceIDs = ids }).job.jobID
    clock.step(300)
    assert.equal("COMPLETED", job(id).status)
    assert.equal(1, #recovery_instances())
    assert.equal("RUNNING", recovery_instances()[1].ec2InstanceState)
  end)
end)
