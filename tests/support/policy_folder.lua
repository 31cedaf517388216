-- The program's scripts with other policies, as an operator saves them: a folder of its own, its endpoints and its sweep.
--
--   local edited = policy_folder.open()
--   edited.save("termination", source)                  -- the next request obeys
--   edited.call("POST", "/executions", {...}, { name = "olga", roles = { "operator" } }) -> status, body
--   edited.sweep()
--   edited.close()

local app        = require "app"
local background = require "runtime.background"
local json       = require "json"
local scripts    = require "runtime.scripts"

local SCRIPTS = package.searchpath("lib.policy", package.path):match("^(.*)/lib/policy%.lua$")

local policy_folder = {}

local function run(command) assert(os.execute(command), command) end

local function read(path)
  local file <close> = assert(io.open(path))
  return file:read("a")
end

--- The text of an example, with words replaced.
function policy_folder.example(name, changes)
  local text = read("examples/policies/" .. name .. ".lua")
  for from, to in pairs(changes or {}) do
    local first, last = text:find(from, 1, true)
    assert(first, name .. " does not hold " .. from)
    text = text:sub(1, first - 1) .. to .. text:sub(last + 1)
  end
  return text
end

function policy_folder.open()
  local folder = os.tmpname()
  os.remove(folder)
  run(("mkdir '%s' && cp -r '%s/lib' '%s/endpoints' '%s/policies' '%s/orchestrator' '%s'")
    :format(folder, SCRIPTS, SCRIPTS, SCRIPTS, SCRIPTS, folder))
  local self, served, swept = { folder = folder }, nil, nil

  function self.save(name, source)
    local path = ("%s/policies/%s.lua"):format(folder, name)
    local file <close> = assert(io.open(path, "w"))
    file:write(source)
    served, swept = nil, nil
  end

  function self.call(method, path, body, caller)
    served = served or app.open(folder)
    caller = caller or { name = "olga", roles = { "operator" } }
    local status, _, text = served:handle { method = method, path = path, body = body and json.encode(json.object(body)),
      caller = { name = caller.name, roles = json.array(caller.roles) } }
    return status, json.decode(text)
  end

  function self.sweep()
    swept = swept or scripts.open(folder)
    local ok, fault = background.run(swept:current(), "orchestrator.sweep")
    assert(ok, fault)
  end

  function self.close() run(("rm -rf '%s'"):format(folder)) end

  return self
end

return policy_folder
