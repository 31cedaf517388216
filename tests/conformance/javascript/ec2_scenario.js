// EC2: a network is built, a machine launched from a template, its disk moved to another, and all of it taken away again.
'use strict';
const { test } = require('node:test');
const assert = require('node:assert/strict');
const ec2 = require('@aws-sdk/client-ec2');
const { settings, refused, until, collect, waiting } = require('./scenario');

const client = new ec2.EC2Client(settings);
const call = (name, input = {}) => client.send(new ec2[`${name}Command`](input));
const running = (ids) => ec2.waitUntilInstanceRunning(waiting(client), { InstanceIds: ids });

async function network() {
  const { Vpc } = await call('CreateVpc', { CidrBlock: '10.9.0.0/16' });
  const { Subnet } = await call('CreateSubnet', { VpcId: Vpc.VpcId, CidrBlock: '10.9.1.0/24', AvailabilityZone: 'us-east-1b' });
  const group = await call('CreateSecurityGroup', { GroupName: 'javascript', Description: 'a scenario', VpcId: Vpc.VpcId });
  const rule = await call('AuthorizeSecurityGroupIngress', {
    GroupId: group.GroupId,
    IpPermissions: [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '10.0.0.0/8', Description: 'inside' }] }],
  });
  assert.equal(rule.SecurityGroupRules[0].CidrIpv4, '10.0.0.0/8');
  return { vpc: Vpc.VpcId, subnet: Subnet.SubnetId, group: group.GroupId };
}

async function launch(place, count) {
  const { LaunchTemplate } = await call('CreateLaunchTemplate', {
    LaunchTemplateName: 'javascript',
    LaunchTemplateData: { ImageId: 'ami-0c101f26f147fa7fd', InstanceType: 't3.micro', SecurityGroupIds: [place.group] },
  });
  const { Instances } = await call('RunInstances', {
    LaunchTemplate: { LaunchTemplateId: LaunchTemplate.LaunchTemplateId, Version: '$Latest' }, SubnetId: place.subnet,
    MinCount: count, MaxCount: count, InstanceType: 't3.small',
    TagSpecifications: [{ ResourceType: 'instance', Tags: [{ Key: 'Name', Value: 'javascript' }] }],
  });
  return { template: LaunchTemplate.LaunchTemplateId, ids: Instances.map((instance) => instance.InstanceId), first: Instances[0] };
}

async function moveDisk([from, to]) {
  const { Volumes } = await call('DescribeVolumes', { Filters: [{ Name: 'attachment.instance-id', Values: [from] }] });
  const { SnapshotId } = await call('CreateSnapshot', { VolumeId: Volumes[0].VolumeId });
  await ec2.waitUntilSnapshotCompleted(waiting(client), { SnapshotIds: [SnapshotId] });
  const made = await call('CreateVolume', { SnapshotId, AvailabilityZone: 'us-east-1b', VolumeType: 'gp3' });
  assert.equal(made.Size, Volumes[0].Size);
  await ec2.waitUntilVolumeAvailable(waiting(client), { VolumeIds: [made.VolumeId] });
  await call('AttachVolume', { VolumeId: made.VolumeId, InstanceId: to, Device: '/dev/sdf' });
  await refused(call('DeleteVolume', { VolumeId: made.VolumeId }), 'VolumeInUse', /is currently attached to/);
  const { Reservations } = await call('DescribeInstances', { InstanceIds: [to] });
  assert.deepEqual(Reservations[0].Instances[0].BlockDeviceMappings.map((device) => device.DeviceName), ['/dev/xvda', '/dev/sdf']);
  await call('DetachVolume', { VolumeId: made.VolumeId });
  await call('DeleteVolume', { VolumeId: made.VolumeId });
  await call('DeleteSnapshot', { SnapshotId });
}

async function moveAddress([from, to]) {
  const { AllocationId, PublicIp } = await call('AllocateAddress', { Domain: 'vpc' });
  await call('AssociateAddress', { AllocationId, InstanceId: from });
  await refused(call('AssociateAddress', { AllocationId, InstanceId: to }), 'Resource.AlreadyAssociated');
  const { AssociationId } = await call('AssociateAddress', { AllocationId, InstanceId: to, AllowReassociation: true });
  const found = await call('DescribeInstances', { Filters: [{ Name: 'ip-address', Values: [PublicIp] }] });
  assert.equal(found.Reservations[0].Instances[0].InstanceId, to);
  await call('DisassociateAddress', { AssociationId });
  await call('ReleaseAddress', { AllocationId });
}

test('a network, two machines, a disk and an address between them', async () => {
  const place = await network();
  const { template, ids, first } = await launch(place, 2);
  assert.equal(first.State.Name, 'pending');
  assert.equal(first.InstanceType, 't3.small');
  assert.equal(first.Placement.AvailabilityZone, 'us-east-1b');
  assert.match(first.PrivateIpAddress, /^10\.9\.1\./);
  assert.deepEqual(first.SecurityGroups.map((group) => group.GroupId), [place.group]);
  await running(ids);
  await moveDisk(ids);
  await moveAddress(ids);
  await refused(call('ModifyInstanceAttribute', { InstanceId: ids[0], InstanceType: { Value: 't3.large' } }), 'IncorrectInstanceState');
  await refused(call('DeleteSecurityGroup', { GroupId: place.group }), 'DependencyViolation');
  await call('TerminateInstances', { InstanceIds: ids });
  await ec2.waitUntilInstanceTerminated(waiting(client), { InstanceIds: ids });
  await call('DeleteLaunchTemplate', { LaunchTemplateId: template });
  await until(() => call('DeleteSubnet', { SubnetId: place.subnet }).then(() => true, () => false));
  await call('DeleteSecurityGroup', { GroupId: place.group });
  await call('DeleteVpc', { VpcId: place.vpc });
});

test('instances come in pages, and by tag', async () => {
  const { items, count } = await collect(
    ec2.paginateDescribeInstances({ client, pageSize: 5 }, { Filters: [{ Name: 'tag-key', Values: ['Role'] }] }), 'Reservations');
  assert.ok(items.length >= 1 && count >= 1);
  assert.ok(items.every((one) => one.Instances[0].Tags.some((tag) => tag.Key === 'Role')));
});

test('what would happen, and what cannot', async () => {
  await refused(call('RunInstances', { ImageId: 'ami-0c101f26f147fa7fd', MinCount: 1, MaxCount: 1, DryRun: true }), 'DryRunOperation',
    /Request would have succeeded/);
  await refused(call('DescribeInstances', { InstanceIds: ['i-00000000000000abc'] }), 'InvalidInstanceID.NotFound');
  await refused(call('DescribeInstances', { InstanceIds: ['web'] }), 'InvalidInstanceID.Malformed');
  await refused(call('CreateFleet', {
    LaunchTemplateConfigs: [], TargetCapacitySpecification: { TotalTargetCapacity: 1 },
  }), 'InvalidAction', /action CreateFleet is not valid/);
});
