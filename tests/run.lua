-- Our own specs: drsh run tests/run.lua [--filter PATTERN] [FILE or FOLDER ...]. As `drsh test`, with tests/ as the default.
local runner = require "testing.runner"

local roots, filter = {}, nil
local index = 1
while arg[index] do
  if arg[index] == "--filter" then
    index = index + 1
    filter = arg[index]
  else
    roots[#roots + 1] = arg[index]
  end
  index = index + 1
end
if #roots == 0 then roots[1] = "tests" end

package.path = "./?.lua;" .. package.path

local passed, failed = runner.run(roots, filter)
if not passed then
  io.stderr:write(failed)
  os.exit(2, true)
end
os.exit(failed == 0 and passed > 0, true)
