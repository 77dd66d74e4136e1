'use strict';
// What a HeapDiff goes through: overlapping ones, compare() and update(), and what is left
// of those that are never ended.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { says } = require('./support/child.js');

/** How many of a class were added and removed, from the change. */
const counts = (change, what) => {
  const bucket = change.details.find((other) => other.what === what);
  return bucket === undefined ? [0, 0] : [bucket['+'], bucket['-']];
};

test('two overlapping diffs each report their own period', async () => {
  const [first, second] = await says(() => {
    const { HeapDiff } = require(ROOT);
    class First {}
    class Both {}
    class Second {}
    const kept = [];
    const make = (Class) => Array.from({ length: 100 }, () => kept.push(new Class()));
    const one = new HeapDiff();
    make(First);
    const two = new HeapDiff();
    make(Both);
    say(one.end().change);
    make(Second);
    say(two.end().change);
  });
  const seen = (change) => ['First', 'Both', 'Second'].map((what) => counts(change, what)[0]);
  assert.deepEqual(
    [seen(first), seen(second)],
    [
      [100, 100, 0],
      [0, 100, 100],
    ],
  );
});

test('each side has the time of its own snapshot, also where diffs overlap', async () => {
  const [times] = await says(() => {
    const { HeapDiff } = require(ROOT);
    const now = [Date.now()];
    const [one, two] = [new HeapDiff(), new HeapDiff()];
    const results = [one.end(), two.end()];
    say([now[0], ...results.map((r) => +r.before.time), ...results.map((r) => +r.after.time), Date.now()]);
  });
  // Node's clock and the system's may differ by a few milliseconds.
  for (let i = 1; i < times.length; i++) assert.ok(times[i] >= times[i - 1] - 100, `${times}`);
});

test('compare() reports everything since the start, repeatedly, and end() too', async () => {
  const [seen, same] = await says(() => {
    const { HeapDiff } = require(ROOT);
    class Step {}
    const kept = [];
    const diff = new HeapDiff();
    const results = [];
    for (let i = 0; i < 4; i++) {
      for (let k = 0; k < 50; k++) kept.push(new Step());
      results.push(i < 3 ? diff.compare() : diff.end());
    }
    say(results.map(({ change }) => change.details.find(({ what }) => what === 'Step')));
    say([new Set(results).size, new Set(results.map(({ before }) => before.size_bytes)).size]);
  });
  assert.deepEqual(
    seen.map((bucket) => bucket['+']),
    [50, 100, 150, 200],
  );
  assert.deepEqual(same, [4, 1], 'four results, one and the same base');
});

test('update() resets the start of the diff', async () => {
  const [returned, change] = await says(() => {
    const { HeapDiff } = require(ROOT);
    class Early {}
    class Late {}
    const kept = [];
    const diff = new HeapDiff();
    for (let i = 0; i < 100; i++) kept.push(new Early());
    say(diff.update() === undefined);
    for (let i = 0; i < 100; i++) kept.push(new Late());
    kept.splice(0, 30);
    say(diff.end().change);
  });
  assert.equal(returned, true);
  assert.deepEqual(
    [counts(change, 'Early'), counts(change, 'Late')],
    [
      [0, 30],
      [100, 0],
    ],
  );
});

test('a diff inside a stats handler causes no further stats', async () => {
  const said = await says(async () => {
    const memwatch = require(ROOT);
    let diff;
    let handled = 0;
    memwatch.on('stats', () => {
      handled++;
      const change = diff?.end().change;
      diff = new memwatch.HeapDiff();
      if (change) say(change.details.length > 0);
    });
    memwatch.gc();
    await turns();
    memwatch.gc();
    await turns();
    say(handled);
  });
  assert.deepEqual(said, [true, 2]);
});

test('a diff in a leak handler can be ended in the stats handler of the same collection', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    memwatch.set_consecutive_growth_limit(1);
    let diff;
    memwatch.on('leak', () => {
      diff = new memwatch.HeapDiff();
    });
    memwatch.on('stats', () => say(Object.keys(diff.end())));
    memwatch.gc();
  });
  assert.deepEqual(said, [['before', 'after', 'change']]);
});

test('diffs that are never ended free their memory when they are collected', async () => {
  const [{ kept, abandoned, node_count }] = await says(async () => {
    const memwatch = require(ROOT);
    // Wide enough that the columns of one diff exceed the noise of RSS.
    globalThis.ballast = Array.from({ length: 30_000 }, (_, i) => ({ i }));
    const ROUNDS = 16;
    const round = async () => {
      new memwatch.HeapDiff();
      await turns(2);
    };
    // What V8 took for a snapshot goes back to the system up to some seconds after the last one.
    const SETTLES_MS = 3500;
    const rss = async () => {
      let least = Infinity;
      for (const from = Date.now(); Date.now() - from < SETTLES_MS; ) {
        memwatch.gc();
        await new Promise((resolve) => setTimeout(resolve, 100));
        least = Math.min(least, process.memoryUsage().rss);
      }
      return least;
    };
    for (let i = 0; i < 3; i++) await round();
    const start = await rss();
    for (let i = 0; i < ROUNDS; i++) await round();
    const abandoned = (await rss()) - start;
    // The same with the diffs held: what it would come to if nothing were freed.
    const held = [];
    for (let i = 0; i < ROUNDS; i++) {
      held.push(new memwatch.HeapDiff());
      await turns(2);
    }
    const kept = (await rss()) - start;
    say({ kept, abandoned, node_count: held[0].end().before.nodes });
  });
  assert.ok(node_count > 30_000);
  assert.ok(kept > 16 * node_count, `16 diffs that are held take ${kept} bytes`);
  assert.ok(abandoned < kept / 2, `abandoned ones took ${abandoned} bytes, held ones ${kept}`);
});

test('a diff does not retain the objects it has seen', async () => {
  const [freed] = await says(async () => {
    const memwatch = require(ROOT);
    let big = { content: new Array(1000).fill(0) };
    const seen = new WeakRef(big);
    const diff = new memwatch.HeapDiff();
    big = null;
    await turns(3);
    memwatch.gc();
    say(seen.deref() === undefined);
    diff.end();
  });
  assert.equal(freed, true);
});

test('a diff left open at exit does no harm', async () => {
  const said = await says(() => {
    const { HeapDiff } = require(ROOT);
    globalThis.waiting = [new HeapDiff(), new HeapDiff()];
    process.on('exit', () => say(Object.keys(globalThis.waiting[0].end())));
  });
  assert.deepEqual(said, [['before', 'after', 'change']]);
});
