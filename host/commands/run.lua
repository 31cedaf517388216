-- drsh run FILE [arguments]
local config = require "config"
local control = require "process.control"
local limited = require "runtime.limited"
local process = require "process"

return function(file, ...)
  if not file then
    io.stderr:write("usage: drsh run FILE [arguments]; see 'drsh run --help'\n")
    return 2
  end
  _G.arg = { [0] = file, ... }
  local world <close> = config.flag "DRSH_LOCAL" and require "commands.local_world".open() or nil
  -- A runbook may keep helpers of its own beside it.
  local folder = file:match "^(.*)/[^/]*$" or "."
  package.path = folder .. "/?.lua;" .. package.path
  local runbook, fault = loadfile(file)
  if not runbook then
    io.stderr:write("drsh run: ", fault, "\n")
    return 2
  end
  local _ <close> = control.open()
  local _ <close> = limited.adopt { id = "run-" .. process.id(), script = file }
  return runbook(...)
end
