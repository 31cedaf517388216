-- drsh serve: the ten endpoints over HTTP.
local app = require "app"
local attached = require "commands.repl.attached"
local config = require "config"
local control = require "process.control"
local log = require "log"
local process = require "process"
local local_world = require "commands.local_world"
local task = require "task"
local time = require "time"

local function is_loopback(address)
  return address:find "^127%." or address == "::1" or address == "localhost"
end

-- Takes no new connections, and lets what is under way end, for a time.
local function drain(listening)
  local ending = time.monotonic() + (tonumber(config.get "DRSH_DRAIN") or 30)
  listening.drain()
  while listening.active() > 0 and time.monotonic() < ending do process.pause(0.02) end
  if listening.active() > 0 then log.warn("requests are cut off: they took too long", { requests = listening.active() }) end
end

return function()
  local address, port = local_world.address "DRSH_LISTEN"
  if not is_loopback(address) and not config.flag "DRSH_ALLOW_REMOTE" then
    io.stderr:write("drsh serve: ", address, " can be reached from other machines, and drsh trusts who reaches it: put an ",
      "authenticating proxy in front, then say --allow-remote\n")
    return 2
  end
  local worker = process.worker()
  local world <close> = config.flag "DRSH_LOCAL" and local_world.open() or nil
  local listening <close> = app.listen {
    address = address, port = port, socket = tonumber(config.get "DRSH_LISTEN_SOCKET"),
    connections = tonumber(config.get "DRSH_CONNECTIONS"),
    background = not worker or worker == 1, -- the sweep that heals what a crash left: once a server
  }
  local _ <close> = control.open(listening.url)
  local _ <close> = attached.open { url = listening.url }
  task.spawn(function()
    while process.hung_up() do app.reload() end
  end)
  process.ready(listening.url)
  local signal = process.stopped()
  drain(listening)
  return signal == "INT" and 130 or 0
end
