-- drsh test and what it gives to specs: worlds, coverage, answers that are kept and given again.
local program = require "tests.support.program"
local testing = require "testing"

describe("drsh test", function()
  it("runs the specs beside scripts and shows the lines that were not reached", function()
    local code, out = program.run "test examples/policies --coverage"
    assert.equal(0, code, out)
    assert.is_truthy(out:find "%d+ passed, 0 failed")
    assert.is_truthy(out:find("100%  examples/policies/keep_tagged.lua", 1, true), out)
  end)

  it("fails when nothing was found, and when a path is not there", function()
    assert.equal(2, (program.run "test /nonexistent"))
    assert.equal(2, (program.run "test examples --filter nothing-is-called-so"))
  end)

  it("keeps answers without secrets, and gives them again without AWS", function()
    local here <close> = testing.open()
    local path = os.tmpname()
    local function ask() return here.client("sts"):get_caller_identity {}.Arn end
    local kept = testing.record(path, ask)
    assert.is_truthy(kept:find "123456789012")
    local file <close> = io.open(path)
    assert.is_nil(file:read("a"):find "123456789012")
    here.forget_calls()
    assert.is_truthy(testing.replay(path, ask):find "111111111111")
    assert.equal(0, #here.calls())
    local ok, why = pcall(testing.replay, path, function() here.client("drs"):describe_jobs {} end)
    assert.is_false(ok)
    assert.is_truthy(why:find("has no answer of drs DescribeJobs", 1, true), why)
    os.remove(path)
  end)

  it("keeps no secret wherever it is: attributes, expressions, JSON in texts, before it is known and in errors", function()
    local here <close> = testing.open()
    local dynamodb, path = here.client "dynamodb", os.tmpname()
    dynamodb:create_table { TableName = "kept", BillingMode = "PAY_PER_REQUEST", KeySchema = { { AttributeName = "id", KeyType = "HASH" } },
      AttributeDefinitions = { { AttributeName = "id", AttributeType = "S" } } }
    here.advance(60)
    dynamodb:put_item { TableName = "kept", Item = { id = { S = "1" }, note = { S = '{"t":"hidden-in-text"}' }, tokenCount = { N = "7" },
      inner = { M = { externalId = { S = "prod-1" } } }, taskToken = { S = "hidden-in-text" } } }
    local function work()
      local item = dynamodb:get_item { TableName = "kept", Key = { id = { S = "1" } } }.Item
      dynamodb:update_item { TableName = "kept", Key = { id = { S = "1" } }, UpdateExpression = "SET taskToken = :one, #two = :two",
        ExpressionAttributeNames = { ["#two"] = "password" },
        ExpressionAttributeValues = { [":one"] = { S = "hidden-in-value" }, [":two"] = { S = "hidden-too" } } }
      pcall(function()
        here.client("sfn"):send_task_success { taskToken = item.taskToken.S, output = '{"again":"hidden-in-text"}' }
      end)
      return item
    end
    assert.equal("hidden-in-text", testing.record(path, work).taskToken.S)
    local file <close> = io.open(path)
    local text = file:read "a"
    assert.is_nil(text:find "hidden%-")
    assert.is_nil(text:find "prod%-1")
    local item = testing.replay(path, work)
    assert.matches("^stripped%-taskToken%-%d$", item.taskToken.S)
    assert.equal(('{"t":"%s"}'):format(item.taskToken.S), item.note.S)
    assert.equal("7", item.tokenCount.N)
    os.remove(path)
  end)

  it("gives specs the local AWS's control: settings, behaviour, snapshots", function()
    local hostname = "a-1"
    local here <close> = testing.open { estate = { places = { { account = testing.ACCOUNT, region = testing.REGION,
      sourceServers = { { hostname = hostname } } } } } }
    local drs = here.client "drs"
    local server = drs:describe_source_servers {}.items[1].sourceServerID
    assert.equal(3, here.settings { drs = { pageSize = 3 } }.drs.pageSize)
    here.snapshot "fresh"
    local function launch()
      drs:start_recovery { sourceServers = { { sourceServerID = server } }, isDrill = true }
      here.advance(60)
      return drs:describe_jobs {}.items[1].participatingServers[1].launchStatus
    end
    here.behave(server, { launch = "FAILED" })
    assert.equal("FAILED", launch())
    here.restore "fresh"
    assert.same({}, drs:describe_jobs {}.items)
    assert.equal("LAUNCHED", launch())
    assert.has_error(function() here.behave("s-00000000000000000", {}) end)
    assert.has_error(function() here.settings { drs = { pagesize = 3 } } end)
  end)
end)
