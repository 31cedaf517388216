local json = require "json"
local models = require "models"
local world = require "tests.scripts.local_aws.drs.world"

local drs, fault, start, server_id = world.drs, world.fault, world.start, world.server_id

-- `count` ids of a pattern like "s-%017d".
local function ids(count, pattern)
  local list = json.array {}
  for number = 1, count do
    list[number] = pattern:format(number)
  end
  return list
end

-- Is the input valid as far as the model goes? Other refusals do not count.
local function is_valid(operation, input)
  local ok, problem = pcall(drs, operation, input)
  return ok or not problem.message:find("failed to satisfy constraint", 1, true)
end

describe("limits of DRS", function()
  before_each(function()
    start(1)
  end)
  after_each(world.close)

  it("2 [M]: filters take 1000 job ids, 200 source servers, staging accounts and recovery instances, 100 networks", function()
    for _, case in ipairs {
      { "DescribeJobs", "jobIDs", "drsjob-%017d", 1000 }, { "DescribeSourceServers", "sourceServerIDs", "s-%017d", 200 },
      { "DescribeSourceServers", "stagingAccountIDs", "%012d", 200 },
      { "DescribeRecoveryInstances", "recoveryInstanceIDs", "i-%017d", 200 },
      { "DescribeSourceNetworks", "sourceNetworkIDs", "sn-%017d", 100 },
    } do
      local operation, name, pattern, most = table.unpack(case)
      assert.is_true(is_valid(operation, { filters = { [name] = ids(most, pattern) } }), name)
      assert.is_false(is_valid(operation, { filters = { [name] = ids(most + 1, pattern) } }), name)
    end
    assert.is_true(is_valid("DescribeRecoveryInstances", { filters = { sourceServerIDs = ids(1001, "s-%017d") } }))
  end)

  it("2 [M]: StartRecovery takes 1-200 servers, StartFailbackLaunch 1-200 instances, network recovery 1-100", function()
    local function networks(count)
      local list = json.array {}
      for index, id in ipairs(ids(count, "sn-%017d")) do
        list[index] = { sourceNetworkID = id }
      end
      return { sourceNetworks = list }
    end
    assert.is_false(is_valid("StartRecovery", { sourceServers = json.array {} }))
    assert.is_true(is_valid("StartRecovery", { sourceServers = world.servers(1, 200) }))
    assert.is_false(is_valid("StartRecovery", { sourceServers = world.servers(1, 201) }))
    for count, valid in pairs { [0] = false, [1] = true, [200] = true, [201] = false } do
      assert.equal(valid, is_valid("StartFailbackLaunch", { recoveryInstanceIDs = ids(count, "i-%017d") }))
    end
    for count, valid in pairs { [0] = false, [1] = true, [100] = true, [101] = false } do
      assert.equal(valid, is_valid("StartSourceNetworkRecovery", networks(count)))
    end
  end)

  it("2 [M]: maxResults is at least 1; at most 1000 for launch settings, 50 for staging accounts, 300 for extensible servers", function()
    for _, case in ipairs {
      { "DescribeSourceServers", 1000000 }, { "DescribeJobs", 1000000 }, { "ListStagingAccounts", 50 },
      { "ListExtensibleSourceServers", 300, { stagingAccountID = "210987654321" } },
      { "DescribeLaunchConfigurationTemplates", 1000 }, { "ListLaunchActions", 1000, { resourceId = server_id(1) } },
    } do
      local operation, most, input = case[1], case[2], case[3] or {}
      for size, valid in pairs { [0] = false, [1] = true, [most] = true, [most + 1] = most == 1000000 } do
        input.maxResults = size
        assert.equal(valid, is_valid(operation, input), operation .. " " .. size)
      end
    end
  end)

  it("2 [M]: nextToken has up to 2048 characters, tag keys and values up to 256", function()
    assert.is_true(is_valid("DescribeJobs", { nextToken = ("x"):rep(2048) }))
    assert.is_false(is_valid("DescribeJobs", { nextToken = ("x"):rep(2049) }))
    for length, valid in pairs { [256] = true, [257] = false } do
      local text = ("x"):rep(length)
      assert.equal(valid, is_valid("TagResource", { resourceArn = world.source_server(1).arn, tags = { [text] = "v" } }))
      assert.equal(valid, is_valid("TagResource", { resourceArn = world.source_server(1).arn, tags = { k = text } }))
    end
  end)

  it("2 [M]: ids have a prefix and 17 letters or digits; those of recovery instances are EC2's", function()
    for operation, case in pairs {
      GetLaunchConfiguration = { "sourceServerID", "s-" }, DeleteJob = { "jobID", "drsjob-" },
      DeleteSourceNetwork = { "sourceNetworkID", "sn-" },
      DeleteLaunchConfigurationTemplate = { "launchConfigurationTemplateID", "lct-" },
      DeleteReplicationConfigurationTemplate = { "replicationConfigurationTemplateID", "rct-" },
    } do
      assert.is_true(is_valid(operation, { [case[1]] = case[2] .. "0123456789abcDEFG" }), operation)
      assert.is_false(is_valid(operation, { [case[1]] = case[2] .. "0123456789abcDEF" }), operation)
      assert.is_false(is_valid(operation, { [case[1]] = case[2] .. "0123456789abcDEF-" }), operation)
    end
    local function point(id)
      return { sourceServers = json.array { { sourceServerID = server_id(1), recoverySnapshotID = id } } }
    end
    assert.is_true(is_valid("StartRecovery", point "pit-0123456789abcDEFG"))
    assert.is_false(is_valid("StartRecovery", point "pit-0123456789abcDEF"))
    for id, valid in pairs { ["i-01234567"] = true, ["i-0123456"] = false, ["i-0123456789abcdefg"] = false } do
      assert.equal(valid, is_valid("StopFailback", { recoveryInstanceID = id }), id)
    end
  end)

  it("2 [M]: ids that are made have these forms, too", function()
    local made = {
      [drs("CreateLaunchConfigurationTemplate").launchConfigurationTemplate.launchConfigurationTemplateID] = "^lct%-%w+$",
      [world.drill(1).jobID] = "^drsjob%-%w+$",
      [drs("DescribeRecoverySnapshots", { sourceServerID = server_id(1) }).items[1].snapshotID] = "^pit%-%w+$",
    }
    for id, pattern in pairs(made) do
      assert.truthy(id:find(pattern), id)
      assert.equal(17, #id:match("%w+$"))
    end
  end)

  it("2 [M]: eleven operations are paged, with nextToken and maxResults in and nextToken out; there are no waiters", function()
    local model, count = models.load "drs", 0
    for name in pairs(model.paginators) do
      if not name:find("RecoveryPlan", 1, true) then
        count = count + 1
        local operation = model.operations[name]
        local input, output = model.shapes[operation.input.shape or operation.input], model.shapes[operation.output.shape
          or operation.output]
        assert.truthy(input.members.nextToken and input.members.maxResults and output.members.nextToken, name)
      end
    end
    assert.equal(11, count)
    assert.is_nil(next(model.waiters or {}))
  end)

  it("2 [Q]: at most 300 servers replicate, L-C1D14A2B", function()
    world.settings().maxReplicatingServers = 1
    drs("StopReplication", { sourceServerID = server_id(1) })
    assert.truthy(drs("StartReplication", { sourceServerID = server_id(1) }))
    drs("StopReplication", { sourceServerID = server_id(1) })
    world.here().world.settings.drs.maxReplicatingServers = 0
    local refused = fault("StartReplication", { sourceServerID = server_id(1) })
    assert.same({ "ServiceQuotaExceededException", "L-C1D14A2B" }, { refused.code, refused.extra.quotaCode })
    world.close()
    start()
    assert.equal(300, world.settings().maxReplicatingServers)
  end)

  it("2 [Q]: at most 100 source networks, L-4B0323BD", function()
    for number = 1, 100 do
      drs("CreateSourceNetwork",
        { vpcID = ("vpc-%017d"):format(number), originAccountID = world.ACCOUNT, originRegion = "us-west-2" })
    end
    local refused = fault("CreateSourceNetwork",
      { vpcID = "vpc-00000000000000999", originAccountID = world.ACCOUNT, originRegion = "us-west-2" })
    assert.same({ "ServiceQuotaExceededException", "L-4B0323BD" }, { refused.code, refused.extra.quotaCode })
  end)
end)
