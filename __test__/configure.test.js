'use strict';
// memwatch.configure() as a whole: all or nothing, and a wrong option is one sentence.
// What each option does is tested with its room.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const memwatch = require('..');

test('without options it tells those in force', () => {
  const options = memwatch.configure();
  assert.deepEqual(memwatch.configure({}), options);
  assert.deepEqual(memwatch.configure(undefined), options);
});

test('what is no object of options is refused', () => {
  for (const [wrong, told] of [
    [null, 'null'],
    [3, '3'],
    [[], 'an array'],
    ['both', '"both"'],
    [() => {}, 'a function'],
  ]) {
    assert.throws(() => memwatch.configure(wrong), {
      name: 'TypeError',
      code: 'ERR_MEMWATCH_USAGE',
      message: `The options of memwatch.configure() must be an object, but got ${told}.`,
    });
  }
});

test('an option that does not exist is named, and so are those that do', () => {
  assert.throws(() => memwatch.configure({ detecter: 'both' }), {
    name: 'TypeError',
    code: 'ERR_MEMWATCH_USAGE',
    message: /^memwatch\.configure\(\) has no option "detecter"; it has .*\.$/,
  });
});

test('options are in groups; what a group is not given stays', () => {
  const before = memwatch.configure();
  const after = memwatch.configure({ snapshots: { quota: { maxFiles: 7 }, redact: 'strict' } });
  const { quota } = before.snapshots;
  assert.deepEqual(after, {
    ...before,
    snapshots: { ...before.snapshots, redact: 'strict', quota: { ...quota, maxFiles: 7 } },
  });
  assert.deepEqual(memwatch.configure(before), before);
});

test('an option of a group is named with its group, and nothing of the call is changed', () => {
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
    assert.throws(() => memwatch.configure(wrong), { name: 'TypeError', code: 'ERR_MEMWATCH_USAGE', message });
  }
  assert.deepEqual(memwatch.configure(), before);
});

test('what is no option of EventEmitter or Object is none here', () => {
  assert.throws(() => memwatch.configure({ constructor: {} }), { code: 'ERR_MEMWATCH_USAGE' });
  assert.throws(() => memwatch.configure({ snapshots: JSON.parse('{ "__proto__": {} }') }), {
    code: 'ERR_MEMWATCH_USAGE',
  });
});
