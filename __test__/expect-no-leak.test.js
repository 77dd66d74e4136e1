'use strict';
// expectNoLeak on work that leaks and work that does not. The statistics have tests of
// their own in the crate; under other test runners it is tried by scripts/test-runners.mjs.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { createHash } = require('node:crypto');
const fs = require('node:fs');
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
  assert.ok(made.growth > 0 && made.share > 0 && made.stack.length > 0, JSON.stringify(made));
  const [, section] = error.message.split('Who made it:\n');
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
  const heard = async (sampling) => {
    memwatch.configure({ sampling });
    const before = memwatch.sites().sampling;
    const { suspects, message } = await leakOf(work);
    return [before, memwatch.sites().sampling, suspects.length > 0, message.includes('Who made it:')];
  };
  assert.deepEqual(await heard('off'), ['off', 'off', false, false]);
  assert.deepEqual(await heard('always'), ['own', 'own', true, true]);
  assert.deepEqual(await heard('suspicion'), ['off', 'off', true, true]);
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
  assert.ok(error.classes.some((entry) => entry.class === 'Closure'), error.message);
});

test('work that keeps nothing is clear, and nobody hears of the collections', async () => {
  let heard = 0;
  const count = () => heard++;
  memwatch.on('stats', count);
  const report = await expectNoLeak(() => JSON.parse(JSON.stringify({ list: [1, 2, 3], text: 'x'.repeat(100) })));
  memwatch.removeListener('stats', count);
  assert.equal(report.verdict, 'clear');
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
  assert.equal(report.verdict, 'clear');
});

test('garbage is no leak on a large heap either', async () => {
  const ballast = Array.from({ length: 1_200_000 }, (_, i) => ({ i, next: { i } }));
  // A little garbage from work that takes its time, so that no collection comes by itself for many rounds.
  let made;
  const report = await expectNoLeak(() => {
    made = { text: `${Math.random()}`, hash: createHash('sha256').update('x').digest() };
  });
  assert.ok(made.text.length > 0);
  assert.ok(process.memoryUsage().heapUsed > 64 * 2 ** 20, `only ${process.memoryUsage().heapUsed} bytes`);
  assert.equal(report.verdict, 'clear');
  assert.equal(ballast.length, 1_200_000);
});

test('when the time is over and nothing is clear, it says so and does not fail', async () => {
  const report = await expectNoLeak(() => sleep(20), { timeout: 1 });
  assert.equal(report.verdict, 'unclear');
});

test('work that grows no more whenever it is looked at again is looked at three times', async () => {
  const [said] = await says(async () => {
    const diffs = require(`${ROOT}/lib/heap-diff.js`);
    const kept = [];
    let calls = 0;
    let looks = 0;
    let quietUntil = 0;
    // Each look begins with a diff, and makes as many calls as there were before.
    diffs.HeapDiff = class {
      constructor() {
        looks++;
        quietUntil = calls * 2;
      }
    };
    const { expectNoLeak } = require(`${ROOT}/test.js`);
    const work = () => {
      if (++calls > quietUntil) kept.push(new Array(100).fill(calls));
    };
    const { verdict } = await expectNoLeak(work, { timeout: 600_000 });
    say({ looks, verdict });
  });
  assert.deepEqual(said, { looks: 3, verdict: 'unclear' });
});

test('a keeper of which only the class is known is not told', async () => {
  const [message] = await says(async () => {
    const { expectNoLeak } = require(`${ROOT}/test.js`);
    const kept = [];
    say(await expectNoLeak(() => kept.push({ at: 1 })).then(String, String));
  });
  const [, keepers] = message.split('Who keeps it:\n');
  assert.ok(keepers !== undefined, message);
  const rows = keepers.split('\n\n')[0].split('\n');
  assert.ok(rows.some((row) => row.startsWith('  Object: ')), message);
  for (const row of rows) assert.doesNotMatch(row, /: \(local variable\)(?: → \w+)? \(/);
});

test('what the work throws comes through', async () => {
  const error = new Error('of the work');
  const thrower = () => {
    throw error;
  };
  await assert.rejects(expectNoLeak(thrower), error);
  await assert.rejects(expectNoLeak(() => Promise.reject(error)), error);
});

test('wrong arguments are named', async () => {
  const wrong = (message) => ({ name: 'TypeError', code: 'ERR_MEMWATCH_WRONG_OPTION', message });
  const work = () => {};
  await assert.rejects(expectNoLeak(), wrong('expectNoLeak() takes a function that does the work once.'));
  await assert.rejects(expectNoLeak(work, 3), wrong('The options of expectNoLeak() must be an object.'));
  await assert.rejects(
    expectNoLeak(work, { rounds: 3 }),
    wrong('expectNoLeak() has no option "rounds"; it has tolerance, timeout, warmUp, name.'),
  );
  for (const [name, value, takes] of [
    ['tolerance', -1, 'bytes a call, from 0 on'],
    ['timeout', 0, 'milliseconds above 0'],
    ['timeout', Infinity, 'milliseconds above 0'],
    ['warmUp', 1.5, 'a whole number of calls'],
    ['name', 3, 'a string'],
  ]) {
    await assert.rejects(
      expectNoLeak(work, { [name]: value }),
      wrong(`The option ${name} of expectNoLeak() must be ${takes}.`),
    );
  }
});
