'use strict';
// Calls that are wrong: each has a clear error with a code, and nothing is lost.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const vm = require('node:vm');
const memwatch = require('..');

const { HeapDiff } = memwatch;

const NEW_REQUIRED = {
  name: 'TypeError',
  message: 'Use the new operator to create instances of this object.',
  code: 'ERR_MEMWATCH_NEW_REQUIRED',
};
const WRONG_THIS = { name: 'TypeError', message: 'Illegal invocation', code: 'ERR_MEMWATCH_WRONG_THIS' };
const ended = (verb) => ({
  name: 'Error',
  message: `attempt to ${verb}() a HeapDiff that was already ended`,
  code: 'ERR_MEMWATCH_DIFF_ENDED',
});

test('HeapDiff without new is a TypeError', () => {
  const face = /** @type {any} */ (memwatch);
  assert.throws(() => /** @type {any} */ (HeapDiff)(), NEW_REQUIRED);
  assert.throws(() => face.HeapDiff(), NEW_REQUIRED);
  assert.throws(() => new (face.HeapDiff())(), NEW_REQUIRED);
  assert.throws(() => HeapDiff.call(Object.create(HeapDiff.prototype)), NEW_REQUIRED);
  assert.throws(() => HeapDiff.apply(new HeapDiff()), NEW_REQUIRED);
  assert.throws(() => Reflect.apply(HeapDiff, undefined, []), NEW_REQUIRED);
});

test('a second end() throws, and so do compare() and update() after it', () => {
  const diff = new HeapDiff();
  diff.end();
  for (let i = 0; i < 2; i++) {
    assert.throws(() => diff.end(), ended('end'));
    assert.throws(() => diff.compare(), ended('end'));
    assert.throws(() => diff.update(), ended('update'));
  }
});

test('an invalid this is a TypeError, whatever it is', () => {
  const diff = new HeapDiff();
  const wrong = [
    undefined,
    null,
    true,
    42,
    'text',
    Symbol('s'),
    10n,
    {},
    [],
    () => {},
    HeapDiff,
    HeapDiff.prototype,
    memwatch,
    new Map(),
    Buffer.alloc(8),
    new Proxy(diff, {}),
    Object.create(diff),
    Object.create(null),
    Object.create(HeapDiff.prototype),
    vm.runInNewContext('({})'),
    globalThis,
    process,
  ];
  for (const method of ['end', 'compare', 'update']) {
    for (const [index, value] of wrong.entries()) {
      assert.throws(() => HeapDiff.prototype[method].call(value), WRONG_THIS, `${method} on number ${index}`);
    }
  }
  assert.deepEqual(Object.keys(diff.end()), ['before', 'after', 'change'], 'the diff itself is as it was');
});

test('a detached method is a TypeError', () => {
  const { end, compare, update } = new HeapDiff();
  for (const method of [end, compare, update]) assert.throws(() => method(), WRONG_THIS);
});

test('an object of another native class is not accepted as a diff', () => {
  const addon = require('../lib/addon.js');
  const environment = new addon.Environment(() => {}, true);
  for (const method of ['end', 'compare', 'update']) {
    assert.throws(() => HeapDiff.prototype[method].call(environment), WRONG_THIS);
  }
  const diff = new HeapDiff();
  assert.throws(() => addon.Environment.prototype.take.call(diff));
  assert.throws(() => addon.Environment.prototype.moreWait.call({}));
  diff.end();
});

test('a frozen diff, and one with a changed prototype, can be ended', () => {
  const frozen = Object.freeze(new HeapDiff());
  assert.deepEqual(Object.keys(frozen.end()), ['before', 'after', 'change']);
  const changed = Object.setPrototypeOf(new HeapDiff(), null);
  assert.deepEqual(Object.keys(HeapDiff.prototype.end.call(changed)), ['before', 'after', 'change']);
});

test('the stack of an error shows the caller', () => {
  const diff = new HeapDiff();
  diff.end();
  function theCaller() {
    diff.end();
  }
  assert.throws(theCaller, (error) => error instanceof Error && /theCaller/.test(error.stack));
});

test('a new.target of another realm or without a prototype gives a diff all the same', () => {
  const bound = Function.prototype.bind.call(HeapDiff, null);
  assert.deepEqual(Object.keys(new bound().end()), ['before', 'after', 'change']);
  function Bare() {}
  Bare.prototype = null;
  const bare = Reflect.construct(HeapDiff, [], Bare);
  assert.deepEqual(Object.keys(HeapDiff.prototype.end.call(bare)), ['before', 'after', 'change']);
  const proxied = new new Proxy(HeapDiff, {})();
  assert.deepEqual(Object.keys(proxied.end()), ['before', 'after', 'change']);
});
