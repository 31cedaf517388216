-- Metrics and the data that was put into them: a row a datum, a value and how often it was seen, or a set of statistics.

local crypto = require "crypto"
local fault = require "local_aws.fault"
local json = require "json"
local time = require "time"

local metrics = {}

metrics.schema = [[
CREATE TABLE IF NOT EXISTS cloudwatch_metrics (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, region TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
  dimensions TEXT NOT NULL, UNIQUE (account, region, namespace, name, dimensions)
);
CREATE TABLE IF NOT EXISTS cloudwatch_data (
  metric INTEGER NOT NULL, at REAL NOT NULL, unit TEXT NOT NULL, count REAL NOT NULL, sum REAL NOT NULL, low REAL NOT NULL,
  high REAL NOT NULL
);
CREATE INDEX IF NOT EXISTS cloudwatch_data_of_metric ON cloudwatch_data (metric, at);
]]

local PAGE = 500
local OLDEST, NEWEST = 14 * 86400, 2 * 3600

function metrics.invalid(text)
  fault.raise("InvalidParameterValueException", text)
end

-- Dimensions as one text, whatever their order.
local function dimensions_key(dimensions)
  local list = {}
  for index, dimension in ipairs(dimensions or {}) do
    list[index] = { Name = dimension.Name, Value = dimension.Value }
  end
  table.sort(list, function(a, b)
    return a.Name < b.Name
  end)
  return json.encode(json.array(list))
end

-- The id of a metric; nil when it has never been put, unless `make`.
function metrics.id(call, namespace, name, dimensions, make)
  local key, db = dimensions_key(dimensions), call.world.db
  if make then
    db:run("INSERT OR IGNORE INTO cloudwatch_metrics (account, region, namespace, name, dimensions) VALUES (?, ?, ?, ?, ?)",
      call.account, call.region, namespace, name, key)
  end
  local row = db:first([[SELECT id FROM cloudwatch_metrics WHERE account = ? AND region = ? AND namespace = ? AND name = ?
    AND dimensions = ?]], call.account, call.region, namespace, name, key)
  return row and row.id
end

local function check_time(index, at)
  local where = ("The parameter MetricData.member.%d.Timestamp must specify a time "):format(index)
  if at > time.now() + NEWEST then
    metrics.invalid(where .. "no more than two hours in the future.")
  elseif at < time.now() - OLDEST then
    metrics.invalid(where .. "no more than two weeks in the past.")
  end
end

-- The rows {count, sum, low, high} of a datum.
local function rows_of(index, datum)
  local where = ("MetricData.member.%d."):format(index)
  local given = (datum.Value ~= nil and 1 or 0) + (datum.Values and 1 or 0) + (datum.StatisticValues and 1 or 0)
  if given == 0 then
    fault.raise("MissingRequiredParameterException",
      ("At least one of the parameters %sValue, %sValues or %sStatisticValues must be specified."):format(where, where, where))
  elseif given > 1 then
    fault.raise("InvalidParameterCombinationException",
      ("The parameters %sValue and %sStatisticValues are mutually exclusive and you have specified both."):format(where, where))
  elseif datum.StatisticValues then
    local set = datum.StatisticValues
    return { { set.SampleCount, set.Sum, set.Minimum, set.Maximum } }
  end
  local rows, values = {}, datum.Values or { datum.Value }
  if datum.Counts and #datum.Counts ~= #values then
    metrics.invalid(("The parameters %sValues and %sCounts must be of the same size."):format(where, where))
  end
  for position, value in ipairs(values) do
    if value ~= value or value == math.huge or value == -math.huge then
      metrics.invalid(("The value %s for parameter %sValue is invalid."):format(value, where))
    end
    local count = datum.Counts and datum.Counts[position] or 1
    rows[position] = { count, value * count, value, value }
  end
  return rows
end

local operations = {}

function operations.PutMetricData(call)
  local input = call.input
  if input.Namespace:find("^AWS/") then
    metrics.invalid("The value AWS/ for parameter Namespace is invalid.")
  elseif not input.MetricData or not input.MetricData[1] then
    fault.raise("MissingRequiredParameterException", "The parameter MetricData is required.")
  end
  for index, datum in ipairs(input.MetricData) do
    local at = datum.Timestamp or time.now()
    check_time(index, at)
    local rows = rows_of(index, datum)
    local id = metrics.id(call, input.Namespace, datum.MetricName, datum.Dimensions, true)
    for _, row in ipairs(rows) do
      call.world.db:run("INSERT INTO cloudwatch_data (metric, at, unit, count, sum, low, high) VALUES (?, ?, ?, ?, ?, ?, ?)",
        id,
        at, datum.Unit or "None", table.unpack(row))
    end
  end
end

local function fits(dimensions, filters)
  for _, filter in ipairs(filters or {}) do
    local found = false
    for _, dimension in ipairs(dimensions) do
      found = found or dimension.Name == filter.Name and (not filter.Value or filter.Value == dimension.Value)
    end
    if not found then
      return false
    end
  end
  return true
end

function operations.ListMetrics(call)
  local input, list, last = call.input, json.array {}, nil
  local after = 0
  if input.NextToken then
    after = math.tointeger(tonumber(crypto.base64url_decode(input.NextToken) or "")) or metrics.invalid("Invalid nextToken")
  end
  for row in call.world.db:rows([[SELECT * FROM cloudwatch_metrics WHERE account = ? AND region = ? AND id > ?
    AND (? IS NULL OR namespace = ?) AND (? IS NULL OR name = ?) ORDER BY id]], call.account, call.region, after,
    input.Namespace, input.Namespace, input.MetricName, input.MetricName) do
    local dimensions = json.decode(row.dimensions)
    if fits(dimensions, input.Dimensions) then
      if #list == PAGE then
        return { Metrics = list, NextToken = crypto.base64url_encode(tostring(last)) }
      end
      list[#list + 1], last = { Namespace = row.namespace, MetricName = row.name, Dimensions = dimensions }, row.id
    end
  end
  return { Metrics = list }
end

metrics.operations = operations

return metrics
