'use strict';
// The trend detector on real heaps: its events, its options, its forced GCs. The judgement itself is
// tested in the crate, on programs made up.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const memwatch = require('..');
const { says, program, ended } = require('./support/child.js');
const { LEAK_KEYS, STATS_KEYS } = require('./support/contract.js');
const { assertSchema, schemaOfEvent } = require('./support/schema.js');

/**
 * A program that keeps `rate` bytes a second, for so long or until a leak is confirmed or a suspicion cleared (or the
 * first forced GC has ended), and the events it got. It calls gc() at intervals if `collectEveryMs` is given.
 * @param {{ rate: number, seconds: number, collectEveryMs?: number, options?: object, stopAfter?: number, idles?: boolean,
 *   untilProbed?: boolean, flags?: string[] }} how
 */
async function leaking({ rate, seconds, collectEveryMs, options = {}, stopAfter, idles, untilProbed, flags = [] }) {
  const [told] = await says(
    async ({ rate, seconds, collectEveryMs, options, stopAfter, idles, untilProbed }) => {
      const memwatch = require(ROOT);
      const EVENTS = ['leak', 'leak-confirmed', 'leak-suspected', 'leak-paused', 'leak-resumed', 'leak-cleared'];
      memwatch.configure(options);
      const told = { events: [], stats: 0, state: null, keys: [], scraped: [] };
      const sample = (text, name) => Number(new RegExp(`^memwatch_${name} (.*)$`, 'm').exec(text)?.[1] ?? NaN);
      const scrape = (name) => {
        const text = memwatch.metrics();
        const [suspected, paused, leaks] = ['leak_suspected', 'leak_paused', 'leaks_total'].map((family) =>
          sample(text, `${family}{kind="heap"}`),
        );
        const grows = sample(text, 'heap_growth_bytes_per_second{thread="main"}') > 0;
        return { name, suspected, paused, leaks, grows };
      };
      // What was confirmed comes as `leak`, too, unless that was reported before.
      const isTold = (name, leak) => (name === 'leak' && leak.detector === 'trend') || leak.wasReported;
      let over = false;
      for (const name of EVENTS) {
        memwatch.on(name, (payload) => {
          told.events.push([name, { ...payload, isDate: payload.start instanceof Date }]);
          told.keys.push(Object.keys(payload));
          if (payload.kind === 'heap') told.scraped.push(scrape(name));
          if (name === 'leak-cleared' || name === 'leak-paused' || isTold(name, payload)) over = true;
        });
      }
      memwatch.on('stats', (stats) => {
        told.stats++;
        told.last = stats;
      });
      const kept = [];
      const from = performance.now();
      const timer = setInterval(() => {
        const t = (performance.now() - from) / 1000;
        // An array of n numbers takes 8 n bytes.
        while (kept.length * 16_000 < Math.min(t, stopAfter ?? Infinity) * rate) kept.push(new Array(2000).fill(t));
        if (!idles || t < stopAfter) for (let i = 0, young = []; i < (stopAfter ? 6000 : 2000); i++) young.push({ i });
        over ||= untilProbed && memwatch.detectorState().forcedGc.count > 0;
        if (t < seconds && !over) return;
        clearInterval(timer);
        clearInterval(collector);
        told.state = memwatch.detectorState();
        say(told);
      }, 10);
      const collector = collectEveryMs && setInterval(() => memwatch.gc(), collectEveryMs);
      return kept;
    },
    { input: { rate, seconds, collectEveryMs, options, stopAfter, idles, untilProbed }, flags },
  );
  for (const [name, { isDate, ...payload }] of told.events) assertSchema(schemaOfEvent(name), payload);
  if (told.state !== null) assertSchema('detector-state', told.state);
  if (told.last !== undefined) assertSchema('stats', told.last);
  return told;
}

const MB = 2 ** 20;

