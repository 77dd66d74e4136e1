'use strict';
// Worker threads: each has its own module, counters, events and diffs. How they end is in
// worker-teardown.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { says } = require('./support/child.js');
const { thread, threadSays } = require('./support/worker.js');
const { LEAK_KEYS, STATS_KEYS } = require('./support/contract.js');

test('a worker has its own counters and events', async () => {
  const memwatch = require('..');
  const heard = [];
  const listener = ({ num_full_gc }) => heard.push(num_full_gc);
  memwatch.on('stats', listener);
  const said = await threadSays(async () => {
    const memwatch = require(ROOT);
    memwatch.on('stats', (stats) => say([stats.num_full_gc, Object.keys(stats)]));
    for (let i = 0; i < 3; i++) memwatch.gc();
  });
  memwatch.removeListener('stats', listener);
  assert.deepEqual(
    said.map(([full]) => full),
    [1, 2, 3],
  );
  assert.deepEqual(said[0][1], STATS_KEYS);
  assert.deepEqual(heard, [], 'the collections of a worker are not those of the main thread');
});

test('GC cycles of the main thread are no events of a worker', async () => {
  const memwatch = require('..');
  const { worker, said, exit } = thread(async () => {
    const memwatch = require(ROOT);
    memwatch.on('stats', ({ num_full_gc }) => say(['full', num_full_gc]));
    say('ready');
    parentPort.once('message', async () => {
      await turns();
      say('checked');
    });
  });
  await new Promise((resolve) => worker.once('message', resolve));
  memwatch.gc();
  memwatch.gc();
  worker.postMessage('collected');
  assert.equal(await exit, 0);
  assert.deepEqual(said, ['ready', 'checked']);
});

test('a worker emits its own leak', async () => {
  const said = await threadSays(async () => {
    const memwatch = require(ROOT);
    memwatch.on('leak', (leak) => say(['leak', Object.keys(leak)]));
    memwatch.on('stats', ({ current_base }) => say(['stats', current_base]));
    const kept = [];
    for (let i = 0; i < 5; i++) {
      // More than V8 can give back meanwhile of the code that it compiled at the start.
      kept.push(new Array(500_000).fill(i));
      memwatch.gc();
    }
  });
  const names = said.map(([name]) => name);
  assert.deepEqual(names, ['stats', 'stats', 'stats', 'stats', 'leak', 'stats'], JSON.stringify(said));
  assert.deepEqual(said[4][1], LEAK_KEYS);
});

test('the settings of a worker are its own', async () => {
  const memwatch = require('..');
  const said = await threadSays(() => {
    const memwatch = require(ROOT);
    memwatch.set_consecutive_growth_limit(2);
    say(memwatch.get_consecutive_growth_limit());
  });
  assert.deepEqual(said, [2]);
  assert.equal(memwatch.get_consecutive_growth_limit(), 5);
});

test('concurrent heap diffs of two threads each report their own heap', async () => {
  const main = () => {
    const { HeapDiff } = require(ROOT);
    const { count } = workerData;
    class OfTheWorker {}
    const kept = [];
    for (let round = 0; round < 3; round++) {
      const diff = new HeapDiff();
      for (let i = 0; i < count; i++) kept.push(new OfTheWorker());
      say(diff.end().change.details.find(({ what }) => what === 'OfTheWorker')['+']);
    }
  };
  const counts = [100, 200, 300];
  const said = await Promise.all(counts.map((count) => threadSays(main, { workerData: { count } })));
  assert.deepEqual(
    said,
    counts.map((count) => [count, count, count]),
  );
});

test('the numbers of a worker describe its own heap', async () => {
  const [[stats, heap]] = await threadSays(
    () => {
      const v8 = require('node:v8');
      const memwatch = require(ROOT);
      memwatch.once('stats', (stats) => say([stats, v8.getHeapStatistics()]));
      memwatch.gc();
    },
    { resourceLimits: { maxOldGenerationSizeMb: 96 } },
  );
  assert.equal(stats.heap_size_limit, heap.heap_size_limit);
  assert.ok(stats.heap_size_limit < 400 * 1024 * 1024);
  assert.ok(Math.abs(stats.used_heap_size - heap.used_heap_size) < 2 * 1024 * 1024);
});

test('a listener does not keep a worker alive, a pending event does', async () => {
  assert.deepEqual(await threadSays(() => void require(ROOT).on('stats', () => {})), []);
  assert.deepEqual(
    await threadSays(() => {
      const memwatch = require(ROOT);
      memwatch.on('stats', ({ num_full_gc }) => say(num_full_gc));
      memwatch.gc();
    }),
    [1],
  );
});

// Loads in an order of its own, so each in a process of its own.
const LOADS = {
  'in a worker only': `await inWorker();`,
  'in main, then in a worker': `await inMain(); await inWorker();`,
  'in a worker, then in main': `await inWorker(); await inMain();`,
  'in two workers, one after the other': `await inWorker(); await inWorker();`,
  'in main and in two workers at once': `await Promise.all([inWorker(), inMain(), inWorker()]);`,
  'in a worker of a worker': `await inWorker(1);`,
};
for (const [name, steps] of Object.entries(LOADS)) {
  test(`memwatch can be loaded ${name}`, async () => {
    const said = await says(`async () => {
      const { Worker } = require('node:worker_threads');
      const use = async (who) => {
        const memwatch = require(ROOT);
        const stats = new Promise((resolve) => memwatch.once('stats', resolve));
        memwatch.gc();
        say([who, (await stats).num_full_gc > 0, Object.keys(new memwatch.HeapDiff().end()).length]);
      };
      const inMain = () => use('main');
      const inWorker = (levels = 0) => new Promise((resolve, reject) => {
        const source = levels === 0
          ? 'use("worker")'
          : '(' + inWorker + ')(' + (levels - 1) + ')';
        const worker = new Worker(
          "const { Worker } = require('node:worker_threads');" +
          'const ROOT = ' + JSON.stringify(ROOT) + ';' +
          'const say = ' + say + '; const use = ' + use + '; const inWorker = ' + inWorker + ';' + source,
          { eval: true },
        );
        worker.on('error', reject);
        worker.on('exit', (status) => (status === 0 ? resolve() : reject(new Error('status ' + status))));
      });
      ${steps}
    }`);
    const expected = { main: (steps.match(/inMain/g) ?? []).length, worker: (steps.match(/inWorker/g) ?? []).length };
    for (const who of ['main', 'worker']) {
      const ofThem = said.filter(([name]) => name === who);
      assert.deepEqual(ofThem, Array(expected[who]).fill([who, true, 3]), who);
    }
  });
}
