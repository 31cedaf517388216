// SNS: topics with tags and a policy, subscriptions with filters, messages alone and in batches.
'use strict';
const { test } = require('node:test');
const assert = require('node:assert/strict');
const sns = require('@aws-sdk/client-sns');
const { settings, refused, collect } = require('./scenario');

const client = new sns.SNSClient(settings);
const call = (name, input = {}) => client.send(new sns[`${name}Command`](input));

test('a topic is made once, tagged, opened to an account and taken away', async () => {
  const { TopicArn } = await call('CreateTopic', { Name: 'javascript', Tags: [{ Key: 'drill', Value: 'yes' }] });
  assert.equal((await call('CreateTopic', { Name: 'javascript' })).TopicArn, TopicArn);
  assert.deepEqual((await call('ListTagsForResource', { ResourceArn: TopicArn })).Tags, [{ Key: 'drill', Value: 'yes' }]);
  await call('AddPermission', { TopicArn, Label: 'partner', AWSAccountId: ['210987654321'], ActionName: ['Publish'] });
  const { Attributes } = await call('GetTopicAttributes', { TopicArn });
  assert.equal(JSON.parse(Attributes.Policy).Statement[1].Sid, 'partner');
  await call('RemovePermission', { TopicArn, Label: 'partner' });
  const { items } = await collect(sns.paginateListTopics({ client }, {}), 'Topics');
  assert.ok(items.some((topic) => topic.TopicArn === TopicArn));
  await call('DeleteTopic', { TopicArn });
  await refused(call('GetTopicAttributes', { TopicArn }), 'NotFoundException', /Topic does not exist/);
});

test('subscriptions have filters, and unsound ones are refused', async () => {
  const { TopicArn } = await call('CreateTopic', { Name: 'javascript-filters' });
  const queue = 'arn:aws:sqs:us-east-1:123456789012:javascript';
  const { SubscriptionArn } = await call('Subscribe', {
    TopicArn, Protocol: 'sqs', Endpoint: queue, Attributes: { FilterPolicy: '{"tier":["web"]}' }, ReturnSubscriptionArn: true,
  });
  assert.equal((await call('GetSubscriptionAttributes', { SubscriptionArn })).Attributes.FilterPolicy, '{"tier":["web"]}');
  await refused(call('SetSubscriptionAttributes', {
    SubscriptionArn, AttributeName: 'FilterPolicy', AttributeValue: '{"tier":[{"nonsense":1}]}',
  }), 'InvalidParameterException', /Unrecognized match type nonsense/);
  await refused(call('Subscribe', { TopicArn, Protocol: 'email', Endpoint: 'nobody' }), 'InvalidParameterException', /Email address/);
  await call('Unsubscribe', { SubscriptionArn });
  assert.deepEqual((await call('ListSubscriptionsByTopic', { TopicArn })).Subscriptions ?? [], []);
});

test('messages go out alone, in batches and once only', async () => {
  const { TopicArn } = await call('CreateTopic', { Name: 'javascript.fifo', Attributes: { FifoTopic: 'true' } });
  const message = { TopicArn, Message: 'over', MessageGroupId: 'g', MessageDeduplicationId: 'once' };
  const first = await call('Publish', message);
  assert.match(first.SequenceNumber, /^\d{20}$/);
  assert.equal((await call('Publish', message)).MessageId, first.MessageId);
  await refused(call('Publish', { TopicArn, Message: 'x' }), 'InvalidParameterException', /MessageGroupId parameter is required/);
  const plain = await call('CreateTopic', { Name: 'javascript-batch' });
  const batch = await call('PublishBatch', { TopicArn: plain.TopicArn, PublishBatchRequestEntries: [
    { Id: 'a', Message: '1', MessageAttributes: { n: { DataType: 'Number', StringValue: '1' } } }, { Id: 'b', Message: '' },
  ] });
  assert.deepEqual(batch.Successful.map((entry) => entry.Id), ['a']);
  assert.deepEqual(batch.Failed.map((entry) => [entry.Id, entry.SenderFault]), [['b', true]]);
});
