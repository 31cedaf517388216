local clock = require "clock"
local json = require "json"
local support = require "tests.support.local_aws"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, server_id = world.drs, world.fault, world.server_id

local STAGING = "210987654321"

describe("extended source servers", function()
  before_each(function()
    local estate = support.estate(3)
    estate.places[1].account = STAGING
    estate.places[2] = { account = world.ACCOUNT, region = world.REGION }
    world.open { estate = estate, settings = { drs = { jitter = 0 } } }
    drs("UpdateReplicationConfiguration", { sourceServerID = server_id(1), ebsEncryption = "CUSTOM" }, nil, STAGING)
  end)
  after_each(world.close)

  local function arn(number)
    return "arn:aws:drs:us-east-1:210987654321:source-server/" .. server_id(number)
  end
  local function extend(number)
    return drs("CreateExtendedSourceServer", { sourceServerArn = arn(number), tags = { from = "staging" } }).sourceServer
  end
  local function extended()
    return drs("DescribeSourceServers").items[1]
  end

  it("2 [M]: servers of a staging account are found there and extended once", function()
    local input = { stagingAccountID = STAGING }
    assert.equal(3, #drs("ListExtensibleSourceServers", input).items)
    local made = extend(1)
    assert.same({ "EXTENDED", STAGING, arn(1) },
      { made.stagingArea.status, made.stagingArea.stagingAccountID, made.stagingArea.stagingSourceServerArn })
    assert.equal(2, #drs("ListExtensibleSourceServers", input).items)
    assert.same({ { accountID = STAGING } }, drs("ListStagingAccounts").accounts)
    for _, accounts in ipairs { { STAGING }, { STAGING, "999999999999" } } do
      local filtered = drs("DescribeSourceServers", { filters = { stagingAccountIDs = json.array(accounts) } }).items
      assert.equal(made.sourceServerID, filtered[1].sourceServerID)
    end
    assert.same({}, drs("DescribeSourceServers", { filters = { stagingAccountIDs = json.array { "999999999999" } } }).items)
    assert.equal("ValidationException", fault("CreateExtendedSourceServer", { sourceServerArn = arn(1) }).code)
    assert.equal("ResourceNotFoundException", fault("CreateExtendedSourceServer", { sourceServerArn = arn(9) }).code)
  end)

  it("6 [S]: a server on the default EBS key is not extended, nor one in one's own account", function()
    assert.truthy(fault("CreateExtendedSourceServer", { sourceServerArn = arn(2) }).message:find("must be CUSTOM"))
    assert.equal("ValidationException", fault("CreateExtendedSourceServer", { sourceServerArn = arn(1) }, nil, STAGING).code)
  end)

  it("4 [S]: CREATE_CONVERTED_SNAPSHOT by TARGET_ACCOUNT runs in the staging account before the LAUNCH job", function()
    local id = extend(1).sourceServerID
    drs("StartRecovery", { sourceServers = json.array { { sourceServerID = id } }, isDrill = true })
    local converting = drs("DescribeJobs", {}, nil, STAGING).items[1]
    assert.same({ "CREATE_CONVERTED_SNAPSHOT", "TARGET_ACCOUNT" }, { converting.type, converting.initiatedBy })
    assert.equal(server_id(1), converting.participatingServers[1].sourceServerID)
    clock.step(800)
    assert.equal("PENDING", drs("DescribeJobs").items[1].status)
    assert.equal("ConflictException", fault("StartRecovery", { sourceServers = world.servers(1) }, nil, STAGING).code)
    clock.step(50)
    assert.equal("COMPLETED", drs("DescribeJobs", {}, nil, STAGING).items[1].status)
    assert.equal("STARTED", drs("DescribeJobs").items[1].status)
    clock.step(600)
    assert.equal("LAUNCHED", drs("DescribeJobs").items[1].participatingServers[1].launchStatus)
    assert.equal(1, #world.recovery_instances())
  end)

  it("6 [M]: extended servers replicate as their source does; without it they are in EXTENSION_ERROR, with a message", function()
    extend(1)
    drs("StopReplication", { sourceServerID = server_id(1) }, nil, STAGING)
    assert.equal("STOPPED", extended().dataReplicationInfo.dataReplicationState)
    drs("DeleteSourceServer", { sourceServerID = server_id(1) }, nil, STAGING)
    assert.equal("EXTENSION_ERROR", extended().stagingArea.status)
    assert.truthy(extended().stagingArea.errorMessage)
    local job = drs("StartRecovery", { sourceServers = json.array { { sourceServerID = extended().sourceServerID } } }).job.jobID
    clock.step(700)
    assert.same({ "JOB_START", "SNAPSHOT_START", "SNAPSHOT_FAIL", "JOB_END" }, world.events(job))
  end)

  it("are disconnected and deleted without touching their source", function()
    local id = extend(1).sourceServerID
    drs("DisconnectSourceServer", { sourceServerID = id })
    assert.equal("DISCONNECTED", extended().dataReplicationInfo.dataReplicationState)
    drs("DeleteSourceServer", { sourceServerID = id })
    assert.equal("CONTINUOUS", drs("DescribeSourceServers", {}, nil, STAGING).items[1].dataReplicationInfo.dataReplicationState)
  end)

  it("2 [Q]: extended servers count among the 4000 source servers, L-E28BE5E0, which can be raised", function()
    assert.equal(4000, world.settings().maxSourceServers)
    world.settings().maxSourceServers = 0
    local refused = fault("CreateExtendedSourceServer", { sourceServerArn = arn(1) })
    assert.same({ "ServiceQuotaExceededException", "L-E28BE5E0" }, { refused.code, refused.extra.quotaCode })
    world.settings().maxSourceServers = 1
    assert.truthy(extend(1))
  end)
end)
