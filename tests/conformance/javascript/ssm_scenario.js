// Systems Manager: parameters with versions and labels, a document of one's own, an automation and a command on a machine.
'use strict';
const { test } = require('node:test');
const assert = require('node:assert/strict');
const ssm = require('@aws-sdk/client-ssm');
const ec2 = require('@aws-sdk/client-ec2');
const { settings, refused, until, collect } = require('./scenario');

const client = new ssm.SSMClient(settings);
const call = (name, input = {}) => client.send(new ssm[`${name}Command`](input));

async function bastion() {
  const { Reservations } = await new ec2.EC2Client(settings).send(new ec2.DescribeInstancesCommand({
    Filters: [{ Name: 'tag:Role', Values: ['bastion'] }],
  }));
  return Reservations[0].Instances[0].InstanceId;
}

test('parameters have versions, labels, paths and secrets', async () => {
  for (const Value of ['one', 'two', 'three']) {
    await call('PutParameter', { Name: '/js/app/mode', Value, Type: 'String', Overwrite: true });
  }
  await call('PutParameter', { Name: '/js/app/key', Value: 'secret', Type: 'SecureString', Overwrite: true });
  await call('LabelParameterVersion', { Name: '/js/app/mode', ParameterVersion: 2, Labels: ['before-drill'] });
  assert.equal((await call('GetParameter', { Name: '/js/app/mode:before-drill' })).Parameter.Value, 'two');
  assert.notEqual((await call('GetParameter', { Name: '/js/app/key' })).Parameter.Value, 'secret');
  assert.equal((await call('GetParameter', { Name: '/js/app/key', WithDecryption: true })).Parameter.Value, 'secret');
  const { items, count } = await collect(
    ssm.paginateGetParametersByPath({ client, pageSize: 1 }, { Path: '/js', Recursive: true }), 'Parameters');
  assert.deepEqual([items.map((one) => one.Name), count], [['/js/app/key', '/js/app/mode'], 2]);
  const { Parameters } = await call('GetParameterHistory', { Name: '/js/app/mode' });
  assert.deepEqual(Parameters.map((one) => [one.Version, one.Labels]), [[1, []], [2, ['before-drill']], [3, []]]);
  await refused(call('PutParameter', { Name: '/js/app/mode', Value: 'x', Type: 'String' }), 'ParameterAlreadyExists');
  await refused(call('GetParameter', { Name: '/js/nothing' }), 'ParameterNotFound', /.*/);
  await refused(call('GetParameter', { Name: '/js/app/mode:9' }), 'ParameterVersionNotFound', /could not find version 9/);
  const image = await call('GetParameter', { Name: '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-6.1-x86_64' });
  assert.match(image.Parameter.Value, /^ami-/);
  const gone = await call('DeleteParameters', { Names: ['/js/app/key', '/js/app/mode', '/js/app/none'] });
  assert.deepEqual([gone.DeletedParameters.sort(), gone.InvalidParameters], [['/js/app/key', '/js/app/mode'], ['/js/app/none']]);
});

test('a document of one\'s own has versions', async () => {
  const Content = JSON.stringify({
    schemaVersion: '0.3', mainSteps: [{ name: 'wait', action: 'aws:sleep', inputs: { Duration: 'PT1S' } }],
  });
  const made = await call('CreateDocument', { Name: 'js-wait', DocumentType: 'Automation', DocumentFormat: 'JSON', Content });
  assert.equal(made.DocumentDescription.Status, 'Active');
  await call('UpdateDocument', { Name: 'js-wait', Content, DocumentVersion: '$LATEST' });
  await call('UpdateDocumentDefaultVersion', { Name: 'js-wait', DocumentVersion: '2' });
  const { DocumentVersions } = await call('ListDocumentVersions', { Name: 'js-wait' });
  assert.deepEqual(DocumentVersions.map((one) => [one.DocumentVersion, one.IsDefaultVersion]), [['2', true], ['1', false]]);
  const run = await call('StartAutomationExecution', { DocumentName: 'js-wait' });
  const done = await until(async () => {
    const { AutomationExecution } = await call('GetAutomationExecution', { AutomationExecutionId: run.AutomationExecutionId });
    return ['Success', 'Failed'].includes(AutomationExecution.AutomationExecutionStatus) && AutomationExecution;
  });
  assert.deepEqual([done.AutomationExecutionStatus, done.StepExecutions[0].StepStatus], ['Success', 'Success']);
  await call('DeleteDocument', { Name: 'js-wait' });
  await refused(call('GetDocument', { Name: 'js-wait' }), 'InvalidDocument', /does not exist/);
});

test('a command runs on a machine, and its waiter sees the end', async () => {
  const InstanceId = await bastion();
  const { Command } = await call('SendCommand', {
    DocumentName: 'AWS-RunShellScript', InstanceIds: [InstanceId], Parameters: { commands: ['uptime'] },
  });
  await ssm.waitUntilCommandExecuted({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { CommandId: Command.CommandId, InstanceId });
  const { CommandInvocations } = await call('ListCommandInvocations', { CommandId: Command.CommandId });
  assert.deepEqual(CommandInvocations.map((one) => [one.InstanceId, one.Status]), [[InstanceId, 'Success']]);
  await refused(call('CreateMaintenanceWindow', {
    Name: 'js', Schedule: 'rate(1 day)', Duration: 2, Cutoff: 1, AllowUnassociatedTargets: true,
  }), 'UnknownOperationException');
});
