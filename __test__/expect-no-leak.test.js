'use strict';
// expectNoLeak on work that leaks and work that does not. The statistics have tests of
// their own in the crate; under other test runners it is tried by scripts/test-runners.mjs.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const http = require('node:http');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { performance } = require('node:perf_hooks');
const { setTimeout: sleep } = require('node:timers/promises');
const memwatch = require('..');
const { expectNoLeak, LeakError } = require('../test.js');
const { says } = require('./support/child.js');

/** The error of work that leaks. */
async function leakOf(work, options) {
  const error = await expectNoLeak(work, options).then(
    (report) => assert.fail(`no leak was seen: ${JSON.stringify(report)}`),
    (reason) => reason,
  );
  assert.ok(error instanceof LeakError, error);
  assert.equal(error.code, 'ERR_MEMWATCH_LEAK');
  return error;
}

test('work that keeps an object each time is a leak, and the error names class and keeper', async () => {
  class Session {
    constructor() {
      this.user = { name: 'somebody' };
    }
  }
  const sessions = new Map();
  globalThis.openSessions = sessions;
  const error = await leakOf(function open() {
    sessions.set(sessions.size, new Session());
  });
  delete globalThis.openSessions;
  assert.match(error.message, /^open leaves \d+ bytes behind with each call /);
  const session = error.classes.find((entry) => entry.class === 'Session');
  assert.ok(session.count > 0 && session.retainedBytes > session.bytes, JSON.stringify(error.classes));
  assert.equal(session.paths[0].path, 'globalThis.openSessions → Map → Session');
  assert.match(error.message, /Session: globalThis\.openSessions → Map → Session \(100 %\)/);
});

test('the error names the function that made it, with its place, also where V8 compiles it into another', async () => {
  const { leakTickets } = require('./fixtures/tickets.js');
  const file = require.resolve('./fixtures/tickets.js');
  const error = await leakOf(function serve() {
    JSON.parse(JSON.stringify({ list: [1, 2, 3] }));
    leakTickets();
  });
  const made = error.suspects.find((suspect) => suspect.function === 'leakTickets');
  assert.ok(made !== undefined && error.suspects.length <= 3, error.message);
  const line = fs.readFileSync(file, 'utf8').split('function leakTickets')[0].split('\n').length;
  assert.deepEqual([made.file, made.line, made.package], [file, line, null]);
  assert.ok(made.growthBytes > 0 && made.share > 0 && made.stack.length > 0, JSON.stringify(made));
  const [, section] = error.message.split('Allocated by:\n');
  assert.ok(section.includes(`leakTickets at ${file}:${made.line}:${made.column}: `), error.message);
});

test('what the work itself keeps is told from the work on', async () => {
  const kept = [];
  const error = await leakOf(function remember() {
    kept.push({ at: kept.length });
  });
  const [{ paths }] = error.classes.filter((entry) => entry.class === 'Object');
  assert.equal(paths[0].path, 'remember → context.kept[x]');
});

test('a sampler that runs goes on, one that was started is stopped, and off is off', async () => {
  // The process does leak: the detector of trends would start it as well.
  memwatch.configure({ detector: 'consecutive' });
  const kept = [];
  const work = () => kept.push(new Array(100).fill(0));
  const heard = async (when) => {
    memwatch.configure({ sampling: { when } });
    const before = memwatch.sites().sampling;
    const { suspects, message } = await leakOf(work);
    return [before, memwatch.sites().sampling, suspects.length > 0, message.includes('Allocated by:')];
  };
  assert.deepEqual(await heard(false), [false, false, false, false]);
  assert.deepEqual(await heard('always'), ['own', 'own', true, true]);
  assert.deepEqual(await heard('suspected'), [false, false, true, true]);
  memwatch.configure({ detector: 'both' });
});

test('work that keeps Buffers is a leak though the heap hardly grows', async () => {
  const kept = [];
  const { bytesPerCall, interval } = await leakOf(() => kept.push(Buffer.alloc(100_000)), { name: 'upload' });
  // What the tests before left is freed meanwhile: the interval holds the truth, its middle need not be close to it.
  assert.ok(interval[0] < 110_000 && interval[1] > 100_000, String(interval));
  assert.ok(bytesPerCall > 50_000, String(bytesPerCall));
});

test('work that waits leaks as well', async () => {
  const kept = [];
  await leakOf(async () => {
    await sleep(1);
    kept.push(new Array(500).fill(0));
  });
});

