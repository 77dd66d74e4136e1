'use strict';
// A listener that throws: an uncaught exception like any other, and nothing lost.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { says, program } = require('./support/child.js');

test('an error thrown by a listener is an uncaughtException, and later events are delivered', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    process.on('uncaughtException', (error, origin) => say([error.message, origin]));
    memwatch.on('stats', ({ num_full_gc }) => {
      throw new Error(`from listener ${num_full_gc}`);
    });
    memwatch.gc();
    memwatch.gc();
    memwatch.gc();
  });
  assert.deepEqual(
    said,
    [1, 2, 3].map((n) => [`from listener ${n}`, 'uncaughtException']),
  );
});

test('the stats of a GC cycle are emitted although the leak listener threw', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    memwatch.set_consecutive_growth_limit(1);
    process.on('uncaughtException', (error) => say(error.message));
    memwatch.on('leak', () => {
      throw new Error('from leak');
    });
    memwatch.on('stats', ({ num_full_gc }) => say(num_full_gc));
    memwatch.gc();
  });
  assert.deepEqual(said, ['from leak', 1]);
});

test('any thrown value arrives unchanged, including one that is not an Error', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    const thrown = [undefined, null, 'text', 42, Object.freeze({ frozen: true })];
    process.on('uncaughtException', (error) => say(thrown.findIndex((value) => Object.is(value, error))));
    memwatch.on('stats', ({ num_full_gc }) => {
      throw thrown[num_full_gc - 1];
    });
    for (const _ of thrown) memwatch.gc();
  });
  assert.deepEqual(said, [0, 1, 2, 3, 4]);
});

test('an unhandled error ends the process with its stack on stderr', async () => {
  const outcome = await program(() => {
    const memwatch = require(ROOT);
    memwatch.on('stats', function myListener() {
      throw new Error('nobody handles this');
    });
    memwatch.on('exit', () => {});
    process.on('exit', (status) => say(status));
    memwatch.gc();
    memwatch.gc();
  });
  assert.deepEqual([outcome.status, outcome.signal], [1, null], outcome.stderr);
  assert.deepEqual(outcome.said, [1]);
  assert.match(outcome.stderr, /Error: nobody handles this\n\s+at .*myListener/);
  assert.equal(outcome.stderr.split('nobody handles this').length - 1, 2, outcome.stderr);
});

test('a handler that throws itself ends the process with status 7', async () => {
  const outcome = await program(() => {
    const memwatch = require(ROOT);
    process.on('uncaughtException', () => {
      throw new Error('from the handler');
    });
    memwatch.on('stats', () => {
      throw new Error('from the listener');
    });
    memwatch.gc();
  });
  assert.deepEqual([outcome.status, outcome.signal], [7, null], outcome.stderr);
  assert.match(outcome.stderr, /from the handler/);
});

test('a listener that rejects is an unhandled rejection', async () => {
  const outcome = await program(() => {
    const memwatch = require(ROOT);
    memwatch.on('stats', async () => {
      throw new Error('from the promise');
    });
    memwatch.gc();
  });
  assert.equal(outcome.status, 1);
  assert.match(outcome.stderr, /from the promise/);
});

test('the error mentions no deprecation and no warning', async () => {
  const outcome = await program(() => {
    const memwatch = require(ROOT);
    process.on('uncaughtException', () => say('handled'));
    process.on('warning', (warning) => say(warning.message));
    memwatch.on('stats', () => {
      throw new Error('from the listener');
    });
    memwatch.gc();
  });
  assert.deepEqual([outcome.said, outcome.stderr], [['handled'], '']);
});

test('uncaughtExceptionMonitor and setUncaughtExceptionCaptureCallback receive the error', async () => {
  const said = await says(() => {
    const memwatch = require(ROOT);
    process.on('uncaughtExceptionMonitor', (error) => say(`monitor ${error.message}`));
    process.setUncaughtExceptionCaptureCallback((error) => say(`capture ${error.message}`));
    memwatch.on('stats', ({ num_full_gc }) => {
      throw new Error(num_full_gc);
    });
    memwatch.gc();
    memwatch.gc();
  });
  assert.ok(said.includes('capture 1') && said.includes('capture 2'), JSON.stringify(said));
});

test('a listener that throws in a worker ends the worker with that error, not the process', async () => {
  const said = await says(async () => {
    const { Worker } = require('node:worker_threads');
    const worker = new Worker(
      `const memwatch = require(${JSON.stringify(ROOT)});
       memwatch.on('stats', () => { throw new RangeError('from the worker'); });
       memwatch.gc();`,
      { eval: true },
    );
    worker.on('error', (error) => say([error.name, error.message]));
    worker.on('exit', (status) => say(status));
  });
  assert.deepEqual(said, [['RangeError', 'from the worker'], 1]);
});
