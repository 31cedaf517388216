-- The server's end of `drsh repl --attach`: a socket beside the control socket, under the same guard. What is typed runs in
-- this process, in the sandbox of scripts and under limits, each text in a task of its own: requests are served meanwhile, and
-- the task ends with its client.
local api = require "api"
local control = require "process.control"
local core = require "runtime.scripts.core"
local json = require "json"
local line_socket = require "process.line_socket"
local live = require "commands.repl.live"
local log = require "log"
local messages = require "commands.repl.messages"
local names = require "commands.repl.names"
local process = require "process"
local sandbox = require "runtime.sandbox"
local scripts = require "runtime.scripts"
local sessions = require "commands.repl.session"
local task = require "task"

local attached = {}

-- Of each text. There is no deadline: who waits for a DRS job waits long, and can end it.
local LIMITS = { instructions = 1000000000, memory = 128 << 20 }

local count = 0 -- of sessions, for their ids

-- A console at the other end of the connection.
local function remote_console(connection, interactive)
  local self = { answered = task.event() }
  function self.print(text) messages.send(connection, "print", text) end
  function self.page(text) messages.send(connection, "page", text) end
  function self.complain(text) messages.send(connection, "complain", text) end
  function self.can_ask() return interactive end
  function self.ask(question)
    self.answered:reset()
    messages.send(connection, "ask", question)
    self.answered:wait()
    return self.answer
  end
  return self
end

local function print_to(console)
  return function(...)
    local words = table.pack(...)
    for index = 1, words.n do words[index] = tostring(words[index]) end
    console.print(table.concat(words, "\t"))
  end
end

local function index(container, name) return container[name] end

-- What is typed sees what scripts see, and its own variables.
local function environment(session, caller)
  return setmetatable({
    print = print_to(session.console), help = session:help(),
    live = live.new(function() return session.set:current() end, caller),
  }, {
    __index = function(_, name)
      if name == "aws" then return session:aws() end
      if name == "require" then return session.require end
      if api.module(name) and core.allowed(name) then return session.require(name) end
      local known, value = pcall(index, session.globals, name)
      if not known then error((value:gsub("^[^:]+:%d+: ", "")), 2) end -- an unknown name, at the line that was typed
      return value
    end,
  })
end

-- The scripts of now: what was required of an earlier generation is left behind.
local function catch_up(session)
  local current = session.set:current()
  if session.generation == current then return end
  session.generation = current
  session.globals, session.require = sandbox.new(current.modules)
end

local function new_session(connection, wishes, uid, pid)
  count = count + 1
  local session = sessions.new {
    id = ("attached-%d-%d"):format(process.id(), count), name = "drsh repl --attach", attached = true, limits = LIMITS,
    console = remote_console(connection, wishes.interactive == true), dry = wishes.dry == true, set = scripts.open(), calls = 0,
  }
  catch_up(session)
  session.env = environment(session, { name = ("attached uid %d pid %d"):format(uid, pid), roles = json.array { "admin" } })
  return session
end

local function script_names(session)
  local list = json.array {}
  for name in pairs(session.generation.modules) do list[#list + 1] = name end
  return list
end

-- Who did what through this process is in its log.
local function audit(session, who)
  local said = { session = session.id, uid = who.uid, pid = who.pid }
  log.warn("somebody attached to this process", said)
  return setmetatable({
    wrote = function()
      if #(session.written or {}) == 0 then return end
      log.warn("an attached session made AWS writes", { session = session.id, uid = who.uid, awsWrites = session.written })
      session.written = nil
    end,
  }, { __close = function()
    log.warn("an attached session has ended", { session = session.id, uid = who.uid, calls = session.calls })
  end })
end

local function run(session, record, connection, text)
  session.calls = session.calls + 1
  catch_up(session)
  local fine = session:run(text)
  record.wrote()
  messages.send(connection, "done", { ok = fine, names = names.of(session.env), scripts = script_names(session) })
end

local function serve(about, connection, uid, pid)
  local _ <close> = connection
  local kind, wishes = messages.receive(connection)
  if kind ~= "attach" then return end
  local session = new_session(connection, wishes, uid, pid)
  local record <close> = audit(session, { uid = uid, pid = pid })
  messages.send(connection, "hello", {
    pid = process.id(), url = about.url, worker = process.worker(), generation = session.generation.number,
    folder = core.folder(), names = names.of(session.env), scripts = script_names(session),
  })
  local running
  while true do
    local value
    kind, value = messages.receive(connection)
    if kind == nil then
      return -- the task of what runs is a child of this one
    elseif kind == "run" and type(value) == "string" and (not running or running:done()) then
      running = task.spawn(run, session, record, connection, value):observe()
    elseif kind == "answer" then
      session.console.answer = value
      session.console.answered:set()
    elseif kind == "cancel" then
      session:interrupt()
    end
  end
end

--- Lets people attach until the returned <close> value is closed. `about`: {url}.
function attached.open(about)
  local folder = control.folder()
  local fine, listener = pcall(line_socket.listen, ("%s/%d.repl"):format(folder or "", process.id()))
  if not folder or not fine then -- control.open has said that nobody reaches this process
    return setmetatable({}, { __close = function() end })
  end
  local accepting = task.spawn(function()
    while true do
      local connection, uid, pid = listener:accept()
      if connection then task.spawn(serve, about, connection, uid, pid) end
    end
  end)
  return setmetatable({}, {
    __close = function()
      accepting:cancel()
      listener:close()
    end,
  })
end

return attached
