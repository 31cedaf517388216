local world = require "tests.scripts.local_aws.drs.world"

local fault, start = world.fault, world.start

describe("DRS", function()
  after_each(world.close)

  it("8 [M]: before InitializeService all but tags is UninitializedAccountException, per account and region",
    function()
    start()
    for _, operation in ipairs { "DescribeJobs", "DescribeSourceServers", "DescribeRecoveryInstances" } do
      local refused = fault(operation, {}, "eu-west-1")
      assert.equal("UninitializedAccountException", refused.code)
      assert.equal("Account not initialized", refused.message)
      assert.equal("UninitializedAccountException", fault(operation, {}, world.REGION, "999999999999").code)
    end
    assert.equal("ResourceNotFoundException", fault("ListTagsForResource", {
      resourceArn = "arn:aws:drs:eu-west-1:123456789012:job/drsjob-00000000000000000",
    }, "eu-west-1").code)
    world.call("drs", "InitializeService", {}, "eu-west-1")
    assert.same({}, world.call("drs", "DescribeJobs", {}, "eu-west-1").items)
    assert.equal("UninitializedAccountException", fault("DescribeJobs", {}, "eu-west-2").code)
  end)
end)
