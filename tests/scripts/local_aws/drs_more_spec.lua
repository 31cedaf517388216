-- DRS beside drills: launch actions, the way back, extended source servers.

local clock = require "clock"
local json = require "json"
local support = require "tests.support.local_aws"

local server_id = support.server_id

describe("DRS", function()
  local here

  local function start(count, each)
    here = support.start { estate = support.estate(count or 1, each) }
  end
  local function drs(operation, input, region, account)
    return here.call("drs", operation, input, region, account)
  end
  local function fault(operation, input, region, account)
    return here.fault("drs", operation, input, region, account)
  end

  after_each(function()
    here.close()
  end)

  describe("launch actions", function()
    local function action(number, order)
      return {
        resourceId = server_id(1), actionCode = "AWS-RunShellScript",
        actionId = ("%08x-0000-0000-0000-000000000000"):format(number),
        order = order or 1000 + number, optional = true, active = true, name = "action " .. number, actionVersion = "$DEFAULT",
        category = "OTHER", description = "",
      }
    end

    it("are put, listed in their order and deleted", function()
      start()
      drs("PutLaunchAction", action(2))
      local first = drs("PutLaunchAction", action(1))
      assert.equal("SSM_COMMAND", first.type)
      local items = drs("ListLaunchActions", { resourceId = server_id(1) }).items
      assert.same({ "action 1", "action 2" }, { items[1].name, items[2].name })
      assert.is_nil(items[1].resourceId)
      local filtered = drs("ListLaunchActions", { resourceId = server_id(1),
        filters = { actionIds = json.array { first.actionId } } })
      assert.equal(1, #filtered.items)
      drs("DeleteLaunchAction", { resourceId = server_id(1), actionId = first.actionId })
      assert.equal(1, #drs("ListLaunchActions", { resourceId = server_id(1) }).items)
      assert.equal("ResourceNotFoundException", fault("DeleteLaunchAction",
        { resourceId = server_id(1), actionId = first.actionId }).code)
      assert.equal("ResourceNotFoundException", fault("ListLaunchActions", { resourceId = server_id(9) }).code)
    end)

    it("2: have an order of their own, between 2 and 10000, and at most 200 fit", function()
      start()
      drs("PutLaunchAction", action(1, 2))
      assert.equal("ConflictException", fault("PutLaunchAction", action(2, 2)).code)
      assert.equal("ValidationException", fault("PutLaunchAction", action(2, 1)).code)
      for number = 2, 200 do
        drs("PutLaunchAction", action(number))
      end
      assert.equal("L-0588D03B", fault("PutLaunchAction", action(201)).extra.quotaCode)
    end)
  end)

  describe("the way back", function()
    local function recovered(is_drill)
      start(1, function(server)
        server.originRegion = "us-east-2"
      end)
      here.call("drs", "InitializeService", {}, "us-east-2")
      drs("StartRecovery", { sourceServers = support.servers(1), isDrill = is_drill })
      clock.step(700)
      return drs("DescribeRecoveryInstances").items[1].recoveryInstanceID
    end

    it("6: reverses replication into the region of origin, once", function()
      local id = recovered(false)
      local arn = drs("ReverseReplication", { recoveryInstanceID = id }).reversedDirectionSourceServerArn
      assert.truthy(arn:find("^arn:aws:drs:us%-east%-2:123456789012:source%-server/s%-"))
      local server = drs("DescribeSourceServers", {}, "us-east-2").items[1]
      assert.same({ arn, "FAILBACK", "us-east-1" }, { server.arn, server.replicationDirection,
        server.sourceCloudProperties.originRegion })
      assert.equal("FAILBACK_IN_PROGRESS", drs("DescribeRecoveryInstances").items[1].failback.state)
      assert.equal("ConflictException", fault("ReverseReplication", { recoveryInstanceID = id }).code)
      drs("StopFailback", { recoveryInstanceID = id })
      assert.equal("FAILBACK_NOT_STARTED", drs("DescribeRecoveryInstances").items[1].failback.state)
    end)

    it("is refused for a drill, for what is not from AWS, and where the region of origin is not initialised", function()
      assert.equal("ValidationException", fault("ReverseReplication", { recoveryInstanceID = recovered(true) }).code)
      here.close()
      local id = recovered(false)
      here.world.db:run "DELETE FROM drs_initialized WHERE region = 'us-east-2'"
      assert.equal("UninitializedAccountException", fault("ReverseReplication", { recoveryInstanceID = id }).code)
      here.close()
      start()
      drs("StartRecovery", { sourceServers = support.servers(1) })
      clock.step(700)
      id = drs("DescribeRecoveryInstances").items[1].recoveryInstanceID
      assert.equal("ValidationException", fault("ReverseReplication", { recoveryInstanceID = id }).code)
      assert.equal("ResourceNotFoundException", fault("ReverseReplication",
        { recoveryInstanceID = "i-00000000000000000" }).code)
    end)

    it("has settings of its own", function()
      local id = recovered(false)
      assert.equal(0, drs("GetFailbackReplicationConfiguration", { recoveryInstanceID = id }).bandwidthThrottling)
      drs("UpdateFailbackReplicationConfiguration", { recoveryInstanceID = id, bandwidthThrottling = 50, usePrivateIP = true })
      local settings = drs("GetFailbackReplicationConfiguration", { recoveryInstanceID = id })
      assert.same({ 50, true, "server-001" }, { settings.bandwidthThrottling, settings.usePrivateIP, settings.name })
    end)
  end)
end)

describe("extended source servers", function()
  local STAGING = "210987654321"
  local here

  before_each(function()
    local estate = support.estate(3)
    estate.places[1].account = STAGING
    estate.places[2] = { account = support.ACCOUNT, region = support.REGION }
    here = support.start { estate = estate, settings = { drs = { jitter = 0 } } }
    here.call("drs", "UpdateReplicationConfiguration", { sourceServerID = server_id(1), ebsEncryption = "CUSTOM" }, nil,
      STAGING)
  end)
  after_each(function()
    here.close()
  end)

  local function arn(number)
    return "arn:aws:drs:us-east-1:210987654321:source-server/" .. server_id(number)
  end
  local function extend(number)
    return here.call("drs", "CreateExtendedSourceServer",
      { sourceServerArn = arn(number), tags = { from = "staging" } }).sourceServer
  end

  it("are found in the staging account and extended once", function()
    local input = { stagingAccountID = STAGING }
    assert.equal(3, #here.call("drs", "ListExtensibleSourceServers", input).items)
    local extended = extend(1)
    assert.same({ "EXTENDED", STAGING, arn(1) },
      { extended.stagingArea.status, extended.stagingArea.stagingAccountID, extended.stagingArea.stagingSourceServerArn })
    assert.equal(2, #here.call("drs", "ListExtensibleSourceServers", input).items)
    assert.same({ { accountID = STAGING } }, here.call("drs", "ListStagingAccounts").accounts)
    local filtered = here.call("drs", "DescribeSourceServers",
      { filters = { stagingAccountIDs = json.array { STAGING } } }).items
    assert.equal(extended.sourceServerID, filtered[1].sourceServerID)
    assert.equal("ValidationException", here.fault("drs", "CreateExtendedSourceServer", { sourceServerArn = arn(1) }).code)
    assert.equal("ResourceNotFoundException", here.fault("drs", "CreateExtendedSourceServer",
      { sourceServerArn = arn(9) }).code)
  end)

  it("6: are refused on the default encryption key, and in one's own account", function()
    assert.truthy(here.fault("drs", "CreateExtendedSourceServer", { sourceServerArn = arn(2) }).message:find("must be CUSTOM"))
    local own = here.fault("drs", "CreateExtendedSourceServer", { sourceServerArn = arn(1) }, nil, STAGING)
    assert.equal("ValidationException", own.code)
  end)

  it("4, 8.8: are launched after a job of their own in the staging account", function()
    local id = extend(1).sourceServerID
    here.call("drs", "StartRecovery", { sourceServers = json.array { { sourceServerID = id } }, isDrill = true })
    local converting = here.call("drs", "DescribeJobs", {}, nil, STAGING).items[1]
    assert.same({ "CREATE_CONVERTED_SNAPSHOT", "TARGET_ACCOUNT" }, { converting.type, converting.initiatedBy })
    assert.equal(server_id(1), converting.participatingServers[1].sourceServerID)
    clock.step(800)
    assert.equal("PENDING", here.call("drs", "DescribeJobs").items[1].status)
    assert.equal("ConflictException", here.fault("drs", "StartRecovery", { sourceServers = support.servers(1) }, nil,
      STAGING).code)
    clock.step(50)
    assert.equal("COMPLETED", here.call("drs", "DescribeJobs", {}, nil, STAGING).items[1].status)
    assert.equal("STARTED", here.call("drs", "DescribeJobs").items[1].status)
    clock.step(600)
    assert.equal("LAUNCHED", here.call("drs", "DescribeJobs").items[1].participatingServers[1].launchStatus)
    assert.equal(1, #here.call("drs", "DescribeRecoveryInstances").items)
  end)
end)
