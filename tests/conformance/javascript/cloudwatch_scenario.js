// CloudWatch: metrics and their mathematics, alarms upon alarms, dashboards. Newer SDKs speak CBOR here.
'use strict';
const { test } = require('node:test');
const assert = require('node:assert/strict');
const cloudwatch = require('@aws-sdk/client-cloudwatch');
const { settings, refused, until, collect } = require('./scenario');

const client = new cloudwatch.CloudWatchClient(settings);
const call = (name, input = {}) => client.send(new cloudwatch[`${name}Command`](input));
const Namespace = 'Javascript/Recovery';

test('what is put comes back as statistics and through metric math', async () => {
  // The world runs faster than this clock: what is put without a time counts as put now, in the world.
  await call('PutMetricData', { Namespace, MetricData: [
    { MetricName: 'lag', Values: [1, 3], Counts: [1, 1], Unit: 'Seconds' }, { MetricName: 'servers', Value: 4 },
  ] });
  const { items } = await collect(cloudwatch.paginateListMetrics({ client }, { Namespace }), 'Metrics');
  assert.deepEqual(items.map((metric) => metric.MetricName).sort(), ['lag', 'servers']);
  const stat = (Id, MetricName) => ({ Id, ReturnData: false, MetricStat: { Metric: { Namespace, MetricName }, Period: 86400, Stat: 'Sum' } });
  const day = 86400000;
  const { MetricDataResults: [result] } = await call('GetMetricData', {
    StartTime: new Date(Date.now() - day * 30), EndTime: new Date(Date.now() + day * 30),
    MetricDataQueries: [stat('lag', 'lag'), stat('servers', 'servers'), { Id: 'each', Expression: 'lag / servers' }],
  });
  assert.deepEqual([result.Id, result.Values, result.StatusCode], ['each', [1], 'Complete']);
  await refused(call('GetMetricData', {
    StartTime: new Date(0), EndTime: new Date(60000), MetricDataQueries: [{ Id: 'e', Expression: 'NOTHING(1)' }],
  }), 'ValidationException', /no function NOTHING/);
});

test('an alarm, and one upon it', async () => {
  const alarm = {
    AlarmName: 'js-lag', Namespace, MetricName: 'lag', Statistic: 'Sum', Period: 60, EvaluationPeriods: 1, Threshold: 10,
    ComparisonOperator: 'GreaterThanThreshold', TreatMissingData: 'ignore', Tags: [{ Key: 'a', Value: 'b' }],
  };
  await call('PutMetricAlarm', alarm);
  await call('PutCompositeAlarm', { AlarmName: 'js-any', AlarmRule: 'ALARM("js-lag") AND NOT FALSE' });
  await call('SetAlarmState', { AlarmName: 'js-lag', StateValue: 'ALARM', StateReason: 'a drill' });
  const { CompositeAlarms: [above] } = await call('DescribeAlarms', { AlarmTypes: ['CompositeAlarm'], AlarmNames: ['js-any'] });
  assert.equal(above.StateValue, 'ALARM');
  const { AlarmHistoryItems: items } = await call('DescribeAlarmHistory', { AlarmName: 'js-lag', HistoryItemType: 'StateUpdate' });
  assert.match(items[0].HistorySummary, /to ALARM$/);
  assert.ok(items[0].Timestamp instanceof Date);
  await refused(call('PutCompositeAlarm', { AlarmName: 'js-bad', AlarmRule: 'ALARM(' }), 'ValidationException', /AlarmRule/);
  await call('DeleteAlarms', { AlarmNames: ['js-any', 'js-lag'] });
  assert.deepEqual((await call('DescribeAlarms', { AlarmNamePrefix: 'js-' })).MetricAlarms, []);
  await refused(call('SetAlarmState', { AlarmName: 'js-lag', StateValue: 'OK', StateReason: 'x' }), 'ResourceNotFound', /.*/);
});

test('an alarm finds its own state', async () => {
  await call('PutMetricAlarm', {
    AlarmName: 'js-math', EvaluationPeriods: 1, Threshold: 1, ComparisonOperator: 'GreaterThanThreshold', TreatMissingData: 'missing',
    Metrics: [
      { Id: 'm', ReturnData: false, MetricStat: { Metric: { Namespace, MetricName: 'jobs' }, Period: 60, Stat: 'Sum' } },
      { Id: 'twice', Expression: 'm * 2', ReturnData: true },
    ],
  });
  await until(async () => {
    await call('PutMetricData', { Namespace, MetricData: [{ MetricName: 'jobs', Value: 5 }] });
    const { MetricAlarms: [alarm] } = await call('DescribeAlarms', { AlarmNames: ['js-math'] });
    return alarm.StateValue === 'ALARM';
  });
  await call('DeleteAlarms', { AlarmNames: ['js-math'] });
});

test('a dashboard', async () => {
  await call('PutDashboard', { DashboardName: 'js', DashboardBody: '{"widgets":[]}' });
  assert.equal((await call('GetDashboard', { DashboardName: 'js' })).DashboardBody, '{"widgets":[]}');
  assert.deepEqual((await call('ListDashboards', { DashboardNamePrefix: 'js' })).DashboardEntries.map((one) => one.DashboardName), ['js']);
  await call('DeleteDashboards', { DashboardNames: ['js'] });
  await assert.rejects(call('GetDashboard', { DashboardName: 'js' }), /does not exist/);
});
