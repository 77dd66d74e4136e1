'use strict';
// The summary at the end of `memwatch run` for many processes and threads, from entries without a program.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { Ledger } = require('../lib/run/ledger.js');
const { summaryOf } = require('../lib/run/summary.js');

const entry = (id, what = {}) => ({
  id,
  meta: { name: 'pool.js', pid: 100, threadId: id },
  leak: null,
  state: 'ok',
  kind: null,
  reason: '',
  collections: 0,
  first: null,
  last: null,
  peak: 0,
  peakRss: 0,
  suspects: [],
  isGuilty: false,
  ...what,
});

const summary = (entries, dropped = 0) =>
  summaryOf(/** @type {any} */ ({ entries: () => entries, guilty: () => [], dropped }), {
    command: 'npx memwatch run pool.js',
  });

const threads = (count, what) => Array.from({ length: count }, (_, id) => entry(id, what));

test('more than two threads without enough data are counted', () => {
  const lines = summary([entry(50, { collections: 9 }), ...threads(8)]);
  assert.equal(lines.filter((line) => line.includes('not enough data yet')).length, 2);
  assert.ok(lines.some((line) => line.endsWith(': no leak seen')));
  assert.equal(lines.at(-1), 'and 6 more processes and threads without enough data');
  assert.equal(summary(threads(3)).at(-1), 'and 1 more process or thread without enough data');
  assert.ok(!summary(threads(2)).some((line) => line.startsWith('and ')));
});

test('a suspicion is listed, however few GC cycles there were', () => {
  const lines = summary(threads(5, { state: 'suspected', reason: 'the heap grows' }));
  assert.equal(lines.filter((line) => line.endsWith('suspected, not confirmed: the heap grows')).length, 5);
  assert.ok(!lines.some((line) => line.includes('without enough data')));
});

test('beyond twelve other processes the rest is counted, with the forgotten ones', () => {
  const lines = summary(threads(15, { collections: 9 }), 4);
  assert.equal(lines.filter((line) => line.endsWith(': no leak seen')).length, 12);
  assert.equal(lines.at(-1), 'and 7 more processes and threads without a confirmed leak');
});

test('handles are listed with the sentence of the detector, since they have no size', () => {
  const reason = 'files are opened and not closed: 1,030 more in 15m 0s, 1,060 now; inspect fs.open()';
  const kind = 'handles';
  const leak = { kind, reason, growth: 0, begin: 0, end: 9e5, suspects: [] };
  const [first, second] = [
    { state: 'confirmed', kind, leak },
    { state: 'paused', kind, reason },
  ].map((what) => summary([entry(1, what)]).join('\n'));
  assert.match(first, /: LEAK: files are opened and not closed: 1,030 more/);
  assert.match(second, /: suspected: files are opened and not closed: 1,030 more/);
  assert.doesNotMatch(first + second, /0 B/);
});

test('fragmentation is told with what helps, and blames no function', () => {
  const MIB = 1 << 20;
  const ledger = new Ledger();
  const suspects = [{ function: 'track', file: '/app/server.js', line: 6, share: 0.9, labels: [] }];
  const note = (state, nativeCause) => {
    const numbers = { kind: 'native', base: 0, current: 100 * MIB, start: 0, end: 60_000, wasConfirmed: false };
    const detectorState = {
      state,
      reason: 'native memory grows',
      advice: 'trim it',
      nativeCause,
      suspects,
      ...numbers,
    };
    ledger.note(/** @type {any} */ ({ id: 1, meta: entry(1).meta, detectorState }), { type: 'detectorState' });
    return summaryOf(ledger, { command: 'npx memwatch run pool.js' }).slice(1);
  };
  const at = 'pool.js (pid 100)';
  assert.deepEqual(note('suspected', 'unknown').slice(0, 2), [
    `${at}: suspected, not confirmed: native memory grows`,
    '  top allocation site: track() server.js:6 (90 %)',
  ]);
  assert.deepEqual(note('suspected', 'fragmentation').slice(0, 2), [
    `${at}: suspected, not confirmed: native memory grows`,
  ]);
  const leak =
    'LEAK: native memory grew by 100 MiB in 60 s by fragmentation: memory that is freed, and that the allocator keeps';
  assert.deepEqual(note('confirmed', 'fragmentation').slice(0, 2), [
    `${at}: ${leak}, and was still growing when last measured`,
    '  what helps: trim it',
  ]);
  // The cause is known only while it grows.
  assert.deepEqual(note('paused', null).slice(0, 2), [
    `${at}: ${leak}, and the memory was not reclaimed`,
    '  what helps: trim it',
  ]);
});