/** Started immediately, in parallel with the other tests: it takes the longest, and does little. */
const clearedOne = leaking({
  rate: 6 * MB,
  seconds: 90,
  stopAfter: 7,
  collectEveryMs: 700,
  options: { detector: 'trend' },
  flags: ['--max-old-space-size=256'],
});
const pausedOne = leaking({
  rate: 6 * MB,
  seconds: 90,
  stopAfter: 7,
  idles: true,
  collectEveryMs: 700,
  options: { detector: 'trend' },
  flags: ['--max-old-space-size=256'],
});
// A failure reaches the tests that await them.
clearedOne.catch(() => {});
pausedOne.catch(() => {});

const named = ({ events }, wanted) => events.filter(([name]) => name === wanted).map(([, payload]) => payload);

/** The keys of an event that has some more. */
const keysWith = (...own) => [...LEAK_KEYS, ...own];

for (const detector of ['both', 'trend']) {
  test(`a leak is suspected, then confirmed with evidence, and emitted once, with detector '${detector}'`, async () => {
    // A quarter of the limit is 64 MB, so this is a fast one.
    const options = { detector };
    const told = await leaking({
      rate: 6 * MB,
      seconds: 60,
      collectEveryMs: 700,
      options,
      flags: ['--max-old-space-size=256'],
    });
    assert.deepEqual(
      told.events.filter(([name]) => name !== 'leak').map(([name, { state }]) => [name, state]),
      [
        ['leak-suspected', 'suspected'],
        ['leak-confirmed', 'confirmed'],
      ],
    );
    const [confirmed] = named(told, 'leak-confirmed');
    assert.equal(confirmed.kind, 'heap');
    assert.ok(confirmed.isDate);
    assert.ok(confirmed.confidence >= 0.9 && confirmed.confidence <= 1, `${confirmed.confidence}`);
    assert.ok(confirmed.growth > 8 * MB && confirmed.growth < 128 * MB, `${confirmed.growth}`);
    assert.ok(new Date(confirmed.limitEta) > new Date(confirmed.end));
    assert.match(
      confirmed.reason,
      /^heap grows by [\d.]+ [MG]iB an hour: [\d.]+ MiB over \d+ samples \(.*s\), .*; heap limit in .*s$/,
    );
    assert.ok(confirmed.suspects.length > 0, 'somebody is named');
    const [leak, ...more] = named(told, 'leak');
    assert.deepEqual(more, []);
    // Whichever of the two was first.
    assert.equal(leak.detector, confirmed.wasReported ? 'consecutive' : 'trend');
    assert.equal(leak.state, confirmed.wasReported ? 'unknown' : 'confirmed');
    if (detector === 'trend') assert.equal(confirmed.wasReported, false);
    for (const [index, [name]] of told.events.entries()) {
      assert.deepEqual(told.keys[index], name === 'leak-confirmed' ? keysWith('wasReported') : LEAK_KEYS);
    }
    assert.equal(told.state.state, 'confirmed');
  });
}

test("a leak of the original rule has state 'unknown', and continued growth causes no second one", async () => {
  const told = await leaking({ rate: 2 * MB, seconds: 3, collectEveryMs: 100 });
  const leaks = named(told, 'leak');
  assert.equal(leaks.length, 1);
  const [{ detector, state, confidence, suspects, whyNoSuspects, reason }] = leaks;
  assert.deepEqual(
    { detector, state, confidence, suspects },
    { detector: 'consecutive', state: 'unknown', confidence: null, suspects: [] },
  );
  assert.match(whyNoSuspects, /^so far it is only known that the heap grew/);
  assert.match(reason, /^heap growth over 5 consecutive GCs/);
});

