'use strict';
// expectNoLeak and time: slow work, a clock that only the work moves, and what V8 compiles meanwhile. What is found in quick
// work is in expect-no-leak.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const http = require('node:http');
const { performance } = require('node:perf_hooks');
const { setTimeout: sleep } = require('node:timers/promises');
const { expectNoLeak, LeakError } = require('../test.js');
const { says } = require('./support/child.js');

/** Runs work on a clock that each of its calls puts forward by `ms`: the outcome, the calls, and the time by that clock. */
async function slow(t, ms, work, options = { timeoutMs: 20_000 }) {
  let now = 0;
  // An own property, which cannot be assigned to on Node 18.
  const restore = () => delete performance.now;
  Object.defineProperty(performance, 'now', { value: () => now, configurable: true });
  t.after(restore);
  let calls = 0;
  const call = () => {
    now += ms;
    return work(calls++);
  };
  const outcome = await expectNoLeak(call, { name: 'render', ...options }).catch((error) => error);
  restore();
  return { outcome, calls, took: now };
}

for (const ms of [60, 200, 800]) {
  test(`work of ${ms} ms per call that retains memory each time is a leak`, async (t) => {
    const kept = [];
    const { outcome, took } = await slow(t, ms, () => kept.push(Buffer.alloc(1_000_000)));
    assert.ok(outcome instanceof LeakError, String(outcome));
    assert.ok(outcome.bytesPerCall > 900_000 && outcome.bytesPerCall < 1_100_000, outcome.message);
    // The first round of the last look may come after the time.
    assert.ok(took <= 20_000 + 2 * 20 * 60, String(took));
  });

  test(`work of ${ms} ms per call that retains nothing passes, and the bounds are reported`, async (t) => {
    /** @type {number[]} */
    let last = [];
    const { outcome, took } = await slow(t, ms, (call) => {
      // Now more, now less.
      last = new Array(((call * 7919) % 13) * 1000).fill(call);
    });
    assert.ok(['clear', 'unclear'].includes(outcome.result), String(outcome));
    assert.ok(outcome.interval.every(Number.isFinite), JSON.stringify(outcome));
    assert.ok(last.length < 13_000 && took <= 20_000 + ms, String(took));
  });
}

test('code that V8 compiles during the first slow calls is no leak', async (t) => {
  // Of each call another function runs for the first time.
  const body = Array.from({ length: 400 }, (_, i) => `if (a === ${i}) a = { k${i}: a, f: [a, ${i}] };`).join('\n');
  const functions = Array.from({ length: 40 }, (_, i) => new Function('a', `// ${i}\n${body}\nreturn a;`));
  const { outcome } = await slow(t, 800, (call) => {
    functions[call % functions.length](-1);
  });
  assert.ok(['clear', 'unclear'].includes(outcome.result), String(outcome));
});

test('HTTP requests that retain nothing are no leak, though V8 compiles for thousands of them', async (t) => {
  const server = http.createServer((request, response) => response.end('hello'));
  // Longer than a look takes: a connection that is closed while it is used again fails.
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}/`;
  const get = () =>
    new Promise((resolve, reject) => {
      const request = http.get(url, { agent: false }, (response) => response.resume().on('end', resolve));
      request.on('error', reject);
    });
  const { result } = await expectNoLeak(get, { timeoutMs: 5000 });
  assert.ok(['clear', 'unclear'].includes(result), result);
});

test('a snapshot that uses up the remaining time takes none from the later calls', async () => {
  const [outcome] = await says(async () => {
    const { HeapDiff, addon, sites } = require(`${ROOT}/lib/own.js`);
    const { expectNoLeakBy } = require(`${ROOT}/lib/test/expect-no-leak.js`);
    const timeoutMs = 8000;
    const began = performance.now();
    // As on a busy machine: it finishes after the timeout.
    class Late extends HeapDiff {
      constructor() {
        super();
        while (performance.now() < began + timeoutMs);
      }
    }
    const expectNoLeak = expectNoLeakBy({ addon, HeapDiff: Late, lookCloser: sites.lookCloser });
    const kept = [];
    const work = async () => {
      kept.push(new Array(128).fill(1.5));
      await new Promise((resolve) => setTimeout(resolve, 1));
    };
    say(await expectNoLeak(work, { timeoutMs }).catch(({ code, message }) => ({ code, message })));
  });
  assert.equal(outcome.code, 'ERR_MEMWATCH_LEAK', JSON.stringify(outcome));
});

test('work without a result within the time does not pass', async (t) => {
  const kept = [];
  for (const work of [() => {}, () => kept.push(Buffer.alloc(10_000_000))]) {
    const { outcome, calls, took } = await slow(t, 1500, work);
    assert.equal(
      outcome.message,
      `expectNoLeak() could not determine within 20000 ms whether render leaks: it was called only ${calls} times. Use ` +
        'a timeoutMs that allows 23 calls and the collections between them.',
    );
    assert.deepEqual([outcome.name, outcome.code], ['Error', 'ERR_MEMWATCH_TOO_SLOW']);
    assert.ok(took <= 20_000 + 1500, String(took));
  }
  await assert.rejects(
    expectNoLeak(() => sleep(20), { timeoutMs: 1 }),
    { code: 'ERR_MEMWATCH_TOO_SLOW' },
  );
});

test('slow GCs are named if the work was called often enough', async () => {
  const ballast = Array.from({ length: 400_000 }, (_, i) => ({ i, next: { i } }));
  const sentence =
    /within 20 ms whether .* leaks: the collections between its \d+ calls took too long, as on a large heap/;
  // Calls of a quick work are done long before a collection of this heap is.
  await assert.rejects(
    expectNoLeak(() => {}, { timeoutMs: 20, warmUpCalls: 1 }),
    ({ code, message }) => code === 'ERR_MEMWATCH_TOO_SLOW' && sentence.test(message),
  );
  assert.equal(ballast.length, 400_000);
});

test('the minimum number of calls named in the error is sufficient', async (t) => {
  const { outcome, calls } = await slow(t, 1500, () => {}, { timeoutMs: 23 * 1500 + 1 });
  assert.ok(['clear', 'unclear'].includes(outcome.result), String(outcome));
  assert.ok(calls <= 23, String(calls));
});
