'use strict';
// Which numbers of open handles are a leak, by made-up ones over made-up time: what grows without an end, and pools, loads
// and start-ups, which do not. Real descriptors are in handles.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { Abandoned, numbersIn } = require('../lib/handles/half-closed.js');
const { HandlesJudge } = require('../lib/handles/judge.js');

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const EVERY = 30;

const QUIET = { files: 30, pipes: 4, others: 12, threads: 11, sockets: 5, 'half-closed-sockets': 0 };

/**
 * The state changes, with their times, for handles given by `at`. The program works all the time unless stated.
 * @param {number} seconds
 * @param {(t: number) => Partial<Record<import('../lib/handles/judge.js').Sort, number | null>>} at
 * @param {{ limit?: number | null, work?: (t: number) => number, workers?: (t: number) => number }} [program]
 */
function changes(seconds, at, { limit = 1_048_576, work = (t) => t, workers = () => 0 } = {}) {
  const judge = new HandlesJudge();
  /** @type {[change: string, t: number][]} */
  const found = [];
  for (let t = 0; t <= seconds; t += EVERY) {
    const counts = { ...QUIET, ...at(t) };
    const rounded = Object.entries(counts).map(([sort, count]) => [sort, count === null ? null : Math.floor(count)]);
    const now = { t, counts: Object.fromEntries(rounded), work: work(t), workers: workers(t), limit };
    for (const change of judge.sample(now)) found.push([change, t]);
  }
  return { names: found.map(([change]) => change), found, judge };
}

