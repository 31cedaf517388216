-- Runs busted specs inside the program, in a task, so that they may wait like any script.
local failure = require "explain.failure"

local runner = {}

local NEEDED = [[
busted is missing, and specs need it. On Debian: apt-get install lua-busted; elsewhere: luarocks install busted
]]

--- busted's core, or nil and what to install.
local function load_busted()
  local found, core = pcall(require, "busted.core")
  if not found then
    if type(core) == "string" and not core:find "module 'busted" then return nil, core .. "\n" end
    return nil, NEEDED
  end
  local busted = core()
  require "busted"(busted)
  return busted
end

-- Errors of specs say what those of scripts do. busted calls this in its message handler.
local function explain_errors(busted)
  local rewrite = busted.rewriteMessage
  function busted.rewriteMessage(element, message, trace)
    local place = failure.place()
    if trace and place then
      trace.traceback, trace.short_src, trace.currentline = failure.traceback(), place.short_src, place.currentline
    end
    return rewrite(element, failure.message(message), trace)
  end
end

local function full_name(busted, element)
  local names = {}
  while element and element.name do
    if element.descriptor ~= "file" then table.insert(names, 1, element.name) end
    element = busted.context.parent(element)
  end
  return table.concat(names, " ")
end

local function subscribe(busted, count)
  local function report(kind, element, message, trace)
    io.write("\n", kind, ": ", full_name(busted, element), "\n  ", (tostring(message):gsub("\n", "\n  ")), "\n")
    if kind == "error" and trace and trace.traceback then
      io.write("  ", (trace.traceback:gsub("\n", "\n  ")), "\n")
    end
  end
  busted.subscribe({ "test", "end" }, function(element, _, status)
    if status == "success" then
      count.passed = count.passed + 1
    else
      count.failed = count.failed + 1
      if status == "pending" then report("pending, which counts as failed", element, "") end
    end
    return nil, true
  end)
  for _, kind in ipairs { "failure", "error" } do
    busted.subscribe({ kind }, function(element, _, message, trace)
      report(kind, element, message, trace)
      -- What fails outside a test (a setup, the loading of a file) has no "test end" of its own.
      if element.descriptor ~= "it" then count.failed = count.failed + 1 end
      return nil, true
    end)
  end
end

--- Runs the specs of files and folders; filter: only tests whose name the pattern is found in. Prints each failure and, at the
-- end, `N passed, N failed`. Gives the numbers of both; or nil and why nothing could be run.
function runner.run(roots, filter)
  local busted, missing = load_busted()
  if not busted then return nil, missing end
  local count = { passed = 0, failed = 0 }
  explain_errors(busted)
  subscribe(busted, count)
  if filter then
    busted.subscribe({ "register", "it" }, function(name) return nil, name:find(filter) ~= nil end, { priority = 1 })
  end
  local load_files = require "busted.modules.test_file_loader"(busted, { "lua" })
  load_files(roots, { "_spec%.lua$" }, { excludes = {}, recursive = true })
  require "busted.execute"(busted)(1, { sort = false })
  io.write(("%d passed, %d failed\n"):format(count.passed, count.failed))
  return count.passed, count.failed
end

return runner
