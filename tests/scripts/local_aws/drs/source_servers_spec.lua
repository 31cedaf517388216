local clock = require "clock"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start = world.drs, world.fault, world.start
local drill, job = world.drill, world.job
local server_id, source_server = world.server_id, world.source_server

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
end)
