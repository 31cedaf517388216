-- A small estate in a local AWS of its own, in memory, with a clock that stands still: what the specs of the scripts run against.
--
--   local here = estate.open()
--   local status, body, headers = here.call("POST", "/executions", { planId = estate.PLAN, ... }, { ["Idempotency-Key"] = "k" })
--   here.advance(30)                    the world's clock moves on; what is due happens
--   here.close()
--
-- Times of DRS jobs are short (a launch takes about 7 s), so that a wave is over at the next poll.

local app        = require "app"
local aws        = require "aws"
local background = require "runtime.background"
local clock      = require "clock"
local config     = require "config"
local deploy     = require "orchestrator.deploy"
local json       = require "json"
local main       = require "local_aws.main"
local task       = require "task"

local estate = {}

estate.ACCOUNT, estate.OTHER_ACCOUNT = "123456789012", "210987654321"
estate.EAST, estate.WEST = "us-east-1", "us-west-2"
estate.EPOCH = 1795392000       -- 2026-11-23T00:00:00Z

local TABLES = {
  EXECUTION_HISTORY_TABLE = "drsh-execution-history", RECOVERY_PLANS_TABLE = "drsh-recovery-plans",
  PROTECTION_GROUPS_TABLE = "drsh-protection-groups", TARGET_ACCOUNTS_TABLE = "drsh-target-accounts",
}

-- A job of about seven seconds: snapshot, wait 1, conversion 2, launch 3.
local TIMINGS = { job_start = 0.1, cleanup = 0.1, first_snapshot = 0.1, snapshot = 0.1, wait = 1, conversion = 2,
                  before_launch = 0.1, launch = 3, job_end = 0.2, terminate = 5 }

