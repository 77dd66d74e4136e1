'use strict';
// memwatch.configure() as a whole: all or nothing, and a wrong option is one sentence.
// What each option does is tested with its room.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const memwatch = require('..');
const { says } = require('./support/child.js');

test('without options configure() returns the current options', () => {
  const options = memwatch.configure();
  assert.deepEqual(memwatch.configure({}), options);
  assert.deepEqual(memwatch.configure(undefined), options);
});

test('a value that is not an options object is refused', () => {
  for (const [wrong, told] of [
    [null, 'null'],
    [3, '3'],
    [[], 'an array'],
    ['both', '"both"'],
    [() => {}, 'a function'],
    // They hold no options by name, and would change nothing without a word.
    [Promise.resolve({ detector: 'trend' }), 'a promise'],
    [new Map([['detector', 'trend']]), 'a Map'],
    [new Set(), 'a Set'],
    [new Date(), 'a Date'],
  ]) {
    assert.throws(() => memwatch.configure(/** @type {any} */ (wrong)), {
      name: 'TypeError',
      code: 'ERR_MEMWATCH_USAGE',
      message: `The options of memwatch.configure() must be an object, but got ${told}.`,
    });
  }
});

test('an unknown option is named, and the known ones are listed', () => {
  assert.throws(() => memwatch.configure(/** @type {any} */ ({ detecter: 'both' })), {
    name: 'TypeError',
    code: 'ERR_MEMWATCH_USAGE',
    message: /^memwatch\.configure\(\) has no option "detecter"; it has .*; did you mean 'detector'\?$/,
  });
  assert.throws(() => memwatch.configure(/** @type {any} */ ({ colour: 'red' })), {
    message: /has no option "colour"; it has .*snapshots\.$/,
  });
});

test('an option outside its group, or in another case, gets a suggestion', () => {
  for (const [wrong, meant] of [
    [{ snapshotsDirectory: '.' }, 'snapshots.directory'],
    [{ nearHeapLimit: true }, 'snapshots.nearHeapLimit'],
    [{ maxFiles: 3 }, 'snapshots.quota.maxFiles'],
    [{ snapshot: { directory: '.' } }, 'snapshots'],
    [{ snapshots: { nearheaplimit: true } }, 'snapshots.nearHeapLimit'],
    [{ snapshots: { quota: { files: 3 } } }, undefined],
  ]) {
    const asked = meant === undefined ? /\.maxFiles[^;?]*\.$/ : new RegExp(`; did you mean '${meant}'\\?$`);
    assert.throws(() => memwatch.configure(/** @type {any} */ (wrong)), { code: 'ERR_MEMWATCH_USAGE', message: asked });
  }
});

test('option names from before 1.0 are accepted, each with one pending deprecation warning', async () => {
  const before = memwatch.configure();
  /** @type {(Error & { code?: string })[]} */
  const warnings = [];
  const listen = (/** @type {Error} */ warning) => warnings.push(warning);
  process.on('warning', listen);
  const changes = /** @type {any} */ ({
    probes: false,
    sampling: 'off',
    samplingInterval: 4096,
    snapshotSignal: null,
    snapshotQuota: { files: 3, whenFull: 'removeOldest' },
    snapshotCompression: 'none',
    bundleOnLeak: null,
  });
  const after = memwatch.configure(changes);
  await new Promise(setImmediate);
  assert.deepEqual(warnings, []);
  process.env.NODE_PENDING_DEPRECATION = '1';
  memwatch.configure(changes);
  memwatch.configure({ ...changes, samplingInterval: 1024 });
  delete process.env.NODE_PENDING_DEPRECATION;
  await new Promise(setImmediate);
  process.off('warning', listen);
  assert.deepEqual(after, {
    ...before,
    forcedGc: { ...before.forcedGc, enabled: false },
    sampling: { ...before.sampling, when: false, intervalBytes: 4096 },
    snapshots: {
      ...before.snapshots,
      quota: { ...before.snapshots.quota, maxFiles: 3, whenFull: 'remove-oldest' },
    },
  });
  assert.equal(memwatch.configure().sampling.intervalBytes, 1024);
  assert.equal(warnings.length, Object.keys(changes).length);
  assert.ok(warnings.every(({ name, code }) => name === 'DeprecationWarning' && code === 'MEMWATCH_DEP_OPTION'));
  assert.match(
    warnings.map(({ message }) => message).join('\n'),
    /option samplingInterval is called sampling\.intervalBytes/,
  );
  memwatch.configure(before);
});

