-- https://docs.aws.amazon.com/eventbridge/latest/ref/events-ref-drs.html and the samples of the DRS user guide.

local clock = require "clock"
local json = require "json"
local support = require "tests.support.local_aws"
local world = require "tests.scripts.local_aws.drs.world"

local drs, start, server_id = world.drs, world.start, world.server_id

local function arn(kind, id)
  return ("arn:aws:drs:us-east-1:123456789012:%s/%s"):format(kind, id)
end

-- The details of the events of one type that were told, in their order.
local function details(detail_type)
  local list = {}
  for _, event in ipairs(world.told()) do
    list[#list + 1] = event["detail-type"] == detail_type and event.detail or nil
  end
  return list
end

local STALLED = "DRS Source Server Data Replication Stalled Change"

describe("events of DRS on the default bus", function()
  after_each(world.close)

  it("7 [EB]: DRS Source Server Launch Result, for each server when its launch ends", function()
    start(2, function(server, number)
      server.behaviour = number == 2 and { conversion = "FAILED" } or nil
    end)
    world.listen { ["detail-type"] = { "DRS Source Server Launch Result" } }
    local id = world.drill(1, 2).jobID
    clock.step(260)
    local told = world.told()
    assert.equal(1, #told)
    assert.same({ "0", "aws.drs", "DRS Source Server Launch Result", "us-east-1", world.ACCOUNT },
      { told[1].version, told[1].source, told[1]["detail-type"], told[1].region, told[1].account })
    assert.same({ arn("source-server", server_id(2)) }, told[1].resources)
    assert.same({ state = "RECOVERY_LAUNCH_FAILED", ["job-id"] = id, ["is-drill"] = "TRUE" }, told[1].detail)
    clock.step(400)
    assert.same({ state = "RECOVERY_LAUNCH_SUCCEEDED", ["job-id"] = id, ["is-drill"] = "TRUE" }, world.told()[2].detail)
    drs("StartRecovery", { sourceServers = world.servers(1), isDrill = false })
    clock.step(700)
    assert.equal("FALSE", world.told()[3].detail["is-drill"])
  end)

  it("7 [EB]: the events come best effort, and only to the rules that match them", function()
    start(1)
    world.listen { source = { "aws.drs" }, ["detail-type"] = { STALLED } }
    world.drill(1)
    clock.step(700)
    assert.same({}, world.told())
  end)

  it("7 [EB]: DRS Source Server Data Replication Stalled Change, both ways", function()
    start(1, function(server)
      server.replication = { state = "CONTINUOUS", course = { { after = 100, state = "STALLED" }, { after = 50, state = "RESCAN" } } }
    end)
    world.listen { ["detail-type"] = { STALLED } }
    clock.step(99)
    assert.same({}, world.told())
    clock.step(2)
    assert.same({ arn("source-server", server_id(1)) }, world.told()[1].resources)
    clock.step(50)
    assert.same({ { state = "STALLED" }, { state = "NOT_STALLED" } }, details(STALLED))
    support.control(world.here(), "POST", "replication", { account = world.ACCOUNT, region = world.REGION,
      sourceServerID = server_id(1), replication = { state = "STALLED", course = { { after = 60, state = "CONTINUOUS" } } } })
    drs("RetryDataReplication", { sourceServerID = server_id(1) })
    clock.step(100)
    assert.same({ { state = "STALLED" }, { state = "NOT_STALLED" }, { state = "STALLED" }, { state = "NOT_STALLED" } },
      details(STALLED))
  end)

  it("7 [EB]: DRS PIT Snapshot Taken, with the ids that DescribeRecoverySnapshots has", function()
    start(1)
    world.listen { ["detail-type"] = { "DRS PIT Snapshot Taken" } }
    clock.step(1260)
    local told = world.told()
    assert.equal(2, #told)
    local newest = drs("DescribeRecoverySnapshots", { sourceServerID = server_id(1), order = "DESC" }).items[1]
    assert.same({ DrsSnapshotID = newest.snapshotID, EbsSnapshotIDs = table.concat(newest.ebsSnapshots, ",") }, told[2].detail)
    world.call("events", "DisableRule", { Name = "drs" })
    clock.step(1200)
    assert.equal(2, #world.told())
  end)

  it("7 [EB]: DRS Source Network Protection Status Change and DRS Source Network Recovery Result", function()
    start(1)
    world.listen()
    local id = drs("CreateSourceNetwork",
      { vpcID = "vpc-0123456789abcdef0", originAccountID = world.ACCOUNT, originRegion = "us-west-2" }).sourceNetworkID
    drs("StartSourceNetworkReplication", { sourceNetworkID = id })
    clock.step(130)
    local protection = details "DRS Source Network Protection Status Change"
    assert.same({ { state = "IN_PROGRESS" }, { state = "PROTECTED" } }, protection)
    assert.same({ arn("source-network", id) }, world.told()[1].resources)
    local job = drs("StartSourceNetworkRecovery", { sourceNetworks = json.array { { sourceNetworkID = id } } }).job.jobID
    clock.step(300)
    assert.same({ { state = "SUCCESS", ["job-id"] = job } }, details "DRS Source Network Recovery Result")
    drs("StopSourceNetworkReplication", { sourceNetworkID = id })
    clock.step(1)
    assert.equal("STOPPED", details("DRS Source Network Protection Status Change")[3].state)
  end)

  it("7 [EB]: a network that was stopped before it was synchronised is never told to be PROTECTED", function()
    start(1)
    world.listen()
    local id = drs("CreateSourceNetwork",
      { vpcID = "vpc-0123456789abcdef0", originAccountID = world.ACCOUNT, originRegion = "us-west-2" }).sourceNetworkID
    drs("StartSourceNetworkReplication", { sourceNetworkID = id })
    drs("StopSourceNetworkReplication", { sourceNetworkID = id })
    clock.step(200)
    assert.same({ { state = "IN_PROGRESS" }, { state = "STOPPED" } }, details "DRS Source Network Protection Status Change")
  end)

  it("become due while nobody runs, and are told at the next start", function()
    local path = os.tmpname()
    os.remove(path)
    local id
    world.open { data = path, estate = support.estate(1) }
    world.listen()
    id = world.drill(1).jobID
    world.close()
    world.open { data = path }
    clock.step(700)
    assert.equal(id, world.told()[1].detail["job-id"])
    world.close()
    for _, suffix in ipairs { "", "-wal", "-shm" } do
      os.remove(path .. suffix)
    end
  end)
end)