test('listeners that are never removed are a leak', async () => {
  const emitter = new (require('node:events').EventEmitter)();
  emitter.setMaxListeners(0);
  const error = await leakOf(() => emitter.on('request', () => emitter));
  assert.ok(
    error.classes.some((entry) => entry.class === 'Closure'),
    error.message,
  );
});

test('work that keeps nothing is clear, and nobody hears of the collections', async () => {
  let heard = 0;
  const count = () => heard++;
  memwatch.on('stats', count);
  const report = await expectNoLeak(() => JSON.parse(JSON.stringify({ list: [1, 2, 3], text: 'x'.repeat(100) })));
  memwatch.removeListener('stats', count);
  assert.equal(report.result, 'clear');
  assert.ok(report.interval[1] <= 8 && report.interval[0] <= report.bytesPerCall, JSON.stringify(report));
  assert.ok(report.calls >= 100);
  // Those that V8 made by itself meanwhile are told; the hundreds of ours are not.
  assert.ok(heard < 20, String(heard));
});

test('a cache that fills up and then turns over is clear', async () => {
  const cache = new Map();
  let next = 0;
  const report = await expectNoLeak(() => {
    cache.set(next++, { at: next });
    if (cache.size > 5000) cache.delete(cache.keys().next().value);
  });
  assert.equal(report.result, 'clear');
});

test('garbage is no leak on a large heap either', async () => {
  const ballast = Array.from({ length: 1_200_000 }, (_, i) => ({ i, next: { i } }));
  // A little garbage from work that takes its time, so that no collection comes by itself for many rounds.
  let made = { text: '', hash: Buffer.alloc(0) };
  // Each collection of this heap takes a busy machine a second.
  const report = await expectNoLeak(
    () => {
      made = { text: `${Math.random()}`, hash: createHash('sha256').update('x').digest() };
    },
    { timeoutMs: 120_000 },
  );
  assert.ok(made.text.length > 0);
  assert.ok(process.memoryUsage().heapUsed > 64 * 2 ** 20, `only ${process.memoryUsage().heapUsed} bytes`);
  assert.equal(report.result, 'clear');
  assert.equal(ballast.length, 1_200_000);
});

test('what memwatch itself keeps meanwhile is not what the work leaks, and is not named beside it', async (t) => {
  const { sites } = require('../lib/own.js');
  /** @type {any} */
  const own = sites.labels;
  t.after(() => delete own.notes);
  class Note {
    at = [0];
  }
  own.notes = [];
  const report = await expectNoLeak(() => void own.notes.push(new Note()), { timeoutMs: 5000 });
  assert.notEqual(report.result, 'leak');
  const kept = [];
  const error = await leakOf(() => {
    own.notes.push(new Note());
    kept.push({ at: new Date() });
  });
  assert.ok(
    error.classes.some((entry) => entry.class === 'Date'),
    error.message,
  );
  assert.doesNotMatch(error.message, /Note/);
});

test('listeners of memwatch that work leaves behind are a leak', async (t) => {
  t.after(() => memwatch.removeAllListeners('stats'));
  memwatch.setMaxListeners(0);
  const error = await leakOf(() => void memwatch.on('stats', () => {}));
  assert.ok(error.bytesPerCall > 8);
});

