local clock = require "clock"
local support = require "tests.support.local_aws"
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

  it("6 [M]: replication is initiated step by step, and tells when the first synchronisation will end", function()
    start(1, function(server)
      server.replication, server.addedDaysAgo = { state = "STARTED" }, 0
    end)
    local info = source_server(1).dataReplicationInfo
    assert.equal("INITIATING", info.dataReplicationState)
    local steps = info.dataReplicationInitiation.steps
    assert.same({ "WAIT", "IN_PROGRESS", "START_DATA_TRANSFER", "NOT_STARTED" },
      { steps[1].name, steps[1].status, steps[#steps].name, steps[#steps].status })
    clock.step(400)
    info = source_server(1).dataReplicationInfo
    assert.equal("INITIAL_SYNC", info.dataReplicationState)
    assert.truthy(info.etaDateTime)
    assert.truthy(info.replicatedDisks[1].replicatedStorageBytes < info.replicatedDisks[1].totalStorageBytes)
    assert.is_nil(info.lagDuration)
  end)

  it("6 [M]: replication moves by itself along a course: BACKLOG, STALLED with its error, RESCAN, CONTINUOUS", function()
    start(1, function(server)
      server.replication = { state = "CONTINUOUS", course = {
        { after = 60, state = "BACKLOG", lag = 30 }, { after = 60, state = "STALLED", lag = 90, error = "UNSTABLE_NETWORK" },
        { after = 60, state = "RESCAN" }, { after = 60, state = "CONTINUOUS" },
      } }
    end)
    local seen = {}
    for _ = 1, 5 do
      local info = source_server(1).dataReplicationInfo
      seen[#seen + 1] = ("%s %s"):format(info.dataReplicationState, info.lagDuration)
      clock.step(30)
      info = source_server(1).dataReplicationInfo
      if info.dataReplicationState == "STALLED" then
        assert.equal("PT2M", info.lagDuration)
        assert.equal("UNSTABLE_NETWORK", info.dataReplicationError.error)
      elseif info.dataReplicationState == "RESCAN" then
        assert.equal(30 * 100 * 1000 * 1000, info.replicatedDisks[1].rescannedStorageBytes)
      elseif info.dataReplicationState == "BACKLOG" then
        assert.truthy(info.replicatedDisks[1].backloggedStorageBytes > 0)
      end
      clock.step(30)
    end
    assert.same({ "CONTINUOUS P0D", "BACKLOG PT30S", "STALLED PT1M30S", "RESCAN P0D", "CONTINUOUS P0D" }, seen)
  end)

  it("6 [S]: a RESCAN has snapshots to launch from; PAUSED and DISCONNECTED go back to the last one", function()
    start(3, function(server, number)
      server.replication = { state = ({ "RESCAN", "PAUSED", "DISCONNECTED" })[number], forSeconds = 600 }
    end)
    local id = world.drill(1, 3).jobID
    clock.step(700)
    for index, server in ipairs(world.job(id).participatingServers) do
      assert.equal("LAUNCHED", server.launchStatus, index)
    end
    assert.equal(2, select(2, world.log(id):gsub("USING_PREVIOUS_SNAPSHOT", "")))
  end)

  it("is changed by control; what makes no sense is refused with its place", function()
    start(1)
    local function set(replication, id)
      local body, status = support.control(world.here(), "POST", "replication",
        { account = world.ACCOUNT, region = world.REGION, sourceServerID = id or server_id(1), replication = replication })
      return status, body.message
    end
    assert.equal(200, (set { state = "PAUSED" }))
    assert.equal("PAUSED", source_server(1).dataReplicationInfo.dataReplicationState)
    assert.equal(404, (set({ state = "PAUSED" }, server_id(9))))
    assert.equal(400, (set { lag = 1 }))
    for problem, given in pairs {
      ["unknown state 'STALED'"] = { state = "STALED" }, ["unknown member 'lags'"] = { state = "STALLED", lags = 1 },
      ["the member 'after' is missing"] = { state = "STALLED", course = { { state = "RESCAN" } } },
    } do
      local status, message = set(given)
      assert.equal(400, status)
      assert.truthy(message:find(problem, 1, true), message)
    end
  end)
end)
