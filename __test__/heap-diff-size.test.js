'use strict';
// Heaps that the originals could not diff: sizes above 2 and 4 GiB, very deep ones. Each
// in a process of its own with room enough.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { says } = require('./support/child.js');

const GIBIBYTE = 2 ** 30;

test('sizes above 4 GiB are right and positive', async () => {
  const [{ result, rss }] = await says(() => {
    const { HeapDiff } = require(ROOT);
    const diff = new HeapDiff();
    // Untouched pages are never created: this takes addresses, not memory.
    const kept = Array.from({ length: 5 }, () => Buffer.allocUnsafeSlow(2 ** 30));
    const result = diff.end();
    say({ result, rss: process.memoryUsage().rss, kept: kept.length });
  });
  assert.ok(rss < GIBIBYTE, `the test itself takes ${rss} bytes`);
  const native = result.change.details.find(({ what }) => what === 'Native');
  for (const part of [result.change, native]) {
    assert.ok(Math.abs(part.size_bytes - 5 * GIBIBYTE) < 1024 * 1024, `${part.size_bytes}`);
    assert.match(part.size, /^51(20|19|21)(\.\d+)? mb$/);
  }
  assert.ok(result.after.size_bytes > 5 * GIBIBYTE);
  assert.equal(result.change.size_bytes, result.after.size_bytes - result.before.size_bytes);
});

test('sizes above 4 GiB that were freed are as large and negative', async () => {
  const [result] = await says(async () => {
    const memwatch = require(ROOT);
    let kept = Array.from({ length: 5 }, () => Buffer.allocUnsafeSlow(2 ** 30));
    const diff = new memwatch.HeapDiff();
    kept = null;
    await turns(3);
    memwatch.gc();
    say(diff.end());
    return kept;
  });
  assert.ok(Math.abs(result.change.size_bytes + 5 * GIBIBYTE) < 1024 * 1024, result.change.size);
  assert.match(result.change.size, /^-51(20|19|21)(\.\d+)? mb$/);
});

test('a list of five million objects and a string of a million pieces can be diffed', async () => {
  const [{ change, length }] = await says(
    () => {
      const { HeapDiff } = require(ROOT);
      class Link {
        constructor(next) {
          this.next = next;
        }
      }
      const diff = new HeapDiff();
      let head = null;
      for (let i = 0; i < 5_000_000; i++) head = new Link(head);
      let text = '';
      for (let i = 0; i < 1_000_000; i++) text += String.fromCharCode(97 + (i % 26));
      const { change } = diff.end();
      say({ change, length: text.length, head: head === null });
    },
    { flags: ['--max-old-space-size=6000'] },
  );
  const links = change.details.find(({ what }) => what === 'Link');
  assert.equal(links['+'], 5_000_000);
  assert.equal(links.size_bytes % 5_000_000, 0);
  assert.equal(length, 1_000_000);
  // The list's objects, and for each piece a rope that is in no bucket.
  assert.ok(change.allocated_nodes > 5_900_000, `${change.allocated_nodes}`);
});

test('eighty thousand closures, each inside of the next, can be diffed', async () => {
  const [change] = await says(() => {
    const { HeapDiff } = require(ROOT);
    const diff = new HeapDiff();
    let nested = null;
    for (let i = 0; i < 80_000; i++)
      nested = (
        (inner) => () =>
          inner
      )(nested);
    const { change } = diff.end();
    say(change);
    return nested;
  });
  const closures = change.details.find(({ what }) => what === 'Closure');
  const net = closures['+'] - closures['-'];
  assert.ok(net >= 80_000 && net < 80_100, `${net}`);
});
