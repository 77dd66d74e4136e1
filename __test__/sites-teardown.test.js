'use strict';
// A sampler that runs when its environment ends. However that ends, the process lives or ends as it should: a sampler
// that is not stopped in time crashes Node.js 24.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { ended, program } = require('./support/child.js');

// A crash was there in every run; a rare one may take more.
const ROUNDS = 3;

const ENDINGS = {
  'by itself': [() => {}, 0],
  'by process.exit': [() => process.exit(3), 3],
  'by an uncaught exception': [
    () => {
      throw new Error('as it should');
    },
    1,
  ],
  'in an exit handler that asks': [
    () => {
      process.on('exit', () => require(ROOT).heapProfile().length > 0 || process.abort());
    },
    0,
  ],
};

for (const [name, [ending, status]] of Object.entries(ENDINGS)) {
  test(`a process that ends ${name} while the sampler runs exits cleanly`, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const outcome = await program(`() => {
        const memwatch = require(ROOT);
        memwatch.configure({ sampling: { when: 'always', intervalBytes: 1024 } });
        // As when a leak is suspected: with a CPU profile on its way.
        require(ROOT + '/lib/own.js').sites.start();
        globalThis.kept = Array.from({ length: 50_000 }, (_, i) => ({ i }));
        memwatch.sites();
        (${ending})();
      }`);
      assert.deepEqual([outcome.status, outcome.signal], [status, null], outcome.stderr);
    }
  });

  test(`a worker that ends ${name} while the sampler runs does not end the process`, async () => {
    const outcome = await program(`async () => {
      const { Worker } = require('node:worker_threads');
      for (let round = 0; round < ${ROUNDS}; round++) {
        const worker = new Worker(\`
          const ROOT = \${JSON.stringify(ROOT)};
          const memwatch = require(ROOT);
          memwatch.configure({ sampling: { when: 'always', intervalBytes: 1024 } });
          require(ROOT + '/lib/own.js').sites.start();
          globalThis.kept = Array.from({ length: 50_000 }, (_, i) => ({ i }));
          memwatch.sites();
          (${ending})();\`, { eval: true });
        worker.on('error', () => {});
        say(await new Promise((resolve) => worker.once('exit', resolve)));
      }
    }`);
    assert.deepEqual([outcome.status, outcome.signal], [0, null], outcome.stderr);
    assert.deepEqual(outcome.said, Array(ROUNDS).fill(status));
  });
}

test('workers terminated while they allocate, observe and query do not end the process', async () => {
  const outcome = await program(async () => {
    const { Worker } = require('node:worker_threads');
    const memwatch = require(ROOT);
    memwatch.configure({ sampling: { when: 'always' } });
    for (let round = 0; round < 12; round++) {
      const worker = new Worker(
        `const { parentPort } = require('node:worker_threads');
         const memwatch = require(${JSON.stringify(ROOT)});
         const sites = require(${JSON.stringify(ROOT)} + '/lib/own.js').sites;
         memwatch.configure({ sampling: { intervalBytes: 1024 } });
         sites.start();
         parentPort.postMessage('now');
         const kept = [];
         for (;;) {
           for (let i = 0; i < 1000; i++) kept.push({ i });
           if (kept.length > 100_000) kept.length = 0;
           if (${round} % 3 === 1) sites.observe();
           if (${round} % 3 === 2) memwatch.heapProfile();
         }`,
        { eval: true },
      );
      await new Promise((resolve) => worker.once('message', resolve));
      // A little longer each time, to meet another moment.
      await new Promise((resolve) => setTimeout(resolve, round * 5));
      say(await worker.terminate());
    }
    say(memwatch.sites().sampling);
  });
  assert.deepEqual([outcome.status, outcome.signal], [0, null], outcome.stderr);
  assert.deepEqual(outcome.said, [...Array(12).fill(1), 'own']);
});

test('a process exits cleanly with an inspector sampler started before ours, and after', async () => {
  for (const order of ['theirs, ours', 'ours, theirs']) {
    const outcome = await program(
      (order) => {
        const { Session } = require('node:inspector');
        const memwatch = require(ROOT);
        const start = {
          ours: () => memwatch.configure({ sampling: { when: 'always' } }),
          theirs() {
            const session = new Session();
            session.connect();
            session.post('HeapProfiler.enable');
            session.post('HeapProfiler.startSampling');
          },
        };
        for (const name of order.split(', ')) start[name]();
        globalThis.kept = Array.from({ length: 50_000 }, (_, i) => ({ i }));
        say(memwatch.sites().sampling);
      },
      { input: order },
    );
    assert.deepEqual([outcome.status, outcome.signal], [0, null], outcome.stderr);
    assert.deepEqual(outcome.said, [order.startsWith('theirs') ? 'other' : 'own']);
  }
});

test('a CPU profile still running at exit is stopped before', async () => {
  const { said } = ended(
    await program(() => {
      const { Session } = require('node:inspector');
      let connected = 0;
      for (const [name, by] of /** @type {['connect' | 'disconnect', number][]} */ ([
        ['connect', 1],
        ['disconnect', -1],
      ])) {
        const { [name]: original } = Session.prototype;
        Session.prototype[name] = function (...rest) {
          connected += by;
          return Reflect.apply(original, this, rest);
        };
      }
      require(ROOT);
      require(`${ROOT}/lib/own.js`).sites.start();
      say(connected);
      process.on('exit', () => say(connected));
      process.exit();
    }),
  );
  assert.deepEqual(said, [1, 0]);
});

test('programs that exit during a CPU profile all exit cleanly', async () => {
  // One in twenty did not where a profile was left to Node.
  const outcomes = await Promise.all(
    Array.from({ length: 4 }, async () => {
      const all = [];
      for (let round = 0; round < 15; round++) {
        const { status, signal, stderr } = await program(() => {
          require(ROOT);
          require(`${ROOT}/lib/own.js`).sites.start();
          globalThis.kept = Array.from({ length: 300_000 }, (_, i) => ({ i }));
          setTimeout(() => process.exit(), 20);
        });
        all.push({ status, signal, stderr });
      }
      return all;
    }),
  );
  const bad = outcomes.flat().filter(({ status }) => status !== 0);
  assert.deepEqual(bad, []);
});
