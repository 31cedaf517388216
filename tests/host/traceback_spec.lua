local traceback = require "runtime.traceback"

describe("a traceback", function()
  local function inner() return (traceback(1)) end
  local function outer() local text = inner() return text end

  it("names the innermost calls with file and line, as Lua does", function()
    local text = outer()
    assert.matches("^stack traceback:\n\ttests/host/traceback_spec.lua:4: in upvalue 'inner'\n", text)
    assert.matches("\n\ttests/host/traceback_spec.lua:5: in %a+ 'outer'\n", text)
  end)

  it("ends after some calls, however deep the stack is", function()
    local function deep(n)
      if n == 0 then return traceback(1) end
      local text = deep(n - 1)
      return text
    end
    local text = deep(100000)
    local _, lines = text:gsub("\n", "")
    assert.equal(23, lines)
    assert.matches("\n\t%.%.%.$", text)
  end)
end)
