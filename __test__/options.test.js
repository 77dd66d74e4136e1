'use strict';
// One check for what each function is given: the same sentence and the same code, whichever function it is.

const assert = require('node:assert/strict');
const test = require('node:test');
const memwatch = require('..');
const { expectNoLeak } = require('../test.js');

/**
 * Each function that has options, and an option with a value that it does not take.
 * @type {Record<string, [call: (options: any) => unknown, wrong: Record<string, unknown>]>}
 */
const CALLS = {
  'memwatch.configure()': [(options) => memwatch.configure(options), { detector: 3 }],
  'memwatch.sites()': [(options) => memwatch.sites(options), { top: 1.5 }],
  'memwatch.metrics()': [(options) => memwatch.metrics(options), { labels: 3 }],
  'memwatch.instrument()': [(options) => memwatch.instrument(options), { meterProvider: 3 }],
  'memwatch.analyze()': [(options) => memwatch.analyze('a.heapsnapshot', options), { top: 0 }],
  'memwatch.diffSnapshots()': [(options) => memwatch.diffSnapshots('a', 'b', options), { top: '3' }],
  'memwatch.analyzeNow()': [(options) => memwatch.analyzeNow(options), { mode: 'fast' }],
  'memwatch.writeSnapshot()': [(options) => memwatch.writeSnapshot('a.heapsnapshot', options), { compression: 'zip' }],
  'memwatch.beginHeapDiff()': [(options) => memwatch.beginHeapDiff(options), { timeoutMs: -1 }],
  'memwatch.bundle()': [(options) => memwatch.bundle('directory', options), { snapshot: 'yes' }],
  'memwatch.dashboard()': [(options) => memwatch.dashboard(options), { port: 65_536 }],
  'expectNoLeak()': [(options) => expectNoLeak(() => {}, options), { timeoutMs: 0 }],
};

const refusal = (message) => ({ name: 'TypeError', code: 'ERR_MEMWATCH_USAGE', message });

for (const [call, [invoke, wrong]] of Object.entries(CALLS)) {
  test(`${call} names an invalid option in the one sentence for it`, async () => {
    const [[name, value]] = Object.entries(wrong);
    const got = typeof value === 'string' ? `"${value}"` : value;
    const place = call.replace(/[()]/g, '\\$&');
    // Functions that return promises reject; the others throw.
    const calling = async (options) => invoke(options);
    await assert.rejects(calling([]), refusal(`The options of ${call} must be an object, but got an array.`));
    await assert.rejects(
      calling({ colour: 1 }),
      refusal(new RegExp(`^${place} has no option "colour"; it has [a-zA-Z, ]*\\b${name}\\b[a-zA-Z, ]*\\.$`)),
    );
    await assert.rejects(
      calling(wrong),
      refusal(new RegExp(`^The option ${name} of ${place} must be [^\\n]+, but got ${got}\\.$`)),
    );
  });
}

test('alternatives are joined with commas and "or"', () => {
  assert.throws(
    () => memwatch.configure(/** @type {any} */ ({ detector: 'no' })),
    refusal(/ must be '\w+', '\w+' or '\w+', but got "no"\.$/),
  );
  assert.throws(
    () => memwatch.configure(/** @type {any} */ ({ snapshots: { compression: 'zip' } })),
    refusal(/false, 'gzip' or 'zstd'/),
  );
  assert.throws(
    () => memwatch.configure(/** @type {any} */ ({ snapshots: { redact: 'all' } })),
    refusal(/true, false or 'strict'/),
  );
});

test('the value of a secret option is not shown', async () => {
  await assert.rejects(memwatch.dashboard({ token: 'hunter2' }), ({ message }) => !message.includes('hunter2'));
});

test('an undefined option counts as not given', () => {
  assert.doesNotThrow(() =>
    memwatch.configure(/** @type {any} */ ({ forcedGc: { enabled: undefined }, nothing: undefined })),
  );
});
