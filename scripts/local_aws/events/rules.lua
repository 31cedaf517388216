-- Rules: an event pattern or a schedule, on a bus.

local buses = require "local_aws.events.buses"
local fault = require "local_aws.fault"
local json = require "json"
local paging = require "local_aws.events.paging"
local pattern = require "local_aws.events.pattern"
local tags = require "local_aws.events.tags"
local task = require "task"

local rules = {}

rules.schema = [[
CREATE TABLE IF NOT EXISTS events_rules (
  account TEXT NOT NULL, region TEXT NOT NULL, bus TEXT NOT NULL, name TEXT NOT NULL, state TEXT NOT NULL, pattern TEXT,
  schedule TEXT, details TEXT NOT NULL, PRIMARY KEY (account, region, bus, name)
) WITHOUT ROWID;
]]

local events = setmetatable({}, { __mode = "k" })

-- The task.event that is set whenever rules change, for services that do something only while a rule waits for it.
function rules.changed(world)
  events[world] = events[world] or task.event()
  return events[world]
end

function rules.arn(row)
  local bus = row.bus == "default" and "" or row.bus .. "/"
  return ("arn:aws:events:%s:%s:rule/%s%s"):format(row.region, row.account, bus, row.name)
end

-- The row of a rule; raises when it is not there.
function rules.get(call, name, bus_name)
  local bus = buses.name(call, bus_name)
  return call.world.db:first("SELECT * FROM events_rules WHERE account = ? AND region = ? AND bus = ? AND name = ?",
    call.account,
    call.region, bus, name)
    or fault.raise("ResourceNotFoundException", ("Rule %s does not exist on EventBus %s."):format(name, bus))
end

local function shown(row)
  local details = json.decode(row.details)
  return {
    Name = row.name, Arn = rules.arn(row), EventPattern = row.pattern, ScheduleExpression = row.schedule, State = row.state,
    Description = details.Description, RoleArn = details.RoleArn, EventBusName = row.bus, ManagedBy = details.ManagedBy,
  }
end

local AWS = "prod.vhs.events.aws.internal"

-- A rule with one target that AWS keeps for a service of its own.
function rules.put_managed(call, name, bus, rule_pattern, target)
  call.world.db:run([[INSERT OR REPLACE INTO events_rules (account, region, bus, name, state, pattern, details)
    VALUES (?, ?, ?, ?, 'ENABLED', ?, ?)]], call.account, call.region, bus, name, rule_pattern, json.encode { ManagedBy = AWS })
  call.world.db:run([[INSERT OR REPLACE INTO events_targets (account, region, bus, rule, id, arn, definition)
    VALUES (?, ?, ?, ?, ?, ?, ?)]], call.account, call.region, bus, name, target.Id, target.Arn, json.encode(target))
end

function rules.remove_managed(call, name, bus)
  for _, column in ipairs { "events_rules WHERE name", "events_targets WHERE rule" } do
    call.world.db:run(("DELETE FROM %s = ? AND account = ? AND region = ? AND bus = ?"):format(column), name, call.account,
      call.region, bus)
  end
end

local function check_managed(call, row)
  if row and json.decode(row.details).ManagedBy and not call.input.Force then
    fault.raise("ManagedRuleException", ("Rule %s is a managed rule; use the service that made it, or Force."):format(row.name))
  end
end

local function check_schedule(text, bus)
  local number, unit = text:match("^rate%((%d+) (%l+)%)$")
  local is_rate = number and tonumber(number) > 0 and (tonumber(number) == 1 and ({ minute = 1, hour = 1, day = 1 })[unit]
    or tonumber(number) > 1 and ({ minutes = 1, hours = 1, days = 1 })[unit])
  local cron = text:match("^cron%((%S+ %S+ %S+ %S+ %S+ %S+)%)$")
  if not is_rate and not cron then
    fault.raise("ValidationException", "Parameter ScheduleExpression is not valid.")
  elseif bus ~= "default" then
    fault.raise("ValidationException", "ScheduleExpression is supported only on the default event bus.")
  end
