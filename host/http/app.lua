-- The ten endpoints: from a raw request over the router and the script to the answer. The server, `drsh call`, runbooks and
-- the REPL all come this way.
local answer = require "http.answer"
local config = require "config"
local failure = require "explain.failure"
local json = require "json"
local limited = require "runtime.limited"
local log = require "log"
local metrics = require "process.metrics"
local permissions = require "runtime.permissions"
local router = require "http.router"
local sandbox = require "runtime.sandbox"
local scripts = require "runtime.scripts"
local server = require "server"
local time = require "time"
local uuid = require "uuid"

local app = {}
app.__index = app

local BODY_LIMIT = 64 * 1024
local LIMITS = { instructions = 100000000, memory = 128 << 20 }
local VERSION = require "runtime.version"

--- The endpoints of a folder of scripts, by default the program's; `limits` {instructions, memory} of a request, by default
-- LIMITS.
function app.open(folder, limits)
  metrics.observe_aws()
  return setmetatable({ scripts = scripts.open(folder), limits = limits or LIMITS }, app)
end

local function route_of(self, generation)
  if self.generation ~= generation then
    self.generation, self.router = generation, router.new(generation.scripts)
  end
  return self.router
end

-- --- the request ---

-- A setting, unless a header of the authenticating proxy says it for each request; without that header nothing is known.
local function said(raw, header_setting, setting)
  local header = config.get(header_setting)
  if not header then return config.get(setting) end
  local text = raw.headers[header:lower()]
  return text ~= "" and text or nil
end

