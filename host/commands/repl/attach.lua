-- drsh repl --attach: the prompt here, the state at a server (commands/repl/attached.lua).
local config = require "config"
local console = require "commands.repl.console"
local control = require "process.control"
local directives = require "commands.repl.directives"
local interrupts = require "commands.repl.interrupts"
local line_socket = require "process.line_socket"
local messages = require "commands.repl.messages"
local names = require "commands.repl.names"
local reader = require "commands.repl.reader"
local servers = require "commands.repl.servers"
local task = require "task"
local terminal = require "terminal"

local GREETING = [[
drsh: attached to process %d, %s%s; scripts of generation %d. What is typed runs there, under limits, and is in its log.
live.routes(), live.running(), live.faults(), live.policies(),
live.call(METHOD, PATH); require "lib.executions" is the live one.
help() and :help tell more, Ctrl-C ends a call, Ctrl-D the session. AWS calls only read until :write on.]]

-- What the server says, as it comes; ends when it has gone.
local function follow(session)
  local does = { print = console.print, page = console.page, complain = console.complain }
  function does.ask(question) messages.send(session.connection, "answer", console.ask(question) or false) end
  function does.done(result)
    session.names, session.scripts = result.names, result.scripts
    session.failed = session.failed or not result.ok
    session.done:set()
  end
  while true do
    local kind, value = messages.receive(session.connection)
    if not kind then break end
    if does[kind] then does[kind](value) end
  end
  session.gone = true
  session.done:set()
  if session.reading then session.reading:cancel() end
end

local function run_there(session, text)
  session.done:reset()
  messages.send(session.connection, "run", text)
  local _, _, signal = interrupts.watch(session, function()
    messages.send(session.connection, "cancel", true)
    return true
  end, function() session.done:wait() end)
  return signal
end

local function run_here(session, text)
  local fine, problem = pcall(directives.run, session, text)
  if not fine then console.complain(tostring(problem)) end
  session.failed = session.failed or not fine
end

-- One turn. -> false when the session ends.
local function turn(session)
  local fine, text, signal = interrupts.watch(session, nil, reader.read, session.question)
  if signal == "TERM" or session.gone or fine and not text then return false end
  if not fine or text:find "^%s*$" then return true end
  if session.interactive then reader.remember(text) end
  if directives.is_typed(text) then run_here(session, text) else signal = run_there(session, text) end
  return signal ~= "TERM" and not session.ended and not session.gone
end

local function open(connection)
  local session = {
    connection = connection, console = console, attached = true, interactive = terminal.is_tty(0), done = task.event(),
  }
  messages.send(connection, "attach", { interactive = session.interactive, dry = config.flag "DRSH_DRY_RUN" })
  local kind, hello = messages.receive(connection)
  if kind ~= "hello" then error("the server did not answer", 0) end
  session.folder, session.names, session.scripts = hello.folder, hello.names, hello.scripts
  session.question = ("drsh %d> "):format(hello.pid)
  if session.interactive then
    print(GREETING:format(hello.pid, hello.url, hello.worker and ", worker " .. hello.worker or "", hello.generation))
    session.history = reader.on_terminal(function()
      return names.environment(session.names), directives.names(session), session.scripts
    end)
  end
  return session
end

return function(target)
  local server, why = servers.find(target)
  if not server then
    io.stderr:write("drsh repl: ", why, "\n")
    return 1
  end
  local connection <close> = line_socket.connect(("%s/%d.repl"):format(control.folder(), server.pid))
  local session = open(connection)
  local following = task.spawn(follow, session):observe()
  while turn(session) do end
  following:cancel()
  if session.gone then
    io.stderr:write "drsh repl: the server has ended\n"
    return 1
  end
  return session.failed and not session.interactive and 1 or 0
end