test('a leak that grows in two kinds of memory is emitted once', async () => {
  const [told] = await says(
    async () => {
      const memwatch = require(ROOT);
      const [leaks, confirmed] = [[], []];
      memwatch.on('leak', (leak) => leaks.push(leak));
      memwatch.on('leak-confirmed', (leak) => confirmed.push(leak));
      const kept = [];
      const from = performance.now();
      const isDone = () =>
        ['heap', 'external'].every((kind) => memwatch.detectorState().kinds[kind].state === 'confirmed');
      while (!isDone() && performance.now() - from < 60_000) {
        kept.push(Buffer.alloc(4 * 2 ** 20, 1), new Array(500_000).fill(kept.length));
        memwatch.gc();
        await new Promise((resolve) => setTimeout(resolve, 600));
      }
      await turns();
      say({ leaks, confirmed });
      return kept;
    },
    { flags: ['--max-old-space-size=256'] },
  );
  assert.deepEqual(told.confirmed.map(({ kind }) => kind).sort(), ['external', 'heap']);
  assert.equal(told.leaks.length, 1);
  assert.equal(
    told.confirmed.filter(({ wasReported }) => !wasReported).length,
    told.leaks[0].detector === 'trend' ? 1 : 0,
  );
});

test('a cleared suspicion reports its duration, its reason and its peak evidence', async () => {
  const told = await clearedOne;
  assert.deepEqual(
    told.events.map(([name, { state }]) => [name, state]),
    [
      ['leak-suspected', 'suspected'],
      ['leak-cleared', 'cleared'],
    ],
  );
  const [[, suspected], [, cleared]] = told.events;
  assert.deepEqual(told.keys[1], keysWith('keptBytes', 'wasConfirmed', 'lastedMs', 'why'));
  assert.equal(cleared.why, 'stopped-growing');
  assert.match(cleared.reason, /^heap stopped growing at [\d.]+ MiB: it had grown by [\d.]+ MiB \(.*s\)$/);
  assert.ok(cleared.confidence >= suspected.confidence, `${cleared.confidence}, ${suspected.confidence} before`);
  assert.ok(cleared.growth > 8 * MB && cleared.growth < 64 * MB, `${cleared.growth}`);
  const between = Date.parse(cleared.end) - Date.parse(suspected.end);
  assert.ok(
    Math.abs(cleared.lastedMs - between) < between / 10,
    `${cleared.lastedMs} ms, ${between} by the wall clock`,
  );
});

test('growth that stops together with the work of the program is paused, not cleared', async () => {
  const told = await pausedOne;
  assert.deepEqual(
    told.events.map(([name, { state }]) => [name, state]),
    [
      ['leak-suspected', 'suspected'],
      ['leak-paused', 'paused'],
    ],
  );
  const [, [, paused]] = told.events;
  // The addon gives its keys and JavaScript adds the suspects', so those of a pause stand between.
  assert.deepEqual([...told.keys[1]].sort(), keysWith('keptBytes', 'wasConfirmed', 'lastedMs').sort());
  assert.equal(paused.wasConfirmed, false);
  assert.ok(paused.keptBytes > 16 * MB && paused.keptBytes < 64 * MB, `${paused.keptBytes}`);
  assert.ok(paused.lastedMs < 20_000, `${paused.lastedMs} ms: it grew for some seconds`);
  const between = Date.parse(paused.end) - Date.parse(paused.start);
  assert.ok(Math.abs(paused.lastedMs - between) < 500, `${paused.lastedMs} ms, ${between} by the wall clock`);
  assert.match(paused.reason, /^growth of the heap has paused: [\d.]+ MiB added in \d+s are still in use$/);
  const { state, wasConfirmed, keptBytes, kind } = told.state;
  assert.deepEqual({ state, wasConfirmed, kind }, { state: 'paused', wasConfirmed: false, kind: 'heap' });
  assert.ok(Math.abs(keptBytes - paused.keptBytes) < MB, `${keptBytes}`);
});

