// EventBridge: a bus with a rule that leads to a topic, an archive and its replay.
'use strict';
const { test } = require('node:test');
const assert = require('node:assert/strict');
const events = require('@aws-sdk/client-eventbridge');
const sns = require('@aws-sdk/client-sns');
const { settings, refused, until } = require('./scenario');

const client = new events.EventBridgeClient(settings);
const call = (name, input = {}) => client.send(new events[`${name}Command`](input));
const put = (EventBusName, Detail) => call('PutEvents', { Entries: [{ EventBusName, Source: 'js', DetailType: 'drill', Detail: JSON.stringify(Detail) }] });

// What SNS was given, from the simulator's own list.
async function published(TopicArn) {
  const answer = await fetch(`${settings.endpoint}/_drsh/messages?topic=${encodeURIComponent(TopicArn)}`, { headers: { 'x-drsh-control': '1' } });
  return (await answer.json()).messages.map((one) => one.message);
}

test('an event reaches a topic through a transformer, is archived, and comes again', async () => {
  const bus = 'javascript';
  const { EventBusArn } = await call('CreateEventBus', { Name: bus });
  const { TopicArn } = await new sns.SNSClient(settings).send(new sns.CreateTopicCommand({ Name: 'javascript-events' }));
  await call('PutRule', { Name: 'js', EventBusName: bus, EventPattern: '{"detail":{"wave":[{"numeric":[">",1]}]}}', Tags: [{ Key: 'a', Value: 'b' }] });
  const target = { Id: 't', Arn: TopicArn, InputTransformer: { InputPathsMap: { w: '$.detail.wave' }, InputTemplate: '"wave <w> is over"' } };
  assert.equal((await call('PutTargets', { Rule: 'js', EventBusName: bus, Targets: [target] })).FailedEntryCount, 0);
  const { ArchiveArn } = await call('CreateArchive', { ArchiveName: 'js', EventSourceArn: EventBusArn });
  assert.equal((await put(bus, { wave: 1 })).FailedEntryCount, 0);
  await put(bus, { wave: 2 });
  await until(async () => (await published(TopicArn)).length === 1);
  assert.equal((await call('DescribeArchive', { ArchiveName: 'js' })).EventCount, 2);
  const year = 365 * 86400000;
  await call('StartReplay', {
    ReplayName: 'js', EventSourceArn: ArchiveArn, Destination: { Arn: EventBusArn },
    EventStartTime: new Date(Date.now() - year), EventEndTime: new Date(Date.now() + year),
  });
  await until(async () => (await call('DescribeReplay', { ReplayName: 'js' })).State === 'COMPLETED');
  assert.deepEqual(await published(TopicArn), ['"wave 2 is over"', '"wave 2 is over"']);
  await refused(call('DeleteRule', { Name: 'js', EventBusName: bus }), 'ValidationException', /since it has targets/);
  await call('RemoveTargets', { Rule: 'js', EventBusName: bus, Ids: ['t'] });
  await call('DeleteRule', { Name: 'js', EventBusName: bus });
  await call('DeleteArchive', { ArchiveName: 'js' });
  await call('DeleteEventBus', { Name: bus });
});

test('who may put events, and what is refused', async () => {
  await call('PutPermission', { StatementId: 's', Action: 'events:PutEvents', Principal: '210987654321' });
  assert.match((await call('DescribeEventBus', {})).Policy, /210987654321/);
  await call('RemovePermission', { StatementId: 's' });
  await refused(call('PutRule', { Name: 'bad', EventPattern: '{"source":"x"}' }), 'InvalidEventPatternException', /must be an object or an array/);
  await refused(call('DescribeRule', { Name: 'nowhere' }), 'ResourceNotFoundException', /Rule nowhere does not exist on EventBus default/);
  const { Entries } = await call('PutEvents', { Entries: [{ Source: 'aws.drs', DetailType: 'x', Detail: '{}' }] });
  assert.equal(Entries[0].ErrorCode, 'NotAuthorizedForSourceException');
  const event = { id: '1', account: '1', source: 'js', time: '2026-01-01T00:00:00Z', region: 'us-east-1', resources: [], 'detail-type': 'x', detail: {} };
  assert.equal((await call('TestEventPattern', { EventPattern: '{"source":["js"]}', Event: JSON.stringify(event) })).Result, true);
});
