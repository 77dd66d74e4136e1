'use strict';
// The `leak` event: the original rule on real heaps. The rule's arithmetic is tested in
// the crate.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const memwatch = require('..');
const { says, ended, fixture } = require('./support/child.js');
const { LEAK_KEYS, LEAK_REASON, size } = require('./support/contract.js');

/**
 * A program that leaks `rounds` times and collects each time by force.
 * @param {{ rounds?: number, limit?: number, leakyRounds?: number, detector?: string }} [how]
 */
async function forced({ rounds = 5, limit, leakyRounds = rounds, detector = 'both' } = {}) {
  const [events] = await says(
    async ({ rounds, limit, leakyRounds, detector }) => {
      const memwatch = require(ROOT);
      memwatch.configure({ detector });
      if (limit !== undefined) memwatch.set_consecutive_growth_limit(limit);
      const events = [];
      memwatch.on('leak', (leak) => {
        const dates = [leak.start, leak.end].map((time) => time instanceof Date && time.getTime());
        events.push(['leak', { keys: Object.keys(leak), ...leak, start: dates[0], end: dates[1] }]);
      });
      memwatch.on('stats', (stats) => events.push(['stats', stats]));
      let kept = [];
      for (let i = 0; i < rounds; i++) {
        if (i < leakyRounds) kept.push(new Array(100_000).fill(i));
        else kept = [];
        memwatch.gc();
      }
      await turns();
      say(events);
      return kept;
    },
    { input: { rounds, limit, leakyRounds, detector } },
  );
  return events;
}

const names = (events) => events.map(([name]) => name);
const only = (events, wanted) => events.filter(([name]) => name === wanted).map(([, payload]) => payload);

test('five forced GCs of a growing heap emit leak once, before the fifth stats', async () => {
  const events = await forced();
  assert.deepEqual(names(events), ['stats', 'stats', 'stats', 'stats', 'leak', 'stats']);
});

test('a leak has start, end, growth and reason first, from its own GC cycles', async () => {
  const events = await forced();
  const [leak] = only(events, 'leak');
  const stats = only(events, 'stats');
  assert.deepEqual(leak.keys, LEAK_KEYS);
  assert.equal(leak.start, Math.floor(stats[0].gc_ts / 1000));
  assert.equal(leak.end, Math.floor(stats[4].gc_ts / 1000));
  assert.equal(leak.growth, stats[4].current_base - stats[0].current_base);
  assert.ok(leak.growth > 4 * 100_000 * 4, `${leak.growth} bytes`);
});

test('the reason is the original text with a real rate, also for less than a second', async () => {
  const events = await forced();
  const [{ reason, growth }] = only(events, 'leak');
  const stats = only(events, 'stats');
  const parts = LEAK_REASON.exec(reason);
  assert.notEqual(parts, null, reason);
  const [, collections, duration, rate] = parts;
  const seconds = (stats[4].gc_ts - stats[0].gc_ts) / 1e6;
  assert.equal(collections, '5');
  assert.equal(duration, `${Math.floor(seconds)}s`);
  assert.equal(rate, size(Math.trunc(growth / (seconds / 3600))));
});

/** How many collections there were before each leak. */
const toldAfter = (events) =>
  names(events).flatMap((name, index, all) =>
    name === 'leak' ? [all.slice(0, index).filter((other) => other === 'stats').length] : [],
  );

test("with detector 'consecutive' the count restarts after a leak, as in memwatch-ng", async () => {
  const events = await forced({ rounds: 11, detector: 'consecutive' });
  assert.deepEqual(toldAfter(events), [4, 9]);
  for (const { state, confidence } of only(events, 'leak')) assert.deepEqual([state, confidence], ['unknown', null]);
});

test('with both detectors continued growth is one leak', async () => {
  assert.deepEqual(toldAfter(await forced({ rounds: 21 })), [4]);
});

test('growth that was freed is a new leak when it returns', async () => {
  const [leaks] = await says(async () => {
    const memwatch = require(ROOT);
    let leaks = 0;
    memwatch.on('leak', () => leaks++);
    for (let time = 0; time < 2; time++) {
      let kept = [];
      for (let i = 0; i < 6; i++) {
        kept.push(new Array(100_000).fill(i));
        memwatch.gc();
      }
      kept = [];
      memwatch.gc();
    }
    await turns();
    say(leaks);
  });
  assert.equal(leaks, 2);
});

