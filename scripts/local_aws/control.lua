-- The control endpoint of the local AWS: its clock, faults, calls, estate, settings. JSON in, JSON out, on the port of the
-- services. No signature; instead it answers only on the loopback interface, to a Host that is an address or localhost, and
-- only to requests with the header `x-drsh-control: 1`, which no web page can send across origins.
--
--   GET    /_drsh/                what there is
--   GET    /_drsh/clock           {"now": epoch, "time": "2026-...", "speed": 1, "frozen": false}
--   POST   /_drsh/clock           one of {"speed": 60} {"freeze": true | epoch} {"set": epoch} {"step": seconds}; answers as
--                                 GET. `step` needs a frozen clock; it answers when all that became due has run
--   GET    /_drsh/faults          {"faults": [...]}
--   POST   /_drsh/faults          a rule (control/faults.lua); answers it with its id
--   DELETE /_drsh/faults[?id=N]   removes one, or all
--   GET    /_drsh/calls           {"total": N, "calls": [...]}, oldest first; ?service= ?operation= ?code= ?account= ?region=
--                                 ?limit=100
--   DELETE /_drsh/calls           forgets them
--   POST   /_drsh/estate          seeds an estate (estate.lua), on top of what is there
--   POST   /_drsh/behaviour       {"account", "region", "sourceServerID", "behaviour": {"launch": "FAILED"}}: how the jobs of a
--                                 server go from now on (drs/timeline.lua); without a behaviour: well
--   POST   /_drsh/replication     {"account", "region", "sourceServerID", "replication": {"state": "STALLED", "lag": 60,
--                                 "course": [...]}}: how a server replicates from now on, as in an estate
--   POST   /_drsh/failback-client {"account", "region", "recoveryInstanceID"}: connects a client (drs/failback_launch.lua)
--   GET    /_drsh/messages        {"messages": [...], "pendingConfirmations": [...]}: what SNS was given, oldest first,
--                                 with who got it; ?topic=ARN ?limit=100
--   GET    /_drsh/snapshots       {"snapshots": [names]}
--   POST   /_drsh/snapshots       {"name": "before"} keeps everything as it is now (control/snapshots.lua)
--   DELETE /_drsh/snapshots?name=before
--   POST   /_drsh/restore         {"name": "before"} brings it back, clock, faults and settings too
--   GET    /_drsh/settings        {"drs": {...}}
--   POST   /_drsh/settings        {"drs": {"pageSize": 1}} changes these; answers as GET
--
-- A refusal is {"error": CODE, "message": sentence} with 400, 403, 404, 405 or 409.

local clock = require "local_aws.control.clock"
local form = require "local_aws.wire.form"
local json = require "json"
local log = require "log"
local refuse = require "local_aws.control.refusal"
local shape = require "local_aws.shape"
local snapshots = require "local_aws.control.snapshots"

local control = {}

local HEADERS = { ["content-type"] = "application/json" }

local function limit_of(query)
  return math.tointeger(tonumber(query.limit or 100)) or refuse(400, "INVALID_LIMIT", "limit is no number")
end

local function list_messages(world, _, query)
  return require("local_aws.sns.messages").list(world, query.topic, limit_of(query))
end

local function list_calls(world, _, query)
  local limit = limit_of(query)
  local filter = {}
  for _, name in ipairs { "service", "operation", "code", "account", "region" } do
    filter[name] = query[name]
  end
  return { total = world.calls.count(), calls = world.calls.list(filter, limit) }
end

local BEHAVIOUR = {
  members = { account = "string", region = "string", sourceServerID = "string", behaviour = { map = "any" } },
  needs = { "account", "region", "sourceServerID" },
}

local function set_behaviour(world, body)
  shape.check(body, BEHAVIOUR, "behaviour")
  if not require("local_aws.drs.source_servers").set_behaviour(world, body.account, body.region, body.sourceServerID,
    body.behaviour) then
    refuse(404, "NO_SUCH_SERVER", ("no source server %s in account %s, %s"):format(body.sourceServerID, body.account,
      body.region))
  end
  return body
end

-- Runs fn(call) as a call of DRS in the body's account and region.
local function in_drs(world, body, fn)
  return world.db:transaction(fn, { world = world, account = body.account, region = body.region })
end

