describe("modules", function()
  it("are all there", function()
    for _, name in ipairs {
      "aws", "credentials", "crypto", "dynamodb", "embedded", "folder", "http", "json", "log", "lpeg", "models", "private_file",
      "profile", "retry", "sigv4", "sqlite", "subprocess", "task", "terminal", "time", "uuid", "xml",
    } do
      assert.equal("table", type(require(name)), name)
    end
  end)

  it("have a Lua half for each file, by its dotted name", function()
    local embedded = require "embedded"
    local count = 0
    for _, path in ipairs(embedded.paths()) do
      local name = path:match "^modules/lua/(.*)%.lua$"
      if name then
        count = count + 1
        assert.is_function(package.preload[name:gsub("/", ".")], path)
      end
    end
    assert.is_true(count > 10)
    assert.is_nil(embedded.read "modules/lua/nothing.lua")
    assert.matches("^%-%-", embedded.read "modules/lua/models.lua")
  end)

  it("name the embedded file in errors", function()
    local ok, problem = pcall(require "models".load, "nothing")
    assert.is_false(ok)
    local info = debug.getinfo(require "models".load, "S")
    assert.equal("@modules/lua/models.lua", info.source)
    assert.matches("nothing", problem)
  end)

  it("a Lua half with a C part gets it as its second argument", function()
    assert.is_function(require "task".map)   -- Lua
    assert.is_function(require "task".sleep) -- C
  end)
end)

describe("terminal", function()
  local terminal = require "terminal"

  it("knows what is none", function()
    local file = assert(io.open("/dev/null"))
    assert.is_false(terminal.is_tty(99))
    file:close()
    assert.is_boolean(terminal.is_tty())
    assert.has_error(function() terminal.is_tty(-1) end)
    assert.has_error(function() terminal.is_tty "x" end)
  end)

  it("has a width or none", function()
    local width = terminal.width()
    assert.is_true(width == nil or (math.type(width) == "integer" and width > 0))
  end)
end)
