// Route 53: a zone, a switch of DNS with a health check, and what may not be.
'use strict';
const { test } = require('node:test');
const assert = require('node:assert/strict');
const route53 = require('@aws-sdk/client-route-53');
const { settings, refused, waiting, collect } = require('./scenario');

const client = new route53.Route53Client(settings);
const call = (name, input = {}) => client.send(new route53[`${name}Command`](input));
const change = (zone, Action, ResourceRecordSet) => call('ChangeResourceRecordSets', {
  HostedZoneId: zone, ChangeBatch: { Changes: [{ Action, ResourceRecordSet }] },
});
const record = (role, address, more = {}) => ({
  Name: 'app.javascript.example.com', Type: 'A', TTL: 60, SetIdentifier: role, Failover: role,
  ResourceRecords: [{ Value: address }], ...more,
});

test('a failover pair with a health check, switched and taken away', async () => {
  const { HostedZone, DelegationSet } = await call('CreateHostedZone', { Name: 'javascript.example.com', CallerReference: `${Date.now()}` });
  const zone = HostedZone.Id;
  assert.equal(DelegationSet.NameServers.length, 4);
  const { HealthCheck } = await call('CreateHealthCheck', {
    CallerReference: `${Date.now()}`, HealthCheckConfig: { Type: 'HTTPS', FullyQualifiedDomainName: 'app.example.com' },
  });
  await change(zone, 'UPSERT', record('PRIMARY', '10.0.0.1', { HealthCheckId: HealthCheck.Id }));
  const { ChangeInfo } = await change(zone, 'UPSERT', record('SECONDARY', '10.0.0.2'));
  assert.equal(ChangeInfo.Status, 'PENDING');
  await route53.waitUntilResourceRecordSetsChanged(waiting(client), { Id: ChangeInfo.Id });
  const answer = await call('TestDNSAnswer', { HostedZoneId: zone, RecordName: 'app.javascript.example.com', RecordType: 'A' });
  assert.deepEqual(answer.RecordData, ['10.0.0.1']);
  const { items, count } = await collect(
    route53.paginateListHostedZones({ client, pageSize: 1 }, {}), 'HostedZones');
  assert.ok(items.some((one) => one.Id === zone) && count === items.length);
  await refused(call('DeleteHostedZone', { Id: zone }), 'HostedZoneNotEmpty');
  await refused(change(zone, 'DELETE', record('SECONDARY', '10.9.9.9')), 'InvalidChangeBatch', /values provided do not match/);
  await change(zone, 'DELETE', record('PRIMARY', '10.0.0.1', { HealthCheckId: HealthCheck.Id }));
  await change(zone, 'DELETE', record('SECONDARY', '10.0.0.2'));
  await call('DeleteHostedZone', { Id: zone });
  await call('DeleteHealthCheck', { HealthCheckId: HealthCheck.Id });
});

test('a private zone, seen from two networks and then one', async () => {
  const vpc = (id) => ({ VPCId: id, VPCRegion: 'us-east-1' });
  const { HostedZone } = await call('CreateHostedZone', {
    Name: 'inside.example.com', CallerReference: `p${Date.now()}`, VPC: vpc('vpc-0aaaaaaaaaaaaaaaa'),
  });
  await call('AssociateVPCWithHostedZone', { HostedZoneId: HostedZone.Id, VPC: vpc('vpc-0bbbbbbbbbbbbbbbb') });
  assert.equal((await call('GetHostedZone', { Id: HostedZone.Id })).VPCs.length, 2);
  await call('DisassociateVPCFromHostedZone', { HostedZoneId: HostedZone.Id, VPC: vpc('vpc-0aaaaaaaaaaaaaaaa') });
  await refused(call('DisassociateVPCFromHostedZone', { HostedZoneId: HostedZone.Id, VPC: vpc('vpc-0bbbbbbbbbbbbbbbb') }), 'LastVPCAssociation');
  const seen = await call('ListHostedZonesByVPC', vpc('vpc-0bbbbbbbbbbbbbbbb'));
  assert.deepEqual(seen.HostedZoneSummaries.map((one) => one.Name), ['inside.example.com.']);
  await call('DeleteHostedZone', { Id: HostedZone.Id });
});

test('what is not there', async () => {
  await refused(call('GetHostedZone', { Id: 'Z00000000000000000000' }), 'NoSuchHostedZone', /No hosted zone found/);
  await assert.rejects(call('GetDNSSEC', { HostedZoneId: 'Z00000000000000000000' }), { name: 'UnknownOperationException' });
});
