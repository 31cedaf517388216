-- What a prompt does with what was typed, wherever that was: here (commands/repl.lua), or at a server that somebody attached to
-- (commands/repl/attached.lua).
local directives = require "commands.repl.directives"
local dry_run = require "dry_run"
local failure = require "explain.failure"
local help = require "help"
local limited = require "runtime.limited"
local reader = require "commands.repl.reader"
local show = require "commands.repl.show"
local task = require "task"
local writes = require "commands.repl.writes"

local session = {}
session.__index = session

--- A session: `console` (commands/repl/console.lua), `env` of what is typed and its `require`, `limits` of a call, `attached`
-- or not, `name` and `id` for `drsh kill`.
function session.new(members)
  members.limits = members.limits or {}
  return setmetatable(members, session)
end

--- aws for what is typed: its clients work in the session's account and region when they name none.
function session:aws()
  local aws = self.require "aws"
  if not self.account and not self.region then return aws end
  local own = setmetatable({}, { __index = aws })
  function own.client(service, options)
    local given = { account = self.account, region = self.region }
    for name, value in pairs(options or {}) do given[name] = value end
    local client = aws.client(service, given)
    return client
  end
  return own
end

--- help(topic) for what is typed.
function session:help()
  return function(topic)
    self.console.page(help.text(topic) or "that is a " .. type(topic) .. "; help() lists what there is")
  end
end

local function trace_line(call)
  local outcome = call.problem and (type(call.problem) == "table" and call.problem.code or "failed") or "ok"
  local again = (call.attempts or 1) > 1 and (", %d attempts"):format(call.attempts) or ""
  local id = call.requestId and ", request " .. call.requestId or ""
  return ("  %s %s %s: %s, %.0f ms%s%s"):format(call.service, call.operation, call.region, outcome, call.seconds * 1000,
    again, id)
end

-- -> chunk, is it an expression; or nil and what is wrong. An expression's chunk wants table.pack and gives what that gives:
-- so no call in it is a tail call, and an error finds its line. The text is the chunk's name, and with it the source of what it
-- defines (explain/sources.lua).
local function compile(text, env)
  if not load("return " .. text, text, "t", env) then return load(text, text, "t", env) end
  local chunk = load("return (...)(" .. text .. ")", text, "t", env)
  return chunk or load("return (...)(" .. text .. "\n)", text, "t", env), true -- it ends with a comment
end

-- Lua names a chunk by the beginning of its text.
local function with_short_names(text)
  return (text:gsub('%[string "[^\n]-"%]:(%d+):', "repl:%1:"))
end

-- What went wrong, in words. Where it came through more than one line of the person's own, these are shown.
local function fault_of(problem, traceback)
  if type(problem) ~= "string" then
    return type(problem) == "table" and getmetatable(problem) == nil and not problem.code and show.text(problem)
      or limited.text(problem)
  end
  local calls = select(2, (traceback or ""):gsub("\n\t[^\t]", ""))
  return with_short_names(problem .. (calls > 1 and traceback:gsub("^[^\n]*", "") or ""))
end

-- In the task of what was typed, for values and errors may have metamethods, which count on its limits. -> what went wrong
local function evaluate(self, text)
  local chunk, more = compile(text, self.env)
  if not chunk then return with_short_names(more) end
  local fine, problem, traceback = failure.protected(function()
    local results = more and chunk(table.pack) or table.pack(chunk())
    for index = 1, results.n do self.console.page(show.text(results[index])) end
    if results.n > 0 then self.env._ = results[1] end
  end)
  return not fine and fault_of(problem, traceback) or nil
end

local function context_of(self)
  local console = self.console
  return {
    requestId = self.id, script = self.name, guard = writes.guard(self), dry_run = self.dry and dry_run.new() or nil,
    trace = self.trace and function(call) console.complain(trace_line(call)) end or nil,
  }
end

-- Runs the text in a task of its own, which interrupt() ends. -> what went wrong, nil if nothing did.
local function call(self, text)
  local context = context_of(self)
  self.child = task.spawn(limited.run, { context = context, limits = self.limits }, evaluate, self, text):observe()
  local results = table.pack(self.child:outcome())
  self.child, self.written = nil, context.writes
  if context.dry_run and #context.dry_run.writes > 0 then
    self.console.print "this would be written:"
    self.console.page(show.text(dry_run.report(context.dry_run).writes))
  end
  local outcome, problem = results[1], results[2]
  if outcome == "ok" then outcome, problem = results[2], results[3] end -- what limited.run gave
  if outcome == "cancelled" then return "interrupted" end
  return outcome == "ok" and problem or outcome ~= "ok" and limited.text(problem) or nil
end

-- A setting is the session's own doing: what it starts lives as long as the session, and no guard asks for it.
local function direct(self, text)
  local fine, problem = pcall(directives.run, self, text)
  return not fine and limited.text(problem) or nil
end

--- Does what was typed. -> did it do it without a fault?
function session:run(text)
  local problem = (reader.is_directive(text) and direct or call)(self, text)
  if not problem then return true end
  self.failed = true
  self.console.complain(problem)
  return false
end

--- Ends the call that runs; false when none does.
function session:interrupt()
  if not self.child then return false end
  self.child:cancel()
  return true
end

return session
