'use strict';
// Workers that end in the middle of things: no way of ending one may take the process down.
// Each test is a process of its own, whose exit status is the answer.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { fixture, says, program, ended } = require('./support/child.js');

test('fifty workers end safely, half of them terminated during GC cycles and snapshots', async () => {
  const { said } = ended(await fixture('worker-churn.js', { args: ['50', '1'] }));
  const [{ terminated, finished, failed }] = said;
  assert.deepEqual([terminated, finished, failed], [25, 25, []]);
});

test('a worker terminated during a snapshot ends', async () => {
  const said = await says(async () => {
    const { Worker } = require('node:worker_threads');
    for (let round = 0; round < 4; round++) {
      const worker = new Worker(
        `const { parentPort } = require('node:worker_threads');
         const { HeapDiff } = require(${JSON.stringify(ROOT)});
         globalThis.kept = Array.from({ length: 30_000 }, (_, i) => ({ i }));
         const diff = new HeapDiff();
         parentPort.postMessage('now');
         for (;;) diff.compare();`,
        { eval: true },
      );
      await new Promise((resolve) => worker.once('message', resolve));
      // Waits a little longer each time, to meet another moment of it.
      await new Promise((resolve) => setTimeout(resolve, round * 40));
      say(await worker.terminate());
    }
    say('alive');
  });
  assert.deepEqual(said, [1, 1, 1, 1, 'alive']);
});

test('process.exit in the main thread while workers take snapshots keeps its status', async () => {
  for (const beginning of ['new HeapDiff()', 'memwatch.gc()']) {
    const outcome = await program(
      async (beginning) => {
        const { Worker } = require('node:worker_threads');
        let ready = 0;
        for (let i = 0; i < 4; i++) {
          const worker = new Worker(
            `const { parentPort } = require('node:worker_threads');
           const memwatch = require(${JSON.stringify(ROOT)});
           const { HeapDiff } = memwatch;
           globalThis.kept = Array.from({ length: 20_000 }, (_, i) => ({ i }));
           parentPort.postMessage('now');
           for (;;) ${beginning};`,
            { eval: true },
          );
          worker.once('message', () => {
            if (++ready === 4) setTimeout(() => process.exit(5), 20);
          });
        }
      },
      { input: beginning },
    );
    assert.deepEqual([outcome.status, outcome.signal], [5, null], `${beginning}: ${outcome.stderr}`);
  }
});

test('a worker that runs out of memory ends with ERR_WORKER_OUT_OF_MEMORY, the process continues', async () => {
  const said = await says(async () => {
    const { Worker } = require('node:worker_threads');
    const memwatch = require(ROOT);
    for (let round = 0; round < 3; round++) {
      const worker = new Worker(
        `const memwatch = require(${JSON.stringify(ROOT)});
         memwatch.on('stats', () => {});
         memwatch.on('leak', () => {});
         globalThis.diff = new memwatch.HeapDiff();
         const kept = [];
         const leak = () => {
           for (let i = 0; i < 10_000; i++) kept.push({ i, text: 'text ' + i });
           setImmediate(leak);
         };
         leak();`,
        { eval: true, resourceLimits: { maxOldGenerationSizeMb: 24 } },
      );
      say(
        await new Promise((resolve) =>
          worker.once('error', (/** @type {NodeJS.ErrnoException} */ error) => resolve(error.code)),
        ),
      );
    }
    const stats = new Promise((resolve) => memwatch.once('stats', resolve));
    memwatch.gc();
    say((await stats).num_full_gc > 0);
  });
  assert.deepEqual(said, [...Array(3).fill('ERR_WORKER_OUT_OF_MEMORY'), true]);
});

test('a worker may end with pending events, live diffs and process.exit', async () => {
  const said = await says(async () => {
    const { Worker } = require('node:worker_threads');
    const endings = ['process.exit(3)', 'throw new Error("as it should")', 'process.abort === 1', 'diff = null'];
    for (const ending of endings) {
      const worker = new Worker(
        `const memwatch = require(${JSON.stringify(ROOT)});
         memwatch.on('stats', () => {});
         let diff = new memwatch.HeapDiff();
         globalThis.diffs = [new memwatch.HeapDiff()];
         for (let i = 0; i < 5; i++) memwatch.gc();
         ${ending};`,
        { eval: true },
      );
      worker.on('error', () => {});
      say(await new Promise((resolve) => worker.once('exit', resolve)));
    }
  });
  assert.deepEqual(said, [3, 1, 0, 0]);
});

test('a worker terminated in a listener, or immediately, ends', async () => {
  const said = await says(async () => {
    const { Worker } = require('node:worker_threads');
    const source = `const { parentPort } = require('node:worker_threads');
      const memwatch = require(${JSON.stringify(ROOT)});
      memwatch.on('stats', () => { parentPort.postMessage('in listener'); for (;;); });
      memwatch.gc();`;
    for (let round = 0; round < 5; round++) {
      const worker = new Worker(source, { eval: true });
      if (round > 1) await new Promise((resolve) => worker.once('message', resolve));
      say(await worker.terminate());
    }
  });
  assert.deepEqual(said.slice(2), [1, 1, 1]);
  assert.equal(said.length, 5);
});
