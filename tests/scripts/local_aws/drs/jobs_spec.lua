local clock = require "clock"
local json = require "json"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start = world.drs, world.fault, world.start
local drill, events, job, recovery_instances = world.drill, world.events, world.job, world.recovery_instances
local servers, source_server = world.servers, world.source_server
local server_id = world.server_id

describe("a job", function()
  after_each(world.close)

  it("4 [R]: a LAUNCH job goes through PENDING, STARTED and COMPLETED with the recorded timings", function()
    start()
    world.settings().jitter = 0
    local started = drill(1, 2)
    assert.equal("PENDING", started.status)
    assert.equal("LAUNCH", started.type)
    assert.equal("START_DRILL", started.initiatedBy)
    assert.is_nil(started.endDateTime)
    clock.step(0.4)
    assert.equal("STARTED", job(started.jobID).status)
    clock.step(536)
    assert.equal("STARTED", job(started.jobID).status)
    clock.step(1.6)
    local ended = job(started.jobID)
    assert.equal("COMPLETED", ended.status)
    assert.equal("2026-11-23T06:08:57.500000+00:00", ended.endDateTime)
  end)

  it("4 [S]: a server is PENDING through snapshot and conversion, then IN_PROGRESS, then LAUNCHED", function()
    start()
    local id = drill(1).jobID
    local seen = {}
    for _ = 1, 60 do
      local current = job(id).participatingServers[1].launchStatus
      if seen[#seen] ~= current then
        seen[#seen + 1] = current
      end
      if current == "PENDING" then
        assert.is_nil(table.concat(events(id), " "):find("LAUNCH_START", 1, true))
      end
      clock.step(10)
    end
    assert.same({ "PENDING", "IN_PROGRESS", "LAUNCHED" }, seen)
  end)

  it("4 [R]: recoveryInstanceID is shown only between a server's launch and the job's end, and that can be switched", function()
    start()
    world.settings().jitter = 0
    local id = drill(1).jobID
    clock.step(400)
    assert.is_nil(job(id).participatingServers[1].recoveryInstanceID)
    clock.step(135)
    assert.truthy(job(id).participatingServers[1].recoveryInstanceID)
    clock.step(10)
    assert.equal("COMPLETED", job(id).status)
    assert.is_nil(job(id).participatingServers[1].recoveryInstanceID)
    world.settings().hideRecoveryInstanceIds = false
    assert.truthy(job(id).participatingServers[1].recoveryInstanceID)
  end)

  it("4 [M]: there is no FAILED job: with mixed outcomes it is COMPLETED", function()
    start(3, function(server, number)
      server.behaviour = number == 2 and { launch = "FAILED" } or nil
    end)
    local id = drill(1, 3).jobID
    clock.step(700)
    local ended = job(id)
    assert.equal("COMPLETED", ended.status)
    local outcomes = {}
    for index, server in ipairs(ended.participatingServers) do
      outcomes[index] = server.launchStatus
    end
    assert.same({ "LAUNCHED", "FAILED", "LAUNCHED" }, outcomes)
    assert.equal(2, #recovery_instances())
    assert.equal("FAILED", source_server(2).lastLaunchResult)
    assert.equal("SUCCEEDED", source_server(1).lastLaunchResult)
  end)

  it("4 [M]: a job whose every server failed is COMPLETED too", function()
    start(1, function(server)
      server.behaviour = { conversion = "FAILED" }
    end)
    local id = drill(1).jobID
    clock.step(700)
    assert.equal("COMPLETED", job(id).status)
    assert.equal("FAILED", job(id).participatingServers[1].launchStatus)
    assert.same({ "JOB_START", "SNAPSHOT_START", "SNAPSHOT_END", "CONVERSION_START", "CONVERSION_FAIL", "JOB_END" },
      events(id))
  end)

  it("takes longer for a slow server", function()
    start(1, function(server)
      server.behaviour = { slow = 3 }
    end)
    local id = drill(1).jobID
    clock.step(900)
    assert.equal("STARTED", job(id).status)
    clock.step(900)
    assert.equal("COMPLETED", job(id).status)
  end)

  it("goes the same way for the same seed, another way for another", function()
    local function ends(seed)
      start(2, nil, { seed = seed })
      local id = drill(1, 2).jobID
      clock.step(700)
      local at = job(id).endDateTime
      world.close()
      return at
    end
    local first = ends(7)
    assert.equal(first, ends(7))
    assert.not_equal(first, ends(8))
  end)

  it("4 [M]: initiatedBy is START_RECOVERY when it is no drill; a job keeps its tags", function()
    start()
    local started = drs("StartRecovery", { sourceServers = servers(1), tags = { execution = "x" } }).job
    assert.equal("START_RECOVERY", started.initiatedBy)
    assert.same({ execution = "x" }, job(started.jobID).tags)
    assert.same({ execution = "x" }, drs("ListTagsForResource", { resourceArn = started.arn }).tags)
    clock.step(700)
    assert.is_false(recovery_instances()[1].isDrill)
  end)

  it("4 [M]: DescribeJobs comes newest first, filtered by id and date", function()
    start(3)
    local first = drill(1)
    clock.step(100)
    local second = drill(2)
    local items = drs("DescribeJobs").items
    assert.same({ second.jobID, first.jobID }, { items[1].jobID, items[2].jobID })
    local later = drs("DescribeJobs", { filters = { fromDate = "2026-11-23T06:01:00Z" } }).items
    assert.same({ second.jobID }, { later[1].jobID })
    local earlier = drs("DescribeJobs", { filters = { toDate = "2026-11-23T06:01:00Z" } }).items
    assert.same({ first.jobID }, { earlier[1].jobID })
    local page = drs("DescribeJobs", { maxResults = 1 })
    assert.equal(first.jobID, drs("DescribeJobs", { maxResults = 1, nextToken = page.nextToken }).items[1].jobID)
  end)

  it("4 [M]: DeleteJob is a conflict while the job runs; later the job is not known", function()
    start()
    local id = drill(1).jobID
    assert.equal("ConflictException", fault("DeleteJob", { jobID = id }).code)
    clock.step(700)
    drs("DeleteJob", { jobID = id })
    assert.is_nil(job(id))
    assert.equal("ResourceNotFoundException", fault("DeleteJob", { jobID = id }).code)
    assert.equal("ValidationException", fault("DescribeJobLogItems", { jobID = id }).code)
    assert.equal("SUCCEEDED", source_server(1).lastLaunchResult)
  end)

  it("4 [M]: a job has an ARN, a type, a status, a creation time, servers and tags, {} when none", function()
    start()
    local made = drill(1)
    assert.equal("arn:aws:drs:us-east-1:123456789012:job/" .. made.jobID, made.arn)
    assert.same({ "LAUNCH", "PENDING", {} }, { made.type, made.status, made.tags })
    assert.same({ { sourceServerID = server_id(1), launchStatus = "PENDING" } }, made.participatingServers)
    assert.is_nil(made.participatingResources)
  end)

  it("4 [S]: an unknown id gives an empty list, not an error", function()
    start()
    assert.same({}, drs("DescribeJobs", { filters = { jobIDs = json.array { "drsjob-00000000000000000" } } }).items)
  end)

  it("4 [M]: launchActionsStatus tells of the actions that run on what was launched, one after the other", function()
    start()
    drs("UpdateLaunchConfiguration", { sourceServerID = server_id(1), postLaunchEnabled = true })
    for number = 1, 3 do
      drs("PutLaunchAction", {
        resourceId = server_id(1), actionCode = "AWS-RunShellScript", order = 10 * number, optional = false, active = number < 3,
        actionId = ("%08x-0000-0000-0000-000000000000"):format(number), name = "action " .. number, actionVersion = "$DEFAULT",
        category = "OTHER", description = "",
      })
    end
    world.settings().jitter = 0
    local id = drill(1).jobID
    clock.step(500)
    assert.is_nil(job(id).participatingServers[1].launchActionsStatus)
    clock.step(40)
    local status = job(id).participatingServers[1].launchActionsStatus
    assert.truthy(status.ssmAgentDiscoveryDatetime:find("+00:00", 1, true))
    assert.same({ "action 1", "IN_PROGRESS", 1 }, { status.runs[1].action.name, status.runs[1].status, #status.runs })
    clock.step(30)
    status = job(id).participatingServers[1].launchActionsStatus
    assert.same({ "SUCCEEDED", "IN_PROGRESS" }, { status.runs[1].status, status.runs[2].status })
    clock.step(60)
    assert.same({ "COMPLETED", "LAUNCHED" }, { job(id).status, job(id).participatingServers[1].launchStatus })
    assert.equal(2, #job(id).participatingServers[1].launchActionsStatus.runs)
  end)

  it("4 [M]: an action that fails takes the launch with it, unless it is optional", function()
    start(2, function(server)
      server.behaviour = { action = "FAILED" }
    end)
    for number = 1, 2 do
      drs("UpdateLaunchConfiguration", { sourceServerID = server_id(number), postLaunchEnabled = true })
      drs("PutLaunchAction", {
        resourceId = server_id(number), actionCode = "AWS-RunShellScript", order = 10, optional = number == 2, active = true,
        actionId = "00000000-0000-0000-0000-000000000000", name = "action", actionVersion = "$DEFAULT", category = "OTHER",
        description = "",
      })
    end
    local id = drill(1, 2).jobID
    clock.step(700)
    local first, second = table.unpack(job(id).participatingServers)
    assert.same({ "FAILED", "FAILED" }, { first.launchStatus, first.launchActionsStatus.runs[1].status })
    assert.truthy(first.launchActionsStatus.runs[1].failureReason)
    assert.same({ "LAUNCHED", "FAILED" }, { second.launchStatus, second.launchActionsStatus.runs[1].status })
    assert.equal(2, #recovery_instances())
  end)

  it("2 [Q]: one job a server, L-DD6D028C: a second one is a conflict until the first has ended", function()
    start()
    drill(1)
    clock.step(500)
    assert.equal("ConflictException", fault("StartRecovery", { sourceServers = servers(1), isDrill = true }).code)
    clock.step(100)
    assert.equal("PENDING", drill(1).status)
  end)
end)
