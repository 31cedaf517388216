-- Statistics of metrics, period by period.

local fault = require "local_aws.fault"
local json = require "json"
local metrics = require "local_aws.cloudwatch.metrics"

local statistics = {}

local MOST_POINTS = 1440

-- Percentiles count single values; of a set of statistics the middle is taken for all of its samples.
local function percentile(period, share)
  table.sort(period.rows, function(a, b)
    return a.sum / a.count < b.sum / b.count
  end)
  local wanted, seen = share * period.count, 0
  for _, row in ipairs(period.rows) do
    seen = seen + row.count
    if seen >= wanted then
      return row.sum / row.count
    end
  end
end

local STATISTICS = {
  SampleCount = function(period) return period.count end,
  Sum = function(period) return period.sum end,
  Average = function(period) return period.sum / period.count end,
  Minimum = function(period) return period.low end,
  Maximum = function(period) return period.high end,
}

-- One statistic of a period: by name, or p0 to p100; nil for one that is unknown.
function statistics.value(period, name)
  local known = STATISTICS[name]
  if known then
    return known(period) + 0.0
  end
  local share = tonumber(name:match("^p(%d+%.?%d*)$"))
  return share and share <= 100 and percentile(period, share / 100) or nil
end

-- The periods that have data in [from, to): list of {at=, count=, sum=, low=, high=, rows=}, in order.
function statistics.periods(db, metric, from, to, seconds, unit)
  local list, by_start = {}, {}
  for row in db:rows([[SELECT * FROM cloudwatch_data WHERE metric = ? AND at >= ? AND at < ? AND (? IS NULL OR unit = ?)
    ORDER BY at]], metric, from, to, unit, unit) do
    local start = math.floor(row.at) // seconds * seconds
    local period = by_start[start]
    if not period then
      period = { at = start, count = 0, sum = 0, low = row.low, high = row.high, unit = row.unit, rows = {} }
      by_start[start], list[#list + 1] = period, period
    end
    period.count, period.sum = period.count + row.count, period.sum + row.sum
    period.low, period.high = math.min(period.low, row.low), math.max(period.high, row.high)
    table.insert(period.rows, row)
  end
  return list
end

-- Only some periods are there.
function statistics.check_period(seconds)
  if seconds ~= 1 and seconds ~= 5 and seconds ~= 10 and seconds ~= 20 and seconds ~= 30 and seconds % 60 ~= 0 then
    metrics.invalid("The parameter Period must be a multiple of 60, or 1, 5, 10, 20 or 30.")
  end
end

-- CloudWatch counts whole seconds: what is below is cut off the range that is asked for.
function statistics.whole_seconds(input)
  input.StartTime, input.EndTime = math.floor(input.StartTime), math.floor(input.EndTime)
end

local operations = {}

local function datapoint(period, input)
  local point = { Timestamp = period.at, Unit = period.unit }
  for _, name in ipairs(input.Statistics or {}) do
    point[name] = statistics.value(period, name)
  end
  for _, name in ipairs(input.ExtendedStatistics or {}) do
    point.ExtendedStatistics = point.ExtendedStatistics or {}
    point.ExtendedStatistics[name] = statistics.value(period, name) or metrics.invalid(
      ("The value %s for parameter ExtendedStatistics.member.1 is invalid."):format(name))
  end
  return point
end

function operations.GetMetricStatistics(call)
  local input = call.input
  statistics.whole_seconds(input)
  if input.StartTime >= input.EndTime then
    metrics.invalid("The parameter StartTime must be less than the parameter EndTime.")
  elseif not input.Statistics and not input.ExtendedStatistics then
    fault.raise("MissingRequiredParameterException", "The parameter Statistics is required.")
  end
  statistics.check_period(input.Period)
  local asked = math.ceil((input.EndTime - input.StartTime) / input.Period)
  if asked > MOST_POINTS then
    fault.raise("InvalidParameterCombinationException", ("You have requested up to %d datapoints, which exceeds the limit of "
      .. "1,440. You may reduce the datapoints requested by increasing Period, or decreasing the time range."):format(asked))
  end
  local id = metrics.id(call, input.Namespace, input.MetricName, input.Dimensions)
  local points = json.array {}
  for index, period in ipairs(id and statistics.periods(call.world.db, id, input.StartTime, input.EndTime, input.Period,
    input.Unit) or {}) do
    points[index] = datapoint(period, input)
  end
  return { Label = input.MetricName, Datapoints = points }
end

statistics.operations = operations

return statistics
