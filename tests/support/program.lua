-- The program as a process of its own, as a user starts it.
--
--   local server <close> = program.start("serve --local --speed 100")   -- waits for its ready line
--   server:call("GET", "/executions") -> status, body table, headers
--   server:kill "KILL"; server:log() -> what it wrote to stderr
--   program.run("call GET /executions") -> exit code, stdout, stderr
local http = require "http"
local json = require "json"
local task = require "task"
local time = require "time"

local program = { path = os.getenv "DRSH" or "build/drsh" }

local process = {}
process.__index = process

local function read(path)
  local file = assert(io.open(path, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function shell(command)
  local pipe = assert(io.popen(command, "r"))
  local text = pipe:read "a"
  local _, _, code = pipe:close()
  return text, code
end

-- A new empty folder; remove it with program.remove.
function program.folder()
  return (shell "mktemp -d":gsub("%s+$", ""))
end

function program.remove(path)
  assert(path:find "^/tmp/", "only what lies in /tmp is removed")
  os.execute("rm -rf '" .. path .. "'")
end

-- Waits until check() gives a true value, which it returns.
function program.wait_for(what, check, seconds)
  local ending = time.monotonic() + (seconds or 30)
  repeat
    local value = check()
    if value then return value end
    task.sleep(0.02)
  until time.monotonic() > ending
  error("did not come true: " .. what, 2)
end

function program.run(arguments, environment)
  local scratch = program.folder()
  local _, code = shell(("%s %s %s > %s/out 2> %s/err < /dev/null"):format(environment or "", program.path, arguments, scratch, scratch))
  local out, err = read(scratch .. "/out"), read(scratch .. "/err")
  program.remove(scratch)
  return code, out, err
end

function program.start(arguments, environment)
  local self = setmetatable({ scratch = program.folder() }, process)
  assert(io.open(self.scratch .. "/out", "w")):close()
  local id = shell(("%s %s %s > %s/out 2> %s/err < /dev/null & echo $!"):format(environment or "", program.path, arguments,
    self.scratch, self.scratch))
  self.id = tonumber(id)
  self.url = program.wait_for("the ready line of drsh " .. arguments, function()
    assert(self:is_alive(), "it ended at once: " .. self:log())
    return read(self.scratch .. "/out"):match "^listening on (http://[%d.:]+)\n$"
  end)
  return self
end

-- One that has ended and waits for its parent to notice (state Z) is not alive: init may take seconds.
function process:is_alive()
  local file = io.open(("/proc/%d/stat"):format(self.id), "r")
  if not file then return false end
  local state = (file:read "a" or ""):match "%) (%a)"
  file:close()
  return state ~= nil and state ~= "Z"
end

function process:log()
  return read(self.scratch .. "/err")
end

function process:kill(signal)
  os.execute(("kill -%s %d 2> /dev/null"):format(signal or "TERM", self.id))
  program.wait_for("the end of process " .. self.id, function() return not self:is_alive() end)
end

function process:__close()
  self:kill "TERM"
  program.remove(self.scratch)
end

function process:call(method, path, body, headers)
  local answer = http.request {
    method = method, url = self.url .. path, timeout = 30, headers = headers,
    body = type(body) == "table" and json.encode(body) or body,
  }
  return answer.status, json.decode(answer.body), answer.headers
end

return program
