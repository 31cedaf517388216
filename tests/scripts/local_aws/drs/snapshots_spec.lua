local clock = require "clock"
local json = require "json"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start = world.drs, world.fault, world.start
local events, recovery_instances = world.events, world.recovery_instances
local server_id = world.server_id

describe("recovery snapshots", function()
  after_each(world.close)

  it("6 [M]: recovery snapshots come ASC or DESC, and a launch can begin from one", function()
    start()
    local items = drs("DescribeRecoverySnapshots", { sourceServerID = server_id(1), order = "DESC" }).items
    assert.truthy(items[1].expectedTimestamp > items[2].expectedTimestamp)
    local ascending = drs("DescribeRecoverySnapshots",
      { sourceServerID = server_id(1), order = "ASC", maxResults = 200 }).items
    assert.equal(items[1].snapshotID, ascending[#ascending].snapshotID)
    local chosen = items[5]
    local id = drs("StartRecovery", {
      sourceServers = json.array { { sourceServerID = server_id(1), recoverySnapshotID = chosen.snapshotID } },
      isDrill = true,
    }).job.jobID
    clock.step(700)
    assert.equal(chosen.expectedTimestamp, recovery_instances()[1].pointInTimeSnapshotDateTime)
    assert.is_nil(table.concat(events(id), " "):find("SNAPSHOT_START", 1, true))
    assert.equal("ValidationException", fault("StartRecovery", {
      sourceServers = json.array { { sourceServerID = server_id(2), recoverySnapshotID = chosen.snapshotID } },
    }).code)
  end)

  it("can be cut by time; an unknown server has none", function()
    start()
    local items = drs("DescribeRecoverySnapshots", {
      sourceServerID = server_id(1), filters = { fromDateTime = "2026-11-23T05:30:00Z", toDateTime = "2026-11-23T05:45:00Z" },
    }).items
    assert.equal(2, #items)
    assert.equal("ValidationException", fault("DescribeRecoverySnapshots", { sourceServerID = server_id(9) }).code)
  end)

  it("6 [M]: a recovery snapshot has its id, server, expected and real time and EBS snapshots", function()
    start()
    local item = drs("DescribeRecoverySnapshots", { sourceServerID = server_id(1) }).items[1]
    assert.equal(server_id(1), item.sourceServerID)
    assert.truthy(item.snapshotID and item.expectedTimestamp < item.timestamp)
    assert.equal(1, #item.ebsSnapshots)
  end)

  it("6 [M]: without one StartRecovery takes a snapshot of the latest data on demand", function()
    start()
    clock.step(123)
    local id = world.drill(1).jobID
    clock.step(700)
    assert.truthy(world.log(id):find("SNAPSHOT_START SNAPSHOT_END", 1, true))
    assert.equal("2026-11-23T06:02:03.000000+00:00", world.recovery_instances()[1].pointInTimeSnapshotDateTime)
  end)
end)
