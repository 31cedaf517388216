local clock = require "clock"
local json = require "json"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start = world.drs, world.fault, world.start
local drill, recovery_instances = world.drill, world.recovery_instances
local server_id = world.server_id

describe("pages", function()
  after_each(world.close)

  it("8: pages are small by default, and hold what was asked for", function()
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

  it("8: pages can be capped at one", function()
    start(3)
    world.settings().pageCap = 1
    assert.equal(1, #drs("DescribeSourceServers", { maxResults = 100 }).items)
  end)

  it("2 [M]: a token of another question, no token and maxResults of 0 are not valid", function()
    start(25)
    local token = drs("DescribeSourceServers").nextToken
    assert.equal("ValidationException", fault("DescribeRecoveryInstances", { nextToken = token }).code)
    assert.equal("ValidationException", fault("DescribeSourceServers", { nextToken = "not-one" }).code)
    assert.equal("ValidationException", fault("DescribeSourceServers", { maxResults = 0 }).code)
  end)

  it("2 [M]: an empty list of ids means everything", function()
    start(3)
    assert.equal(3, #drs("DescribeSourceServers", { filters = { sourceServerIDs = json.array {} } }).items)
    drill(1, 2)
    clock.step(700)
    assert.equal(2, #recovery_instances { filters = { recoveryInstanceIDs = json.array {} } })
    assert.equal(1, #drs("DescribeJobs", { filters = { jobIDs = json.array {} } }).items)
  end)

  it("2 [M]: every paged operation gives one item and a token when one is asked for", function()
    start(3)
    world.drs("UpdateReplicationConfiguration", { sourceServerID = server_id(1), ebsEncryption = "CUSTOM" })
    drill(1, 2)
    clock.step(700)
    drill(3)
    for number = 1, 2 do
      drs("PutLaunchAction", {
        resourceId = server_id(1), actionCode = "AWS-RunShellScript", order = 10 + number, optional = true, active = true,
        actionId = ("%08x-0000-0000-0000-000000000000"):format(number), name = "a", actionVersion = "$DEFAULT",
        category = "OTHER", description = "",
      })
      drs("CreateSourceNetwork",
        { vpcID = ("vpc-%017d"):format(number), originAccountID = world.ACCOUNT, originRegion = "us-west-2" })
    end
    for operation, input in pairs {
      DescribeSourceServers = {}, DescribeJobs = {}, DescribeRecoveryInstances = {}, DescribeSourceNetworks = {},
      DescribeRecoverySnapshots = { sourceServerID = server_id(1) }, ListLaunchActions = { resourceId = server_id(1) },
      DescribeJobLogItems = { jobID = drs("DescribeJobs").items[2].jobID },
    } do
      input.maxResults = 1
      local page = drs(operation, input)
      assert.equal(1, #page.items, operation)
      input.nextToken = page.nextToken
      local second = drs(operation, input)
      assert.equal(1, #second.items, operation)
      assert.not_same(page.items[1], second.items[1], operation)
    end
  end)
end)
