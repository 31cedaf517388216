-- The control socket: HTTP on a UNIX socket, one a process, in a folder that only its owner may enter. Who can open it may end
-- what runs here; file permissions are the guard.
--   GET /running             what runs: id, script, seconds, awsWrites
--   GET /about               pid, and for a server: url, worker, master (the pid of its parent)
--   POST /running/{id}/kill  ends it; answers what was ended, with the AWS writes that had gone out
local config = require "config"
local http = require "http"
local json = require "json"
local log = require "log"
local process = require "process"
local running = require "runtime.running"
local server = require "server"

local control = {}

local function answer(status, body)
  return status, { ["content-type"] = "application/json" }, json.encode(body) .. "\n"
end

local function list_of(entries)
  local list = json.array {}
  for index, entry in ipairs(entries) do
    entry.awsWrites = json.array(entry.awsWrites or {})
    list[index] = entry
  end
  return { pid = process.id(), worker = process.worker(), running = list }
end

local function handle(request, about)
  if request.method == "GET" and request.path == "/about" then return answer(200, about) end
  if request.method == "GET" and request.path == "/running" then return answer(200, list_of(running.list())) end
  local id = request.method == "POST" and request.path:match "^/running/([%w_.:-]+)/kill$"
  if not id then return answer(404, { error = "NOT_FOUND", message = "there is no " .. request.path }) end
  local ended = running.kill(id, "control socket")
  return answer(#ended > 0 and 200 or 404, list_of(ended))
end

--- The folder of the sockets, made if it is not there; or nil and why it cannot be used.
function control.folder()
  local folder = config.get "DRSH_RUNTIME_DIR"
    or config.get "XDG_RUNTIME_DIR" and config.get "XDG_RUNTIME_DIR" .. "/drsh"
    or "/tmp/drsh-" .. process.user()
  local ok, why = process.private_folder(folder)
  if not ok then return nil, why end
  return folder
end

--- Listens until the returned <close> value is closed. Without a socket nothing can be ended from outside, which is said.
-- `url`: where this process serves, if it does.
function control.open(url)
  local worker = process.worker()
  local about = { pid = process.id(), url = url, worker = worker, master = worker and process.parent() }
  local folder, why = control.folder()
  local listener
  if folder then
    local path = ("%s/%d.sock"):format(folder, process.id())
    local ok, found = pcall(server.listen, {
      path = path, name = "control", handler = function(request) return handle(request, about) end,
    })
    if ok then listener = found else why = found.message or found end
  end
  if not listener then log.warn("there is no control socket, so `drsh kill` cannot reach this process", { why = why }) end
  return setmetatable({}, { __close = function() if listener then listener.close() end end })
end

--- Asks every process of this user: {path, status, body}; a socket that nobody listens on is left out.
function control.ask(method, path)
  local answers = {}
  local folder, why = control.folder()
  if not folder then error(why, 0) end
  for _, name in ipairs(process.sockets(folder)) do
    local ok, found = pcall(http.over_socket, folder .. "/" .. name, {
      method = method, url = "http://localhost" .. path, timeout = 10, body = method == "POST" and "" or nil,
    })
    if ok then answers[#answers + 1] = { status = found.status, body = json.decode(found.body) } end
  end
  return answers
end

return control