test('set_consecutive_growth_limit(3) emits leak after three, and its reason says 3', async () => {
  const events = await forced({ rounds: 3, limit: 3 });
  assert.deepEqual(names(events), ['stats', 'stats', 'leak', 'stats']);
  assert.equal(LEAK_REASON.exec(only(events, 'leak')[0].reason)[1], '3');
});

test('a heap that shrinks once in between emits no leak', async () => {
  const events = await forced({ rounds: 8, leakyRounds: 4 });
  assert.deepEqual(names(events), Array(8).fill('stats'));
});

test('a heap of constant size emits no leak', async () => {
  const [leaks, collections] = await says(async () => {
    const memwatch = require(ROOT);
    let [leaks, collections] = [0, 0];
    memwatch.on('leak', () => leaks++);
    memwatch.on('stats', () => collections++);
    // A cache that is filled and dropped: every fourth collection sees it empty.
    let cache = [];
    for (let i = 0; i < 40; i++) {
      if (i % 4 === 3) cache = [];
      else cache.push(new Array(50_000).fill(i));
      memwatch.gc();
      await turns(2);
    }
    await turns();
    say(leaks);
    say(collections);
  });
  assert.deepEqual([leaks, collections], [0, 40]);
});

test('a leak in a program that never calls gc() is reported', async () => {
  const { said } = ended(await fixture('leaky.js', { flags: ['--max-old-space-size=400'] }));
  const [{ leak, stats, kept }] = said;
  // By whichever detector is first: it leaks so fast that this is a matter of a collection.
  if (leak.detector === 'consecutive') assert.match(leak.reason, LEAK_REASON);
  else assert.equal(leak.state, 'confirmed');
  assert.ok(leak.growth > 0 && leak.growth < stats.heap_size_limit, `${leak.growth}`);
  assert.ok(stats.num_full_gc >= 5);
  assert.ok(kept > 0);
});

test('the trend detector reports no leak for a program with many objects and no leak', async () => {
  const { said } = ended(await fixture('busy.js', { flags: ['--max-old-space-size=400'] }));
  const [{ leaks, full }] = said;
  assert.equal(leaks, 0);
  assert.ok(full >= 8, `${full} full collections`);
});

test('the setters accept integers from 1 on and ignore other values', () => {
  for (const [name, value] of [
    ['consecutive_growth_limit', 5],
    ['recent_period', 10],
    ['ancient_period', 120],
    ['extremes_period', 3],
  ]) {
    const [get, set] = [memwatch[`get_${name}`], memwatch[`set_${name}`]];
    set(7);
    assert.equal(get(), 7, `${name}`);
    for (const nonsense of [undefined, null, '9', true, {}, [9], () => 9, Symbol('9'), 9n, NaN, Infinity]) {
      assert.equal(set(nonsense), undefined);
      assert.equal(get(), 7, `${name} after ${String(nonsense)}`);
    }
    set();
    assert.equal(get(), 7);
    set(4.9);
    assert.equal(get(), 4, 'numbers are cut to whole ones');
    for (const low of [0, -3]) {
      set(low);
      assert.equal(get(), 1, `${name} of ${low}`);
    }
    set(value);
  }
});

test('extremes_period sets when min and max are reported, recent_period the length of the average', async () => {
  const [seen] = await says(async () => {
    const memwatch = require(ROOT);
    memwatch.set_extremes_period(1);
    memwatch.set_recent_period(2);
    memwatch.set_ancient_period(3);
    const seen = [];
    memwatch.on('stats', (stats) => seen.push(stats));
    const kept = [];
    for (let i = 0; i < 3; i++) {
      kept.push(new Array(200_000).fill(i));
      memwatch.gc();
    }
    await turns();
    say(seen);
    return kept;
  });
  const bases = seen.map((stats) => stats.current_base);
  assert.deepEqual([seen[0].min, seen[0].max], [bases[0], bases[0]]);
  assert.deepEqual([seen[2].min, seen[2].max], [bases[0], bases[2]]);
  const second = Math.floor((bases[0] + bases[1]) / 2);
  assert.equal(seen[1].estimated_base, second);
  assert.equal(seen[2].estimated_base, Math.floor((second + bases[2]) / 2));
  assert.ok(seen[2].usage_trend > 0);
});
