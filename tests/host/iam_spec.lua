-- drsh iam: a policy that IAM takes, with what the scripts declare and no more.
local json = require "json"
local program = require "tests.support.program"
local script_folder = require "tests.support.script_folder"

local MACHINE = "STATE_MACHINE_ARN=arn:aws:states:eu-west-1:111122223333:stateMachine:orch AWS_REGION=eu-west-1"

local function policy(arguments, environment)
  local code, out, err = program.run("iam --json " .. arguments, environment or MACHINE)
  assert.equal(0, code, err)
  return json.decode(out)
end

local function list(value) return type(value) == "table" and value or { value } end

-- action -> the sorted ARNs that allow it, of all statements.
local function allowed(document)
  local found = {}
  for _, statement in ipairs(document.Statement) do
    for _, action in ipairs(list(statement.Action)) do
      found[action] = found[action] or {}
      for _, arn in ipairs(list(statement.Resource)) do table.insert(found[action], arn) end
      table.sort(found[action])
    end
  end
  return found
end

describe("drsh iam", function()
  it("writes a document in IAM's grammar, each Sid once", function()
    local document, sids = policy "", {}
    assert.equal("2012-10-17", document.Version)
    for _, statement in ipairs(document.Statement) do
      assert.is_truthy(statement.Sid:find "^%w+$", statement.Sid)
      assert.is_nil(sids[statement.Sid])
      sids[statement.Sid] = true
      assert.equal("Allow", statement.Effect)
      for _, action in ipairs(list(statement.Action)) do
        assert.is_truthy(action:find "^[%w-]+:%u%w+$", action)
        assert.is_nil(action:find "Transact")
      end
      for _, arn in ipairs(list(statement.Resource)) do assert.is_truthy(arn == "*" or arn:find "^arn:aws:[%w-]+:", arn) end
    end
  end)

  it("names one script's tables, its indexes and nothing else", function()
    local one = allowed(policy "get_execution")
    assert.same({
      ["dynamodb:Query"] = { "arn:aws:dynamodb:eu-west-1:111122223333:table/drsh-execution-history" },
      ["dynamodb:GetItem"] = { "arn:aws:dynamodb:eu-west-1:111122223333:table/drsh-recovery-plans" },
    }, one)
    local listing = allowed(policy "endpoints/list_executions.lua")
    assert.is_truthy(table.concat(listing["dynamodb:Query"], " "):find("/index/", 1, true))
  end)

  it("gives a transaction's parts the tables that they write", function()
    local start = allowed(policy("start_execution", MACHINE .. " EXECUTION_HISTORY_TABLE=history"))
    assert.same({ "arn:aws:dynamodb:eu-west-1:111122223333:table/history" }, start["dynamodb:PutItem"])
    assert.same({ "arn:aws:states:eu-west-1:111122223333:stateMachine:orch" }, start["states:StartExecution"])
    assert.same({ "arn:aws:states:eu-west-1:111122223333:execution:orch:*" }, start["states:DescribeExecution"])
    assert.same({ "arn:aws:iam::*:role/DRSOrchestrationCrossAccountRole" }, start["sts:AssumeRole"])
  end)

  it("marks what DRS does with the caller's rights, for those who start recoveries", function()
    local document = policy "orchestrator.handler"
    local marked = {}
    for _, statement in ipairs(document.Statement) do
      if statement.Sid:find "^DrsActsAsCaller" then
        for _, action in ipairs(list(statement.Action)) do marked[action] = statement end
      end
    end
    assert.equal("arn:aws:drs:*:*:source-server/*", marked["drs:CreateRecoveryInstanceForDrs"].Resource)
    assert.equal("true", marked["ec2:RunInstances"].Condition.Bool["aws:ViaAWSService"])
    assert.equal("ec2.amazonaws.com", marked["iam:PassRole"].Condition.StringEquals["iam:PassedToService"])
    assert.is_nil(allowed(policy "get_execution")["ec2:RunInstances"])
  end)

  it("reads what a runbook needs from its code", function()
    local folder <close> = script_folder.new {}
    folder:write("../book.lua", [[
      local aws = require "aws"
      aws.client("drs"):stop_replication { sourceServerID = "s-1" }
      aws.client("dynamodb"):scan { TableName = "mine" }]])
    assert.same({
      ["drs:StopReplication"] = { "arn:aws:drs:*:*:source-server/*" },
      ["dynamodb:Scan"] = { "arn:aws:dynamodb:eu-west-1:111122223333:table/mine" },
    }, allowed(policy(folder.root .. "/book.lua")))
  end)

  it("names the target accounts' roles when it may ask", function()
    local start = allowed(policy("start_execution --local --target-accounts", ""))
    for _, arn in ipairs(start["sts:AssumeRole"]) do assert.is_truthy(arn:find "^arn:aws:iam::%d+:role/", arn) end
  end)

  it("refuses what it does not know", function()
    local code, _, err = program.run "iam nonsense"
    assert.equal(2, code)
    assert.is_truthy(err:find("there is no script nonsense", 1, true))
    assert.equal(2, (program.run "iam a b"))
  end)
end)
