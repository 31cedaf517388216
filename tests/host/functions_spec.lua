local functions = require "functions"
local json = require "json"

local function error_of(name, payload)
  local ok, err = pcall(functions.invoke, name, payload or "{}")
  assert.is_false(ok)
  return err
end

describe("functions", function()
  it("are found by name, by ARN, and with a version or alias behind either", function()
    functions.register("double", function(event) return { n = event.n * 2 } end)
    for _, name in ipairs {
      "double", "double:7", "double:$LATEST", "arn:aws:lambda:us-east-1:123456789012:function:double",
      "arn:aws:lambda:us-east-1:123456789012:function:double:live", "arn:aws-cn:lambda:cn-north-1:123456789012:function:double",
    } do
      assert.equal('{"n":4}', functions.invoke(name, '{"n":2}'), name)
    end
    for _, name in ipairs { "doubl", "", "arn:aws:lambda:us-east-1:123456789012:function:other", "arn:aws:states:::double" } do
      assert.equal("ResourceNotFoundException", error_of(name).code, name)
    end
  end)

  it("tell what failed in the orchestrator, with a trace", function()
    local err = error_of("drsh-orchestrator", json.encode { action = "no such action" })
    assert.equal("FunctionError", err.code)
    assert.equal("Error", err.errorType)
    assert.matches("no such action", err.message)
    assert.is_true(json.is_array(err.trace))
    assert.is_true(#err.trace > 0)
    assert.equal("INVALID_JSON", error_of("drsh-orchestrator", "{").errorType)
  end)
end)
