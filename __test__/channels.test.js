'use strict';
// diagnostics_channel: each collection, stats and leak, for those who subscribe, from when
// they do until they stop; nothing for the others.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { channel } = require('node:diagnostics_channel');
const memwatch = require('..');
const { ended, program, says } = require('./support/child.js');
const { thread } = require('./support/worker.js');

const turns = async (count = 30) => {
  while (count-- > 0) await new Promise((resolve) => setImmediate(resolve));
};

/** Subscribes for the time of `during`; what came. */
async function heard(name, during) {
  const messages = [];
  const listener = (message, from) => {
    assert.equal(from, name);
    messages.push(message);
  };
  channel(name).subscribe(listener);
  try {
    await during();
    await turns();
  } finally {
    channel(name).unsubscribe(listener);
  }
  return messages;
}

function makeGarbage() {
  let kept;
  for (let i = 0; i < 2_000_000; i++) kept = { kept: i };
  return kept;
}

test('memwatch:gc publishes every GC cycle with its kind, its pause and its end', async () => {
  const before = Date.now();
  const messages = await heard('memwatch:gc', () => {
    memwatch.gc();
    makeGarbage();
  });
  assert.deepEqual(new Set(messages.map(({ kind }) => kind)), new Set(['major', 'minor']));
  for (const message of messages) {
    assert.deepEqual(Object.keys(message), ['kind', 'pauseMs', 'endedAt']);
    assert.ok(message.pauseMs > 0);
    assert.ok(message.endedAt >= before - 1 && message.endedAt <= Date.now() + 1);
  }
  const ends = messages.map(({ endedAt }) => endedAt);
  assert.deepEqual(
    ends,
    [...ends].sort((a, b) => a - b),
  );
});

test('a subscriber gets no message from before it subscribed or after it unsubscribed', async () => {
  makeGarbage();
  memwatch.gc();
  await turns();
  assert.deepEqual(await heard('memwatch:gc', () => {}), []);
  const messages = await heard('memwatch:gc', () => memwatch.gc());
  assert.ok(messages.length > 0);
  const count = messages.length;
  memwatch.gc();
  await turns();
  assert.equal(messages.length, count);
});

test('memwatch:stats publishes the object of the event', async () => {
  const event = new Promise((resolve) => memwatch.once('stats', resolve));
  const messages = await heard('memwatch:stats', () => memwatch.gc());
  assert.deepEqual(messages, [await event]);
});

test('memwatch:stats reaches a subscriber when the event has no listener', async () => {
  assert.equal(memwatch.listenerCount('stats'), 0);
  const messages = await heard('memwatch:stats', () => memwatch.gc());
  assert.equal(messages.length, 1);
  assert.ok(messages[0].current_base > 0);
});

test('memwatch:leak publishes the object of the event', async () => {
  const [event, messages] = await says(async () => {
    const memwatch = require(ROOT);
    const { subscribe } = require('node:diagnostics_channel');
    const messages = [];
    subscribe('memwatch:leak', (message) => messages.push(message));
    const event = new Promise((resolve) => memwatch.once('leak', resolve));
    const kept = [];
    for (let i = 0; i < 6; i++) {
      kept.push(new Array(100_000).fill(i));
      memwatch.gc();
    }
    say(await event);
    say(messages);
  });
  assert.deepEqual(messages, [event]);
});

test('a subscriber from before memwatch was loaded gets the first GC cycle too', async () => {
  const [isTold] = await says(async () => {
    const { channel } = require('node:diagnostics_channel');
    const kinds = [];
    const early = channel('memwatch:gc');
    early.subscribe((/** @type {any} */ { kind }) => void kinds.push(kind));
    const memwatch = require(ROOT);
    memwatch.gc();
    await turns();
    say(kinds.includes('major'));
  });
  assert.equal(isTold, true);
});

test('a subscriber that throws is an uncaught exception, and the next messages still come', async () => {
  const [kinds, errors] = await says(async () => {
    const memwatch = require(ROOT);
    const { subscribe } = require('node:diagnostics_channel');
    const errors = [];
    process.on('uncaughtException', ({ message }) => errors.push(message));
    const kinds = [];
    subscribe('memwatch:gc', (/** @type {any} */ { kind }) => {
      kinds.push(kind);
      throw new Error('mine');
    });
    memwatch.gc();
    await turns();
    const first = kinds.length;
    memwatch.gc();
    await turns();
    say([first, kinds.length]);
    say([...new Set(errors)]);
  });
  assert.ok(kinds[0] > 0 && kinds[1] > kinds[0]);
  assert.deepEqual(errors, ['mine']);
});

test('a subscriber does not keep a process alive, and its exit does no harm', async () => {
  const outcome = await program(() => {
    require('node:diagnostics_channel').subscribe('memwatch:gc', () => {});
    const memwatch = require(ROOT);
    memwatch.gc();
    process.on('exit', () => memwatch.gc());
  });
  ended(outcome);
});

test('terminating a worker with a subscriber does no harm', async () => {
  const { worker, errors, exit } = thread(() => {
    require('node:diagnostics_channel').subscribe('memwatch:gc', (/** @type {any} */ { kind }) => say(kind));
    const memwatch = require(ROOT);
    setInterval(() => memwatch.gc(), 1);
  });
  const kind = await new Promise((resolve) => worker.once('message', resolve));
  assert.match(kind, /^(major|minor|incremental|weakcb)$/);
  await worker.terminate();
  await exit;
  assert.deepEqual(errors, []);
});
