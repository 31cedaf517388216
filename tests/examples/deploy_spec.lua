local program = require "tests.support.program"

describe("examples/deploy.lua", function()
  it("says what it would make, and makes nothing without --yes", function()
    local code, out = program.run "run --local --estate none examples/deploy.lua --region us-east-1"
    assert.equal(0, code)
    assert.matches("# account 123456789012, region us%-east%-1", out)
    assert.matches("nothing was changed", out)
    assert.is_nil(out:find "STATE_MACHINE_ARN=")
  end)

  it("gives settings that drsh serve reads, also when all is there already", function()
    local code, out = program.run "run --local --estate none examples/deploy.lua --region eu-central-1 --yes --activity"
    assert.equal(0, code)
    assert.matches("\nSTATE_MACHINE_ARN=arn:aws:states:eu%-central%-1:123456789012:stateMachine:drsh%-orchestrator\n", out)
    assert.matches("\nEXECUTION_HISTORY_TABLE=drsh%-execution%-history\n", out)
    assert.matches("ACTIVITY_ARN=arn:aws:states:eu%-central%-1:123456789012:activity:drsh%-orchestrator", out)
    assert.equal(0, (program.run "run --local --estate none examples/deploy.lua --region us-east-1 --yes"))
  end)

  it("is used wrongly with exit code 2 and a way out", function()
    local code, _, err = program.run "run --local --estate none examples/deploy.lua --regio x"
    assert.equal(2, code)
    assert.matches("unknown argument, or one without its value: %-%-regio; see the head", err)
  end)
end)

describe("examples/worker.lua", function()
  it("wants the activity's ARN", function()
    local code, _, err = program.run "run examples/worker.lua"
    assert.equal(2, code)
    assert.matches("ACTIVITY_ARN", err)
  end)
end)