test('metrics have the new detector state when its event is emitted', async () => {
  const { scraped } = await pausedOne;
  const [suspected] = scraped.filter(({ name }) => name === 'leak-suspected');
  assert.deepEqual(suspected, { name: 'leak-suspected', suspected: 1, paused: 0, leaks: 0, grows: true });
  const [leak] = scraped.filter(({ name }) => name === 'leak');
  if (leak !== undefined) assert.deepEqual(leak, { name: 'leak', suspected: 1, paused: 0, leaks: 1, grows: true });
  const paused = scraped.find(({ name }) => name === 'leak-paused');
  assert.deepEqual([paused.suspected, paused.paused, paused.grows], [1, 1, false]);
  const cleared = (await clearedOne).scraped.find(({ name }) => name === 'leak-cleared');
  assert.equal(cleared.suspected, 0);
});

test('a leak found before configure() is not emitted once its detector is off', async () => {
  const [byRule, byTrend] = await Promise.all(
    ['consecutive', 'trend'].map((finder) =>
      says(
        async (finder) => {
          const memwatch = require(ROOT);
          const kept = [];
          const from = performance.now();
          // One turn of the loop, as where modules are loaded: nothing is delivered meanwhile.
          const isFound = () =>
            finder === 'trend'
              ? memwatch.detectorState().state !== 'ok' || performance.now() - from > 60_000
              : kept.length > 7;
          while (!isFound()) {
            const until = performance.now() + (finder === 'trend' ? 500 : 0);
            kept.push(new Array(400_000).fill(kept.length));
            while (performance.now() < until);
            memwatch.gc();
          }
          const state = memwatch.detectorState().state;
          memwatch.configure({ detector: finder === 'trend' ? 'consecutive' : 'trend' });
          const told = [];
          for (const name of [
            'leak',
            'leak-confirmed',
            'leak-suspected',
            'leak-paused',
            'leak-resumed',
            'leak-cleared',
          ]) {
            memwatch.on(name, ({ detector }) => told.push([name, detector]));
          }
          await turns();
          say({ state, told });
          return kept;
        },
        { input: finder, flags: ['--max-old-space-size=256'] },
      ),
    ),
  );
  assert.deepEqual(
    byRule[0].told.filter(([, detector]) => detector === 'consecutive'),
    [],
  );
  assert.notEqual(byTrend[0].state, 'ok');
  assert.deepEqual(
    byTrend[0].told.filter(([, detector]) => detector === 'trend'),
    [],
  );
});

test("with detector 'trend' the original rule is silent, with 'consecutive' the trend detector is", async () => {
  const [byTrend, byRule] = await Promise.all(
    ['trend', 'consecutive'].map((detector) =>
      leaking({
        rate: 8 * MB,
        seconds: 8,
        collectEveryMs: 200,
        options: { detector },
        flags: ['--max-old-space-size=256'],
      }),
    ),
  );
  assert.deepEqual(
    byTrend.events.filter(([, { detector }]) => detector === 'consecutive'),
    [],
  );
  assert.ok(byTrend.events.length > 0, 'it is suspected');
  assert.deepEqual(
    byRule.events.filter(([, { detector }]) => detector === 'trend'),
    [],
  );
  assert.ok(byRule.events.length > 0);
  assert.equal(byRule.state, null);
});

test('growth causes forced GCs, which emit no stats', async () => {
  // The limit is fixed, because the threshold depends on it, and the machine's memory sets it.
  // A fast one is collected so often that no probe is needed.
  const told = await leaking({
    rate: 2 * MB,
    seconds: 60,
    untilProbed: true,
    flags: ['--max-old-space-size=512'],
  });
  const { forcedGc: probes } = told.state;
  assert.ok(probes.count > 0, JSON.stringify(told.state));
  assert.ok(probes.costMs > 0);
  if (told.last !== undefined) {
    assert.equal(told.last.num_full_gc, told.stats);
    assert.ok(told.last.num_forced_gc <= probes.count);
  }
});

test('with probes off no GC is forced', async () => {
  const told = await leaking({
    rate: 8 * MB,
    seconds: 12,
    options: { forcedGc: { enabled: false } },
    flags: ['--max-old-space-size=512'],
  });
  assert.deepEqual(told.state.forcedGc, { count: 0, costMs: 0, isRunning: false });
});

