local clock = require "clock"
local world = require "tests.scripts.local_aws.drs.world"

local drs, start = world.drs, world.start
local drill, events, job, recovery_instances = world.drill, world.events, world.job, world.recovery_instances
local source_server = world.source_server
local server_id = world.server_id

describe("a failure", function()
  after_each(world.close)

  it("4 [M]: LAUNCH_FAILED has rawError, attemptCount and maxAttemptsCount, which grow on retries", function()
    start(1, function(server)
      server.behaviour = { launch = "FAILED", attempts = 2 }
    end)
    local id = drill(1).jobID
    clock.step(1200)
    local failed = {}
    for _, item in ipairs(drs("DescribeJobLogItems", { jobID = id }).items) do
      if item.event == "LAUNCH_FAILED" then
        failed[#failed + 1] = item.eventData
      end
    end
    assert.equal(2, #failed)
    assert.equal(2, failed[2].attemptCount)
    assert.equal(2, failed[2].maxAttemptsCount)
    assert.truthy(failed[2].rawError:find("capacity"))
  end)

  it("launches at the last try when it is so asked", function()
    start(1, function(server)
      server.behaviour = { launch = "RETRIED", attempts = 3 }
    end)
    local id = drill(1).jobID
    clock.step(1500)
    assert.equal("LAUNCHED", job(id).participatingServers[1].launchStatus)
    assert.truthy(table.concat(events(id), " "):find("LAUNCH_FAILED LAUNCH_FAILED LAUNCH_END", 1, true))
  end)

  it("6 [S]: what decides is whether a snapshot exists: without one SNAPSHOT_FAIL ends it", function()
    start(1, function(server)
      server.replication = { state = "INITIAL_SYNC" }
    end)
    local id = drill(1).jobID
    clock.step(700)
    assert.same({ "JOB_START", "SNAPSHOT_START", "SNAPSHOT_FAIL", "JOB_END" }, events(id))
    assert.equal("FAILED", job(id).participatingServers[1].launchStatus)
  end)

  it("4 [M]: SNAPSHOT_FAIL is followed by USING_PREVIOUS_SNAPSHOT where there is one", function()
    start(1, function(server)
      server.replication = { state = "STALLED", forSeconds = 600 }
    end)
    local id = drill(1).jobID
    clock.step(700)
    assert.truthy(table.concat(events(id), " "):find("SNAPSHOT_FAIL USING_PREVIOUS_SNAPSHOT CONVERSION_START", 1, true))
    assert.equal("LAUNCHED", job(id).participatingServers[1].launchStatus)
    assert.truthy(recovery_instances()[1].pointInTimeSnapshotDateTime < "2026-11-23T06:00:00")
  end)

  it("4 [M]: USING_PREVIOUS_SNAPSHOT_FAILED ends a server's launch", function()
    start(1, function(server)
      server.behaviour = { snapshot = "FAILED" }
    end)
    local id = drill(1).jobID
    clock.step(700)
    assert.truthy(table.concat(events(id), " "):find("SNAPSHOT_FAIL USING_PREVIOUS_SNAPSHOT_FAILED JOB_END", 1, true))
  end)

  it("4 [M]: SERVER_SKIPPED fails that server and not the others", function()
    start(2, function(server, number)
      server.behaviour = number == 1 and { skip = true } or nil
    end)
    local id = drill(1, 2).jobID
    clock.step(700)
    assert.equal("SERVER_SKIPPED", events(id)[2])
    assert.equal("FAILED", job(id).participatingServers[1].launchStatus)
    assert.equal("LAUNCHED", job(id).participatingServers[2].launchStatus)
  end)

  it("fails on request: by the server's tag, which any client can set", function()
    start()
    drs("TagResource", { resourceArn = source_server(1).arn, tags = { ["drsh:behaviour"] = "launch=FAILED,slow=0.5" } })
    local id = drill(1).jobID
    clock.step(400)
    assert.equal("FAILED", job(id).participatingServers[1].launchStatus)
  end)

  it("4 [M]: CLEANUP_FAIL leaves the former instance where it is", function()
    start(1, function(server)
      server.behaviour = { cleanup = "FAILED" }
    end)
    drill(1)
    clock.step(700)
    local id = drill(1).jobID
    clock.step(700)
    assert.equal("CLEANUP_FAIL", events(id)[3])
    assert.equal(2, #recovery_instances())
  end)

  it("4 [M]: JOB_CANCEL ends a job: who was launched stays, who was not has failed", function()
    start(2, function(server, number)
      server.behaviour = number == 1 and { slow = 0.1 } or { cancel = 200 }
    end, { jitter = 0 })
    local id = drill(1, 2).jobID
    clock.step(199)
    assert.equal("STARTED", job(id).status)
    clock.step(10)
    local ended = job(id)
    assert.same({ "COMPLETED", "LAUNCHED", "FAILED" },
      { ended.status, ended.participatingServers[1].launchStatus, ended.participatingServers[2].launchStatus })
    assert.truthy(world.log(id):find("JOB_CANCEL JOB_END$"))
    clock.step(600)
    assert.equal(1, #recovery_instances())
    assert.equal("FAILED", source_server(2).lastLaunchResult)
  end)

  it("4 [M]: CONVERSION_FAIL has rawError, and is tried again as often as it is asked to be", function()
    start(1, function(server)
      server.behaviour = { conversion = "RETRIED", attempts = 2 }
    end)
    local id = drill(1).jobID
    clock.step(900)
    assert.truthy(world.log(id):find("CONVERSION_START CONVERSION_FAIL CONVERSION_END LAUNCH_START LAUNCH_END", 1, true))
    for _, item in ipairs(world.log_items(id)) do
      if item.event == "CONVERSION_FAIL" then
        assert.same({ 1, 2 }, { item.eventData.attemptCount, item.eventData.maxAttemptsCount })
        assert.truthy(item.eventData.rawError)
      end
    end
  end)

  it("4 [M]: failures mix inside one job, each server on its own way", function()
    local behaviours = {
      { snapshot = "PREVIOUS" }, { snapshot = "FAILED" }, { conversion = "FAILED" }, { launch = "FAILED" }, { skip = true }, nil,
    }
    start(6, function(server, number)
      server.behaviour = behaviours[number]
    end)
    local id = drill(1, 6).jobID
    clock.step(700)
    local outcomes, last = {}, {}
    for index, server in ipairs(job(id).participatingServers) do
      outcomes[index] = server.launchStatus
    end
    for _, item in ipairs(world.log_items(id)) do
      last[item.eventData.sourceServerID or ""] = item.event
    end
    assert.same({ "LAUNCHED", "FAILED", "FAILED", "FAILED", "FAILED", "LAUNCHED" }, outcomes)
    assert.same({ "LAUNCH_END", "USING_PREVIOUS_SNAPSHOT_FAILED", "CONVERSION_FAIL", "LAUNCH_FAILED", "SERVER_SKIPPED", "LAUNCH_END" },
      { last[server_id(1)], last[server_id(2)], last[server_id(3)], last[server_id(4)], last[server_id(5)], last[server_id(6)] })
  end)
end)
