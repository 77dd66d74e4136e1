'use strict';
// Who takes a snapshot of the running program, and how often it is tried: a forked child or this thread, by what a made-up
// addon says of its children. Real ones are in snapshot-live-faults.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { liveSnapshots } = require('../lib/live-snapshot.js');

const CHILD = 'ERR_MEMWATCH_SNAPSHOT_CHILD';
const WRITTEN = { path: '/a', bytes: 5, nodes: 3, engine: /** @type {const} */ ('v8') };

/**
 * Snapshots whose forked children end like this, one after the other, and the last one again and again; an ending with
 * `failure` and `isRefused` is that of a fork that was not made. Also who was asked, with the request.
 */
function snapshots(...endings) {
  const asked = [];
  class SnapshotForks {
    begin(request) {
      const { isRefused, ...ending } = endings.length > 1 ? endings.shift() : endings[0];
      asked.push(['fork', JSON.parse(request)]);
      return isRefused ? { pauseMs: 2, ...ending } : { pauseMs: 2, outcome: Promise.resolve(ending) };
    }
    end() {}
  }
  const takeInline = (/** @type {string} */ request) => {
    asked.push(['inline', JSON.parse(request)]);
    return { ...WRITTEN };
  };
  return { ...liveSnapshots({ SnapshotForks, takeInline }), asked };
}

const failed = (how, code = CHILD) => ({ failure: { code, message: 'it ended', isTransient: false, ...how } });
const STUCK = failed({ isTransient: true, isStuck: true });
const CRASHED = failed({ isTransient: true, signal: 11 });
const KILLED = failed({ signal: 9 });
const NO_FORK = { ...failed({}, 'ERR_MEMWATCH_SNAPSHOT_FORK'), isRefused: true };
const NO_MEMORY = { ...failed({}, 'ERR_MEMWATCH_SNAPSHOT_MEMORY'), isRefused: true };
const BUSY = { ...failed({}, 'ERR_MEMWATCH_SNAPSHOT_BUSY'), isRefused: true };

/**
 * Who takes it with these options, and how that ends.
 * @param {object[]} endings
 * @param {object} options
 * @returns {Promise<{ who: string, pauseMs?: number, mode?: string, fallbackReason?: string, code?: string, signal?: string }>}
 */
async function taken(endings, options) {
  const { writeSnapshot, asked } = snapshots(...endings);
  const result = await writeSnapshot('/a', options).then(
    ({ mode, fallbackReason, pauseMs }) => ({ mode, fallbackReason, pauseMs }),
    ({ code, signal }) => ({ code, signal }),
  );
  return { who: asked.map(([who]) => who).join(' '), ...result };
}

const INLINE = { mode: 'inline', fallbackReason: 'it ended' };

test('children that all wait for a thread that was not copied: inline, unless disallowed', async () => {
  const { pauseMs, ...rest } = await taken([STUCK], {});
  assert.deepEqual(rest, { who: 'fork fork fork inline', ...INLINE });
  assert.ok(pauseMs >= 0);
  assert.deepEqual(await taken([STUCK], { mode: 'fork' }), { who: 'fork fork fork', code: CHILD, signal: undefined });
});

test('a forked child that crashes is replaced at most twice, and the pauses add up', async () => {
  const forked = { mode: 'fork', fallbackReason: undefined, pauseMs: 6 };
  assert.deepEqual(await taken([CRASHED, CRASHED, WRITTEN], {}), { who: 'fork fork fork', ...forked });
  // What crashes a child would crash the program.
  assert.deepEqual(await taken([CRASHED], {}), { who: 'fork fork fork', code: CHILD, signal: 'SIGSEGV' });
});

test('a forked child killed from outside is not replaced', async () => {
  assert.deepEqual(await taken([KILLED], {}), { who: 'fork', code: CHILD, signal: 'SIGKILL' });
});

test('without fork, or without memory for it: inline, unless disallowed', async () => {
  for (const [ending, code] of [
    [NO_FORK, 'ERR_MEMWATCH_SNAPSHOT_FORK'],
    [NO_MEMORY, 'ERR_MEMWATCH_SNAPSHOT_MEMORY'],
  ]) {
    const { pauseMs: _, ...rest } = await taken([ending], {});
    assert.deepEqual(rest, { who: 'fork inline', ...INLINE });
    assert.deepEqual(await taken([ending], { mode: 'fork' }), { who: 'fork', code, signal: undefined });
    // The reader works in a forked child only.
    assert.deepEqual(await taken([ending], { engine: 'reader' }), { who: 'fork', code, signal: undefined });
  }
  const { pauseMs: _, ...rest } = await taken([failed({ mayGoInline: true })], {});
  assert.deepEqual(rest, { who: 'fork inline', ...INLINE });
});

test('a snapshot that would have to wait is refused, unless it runs in the background', async () => {
  assert.deepEqual(await taken([BUSY], {}), { who: 'fork', code: 'ERR_MEMWATCH_SNAPSHOT_BUSY', signal: undefined });
  const { writeInTurn, asked } = snapshots(BUSY, BUSY, WRITTEN);
  assert.equal((await writeInTurn({ directory: '.', reason: 'leak' }, {})).mode, 'fork');
  assert.equal(asked.length, 3);
});

test('without fork only an inline snapshot is tried, never the reader', async () => {
  const { pauseMs: _, ...rest } = await taken([KILLED], { mode: 'inline' });
  assert.deepEqual(rest, { who: 'inline', mode: 'inline', fallbackReason: undefined });
  const refused = { who: '', code: 'ERR_MEMWATCH_SNAPSHOT_READER', signal: undefined };
  assert.deepEqual(await taken([KILLED], { mode: 'inline', engine: 'reader' }), refused);
});

test('each attempt passes the same request to the addon, and the next snapshot has the next number', async () => {
  const before = process.listenerCount('exit');
  const { writeSnapshot, asked } = snapshots(CRASHED, WRITTEN);
  await writeSnapshot('/a', { redact: true, timeoutMs: 1000 });
  await writeSnapshot('/b', { compression: false });
  assert.deepEqual(asked[0], asked[1]);
  const products = asked.map(([, { product }]) => product.file);
  assert.deepEqual(
    asked.map(([, { timeoutMs }], index) => {
      const { path, redaction, sequence } = products[index];
      return [timeoutMs, path, redaction, sequence];
    }),
    [
      [1000, '/a', 'strings', 1],
      [1000, '/a', 'strings', 1],
      [600_000, '/b', undefined, 2],
    ],
  );
  assert.equal(products[2].compression, 'none');
  assert.equal(process.listenerCount('exit'), before);
});
