-- DRS as it really behaves. Tests that show a fact name its place in the collection of facts on the DRS API: "4" is its section
-- on jobs, "8.3" the third line of its checklist.

local clock = require "clock"
local json = require "json"
local support = require "tests.support.local_aws"

local server_id, servers = support.server_id, support.servers

describe("DRS", function()
  local here

  local function start(count, each)
    here = support.start { estate = support.estate(count or 3, each) }
  end
  local function drs(operation, input)
    return here.call("drs", operation, input)
  end
  local function fault(operation, input)
    return here.fault("drs", operation, input)
  end
  local function job(id)
    return drs("DescribeJobs", { filters = { jobIDs = json.array { id } } }).items[1]
  end
  local function events(id)
    local list = {}
    for index, item in ipairs(drs("DescribeJobLogItems", { jobID = id, maxResults = 200 }).items) do
      list[index] = item.event
    end
    return list
  end
  local function drill(first, last)
    return drs("StartRecovery", { sourceServers = servers(first, last), isDrill = true }).job
  end
  local function recovery_instances(input)
    return drs("DescribeRecoveryInstances", input).items
  end
  local function source_server(number)
    return drs("DescribeSourceServers", { filters = { sourceServerIDs = json.array { server_id(number) } } }).items[1]
  end

  after_each(function()
    if here then
      here.close()
      here = nil
    end
  end)

  describe("initialisation", function()
    it("8.1: refuses every call but InitializeService and tags until a region is initialised, per account and region",
      function()
      start()
      for _, operation in ipairs { "DescribeJobs", "DescribeSourceServers", "DescribeRecoveryInstances" } do
        local refused = here.fault("drs", operation, {}, "eu-west-1")
        assert.equal("UninitializedAccountException", refused.code)
        assert.equal("Account not initialized", refused.message)
        assert.equal("UninitializedAccountException", here.fault("drs", operation, {}, support.REGION, "999999999999").code)
      end
      assert.equal("ResourceNotFoundException", here.fault("drs", "ListTagsForResource", {
        resourceArn = "arn:aws:drs:eu-west-1:123456789012:job/drsjob-00000000000000000",
      }, "eu-west-1").code)
      here.call("drs", "InitializeService", {}, "eu-west-1")
      assert.same({}, here.call("drs", "DescribeJobs", {}, "eu-west-1").items)
      assert.equal("UninitializedAccountException", here.fault("drs", "DescribeJobs", {}, "eu-west-2").code)
    end)
  end)

  describe("a LAUNCH job", function()
    it("4: goes through PENDING, STARTED and COMPLETED with the recorded timings", function()
      start()
      here.world.settings.drs.jitter = 0
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

    it("4: keeps a server PENDING through snapshot and conversion, then IN_PROGRESS, then LAUNCHED", function()
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

    it("5: logs its events oldest first, LAUNCH_END although no model has it, with the ids", function()
      start()
      local id = drill(1).jobID
      assert.same({}, events(id))
      clock.step(600)
      assert.same({
        "JOB_START", "SNAPSHOT_START", "SNAPSHOT_END", "CONVERSION_START", "CONVERSION_END", "LAUNCH_START", "LAUNCH_END",
        "JOB_END",
      }, events(id))
      local items = drs("DescribeJobLogItems", { jobID = id }).items
      assert.same({}, items[1].eventData)
      assert.truthy(items[5].eventData.conversionServerID:find("^i%-%x+$"))
      assert.equal(recovery_instances()[1].ec2InstanceID, items[7].eventData.targetInstanceID)
      for index = 2, #items do
        assert.truthy(items[index - 1].logDateTime <= items[index].logDateTime)
      end
    end)

    it("1, 8.11: writes times with microseconds and an offset, and durations as text", function()
      start()
      assert.truthy(drill(1).creationDateTime:find("^2026%-11%-23T06:00:00%.%d%d%d%d%d%d%+00:00$"))
      assert.equal("P0D", source_server(1).dataReplicationInfo.lagDuration)
      assert.truthy(source_server(1).lifeCycle.elapsedReplicationDuration:find("^P29DT23H56M$"))
    end)

    it("8.6: shows recoveryInstanceID only between a server's launch and the job's end, and that can be switched", function()
      start()
      here.world.settings.drs.jitter = 0
      local id = drill(1).jobID
      clock.step(400)
      assert.is_nil(job(id).participatingServers[1].recoveryInstanceID)
      clock.step(135)
      assert.truthy(job(id).participatingServers[1].recoveryInstanceID)
      clock.step(10)
      assert.equal("COMPLETED", job(id).status)
      assert.is_nil(job(id).participatingServers[1].recoveryInstanceID)
      here.world.settings.drs.hideRecoveryInstanceIds = false
      assert.truthy(job(id).participatingServers[1].recoveryInstanceID)
    end)

    it("8.5: has no FAILED status: with mixed outcomes it is COMPLETED", function()
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

    it("is COMPLETED also when every server failed", function()
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

    it("tells why a launch failed and how often it was tried", function()
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

    it("8.9: fails with SNAPSHOT_FAIL where no snapshot exists", function()
      start(1, function(server)
        server.replication = { state = "INITIAL_SYNC" }
      end)
      local id = drill(1).jobID
      clock.step(700)
      assert.same({ "JOB_START", "SNAPSHOT_START", "SNAPSHOT_FAIL", "JOB_END" }, events(id))
      assert.equal("FAILED", job(id).participatingServers[1].launchStatus)
    end)

    it("4: goes on with a previous snapshot when none can be taken now", function()
      start(1, function(server)
        server.replication = { state = "STALLED", forSeconds = 600 }
      end)
      local id = drill(1).jobID
      clock.step(700)
      assert.truthy(table.concat(events(id), " "):find("SNAPSHOT_FAIL USING_PREVIOUS_SNAPSHOT CONVERSION_START", 1, true))
      assert.equal("LAUNCHED", job(id).participatingServers[1].launchStatus)
      assert.truthy(recovery_instances()[1].pointInTimeSnapshotDateTime < "2026-11-23T06:00:00")
    end)

    it("4: fails when the previous snapshot cannot be used either", function()
      start(1, function(server)
        server.behaviour = { snapshot = "FAILED" }
      end)
      local id = drill(1).jobID
      clock.step(700)
      assert.truthy(table.concat(events(id), " "):find("SNAPSHOT_FAIL USING_PREVIOUS_SNAPSHOT_FAILED JOB_END", 1, true))
    end)

    it("skips a server that is to be skipped", function()
      start(2, function(server, number)
        server.behaviour = number == 1 and { skip = true } or nil
      end)
      local id = drill(1, 2).jobID
      clock.step(700)
      assert.equal("SERVER_SKIPPED", events(id)[2])
      assert.equal("FAILED", job(id).participatingServers[1].launchStatus)
      assert.equal("LAUNCHED", job(id).participatingServers[2].launchStatus)
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

    it("fails on request: by the server's tag, which any client can set", function()
      start()
      drs("TagResource", { resourceArn = source_server(1).arn, tags = { ["drsh:behaviour"] = "launch=FAILED,slow=0.5" } })
      local id = drill(1).jobID
      clock.step(400)
      assert.equal("FAILED", job(id).participatingServers[1].launchStatus)
    end)

    it("4: skips the conversion when the recovery mode is FAST", function()
      start()
      drs("UpdateLaunchConfiguration", { sourceServerID = server_id(1), recoveryMode = "FAST" })
      local id = drill(1).jobID
      clock.step(600)
      assert.same({ "JOB_START", "SNAPSHOT_START", "SNAPSHOT_END", "LAUNCH_START", "LAUNCH_END", "JOB_END" }, events(id))
    end)

    it("goes the same way for the same seed, another way for another", function()
      local function ends(seed)
        here = support.start { estate = support.estate(2), settings = { drs = { seed = seed } } }
        local id = drill(1, 2).jobID
        clock.step(700)
        local at = job(id).endDateTime
        here.close()
        here = nil
        return at
      end
      local first = ends(7)
      assert.equal(first, ends(7))
      assert.not_equal(first, ends(8))
    end)

    it("sends an event that no model knows when that is switched on", function()
      start()
      here.world.settings.drs.unknownEvents = true
      local id = drill(1).jobID
      clock.step(700)
      assert.truthy(table.concat(events(id), " "):find("LAUNCH_PREPARED", 1, true))
    end)

    it("says START_RECOVERY when it is no drill, and keeps its tags", function()
      start()
      local started = drs("StartRecovery", { sourceServers = servers(1), tags = { execution = "x" } }).job
      assert.equal("START_RECOVERY", started.initiatedBy)
      assert.same({ execution = "x" }, job(started.jobID).tags)
      assert.same({ execution = "x" }, drs("ListTagsForResource", { resourceArn = started.arn }).tags)
      clock.step(700)
      assert.is_false(recovery_instances()[1].isDrill)
    end)
  end)

  describe("refusals of StartRecovery", function()
    it("8.2: a busy server fails the whole call with the real text", function()
      start()
      drill(2)
      local refused = fault("StartRecovery", { sourceServers = servers(1, 3), isDrill = true })
      assert.equal("ConflictException", refused.code)
      assert.equal("One or more of the Source Servers included in API call are currently being processed by a Job",
        refused.message)
      assert.equal(1, #drs("DescribeJobs").items)
    end)

    it("8.2: a TERMINATE job keeps its servers busy too", function()
      start()
      drill(1)
      clock.step(700)
      drs("TerminateRecoveryInstances", { recoveryInstanceIDs = json.array { recovery_instances()[1].recoveryInstanceID } })
      assert.equal("ConflictException", fault("StartRecovery", { sourceServers = servers(1) }).code)
      clock.step(200)
      assert.equal("LAUNCH", drill(1).type)
    end)

    it("8.3: more than 100 servers in a job are over the quota", function()
      start(101)
      local refused = fault("StartRecovery", { sourceServers = servers(1, 101) })
      assert.equal("ServiceQuotaExceededException", refused.code)
      assert.equal("L-B827C881", refused.extra.quotaCode)
    end)

    it("8.3: more than 20 jobs are over the quota, until one has ended", function()
      start(21)
      for number = 1, 20 do
        drill(number)
      end
      local refused = fault("StartRecovery", { sourceServers = servers(21) })
      assert.equal("ServiceQuotaExceededException", refused.code)
      assert.equal("L-D88FAC3A", refused.extra.quotaCode)
      clock.step(700)
      assert.equal("PENDING", drill(21).status)
    end)

    it("8.3: more than 500 servers in all jobs are over the quota", function()
      start(501)
      for block = 0, 4 do
        drill(block * 100 + 1, block * 100 + 100)
      end
      local refused = fault("StartRecovery", { sourceServers = servers(501) })
      assert.equal("L-05AFA8C6", refused.extra.quotaCode)
    end)

    it("8.3: more than 200 servers are not valid at all", function()
      start(1)
      local refused = fault("StartRecovery", { sourceServers = servers(1, 201) })
      assert.equal("ValidationException", refused.code)
      assert.truthy(refused.message:find("Member must have length less than or equal to 200", 1, true))
    end)

    it("an unknown server, a server given twice and a malformed id are not valid", function()
      start()
      assert.equal("ValidationException", fault("StartRecovery", { sourceServers = servers(9) }).code)
      assert.equal("ValidationException", fault("StartRecovery",
        { sourceServers = json.array { servers(1)[1], servers(1)[1] } }).code)
      local refused = fault("StartRecovery", { sourceServers = json.array { { sourceServerID = "s-!" } } })
      assert.truthy(refused.message:find("Member must satisfy regular expression pattern: s-[0-9a-zA-Z]{17}", 1, true))
    end)
  end)

  describe("pages", function()
    it("8.4: are small by default, and hold what was asked for", function()
      start(45)
      local page = drs "DescribeSourceServers"
      assert.equal(20, #page.items)
      local second = drs("DescribeSourceServers", { nextToken = page.nextToken })
      local third = drs("DescribeSourceServers", { nextToken = second.nextToken })
      assert.equal(20, #second.items)
      assert.equal(5, #third.items)
      assert.is_nil(third.nextToken)
      assert.equal(7, #drs("DescribeSourceServers", { maxResults = 7 }).items)
    end)

    it("8.4: can be capped at one", function()
      start(3)
      here.world.settings.drs.pageCap = 1
      assert.equal(1, #drs("DescribeSourceServers", { maxResults = 100 }).items)
    end)

    it("refuse a token of another question, and what is no token", function()
      start(25)
      local token = drs("DescribeSourceServers").nextToken
      assert.equal("ValidationException", fault("DescribeRecoveryInstances", { nextToken = token }).code)
      assert.equal("ValidationException", fault("DescribeSourceServers", { nextToken = "not-one" }).code)
      assert.equal("ValidationException", fault("DescribeSourceServers", { maxResults = 0 }).code)
    end)

    it("8.3: an empty list of ids means everything", function()
      start(3)
      assert.equal(3, #drs("DescribeSourceServers", { filters = { sourceServerIDs = json.array {} } }).items)
      drill(1, 2)
      clock.step(700)
      assert.equal(2, #recovery_instances { filters = { recoveryInstanceIDs = json.array {} } })
      assert.equal(1, #drs("DescribeJobs", { filters = { jobIDs = json.array {} } }).items)
    end)

    it("of jobs come newest first, filtered by id and date", function()
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
  end)

  describe("a recovery instance", function()
    it("8.7: names its job and whether it is a drill's, and is the EC2 instance", function()
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
      local machine = here.call("ec2", "DescribeInstances",
        { InstanceIds = { instance.ec2InstanceID } }).Reservations[1].Instances[1]
      assert.equal("running", machine.State.Name)
      assert.equal(instance.recoveryInstanceProperties.networkInterfaces[1].ips[1], machine.PrivateIpAddress)
    end)

    it("4, 8.7: a second drill cleans the first one's instance away", function()
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
      local machine = here.call("ec2", "DescribeInstances", { InstanceIds = { first } }).Reservations[1].Instances[1]
      assert.equal("terminated", machine.State.Name)
    end)

    it("8.7: a real recovery's instance survives the next drill", function()
      start()
      drs("StartRecovery", { sourceServers = servers(1), isDrill = false })
      clock.step(700)
      local real = recovery_instances()[1].recoveryInstanceID
      drill(1)
      clock.step(700)
      assert.equal(2, #recovery_instances())
      assert.equal(real, recovery_instances()[1].recoveryInstanceID)
    end)

    it("stays when its cleaning fails", function()
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

    it("6: is launched but STOPPED when the launch disposition says so", function()
      start()
      drs("UpdateLaunchConfiguration", { sourceServerID = server_id(1), launchDisposition = "STOPPED" })
      local id = drill(1).jobID
      clock.step(700)
      assert.equal("LAUNCHED", job(id).participatingServers[1].launchStatus)
      assert.equal("STOPPED", recovery_instances()[1].ec2InstanceState)
    end)

    it("6: stays in DRS when its machine was terminated directly: TERMINATED, later NOT_FOUND", function()
      start()
      drill(1)
      clock.step(700)
      local id = recovery_instances()[1].recoveryInstanceID
      here.call("ec2", "TerminateInstances", { InstanceIds = { id } })
      assert.equal("SHUTTING-DOWN", recovery_instances()[1].ec2InstanceState)
      clock.step(120)
      assert.equal("TERMINATED", recovery_instances()[1].ec2InstanceState)
      clock.step(3700)
      assert.equal("NOT_FOUND", recovery_instances()[1].ec2InstanceState)
      drs("DeleteRecoveryInstance", { recoveryInstanceID = id })
      assert.same({}, recovery_instances())
    end)

    it("6: has to be disconnected before it is deleted; its machine stays", function()
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
      local machine = here.call("ec2", "DescribeInstances", { InstanceIds = { id } }).Reservations[1].Instances[1]
      assert.equal("running", machine.State.Name)
      assert.equal("ResourceNotFoundException", fault("DisconnectRecoveryInstance", { recoveryInstanceID = id }).code)
      assert.equal("ConflictException", fault("DeleteRecoveryInstance", { recoveryInstanceID = id }).code)
    end)

    it("that was disconnected is not cleaned by the next drill", function()
      start()
      drill(1)
      clock.step(700)
      drs("DisconnectRecoveryInstance", { recoveryInstanceID = recovery_instances()[1].recoveryInstanceID })
      drill(1)
      clock.step(700)
      assert.equal(2, #recovery_instances())
    end)

    it("has the address of its source when the launch configuration says so, else one of its own", function()
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
  end)

  describe("TerminateRecoveryInstances", function()
    local function launched(first, last, is_drill)
      drs("StartRecovery", { sourceServers = servers(first, last), isDrill = is_drill })
      clock.step(700)
      local ids = json.array {}
      for index, instance in ipairs(recovery_instances { maxResults = 200 }) do
        ids[index] = instance.recoveryInstanceID
      end
      return ids
    end

    it("4, 8.6: makes a TERMINATE job whose list of servers is empty when it has ended", function()
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
      here.world.settings.drs.emptyTerminateJobs = false
      assert.equal("TERMINATED", job(started.jobID).participatingServers[1].launchStatus)
    end)

    it("6: has no guard on isDrill", function()
      start()
      local ids = launched(1, 1, false)
      drs("TerminateRecoveryInstances", { recoveryInstanceIDs = ids })
      clock.step(200)
      assert.same({}, recovery_instances())
    end)

    it("6: is a conflict for what is gone or busy, and then terminates nothing", function()
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

    it("8.3: takes 200 ids and not 201; none is not valid", function()
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

  describe("jobs", function()
    it("4: are deleted when they have ended, and then are not known", function()
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
  end)

  describe("a source server", function()
    it("6: that was never launched says so", function()
      start()
      assert.same({ initiated = {} }, source_server(1).lifeCycle.lastLaunch)
      assert.equal("NOT_STARTED", source_server(1).lastLaunchResult)
    end)

    it("tells of its last launch while it goes on and after", function()
      start()
      local id = drill(1).jobID
      assert.equal("PENDING", source_server(1).lastLaunchResult)
      assert.same({ apiCallDateTime = "2026-11-23T06:00:00.000000+00:00", jobID = id, type = "DRILL" },
        source_server(1).lifeCycle.lastLaunch.initiated)
      clock.step(700)
      assert.equal("LAUNCHED", source_server(1).lifeCycle.lastLaunch.status)
    end)

    it("8.9: replicates through its states, and falls behind when it is stalled", function()
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

  describe("launch configuration", function()
    it("6: has a launch template of its own in EC2, and is not changed while a job holds the server", function()
      start()
      local settings = drs("GetLaunchConfiguration", { sourceServerID = server_id(1) })
      assert.equal("STARTED", settings.launchDisposition)
      local templates = here.call("ec2", "DescribeLaunchTemplates", { LaunchTemplateIds = { settings.ec2LaunchTemplateID } })
      assert.equal(1, #templates.LaunchTemplates)
      local changed = drs("UpdateLaunchConfiguration", { sourceServerID = server_id(1), copyTags = false, name = "other" })
      assert.is_false(changed.copyTags)
      assert.equal("other", drs("GetLaunchConfiguration", { sourceServerID = server_id(1) }).name)
      assert.equal(settings.ec2LaunchTemplateID, changed.ec2LaunchTemplateID)
      drill(1)
      assert.equal("ConflictException", fault("UpdateLaunchConfiguration",
        { sourceServerID = server_id(1), copyTags = true }).code)
      assert.equal("ResourceNotFoundException", fault("GetLaunchConfiguration", { sourceServerID = server_id(9) }).code)
    end)
  end)

  describe("replication configuration", function()
    it("has exactly three rules for points in time", function()
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

  describe("snapshots", function()
    it("6: come in the order that is asked for, and a launch can begin from one", function()
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
  end)

  describe("tags", function()
    it("are put on, listed and taken off by ARN", function()
      start()
      local arn = source_server(1).arn
      drs("TagResource", { resourceArn = arn, tags = { Wave = "1" } })
      assert.equal("1", source_server(1).tags.Wave)
      drs("UntagResource", { resourceArn = arn, tagKeys = json.array { "Wave", "Tier" } })
      assert.same({ Name = "server-001" }, drs("ListTagsForResource", { resourceArn = arn }).tags)
      assert.equal("ResourceNotFoundException", fault("TagResource",
        { resourceArn = arn:gsub(".$", "9"), tags = { a = "b" } }).code)
      assert.equal("ValidationException", fault("TagResource", { resourceArn = arn, tags = { ["aws:x"] = "b" } }).code)
      local many = {}
      for number = 1, 51 do
        many["k" .. number] = "v"
      end
      assert.equal("ValidationException", fault("TagResource", { resourceArn = arn, tags = many }).code)
    end)
  end)

  describe("templates", function()
    it("of launches: at most one", function()
      start()
      local made = drs("CreateLaunchConfigurationTemplate",
        { copyPrivateIp = true, tags = { a = "b" } }).launchConfigurationTemplate
      assert.is_true(made.copyPrivateIp)
      assert.equal("L-1F3FAE4D", fault("CreateLaunchConfigurationTemplate", {}).extra.quotaCode)
      local id = made.launchConfigurationTemplateID
      drs("UpdateLaunchConfigurationTemplate", { launchConfigurationTemplateID = id, copyPrivateIp = false })
      local items = drs("DescribeLaunchConfigurationTemplates").items
      assert.is_false(items[1].copyPrivateIp)
      assert.same({ a = "b" }, items[1].tags)
      drs("DeleteLaunchConfigurationTemplate", { launchConfigurationTemplateID = id })
      assert.same({}, drs("DescribeLaunchConfigurationTemplates").items)
      assert.equal("ResourceNotFoundException", fault("DeleteLaunchConfigurationTemplate",
        { launchConfigurationTemplateID = id }).code)
    end)

    it("of replication are made, changed, listed and deleted", function()
      start()
      local policy = drs("GetReplicationConfiguration", { sourceServerID = server_id(1) }).pitPolicy
      local made = drs("CreateReplicationConfigurationTemplate", {
        stagingAreaSubnetId = "subnet-0123456789abcdef0", replicationServersSecurityGroupsIDs = json.array {},
        ebsEncryption = "DEFAULT", bandwidthThrottling = 0, stagingAreaTags = json.object {}, pitPolicy = policy,
      })
      local id = made.replicationConfigurationTemplateID
      local changed = drs("UpdateReplicationConfigurationTemplate",
        { replicationConfigurationTemplateID = id, bandwidthThrottling = 5 })
      assert.equal(5, changed.bandwidthThrottling)
      assert.equal(id, drs("DescribeReplicationConfigurationTemplates",
        { replicationConfigurationTemplateIDs = json.array { id } })
        .items[1].replicationConfigurationTemplateID)
      drs("DeleteReplicationConfigurationTemplate", { replicationConfigurationTemplateID = id })
      assert.equal("ResourceNotFoundException",
        fault("DescribeReplicationConfigurationTemplates", { replicationConfigurationTemplateIDs = json.array { id } }).code)
    end)
  end)

  it("9, 1: an operation that the model does not have is not known", function()
    start()
    assert.equal("UnknownOperationException", fault("Nonsense", {}).code)
  end)
end)
