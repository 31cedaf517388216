// Step Functions: a machine that waits for a person, one that fails and is caught, synchronous runs, versions.
'use strict';
const { test } = require('node:test');
const assert = require('node:assert/strict');
const sfn = require('@aws-sdk/client-sfn');
const { settings, refused, until, collect } = require('./scenario');

const client = new sfn.SFNClient(settings);
// "sync-127.0.0.1" is no address: who points the SDK at an address must switch the prefix off.
const direct = new sfn.SFNClient({ ...settings, disableHostPrefix: true });
const call = (name, input = {}, who = client) => who.send(new sfn[`${name}Command`](input));
const roleArn = 'arn:aws:iam::123456789012:role/any';
const machine = async (name, definition, more = {}) =>
  (await call('CreateStateMachine', { name, roleArn, definition: JSON.stringify(definition), ...more })).stateMachineArn;
const ended = (executionArn) => until(async () => {
  const execution = await call('DescribeExecution', { executionArn });
  return execution.status !== 'RUNNING' && execution;
});

test('a wave pauses at an activity, and a person lets it go on', async () => {
  const { activityArn } = await call('CreateActivity', { name: 'js-approval' });
  const arn = await machine('js-wave', { StartAt: 'Ask', States: { Ask: { Type: 'Task', Resource: activityArn, ResultPath: '$.by', End: true } } });
  const { executionArn } = await call('StartExecution', { stateMachineArn: arn, name: 'one', input: '{"list":[],"map":{}}' });
  assert.equal((await call('StartExecution', { stateMachineArn: arn, name: 'one', input: '{"list":[],"map":{}}' })).executionArn, executionArn);
  await refused(call('StartExecution', { stateMachineArn: arn, name: 'one', input: '{}' }), 'ExecutionAlreadyExists');
  const { taskToken } = await call('GetActivityTask', { activityArn, workerName: 'js' });
  await call('SendTaskHeartbeat', { taskToken });
  await call('SendTaskSuccess', { taskToken, output: '"operator"' });
  const execution = await ended(executionArn);
  assert.equal(execution.status, 'SUCCEEDED');
  assert.deepEqual(JSON.parse(execution.output), { list: [], map: {}, by: 'operator' });
  await refused(call('SendTaskSuccess', { taskToken, output: '1' }), 'TaskTimedOut', /.*/);
  const { items } = await collect(sfn.paginateGetExecutionHistory({ client, pageSize: 2 }, { executionArn }), 'events');
  assert.deepEqual(items.map((event) => event.id), items.map((_, index) => index + 1));
  assert.equal(items.at(-1).type, 'ExecutionSucceeded');
  await call('DeleteStateMachine', { stateMachineArn: arn });
});

test('an error is caught, an express machine answers at once', async () => {
  const arn = await machine('js-express', {
    StartAt: 'Try',
    States: {
      Try: { Type: 'Parallel', Branches: [{ StartAt: 'No', States: { No: { Type: 'Fail', Error: 'Late', Cause: 'too late' } } }],
        Catch: [{ ErrorEquals: ['Late'], ResultPath: '$.error', Next: 'Done' }], End: true },
      Done: { Type: 'Pass', End: true },
    },
  }, { type: 'EXPRESS' });
  const run = await call('StartSyncExecution', { stateMachineArn: arn, input: '{}' }, direct);
  assert.deepEqual([run.status, JSON.parse(run.output).error.Cause], ['SUCCEEDED', 'too late']);
  await call('DeleteStateMachine', { stateMachineArn: arn });
});

test('versions, and what is refused', async () => {
  const pass = { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } };
  const arn = await machine('js-versions', pass);
  const { stateMachineVersionArn } = await call('PublishStateMachineVersion', { stateMachineArn: arn });
  assert.equal(stateMachineVersionArn, `${arn}:1`);
  await refused(machine('js-bad', { StartAt: 'Nowhere', States: {} }), 'InvalidDefinition', /./);
  await refused(call('DescribeExecution', { executionArn: arn.replace('stateMachine', 'execution') + ':none' }), 'ExecutionDoesNotExist', /Execution Does Not Exist/);
  await call('DeleteStateMachine', { stateMachineArn: arn });
});