test('forced GCs have their own counter in stats and change no other number', async () => {
  const [before, after] = await says(async () => {
    const memwatch = require(ROOT);
    const collected = () => {
      const stats = new Promise((resolve) => memwatch.once('stats', resolve));
      memwatch.gc();
      return stats;
    };
    let heard = 0;
    memwatch.on('stats', () => heard++);
    say(await collected());
    const kept = [];
    // Until one has ended; then let it be reported.
    while (memwatch.detectorState().forcedGc.count === 0) {
      for (let i = 0; i < 10; i++) kept.push(new Array(2000).fill(i));
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const others = heard;
    const stats = await collected();
    say({ ...stats, others });
    return kept;
  });
  assert.equal(before.num_forced_gc, 0);
  assert.ok(after.num_forced_gc > 0 && after.forced_gc_time > 0);
  assert.equal(after.num_full_gc, after.others + 1);
  assert.ok(STATS_KEYS.includes('num_forced_gc'));
});

// V8 begins to mark when external memory is reported, for the length of that call.
// Without incremental marking it collects at once there: that is the program's collection, and
// the only one, as no more memory is reported to V8.
for (const flag of ['--incremental-marking', '--no-incremental-marking']) {
  test(`the memory pressure notification for a forced GC changes no later number, with ${flag}`, async () => {
    const [told] = await says(
      async () => {
        const memwatch = require(ROOT);
        const stats = [];
        const seen = [];
        memwatch.on('stats', ({ external_memory: bytes }) => stats.push(bytes));
        const kept = [];
        const from = performance.now();
        // So slowly that V8 itself sees no reason to collect.
        let until = 20_000;
        while (performance.now() - from < until) {
          kept.push(new Array(2000).fill(kept.length));
          await new Promise((resolve) => setTimeout(resolve, 5));
          seen.push(process.memoryUsage().external);
          const isOver = stats.length > 0 || memwatch.detectorState().forcedGc.count > 0;
          if (isOver) until = Math.min(until, performance.now() - from + 3000);
        }
        say({ stats, most: Math.max(...seen), probes: memwatch.detectorState().forcedGc.count });
        return kept;
      },
      { flags: ['--max-old-space-size=2048', flag] },
    );
    assert.ok(
      [told.most, ...told.stats].every((bytes) => bytes > 0 && bytes < 32 * MB),
      JSON.stringify(told),
    );
    if (flag === '--incremental-marking') assert.ok(told.probes > 0, JSON.stringify(told));
    else assert.deepEqual([told.probes, told.stats.length], [0, 1], JSON.stringify(told));
  });
}

test('neither a suspicion nor a pending forced GC keeps a process alive', async () => {
  const outcome = ended(
    await program(() => {
      const memwatch = require(ROOT);
      const kept = (globalThis.kept = []);
      const from = performance.now();
      // Ends the loop as soon as a probe is under way, or has been.
      const timer = setInterval(() => {
        for (let i = 0; i < 20; i++) kept.push(new Array(2000).fill(i));
        const { forcedGc: probes } = memwatch.detectorState();
        if (!probes.isRunning && probes.count === 0 && performance.now() - from < 60_000) return;
        clearInterval(timer);
        say(probes);
      }, 5);
    }),
  );
  const [{ isRunning, count }] = outcome.said;
  assert.ok(isRunning || count > 0);
});

test('an environment can end while a forced GC is pending: exit, a worker, its termination', async () => {
  for (const ending of ['exit', 'worker', 'terminate']) {
    const outcome = await program(
      async (ending) => {
        const leak = `
        const memwatch = require(${JSON.stringify(ROOT)});
        const kept = (globalThis.kept = []);
        const from = performance.now();
        const timer = setInterval(() => {
          for (let i = 0; i < 20; i++) kept.push(new Array(2000).fill(i));
          const { forcedGc: probes } = memwatch.detectorState();
          if (!probes.isRunning && probes.count === 0 && performance.now() - from < 60_000) return;
          clearInterval(timer);
          over(probes);
        }, 5);`;
        if (ending === 'exit') {
          new Function('require', 'over', leak)(require, () => process.exit(7));
          return;
        }
        const { Worker } = require('node:worker_threads');
        const over =
          ending === 'worker' ? 'process.exit(7)' : "require('node:worker_threads').parentPort.postMessage(1)";
        const worker = new Worker(`const over = () => ${over}; ${leak}; setInterval(() => kept.push([1]), 1);`, {
          eval: true,
        });
        if (ending === 'terminate') worker.once('message', () => worker.terminate());
        worker.once('exit', () => (process.exitCode = 7));
      },
      { input: ending },
    );
    assert.deepEqual([outcome.status, outcome.signal], [7, null], `${ending}: ${outcome.stderr}`);
  }
});

test('detectorState() returns evidence at any time', () => {
  const state = memwatch.detectorState();
  assert.equal(state.state, 'ok');
  assert.deepEqual(Object.keys(state.kinds), ['heap', 'external', 'native', 'threads', 'handles']);
  for (const [kind, on] of Object.entries(state.kinds)) {
    assert.equal(on.kind, kind);
    assert.ok(on.confidence >= 0 && on.confidence <= 1);
  }
  assert.ok(state.kinds.heap.currentBytes > MB);
});

test('configure() returns the current options, and an invalid one is refused with the valid values', () => {
  const { detector, forcedGc } = memwatch.configure();
  assert.equal(detector, 'both');
  assert.deepEqual(forcedGc, { enabled: true, budgetRatio: 0.005, minSpacingMs: 2000 });
  for (const [option, takes, wrong] of [
    ['detector', "'both', 'trend' or 'consecutive'", ['all', 1, true, null, ['both']]],
    ['forcedGc.enabled', 'true or false', [1, 'yes', null, {}]],
    ['forcedGc.budgetRatio', 'a share of wall time above 0 and up to 0.1', [0, -1, 0.2, NaN, '0.01', null]],
    ['forcedGc.minSpacingMs', 'a number of milliseconds of at least 2000', [0, 1999, NaN, Infinity, '5000', null]],
  ]) {
    for (const value of wrong) {
      const [group, name] = `${option}`.split('.');
      assert.throws(
        () => memwatch.configure({ [group]: name === undefined ? value : { [name]: value } }),
        (error) => {
          assert.ok(error instanceof TypeError);
          assert.equal(/** @type {NodeJS.ErrnoException} */ (error).code, 'ERR_MEMWATCH_USAGE');
          assert.ok(
            error.message.startsWith(`The option ${option} of memwatch.configure() must be ${takes}, but got `),
          );
          return true;
        },
      );
    }
  }
  assert.equal(memwatch.configure({ forcedGc: { minSpacingMs: 5000 } }).forcedGc.minSpacingMs, 5000);
  assert.deepEqual(memwatch.configure({ forcedGc: { minSpacingMs: 2000 } }).forcedGc, forcedGc);
});

test('a confirmed leak has its diagnosis where configured', {
  skip: process.platform !== 'linux' && 'copies are made on Linux',
}, async () => {
  const told = await leaking({
    rate: 6 * MB,
    seconds: 60,
    collectEveryMs: 700,
    // Room for a machine with much else to do, where the alarm comes late.
    flags: ['--max-old-space-size=512'],
    options: { onLeak: { analyze: true } },
  });
  const [, leak] = told.events.find(
    ([name, { detector, wasReported }]) => (name === 'leak' && detector === 'trend') || wasReported,
  );
  assert.deepEqual(Object.keys(leak.analysis), ['report']);
  const [finding] = leak.analysis.report.findings;
  assert.match(finding.path.text, /context\.kept/);
});
