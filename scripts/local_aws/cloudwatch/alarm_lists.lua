-- Lists of alarms and of what happened to them.

local composite_alarms = require "local_aws.cloudwatch.composite_alarms"
local crypto = require "crypto"
local fault = require "local_aws.fault"
local json = require "json"
local store = require "local_aws.cloudwatch.alarm_store"

local DEFAULT_PAGE = 50

local function described(row)
  local alarm = json.decode(row.definition)
  alarm.AlarmArn, alarm.StateValue, alarm.StateReason = store.arn(row), row.state, row.reason
  alarm.StateReasonData, alarm.StateUpdatedTimestamp = row.reason_data, row.updated_us // 1000 / 1000
  alarm.StateTransitionedTimestamp, alarm.AlarmConfigurationUpdatedTimestamp = alarm.StateUpdatedTimestamp,
    row.configured_us // 1000 / 1000
  local lists = alarm.AlarmRule and { "OKActions", "AlarmActions", "InsufficientDataActions" }
    or { "OKActions", "AlarmActions", "InsufficientDataActions", "Dimensions", "Metrics" }
  for _, name in ipairs(lists) do
    alarm[name] = alarm[name] or json.array {}
  end
  return alarm
end

local function has_action(alarm, prefix)
  for _, name in ipairs { "OKActions", "AlarmActions", "InsufficientDataActions" } do
    for _, action in ipairs(alarm[name]) do
      if action:sub(1, #prefix) == prefix then
        return true
      end
    end
  end
  return false
end

local function read_token(token)
  return token and (crypto.base64url_decode(token) or fault.raise("InvalidNextToken", "Invalid nextToken"))
end

local function fits(input, wanted, alarm)
  return (not wanted or wanted[alarm.AlarmName]) and (not input.StateValue or alarm.StateValue == input.StateValue)
    and (not input.AlarmNamePrefix or alarm.AlarmName:sub(1, #input.AlarmNamePrefix) == input.AlarmNamePrefix)
    and (not input.ActionPrefix or has_action(alarm, input.ActionPrefix))
end

-- The kinds that a call asks for; without a word, metric alarms alone.
local function kinds_of(input)
  local kinds = {}
  for _, name in ipairs(input.AlarmTypes or { "MetricAlarm" }) do
    kinds[name] = true
  end
  return kinds
end

local function kind_of(alarm)
  return alarm.AlarmRule and "CompositeAlarm" or "MetricAlarm"
end

-- Alarms in two lists by their kind.
local function by_kind(list)
  local kinds = { MetricAlarm = json.array {}, CompositeAlarm = json.array {} }
  for _, alarm in ipairs(list) do
    table.insert(kinds[kind_of(alarm)], alarm)
  end
  return kinds.MetricAlarm, kinds.CompositeAlarm
end

-- Those that the rule of a composite alarm names.
local function children_of(call, name)
  return composite_alarms.children(store.get(call, name).definition.AlarmRule or fault.raise("ValidationError",
    ("Alarm %s is not a composite alarm"):format(name)))
end

local operations = {}

function operations.DescribeAlarms(call)
  local input, list, wanted, kinds = call.input, json.array {}, nil, kinds_of(call.input)
  if input.ChildrenOfAlarmName then
    wanted = children_of(call, input.ChildrenOfAlarmName)
  end
  local size, token = input.MaxRecords or DEFAULT_PAGE, nil
  if input.AlarmNames then
    wanted = {}
    for _, name in ipairs(input.AlarmNames) do
      wanted[name] = true
    end
  end
  for row in call.world.db:rows("SELECT * FROM cloudwatch_alarms WHERE account = ? AND region = ? AND name > ? ORDER BY name",
    call.account, call.region, read_token(input.NextToken) or "") do
    local alarm = described(row)
    if kinds[kind_of(alarm)] and fits(input, wanted, alarm) then
      if #list == size then
        token = crypto.base64url_encode(list[size].AlarmName)
        break
      end
      list[#list + 1] = alarm
    end
  end
  local metric, composite = by_kind(list)
  return { MetricAlarms = metric, CompositeAlarms = composite, NextToken = token }
end

local function same_dimensions(a, b)
  local function text(list)
    local parts = {}
    for index, dimension in ipairs(list or {}) do
      parts[index] = dimension.Name .. "=" .. dimension.Value
    end
    table.sort(parts)
    return table.concat(parts, "\n")
  end
  return text(a) == text(b)
end

function operations.DescribeAlarmsForMetric(call)
  local input, list = call.input, json.array {}
  for row in call.world.db:rows("SELECT * FROM cloudwatch_alarms WHERE account = ? AND region = ? ORDER BY name", call.account,
    call.region) do
    local alarm = described(row)
    if alarm.MetricName == input.MetricName and alarm.Namespace == input.Namespace
      and same_dimensions(alarm.Dimensions, input.Dimensions) and (not input.Period or alarm.Period == input.Period)
      and (not input.Statistic or alarm.Statistic == input.Statistic) then
      list[#list + 1] = alarm
    end
  end
  return { MetricAlarms = list }
end

-- The newest first, unless asked otherwise.
function operations.DescribeAlarmHistory(call)
  local input, list = call.input, json.array {}
  local size, start = input.MaxRecords or DEFAULT_PAGE, math.tointeger(tonumber(read_token(input.NextToken) or "0")) or 0
  local order = input.ScanBy == "TimestampAscending" and "" or "DESC"
  local rows = call.world.db:all([[SELECT * FROM cloudwatch_history WHERE account = ? AND region = ?
    AND (? IS NULL OR alarm = ?) AND (? IS NULL OR type = ?) AND (? IS NULL OR at_us >= ? * 1000000)
    AND (? IS NULL OR at_us <= ? * 1000000) ORDER BY number ]] .. order .. " LIMIT ? OFFSET ?", call.account, call.region,
    input.AlarmName, input.AlarmName, input.HistoryItemType, input.HistoryItemType, input.StartDate, input.StartDate,
    input.EndDate, input.EndDate, size + 1, start)
  for index = 1, math.min(size, #rows) do
    local row = rows[index]
    list[index] = {
      AlarmName = row.alarm, AlarmType = "MetricAlarm", Timestamp = row.at_us // 1000 / 1000, HistoryItemType = row.type,
      HistorySummary = row.summary, HistoryData = row.data,
    }
  end
  return { AlarmHistoryItems = list, NextToken = #rows > size and crypto.base64url_encode(tostring(start + size)) or nil }
end

return { operations = operations }
