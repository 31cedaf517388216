-- Alarms as rows, their history, and what happens when their state changes.

local fault = require "local_aws.fault"
local json = require "json"
local log = require "log"
local time = require "time"

local store = {}

store.schema = [[
CREATE TABLE IF NOT EXISTS cloudwatch_alarms (
  account TEXT NOT NULL, region TEXT NOT NULL, name TEXT NOT NULL, configured_us INTEGER NOT NULL, state TEXT NOT NULL,
  reason TEXT NOT NULL, reason_data TEXT, updated_us INTEGER NOT NULL, definition TEXT NOT NULL,
  PRIMARY KEY (account, region, name)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cloudwatch_tags (
  arn TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (arn, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cloudwatch_history (
  number INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, alarm TEXT NOT NULL, at_us INTEGER NOT NULL,
  type TEXT NOT NULL, summary TEXT NOT NULL, data TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS cloudwatch_history_of_alarm ON cloudwatch_history (account, region, alarm, number);
]]

local ACTIONS = { OK = "OKActions", ALARM = "AlarmActions", INSUFFICIENT_DATA = "InsufficientDataActions" }

function store.arn(row)
  return ("arn:aws:cloudwatch:%s:%s:alarm:%s"):format(row.region, row.account, row.name)
end

function store.find(db, account, region, name)
  local row = db:first("SELECT * FROM cloudwatch_alarms WHERE account = ? AND region = ? AND name = ?", account, region, name)
  if row then
    row.definition = json.decode(row.definition)
  end
  return row
end

function store.note(db, row, kind, summary, data)
  db:run("INSERT INTO cloudwatch_history (account, region, alarm, at_us, type, summary, data) VALUES (?, ?, ?, ?, ?, ?, ?)",
    row.account, row.region, row.name, time.now_us(), kind, summary, json.encode(data))
end

local function message(row, before)
  local definition = row.definition
  return {
    AlarmName = row.name, AlarmDescription = definition.AlarmDescription or json.null, AWSAccountId = row.account,
    NewStateValue = row.state, NewStateReason = row.reason, StateChangeTime = time.iso8601(row.updated_us / 1e6, "ms"),
    Region = row.region, AlarmArn = store.arn(row), OldStateValue = before, Trigger = {
      MetricName = definition.MetricName, Namespace = definition.Namespace, Statistic = definition.Statistic,
      Dimensions = definition.Dimensions or json.array {}, Period = definition.Period, Threshold = definition.Threshold,
      EvaluationPeriods = definition.EvaluationPeriods, ComparisonOperator = definition.ComparisonOperator,
    },
  }
end

-- An action that fails is told in the history and the log; the state has changed all the same.
local function act(world, row, action, before)
  local region = action:match("^arn:aws[%w-]*:sns:([%w-]+):")
  local ok, problem = region ~= nil, "no such action here"
  if region then
    ok, problem = pcall(world.call, "sns", "Publish", row.account, region, {
      TopicArn = action, Subject = ('%s: "%s" in %s'):format(row.state, row.name, row.region):sub(1, 100),
      Message = json.encode(message(row, before)),
    })
  end
  if not ok then
    log.warn("an alarm's action did nothing", { alarm = row.name, action = action, problem = tostring(problem) })
  end
  store.note(world.db, row, "Action", ("%s to execute action %s"):format(ok and "Successfully executed" or "Failed", action), {
    actionState = ok and "Succeeded" or "Failed", notificationResource = action, stateUpdateTimestamp = row.updated_us // 1000,
  })
end

function store.put_tags(call, arn, tags)
  for _, tag in ipairs(tags or {}) do
    call.world.db:run("INSERT OR REPLACE INTO cloudwatch_tags (arn, key, value) VALUES (?, ?, ?)", arn, tag.Key, tag.Value)
  end
end

-- Keeps an alarm as a call defines it. A changed alarm keeps its state.
function store.put(call, input)
  local db, now = call.world.db, time.now_us()
  local before = store.find(db, call.account, call.region, input.AlarmName)
  local row = before or {
    account = call.account, region = call.region, name = input.AlarmName, state = "INSUFFICIENT_DATA",
    reason = "Unchecked: Initial alarm creation", updated_us = now,
  }
  local definition = json.object {}
  for name, value in pairs(input) do
    definition[name] = value
  end
  definition.Tags = nil
  if definition.ActionsEnabled == nil then
    definition.ActionsEnabled = true
  end
  db:run([[INSERT OR REPLACE INTO cloudwatch_alarms (account, region, name, configured_us, state, reason, reason_data,
    updated_us, definition) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)]], row.account, row.region, row.name, now, row.state, row.reason,
    row.reason_data, row.updated_us, json.encode(definition))
  if not before then
    store.put_tags(call, store.arn(row), input.Tags)
  end
  store.note(db, row, "ConfigurationUpdate", ('Alarm "%s" %s'):format(row.name, before and "updated" or "created"), {
    version = "1.0", type = before and "Update" or "Create",
  })
end

-- Gives an alarm a state. A new one is told to EventBridge, by the alarm's actions and to the composite alarms above it; depth:
-- of how many of those this one is told already.
function store.set_state(world, row, state, reason, reason_data, depth)
  local before = row.state
  row.state, row.reason, row.reason_data, row.updated_us = state, reason, reason_data, time.now_us()
  world.db:run([[UPDATE cloudwatch_alarms SET state = ?, reason = ?, reason_data = ?, updated_us = ? WHERE account = ?
    AND region = ? AND name = ?]], state, reason, reason_data, row.updated_us, row.account, row.region, row.name)
  if before == state then
    return
  end
  store.note(world.db, row, "StateUpdate", ("Alarm updated from %s to %s"):format(before, state), {
    version = "1.0", oldState = { stateValue = before }, newState = { stateValue = state, stateReason = reason },
  })
  require("local_aws.events.delivery").emit(world, row.account, row.region, {
    source = "aws.cloudwatch", ["detail-type"] = "CloudWatch Alarm State Change", resources = json.array { store.arn(row) },
    detail = { alarmName = row.name, state = { value = state, reason = reason,
      timestamp = time.iso8601(row.updated_us / 1e6, "ms") }, previousState = { value = before } },
  })
  if row.definition.ActionsEnabled ~= false then
    for _, action in ipairs(row.definition[ACTIONS[state]] or {}) do
      act(world, row, action, before)
    end
  end
  require("local_aws.cloudwatch.composite_alarms").follow(world, row.account, row.region, depth or 0)
end

-- The alarm of a call; raises ResourceNotFound.
function store.get(call, name)
  return store.find(call.world.db, call.account, call.region, name) or fault.raise("ResourceNotFound", "")
end

return store
