-- drsh test [PATH ...] [--filter PATTERN] [--coverage]
local config = require "config"
local core = require "runtime.scripts.core"
local runner = require "testing.runner"

local function exists(path)
  local file = io.open(path, "r")
  if file then file:close() end
  return file ~= nil
end

return function(...)
  local roots = { ... }
  if #roots == 0 then roots[1] = core.folder() end
  for _, root in ipairs(roots) do
    if not exists(root) then
      io.stderr:write("drsh test: there is no ", root, "\n")
      return 2
    end
  end
  local coverage = config.flag "DRSH_TEST_COVERAGE" and require "testing.coverage"
  package.path = "./?.lua;" .. package.path
  if coverage then coverage.start() end
  local passed, failed = runner.run(roots, config.get "DRSH_TEST_FILTER")
  if not passed then
    io.stderr:write("drsh test: ", failed)
    return 2
  end
  if coverage then coverage.print() end
  if passed + failed == 0 then
    io.stderr:write("drsh test: no test was found; specs are files named *_spec.lua\n")
    return 2
  end
  os.exit(failed == 0, true)
end
