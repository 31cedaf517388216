// What the scenarios share: clients of the local AWS, and words for what they look at.
'use strict';
const assert = require('node:assert/strict');

const settings = {
  region: 'us-east-1',
  endpoint: process.env.AWS_ENDPOINT_URL,
  maxAttempts: 2,
  credentials: {
    accessKeyId: process.env.AWS_ACCESS_KEY_ID,
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
  },
};

// The promise is refused with this error name, and a message that fits.
async function refused(promise, name, message = /./) {
  await assert.rejects(promise, (error) => {
    assert.equal(error.name, name, `${error.name}: ${error.message}`);
    assert.match(error.message, message);
    return true;
  });
}

// Asks until the answer is truthy; gives it.
async function until(ask, seconds = 30) {
  for (const end = Date.now() + seconds * 1000; Date.now() < end;) {
    const answer = await ask();
    if (answer) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`did not come true within ${seconds} s`);
}

// All items of a paginator's pages, and how many pages there were.
async function collect(pages, member) {
  const items = [];
  let count = 0;
  for await (const page of pages) {
    items.push(...page[member]);
    count += 1;
  }
  return { items, count };
}

// Waits as the SDK's waiters do, quickly.
const waiting = (client) => ({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 });

module.exports = { settings, refused, until, collect, waiting };
