-- CloudWatch's metric math, alarms on it and alarms upon alarms, dashboards.

local clock = require "clock"
local support = require "tests.support.local_aws"

local NOW = support.START

describe("CloudWatch", function()
  local here

  local function cloudwatch(operation, input)
    return here.call("monitoring", operation, input)
  end
  local function fault(operation, input)
    return here.fault("monitoring", operation, input)
  end
  local function put(name, value, at)
    cloudwatch("PutMetricData", { Namespace = "R", MetricData = { { MetricName = name, Value = value, Timestamp = at } } })
  end
  local function query(id, shown)
    return { Id = id, ReturnData = shown or false, MetricStat = { Metric = { Namespace = "R", MetricName = id }, Period = 60, Stat = "Sum" } }
  end
  local function state(name, kind)
    local found = cloudwatch("DescribeAlarms", { AlarmNames = { name }, AlarmTypes = { "MetricAlarm", "CompositeAlarm" } })
    return (kind == "above" and found.CompositeAlarms or found.MetricAlarms)[1].StateValue
  end

  before_each(function()
    here = support.start()
  end)
  after_each(function()
    here.close()
  end)

  describe("metric math", function()
    local function values(expression)
      return cloudwatch("GetMetricData", { StartTime = NOW - 600, EndTime = NOW, ScanBy = "TimestampAscending",
        MetricDataQueries = { query "a", query "b", { Id = "e", Expression = expression } } }).MetricDataResults[1].Values
    end

    before_each(function()
      put("a", 10, NOW - 240)
      put("a", 30, NOW - 180)
      put("b", 4, NOW - 240)
      put("b", 0, NOW - 180)
      put("b", 7, NOW - 120)
    end)

    it("counts with series where both have data, and with numbers", function()
      for expression, expected in pairs {
        ["a + b"] = { 14.0, 30.0 }, ["a - b * 2"] = { 2.0, 30.0 }, ["(a - b) * 2"] = { 12.0, 60.0 }, ["a / b"] = { 2.5 },
        ["-b"] = { -4.0, 0.0, -7.0 }, ["b ^ 2"] = { 16.0, 0.0, 49.0 }, ["a > 10"] = { 0, 1 }, ["b >= 4 AND b < 5"] = { 1, 0, 0 },
        ["IF(a > 10, 1, b)"] = { 4.0, 1 }, ["SUM([a, b])"] = { 14.0, 30.0, 7.0 }, ["MAX(b)"] = { 7.0, 7.0, 7.0 },
        ["AVG([a, b])"] = { 7.0, 15.0, 7.0 }, ["ABS(b - 5)"] = { 1.0, 5.0, 2.0 },
      } do
        assert.same(expected, values(expression), expression)
      end
    end)

    it("uses other expressions, and refuses circles, unknown names and what it does not have", function()
      local function result(...)
        return { StartTime = NOW - 600, EndTime = NOW, MetricDataQueries = { query "a", ... } }
      end
      local chain = cloudwatch("GetMetricData", result({ Id = "x", Expression = "a * 2", ReturnData = false }, { Id = "y", Expression = "x + 1" }))
      assert.same({ 61.0, 21.0 }, { table.unpack(chain.MetricDataResults[1].Values) })
      for expression, says in pairs { x = "Circular reference", ["nobody + 1"] = "Unknown id", ["a +"] = "Parse error",
        ["ANOMALY_DETECTION_BAND(a)"] = "no function ANOMALY_DETECTION_BAND" } do
        assert.truthy(fault("GetMetricData", result { Id = "x", Expression = expression }).message:find(says, 1, true), expression)
      end
    end)
  end)

  it("finds the state of an alarm on metric math", function()
    cloudwatch("PutMetricAlarm", { AlarmName = "ratio", EvaluationPeriods = 1, Threshold = 2, ComparisonOperator = "GreaterThanThreshold",
      Metrics = { query "a", query "b", { Id = "e", Expression = "a / b", ReturnData = true } } })
    put("a", 9, NOW)
    put("b", 3, NOW)
    clock.step(65)
    put("a", 1, NOW + 60)
    assert.equal("ALARM", state "ratio")
    put("b", 3, NOW + 60)
    clock.step(60)
    assert.equal("OK", state "ratio")
  end)

  describe("a composite alarm", function()
    local function set(name, value)
      cloudwatch("SetAlarmState", { AlarmName = name, StateValue = value, StateReason = "a drill" })
    end

    before_each(function()
      for _, name in ipairs { "one", "two" } do
        cloudwatch("PutMetricAlarm", { AlarmName = name, Namespace = "R", MetricName = "a", Period = 60, Statistic = "Sum",
          EvaluationPeriods = 1, Threshold = 1, ComparisonOperator = "GreaterThanThreshold", TreatMissingData = "ignore" })
      end
    end)

    it("follows the alarms that its rule names, and tells its topic", function()
      local topic = here.call("sns", "CreateTopic", { Name = "t" }).TopicArn
      cloudwatch("PutCompositeAlarm", { AlarmName = "both", AlarmActions = { topic }, AlarmRule = 'ALARM("one") AND NOT (OK(two) OR FALSE)' })
      cloudwatch("PutCompositeAlarm", { AlarmName = "top", AlarmRule = "ALARM(both)" })
      assert.equal("OK", state("both", "above"))
      set("one", "ALARM")
      assert.same({ "ALARM", "ALARM" }, { state("both", "above"), state("top", "above") })
      set("two", "OK")
      assert.same({ "OK", "OK" }, { state("both", "above"), state("top", "above") })
      assert.equal(1, #support.control(here, "GET", "messages").messages)
    end)

    it("is listed when it is asked for, with what stands below it", function()
      cloudwatch("PutCompositeAlarm", { AlarmName = "both", AlarmRule = "ALARM(one) OR ALARM(two)" })
      local function names(input)
        local found, list = cloudwatch("DescribeAlarms", input), {}
        for _, kind in ipairs { "MetricAlarms", "CompositeAlarms" } do
          for _, alarm in ipairs(found[kind]) do
            list[#list + 1] = alarm.AlarmName
          end
        end
        return list
      end
      assert.same({ "one", "two" }, names {})
      assert.same({ "both" }, names { AlarmTypes = { "CompositeAlarm" } })
      assert.same({ "one", "two" }, names { ChildrenOfAlarmName = "both" })
    end)

    it("refuses a rule that is none, that names nobody, or itself", function()
      for rule, says in pairs { ["ALARM("] = "syntax", ["ALARM(one) ALARM(two)"] = "syntax", ["OK(nobody)"] = "[nobody]" } do
        assert.truthy(fault("PutCompositeAlarm", { AlarmName = "bad", AlarmRule = rule }).message:find(says, 1, true))
      end
      cloudwatch("PutCompositeAlarm", { AlarmName = "self", AlarmRule = "TRUE" })
      assert.truthy(fault("PutCompositeAlarm", { AlarmName = "self", AlarmRule = "ALARM(self)" }).message:find "itself")
    end)
  end)

  it("keeps dashboards, and deletes all that are named or none", function()
    cloudwatch("PutDashboard", { DashboardName = "a", DashboardBody = '{"widgets":[]}' })
    assert.equal('{"widgets":[]}', cloudwatch("GetDashboard", { DashboardName = "a" }).DashboardBody)
    assert.equal("DashboardInvalidInputError", fault("PutDashboard", { DashboardName = "b", DashboardBody = "{" }).code)
    assert.equal("DashboardNotFoundError", fault("DeleteDashboards", { DashboardNames = { "a", "b" } }).code)
    assert.equal(1, #cloudwatch("ListDashboards").DashboardEntries)
    cloudwatch("DeleteDashboards", { DashboardNames = { "a" } })
    assert.same({}, cloudwatch("ListDashboards").DashboardEntries)
  end)
end)
