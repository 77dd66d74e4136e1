'use strict';
// How quiet a HeapDiff is: what it shows where nothing happened.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { says } = require('./support/child.js');

// The bounds that users of the original wrote their tests against, in bytes.
const NOTHING = 1024;
const NOTHING_ASYNC = 17 * 1024;

test('a no-op between the snapshots of a diff is below 1024 bytes, including the first', async () => {
  const [changes] = await says(() => {
    const { HeapDiff } = require(ROOT);
    const noop = () => {};
    const changes = [];
    for (let i = 0; i < 4; i++) {
      const diff = new HeapDiff();
      noop();
      changes.push(diff.end().change.size_bytes);
    }
    say(changes);
  });
  assert.equal(changes.length, 4);
  for (const change of changes) assert.ok(Math.abs(change) < NOTHING, `bytes: ${changes}`);
});

test('a no-op in compare() and update() is below 1024 bytes', async () => {
  const [changes] = await says(() => {
    const { HeapDiff } = require(ROOT);
    const diff = new HeapDiff();
    const changes = [];
    for (let i = 0; i < 3; i++) {
      changes.push(diff.compare().change.size_bytes);
      diff.update();
    }
    say(changes);
  });
  for (const change of changes) assert.ok(Math.abs(change) < NOTHING, `bytes: ${changes}`);
});

// V8's baseline compiler runs concurrently: on a busy machine the code of several warm functions, 7 and 10 KiB,
// may come within one and the same diff, so it is off here.
test('an asynchronous no-op is below 17 KiB', async () => {
  const [changes] = await says(
    async () => {
      const { HeapDiff } = require(ROOT);
      const changes = [];
      for (let i = 0; i < 4; i++) {
        const diff = new HeapDiff();
        await turns(3);
        changes.push(diff.end().change.size_bytes);
      }
      say(changes);
    },
    { flags: ['--no-sparkplug'] },
  );
  for (const change of changes) assert.ok(Math.abs(change) < NOTHING_ASYNC, `bytes: ${changes}`);
});

test('warm work that leaves nothing behind shows no change', async () => {
  const [changes] = await says(() => {
    const { HeapDiff } = require(ROOT);
    class Passing {}
    const work = () => Array.from({ length: 5000 }, () => new Passing()).length;
    for (let i = 0; i < 20; i++) work();
    new HeapDiff().end();
    const changes = [];
    for (let i = 0; i < 3; i++) {
      const diff = new HeapDiff();
      work();
      const { change } = diff.end();
      changes.push([change.size_bytes, change.details.some(({ what }) => what === 'Passing')]);
    }
    say(changes);
  });
  for (const [bytes, seen] of changes) {
    assert.equal(seen, false);
    assert.ok(Math.abs(bytes) < NOTHING_ASYNC, `${JSON.stringify(changes)}`);
  }
});
