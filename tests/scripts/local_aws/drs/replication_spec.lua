local clock = require "clock"
local json = require "json"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start = world.drs, world.fault, world.start
local server_id, source_server = world.server_id, world.source_server

describe("replication", function()
  after_each(world.close)

  it("6 [M]: a server goes through its states to CONTINUOUS, and falls behind when it is STALLED", function()
    start(2, function(server, number)
      server.replication = number == 1 and { state = "STALLED", lag = 10, forSeconds = 3600 } or nil
    end)
    local info = source_server(1).dataReplicationInfo
    assert.equal("STALLED", info.dataReplicationState)
    assert.equal("PT1H10S", info.lagDuration)
    assert.equal("NOT_CONVERGING", info.dataReplicationError.error)
    clock.step(60)
    assert.equal("PT1H1M10S", source_server(1).dataReplicationInfo.lagDuration)
    drs("StopReplication", { sourceServerID = server_id(2) })
    assert.equal("STOPPED", source_server(2).dataReplicationInfo.dataReplicationState)
    assert.equal("ConflictException", fault("StopReplication", { sourceServerID = server_id(2) }).code)
    assert.equal("INITIATING", drs("StartReplication", { sourceServerID = server_id(2) }).sourceServer.dataReplicationInfo
      .dataReplicationState)
    assert.equal("ConflictException", fault("StartReplication", { sourceServerID = server_id(2) }).code)
    local seen = {}
    for index = 1, 3 do
      clock.step(index == 1 and 400 or index == 2 and 2330 or 100)
      seen[index] = source_server(2).dataReplicationInfo.dataReplicationState
    end
    assert.same({ "INITIAL_SYNC", "CREATING_SNAPSHOT", "CONTINUOUS" }, seen)
  end)

  it("2 [M]: pitPolicy has exactly three rules, of minutes, hours and days", function()
    start()
    local settings = drs("GetReplicationConfiguration", { sourceServerID = server_id(1) })
    assert.equal(3, #settings.pitPolicy)
    local two = json.array { settings.pitPolicy[1], settings.pitPolicy[2] }
    assert.equal("ValidationException", fault("UpdateReplicationConfiguration",
      { sourceServerID = server_id(1), pitPolicy = two }).code)
    local changed = drs("UpdateReplicationConfiguration", { sourceServerID = server_id(1), bandwidthThrottling = 100 })
    assert.equal(100, changed.bandwidthThrottling)
    assert.equal(0, drs("GetReplicationConfiguration", { sourceServerID = server_id(2) }).bandwidthThrottling)
    assert.equal("ResourceNotFoundException", fault("GetReplicationConfiguration", { sourceServerID = server_id(9) }).code)
  end)
end)