test('an earlier name is checked as its new option, and not accepted together with it', () => {
  for (const [wrong, message] of [
    [{ snapshotDirectory: 7 }, /^The option snapshots\.directory of memwatch\.configure\(\) must be/],
    [{ snapshotQuota: 'large' }, /^The option snapshots\.quota of memwatch\.configure\(\) must be an object/],
    [{ snapshots: 'on', snapshotName: 'a.heapsnapshot' }, /^The option snapshots of memwatch\.configure\(\) must be/],
    [
      { snapshotDirectory: 'a', snapshots: { directory: 'b' } },
      /was given snapshots\.directory twice: by that name, and as snapshotDirectory, its earlier one\.$/,
    ],
  ]) {
    assert.throws(() => memwatch.configure(/** @type {any} */ (wrong)), { code: 'ERR_MEMWATCH_USAGE', message });
  }
});

test('options are grouped, and options missing in a group keep their value', () => {
  const before = memwatch.configure();
  const after = memwatch.configure({ snapshots: { quota: { maxFiles: 7 }, redact: 'strict' } });
  const { quota } = before.snapshots;
  assert.deepEqual(after, {
    ...before,
    snapshots: { ...before.snapshots, redact: 'strict', quota: { ...quota, maxFiles: 7 } },
  });
  assert.deepEqual(memwatch.configure(before), before);
});

test('an invalid option is named with its group, and the whole call changes nothing', () => {
  const before = memwatch.configure();
  for (const [wrong, message] of [
    [{ snapshots: 'on' }, 'The option snapshots of memwatch.configure() must be an object, but got "on".'],
    [
      { detector: 'trend', snapshots: { quota: { maxFiles: -1 } } },
      'The option snapshots.quota.maxFiles of memwatch.configure() must be a whole number of at least 0, but got -1.',
    ],
    [
      { onLeak: { dump: true } },
      'memwatch.configure() has no option "onLeak.dump"; it has onLeak.analyze, onLeak.bundle, onLeak.snapshot.',
    ],
  ]) {
    assert.throws(() => memwatch.configure(/** @type {any} */ (wrong)), {
      name: 'TypeError',
      code: 'ERR_MEMWATCH_USAGE',
      message,
    });
  }
  assert.deepEqual(memwatch.configure(), before);
});

test('properties of EventEmitter and Object are not options', () => {
  assert.throws(() => memwatch.configure(/** @type {any} */ ({ constructor: {} })), { code: 'ERR_MEMWATCH_USAGE' });
  assert.throws(() => memwatch.configure({ snapshots: JSON.parse('{ "__proto__": {} }') }), {
    code: 'ERR_MEMWATCH_USAGE',
  });
});

test('if a file cannot be written, the other options apply and the error names the file', async () => {
  const [{ code, when, sampling, recorder }] = await says(() => {
    const memwatch = require(ROOT);
    let error;
    try {
      memwatch.configure({ sampling: { when: 'always' }, flightRecorder: '/no/such/directory/of/ours' });
    } catch (caught) {
      error = caught;
    }
    const options = memwatch.configure();
    say({
      code: error.code,
      when: options.sampling.when,
      sampling: memwatch.sites().sampling,
      recorder: options.flightRecorder,
    });
  });
  assert.deepEqual([code, when, sampling, recorder], ['ERR_MEMWATCH_FLIGHT_RECORDER', 'always', 'own', false]);
});

test('a running flight recorder continues if the new file cannot be written', async () => {
  const [{ code, kept, bytes }] = await says(() => {
    const fs = require('node:fs');
    const memwatch = require(ROOT);
    const directory = fs.mkdtempSync(require('node:path').join(require('node:os').tmpdir(), 'memwatch-test-'));
    const file = require('node:path').join(directory, 'recorder');
    memwatch.configure({ flightRecorder: file });
    let code;
    try {
      memwatch.configure({ flightRecorder: '/no/such/directory/of/ours' });
    } catch (error) {
      code = error.code;
    }
    const kept = memwatch.configure().flightRecorder === file;
    memwatch.configure({ flightRecorder: false });
    say({ code, kept, bytes: fs.statSync(file).size });
    fs.rmSync(directory, { recursive: true });
  });
  assert.deepEqual([code, kept], ['ERR_MEMWATCH_FLIGHT_RECORDER', true]);
  assert.ok(bytes > 0);
});
