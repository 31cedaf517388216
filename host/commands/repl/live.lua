-- `live`, for a prompt that is attached to a server: what it serves with now, and what it does.
--   live.worker() -> number | nil          which one this is, of a server with several
--   live.generation() -> number             of the scripts; it grows with each save
--   live.routes() -> list of {route, script, roles, summary}
--   live.policies() -> list of names        for require "policies.NAME"
--   live.faults() -> list                   scripts that are broken, as GET /health has them
--   live.running() -> list of {id, script, generation, seconds, awsWrites}; `drsh kill ID` ends one
--   live.call(method, path [, body]) -> status, body      what an endpoint answers, to the attached person as an admin
local app = require "app"
local json = require "json"
local process = require "process"
local running = require "runtime.running"

local live = {}

local function copy(value)
  if type(value) ~= "table" then return value end
  local copied = {}
  for name, item in pairs(value) do copied[name] = copy(item) end
  return copied
end

local function listed(generation, kind, describe)
  local list = {}
  for name, script in pairs(generation.scripts) do
    if script.kind == kind then list[#list + 1] = describe(name, script) end
  end
  return list
end

local function routes(generation)
  local list = listed(generation, "endpoint", function(name, script)
    return { route = script.route, script = name, roles = copy(script.roles), summary = script.summary }
  end)
  table.sort(list, function(a, b) return a.route < b.route end)
  return list
end

local function policies(generation)
  local list = {}
  for name in pairs(generation.modules) do list[#list + 1] = name:match "^policies%.(.+)$" end
  table.sort(list)
  return list
end

local function call(caller, method, path, body)
  local status, _, text = app.handle {
    method = method:upper(), path = path, body = body and json.encode(body), caller = caller,
    headers = { ["content-type"] = "application/json" },
  }
  local fine, decoded = pcall(json.decode, text)
  return status, fine and decoded or text
end

--- The table; `current()` gives the generation, `caller` is {name, roles}.
function live.new(current, caller)
  return {
    worker = process.worker,
    generation = function() return current().number end,
    routes = function() return routes(current()) end,
    policies = function() return policies(current()) end,
    faults = function() return copy(current().faults) end,
    running = function() return copy(running.list()) end,
    call = function(method, path, body) return call(caller, method, path, body) end,
  }
end

return live