/** The same numbers between 0 and 1 each time. */
function numbers() {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** From 0 to 1 and back, in this time. */
const wave = (t, period) => (1 - Math.cos((2 * Math.PI * t) / period)) / 2;

test('handles opened and never closed are confirmed once, with their kind', () => {
  for (const [sort, perSecond, within] of /** @type {[import('../lib/handles/judge.js').Sort, number, number][]} */ ([
    ['files', 50, HOUR],
    ['files', 1.5, HOUR],
    ['files', 0.1, 5 * HOUR],
    ['pipes', 0.3, HOUR],
    ['others', 0.3, HOUR],
    ['threads', 0.5, HOUR],
    ['half-closed-sockets', 0.1, HOUR],
  ])) {
    const { names, found, judge } = changes(within + HOUR, (t) => ({ [sort]: QUIET[sort] + t * perSecond }));
    assert.deepEqual(names, ['suspected', 'confirmed'], `${sort}: ${perSecond} a second`);
    assert.ok(found[1][1] <= within, `${sort}: ${perSecond} a second: ${found[1][1]} s`);
    assert.equal(judge.evidence?.measure, sort);
  }
});

test('a leak after hours of quiet, and one among many short-lived handles, are confirmed', () => {
  const late = changes(8 * HOUR, (t) => ({ files: 30 + Math.max(0, t - 5 * HOUR) }));
  assert.deepEqual(late.names, ['suspected', 'confirmed']);
  const random = numbers();
  const among = changes(2 * HOUR, (t) => ({ files: 30 + t + 200 * random(), sockets: 5 + 200 * random() }));
  assert.deepEqual(among.names, ['suspected', 'confirmed']);
});

test('a lower descriptor limit lowers the threshold', () => {
  const slow = (t) => ({ files: 30 + t / 5 });
  const [, few] = changes(2 * HOUR, slow, { limit: 1024 }).found;
  const [, many] = changes(2 * HOUR, slow).found;
  assert.ok(few[1] < many[1] / 1.5, `${few} ${many}`);
  assert.equal(changes(2 * HOUR, slow, { limit: null }).names.at(-1), 'confirmed');
});

const WELL = {
  'a pool of a thousand that fills evenly': (t) => ({ files: 30 + Math.min(1000, t) }),
  'a cache of more that fills ever more slowly': (t) => ({ files: 30 + 1600 * (1 - Math.exp(-t / 1200)) }),
  'one that fills faster': (t) => ({ files: 30 + 1600 * (1 - Math.exp(-t / 400)) }),
  'a cache of a thousand that takes hours to fill': (t) => ({ files: 30 + 1000 * (1 - Math.exp(-t / HOUR)) }),
  'a pool of blocking threads under load': (t) => ({ threads: 11 + Math.min(512, t / 2) }),
  'a peak of load on files': (t) => ({ files: 30 + 3000 * wave(Math.min(t, 20 * MINUTE), 20 * MINUTE) }),
  'load that rises and falls': (t) => ({ files: 30 + 900 * wave(t, HOUR), others: 12 + 100 * wave(t, HOUR) }),
  'connections that rise for an hour and are closed': (t) => ({ sockets: 5 + (t < HOUR ? t : 0) }),
  'connections of a day': (t) => ({ sockets: 5 + 20_000 * wave(t, 24 * HOUR) }),
  'connections that each have a file open, for hours': (t) => ({
    sockets: 5 + 5000 * wave(t, 6 * HOUR),
    files: 30 + 5000 * wave(t, 6 * HOUR),
  }),
  'connections that each have a pipe and a descriptor': (t) => ({
    ...{ sockets: 5 + t / 4, pipes: 4 + t / 4, others: 12 + t / 4, threads: 11 + t / 4 },
  }),
  'requests that go on for a while after clients have left': (t) => ({
    'half-closed-sockets': 40 * wave(t, 30 * MINUTE),
  }),
};

test('pools, caches and load peaks are never confirmed, and cause no event when they are over', () => {
  for (const [name, at] of Object.entries(WELL)) {
    const { names, judge } = changes(name.endsWith('day') ? 24 * HOUR : 12 * HOUR, at);
    assert.ok(!names.includes('confirmed'), `${name}: ${names}`);
    if (!/each have a pipe/.test(name)) assert.equal(judge.state, 'ok', `${name}: ${names}`);
  }
});

test('growth of sockets alone is suspected while it continues, and cleared when they are closed', () => {
  const at = (t) => ({ sockets: t < 3 * HOUR ? 5 + t : 50 });
  assert.deepEqual(changes(3 * HOUR - MINUTE, at).names, ['suspected']);
  assert.deepEqual(changes(4 * HOUR, at).names, ['suspected', 'reclaimed']);
});

test('descriptors that belong to worker threads do not count', () => {
  const workers = (t) => Math.floor(t / 60);
  const at = (t) => ({ others: 12 + 6 * workers(t), pipes: 4 + 6 * workers(t) });
  assert.deepEqual(changes(3 * HOUR, at, { workers }).names, []);
});

test('a leak that pauses with the work of the program is kept, continues, and is cleared when all is closed', () => {
  const opened = (t) => Math.min(t, HOUR) + Math.max(0, t - 9 * HOUR);
  const at = (t) => ({ files: t < 10 * HOUR ? 30 + opened(t) : 40 });
  const { names } = changes(11 * HOUR, at, { work: opened });
  assert.deepEqual(names, ['suspected', 'confirmed', 'paused', 'resumed', 'reclaimed']);
});

test('a leak is cleared when the program works on and opens no more', () => {
  const { names } = changes(12 * HOUR, (t) => ({ files: 30 + Math.min(t, HOUR) }));
  assert.deepEqual(names, ['suspected', 'confirmed', 'paused', 'stopped-growing']);
});

test('unknown counts clear nothing', () => {
  const unknown = { files: null, sockets: null, pipes: null, others: null, 'half-closed-sockets': null };
  const { names, judge } = changes(12 * HOUR, (t) => (t < HOUR ? { files: 30 + t } : unknown));
  assert.deepEqual(names, ['suspected', 'confirmed']);
  assert.equal(judge.state, 'confirmed');
  const without = changes(HOUR, (t) => ({ files: 30 + 2 * t, sockets: null }));
  assert.deepEqual(without.names, ['suspected']);
});

test('half-closed sockets are read from the socket table of Linux, and count after five minutes', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 111 1 0000000000000000 100 0 0 10 0',
    '   1: 0100007F:1F90 0100007F:D2F0 08 00000000:00000001 00:00000000 00000000  1000        0 222 1 0000000000000000 20 4 30 10 -1',
    '  12: 00000000000000000000000001000000:1F90 00000000000000000000000001000000:D2F2 08 00000000:00000001 00:00000000 00000000  1000        0 333 1 0000000000000000 20 4 30 10 -1',
  ].join('\n');
  assert.deepEqual(numbersIn(table), ['222', '333']);
  const abandoned = new Abandoned();
  const counts = [
    [0, ['1', '2']],
    [200, ['2', '3']],
    [300, ['2', '3']],
    [400, null],
    [510, ['2', '3', '4']],
    [600, []],
    [1000, ['2']],
  ].map(([t, now]) => abandoned.count(/** @type {number} */ (t), now && new Set(/** @type {string[]} */ (now))));
  assert.deepEqual(counts, [0, 0, 1, null, 2, 0, 0]);
});