/** Work each call of which takes so many milliseconds of a clock that only it moves, and what became of it. */
async function slow(t, ms, work, options = { timeoutMs: 20_000 }) {
  let now = 0;
  // Of an own property, which Node 18 lets nobody assign to.
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
  test(`work of ${ms} ms a call that keeps something each time is a leak`, async (t) => {
    const kept = [];
    const { outcome, took } = await slow(t, ms, () => kept.push(Buffer.alloc(1_000_000)));
    assert.ok(outcome instanceof LeakError, String(outcome));
    assert.ok(outcome.bytesPerCall > 900_000 && outcome.bytesPerCall < 1_100_000, outcome.message);
    // The first round of the last look may come after the time.
    assert.ok(took <= 20_000 + 2 * 20 * 60, String(took));
  });

  test(`work of ${ms} ms a call that keeps nothing passes, and says between what it lies`, async (t) => {
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

test('what V8 compiles while slow work is called for the first times is no leak', async (t) => {
  // Of each call another function runs for the first time.
  const body = Array.from({ length: 400 }, (_, i) => `if (a === ${i}) a = { k${i}: a, f: [a, ${i}] };`).join('\n');
  const functions = Array.from({ length: 40 }, (_, i) => new Function('a', `// ${i}\n${body}\nreturn a;`));
  const { outcome } = await slow(t, 800, (call) => {
    functions[call % functions.length](-1);
  });
  assert.ok(['clear', 'unclear'].includes(outcome.result), String(outcome));
});

test('requests over HTTP that keep nothing are no leak, though V8 compiles for thousands of them', async (t) => {
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

test('functions that are compiled anew and kept are a leak', async () => {
  const kept = [];
  const { message } = await leakOf(() => kept.push(new Function(`return ${kept.length}`)));
  assert.match(message, /Closure: \+/);
});

test('a snapshot that takes all the time that is left takes none from the calls after it', async () => {
  const [outcome] = await says(async () => {
    const { HeapDiff, addon, sites } = require(`${ROOT}/lib/own.js`);
    const { expectNoLeakBy } = require(`${ROOT}/lib/test/expect-no-leak.js`);
    const timeoutMs = 8000;
    const began = performance.now();
    // As on a busy machine: it is there when the time is over.
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

test('work of which nothing can be told in the time is not passed', async (t) => {
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

test('slow collections are named where the work was called often enough', async () => {
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

test('so few calls as its sentence names are enough', async (t) => {
  const { outcome, calls } = await slow(t, 1500, () => {}, { timeoutMs: 23 * 1500 + 1 });
  assert.ok(['clear', 'unclear'].includes(outcome.result), String(outcome));
  assert.ok(calls <= 23, String(calls));
});

test('work that grows no more whenever it is looked at again is looked at three times', async () => {
  const [said] = await says(async () => {
    const { addon, sites } = require(`${ROOT}/lib/own.js`);
    const { expectNoLeakBy } = require(`${ROOT}/lib/test/expect-no-leak.js`);
    const kept = [];
    let calls = 0;
    let looks = 0;
    let quietUntil = 0;
    // Each look begins with a diff, and makes as many calls as there were before.
    class Look {
      constructor() {
        looks++;
        quietUntil = calls * 2;
      }
    }
    const expectNoLeak = expectNoLeakBy({ addon, HeapDiff: Look, lookCloser: sites.lookCloser });
    const work = () => {
      if (++calls > quietUntil) kept.push(new Array(100).fill(calls));
    };
    const { result } = await expectNoLeak(work, { timeoutMs: 600_000 });
    say({ looks, result });
  });
  assert.deepEqual(said, { looks: 3, result: 'unclear' });
});

test('a keeper of which only the class is known is not told', async () => {
  const [message] = await says(async () => {
    const { expectNoLeak } = require(`${ROOT}/test.js`);
    const kept = [];
    say(await expectNoLeak(() => kept.push({ at: 1 })).then(String, String));
  });
  const [, keepers] = message.split('Kept by:\n');
  assert.ok(keepers !== undefined, message);
  const rows = keepers.split('\n\n')[0].split('\n');
  assert.ok(
    rows.some((row) => row.startsWith('  Object: ')),
    message,
  );
  for (const row of rows) assert.doesNotMatch(row, /: \(local variable\)(?: → \w+)? \(/);
});

test('what the work throws comes through', async () => {
  const error = new Error('of the work');
  const thrower = () => {
    throw error;
  };
  await assert.rejects(expectNoLeak(thrower), error);
  await assert.rejects(
    expectNoLeak(() => Promise.reject(error)),
    error,
  );
});

test('wrong arguments are named', async () => {
  const wrong = (message) => ({ name: 'TypeError', code: 'ERR_MEMWATCH_USAGE', message });
  const work = () => {};
  const none = /** @type {any} */ (undefined);
  await assert.rejects(expectNoLeak(none), wrong('The work of expectNoLeak() must be a function, but got undefined.'));
  await assert.rejects(
    expectNoLeak(work, /** @type {any} */ (3)),
    wrong('The options of expectNoLeak() must be an object, but got 3.'),
  );
  await assert.rejects(
    expectNoLeak(work, /** @type {any} */ ({ rounds: 3 })),
    wrong('expectNoLeak() has no option "rounds"; it has name, timeoutMs, toleranceBytes, warmUpCalls.'),
  );
  for (const [name, value, takes] of [
    ['toleranceBytes', -1, 'bytes per call, at least 0'],
    ['timeoutMs', 0, 'milliseconds above 0'],
    ['timeoutMs', Infinity, 'milliseconds above 0'],
    ['warmUpCalls', 1.5, 'a whole number of calls of at least 0'],
    ['name', 3, 'a string'],
  ]) {
    await assert.rejects(
      expectNoLeak(work, { [name]: value }),
      wrong(`The option ${name} of expectNoLeak() must be ${takes}, but got ${value}.`),
    );
  }
});
