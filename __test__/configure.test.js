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
