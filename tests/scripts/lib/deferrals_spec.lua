-- Deferred terminations: what is kept, what is asked again, and what is never lost, whatever dies or fails in between.

local estate        = require "tests.support.estate"
local json          = require "json"
local policy_folder = require "tests.support.policy_folder"
local time          = require "time"

describe("A deferred termination", function()
  local here, edited, id

  before_each(function()
    here = estate.open()
    edited = policy_folder.open()
    id = select(2, here.finished("one"))
  end)
  after_each(function()
    edited.close()
    here.close()
  end)

  -- A policy whose may_terminate is this text.
  local function judge(body, more)
    edited.save("termination", ([[local time = require "time"
      return { %s may_terminate = function(instance, execution, order) %s end }]]):format(more or "", body))
  end

  local function terminate(body, caller)
    return edited.call("POST", "/executions/" .. id .. "/terminate-instances", body or {}, caller)
  end
  local function asked() return #here.calls { service = "drs", operation = "TerminateRecoveryInstances" } end
  local function later(seconds)
    here.advance(seconds)
    edited.sweep()
  end
  local function defer(seconds) judge(('return "defer", "later", { until_ = %d }'):format(time.now() + seconds)) end

  for name, terms in pairs { ["without terms"] = "", ["with an empty table"] = ", {}", ["with a text as time"] = ', { until_ = "9" }',
                             ["with no number"] = ", { until_ = 0/0 }", ["with a table as approval"] = ", { approval = {} }" } do
    it(name .. " is a denial", function()
      judge('return "defer", "later"' .. terms)
      local _, answer = terminate()
      assert.equal(2, #answer.denied)
      assert.truthy(answer.denied[1].reason:find("policy termination failed", 1, true))
      assert.same({}, answer.deferred)
      assert.equal(0, asked())
    end)
  end

  it("is asked about again: a denial then is the end of it, and is written down", function()
    defer(100)
    assert.equal(2, select(2, terminate()).totalDeferred)
    judge [[return "deny", "changed my mind"]]
    later(120)
    assert.equal(0, asked())
    assert.is_nil(here.item(id).deferredTermination)
    assert.equal("changed my mind", here.item(id).deniedTerminations[1].reason)
    judge [[return "allow"]]
    later(3600)
    assert.equal(0, asked())
  end)

  it("whose policy fails when its time has come stays, and is asked about again", function()
    defer(100)
    terminate()
    judge [[error "boom"]]
    later(120)
    assert.equal(0, asked())
    assert.truthy(here.item(id).deferredTermination.instances[1].reason:find("boom", 1, true))
    judge [[return "allow"]]
    later(60)
    assert.equal(0, asked())
    later(600)
    assert.equal(1, asked())
  end)

  it("that DRS refuses for a conflict is tried again", function()
    defer(100)
    terminate()
    judge [[return "allow"]]
    local remove = here.fault { operation = "TerminateRecoveryInstances", kind = "error", code = "ConflictException", status = 409 }
    later(120)
    assert.truthy(here.item(id).deferredTermination.instances[1].reason:find("CONFLICT", 1, true))
    remove()
    later(660)
    here.advance(60)
    assert.is_nil(here.item(id).deferredTermination)
    assert.equal(1, #here.item(id).terminateJobs)
  end)

  it("keeps who asked, also when somebody else asks again", function()
    defer(1000)
    terminate({ reason = "over" }, { name = "olga", roles = { "operator" } })
    local _, answer = terminate({}, { name = "otto", roles = { "operator" } })
    assert.equal("olga", answer.deferred[1].requestedBy)
    assert.equal(2, answer.totalDeferred)
    assert.equal("over", here.item(id).deferredTermination.instances[1].requestReason)
  end)

  it("does not outlive its instances", function()
    defer(1000)
    terminate()
    local ids = {}
    for _, row in ipairs(here.item(id).deferredTermination.instances) do ids[#ids + 1] = row.recoveryInstanceId end
    here.client("drs"):terminate_recovery_instances { recoveryInstanceIDs = json.array(ids) }
    later(1060)
    assert.is_nil(here.item(id).deferredTermination)
    assert.equal(1, asked())
  end)

  it("of which the writer died after the agenda's entry leaves nothing behind", function()
    defer(1000)
    here.cut({ service = "dynamodb", operation = "UpdateItem", after = 1 }, function() terminate() end)
    assert.is_nil(here.item(id).deferredTermination)
    assert.is_table(here.get("EXECUTION_HISTORY_TABLE", { executionId = "drsh-agenda", planId = "drsh" })[id])
    later(1000)
    assert.is_nil(here.get("EXECUTION_HISTORY_TABLE", { executionId = "drsh-agenda", planId = "drsh" })[id])
    assert.equal(0, asked())
  end)

  it("taken up by a sweep that died in between is carried out once", function()
    defer(100)
    terminate()
    judge [[return "allow"]]
    here.advance(120)
    here.cut({ service = "dynamodb", operation = "UpdateItem", after = 2 }, edited.sweep)
    later(130)
    later(60)
    here.advance(60)
    edited.sweep()
    assert.is_nil(here.item(id).deferredTermination)
    assert.equal(1, asked())
  end)

  it("is not in the list of executions", function()
    defer(100)
    terminate()
    assert.equal(1, select(2, edited.call("GET", "/executions")).count)
  end)

  it("is extended, approved and withdrawn only with a fitting body", function()
    defer(1000)
    terminate()
    for field, body in pairs { extendHours = { extendHours = 0 }, withdraw = { approve = true, withdraw = true },
                               approve = { approve = "yes" } } do
      local status, answer = terminate(body)
      assert.equal(400, status)
      assert.equal(field, answer.field)
    end
    assert.equal(400, (terminate { extendHours = 721 }))
    local status, answer = terminate { approve = true }
    assert.equal(409, status)
    assert.equal("NO_APPROVAL_NEEDED", answer.error)
  end)

  it("is rehearsed by a dry run: nothing is written, and the checks say what the policy said", function()
    judge 'return "defer", "ask somebody", { approval = "anyone" }'
    local version = here.item(id).version
    local status, answer = terminate { dryRun = true }
    assert.equal(200, status)
    assert.equal(2, answer.totalDeferred)
    assert.equal("deferred", answer.checks[3].result)
    assert.equal(version, here.item(id).version)
    terminate()
    judge [[return #order.approvals > 0 and "allow" or "deny", "nobody approved"]]
    here.forget_calls()
    status, answer = terminate({ approve = true, dryRun = true }, { name = "otto", roles = { "operator" } })
    assert.equal(200, status)
    assert.equal("TerminateRecoveryInstances", answer.writes[#answer.writes - 1].operation)
    assert.equal(0, #here.calls { operation = "UpdateItem" } + asked())
    assert.same({}, here.item(id).deferredTermination.approvals or {})
  end)

  it("of a batch that had to wait: the policy is asked again before it", function()
    judge(([[if time.now() < %d then return "allow" end
      return "defer", "too late for today", { until_ = %d }]]):format(time.now() + 10, time.now() + 5000),
      "batch_size = 1, pause_between_batches = 20,")
    local waiting = require "task".spawn(terminate)
    here.advance(30)
    local _, answer = waiting:join()
    assert.equal(1, answer.totalTerminated)
    assert.equal(1, answer.totalDeferred)
    assert.equal("too late for today", answer.deferred[1].reason)
    assert.equal(1, asked())
    judge [[return "allow"]]
    later(5000)
    assert.equal(2, asked())
  end)

  it("of a policy that calls what it did not declare is a denial", function()
    judge [[require "aws".client("ec2"):describe_snapshots {} return "allow"]]
    local _, answer = terminate()
    assert.truthy(answer.denied[1].reason:find("ec2:DescribeSnapshots is not among the AWS actions", 1, true))
    judge([[require "aws".client("ec2"):describe_snapshots {} return "allow"]], [[aws = { "ec2:DescribeSnapshots" },]])
    assert.equal(2, select(2, terminate()).totalTerminated)
  end)

  it("is no answer to a start", function()
    edited.save("admission", [[return { may_start = function() return "defer", "later", { until_ = 2000000000 } end }]])
    local status, answer = edited.call("POST", "/executions", { planId = "two", executionType = "DRILL", initiatedBy = "x" })
    assert.equal(403, status)
    assert.truthy(answer.message:find("cannot be deferred", 1, true))
  end)
end)
