-- CloudWatch: metrics and their statistics, alarms on the world's clock, their history and actions.

local clock = require "clock"
local json = require "json"
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
  local function put(value, at, more)
    local datum = { MetricName = "Lag", Timestamp = at, Value = value }
    for key, item in pairs(more or {}) do
      datum[key] = item
    end
    cloudwatch("PutMetricData", { Namespace = "Recovery", MetricData = { datum } })
  end
  local function alarm(name, more)
    local input = {
      AlarmName = name, Namespace = "Recovery", MetricName = "Lag", Statistic = "Maximum", Period = 60, EvaluationPeriods = 1,
      Threshold = 100, ComparisonOperator = "GreaterThanThreshold",
    }
    for key, item in pairs(more or {}) do
      input[key] = item
      if item == json.null then
        input[key] = nil
      end
    end
    return input
  end
  local function state(name)
    return cloudwatch("DescribeAlarms", { AlarmNames = { name } }).MetricAlarms[1]
  end

  before_each(function()
    here = support.start()
  end)
  after_each(function()
    here.close()
  end)

  describe("metrics", function()
    it("are added up period by period", function()
      put(10, NOW - 120)
      put(20, NOW - 90)
      put(60, NOW - 30, { Unit = "Seconds" })
      put(nil, NOW - 20, { StatisticValues = { SampleCount = 4, Sum = 8, Minimum = 1, Maximum = 3 } })
      local answer = cloudwatch("GetMetricStatistics", { Namespace = "Recovery", MetricName = "Lag", StartTime = NOW - 120,
        EndTime = NOW, Period = 60, Statistics = { "Average", "Sum", "SampleCount", "Minimum", "Maximum" } })
      assert.equal(2, #answer.Datapoints)
      local first, second = table.unpack(answer.Datapoints)
      assert.same({ NOW - 120, 15.0, 30.0, 2.0, 10.0, 20.0 },
        { first.Timestamp, first.Average, first.Sum, first.SampleCount, first.Minimum, first.Maximum })
      assert.same({ 13.6, 5.0, 1.0, 60.0 }, { second.Average, second.SampleCount, second.Minimum, second.Maximum })
    end)

    it("are read by queries, the newest first, percentiles too", function()
      put(nil, NOW - 60, { Values = { 1, 2, 3, 100 }, Counts = { 1, 1, 97, 1 } })
      put(5, NOW - 120)
      local function data(stat, more)
        local input = { StartTime = NOW - 300, EndTime = NOW, MetricDataQueries = { { Id = "q", MetricStat = {
          Metric = { Namespace = "Recovery", MetricName = "Lag" }, Period = 60, Stat = stat } } } }
        for key, item in pairs(more or {}) do
          input[key] = item
        end
        return cloudwatch("GetMetricData", input).MetricDataResults[1]
      end
      assert.same({ 100.0, 5.0 }, { table.unpack(data("Maximum").Values) })
      assert.same({ NOW - 120, NOW - 60 }, { table.unpack(data("p90", { ScanBy = "TimestampAscending" }).Timestamps) })
      assert.equal(3.0, data("p90").Values[1])
      assert.equal("Complete", data("Sum").StatusCode)
      assert.equal("ValidationError", fault("GetMetricData", { StartTime = 0, EndTime = 1, MetricDataQueries = {
        { Id = "e", Expression = "m1 + m2" } } }).code)
    end)

    it("are told apart by their dimensions, whatever their order, and listed in pages", function()
      for number = 1, 501 do
        put(1, nil, { Dimensions = { { Name = "Server", Value = "s" .. number }, { Name = "Site", Value = "a" } } })
      end
      put(2, nil, { Dimensions = { { Name = "Site", Value = "a" }, { Name = "Server", Value = "s1" } } })
      local page = cloudwatch("ListMetrics", { Namespace = "Recovery" })
      assert.equal(500, #page.Metrics)
      assert.equal(1, #cloudwatch("ListMetrics", { Namespace = "Recovery", NextToken = page.NextToken }).Metrics)
      assert.equal(1, #cloudwatch("ListMetrics", { Dimensions = { { Name = "Server", Value = "s7" } } }).Metrics)
      assert.equal(0, #cloudwatch("ListMetrics", { Dimensions = { { Name = "Colour" } } }).Metrics)
    end)

    it("are refused as CloudWatch does", function()
      local function refused(datum, namespace)
        datum.MetricName = "Lag"
        return fault("PutMetricData", { Namespace = namespace or "Recovery", MetricData = { datum } })
      end
      assert.equal("The value AWS/ for parameter Namespace is invalid.", refused({ Value = 1 }, "AWS/EC2").message)
      assert.equal("MissingRequiredParameterException", refused({}).code)
      assert.equal("InvalidParameterCombinationException", refused({ Value = 1, Values = { 1 } }).code)
      assert.equal("InvalidParameterValueException", refused({ Values = { 1, 2 }, Counts = { 1 } }).code)
      assert.equal("InvalidParameterValueException", refused({ Value = 0 / 0 }).code)
      assert.matches("two hours in the future", refused({ Value = 1, Timestamp = NOW + 8000 }).message)
      assert.matches("two weeks in the past", refused({ Value = 1, Timestamp = NOW - 15 * 86400 }).message)
      assert.equal("MissingRequiredParameterException", fault("PutMetricData", { Namespace = "Recovery" }).code)
      local function statistics(more)
        local input = { Namespace = "Recovery", MetricName = "Lag", StartTime = NOW - 60, EndTime = NOW, Period = 60,
          Statistics = { "Sum" } }
        for key, item in pairs(more) do
          input[key] = item ~= json.null and item or nil
        end
        return fault("GetMetricStatistics", input)
      end
      assert.equal("InvalidParameterValueException", statistics({ StartTime = NOW }).code)
      assert.equal("MissingRequiredParameterException", statistics({ Statistics = json.null }).code)
      assert.equal("InvalidParameterValueException", statistics({ Period = 61 }).code)
      assert.matches("exceeds the limit of 1,440", statistics({ StartTime = NOW - 86401 }).message, 1, true)
    end)
  end)

  describe("an alarm", function()
    it("follows its metric minute by minute, and tells of it", function()
      local topic = here.call("sns", "CreateTopic", { Name = "alarms" }).TopicArn
      here.call("events", "PutRule", { Name = "alarms", EventPattern = '{"source":["aws.cloudwatch"],"detail":{"state":'
        .. '{"value":["ALARM"]}}}' })
      here.call("events", "PutTargets", { Rule = "alarms", Targets = { { Id = "1", Arn = topic } } })
      cloudwatch("PutMetricAlarm", alarm("lag", { AlarmActions = { topic }, AlarmDescription = "replication lags" }))
      assert.same({ "INSUFFICIENT_DATA", "Unchecked: Initial alarm creation" },
        { state("lag").StateValue, state("lag").StateReason })
      put(50, NOW + 10)
      clock.step(60)
      assert.equal("OK", state("lag").StateValue)
      assert.equal("Threshold Crossed: 1 datapoint [50.0 (23/11/26 06:00:00)] was not greater than the threshold (100.0).",
        state("lag").StateReason)
      put(150.5, NOW + 70)
      clock.step(60)
      assert.equal("ALARM", state("lag").StateValue)
      assert.equal("Threshold Crossed: 1 datapoint [150.5 (23/11/26 06:01:00)] was greater than the threshold (100.0).",
        state("lag").StateReason)
      clock.step(60)
      assert.same({ "INSUFFICIENT_DATA", "Insufficient Data: 1 datapoint was unknown." },
        { state("lag").StateValue, state("lag").StateReason })
      local messages = support.control(here, "GET", "messages").messages
      assert.equal(2, #messages)
      local by_event, by_action = json.decode(messages[1].message), json.decode(messages[2].message)
      assert.same({ "CloudWatch Alarm State Change", "OK" }, { by_event["detail-type"], by_event.detail.previousState.value })
      assert.same({ "ALARM", "OK", 'ALARM: "lag" in us-east-1' },
        { by_action.NewStateValue, by_action.OldStateValue, messages[2].subject })
      local history = cloudwatch("DescribeAlarmHistory", { AlarmName = "lag", HistoryItemType = "StateUpdate", MaxRecords = 2 })
      assert.equal("Alarm updated from ALARM to INSUFFICIENT_DATA", history.AlarmHistoryItems[1].HistorySummary)
      assert.equal(1, #cloudwatch("DescribeAlarmHistory", { AlarmName = "lag", HistoryItemType = "StateUpdate", MaxRecords = 2,
        NextToken = history.NextToken }).AlarmHistoryItems)
    end)

    it("treats missing data as it is told", function()
      for _, treat in ipairs { "missing", "breaching", "notBreaching", "ignore" } do
        cloudwatch("PutMetricAlarm", alarm(treat, { TreatMissingData = treat, EvaluationPeriods = 3, DatapointsToAlarm = 2 }))
      end
      local function states()
        return { state("missing").StateValue, state("breaching").StateValue, state("notBreaching").StateValue,
          state("ignore").StateValue }
      end
      clock.step(60)
      assert.same({ "INSUFFICIENT_DATA", "ALARM", "OK", "INSUFFICIENT_DATA" }, states())
      put(500, NOW + 70)
      clock.step(60)
      assert.same({ "ALARM", "ALARM", "OK", "INSUFFICIENT_DATA" }, states())
      put(500, NOW + 130)
      clock.step(60)
      assert.same({ "ALARM", "ALARM", "ALARM", "ALARM" }, states())
    end)

    it("is set by hand until its metric says otherwise", function()
      cloudwatch("PutMetricAlarm", alarm("lag"))
      cloudwatch("SetAlarmState", { AlarmName = "lag", StateValue = "ALARM", StateReason = "a drill", StateReasonData = "{}" })
      assert.same({ "ALARM", "a drill", "{}" },
        { state("lag").StateValue, state("lag").StateReason, state("lag").StateReasonData })
      put(1, NOW + 10)
      clock.step(60)
      assert.equal("OK", state("lag").StateValue)
      assert.equal("ResourceNotFound", fault("SetAlarmState", { AlarmName = "none", StateValue = "OK", StateReason = "x" }).code)
      assert.equal("InvalidFormatFault", fault("SetAlarmState", { AlarmName = "lag", StateValue = "OK", StateReason = "x",
        StateReasonData = "{" }).code)
    end)

    it("keeps its state and actions when it is changed, and is silent when they are off", function()
      local topic = here.call("sns", "CreateTopic", { Name = "alarms" }).TopicArn
      cloudwatch("PutMetricAlarm", alarm("lag", { AlarmActions = { topic, "arn:aws:automate:us-east-1:ec2:reboot" } }))
      cloudwatch("SetAlarmState", { AlarmName = "lag", StateValue = "OK", StateReason = "x" })
      cloudwatch("DisableAlarmActions", { AlarmNames = { "lag" } })
      cloudwatch("SetAlarmState", { AlarmName = "lag", StateValue = "ALARM", StateReason = "x" })
      assert.equal(0, #support.control(here, "GET", "messages").messages)
      cloudwatch("EnableAlarmActions", { AlarmNames = { "lag" } })
      cloudwatch("SetAlarmState", { AlarmName = "lag", StateValue = "OK", StateReason = "x" })
      cloudwatch("SetAlarmState", { AlarmName = "lag", StateValue = "ALARM", StateReason = "x" })
      assert.equal(1, #support.control(here, "GET", "messages").messages)
      local actions = cloudwatch("DescribeAlarmHistory", { HistoryItemType = "Action", ScanBy = "TimestampAscending" }).AlarmHistoryItems
      assert.matches("^Successfully executed", actions[1].HistorySummary)
      assert.matches("^Failed", actions[2].HistorySummary)
      cloudwatch("PutMetricAlarm", alarm("lag", { Threshold = 7, ActionsEnabled = false }))
      assert.same({ 7, "ALARM", false }, { state("lag").Threshold, state("lag").StateValue, state("lag").ActionsEnabled })
    end)

    it("is refused without what it needs", function()
      for _, more in ipairs { { MetricName = json.null }, { Period = json.null }, { Threshold = json.null },
        { ComparisonOperator = json.null }, { EvaluationPeriods = json.null }, { DatapointsToAlarm = 2 },
        { TreatMissingData = "so" }, { ExtendedStatistic = "p99" },
        { ComparisonOperator = "LessThanLowerThreshold" } } do
        assert.equal("ValidationError", fault("PutMetricAlarm", alarm("a", more)).code)
      end
    end)

    it("is listed by name, prefix, state and action, in pages; tagged; deleted", function()
      for _, name in ipairs { "a-1", "a-2", "b-1" } do
        cloudwatch("PutMetricAlarm", alarm(name, { Tags = { { Key = "by", Value = "test" } },
          OKActions = name == "b-1" and { "arn:aws:sns:us-east-1:123456789012:x" } or nil }))
      end
      local page = cloudwatch("DescribeAlarms", { AlarmNamePrefix = "a", MaxRecords = 1 })
      assert.equal("a-1", page.MetricAlarms[1].AlarmName)
      local rest = cloudwatch("DescribeAlarms", { AlarmNamePrefix = "a", MaxRecords = 1, NextToken = page.NextToken })
      assert.same({ "a-2", nil }, { rest.MetricAlarms[1].AlarmName, rest.NextToken })
      assert.equal(1, #cloudwatch("DescribeAlarms", { ActionPrefix = "arn:aws:sns" }).MetricAlarms)
      assert.equal(0, #cloudwatch("DescribeAlarms", { StateValue = "ALARM" }).MetricAlarms)
      assert.equal(3, #cloudwatch("DescribeAlarmsForMetric", { Namespace = "Recovery", MetricName = "Lag" }).MetricAlarms)
      local arn = page.MetricAlarms[1].AlarmArn
      cloudwatch("TagResource", { ResourceARN = arn, Tags = { { Key = "a", Value = "b" } } })
      cloudwatch("UntagResource", { ResourceARN = arn, TagKeys = { "by" } })
      assert.equal("a", cloudwatch("ListTagsForResource", { ResourceARN = arn }).Tags[1].Key)
      assert.equal("ResourceNotFoundException", fault("ListTagsForResource", { ResourceARN = arn .. "x" }).code)
      cloudwatch("DeleteAlarms", { AlarmNames = { "a-1", "none" } })
      assert.equal("ResourceNotFound", fault("DeleteAlarms", { AlarmNames = { "a-1" } }).code)
    end)

    it("decides what a health check of Route 53 finds", function()
      cloudwatch("PutMetricAlarm", alarm("site"))
      local check = here.call("route53", "CreateHealthCheck", { CallerReference = "x", HealthCheckConfig = {
        Type = "CLOUDWATCH_METRIC", AlarmIdentifier = { Region = support.REGION, Name = "site" },
        InsufficientDataHealthStatus = "Healthy" } }).HealthCheck.Id
      local function status()
        return here.call("route53", "GetHealthCheckStatus", { HealthCheckId = check }).HealthCheckObservations[1].StatusReport.Status
      end
      assert.matches("^Success", status())
      cloudwatch("SetAlarmState", { AlarmName = "site", StateValue = "ALARM", StateReason = "down" })
      assert.matches("^Failure", status())
    end)
  end)

  it("speaks the query protocol and JSON, with the codes of both", function()
    local answer = support.form(here, "monitoring", { Action = "SetAlarmState", Version = "2010-08-01", AlarmName = "none",
      StateValue = "OK", StateReason = "x" })
    assert.same({ 404, "ResourceNotFound" }, { answer.status, support.field(answer.body, "Code") })
    local reply, body = support.json(here, "monitoring", "GraniteServiceVersion20100801.PutMetricData",
      { Namespace = "AWS/EC2", MetricData = { { MetricName = "a", Value = 1 } } })
    assert.same({ 400, "InvalidParameterValueException", "InvalidParameterValue;Sender" },
      { reply.status, body.__type, reply.headers["x-amzn-query-error"] })
    reply = support.json(here, "monitoring", "GraniteServiceVersion20100801.DescribeAlarms", {})
    assert.equal(200, reply.status)
  end)
end)