local function set_replication(world, body)
  local given = body.replication
  if type(given) ~= "table" or not given.state then
    refuse(400, "INVALID_REPLICATION", "replication is to be an object with a state")
  end
  require("local_aws.drs.replication").check(given, "replication")
  in_drs(world, body, function(call)
    local server = require("local_aws.drs.source_servers").find(call, body.sourceServerID)
      or refuse(404, "NO_SUCH_SERVER", "no source server " .. tostring(body.sourceServerID) .. " in this account and region")
    require("local_aws.drs.replication_changes").set(call, server, given)
  end)
  return body
end

local function connect_failback_client(world, body)
  in_drs(world, body, function(call)
    if not require("local_aws.drs.failback_launch").connect_client(call, body.recoveryInstanceID) then
      refuse(404, "NO_SUCH_INSTANCE", "no recovery instance " .. tostring(body.recoveryInstanceID)
        .. " in this account and region, or it is on its way back already")
    end
  end)
  return body
end

local function change_settings(world, body)
  for service, changes in pairs(body) do
    require("local_aws.world").change_settings(world, service, changes)
  end
  return require("local_aws.world").settings(world)
end

local ROUTES = {
  ["/_drsh/clock"] = { GET = clock.state, POST = clock.change },
  ["/_drsh/faults"] = {
    GET = function(world)
      return { faults = world.faults.list() }
    end,
    POST = function(world, body)
      return world.faults.add(body)
    end,
    DELETE = function(world, _, query)
      world.faults.remove(query.id and tonumber(query.id))
      return { faults = world.faults.list() }
    end,
  },
  ["/_drsh/calls"] = {
    GET = list_calls,
    DELETE = function(world)
      world.calls.clear()
      return { total = 0, calls = json.array {} }
    end,
  },
  ["/_drsh/estate"] = {
    POST = function(world, body)
      return require("local_aws.estate").seed(world, body)
    end,
  },
  ["/_drsh/snapshots"] = {
    GET = snapshots.list,
    POST = function(world, body)
      return snapshots.keep(world, body.name)
    end,
    DELETE = function(world, _, query)
      return snapshots.remove(world, query.name)
    end,
  },
  ["/_drsh/restore"] = {
    POST = function(world, body)
      return snapshots.restore(world, body.name)
    end,
  },
  ["/_drsh/messages"] = { GET = list_messages },
  ["/_drsh/behaviour"] = { POST = set_behaviour },
  ["/_drsh/replication"] = { POST = set_replication },
  ["/_drsh/failback-client"] = { POST = connect_failback_client },
  ["/_drsh/settings"] = {
    GET = function(world)
      return require("local_aws.world").settings(world)
    end,
    POST = change_settings,
  },
}

local function index()
  local paths = {}
  for path, methods in pairs(ROUTES) do
    for method in pairs(methods) do
      paths[#paths + 1] = method .. " " .. path
    end
  end
  table.sort(paths)
  return { control = json.array(paths) }
end
ROUTES["/_drsh/"] = { GET = index }

local function is_loopback(remote)
  return remote == nil or remote:find("^127%.") or remote:find("^%[?::1") or remote:find("^unix")
end

-- A page whose name was made to point here (DNS rebinding) could send the header; it cannot call itself by an address.
local function is_address(host)
  return host == nil or host:find("^localhost[:%d]*$") or host:find("^[%d.]+[:%d]*$") or host:find("^%[[%x:.]+%][:%d]*$")
end

local function run(world, request)
  local headers = request.headers
  if not is_loopback(request.remote) or not is_address(headers.host) or headers["x-drsh-control"] ~= "1" then
    refuse(403, "CONTROL_REFUSED", "control answers on the loopback interface only, and needs the header x-drsh-control: 1")
  end
  local path = request.path == "/_drsh" and "/_drsh/" or request.path
  local methods = ROUTES[path] or refuse(404, "NOT_FOUND", "no control at " .. path)
  local action = methods[request.method] or refuse(405, "METHOD_NOT_ALLOWED", request.method .. " is not served at " .. path)
  local body = json.object {}
  if request.body ~= "" then
    body = json.decode(request.body)
    if type(body) ~= "table" or json.is_array(body) then
      refuse(400, "INVALID_BODY", "the body is to be a JSON object")
    end
  end
  return action(world, body, form.parse(request.query_string or ""))
end

-- Answers one request below /_drsh.
function control.handle(world, request)
  local ok, result = pcall(run, world, request)
  if ok then
    return 200, HEADERS, json.encode(result)
  end
  local failure = type(result) == "table" and result or { message = tostring(result) }
  log.info("control refused", { path = request.path, error = failure.message })
  return failure.status or 400, HEADERS,
    json.encode { error = failure.code or "INVALID_REQUEST", message = tostring(failure.message) }
end

return control
