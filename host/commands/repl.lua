-- drsh repl: the primitives at a prompt. Modules are there by their names: aws, json, time ... without require.
--
-- The line is read, and what it says is done, in tasks of their own: Ctrl-C ends these and not the session, and timers, the
-- local AWS and background tasks go on meanwhile.
local api = require "api"
local aws = require "aws"
local complete = require "help.complete"
local config = require "config"
local directives = require "commands.repl.directives"
local dry_run = require "dry_run"
local help = require "help"
local limited = require "runtime.limited"
local process = require "process"
local prompt = require "prompt"
local show = require "commands.repl.show"
local task = require "task"
local terminal = require "terminal"
local writes = require "commands.repl.writes"

local greeting = [[
drsh: Lua %s with the AWS primitives. A value is printed; help() lists what there is, :help the settings; Tab completes,
Ctrl-C ends a call, Ctrl-D the session. AWS calls only read until :write on.]]

local function show_help(topic)
  show.page(help.text(topic) or "that is a " .. type(topic) .. "; help() lists what there is")
end

-- aws, with the session's account for clients that name none.
local function aws_of(session)
  local own = setmetatable({}, { __index = aws })
  function own.client(service, options)
    local given = { account = session.account }
    for name, value in pairs(options or {}) do given[name] = value end
    local client = aws.client(service, given)
    return client
  end
  return own
end

local function environment(session)
  return setmetatable({ help = show_help }, {
    __index = function(_, name)
      if name == "aws" and session.account then
        session.aws = session.aws or aws_of(session)
        return session.aws
      elseif api.module(name) then
        return require(name)
      end
      return _G[name]
    end,
  })
end

-- --- reading ---

-- Is it a whole piece of Lua, the beginning of one, or neither?
local function judge(text)
  if load("return " .. text, "=repl", "t") then return "whole" end
  local chunk, fault = load(text, "=repl", "t")
  if chunk or not fault:find "<eof>" then return "whole" end
  return "begun"
end

-- Lines until they are a whole piece of Lua; nil at the end of the input.
local function read_text()
  local text
  repeat
    local line = prompt.read(text and "  >> " or "drsh> ")
    if not line then return nil end
    text = text and text .. "\n" .. line or line
  until text:find "^:" or judge(text) == "whole"
  return text
end

local function completer(env)
  return function(line)
    local word = line:match "^:([%w_]*)$"
    if not word then return (complete.line(line, env)) end
    local found = {}
    for _, name in ipairs(directives.names()) do
      if name:sub(1, #word) == word then found[#found + 1] = name end
    end
    return found
  end
end

local function open_history(session)
  local home = config.get "HOME"
  local path = config.get "DRSH_HISTORY" or home and home .. "/.drsh_history"
  if path and prompt.history(path) then session.history = path end
end

-- --- doing ---

local function trace_line(call)
  local outcome = call.problem and (type(call.problem) == "table" and call.problem.code or "failed") or "ok"
  local again = (call.attempts or 1) > 1 and (", %d attempts"):format(call.attempts) or ""
  local id = call.requestId and ", request " .. call.requestId or ""
  local milliseconds = call.seconds * 1000
  io.stderr:write(("  %s %s %s: %s, %.0f ms%s%s\n"):format(call.service, call.operation, call.region, outcome, milliseconds,
    again, id))
end

local function evaluate(text, env)
  local chunk, fault = load("return " .. text, "=repl", "t", env)
  if not chunk then chunk, fault = load(text, "=repl", "t", env) end
  if not chunk then error(fault, 0) end
  local results = table.pack(chunk())
  for index = 1, results.n do show.page(show.text(results[index])) end
  if results.n > 0 then env._ = results[1] end
end

-- Of a traceback, the lines of the person's own code, when there are more than the message names already.
local function own_lines(traceback)
  local lines = {}
  for line in traceback:gmatch "\n(\t[^\n]+)" do
    local foreign = line:find "^\t%[C%]" or line:find "^\tmodules/" or line:find "^\thost/" or line:find "^\t%(%.%.%."
    lines[#lines + 1] = not foreign and line or nil
  end
  return #lines > 1 and "\n" .. table.concat(lines, "\n") or ""
end

local function fault_of(outcome, problem, traceback)
  if outcome == "cancelled" then return "interrupted" end
  local text = type(problem) == "table" and getmetatable(problem) == nil and problem.code
    and ("%s: %s"):format(problem.code, problem.message) or tostring(problem)
  return text .. (type(problem) == "string" and traceback and own_lines(traceback) or "")
end

-- Runs fn in a task that Ctrl-C ends. -> how it ended ("ok", "error", "cancelled"), results; the signal if one came.
local function guarded(session, fn, ...)
  local rehearsal = session.dry and dry_run.new() or nil
  local context = { guard = writes.guard(session), trace = session.trace and trace_line or nil, dry_run = rehearsal }
  local child = task.spawn(limited.run, { context = context, limits = {} }, fn, ...):observe()
  local signal
  local watcher = session.interactive and task.spawn(function()
    signal = process.stopped()
    child:cancel()
  end):observe()
  local results = table.pack(child:outcome())
  if watcher then watcher:cancel() end
  if rehearsal and #rehearsal.writes > 0 then
    print("this would be written:\n" .. show.text(dry_run.report(rehearsal).writes))
  end
  if results[1] ~= "ok" then return signal, results[1], results[2], results[3] end
  return signal, table.unpack(results, 2, results.n)
end

-- A setting is the session's own doing: what it starts lives as long as the session, and no guard asks for it.
local function direct(session, text)
  local fine, result = pcall(directives.run, session, text)
  if fine then session.ended = result end
  return nil, fine and "ok" or "error", result
end

-- One turn. -> false when the session ends.
local function turn(session, env)
  local signal, outcome, text = guarded(session, read_text)
  if signal == "TERM" then return false end
  if outcome == "cancelled" then return true end -- Ctrl-C at the prompt: another line
  if outcome == "error" then error(text, 0) end
  if not text then return false end
  if text:find "^%s*$" then return true end
  if session.interactive and not text:find "^ " then prompt.remember(text) end
  local problem, traceback
  if text:find "^:" then
    signal, outcome, problem = direct(session, text)
  else
    signal, outcome, problem, traceback = guarded(session, evaluate, text, env)
  end
  if outcome ~= "ok" then
    session.failed = true
    io.stderr:write(fault_of(outcome, problem, traceback), "\n")
  end
  return signal ~= "TERM" and not session.ended
end

return function()
  local session = { interactive = terminal.is_tty(0), write = false, yes = false }
  local env = environment(session)
  if config.flag "DRSH_LOCAL" then session.world = require "commands.local_world".open() end
  if session.interactive then
    print(greeting:format(_VERSION:match "[%d.]+"))
    open_history(session)
    prompt.completer(completer(env))
    process.interruptible()
  end
  while turn(session, env) do end
  local world <close> = session.world -- nil is closed by nothing
  return session.failed and not session.interactive and 1 or 0
end
