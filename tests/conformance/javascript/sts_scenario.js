// STS: who am I, sessions, and the four ways in which a signature is refused.
'use strict';
const { test } = require('node:test');
const assert = require('node:assert/strict');
const sts = require('@aws-sdk/client-sts');
const { settings, refused } = require('./scenario');

const client = new sts.STSClient(settings);
const withKeys = (credentials, more = {}) => new sts.STSClient({ ...settings, ...more, credentials });
const whoAmI = (who) => who.send(new sts.GetCallerIdentityCommand({}));

test('the caller has an account, an ARN and a user id', async () => {
  const me = await whoAmI(client);
  assert.equal(me.Account, '123456789012');
  assert.match(me.Arn, /^arn:aws:iam::123456789012:/);
  assert.ok(me.UserId);
});

test('a role of another account is assumed with its external id, and its keys sign', async () => {
  const asked = {
    RoleArn: 'arn:aws:iam::210987654321:role/DRSOrchestrationCrossAccountRole', RoleSessionName: 'javascript',
    ExternalId: 'drsh-sample-7c1f', DurationSeconds: 900,
  };
  const { Credentials: keys, AssumedRoleUser: user } = await client.send(new sts.AssumeRoleCommand(asked));
  assert.match(keys.AccessKeyId, /^ASIA/);
  assert.ok(keys.Expiration > new Date());
  const session = { accessKeyId: keys.AccessKeyId, secretAccessKey: keys.SecretAccessKey, sessionToken: keys.SessionToken };
  const me = await whoAmI(withKeys(session));
  assert.equal(me.Account, '210987654321');
  assert.equal(me.Arn, user.Arn);
  await refused(whoAmI(withKeys({ ...session, sessionToken: 'another' })), 'InvalidClientTokenId');
  await refused(client.send(new sts.AssumeRoleCommand({ ...asked, ExternalId: 'wrong' })), 'AccessDenied', /not authorized to perform/);
});

test('a session of one\'s own, and of a federated user', async () => {
  const own = await client.send(new sts.GetSessionTokenCommand({ DurationSeconds: 900 }));
  assert.match(own.Credentials.AccessKeyId, /^ASIA/);
  const other = await client.send(new sts.GetFederationTokenCommand({ Name: 'drill' }));
  assert.equal(other.FederatedUser.Arn, 'arn:aws:sts::123456789012:federated-user/drill');
  const info = await client.send(new sts.GetAccessKeyInfoCommand({ AccessKeyId: own.Credentials.AccessKeyId }));
  assert.equal(info.Account, '123456789012');
});

test('a wrong secret, an unknown key and a wrong clock are refused in AWS\'s words', async () => {
  await refused(whoAmI(withKeys({ ...settings.credentials, secretAccessKey: 'wrong' })), 'SignatureDoesNotMatch',
    /signature we calculated does not match/);
  await refused(whoAmI(withKeys({ accessKeyId: 'AKIAUNKNOWN000000000', secretAccessKey: 'x' })), 'InvalidClientTokenId',
    /security token included in the request is invalid/);
  // The SDK corrects its clock by the Date of the first refusal; one try shows the refusal itself.
  await refused(whoAmI(withKeys(settings.credentials, { systemClockOffset: -3600000, maxAttempts: 1 })), 'SignatureDoesNotMatch',
    /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z/);
});
