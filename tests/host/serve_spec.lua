-- drsh serve --local as a whole: the orchestrator by both ways, the sweep.
local json = require "json"
local program = require "tests.support.program"
local aws = require "aws"
local credentials = require "credentials"

local BILLING = "b7a4c1de-5f20-4c6a-9a51-0d6f2e8c4a01"
local ACCOUNT = "arn:aws:states:us-east-1:123456789012:"

local function client(service, url)
  return aws.client(service, {
    region = "us-east-1", endpoint = url, credentials = credentials.new {
      access_key_id = "AKIADRSHLOCAL0000000", secret_access_key = "local-secret-for-development-only",
    },
  })
end

-- A port that was free a moment ago.
local function local_port()
  local listener = require "server".listen { port = 0, handler = function() return 200, {}, "" end }
  listener.close()
  return listener.port
end

describe("drsh serve --local", function()
  it("serves the orchestrator through the activity as well as through the function", function()
    local aws_port = local_port()
    local server <close> = program.start(("serve --local --listen 127.0.0.1:0 --local-listen 127.0.0.1:%d --speed 2000"):format(
      aws_port))
    local sfn = client("sfn", "http://127.0.0.1:" .. aws_port)
    local machine = sfn:describe_state_machine { stateMachineArn = ACCOUNT .. "stateMachine:drsh-orchestrator" }
    assert.is_truthy(machine.definition:find(":function:drsh-orchestrator", 1, true))

    local worker = sfn:create_state_machine {
      name = "by-activity", roleArn = "arn:aws:iam::123456789012:role/any",
      definition = json.encode {
        StartAt = "Poll", States = { Poll = {
          Type = "Task", Resource = ACCOUNT .. "activity:drsh-orchestrator", End = true,
          Parameters = { action = "update_wave_status", ["state.$"] = "$" },
        } },
      },
    }
    local _, started = server:call("POST", "/executions", { planId = BILLING, executionType = "DRILL", initiatedBy = "test" })
    local execution = sfn:start_execution {
      stateMachineArn = worker.stateMachineArn, input = json.encode { execution_id = started.executionId },
    }
    local ended = program.wait_for("the activity's task", function()
      local now = sfn:describe_execution { executionArn = execution.executionArn }
      return now.status ~= "RUNNING" and now
    end)
    assert.equal("SUCCEEDED", ended.status)
    assert.equal(started.executionId, json.decode(ended.output).execution_id)
  end)

  it("sweeps: an execution whose state machine was stopped by somebody does not stay RUNNING", function()
    local aws_port = local_port()
    local server <close> = program.start(("serve --local --listen 127.0.0.1:0 --local-listen 127.0.0.1:%d --speed 600"):format(
      aws_port))
    local _, started = server:call("POST", "/executions", { planId = BILLING, executionType = "DRILL", initiatedBy = "test" })
    local item = program.wait_for("its state machine", function()
      local _, found = server:call("GET", "/executions/" .. started.executionId)
      return found.status == "RUNNING" and found
    end)
    client("sfn", "http://127.0.0.1:" .. aws_port):stop_execution { executionArn = item.executionArn }
    local ended = program.wait_for("the sweep", function()
      local _, found = server:call("GET", "/executions/" .. started.executionId)
      return found.status ~= "RUNNING" and found.status ~= "CANCELLING" and found
    end)
    assert.equal("CANCELLED", ended.status)
  end)
end)
