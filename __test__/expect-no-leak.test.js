'use strict';
// expectNoLeak on work that leaks and work that does not. Slow work and short times are in expect-no-leak-time.test.js,
// and what memwatch keeps and starts for it in expect-no-leak-own.test.js. The statistics have tests of
// their own in the crate; under other test runners it is tried by scripts/test-runners.mjs.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { setTimeout: sleep } = require('node:timers/promises');
const memwatch = require('..');
const { expectNoLeak } = require('../test.js');
const { says } = require('./support/child.js');
const { leakOf } = require('./support/leak-error.js');

test('work that retains an object each time is a leak, and the error names the class and the holder', async () => {
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

test('the error names the allocating function and its location, also when V8 inlined it', async () => {
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

test('work that retains Buffers is a leak though the heap hardly grows', async () => {
  const kept = [];
  const { bytesPerCall, interval } = await leakOf(() => kept.push(Buffer.alloc(100_000)), { name: 'upload' });
  // What the tests before left is freed meanwhile: the interval holds the truth, its middle need not be close to it.
  assert.ok(interval[0] < 110_000 && interval[1] > 100_000, String(interval));
  assert.ok(bytesPerCall > 50_000, String(bytesPerCall));
});

test('asynchronous work can leak as well', async () => {
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

test('work that retains nothing passes, and its GC cycles cause no events', async () => {
  let heard = 0;
  const count = () => heard++;
  memwatch.on('stats', count);
  const report = await expectNoLeak(() => JSON.parse(JSON.stringify({ list: [1, 2, 3], text: 'x'.repeat(100) })));
  memwatch.removeListener('stats', count);
  assert.equal(report.result, 'clear');
  assert.ok(report.interval[1] <= 8 && report.interval[0] <= report.bytesPerCall, JSON.stringify(report));
  assert.ok(report.calls >= 100);
  // GC cycles started by V8 meanwhile are emitted; our hundreds are not.
  assert.ok(heard < 20, String(heard));
});

test('a cache that fills up and then evicts passes', async () => {
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
  // A little garbage from slow work, so that no automatic GC comes for many rounds.
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

test('functions that are compiled again and retained are a leak', async () => {
  const kept = [];
  const { message } = await leakOf(() => kept.push(new Function(`return ${kept.length}`)));
  assert.match(message, /Closure: \+/);
});

test('work whose growth stops on each new check is checked three times', async () => {
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

test('a holder known only by its class is not reported', async () => {
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

test('an exception of the work is passed on', async () => {
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

test('invalid arguments are named', async () => {
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
