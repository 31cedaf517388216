-- Runs busted specs inside the program: drsh run tests/run.lua [--filter PATTERN] [FILE or FOLDER ...]
-- The specs run in a task, so they may wait like any script. The last line says `N passed, N failed`.
local busted = require "busted.core"()
require "busted"(busted)

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

local passed, failed = 0, 0

local function full_name(element)
  local names = {}
  while element and element.name do
    if element.descriptor ~= "file" then table.insert(names, 1, element.name) end
    element = busted.context.parent(element)
  end
  return table.concat(names, " ")
end

local function report(kind, element, message, trace)
  io.write("\n", kind, ": ", full_name(element), "\n  ", (tostring(message):gsub("\n", "\n  ")), "\n")
  if kind == "error" and trace and trace.traceback then
    io.write("  ", (trace.traceback:gsub("\n", "\n  ")), "\n")
  end
end

busted.subscribe({ "test", "end" }, function(element, _, status)
  if status == "success" then
    passed = passed + 1
  else
    failed = failed + 1
    if status == "pending" then report("pending, which counts as failed", element, "") end
  end
  return nil, true
end)

for _, kind in ipairs { "failure", "error" } do
  busted.subscribe({ kind }, function(element, _, message, trace)
    report(kind, element, message, trace)
    -- What fails outside a test (a setup, the loading of a file) has no "test end" of its own.
    if element.descriptor ~= "it" then failed = failed + 1 end
    return nil, true
  end)
end

if filter then
  busted.subscribe({ "register", "it" }, function(name)
    return nil, name:find(filter) ~= nil
  end, { priority = 1 })
end

require "busted.modules.test_file_loader"(busted, { "lua" })(roots, { "_spec%.lua$" }, { excludes = {}, recursive = true })
require "busted.execute"(busted)(1, { sort = false })

io.write(("%d passed, %d failed\n"):format(passed, failed))
os.exit(failed == 0 and passed > 0, true)
