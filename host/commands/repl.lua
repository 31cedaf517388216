-- drsh repl: the primitives at a prompt. Modules are there by their names: aws, json, time ... without require. With --attach
-- it is a server's state that the prompt works in.
--
-- The line is read, and what it says is done, in tasks of their own: Ctrl-C ends these and not the session, and timers, the
-- local AWS and background tasks go on meanwhile.
local api = require "api"
local config = require "config"
local console = require "commands.repl.console"
local directives = require "commands.repl.directives"
local interrupts = require "commands.repl.interrupts"
local process = require "process"
local reader = require "commands.repl.reader"
local scripts_folder = require "commands.repl.scripts_folder"
local sessions = require "commands.repl.session"
local terminal = require "terminal"

local GREETING = [[
drsh: Lua %s with the AWS primitives. A value is printed; help() lists what there is, :help the settings; Tab completes,
Ctrl-C ends a call, Ctrl-D the session. AWS calls only read until :write on.]]

local function environment(session)
  local function require_one(name) return (require(name)) end -- Lua's gives the file, too, which would be shown
  return setmetatable({ help = session:help(), require = require_one }, {
    __index = function(_, name)
      if name == "aws" then return session:aws() end
      if api.module(name) then return require(name) end
      return _G[name]
    end,
  })
end

-- One turn. -> false when the session ends.
local function turn(session)
  local fine, text, signal = interrupts.watch(session, nil, reader.read, "drsh> ")
  if signal == "TERM" or fine and not text then return false end
  if not fine or text:find "^%s*$" then return true end -- Ctrl-C at the prompt: another line
  if session.interactive then reader.remember(text) end
  if reader.is_directive(text) then
    session:run(text) -- here, for what it starts lives as long as the session
  else
    local _
    _, _, signal = interrupts.watch(session, function() return session:interrupt() end, session.run, session, text)
  end
  return signal ~= "TERM" and not session.ended
end

local function own_session()
  local session = sessions.new {
    console = console, require = require, interactive = terminal.is_tty(0), dry = config.flag "DRSH_DRY_RUN",
  }
  config.set("DRSH_DRY_RUN", "") -- from here on it is :dry that says so
  session.env = environment(session)
  if config.flag "DRSH_LOCAL" then session.world = require "commands.local_world".open() end
  if session.interactive then
    print(GREETING:format(_VERSION:match "[%d.]+"))
    session.history = reader.on_terminal(function() return session.env, directives.names(session), scripts_folder.names() end)
    process.interruptible()
  end
  while turn(session) do end
  local world <close> = session.world -- nil is closed by nothing
  return session.failed and not session.interactive and 1 or 0
end

return function(target, ...)
  if ... or target and not config.flag "DRSH_ATTACH" then
    io.stderr:write "usage: drsh repl [flags], or drsh repl --attach [PID | ADDR:PORT[/WORKER]]; see 'drsh repl --help'\n"
    return 2
  end
  if config.flag "DRSH_ATTACH" then return require "commands.repl.attach"(target) end
  return own_session()
end
