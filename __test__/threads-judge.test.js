'use strict';
// Which numbers of worker threads are a leak, by made-up ones over made-up time: what grows without an end, and pools,
// sessions and start-ups, which do not. Real threads are in threads.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { Rise } = require('../lib/growth/rise.js');
const { ThreadsJudge } = require('../lib/threads/judge.js');

const MIB = 1 << 20;
const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** What changes, with its time in seconds, where threads are as `at` says from second to second. */
function changes(seconds, at, { processors = 8 } = {}) {
  const judge = new ThreadsJudge({ processors });
  /** @type {[change: string, t: number][]} */
  const found = [];
  for (let t = 0; t <= seconds; t += 2) {
    const now = { idle: 0, heaps: 0, ...at(t) };
    for (const change of judge.sample({ started: now.alive, ...now, t })) found.push([change, t]);
  }
  return { names: found.map(([change]) => change), found, judge };
}

/** Threads that are started at a rate a second, are idle after that, and are never ended. */
const kept = (perSecond) => (t) => ({
  alive: Math.floor(t * perSecond),
  idle: Math.floor(Math.max(0, t - 12) * perSecond),
});

test('threads that never end are confirmed once, sooner at a higher rate', () => {
  for (const [perSecond, within] of [
    [10, 90],
    [2, 90],
    [1, 90],
    [0.5, 90],
    [0.1, 300],
    [0.01, HOUR],
  ]) {
    const { names, found } = changes(within + HOUR, kept(perSecond));
    assert.deepEqual(names, ['suspected', 'confirmed'], `${perSecond} a second`);
    assert.ok(found[1][1] <= within, `${perSecond} a second: ${found[1][1]} s`);
  }
});

test('retained threads that are never idle are found as well', () => {
  const { names, found } = changes(5 * MINUTE, (t) => ({ alive: 2 * t }));
  assert.deepEqual(names, ['suspected', 'confirmed']);
  assert.ok(found[1][1] <= 90);
});

test('a few forgotten threads among many short-lived ones are found', () => {
  const random = numbers();
  const { names } = changes(20 * MINUTE, (t) => {
    const forgotten = Math.floor(t / 10);
    return { alive: forgotten + Math.floor(random() * 20), idle: Math.max(0, forgotten - 2), started: 10 * t };
  });
  assert.deepEqual(names, ['suspected', 'confirmed']);
});

