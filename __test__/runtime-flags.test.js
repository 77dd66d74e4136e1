'use strict';
// Everything once under flags that change how V8 collects and compiles, and in contexts of
// its own.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { says, program, ended } = require('./support/child.js');

/** Stats, leak and a diff, as one program. */
async function everything() {
  const memwatch = require(ROOT);
  class Kept {}
  const heard = [];
  memwatch.on('stats', ({ num_full_gc, current_base }) => heard.push({ full: num_full_gc, base: current_base }));
  memwatch.on('leak', () => heard.push('leak'));
  const diff = new memwatch.HeapDiff();
  const kept = [];
  for (let i = 0; i < 5; i++) {
    // Far more than what V8 itself may drop between two collections.
    for (let k = 0; k < 10_000; k++) kept.push(new Kept());
    memwatch.gc();
  }
  await turns();
  say(heard);
  say(diff.end().change.details.find(({ what }) => what === 'Kept')['+']);
  return kept;
}

const FLAGS = [
  ['--max-semi-space-size=1'],
  ['--single-threaded'],
  ['--single-threaded-gc'],
  ['--jitless'],
  ['--no-opt'],
  ['--always-turbofan'],
  ['--no-incremental-marking'],
  ['--stress-incremental-marking'],
  ['--stress-compaction'],
  ['--no-flush-bytecode'],
  ['--optimize-for-size'],
  ['--max-old-space-size=8000'],
  ['--disallow-code-generation-from-strings'],
  ['--frozen-intrinsics'],
  ['--disable-proto=throw'],
  ['--track-heap-objects'],
  ['--trace-warnings', '--throw-deprecation', '--pending-deprecation'],
];
for (const flags of FLAGS) {
  test(`everything works under ${flags.join(' ')}`, async (t) => {
    const outcome = await program(everything, { flags });
    if (/bad option/.test(outcome.stderr)) {
      t.skip(`${process.version} does not know it`);
      return;
    }
    const [heard, kept] = ended(outcome).said;
    const stats = heard.filter((what) => what !== 'leak');
    // Under stress V8 adds full collections of its own, and what it compiles comes and goes.
    assert.ok(stats.length >= 5, JSON.stringify(heard));
    assert.deepEqual(
      stats.map(({ full }) => full),
      stats.map((_, index) => index + 1),
    );
    const grew = stats.slice(0, 5).every(({ base }, index) => index === 0 || base > stats[index - 1].base);
    assert.equal(heard[4] === 'leak', grew, JSON.stringify(heard));
    assert.equal(kept, 50_000);
  });
}

test('objects of other contexts are in a diff, and GC cycles are counted as usual', async () => {
  const [change, stats] = await says(async () => {
    const vm = require('node:vm');
    const memwatch = require(ROOT);
    const diff = new memwatch.HeapDiff();
    const contexts = Array.from({ length: 3 }, () => vm.createContext({}));
    const kept = contexts.map((context) =>
      vm.runInContext('class InContext {}; Array.from({ length: 200 }, () => new InContext())', context),
    );
    say(diff.end().change);
    memwatch.once('stats', (stats) => say(stats));
    memwatch.gc();
    return [contexts, kept];
  });
  assert.equal(change.details.find(({ what }) => what === 'InContext')['+'], 600);
  assert.equal(stats.num_full_gc, 1);
  assert.ok(stats.number_of_native_contexts >= 4, `${stats.number_of_native_contexts} contexts`);
});

test('memwatch can be used from inside another context', async () => {
  const said = await says(() => {
    const vm = require('node:vm');
    const memwatch = require(ROOT);
    const context = vm.createContext({ memwatch, say });
    vm.runInContext(
      `memwatch.on('stats', (stats) => say(stats.num_full_gc));
       const diff = new memwatch.HeapDiff();
       memwatch.gc();
       say(Object.keys(diff.end()));
       try { diff.end(); } catch (error) { say(error.code); }
       try { memwatch.HeapDiff(); } catch (error) { say(error.code); }`,
      context,
    );
  });
  assert.deepEqual(said, [['before', 'after', 'change'], 'ERR_MEMWATCH_DIFF_ENDED', 'ERR_MEMWATCH_NEW_REQUIRED', 1]);
});

test('dropped contexts leave no native contexts behind', async () => {
  const [before, after] = await says(async () => {
    const vm = require('node:vm');
    const memwatch = require(ROOT);
    const next = () => {
      const stats = new Promise((resolve) => memwatch.once('stats', resolve));
      memwatch.gc();
      return stats;
    };
    say((await next()).number_of_native_contexts);
    for (let i = 0; i < 5; i++) {
      vm.runInNewContext('class Passing {}; new Passing()');
      new memwatch.HeapDiff().end();
      await turns(3);
    }
    await next();
    say((await next()).number_of_native_contexts);
  });
  assert.equal(after, before);
});

test('the inspector, a heap profile and v8.getHeapSnapshot continue to work', async () => {
  const said = await says(async () => {
    const { Session } = require('node:inspector');
    const v8 = require('node:v8');
    const memwatch = require(ROOT);
    const session = new Session();
    session.connect();
    const post = (method) =>
      new Promise((resolve, reject) => {
        session.post(method, (error, value) => (error ? reject(error) : resolve(value)));
      });
    await post('HeapProfiler.enable');
    await post('HeapProfiler.startSampling');
    class Beside {}
    const kept = [];
    const diff = new memwatch.HeapDiff();
    for (let i = 0; i < 1000; i++) kept.push(new Beside());
    v8.getHeapSnapshot().resume();
    memwatch.gc();
    say(diff.end().change.details.find(({ what }) => what === 'Beside')['+']);
    const { profile } = await post('HeapProfiler.stopSampling');
    say(typeof profile.head);
    let chunks = 0;
    session.on('HeapProfiler.addHeapSnapshotChunk', () => chunks++);
    await post('HeapProfiler.takeHeapSnapshot');
    say(chunks > 0);
    session.disconnect();
    return kept;
  });
  assert.deepEqual(said, [1000, 'object', true]);
});
