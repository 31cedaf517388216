-- require "testing": a world for specs of scripts. A local AWS in memory, its clock standing still, and the ten endpoints.
--
--   local here = testing.open { estate = {...}, replace = { ["policies/termination.lua"] = "my/policy.lua" } }
--   local status, body, headers = here.call("POST", "/executions", { planId = ... }, { ["Idempotency-Key"] = "k" })
--   here.advance(30)                    the world's clock moves on; what is due happens
--   here.close()
local answers = require "testing.answers"
local app = require "app"
local aws = require "aws"
local background = require "runtime.background"
local clock = require "clock"
local config = require "config"
local deploy = require "orchestrator.deploy"
local folder = require "testing.folder"
local json = require "json"
local main = require "local_aws.main"
local scripts = require "runtime.scripts"
local snapshots = require "local_aws.control.snapshots"
local source_servers = require "local_aws.drs.source_servers"
local task = require "task"
local time = require "time"
local world = require "local_aws.world"

local testing = { record = answers.record, replay = answers.replay }

testing.ACCOUNT, testing.REGION = "123456789012", "us-east-1"
testing.EPOCH = 1795392000       -- 2026-11-23T00:00:00Z

testing.TABLES = {
  EXECUTION_HISTORY_TABLE = "drsh-execution-history", RECOVERY_PLANS_TABLE = "drsh-recovery-plans",
  PROTECTION_GROUPS_TABLE = "drsh-protection-groups", TARGET_ACCOUNTS_TABLE = "drsh-target-accounts",
}

-- A DRS job takes about seven seconds, so that a wave is over at the next poll: snapshot, wait 1, conversion 2, launch 3.
local TIMINGS = { job_start = 0.1, cleanup = 0.1, first_snapshot = 0.1, snapshot = 0.1, wait = 1, conversion = 2,
                  before_launch = 0.1, launch = 3, job_end = 0.2, terminate = 5 }

local function point_config_at(url)
  config.set("AWS_ACCESS_KEY_ID", "AKIADRSHLOCAL0000000")
  config.set("AWS_SECRET_ACCESS_KEY", "local-secret-for-development-only")
  config.set("AWS_ENDPOINT_URL", url)
  config.set("AWS_REGION", testing.REGION)
  config.set("STATE_MACHINE_ARN",
    ("arn:aws:states:%s:%s:stateMachine:drsh-orchestrator"):format(testing.REGION, testing.ACCOUNT))
  for setting, name in pairs(testing.TABLES) do config.set(setting, name) end
end

local methods = {}

--- A world. Close it. options: estate (what `--estate` takes: places, accounts, tables; nothing by default), timings (seconds
-- of a DRS job's phases), replace (path in the scripts' folder -> file that stands in for it; false: no such file).
function testing.open(options)
  options = options or {}
  clock.freeze(testing.EPOCH)
  local copy = options.replace and folder.copy(options.replace)
  if copy then scripts.open():move(copy.path) end
  local running = main.start { settings = { drs = { timings = options.timings or TIMINGS } } }
  point_config_at(running.url)
  deploy.deploy { region = testing.REGION, account = testing.ACCOUNT }
  if options.estate then require("local_aws.estate").seed(running.world, options.estate) end
  local self = { running = running, world = running.world, tables = testing.TABLES, copy = copy }
  for name, method in pairs(methods) do
    self[name] = function(...) return method(self, ...) end
  end
  return setmetatable(self, { __close = self.close })
end

function methods:close()
  self.running.close()
  clock.set(time.wall())
  clock.speed(1)
  if self.copy then
    scripts.open():move(self.copy.original)
    self.copy.remove()
  end
end

-- --- calling ---

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

--- Starts an execution and gives its id. `more` are further fields of the body.
function methods:start(plan_id, more)
  local body = { planId = plan_id, executionType = "DRILL", initiatedBy = "a test" }
  for name, value in pairs(more or {}) do body[name] = value end
  local status, answer = self.call("POST", "/executions", body)
  if status ~= 202 then error(("start of %s answered %d %s"):format(plan_id, status, json.encode(answer)), 0) end
  return answer.executionId
end

--- Runs the sweep once, as the host does: in the sandbox, with no AWS action but the declared ones.
function methods:sweep()
  local ok, fault = background.run(scripts.open():current(), "orchestrator.sweep")
  if not ok then error(fault, 0) end
end

-- --- time ---

--- The world's clock moves on; all that is due happens.
function methods:advance(seconds)
  clock.step(seconds)
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

-- --- what is stored ---

local function database() return aws.client("dynamodb", { document = true }) end

--- The stored item of an execution.
function methods:item(id)
  return database():query {
    TableName = self.tables.EXECUTION_HISTORY_TABLE, KeyConditionExpression = "executionId = :id", ConsistentRead = true,
    ExpressionAttributeValues = { [":id"] = id },
  }.Items[1]
end

--- Puts an item into the table that a setting names.
function methods:put(setting, item)
  database():put_item { TableName = self.tables[setting], Item = item }
end

function methods:get(setting, key)
  return database():get_item { TableName = self.tables[setting], Key = key, ConsistentRead = true }.Item
end

--- Lays values over a stored execution, past every check; json.null takes one away.
function methods:patch(id, changes)
  local item = self.item(id)
  for name, value in pairs(changes) do item[name] = value ~= json.null and value or nil end
  self.put("EXECUTION_HISTORY_TABLE", item)
  return item
end

--- More servers in a place: { region=, account=, sourceServers= }.
function methods:seed(place)
  place.account, place.region = place.account or testing.ACCOUNT, place.region or testing.REGION
  require("local_aws.estate").seed(self.world, { places = { place } })
end

--- A client of the local AWS, to do what other people do.
function methods:client(service, region)
  return aws.client(service, { region = region or testing.REGION })
end

-- --- faults and calls ---

--- A fault on demand (scripts/local_aws/control/faults.lua). Gives a function that takes it away.
function methods:fault(rule)
  local added = self.world.faults.add(rule)
  return function() self.world.faults.remove(added.id) end
end

--- Lets `fn` run until it calls the operation that `rule` names, and ends it there, as a process that dies: what it did before
-- is done, that call never happens.
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

--- Changes what services do, {drs={pageSize=1}}; gives all settings.
function methods:settings(changes)
  for service, values in pairs(changes or {}) do world.change_settings(self.world, service, values) end
  return world.settings(self.world)
end

--- How the jobs of a source server go from now on, {launch="FAILED"} (scripts/local_aws/drs/behaviour.lua); nil: well.
function methods:behave(server_id, behaviour, region)
  if not source_servers.set_behaviour(self.world, testing.ACCOUNT, region or testing.REGION, server_id, behaviour) then
    error(("no source server %s in %s"):format(server_id, region or testing.REGION), 2)
  end
end

--- Keeps the whole world as it is under a name, to restore it as often as wanted.
function methods:snapshot(name)
  snapshots.keep(self.world, name)
end

--- Brings back what snapshot kept: data, clock, settings, faults.
function methods:restore(name)
  snapshots.restore(self.world, name)
end

--- The calls that the local AWS received, newest last: filter by service, operation, region, account, code.
function methods:calls(filter)
  return self.world.calls.list(filter or {}, 10000)
end

function methods:forget_calls()
  self.world.calls.clear()
end

return testing
