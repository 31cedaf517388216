-- Making, setting and deleting alarms.

local evaluation = require "local_aws.cloudwatch.evaluation"
local fault = require "local_aws.fault"
local json = require "json"
local store = require "local_aws.cloudwatch.alarm_store"

local function refuse(text)
  fault.raise("ValidationError", text)
end

local SCALE = {
  GreaterThanOrEqualToThreshold = true, GreaterThanThreshold = true, LessThanThreshold = true,
    LessThanOrEqualToThreshold = true,
}

local function check(input)
  if (input.MetricName ~= nil) == (input.Metrics ~= nil) then
    refuse("Exactly one of MetricName and Metrics must be specified.")
  elseif not input.EvaluationPeriods then
    refuse("The parameter EvaluationPeriods is required.")
  elseif not input.ComparisonOperator then
    refuse("The parameter ComparisonOperator is required.")
  elseif (input.DatapointsToAlarm or 1) > input.EvaluationPeriods then
    refuse("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
  elseif input.TreatMissingData and not ({ missing = 1, ignore = 1, breaching = 1,
    notBreaching = 1 })[input.TreatMissingData] then
    refuse(("The value %s for parameter TreatMissingData is invalid."):format(input.TreatMissingData))
  end
  local percentile = input.EvaluateLowSampleCountPercentile
  if percentile and percentile ~= "evaluate" and percentile ~= "ignore" then
    refuse(("Option %s is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are evaluate and "
      .. "ignore."):format(percentile))
  end
  if input.MetricName then
    if not input.Namespace or not input.Period or not (input.Statistic or input.ExtendedStatistic) then
      refuse("An alarm on a metric needs Namespace, Period and Statistic or ExtendedStatistic.")
    elseif input.ExtendedStatistic and not input.ExtendedStatistic:find("^%a+%(?[%d.:%%]*%)?$") then
      fault.raise("InvalidParameterValueException", ("The value %s for parameter ExtendedStatistic is not supported."):format(
        input.ExtendedStatistic))
    elseif input.Statistic and input.ExtendedStatistic then
      refuse("Statistic and ExtendedStatistic are mutually exclusive.")
    elseif not input.Threshold then
      refuse("The parameter Threshold is required.")
    elseif not SCALE[input.ComparisonOperator] then
      refuse("The local AWS has no anomaly detection: compare with a threshold.")
    end
  end
end

local operations = {}

function operations.PutMetricAlarm(call)
  check(call.input)
  store.put(call, call.input)
  evaluation.wake(call.world)
end

function operations.SetAlarmState(call)
  local input = call.input
  if input.StateReasonData and not pcall(json.decode, input.StateReasonData) then
    fault.raise("InvalidFormatFault", "StateReasonData is not valid JSON")
  end
  store.set_state(call.world, store.get(call, input.AlarmName), input.StateValue, input.StateReason, input.StateReasonData)
end

function operations.DeleteAlarms(call)
  local count = 0
  for _, name in ipairs(call.input.AlarmNames) do
    count = count + call.world.db:run("DELETE FROM cloudwatch_alarms WHERE account = ? AND region = ? AND name = ?",
      call.account,
      call.region, name)
  end
  if count == 0 then
    fault.raise("ResourceNotFound", "")
  end
end

local function enable(call, is_enabled)
  for _, name in ipairs(call.input.AlarmNames) do
    local row = store.find(call.world.db, call.account, call.region, name)
    if row then
      row.definition.ActionsEnabled = is_enabled
      call.world.db:run("UPDATE cloudwatch_alarms SET definition = ? WHERE account = ? AND region = ? AND name = ?",
        json.encode(row.definition), call.account, call.region, name)
    end
  end
end

function operations.EnableAlarmActions(call)
  enable(call, true)
end

function operations.DisableAlarmActions(call)
  enable(call, false)
end

local function alarm_of_arn(call)
  local name = call.input.ResourceARN:match("^arn:aws[%w-]*:cloudwatch:[^:]*:%d*:alarm:(.+)$")
  if not name or not store.find(call.world.db, call.account, call.region, name) then
    fault.raise("ResourceNotFoundException", "Unknown")
  end
  return call.input.ResourceARN
end

function operations.TagResource(call)
  store.put_tags(call, alarm_of_arn(call), call.input.Tags)
end

function operations.UntagResource(call)
  local arn = alarm_of_arn(call)
  for _, key in ipairs(call.input.TagKeys) do
    call.world.db:run("DELETE FROM cloudwatch_tags WHERE arn = ? AND key = ?", arn, key)
  end
end

function operations.ListTagsForResource(call)
  local list = json.array {}
  for row in call.world.db:rows("SELECT key, value FROM cloudwatch_tags WHERE arn = ? ORDER BY key", alarm_of_arn(call)) do
    list[#list + 1] = { Key = row.key, Value = row.value }
  end
  return { Tags = list }
end

return { schema = store.schema, operations = operations }