local function caller_of(raw)
  if raw.caller then return raw.caller end
  local roles = json.array {}
  for role in (said(raw, "DRSH_ROLES_HEADER", "DRSH_ROLES") or ""):gmatch "[^,%s]+" do roles[#roles + 1] = role end
  return { name = said(raw, "DRSH_CALLER_HEADER", "DRSH_CALLER") or "anonymous", roles = roles }
end

-- The decoded body, or nil and the answer.
local function body_of(raw, id)
  local text = raw.body
  if text == nil or text == "" then return json.object {} end
  if #text > BODY_LIMIT then
    return nil, table.pack(answer.fail(413, "BODY_TOO_LARGE", ("the body is larger than %d bytes"):format(BODY_LIMIT), id))
  end
  local ok, body = pcall(json.decode, text)
  if not ok then
    if type(body) ~= "table" then error(body, 0) end
    return nil, table.pack(answer.fail(400, "INVALID_JSON", body.message, id, { line = body.line, column = body.column }))
  end
  if type(body) ~= "table" or body == json.null or json.is_array(body) then
    return nil, table.pack(answer.fail(400, "INVALID_JSON", "the body should be a JSON object", id, { line = 1, column = 1 }))
  end
  return body
end

-- The table that scripts see, or nil and the answer.
local function request_of(raw, id, route, parameters, generation)
  local query = router.query(raw.query_string)
  if not query then return nil, table.pack(answer.fail(400, "INVALID_QUERY", "the query string is malformed", id)) end
  local body, refusal = body_of(raw, id)
  if not body then return nil, refusal end
  if raw.dry_run then body.dryRun = true end
  local dry = body.dryRun -- "yes" must not become a run in earnest
  if dry ~= nil and dry ~= json.null and type(dry) ~= "boolean" then
    return nil, table.pack(answer.fail(400, "INVALID_FIELD", "dryRun must be a boolean", id, { field = "dryRun" }))
  end
  return {
    id = id, method = raw.method, route = route.script.route, path = parameters, query = query, headers = raw.headers,
    body = body, caller = caller_of(raw), generation = generation.number,
  }
end

-- --- the script ---

-- Without a policy, a script's own roles decide; without those, everybody may.
local function has_role(roles, caller)
  if #roles == 0 then return true end
  for _, role in ipairs(roles) do
    for _, has in ipairs(caller.roles or {}) do
      if has == role then return true end
    end
  end
  return false, "this needs one of the roles " .. table.concat(roles, ", ")
end

-- What scripts/policies/access.lua says: true, or false and the reason. A policy that fails says no.
local function may_call(generation, require_script, request, roles)
  if not generation.modules["policies.access"] then return has_role(roles, request.caller) end
  local ok, verdict, reason = failure.pcall(function()
    return require_script "policies.access".may_call(request.caller, request.route, roles)
  end)
  if not ok then
    log.error("the access policy failed, so the answer is no", { error = limited.text(verdict) })
    return false, "the access policy failed: " .. limited.text(verdict)
  end
  if verdict == true or verdict == "allow" then return true end
  return false, type(reason) == "string" and reason or "the access policy said no"
end

-- Runs in the script's task and gives status, headers, body.
local function run_script(generation, name, request)
  local _, require_script = sandbox.new(generation.modules)
  local roles = generation.scripts[name].roles
  local allowed, reason = may_call(generation, require_script, request, roles)
  if not allowed then return answer.fail(403, "ACCESS_DENIED", reason, request.id) end
  local results = table.pack(failure.protected(function() return require_script(name).handle(request) end))
  if results[1] then return answer.of_results(name, request.id, table.unpack(results, 2, results.n)) end
  return answer.of_error(name, request.id, results[2], results[3])
end

local function deadline_of(raw)
  return raw.deadline or tonumber(config.get "DRSH_DEADLINE") or 60
end

local function answer_script(self, raw, id, generation, route, request)
  local context = permissions.context(generation, route.name, id, request.body.dryRun == true)
  local limits = { instructions = self.limits.instructions, memory = self.limits.memory, timeout = deadline_of(raw) }
  local options = { context = context, limits = limits }
  local results = table.pack(limited.run(options, run_script, generation, route.name, request))
  if results[1] ~= "ok" and context.killed then return answer.of_kill(id, context.writes) end
  if results[1] ~= "ok" then results = table.pack("ok", answer.of_stop(route.name, id, table.unpack(results, 1, results.n))) end
  if context.dry_run then return answer.of_dry_run(context.dry_run, table.unpack(results, 2, 4)) end
  return table.unpack(results, 2, results.n)
end

-- --- the host's own endpoints ---

local function health(generation)
  local faults = json.array {}
  for index, fault in ipairs(generation.faults) do faults[index] = fault end
  return 200, {}, json.encode {
    status = #faults == 0 and "ok" or "degraded", version = VERSION, generation = generation.number, scriptFaults = faults,
    dryRun = config.flag "DRSH_DRY_RUN",
  } .. "\n"
end

local OWN = {
  ["/health"] = health,
  ["/metrics"] = function()
    return 200, { ["content-type"] = "text/plain; version=0.0.4; charset=utf-8" }, metrics.text()
  end,
}

-- Status, headers, body; sets raw.route for the metrics.
local function dispatch(self, raw, id, generation)
  local own = OWN[raw.path]
  if own then
    raw.route = "GET " .. raw.path
    if raw.method == "GET" or raw.method == "HEAD" then return own(generation) end
    return answer.fail(405, "METHOD_NOT_ALLOWED", raw.path .. " is only read", id, nil, { allow = "GET, HEAD" })
  end
  local route, found = route_of(self, generation):find(raw.method, raw.path)
  if not route and found then
    return answer.fail(405, "METHOD_NOT_ALLOWED", ("%s does not take %s"):format(raw.path, raw.method), id,
      { allowedMethods = json.array(found) }, { allow = table.concat(found, ", ") })
  elseif not route then
    return answer.fail(404, "NOT_FOUND", ("there is no %s"):format(raw.path), id)
  end
  raw.route = route.script.route
  local request, refusal = request_of(raw, id, route, found, generation)
  if not request then return table.unpack(refusal, 1, refusal.n) end
  return answer_script(self, raw, id, generation, route, request)
end

local function lower_names(headers)
  local lower = {}
  for name, value in pairs(headers or {}) do lower[name:lower()] = value end
  return lower
end

--- One request: {method, path (with query), headers, body, caller = {name, roles}, deadline = seconds, dry_run}. Gives status,
-- headers, body.
function app:handle(request)
  local path, query = request.path:match "^([^?]*)%??(.*)$"
  local headers = lower_names(request.headers)
  local given = headers["x-request-id"]
  local id = request.id or given and given:find "^[%w_.:-]+$" and #given <= 128 and given or uuid.v4()
  local generation = self.scripts:current()
  local raw = {
    method = request.method, path = path, query_string = query, headers = headers, body = request.body, caller = request.caller,
    deadline = request.deadline, dry_run = request.dry_run or config.flag "DRSH_DRY_RUN",
  }
  local began = time.monotonic()
  local status, answered, body = dispatch(self, raw, id, generation)
  log.info("request", {
    requestId = id, method = raw.method, path = path, status = status, generation = generation.number,
    milliseconds = math.floor((time.monotonic() - began) * 1000),
  })
  metrics.request(raw.route or "none", status, time.monotonic() - began)
  answered["x-request-id"] = id
  answered["x-drsh-generation"] = tostring(generation.number)
  answered["content-type"] = answered["content-type"] or "application/json"
  return status, answered, body
end

--- Serves them over HTTP: {address, port, socket, connections}; gives the listener (server.listen).
function app:listen(options)
  self.scripts:current()
  return server.listen {
    address = options.address, port = options.port, socket = options.socket, connections = options.connections,
    name = "drsh", body_limit = BODY_LIMIT,
    handler = function(request)
      request.path = request.target
      return self:handle(request)
    end,
  }
end

return app
