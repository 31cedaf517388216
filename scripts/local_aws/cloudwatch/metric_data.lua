-- GetMetricData: statistics of several metrics, and metric math over them (cloudwatch/metric_math.lua).

local fault = require "local_aws.fault"
local json = require "json"
local metric_math = require "local_aws.cloudwatch.metric_math"
local metrics = require "local_aws.cloudwatch.metrics"
local statistics = require "local_aws.cloudwatch.statistics"

local metric_data = {}

local function refuse(text)
  fault.raise("ValidationError", text)
end

-- A metric's statistic as a series: {time -> value}.
local function series_of(call, stat, from, to)
  statistics.check_period(stat.Period)
  local metric = stat.Metric
  local id = metrics.id(call, metric.Namespace, metric.MetricName, metric.Dimensions)
  local series = {}
  for _, period in ipairs(id and statistics.periods(call.world.db, id, from, to, stat.Period, stat.Unit) or {}) do
    series[period.at] = statistics.value(period, stat.Stat)
      or refuse(("The value %s for parameter Stat is not supported."):format(stat.Stat))
  end
  return series
end

local function check(queries)
  local seen, returned = {}, 0
  for index, query in ipairs(queries) do
    if not query.Id:find("^%l[%w_]*$") then
      refuse(("The parameter MetricDataQueries.member.%d.Id is invalid."):format(index))
    elseif seen[query.Id] then
      refuse(("The values for parameter id in MetricDataQueries are not unique: %s"):format(query.Id))
    elseif not query.MetricStat and not query.Expression then
      refuse(("The parameter MetricDataQueries.member.%d.MetricStat is required.\n"):format(index))
    elseif query.MetricStat and query.Expression then
      refuse(("The parameters MetricDataQueries.member.%d.Expression and MetricDataQueries.member.%d.MetricStat are mutually "
        .. "exclusive and you have specified both."):format(index, index))
    end
    seen[query.Id] = true
    returned = returned + (query.ReturnData ~= false and 1 or 0)
  end
  if returned == 0 then
    refuse "At least one of the MetricDataQueries must have ReturnData set to true."
  end
end

-- The series of all queries by their ids: {id -> {time -> value}}.
function metric_data.evaluate(call, queries, from, to)
  check(queries)
  local found, expressions = {}, {}
  for _, query in ipairs(queries) do
    if query.MetricStat then
      found[query.Id] = series_of(call, query.MetricStat, from, to)
    else
      expressions[query.Id] = query.Expression
    end
  end
  metric_math.solve(expressions, found)
  return found
end

local function result_of(query, series, ascending)
  local times, values = json.array {}, json.array {}
  for at in pairs(series) do
    times[#times + 1] = at
  end
  table.sort(times, function(a, b)
    if ascending then
      return a < b
    end
    return a > b
  end)
  for index, at in ipairs(times) do
    values[index] = series[at]
  end
  local label = query.Label or query.MetricStat and query.MetricStat.Metric.MetricName or query.Id
  return { Id = query.Id, Label = label, Timestamps = times, Values = values, StatusCode = "Complete" }
end

local operations = {}

function operations.GetMetricData(call)
  local input, results = call.input, json.array {}
  statistics.whole_seconds(input)
  if input.StartTime == input.EndTime then
    refuse "The parameter StartTime must not equal parameter EndTime."
  elseif input.StartTime > input.EndTime then
    refuse "The parameter EndTime must be greater than StartTime."
  end
  local found = metric_data.evaluate(call, input.MetricDataQueries, input.StartTime, input.EndTime)
  for _, query in ipairs(input.MetricDataQueries) do
    if query.ReturnData ~= false then
      results[#results + 1] = result_of(query, found[query.Id], input.ScanBy == "TimestampAscending")
    end
  end
  return { MetricDataResults = results, Messages = json.array {} }
end

metric_data.operations = operations

return metric_data
