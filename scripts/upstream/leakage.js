'use strict';
/* global before, describe, it */
// What leakage promises in its README, tested with memwatch in the place of its own fork of
// memwatch. Run by mocha from a copy of leakage, which is `./`. The limits on noise are those
// that its authors set for themselves.

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const leakage = require('./');

const { iterate, MemoryLeakError } = leakage;

/** Bytes that doing nothing may seem to cost. */
const SYNC_NOISE = 1024;
const ASYNC_NOISE = 17 * 1024;
const DEFERRED_NOISE = 24 * 1024;

const soon = () => new Promise((resolve) => setTimeout(resolve, 10));

// V8 installs what another thread has compiled when it likes, so one of six diffs may have machine code in it, with the
// original as with us. What a function leaks is in each of them; so all but the largest have to be quiet.
function assertQuiet({ heapDiffs }, limit) {
  const changes = heapDiffs.map(({ change }) => change.size_bytes);
  const bytes = changes.map(Math.abs).sort((a, b) => a - b);
  const judged = bytes.slice(0, -1);
  assert.ok(judged.length > 0);
  for (const size of judged) assert.ok(size < limit, `${changes.join(', ')} bytes, the limit is ${limit}`);
}

async function rejection(promise) {
  return promise.then(
    () => assert.fail('it did not reject'),
    (error) => error,
  );
}

describe('leakage', () => {
  // What became hot while everything was loaded V8 compiles some time later, in one batch, and
  // machine code is on the heap: up to 50 KB in the first diff of a process, with the original
  // as with us. (`--no-sparkplug` takes it away.)
  before(() => {
    iterate(() => {});
    return iterate.async(soon);
  });

  it('stands on the memwatch under test', () => {
    const ours = fs.realpathSync(path.join(__dirname, 'node_modules', '@aidemaster', 'node-memwatch', 'package.json'));
    const theirs = path.join(require.resolve('@aidemaster/node-memwatch'), '..', 'package.json');
    assert.strictEqual(theirs, ours);
    assert.notStrictEqual(require(ours).name, '@aidemaster/node-memwatch');
  });

  it('finds nothing in a function that does nothing', () => {
    const result = iterate(() => {});
    assert.strictEqual(result.heapDiffs.length, 6);
    assertQuiet(result, SYNC_NOISE);
  });

  it('finds nothing in a function whose objects die', () => {
    iterate(() => {
      const dead = { foo: 'bar' };
      return dead.foo.length;
    });
  });

  it('throws a MemoryLeakError that names what grew', () => {
    class Kept {}
    const kept = [];
    assert.throws(
      () =>
        iterate(() => {
          for (let i = 0; i < 10; i++) kept.push(new Kept());
        }),
      (error) => {
        assert.ok(error instanceof MemoryLeakError);
        assert.match(error.message, /^Heap grew on \d subsequent garbage collections/);
        assert.match(error.message, /\[\+ 300x\] \[- +0x\] Kept/);
        return true;
      },
    );
  });

  it('finds nothing in promises that settle at once', async () => {
    assertQuiet(await iterate.async(() => Promise.resolve()), ASYNC_NOISE);
  });

  it('finds nothing in promises that settle later', async () => {
    assertQuiet(await iterate.async(soon, { gcollections: 15 }), DEFERRED_NOISE);
  });

  it('rejects with a MemoryLeakError when asynchronous code leaks', async () => {
    const kept = [];
    const error = await rejection(
      iterate.async(async () => {
        await soon();
        kept.push(new Array(1000).fill(kept.length));
      }),
    );
    assert.ok(error instanceof MemoryLeakError, String(error));
    assert.match(error.message, /Array/);
  });

  it('refuses the wrong kind of function', async () => {
    assert.throws(() => iterate(() => Promise.resolve()), /Use iterate\.async\(\)/);
    // Last, and alone in its process's life: leakage counts the refused run as running for ever.
    assert.match((await rejection(iterate.async(() => {}))).message, /Use iterate\(\)/);
  });

  it('tells what it did', () => {
    const result = iterate(() => {}, { gcollections: 2, iterations: 10 });
    assert.strictEqual(result.heapDiffs.length, 2);
    const lines = [];
    result.printSummary('nothing', (line) => lines.push(line.trim()));
    assert.strictEqual(lines[0], 'Leak test summary - nothing:');
    assert.match(lines[2], /^Heap diff summary: .+ avg, .+ min, .+ max$/);
  });
});