/** The same numbers between 0 and 1 each time. */
function numbers() {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const WELL = {
  'a pool that is made at once': () => ({ alive: 64, idle: 60 }),
  'a pool that grows with its load to 32 and stays': (t) => ({ alive: Math.min(32, 1 + t / 5), idle: 2 }),
  'a pool that grows to 12, and is idle for hours': (t) => ({ alive: Math.min(12, t / 4), idle: t > 100 ? 12 : 0 }),
  'forty workers that a program starts in twenty seconds': (t) => ({
    alive: Math.min(40, 2 * t),
    idle: Math.max(0, Math.min(40, 2 * (t - 12))),
  }),
  'a worker for each job, each ended': (t) => ({ alive: 3 + (t % 7), started: 5 * t }),
  'a pool whose workers are replaced after some jobs': (t) => ({
    alive: 15 + (t % 4 < 2 ? 0 : 1),
    idle: t % 6,
    started: t,
  }),
  'sessions with a worker each, more by day than by night': (t) => ({
    alive: Math.round(20 - 18 * Math.cos((2 * Math.PI * t) / (2 * HOUR))),
    idle: 3,
  }),
};
for (const [what, at] of Object.entries(WELL)) {
  test(`${what}: never confirmed`, () => {
    const { names } = changes(4 * HOUR, at);
    assert.ok(!names.includes('confirmed'), `${names}`);
  });
}

test('growth that stops is paused, continues without a second alarm, and is cleared when freed', () => {
  // Requests for two minutes, none for ten, again for two; then all are ended.
  const { names } = changes(HOUR, (t) => {
    const busy = Math.min(t, 120) + Math.max(0, Math.min(t - 720, 120));
    const number = t > 1800 ? 0 : busy;
    return { alive: number, idle: Math.max(0, number - 10) };
  });
  assert.deepEqual(names, ['suspected', 'confirmed', 'paused', 'resumed', 'paused', 'reclaimed']);
});

test('a paused leak reports how much of its growth remains', () => {
  const { names, judge } = changes(10 * MINUTE, (t) => kept(1)(Math.min(t, 120)));
  assert.deepEqual([names.at(-1), judge.state], ['paused', 'paused']);
  assert.ok(judge.kept >= 80 && judge.kept <= 108, `${judge.kept}`);
});

test('it is cleared when as many threads are started and ended again as during the growth', () => {
  const { names } = changes(HOUR, (t) => ({ ...kept(1)(Math.min(t, 120)), started: t }));
  assert.deepEqual(names.slice(0, 4), ['suspected', 'confirmed', 'paused', 'stopped-growing']);
});

test('a suspicion that does not grow is cleared', () => {
  const { names } = changes(HOUR, (t) => ({ alive: Math.min(12, t / 4), idle: Math.min(12, Math.max(0, t - 12) / 4) }));
  assert.deepEqual(names, ['suspected', 'stopped-growing']);
});

test('heaps that grow only in sum are found, unless one thread is suspected by itself', () => {
  const heaps = (t) => 100 * MIB + t * 0.8 * MIB;
  const together = (t) => ({ alive: 8, heaps: heaps(t) });
  assert.deepEqual(changes(10 * MINUTE, together).names, ['suspected', 'confirmed']);
  assert.deepEqual(changes(HOUR, (t) => ({ alive: 8, heaps: t < 100 ? heaps(t) : null })).names, []);
  // A warm-up and caches that fill, and then no more.
  assert.deepEqual(changes(HOUR, (t) => ({ alive: 8, heaps: Math.min(60 * MIB, t * MIB) })).names, []);
});

test('heaps of additional threads are not growth of heaps', () => {
  const { names } = changes(HOUR, (t) => ({ alive: Math.min(14, t / 240), heaps: Math.min(14, t / 240) * 40 * MIB }));
  assert.ok(!names.includes('confirmed'), `${names}`);
});

test('a machine with more processors allows more threads', () => {
  const working = (t) => ({ alive: Math.min(200, t) });
  assert.ok(changes(HOUR, working, { processors: 8 }).names.includes('confirmed'));
  assert.ok(!changes(HOUR, working, { processors: 128 }).names.includes('confirmed'));
});

test('a steady rise has the same rate, however often it is sampled and wherever its segments begin', () => {
  for (const [perSecond, every, samples] of [
    [2, 2, 40],
    [0.5, 4, 61],
    [3, 1, 1000],
  ]) {
    const rise = new Rise();
    for (let n = 0; n < samples; n++) rise.push(100 + n * every, 7 + n * every * perSecond);
    const found = rise.strongest({ bar: 16, spanS: 60 });
    assert.equal(found.perSecond, perSecond);
    assert.deepEqual([found.from, found.base, found.baseAt], [100, 7, 100]);
  }
});

test('growth continues up to the peak, and its times are that far apart', () => {
  const { judge, names } = changes(10 * MINUTE, (t) => ({ alive: 10 + 2 * Math.min(t, 120) }));
  assert.deepEqual(names, ['suspected', 'confirmed', 'paused']);
  assert.deepEqual(judge.grown, { growth: 240, span: 120 });
  assert.deepEqual([judge.perSecond, judge.evidence.base, judge.current, judge.kept], [2, 10, 250, 240]);
});

test('a rise is kept in bounded memory, and detected however slow', () => {
  const rise = new Rise();
  for (let t = 0; t < 200_000; t += 2) rise.push(t, Math.floor(t / 10_000));
  const found = rise.strongest({ bar: 12, spanS: 60 });
  assert.ok(found.share >= 1, JSON.stringify(found));
  assert.ok(found.samples <= 256);
});
