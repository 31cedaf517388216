local private_file = require "private_file"
local program      = require "tests.support.program"
local subprocess   = require "subprocess"

describe("private_file.replace", function()
  local folder
  before_each(function() folder = program.folder() end)
  after_each(function() program.remove(folder) end)

  it("makes a file that only its owner reads, and replaces one wholly", function()
    local path = folder .. "/token.json"
    for _, text in ipairs { "a longer text", "short\0one" } do
      private_file.replace(path, text)
      local file <close> = io.open(path, "rb")
      assert.are.equal(text, file:read "a")
    end
    assert.are.equal("600\n", subprocess.run({ "stat", "-c", "%a", path }).stdout)
    assert.are.equal("token.json\n", subprocess.run({ "ls", folder }).stdout)
  end)

  it("names the path and the reason, and leaves nothing behind", function()
    local made, problem = pcall(private_file.replace, folder .. "/gone/token.json", "x")
    assert.is_false(made)
    assert.are.equal("PRIVATE_FILE", problem.code)
    assert.matches("/gone/token.json: No such file or directory", problem.message)
    assert.is_nil(problem.message:find("XXXXXX", 1, true))
    made, problem = pcall(private_file.replace, folder, "x") -- a folder stands there
    assert.is_false(made)
    assert.are.equal("PRIVATE_FILE", problem.code)
    assert.are.equal("", subprocess.run({ "sh", "-c", "ls -d " .. folder .. ".* 2> /dev/null" }).stdout)
    assert.matches("too long", select(2, pcall(private_file.replace, ("x"):rep(5000), "x")).message)
  end)
end)
