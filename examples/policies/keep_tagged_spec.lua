-- drsh test examples/policies: a policy in a world of its own, through the real endpoints, in a second.
local testing = require "testing"

describe("keep_tagged", function()
  local here

  setup(function()
    here = testing.open {
      replace = { ["policies/termination.lua"] = "examples/policies/keep_tagged.lua" },
      estate = require "local_aws.sample_estate",
    }
  end)

  teardown(function() here.close() end)

  it("keeps an instance that carries the tag, and terminates the others", function()
    local plan = here.client("dynamodb"):scan { TableName = here.tables.RECOVERY_PLANS_TABLE }.Items[1]
    local id = here.start(plan.planId.S)
    for _ = 1, 40 do
      if here.item(id).status == "PAUSED" then here.call("POST", "/executions/" .. id .. "/resume") end
      if here.item(id).endTime then break end
      here.advance(30)
    end
    local first = here.client("drs"):describe_recovery_instances({}).items[1]
    here.client("drs"):tag_resource { resourceArn = first.arn, tags = { Keep = "ask Olga" } }
    local status, answer = here.call("POST", "/executions/" .. id .. "/terminate-instances", {})
    assert.equal(200, status)
    assert.equal(1, #answer.denied)
    assert.equal("it carries the tag Keep: ask Olga", answer.denied[1].reason)
    assert.equal(answer.totalFound - 1, answer.totalTerminated)
  end)
end)
