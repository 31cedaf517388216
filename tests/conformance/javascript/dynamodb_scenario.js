// DynamoDB: a table's life, items of every type, conditions, pages, transactions, batches.
'use strict';
const { test, before, after } = require('node:test');
const assert = require('node:assert/strict');
const dynamodb = require('@aws-sdk/client-dynamodb');
const lib = require('@aws-sdk/lib-dynamodb');
const { settings, refused, collect, waiting } = require('./scenario');

const client = new dynamodb.DynamoDBClient(settings);
const documents = lib.DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
const call = (name, input) => client.send(new dynamodb[`${name}Command`](input));
const item = (name, input) => documents.send(new lib[`${name}Command`]({ TableName, ...input }));
const TableName = 'javascript';

before(async () => {
  await call('CreateTable', {
    TableName, BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }, { AttributeName: 'n', AttributeType: 'N' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }, { AttributeName: 'n', KeyType: 'RANGE' }],
  });
  await dynamodb.waitUntilTableExists(waiting(client), { TableName });
});

after(async () => {
  await call('DeleteTable', { TableName });
  await dynamodb.waitUntilTableNotExists(waiting(client), { TableName });
});

test('an item of every type comes back as it went', async () => {
  const Item = { id: 'types', n: 1, text: 'é', list: [], map: {}, no: false, nothing: null, set: new Set(['a', 'b']), bytes: new Uint8Array([0, 255]) };
  await item('Put', { Item });
  const found = (await item('Get', { Key: { id: 'types', n: 1 }, ConsistentRead: true })).Item;
  assert.deepEqual({ ...found, bytes: new Uint8Array(found.bytes) }, Item);
  const digits = '12345678901234567890123456789012345678';
  await call('PutItem', { TableName, Item: { id: { S: 'digits' }, n: { N: digits } } });
  assert.equal((await call('GetItem', { TableName, Key: { id: { S: 'digits' }, n: { N: digits } } })).Item.n.N, digits);
});

test('sixty items come in pages, backwards', async () => {
  const requests = Array.from({ length: 60 }, (_, n) => ({ PutRequest: { Item: { id: 'pages', n } } }));
  for (let from = 0; from < 60; from += 25) {
    const answer = await documents.send(new lib.BatchWriteCommand({ RequestItems: { [TableName]: requests.slice(from, from + 25) } }));
    assert.deepEqual(answer.UnprocessedItems, {});
  }
  const { items, count } = await collect(lib.paginateQuery({ client: documents, pageSize: 25 }, {
    TableName, KeyConditionExpression: 'id = :id', ExpressionAttributeValues: { ':id': 'pages' }, ScanIndexForward: false,
  }), 'Items');
  assert.deepEqual([items.length, items[0].n, items[59].n, count], [60, 59, 0, 3]);
});

test('conditions, updates and transactions', async () => {
  const Key = { id: 'life', n: 1 };
  await item('Put', { Item: { ...Key, state: 'RUNNING' } });
  await refused(item('Put', { Item: Key, ConditionExpression: 'attribute_not_exists(id)' }), 'ConditionalCheckFailedException', /The conditional request failed/);
  const { Attributes } = await item('Update', {
    Key, UpdateExpression: 'SET #s = :p ADD hits :one', ConditionExpression: '#s = :r', ReturnValues: 'ALL_NEW',
    ExpressionAttributeNames: { '#s': 'state' }, ExpressionAttributeValues: { ':p': 'PAUSED', ':r': 'RUNNING', ':one': 1 },
  });
  assert.deepEqual(Attributes, { ...Key, state: 'PAUSED', hits: 1 });
  const failing = documents.send(new lib.TransactWriteCommand({ TransactItems: [
    { Update: { TableName, Key, UpdateExpression: 'SET hits = :z', ExpressionAttributeValues: { ':z': 0 } } },
    { ConditionCheck: { TableName, Key: { id: 'nobody', n: 1 }, ConditionExpression: 'attribute_exists(id)' } },
  ] }));
  await assert.rejects(failing, (error) => {
    assert.equal(error.name, 'TransactionCanceledException');
    assert.deepEqual(error.CancellationReasons.map((reason) => reason.Code), ['None', 'ConditionalCheckFailed']);
    return true;
  });
  assert.equal((await item('Get', { Key })).Item.hits, 1);
});

test('what is not there is refused as AWS does', async () => {
  await refused(call('Scan', { TableName: 'nowhere' }), 'ResourceNotFoundException', /Requested resource not found/);
  await refused(item('Get', { Key: { id: 'x' } }), 'ValidationException', /key element does not match the schema/);
});
