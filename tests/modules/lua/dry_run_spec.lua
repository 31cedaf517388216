-- In a dry run the AWS client sends nothing that changes something, whatever the code that calls it does.

local app     = require "app"
local aws     = require "aws"
local clock   = require "clock"
local dry_run = require "dry_run"
local dynamodb = require "dynamodb"
local estate  = require "tests.support.estate"
local json    = require "json"
local limited = require "runtime.limited"
local program = require "tests.support.program"
local task    = require "task"
local time    = require "time"

describe("A dry run", function()
  local here

  before_each(function() here = estate.open() end)
  after_each(function()
    here.close()
    clock.set(time.wall()) -- the estate's clock stands still, and the next spec of this process may wait
    clock.speed(1)
  end)

  -- Runs fn in a dry run: its record, then the outcome and its results.
  local function rehearse(fn, ...)
    local run = dry_run.new()
    return run, limited.run({ context = { dry_run = run }, limits = {} }, fn, ...)
  end

  local function operations(run)
    local names = {}
    for position, write in ipairs(dry_run.report(run).writes) do names[position] = write.operation end
    return names
  end

  local function writes_sent()
    local sent = 0
    for _, call in ipairs(here.calls {}) do
      if not call.operation:find("^%u%l*") or not ({ Describe = 1, Get = 1, List = 1, Query = 1, Scan = 1, Batch = 1, Assume = 1 })
        [call.operation:match("^%u%l*")] then sent = sent + 1 end
    end
    return sent
  end

  it("reads, and writes nothing; tells service, operation, region, account and parameters in order", function()
    here.forget_calls()
    local run, outcome, found = rehearse(function()
      local count = #here.client("drs"):describe_source_servers({}).items
      here.client("drs", estate.WEST):start_recovery { isDrill = true, sourceServers = { { sourceServerID = estate.server_id("web", 1) } } }
      here.client("sfn"):stop_execution { executionArn = "arn:aws:states:us-east-1:123456789012:execution:m:e" }
      return count
    end)
    assert.equal("ok", outcome)
    assert.is_true(found > 1)
    assert.same({ "StartRecovery", "StopExecution" }, operations(run))
    assert.same({ service = "drs", operation = "StartRecovery", region = estate.WEST, account = estate.ACCOUNT, parameters = {
      isDrill = true, sourceServers = { { sourceServerID = estate.server_id("web", 1) } } } }, run.writes[1])
    assert.equal(0, writes_sent())
  end)

  it("names the account of an assumed role", function()
    local run = rehearse(function()
      aws.client("drs", { region = estate.EAST, account = { accountId = estate.OTHER_ACCOUNT, externalId = "far-secret",
        assumeRoleName = "DRSOrchestrationCrossAccountRole" } }):delete_job { jobID = "drsjob-00000000000000000" }
    end)
    assert.equal(estate.OTHER_ACCOUNT, run.writes[1].account)
  end)

  it("holds for child tasks, background tasks and code that catches every error", function()
    here.forget_calls()
    local run = rehearse(function()
      local function terminate(id)
        return pcall(function() here.client("drs"):terminate_recovery_instances { recoveryInstanceIDs = json.array { id } } end)
      end
      task.map({ "i-00000000000000001", "i-00000000000000002" }, terminate)
      local over = task.event()
      task.background(function()
        terminate("i-00000000000000003")
        over:set()
      end)
      over:wait()
    end)
    assert.equal(3, #run.writes)
    assert.equal(0, writes_sent())
  end)

  it("still refuses parameters that are wrong", function()
    local _, outcome, fault = rehearse(function() here.client("drs"):start_recovery { isDril = true } end)
    assert.equal("error", outcome)
    assert.truthy(tostring(fault):find("isDrill", 1, true))
  end)

  it("goes on from what an update would have made of an item", function()
    here.put_execution { executionId = "00000000-0000-4000-8000-000000000001", status = "RUNNING" }
    local run, outcome, first, second = rehearse(function()
      local db = aws.client("dynamodb", { document = true })
      local function update(expression, value)
        return db:update_item { TableName = here.tables.EXECUTION_HISTORY_TABLE, ReturnValues = "ALL_NEW",
          Key = { executionId = "00000000-0000-4000-8000-000000000001", planId = "three" }, UpdateExpression = expression,
          ExpressionAttributeNames = { ["#a"] = "status" }, ExpressionAttributeValues = { [":a"] = value } }.Attributes
      end
      return update("SET #a = :a REMOVE initiatedBy", "PAUSED"), update("SET #a = :a", "CANCELLED")
    end)
    assert.equal("ok", outcome)
    assert.same({ "PAUSED", "CANCELLED" }, { first.status, second.status })
    assert.is_nil(second.initiatedBy)
    assert.equal("three", second.planId)
    assert.equal(2, #run.writes)
    assert.equal("RUNNING", here.item("00000000-0000-4000-8000-000000000001").status)
  end)

  it("ends where an answer cannot be foretold", function()
    local run, outcome, fault = rehearse(function() here.client("ec2"):run_instances { MinCount = 1, MaxCount = 1 } end)
    assert.equal("error", outcome)
    assert.equal("DRY_RUN_STOPPED", fault.code)
    assert.same({ service = "ec2", operation = "RunInstances" }, dry_run.report(run).stoppedAt)
  end)

  it("hides secrets, also where they stand inside other texts or behind an update's value names", function()
    local token = "AQCEAAAAKgAAAAMAAAAAAAAAAsecret"
    local run = rehearse(function()
      aws.client("dynamodb", { document = true }):update_item { TableName = "t", Key = { executionId = "e", planId = "p" },
        UpdateExpression = "SET #u1 = :u1, claimedTaskToken = :u2, other = :u3",
        ExpressionAttributeNames = { ["#u1"] = "taskToken" },
        ExpressionAttributeValues = { [":u1"] = token, [":u2"] = token, [":u3"] = "kept" } }
      here.client("sfn"):send_task_success { taskToken = token, output = '{"was":"' .. token .. '"}' }
    end)
    local text = json.encode(dry_run.report(run).writes)
    assert.is_nil(text:find(token, 1, true))
    assert.truthy(text:find("kept", 1, true))
    assert.truthy(text:find("(hidden)", 1, true))
  end)

  it("can show whatever DynamoDB can hold", function()
    local run = rehearse(function()
      aws.client("dynamodb", { document = true }):put_item { TableName = "t", Item = { id = "x", set = dynamodb.set { "a", "b" },
        bytes = dynamodb.binary "\255\0", digits = dynamodb.number "0.12345678901234567890123456789", none = json.null } }
    end)
    local item = json.decode(json.encode(dry_run.report(run).writes))[1].parameters.Item
    assert.equal("0.12345678901234567890123456789", item.digits)
    assert.equal(2, #item.set)
  end)

  it("of a runbook holds for the endpoints that it calls", function()
    here.forget_calls()
    local run, _, status, text = rehearse(function()
      local status, _, text = app.handle { method = "POST", path = "/executions",
        body = '{"planId":"one","executionType":"DRILL","initiatedBy":"a runbook"}' }
      return status, text
    end)
    assert.equal(200, status)
    assert.is_true(json.decode(text).dryRun)
    assert.same({ "TransactWriteItems", "StartExecution" }, operations(run))
    assert.equal(0, writes_sent())
  end)

  it("is not one for who does not ask for it", function()
    assert.is_false(dry_run.is_on())
    dry_run.check("nothing", "passed", "this is told to nobody")
    assert.equal(202, (here.call("POST", "/executions", { planId = "one", executionType = "DRILL", initiatedBy = "x" })))
  end)

  describe("by drsh run --dry-run", function()
    local function run(source, flags)
      local path = os.tmpname()
      local file = assert(io.open(path, "w"))
      file:write(source)
      file:close()
      local code, out, err = program.run("run --local --dry-run " .. (flags or "") .. " " .. path)
      os.remove(path)
      return code, out, err
    end

    it("lists the writes and sends none, also after os.exit", function()
      local code, out = run [[
        local sfn = require "aws".client "sfn"
        sfn:stop_execution { executionArn = "arn:aws:states:us-east-1:123456789012:execution:m:e" }
        os.exit(3)]]
      assert.equal(3, code)
      assert.truthy(out:find("1 AWS calls would change something; none was sent", 1, true))
      assert.truthy(out:find("1. sfn StopExecution us-east-1 123456789012", 1, true))
    end)

    it("as JSON, and with the failure of a runbook", function()
      local code, out, err = run([[error "the runbook is broken"]], "--json")
      assert.equal(1, code)
      assert.truthy(err:find("the runbook is broken", 1, true))
      assert.same({ dryRun = true, writes = {}, checks = {} }, json.decode(out))
    end)

    it("says where it had to end", function()
      local code, out = run [[require "aws".client "ec2":run_instances { MinCount = 1, MaxCount = 1 }]]
      assert.equal(0, code)
      assert.truthy(out:find("It ends there: what ec2 RunInstances would answer", 1, true))
    end)
  end)
end)
