// DRS: a drill from its source servers to its recovery instances and their end.
'use strict';
const { test } = require('node:test');
const assert = require('node:assert/strict');
const drs = require('@aws-sdk/client-drs');
const ec2 = require('@aws-sdk/client-ec2');
const { settings, refused, until, collect } = require('./scenario');

const client = new drs.DrsClient(settings);
const call = (name, input = {}) => client.send(new drs[`${name}Command`](input));
const done = (jobID) => until(async () => {
  const { items: [job] } = await call('DescribeJobs', { filters: { jobIDs: [jobID] } });
  return job.status === 'COMPLETED' && job;
});

test('a drill of two servers is launched, looked at and ended', async () => {
  const { items: servers, count } = await collect(drs.paginateDescribeSourceServers({ client, pageSize: 5 }, {}), 'items');
  assert.ok(count > 1 && new Set(servers.map((one) => one.sourceServerID)).size === servers.length);
  const chosen = servers.filter((one) => one.tags.Tier === 'application').slice(0, 2).map((one) => one.sourceServerID);
  const { job } = await call('StartRecovery', {
    isDrill: true, sourceServers: chosen.map((sourceServerID) => ({ sourceServerID })), tags: { by: 'javascript' },
  });
  assert.deepEqual([job.type, job.initiatedBy, job.status], ['LAUNCH', 'START_DRILL', 'PENDING']);
  await refused(call('StartRecovery', { isDrill: true, sourceServers: [{ sourceServerID: chosen[0] }] }), 'ConflictException',
    /currently being processed by a Job/);
  const ended = await done(job.jobID);
  assert.deepEqual(ended.participatingServers.map((one) => one.launchStatus), ['LAUNCHED', 'LAUNCHED']);
  const { items: log } = await collect(drs.paginateDescribeJobLogItems({ client }, { jobID: job.jobID }), 'items');
  assert.equal(log.at(-1).event, 'JOB_END');
  const { items: instances } = await call('DescribeRecoveryInstances', { filters: { sourceServerIDs: chosen } });
  const ids = instances.filter((one) => one.jobID === job.jobID).map((one) => one.recoveryInstanceID);
  assert.equal(ids.length, 2);
  const machines = await new ec2.EC2Client(settings).send(new ec2.DescribeInstancesCommand({ InstanceIds: ids }));
  assert.ok(machines.Reservations.every((one) => one.Instances[0].State.Name === 'running'));
  const ending = await call('TerminateRecoveryInstances', { recoveryInstanceIDs: ids });
  await done(ending.job.jobID);
  assert.deepEqual((await call('DescribeRecoveryInstances', { filters: { recoveryInstanceIDs: ids } })).items, []);
});

test('settings, tags and what is refused', async () => {
  const { items: [server] } = await call('DescribeSourceServers', { maxResults: 1 });
  const { sourceServerID, arn } = server;
  const changed = await call('UpdateLaunchConfiguration', { sourceServerID, copyPrivateIp: true });
  assert.equal(changed.copyPrivateIp, true);
  await call('UpdateLaunchConfiguration', { sourceServerID, copyPrivateIp: false });
  await call('TagResource', { resourceArn: arn, tags: { javascript: 'yes' } });
  assert.equal((await call('ListTagsForResource', { resourceArn: arn })).tags.javascript, 'yes');
  await call('UntagResource', { resourceArn: arn, tagKeys: ['javascript'] });
  await refused(call('GetLaunchConfiguration', { sourceServerID: 's-00000000000000000' }), 'ResourceNotFoundException');
  await refused(call('StartRecovery', { sourceServers: [] }), 'ValidationException');
});