--- The id of a source server: "web", 3 gives s-web00000000000003.
function estate.server_id(name, number)
  return ("s-%s%0" .. 17 - #name .. "d"):format(name, number)
end

--- The ids name-1 to name-count.
function estate.server_ids(name, count)
  local ids = json.array {}
  for number = 1, count do ids[number] = estate.server_id(name, number) end
  return ids
end

local function servers(name, count, tags, more)
  local list = {}
  for number = 1, count do
    local server = { id = estate.server_id(name, number), hostname = ("%s-%d"):format(name, number), tags = {} }
    for key, value in pairs(tags or {}) do server.tags[key] = value end
    for key, value in pairs(more or {}) do server[key] = value end
    list[number] = server
  end
  return list
end

local function join(...)
  local all = {}
  for _, list in ipairs { ... } do table.move(list, 1, #list, #all + 1, all) end
  return all
end

estate.servers = servers

local function group(id, more)
  local item = { groupId = id, groupName = id, region = estate.EAST, launchConfig = json.object {} }
  for key, value in pairs(more) do item[key] = value end
  return item
end

local function wave(number, group_id, more)
  local item = { waveNumber = number, waveName = "wave " .. number, protectionGroupId = group_id, serverIds = json.array {},
                 pauseBeforeWave = false, dependsOnWaves = json.array {} }
  for key, value in pairs(more or {}) do item[key] = value end
  return item
end
estate.wave, estate.group = wave, group

local function plan(id, waves)
  return { planId = id, planName = "The plan " .. id, description = "for tests", waves = json.array(waves) }
end
estate.plan = plan

local GROUPS = {
  group("db", { sourceServerIds = estate.server_ids("db", 2) }),
  group("app", { serverSelectionTags = { tier = "app" } }),
  group("web", { region = estate.WEST, sourceServerIds = estate.server_ids("web", 2) }),
  group("bad", { sourceServerIds = estate.server_ids("bad", 2) }),
  group("worse", { sourceServerIds = json.array { estate.server_id("bad", 1) } }),
  group("stalled", { sourceServerIds = json.array { estate.server_id("stalled", 1), estate.server_id("db", 1) } }),
  group("typo", { serverSelectionTags = { tier = "aap" } }),
  group("far", { accountId = estate.OTHER_ACCOUNT, sourceServerIds = estate.server_ids("far", 2) }),
  group("big", { sourceServerIds = estate.server_ids("big", 101) }),
}

local PLANS = {
  plan("three", { wave(0, "db"), wave(1, "app"), wave(2, "web", { pauseBeforeWave = true }) }),
  plan("two", { wave(0, "db"), wave(1, "app") }),
  plan("one", { wave(0, "db") }),
  plan("gate-first", { wave(0, "db", { pauseBeforeWave = true }), wave(1, "app") }),
  plan("sides", { wave(0, "db"), wave(1, "app", { dependsOnWaves = json.array { 0 } }),
    wave(2, "web", { dependsOnWaves = json.array { 0 } }) }),
  plan("partial", { wave(0, "bad"), wave(1, "app") }),
  plan("failing", { wave(0, "worse"), wave(1, "app") }),
  plan("stalled", { wave(0, "stalled") }),
  plan("typo", { wave(0, "db"), wave(1, "typo") }),
  plan("empty", {}),
  plan("no-group", { wave(0, nil) }),
  plan("unknown-group", { wave(0, "gone") }),
  plan("circle", { wave(0, "db", { dependsOnWaves = json.array { 1 } }), wave(1, "app") }),
  plan("accounts", { wave(0, "db"), wave(1, "far") }),
  plan("far", { wave(0, "far") }),
  plan("big", { wave(0, "big") }),
}

local function content()
  local account, role = estate.ACCOUNT, "DRSOrchestrationCrossAccountRole"
  local function items(setting, list)
    return { account = account, region = estate.EAST, name = TABLES[setting], items = list }
  end
  return {
    accounts = { [estate.OTHER_ACCOUNT] = { roles = { {
      roleName = role, trustedAccounts = { account }, externalId = "far-secret" } } } },
    places = {
      { account = account, region = estate.EAST, sourceServers = join(servers("db", 2), servers("app", 4, { tier = "app" }),
        servers("big", 101),
        { { id = estate.server_id("bad", 1), hostname = "bad-1", behaviour = { launch = "FAILED" } },
          { id = estate.server_id("bad", 2), hostname = "bad-2" } },
        servers("stalled", 1, nil, { replication = { state = "STALLED" } })) },
      { account = account, region = estate.WEST, sourceServers = servers("web", 2) },
      { account = estate.OTHER_ACCOUNT, region = estate.EAST, sourceServers = servers("far", 2) },
    },
    tables = {
      items("RECOVERY_PLANS_TABLE", PLANS), items("PROTECTION_GROUPS_TABLE", GROUPS),
      items("TARGET_ACCOUNTS_TABLE", { { accountId = estate.OTHER_ACCOUNT, assumeRoleName = role, externalId = "far-secret" } }),
    },
  }
end

local function point_config_at(url)
  config.set("AWS_ACCESS_KEY_ID", "AKIADRSHLOCAL0000000")
  config.set("AWS_SECRET_ACCESS_KEY", "local-secret-for-development-only")
  config.set("AWS_ENDPOINT_URL", url)
  config.set("AWS_REGION", estate.EAST)
  config.set("STATE_MACHINE_ARN", ("arn:aws:states:%s:%s:stateMachine:drsh-orchestrator"):format(estate.EAST, estate.ACCOUNT))
  for setting, name in pairs(TABLES) do config.set(setting, name) end
end

local methods = {}
methods.__index = methods

--- A local AWS with the small estate. Close it.
function estate.open()
  clock.freeze(estate.EPOCH)
  local running = main.start { settings = { drs = { timings = TIMINGS } } }
  point_config_at(running.url)
  deploy.deploy { region = estate.EAST, account = estate.ACCOUNT }
  require("local_aws.estate").seed(running.world, content())
  local self = setmetatable({ running = running, world = running.world, tables = TABLES }, methods)
  for name, method in pairs(methods) do
    if name ~= "__index" then self[name] = function(...) return method(self, ...) end end
  end
  return self
end

function methods:close()
  self.running.close()
end

--- One call of an endpoint: status, decoded body, headers.
function methods:call(method, path, body, headers)
  local sent = { ["Content-Type"] = "application/json" }
  for name, value in pairs(headers or {}) do sent[name] = value end
  if type(body) == "table" then body = json.encode(next(body) and body or json.object {}) end
  local status, answered, text = app.handle { method = method, path = path, headers = sent, body = body }
  return status, text ~= "" and json.decode(text) or nil, answered
end

--- A call that meets throttling or lost answers: the clock moves on while the client waits before its next try.
function methods:patient_call(...)
  local waiting = task.spawn(self.call, ...)
  for _ = 1, 400 do
    if waiting:done() then return waiting:join() end
    clock.step(0.1)
  end
  error("the call has not ended after 40 seconds", 0)
end

--- Lets `fn` run until it calls the operation that `rule` names, and ends it there, as a process that dies: what it did before is
-- done, that call never happens.
function methods:cut(rule, fn)
  local cut = { kind = "delay", seconds = 1e8 }
  for name, value in pairs(rule) do cut[name] = value end
  local remove = self.fault(cut)
  local victim = task.spawn(fn)
  clock.step(0)
  local ended = victim:done()
  victim:cancel()
  remove()
  clock.step(0)
  if ended then error("the cut was never reached", 0) end
end

--- The world's clock moves on; all that is due happens.
function methods:advance(seconds)
  clock.step(seconds)
end

--- Starts an execution and gives its id. `more` are further fields of the body.
function methods:start(plan_id, more)
  local body = { planId = plan_id, executionType = "DRILL", initiatedBy = "a test" }
  for name, value in pairs(more or {}) do body[name] = value end
  local status, answer = self.call("POST", "/executions", body)
  if status ~= 202 then error(("start of %s answered %d %s"):format(plan_id, status, json.encode(answer)), 0) end
  return answer.executionId
end

local function database() return aws.client("dynamodb", { document = true }) end

--- The stored item of an execution.
function methods:item(id)
  return database():query {
    TableName = TABLES.EXECUTION_HISTORY_TABLE, KeyConditionExpression = "executionId = :id", ConsistentRead = true,
    ExpressionAttributeValues = { [":id"] = id },
  }.Items[1]
end

function methods:put(setting, item)
  database():put_item { TableName = TABLES[setting], Item = item }
end

function methods:get(setting, key)
  return database():get_item { TableName = TABLES[setting], Key = key, ConsistentRead = true }.Item
end

--- Lays values over a stored execution, past every check.
function methods:patch(id, changes)
  local item = self.item(id)
  for name, value in pairs(changes) do item[name] = value ~= json.null and value or nil end
  self.put("EXECUTION_HISTORY_TABLE", item)
  return item
end

--- Puts an execution that was never run: what another version, or a crash, may have left.
function methods:put_execution(fields)
  local item = { planId = "three", planName = "The plan three", executionType = "DRILL", status = "RUNNING",
                 startTime = estate.EPOCH - 100, updatedAt = estate.EPOCH - 100, initiatedBy = "a test", totalWaves = 3,
                 waves = json.array {}, version = 1 }
  for name, value in pairs(fields) do item[name] = value ~= json.null and value or nil end
  self.put("EXECUTION_HISTORY_TABLE", item)
  return item
end

--- Steps the clock until the execution has this status; fails after `polls` half minutes.
function methods:until_status(id, wanted, polls)
  for _ = 1, polls or 20 do
    local item = self.item(id)
    if item.status == wanted then return item end
    self.advance(30)
  end
  error(("execution %s is %s, not %s: %s"):format(id, self.item(id).status, wanted, json.encode(self.item(id).waves)), 0)
end

--- The execution of a plan that has come to its end.
function methods:finished(plan_id, more, wanted)
  local id = self.start(plan_id, more)
  return self.until_status(id, wanted or "COMPLETED"), id
end

--- A fault on demand (scripts/local_aws/control/faults.lua). Gives a function that takes it away.
function methods:fault(rule)
  local added = self.world.faults.add(rule)
  return function() self.world.faults.remove(added.id) end
end

--- The calls that the local AWS received, newest last: filter by service, operation, region, account, code.
function methods:calls(filter)
  return self.world.calls.list(filter or {}, 10000)
end

function methods:forget_calls()
  self.world.calls.clear()
end

--- More servers in a place: { region=, account=, sourceServers= }.
function methods:seed(place)
  place.account, place.region = place.account or estate.ACCOUNT, place.region or estate.EAST
  require("local_aws.estate").seed(self.world, { places = { place } })
end

local scripts

--- Runs the sweep once, as the host does: in the sandbox, with no AWS action but the declared ones.
function methods:sweep()
  scripts = scripts or require("runtime.scripts").open()
  local ok, fault = background.run(scripts:current(), "orchestrator.sweep")
  if not ok then error(fault, 0) end
end

--- A client of the local AWS, to do what other people do.
function methods:client(service, region)
  return aws.client(service, { region = region or estate.EAST })
end

return estate
