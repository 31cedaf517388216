-- drsh serve: the ten endpoints over HTTP.
local app = require "app"
local background = require "runtime.background"
local config = require "config"
local process = require "process"
local local_world = require "commands.local_world"
local scripts = require "runtime.scripts"

local function is_loopback(address)
  return address:find "^127%." or address == "::1" or address == "localhost"
end

return function()
  local address, port = local_world.address "DRSH_LISTEN"
  if not is_loopback(address) and not config.flag "DRSH_ALLOW_REMOTE" then
    io.stderr:write("drsh serve: ", address, " can be reached from other machines, and drsh trusts who reaches it: put an ",
      "authenticating proxy in front, then say --allow-remote\n")
    return 2
  end
  local world <close> = config.flag "DRSH_LOCAL" and local_world.open() or nil
  local listening <close> = app.listen { address = address, port = port }
  background.start(scripts.open()) -- the sweep that heals what a crash left
  io.write("listening on ", listening.url, "\n")
  io.flush()
  return process.stopped() == "INT" and 130 or 0
end
