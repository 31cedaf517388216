local clock = require "clock"
local json = require "json"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start = world.drs, world.fault, world.start
local drill, recovery_instances = world.drill, world.recovery_instances
local servers = world.servers

describe("StartRecovery", function()
  after_each(world.close)

  it("1 [S]: a busy server fails the whole call with the real text", function()
    start()
    drill(2)
    local refused = fault("StartRecovery", { sourceServers = servers(1, 3), isDrill = true })
    assert.equal("ConflictException", refused.code)
    assert.equal("One or more of the Source Servers included in API call are currently being processed by a Job",
      refused.message)
    assert.equal(1, #drs("DescribeJobs").items)
  end)

  it("4 [S]: a TERMINATE job keeps its servers busy too", function()
    start()
    drill(1)
    clock.step(700)
    drs("TerminateRecoveryInstances", { recoveryInstanceIDs = json.array { recovery_instances()[1].recoveryInstanceID } })
    assert.equal("ConflictException", fault("StartRecovery", { sourceServers = servers(1) }).code)
    clock.step(200)
    assert.equal("LAUNCH", drill(1).type)
  end)

  it("2 [Q]: more than 100 servers in a job are over the quota L-B827C881", function()
    start(101)
    local refused = fault("StartRecovery", { sourceServers = servers(1, 101) })
    assert.equal("ServiceQuotaExceededException", refused.code)
    assert.equal("L-B827C881", refused.extra.quotaCode)
  end)

  it("2 [Q]: more than 20 jobs are over the quota L-D88FAC3A, until one has ended", function()
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

  it("2 [Q]: more than 500 servers in all jobs are over the quota L-05AFA8C6", function()
    start(501)
    for block = 0, 4 do
      drill(block * 100 + 1, block * 100 + 100)
    end
    local refused = fault("StartRecovery", { sourceServers = servers(501) })
    assert.equal("L-05AFA8C6", refused.extra.quotaCode)
  end)

  it("2 [M]: more than 200 servers in StartRecovery are not valid at all", function()
    start(1)
    local refused = fault("StartRecovery", { sourceServers = servers(1, 201) })
    assert.equal("ValidationException", refused.code)
    assert.truthy(refused.message:find("Member must have length less than or equal to 200", 1, true))
  end)

  it("1 [M]: an unknown server, a server given twice and a malformed id are not valid", function()
    start()
    assert.equal("ValidationException", fault("StartRecovery", { sourceServers = servers(9) }).code)
    assert.equal("ValidationException", fault("StartRecovery",
      { sourceServers = json.array { servers(1)[1], servers(1)[1] } }).code)
    local refused = fault("StartRecovery", { sourceServers = json.array { { sourceServerID = "s-!" } } })
    assert.truthy(refused.message:find("Member must satisfy regular expression pattern: s-[0-9a-zA-Z]{17}", 1, true))
  end)
end)
