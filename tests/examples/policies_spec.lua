-- Each example of a termination policy, in place of the shipped one, through the real endpoints and the real sweep, against the local
-- AWS with a clock that is stepped.

local estate        = require "tests.support.estate"
local json          = require "json"
local policy_folder = require "tests.support.policy_folder"
local server        = require "server"
local time          = require "time"

local OLGA, OTTO = { name = "olga", roles = { "operator" } }, { name = "otto", roles = { "operator" } }
local HOUR = 3600

describe("The example policies:", function()
  local here, edited

  before_each(function()
    here = estate.open()
    edited = policy_folder.open()
  end)
  after_each(function()
    edited.close()
    here.close()
  end)

  local function use(name, changes) edited.save("termination", policy_folder.example(name, changes)) end

  local function terminate(id, body, caller)
    return edited.call("POST", "/executions/" .. id .. "/terminate-instances", body or {}, caller)
  end

  local function state(id) return select(2, edited.call("GET", "/executions/" .. id .. "/termination-status")) end
  local function asked() return #here.calls { service = "drs", operation = "TerminateRecoveryInstances" } end

  -- So many seconds later, and the sweep has looked.
  local function later(seconds)
    here.advance(seconds)
    edited.sweep()
  end

  it("all are short", function()
    local pipe <close> = assert(io.popen "ls examples/policies/*.lua | grep -v _spec")
    local count = 0
    for path in pipe:lines() do
      local lines = 0
      for _ in io.lines(path) do lines = lines + 1 end
      assert.is_true(lines < 40, path .. " has " .. lines .. " lines")
      count = count + 1
    end
    assert.is_true(count >= 8)
  end)

  it("all are sound for drsh check, in place of the shipped one", function()
    local pipe <close> = assert(io.popen "ls examples/policies/*.lua | grep -v _spec")
    local names = {}
    for path in pipe:lines() do
      names[#names + 1] = path:match "([%w_]+)%.lua$"
      if names[#names] ~= "several" then edited.save(names[#names], policy_folder.example(names[#names])) end
    end
    for _, name in ipairs(names) do
      use(name)
      local findings = assert(require "check.scripts".check(edited.folder .. "/policies/termination.lua"))
      assert.equal(0, #findings, name .. ": " .. (findings[1] and findings[1].message or ""))
      findings = assert(require "check.scripts".check(edited.folder .. "/endpoints/terminate_instances.lua"))
      assert.equal(0, #findings, name .. ": " .. (findings[1] and findings[1].message or ""))
    end
  end)

  it("keep_tagged denies what carries the tag, with what it says", function()
    use "keep_tagged"
    local _, id = here.finished("one")
    local _, found = here.call("GET", "/executions/" .. id .. "/recovery-instances")
    local kept = here.client("drs"):describe_recovery_instances({ filters = {
      recoveryInstanceIDs = json.array { found.instances[1].recoveryInstanceId } } }).items[1]
    here.client("drs"):tag_resource { resourceArn = kept.arn, tags = { Keep = "ask Olga" } }
    local _, answer = terminate(id)
    assert.equal(1, answer.totalTerminated)
    assert.equal("it carries the tag Keep: ask Olga", answer.denied[1].reason)
    assert.same({}, answer.deferred)
    assert.is_nil(here.item(id).deferredTermination)
  end)

  it("hourly_limit lets so many go, keeps the others, and takes them up when there is room", function()
    use("hourly_limit", { ["LIMIT   = 20"] = "LIMIT   = 4" })
    local _, id = here.finished("two")
    local _, answer = terminate(id)
    assert.equal(4, answer.totalTerminated)
    assert.equal(2, answer.totalDeferred)
    assert.equal(time.now() + HOUR, answer.deferred[1]["until"])
    later(60)
    assert.equal(1, asked())
    local _, other = here.finished("one")
    assert.equal(0, select(2, terminate(other)).totalTerminated)     -- the limit is over all executions
    later(HOUR)
    later(60)
    assert.equal(2, #here.item(id).terminateJobs)
    assert.is_nil(here.item(id).deferredTermination)
    here.advance(60)
    assert.is_true(state(id).allCompleted)
    assert.is_true(here.item(id).instancesTerminated)
  end)

  it("only_in_window defers by day, and terminates when the window opens", function()
    use "only_in_window"
    here.advance(9 * HOUR)                                            -- Monday, 10:00 at UTC+1
    local _, id = here.finished("one")
    local status, answer = terminate(id)
    assert.equal(200, status)
    assert.equal(2, answer.totalDeferred)
    assert.equal("2026-11-23T19:00:00Z", time.iso8601(answer.deferred[1]["until"]))
    assert.equal("olga", answer.deferred[1].requestedBy)
    assert.equal(2, #state(id).deferred)
    assert.equal(2, #select(2, edited.call("GET", "/executions/" .. id)).deferredTermination.instances)
    later(HOUR)
    assert.equal(0, asked())
    later(9 * HOUR)
    assert.equal(1, asked())
    assert.is_nil(here.item(id).deferredTermination)
  end)

  describe("two_persons", function()
    local id

    before_each(function()
      use "two_persons"
      id = select(2, here.finished("one"))
    end)

    it("waits for another person, who is written down", function()
      local _, answer = terminate(id, { reason = "the drill is over" }, OLGA)
      assert.equal(2, answer.totalDeferred)
      assert.equal("operator", answer.deferred[1].approval)
      assert.is_nil(answer.deferred[1]["until"])
      later(2 * HOUR)
      assert.equal(0, asked())
      _, answer = terminate(id, { approve = true, reason = "seen" }, OTTO)
      assert.equal(2, answer.totalTerminated)
      assert.equal(1, asked())
      assert.is_nil(here.item(id).deferredTermination)
    end)

    it("does not take the approval of the one who asked, nor of a role that may not", function()
      terminate(id, {}, OLGA)
      local status, answer = terminate(id, { approve = true }, OLGA)
      assert.equal(409, status)
      assert.equal("APPROVAL_BY_REQUESTER", answer.error)
      edited.save("access", [[return { may_call = function() return "allow" end }]])
      status, answer = terminate(id, { approve = true }, { name = "vera", roles = { "viewer" } })
      assert.equal(403, status)
      assert.equal("APPROVAL_NOT_YOURS", answer.error)
      assert.equal(0, asked())
    end)

    it("asks again for what an approval did not cover", function()
      local _, found = here.call("GET", "/executions/" .. id .. "/recovery-instances")
      local first, second = found.instances[1].recoveryInstanceId, found.instances[2].recoveryInstanceId
      terminate(id, { only = json.array { first } }, OLGA)
      -- The approval is given while the first one is all that waits; a wider order after it is not approved by it.
      here.cut({ service = "drs", operation = "DescribeRecoveryInstances" }, function() terminate(id, { approve = true }, OTTO) end)
      assert.equal("otto", state(id).approvals[1].by)
      assert.is_number(state(id).approvals[1].at)
      local _, answer = terminate(id, {}, OLGA)
      assert.equal(1, answer.totalTerminated)
      assert.equal(first, answer.terminated[1].recoveryInstanceId)
      assert.equal(second, answer.deferred[1].recoveryInstanceId)
    end)

    it("terminates by the sweep when the process died after the approval", function()
      terminate(id, {}, OLGA)
      here.cut({ service = "drs", operation = "DescribeRecoveryInstances" }, function() terminate(id, { approve = true }, OTTO) end)
      assert.equal(0, asked())
      later(60)
      assert.equal(1, asked())
      assert.is_nil(here.item(id).deferredTermination)
    end)

    it("an approval that has grown old is none", function()
      terminate(id, {}, OLGA)
      here.cut({ service = "drs", operation = "DescribeRecoveryInstances" }, function() terminate(id, { approve = true }, OTTO) end)
      later(9 * HOUR)
      assert.equal(0, asked())
      assert.equal(2, #state(id).deferred)
    end)

    it("has nothing to approve where nothing waits", function()
      local status, answer = terminate(id, { approve = true }, OTTO)
      assert.equal(409, status)
      assert.equal("NOTHING_DEFERRED", answer.error)
    end)

    it("of a RECOVERY keeps the confirmation of the one who asked", function()
      local _, real = here.finished("two", { executionType = "RECOVERY" })
      assert.equal(409, (terminate(real, {}, OLGA)))
      assert.equal(6, select(2, terminate(real, { confirm = real }, OLGA)).totalDeferred)
      assert.equal(6, select(2, terminate(real, { approve = true }, OTTO)).totalTerminated)
    end)
  end)

  it("database_forensics keeps the databases a day, and nothing else", function()
    use "database_forensics"
    local item, id = here.finished("two")
    here.patch(id, { waves = (function()
      item.waves[1].waveName = "Databases"
      return item.waves
    end)() })
    local _, answer = terminate(id)
    assert.equal(4, answer.totalTerminated)
    assert.equal(2, answer.totalDeferred)
    assert.equal(item.endTime + 24 * HOUR, answer.deferred[1]["until"])
    later(23 * HOUR)
    assert.equal(1, asked())
    later(HOUR)
    assert.equal(2, asked())
  end)

  it("snapshot_first makes the snapshots once, and terminates when they are completed", function()
    use "snapshot_first"
    local _, id = here.finished("one")
    local _, answer = terminate(id)
    assert.equal(2, answer.totalDeferred)
    assert.equal(2, #here.calls { operation = "CreateSnapshots" })
    later(30)
    assert.equal(0, asked())
    later(100)
    assert.equal(2, #here.calls { operation = "CreateSnapshots" })
    assert.equal(1, asked())
    for _, snapshot in ipairs(here.client("ec2"):describe_snapshots({ OwnerIds = { "self" } }).Snapshots) do
      assert.equal("completed", snapshot.State)
    end
  end)

  it("snapshot_first that cannot make one terminates nothing", function()
    use "snapshot_first"
    local _, id = here.finished("one")
    here.fault { operation = "CreateSnapshots", kind = "error", code = "UnauthorizedOperation", status = 403 }
    local _, answer = terminate(id)
    assert.equal(2, #answer.denied)
    assert.truthy(answer.denied[1].reason:find("policy termination failed", 1, true))
    assert.equal(0, asked())
  end)

  it("source_health waits until the source answers well", function()
    local status = 503
    local source <close> = setmetatable({ listener = server.listen { handler = function() return status, {}, "source" end } },
      { __close = function(self) self.listener.close() end })
    use("source_health", { ["https://www.example.com/health"] = source.listener.url .. "/health" })
    local _, id = here.finished("one", { executionType = "RECOVERY" })
    local _, answer = terminate(id, { confirm = id })
    assert.equal(2, answer.totalDeferred)
    assert.truthy(answer.deferred[1].reason:find("HTTP 503", 1, true))
    later(300)
    assert.equal(0, asked())
    status = 200
    later(300)
    assert.equal(1, asked())
    here.advance(60)
    local _, drill = here.finished("two")
    assert.equal(6, select(2, terminate(drill)).totalTerminated)
  end)

  describe("drill_lease", function()
    local id

    before_each(function()
      use "drill_lease"
      -- Ended through the edited scripts, so that theirs is the policy which sees the end.
      id = here.start("three")
      here.until_status(id, "PAUSED")
      assert.equal(200, (edited.call("POST", "/executions/" .. id .. "/cancel", {})))
      assert.equal("CANCELLED", here.item(id).status)
    end)

    it("orders the termination at the end, warns, and terminates", function()
      assert.is_true(here.item(id).deferredTermination.whole)
      later(0)
      local ends = here.item(id).endTime + 8 * HOUR
      local shown = state(id)
      assert.equal(6, #shown.deferred)
      assert.equal(ends, shown.deferred[1]["until"])
      assert.equal("policy termination", shown.deferred[1].requestedBy)
      assert.same({}, shown.warnings)
      later(7 * HOUR)
      later(60)
      assert.equal(1, #state(id).warnings)
      assert.truthy(state(id).warnings[1].message:find("unless somebody extends", 1, true))
      later(51 * 60)
      assert.equal(2, #state(id).warnings)
      assert.equal(0, asked())
      later(10 * 60)
      assert.equal(1, asked())
    end)

    it("is extended, and says by whom", function()
      later(0)
      local ends = here.item(id).endTime + 8 * HOUR
      local _, answer = terminate(id, { extendHours = 4, reason = "the testers are late" }, OTTO)
      assert.equal(ends + 4 * HOUR, answer.deferred[1]["until"])
      assert.equal("otto", answer.extensions[1].by)
      later(8 * HOUR)
      assert.equal(0, asked())
      later(4 * HOUR)
      assert.equal(1, asked())
    end)

    it("is taken back", function()
      later(0)
      local status, answer = terminate(id, { withdraw = true }, OTTO)
      assert.equal(200, status)
      assert.same({}, answer.deferred)
      later(20 * HOUR)
      assert.equal(0, asked())
      assert.is_nil(here.item(id).deferredTermination)
    end)
  end)

  it("several asks its rules in turn, and may what each of them may", function()
    for _, name in ipairs { "keep_tagged", "only_in_window", "snapshot_first" } do
      edited.save(name, policy_folder.example(name))
    end
    use "several"
    local _, id = here.finished("one")                                -- Monday, 01:00 at UTC+1: the window of Sunday is closed
    local _, answer = terminate(id)
    assert.truthy(answer.deferred[1].reason:find("outside the window", 1, true))
    later(19 * HOUR)
    assert.equal(2, #here.calls { operation = "CreateSnapshots" })
    later(120)
    assert.equal(1, asked())
  end)
end)
