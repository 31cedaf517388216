-- Evaluates alarms once a minute of the world's clock, while there are any.

local json = require "json"
local metric_data = require "local_aws.cloudwatch.metric_data"
local metrics = require "local_aws.cloudwatch.metrics"
local statistics = require "local_aws.cloudwatch.statistics"
local store = require "local_aws.cloudwatch.alarm_store"
local task = require "task"
local time = require "time"

local evaluation = {}

local EVERY = 60

-- Comparison -> {does it breach, in words}.
local COMPARE = {
  GreaterThanOrEqualToThreshold = { function(a, b) return a >= b end, "greater than or equal to" },
  GreaterThanThreshold = { function(a, b) return a > b end, "greater than" },
  LessThanThreshold = { function(a, b) return a < b end, "less than" },
  LessThanOrEqualToThreshold = { function(a, b) return a <= b end, "less than or equal to" },
}

-- The same for an alarm on metric math: the one query that returns data.
local function points_of_math(call, definition)
  local seconds, shown = 60, nil
  for _, query in ipairs(definition.Metrics) do
    seconds = query.MetricStat and query.MetricStat.Period or seconds
    shown = query.ReturnData ~= false and query.Id or shown
  end
  local ending = time.now() // seconds * seconds
  local series = metric_data.evaluate(call, definition.Metrics, ending - seconds * definition.EvaluationPeriods, ending)[shown]
  local points = {}
  for at, value in pairs(series) do
    points[#points + 1] = { at = at, value = value }
  end
  table.sort(points, function(a, b)
    return a.at < b.at
  end)
  return points
end

-- The newest `EvaluationPeriods` whole periods that have data: list of {at=, value=}.
local function points_of(call, definition)
  if definition.Metrics then
    return points_of_math(call, definition)
  end
  local id = metrics.id(call, definition.Namespace, definition.MetricName, definition.Dimensions)
  local ending = time.now() // definition.Period * definition.Period
  local from = ending - definition.Period * definition.EvaluationPeriods
  local points = {}
  for index, period in ipairs(id and statistics.periods(call.world.db, id, from, ending, definition.Period, definition.Unit)
    or {}) do
    points[index] = {
      at = period.at, value = statistics.value(period, definition.Statistic or definition.ExtendedStatistic),
    }
  end
  return points
end

local function counted(count)
  return ("%d datapoint%s"):format(count, count == 1 and "" or "s")
end

local function decimal(number)
  return math.type(number) == "integer" and number .. ".0" or ("%.14g"):format(number):gsub("^(-?%d+)$", "%1.0")
end

local function reason_of(definition, points, breaching, is_alarm)
  local texts = {}
  for _, point in ipairs(points) do
    if point.breaches == is_alarm then
      texts[#texts + 1] = ("%s (%s)"):format(decimal(point.value), os.date("!%d/%m/%y %H:%M:%S", point.at))
    end
  end
  return ("Threshold Crossed: %s [%s] %s %s%s the threshold (%s)."):format(counted(is_alarm and breaching or #texts),
    table.concat(texts, ", "), #texts == 1 and "was" or "were", is_alarm and "" or "not ",
    COMPARE[definition.ComparisonOperator][2], decimal(definition.Threshold))
end

-- No data in any period: what the alarm says of missing data. nil keeps the state.
local MISSING = { missing = "INSUFFICIENT_DATA", breaching = "ALARM", notBreaching = "OK" }

-- https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html -> state, reason; nil to keep it.
local function judge(definition, points)
  local treat, breaching = definition.TreatMissingData or "missing", 0
  local breaches = COMPARE[definition.ComparisonOperator][1]
  local absent = definition.EvaluationPeriods - #points
  if #points == 0 then
    local text = treat == "missing" and "Insufficient Data: %s was unknown."
      or "Threshold Crossed: no datapoints were received for %s and missing data was treated as [" .. treat .. "]."
    return MISSING[treat], text:format(counted(absent))
  end
  for _, point in ipairs(points) do
    point.breaches = breaches(point.value, definition.Threshold)
    breaching = breaching + (point.breaches and 1 or 0)
  end
  local needed = definition.DatapointsToAlarm or definition.EvaluationPeriods
  if treat == "missing" then
    needed = math.min(needed, #points)
  elseif treat == "ignore" and #points < needed and breaching == #points then
    return nil
  end
  local is_alarm = breaching + (treat == "breaching" and absent or 0) >= needed
  return is_alarm and "ALARM" or "OK", reason_of(definition, points, breaching, is_alarm)
end

-- Looks at one alarm and gives it the state that its metric says.
function evaluation.evaluate(world, row)
  local definition = row.definition
  if definition.AlarmRule or not definition.Threshold then
    return
  end
  local state, reason = judge(definition, points_of({ world = world, account = row.account, region = row.region }, definition))
  if state and state ~= row.state then
    store.set_state(world, row, state, reason)
  end
end

local function evaluate_all(world)
  for _, row in ipairs(world.db:all("SELECT * FROM cloudwatch_alarms ORDER BY account, region, name")) do
    row.definition = json.decode(row.definition)
    evaluation.evaluate(world, row)
  end
end

local events = setmetatable({}, { __mode = "k" })

local function event_of(world)
  events[world] = events[world] or task.event()
  return events[world]
end

-- There is an alarm.
function evaluation.wake(world)
  event_of(world):set()
end

function evaluation.begin(world)
  world.background(function()
    while true do
      if world.db:first("SELECT 1 AS one FROM cloudwatch_alarms LIMIT 1") then
        task.sleep(EVERY - time.now_us() / 1e6 % EVERY)
        world.db:transaction(evaluate_all, world)
      else
        event_of(world):reset()
        event_of(world):wait()
      end
    end
  end)
end

return evaluation
