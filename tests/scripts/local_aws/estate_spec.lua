-- Estates: what is put into a world, and the sample that a new one comes with.

local clock = require "clock"
local json = require "json"
local support = require "tests.support.local_aws"

local sample = require "local_aws.sample_estate"

describe("an estate", function()
  local here

  after_each(function()
    here.close()
  end)

  it("brings source servers with their address, disks, tags and replication", function()
    here = support.start { estate = { places = { { account = support.ACCOUNT, region = "eu-west-1", sourceServers = { {
      hostname = "db-1", fqdn = "db-1.example.com", ips = { "10.1.1.1" }, os = "Windows Server 2022", cores = 4, ramGiB = 16,
      instanceType = "m6i.xlarge", volumes = { { deviceName = "c:", gib = 80 } }, tags = { Tier = "database" },
      replication = { state = "CONTINUOUS", lag = 5 }, originRegion = "us-east-2", addedDaysAgo = 10,
    } } } } } }
    local server = here.call("drs", "DescribeSourceServers", {}, "eu-west-1").items[1]
    assert.truthy(server.sourceServerID:find("^s%-%x+$"))
    assert.equal("db-1", server.sourceProperties.identificationHints.hostname)
    assert.equal("10.1.1.1", server.sourceProperties.networkInterfaces[1].ips[1])
    assert.equal(80 * 1024 ^ 3, server.sourceProperties.disks[1].bytes)
    assert.equal(16 * 1024 ^ 3, server.sourceProperties.ramBytes)
    assert.equal("PT5S", server.dataReplicationInfo.lagDuration)
    assert.equal("us-east-2", server.sourceCloudProperties.originRegion)
    assert.equal("2026-11-13T06:00:00.000000+00:00", server.lifeCycle.addedToServiceDateTime)
  end)

  it("with a misspelt or wrong member is refused whole, with the path to it", function()
    here = support.start()
    local seed = require("local_aws.estate").seed
    local function place(more)
      local given = { account = support.ACCOUNT, region = support.REGION, sourceServers = { { hostname = "good-1" } } }
      for name, value in pairs(more) do
        given[name] = value
      end
      return { places = { given } }
    end
    for said, wrong in pairs {
      ["estate: unknown member 'place', did you mean 'places'?"] = { place = {} },
      ["estate.places[1]: unknown member 'sourceServer', did you mean 'sourceServers'?"] = place { sourceServer = {} },
      ["estate.places[1].sourceServers[2]: the member 'hostname' is missing"] =
        place { sourceServers = { { hostname = "a" }, { fqdn = "b" } } },
      ["estate.places[1].sourceServers[1].volumes[1].gib: a number is expected here, and not a string"] =
        place { sourceServers = { { hostname = "a", volumes = { { gib = "8" } } } } },
      ["estate.places[1].instances: a list is expected here, without 'name'"] = place { instances = { name = "x" } },
      ["estate.places[1].region: a string is expected here, and not a table"] = place { region = {} },
      ["estate.accounts: '12' is no name that can stand here"] = { accounts = { ["12"] = {} } },
    } do
      local ok, problem = pcall(seed, here.world, wrong)
      assert.same({ false, "INVALID_DATA", said }, { ok, problem.code, problem.message })
    end
    assert.equal("UninitializedAccountException", here.fault("drs", "DescribeSourceServers").code)
  end)

  it("can be a JSON file or a Lua file, and a broken one is named", function()
    local path = os.tmpname()
    local function write(name, text)
      local file = assert(io.open(path .. name, "w"))
      file:write(text)
      file:close()
      return path .. name
    end
    local places = '{"places": [{"account": "123456789012", "region": "us-east-1", "sourceServers": [{"hostname": "j-1"}]}]}'
    for _, file in ipairs { write(".json", places), write(".lua", "return require('json').decode [[" .. places .. "]]") } do
      here = support.start { estate = file }
      assert.equal(1, #here.call("drs", "DescribeSourceServers").items)
      here.close()
      os.remove(file)
    end
    local read = require("local_aws.estate").read
    for said, file in pairs {
      ["line 1"] = write(".bad.json", "{"), ["should give a table"] = write(".none.lua", "local x = 1"),
      ["near <eof>"] = write(".bad.lua", "return {"), ["No such file"] = path .. ".nowhere",
    } do
      local ok, problem = pcall(read, file)
      assert.is_false(ok)
      assert.truthy(problem.message:find(path, 1, true) and problem.message:find(said, 1, true), problem.message)
      os.remove(file)
    end
    os.remove(path)
    here = support.start()
  end)

  -- Counted in instructions, which are the same on every machine.
  local function cost_of_a_page(servers)
    here = support.start { estate = support.estate(servers) }
    local count = 0
    debug.sethook(function() count = count + 1 end, "", 100)
    here.world.call("drs", "DescribeSourceServers", support.ACCOUNT, support.REGION, { maxResults = 20 })
    debug.sethook()
    return count
  end

  it("takes many servers, and describes a page at a cost that does not grow with them", function()
    local few = cost_of_a_page(100)
    here.close()
    local many = cost_of_a_page(10000)
    assert.truthy(few > 10 and many < few * 2, ("%d and %d hundred instructions"):format(few, many))
  end)

  it("puts items into tables that are there, and passes over others", function()
    here = support.start()
    here.call("dynamodb", "CreateTable", {
      TableName = "things", BillingMode = "PAY_PER_REQUEST",
      KeySchema = json.array { { AttributeName = "id", KeyType = "HASH" } },
      AttributeDefinitions = json.array { { AttributeName = "id", AttributeType = "S" } },
    })
    clock.step(30)
    local sum = require("local_aws.estate").seed(here.world, { tables = {
      { account = support.ACCOUNT, region = support.REGION, name = "things", items = {
        { id = "a", number = 1.5, yes = true, none = json.null, list = json.array { 1, "x" }, map = { k = "v" },
          empty = json.array {} },
      } },
      { account = support.ACCOUNT, region = support.REGION, name = "nowhere", items = { { id = "b" } } },
    } })
    assert.equal(1, sum.items)
    local item = here.call("dynamodb", "GetItem", { TableName = "things", Key = { id = { S = "a" } } }).Item
    assert.same({ "1.5", true, true, "x", "v", 0 },
      { item.number.N, item.yes.BOOL, item.none.NULL, item.list.L[2].S, item.map.M.k.S, #item.empty.L })
  end)

  it("is put in as a whole or not at all", function()
    here = support.start()
    local twice = support.estate(2, function(server)
      server.id = support.server_id(1)
    end)
    assert.is_false((pcall(require("local_aws.estate").seed, here.world, twice)))
    assert.equal("UninitializedAccountException", here.fault("drs", "DescribeSourceServers").code)
  end)
end)

describe("the sample estate", function()
  local here

  setup(function()
    here = support.start { estate = "sample" }
  end)
  teardown(function()
    here.close()
  end)

  local function servers_with(region, tags)
    local found = {}
    local answer = here.call("drs", "DescribeSourceServers", { maxResults = 200 }, region)
    for _, server in ipairs(answer.items) do
      local fits = true
      for key, value in pairs(tags) do
        fits = fits and server.tags[key] == value
      end
      if fits then
        found[#found + 1] = server.sourceServerID
      end
    end
    return found
  end

  local function items_of(name)
    for _, given in ipairs(sample.tables) do
      if given.name == name then
        return given.items
      end
    end
  end

  it("has three waves over two regions, a tag-selected group of 24, an explicit one, a gate before the last wave", function()
    local groups, plan = {}, items_of("drsh-recovery-plans")[1]
    for _, group in ipairs(items_of "drsh-protection-groups") do
      groups[group.groupId] = group
    end
    assert.equal(3, #plan.waves)
    local database, application, web = groups[plan.waves[1].protectionGroupId], groups[plan.waves[2].protectionGroupId],
      groups[plan.waves[3].protectionGroupId]
    assert.equal(4, #database.sourceServerIds)
    assert.same(database.sourceServerIds, plan.waves[1].serverIds)
    assert.equal(4, #here.call("drs", "DescribeSourceServers",
      { filters = { sourceServerIDs = database.sourceServerIds } }).items)
    assert.equal(24, #servers_with(application.region, application.serverSelectionTags))
    assert.equal(6, #servers_with(web.region, web.serverSelectionTags))
    assert.same({ "us-east-1", "us-east-1", "us-west-2" }, { database.region, application.region, web.region })
    assert.same({ false, false, true },
      { plan.waves[1].pauseBeforeWave, plan.waves[2].pauseBeforeWave, plan.waves[3].pauseBeforeWave })
  end)

  it("has one server that fails to launch, in a plan of its own", function()
    local plan = items_of("drsh-recovery-plans")[2]
    local wanted = json.array {}
    for index, id in ipairs(plan.waves[1].serverIds) do
      wanted[index] = { sourceServerID = id }
    end
    here.call("drs", "StartRecovery", { sourceServers = wanted, isDrill = true })
    clock.step(1000)
    local outcomes = {}
    for index, server in ipairs(here.call("drs", "DescribeJobs").items[1].participatingServers) do
      outcomes[index] = server.launchStatus
    end
    assert.same({ "LAUNCHED", "FAILED", "LAUNCHED" }, outcomes)
  end)

  it("has a second account behind a role with an external id", function()
    local target = items_of("drsh-target-accounts")[1]
    local answer = support.form(here, "sts", {
      Action = "AssumeRole", Version = "2011-06-15", RoleSessionName = "spec", ExternalId = target.externalId,
      RoleArn = ("arn:aws:iam::%s:role/%s"):format(target.accountId, target.assumeRoleName),
    })
    assert.equal(200, answer.status)
    local _, body = support.drs(here, "DescribeSourceServers", {}, { credentials = {
      access_key_id = support.field(answer.body, "AccessKeyId"),
      secret_access_key = support.field(answer.body, "SecretAccessKey"),
      session_token = support.field(answer.body, "SessionToken"),
    } })
    assert.equal("portal-01", body.items[1].sourceProperties.identificationHints.hostname)
  end)

  it("has the same ids everywhere, each once", function()
    local seen = {}
    for _, place in ipairs(sample.places) do
      for _, server in ipairs(place.sourceServers) do
        assert.is_nil(seen[server.id])
        seen[server.id] = server.hostname
      end
    end
    assert.equal("bill-db-01", seen["s-e3f3ab6cbfddb7322"])
  end)
end)
