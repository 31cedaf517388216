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
