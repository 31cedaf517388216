local fault = require "local_aws.fault"

describe("fault", function()
  it("raises a table that knows its code, message and further members", function()
    local ok, raised = pcall(fault.raise, "ConditionalCheckFailedException", "The conditional request failed", { Item = {} })
    assert.is_false(ok)
    assert.is_true(fault.is(raised))
    assert.are.equal("ConditionalCheckFailedException", raised.code)
    assert.are.equal("The conditional request failed", raised.message)
    assert.are.same({ Item = {} }, raised.extra)
    assert.are.equal("ConditionalCheckFailedException: The conditional request failed", tostring(raised))
  end)

  it("is told from other errors", function()
    assert.is_false(fault.is("text"))
    assert.is_false(fault.is({ code = "X", message = "y" }))
    assert.is_false(fault.is(nil))
  end)

  it("has an empty message where none is given", function()
    assert.are.equal("", fault.new("X").message)
  end)
end)