end

local operations = {}

function operations.PutRule(call)
  local input = call.input
  local bus = buses.name(call, input.EventBusName)
  -- SDKs send the one that is not meant as an empty text.
  for _, name in ipairs { "EventPattern", "ScheduleExpression" } do
    input[name] = input[name] ~= "" and input[name] or nil
  end
  if not input.EventPattern and not input.ScheduleExpression then
    fault.raise("ValidationException", "Parameter(s) EventPattern or ScheduleExpression must be specified.")
  elseif input.EventPattern then
    pattern.parse(input.EventPattern)
  end
  if input.ScheduleExpression then
    check_schedule(input.ScheduleExpression, bus)
  end
  local row = { account = call.account, region = call.region, bus = bus, name = input.Name }
  call.world.db:run([[INSERT OR REPLACE INTO events_rules (account, region, bus, name, state, pattern, schedule, details)
    VALUES (?, ?, ?, ?, ?, ?, ?, ?)]], row.account, row.region, bus, input.Name, input.State or "ENABLED", input.EventPattern,
    input.ScheduleExpression, json.encode(json.object { Description = input.Description, RoleArn = input.RoleArn }))
  tags.put(call, rules.arn(row), input.Tags)
  rules.changed(call.world):set()
  return { RuleArn = rules.arn(row) }
end

function operations.DescribeRule(call)
  local rule = shown(rules.get(call, call.input.Name, call.input.EventBusName))
  rule.CreatedBy = call.account
  return rule
end

function operations.ListRules(call)
  local bus, prefix, list = buses.name(call, call.input.EventBusName), call.input.NamePrefix or "", {}
  for row in call.world.db:rows("SELECT * FROM events_rules WHERE account = ? AND region = ? AND bus = ? ORDER BY name",
    call.account, call.region, bus) do
    if row.name:sub(1, #prefix) == prefix then
      list[#list + 1] = shown(row)
    end
  end
  local items, token = paging.cut(list, call.input)
  return { Rules = items, NextToken = token }
end

local function set_state(call, state)
  local row = rules.get(call, call.input.Name, call.input.EventBusName)
  call.world.db:run("UPDATE events_rules SET state = ? WHERE account = ? AND region = ? AND bus = ? AND name = ?", state,
    call.account, call.region, row.bus, row.name)
  rules.changed(call.world):set()
end

function operations.EnableRule(call)
  set_state(call, "ENABLED")
end

function operations.DisableRule(call)
  set_state(call, "DISABLED")
end

-- A rule that is not there is deleted without a word; one with targets is not deleted.
function operations.DeleteRule(call)
  local bus, db = buses.name(call, call.input.EventBusName), call.world.db
  check_managed(call, db:first("SELECT * FROM events_rules WHERE account = ? AND region = ? AND bus = ? AND name = ?",
    call.account, call.region, bus, call.input.Name))
  if db:first("SELECT 1 AS one FROM events_targets WHERE account = ? AND region = ? AND bus = ? AND rule = ? LIMIT 1",
    call.account, call.region, bus, call.input.Name) then
    fault.raise("ValidationException", "Rule can't be deleted since it has targets.")
  end
  local row = { account = call.account, region = call.region, bus = bus, name = call.input.Name }
  db:run("DELETE FROM events_rules WHERE account = ? AND region = ? AND bus = ? AND name = ?", call.account, call.region, bus,
    row.name)
  tags.remove_all(call, rules.arn(row))
end

function operations.TestEventPattern(call)
  local rules_of_pattern = pattern.parse(call.input.EventPattern)
  local ok, event = pcall(json.decode, call.input.Event)
  if not ok or type(event) ~= "table" then
    fault.raise("ValidationException", "Parameter Event is not valid.")
  end
  for _, name in ipairs { "id", "account", "source", "time", "region", "resources", "detail-type" } do
    if event[name] == nil then
      fault.raise("ValidationException", "Parameter Event is not valid.")
    end
  end
  return { Result = pattern.matches(rules_of_pattern, event) }
end

rules.operations = operations

return rules
