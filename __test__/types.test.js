'use strict';
// index.d.ts as the compiler sees it: users' code compiles, mistakes do not, and code for the
// older packages still does. Whether it is correct is tested in declared.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { compile, announced } = require('./types/compiler.js');

const COMPILES = [
  ['the whole API', 'api.ts', 'commonjs'],
  ['the metrics', 'metrics.ts', 'commonjs'],
  ['an ECMAScript module', 'esm.mts', 'nodenext'],
  ['a CommonJS module', 'commonjs.cts', 'nodenext'],
  ['a CommonJS module without package exports', 'commonjs.cts', 'commonjs'],
  ['the default import of a CommonJS module', 'interop.ts', 'interop'],
  ['the default import of a bundled program', 'interop.ts', 'bundler'],
];
for (const [what, fixture, way] of COMPILES) {
  test(`${what} compiles (${fixture}, ${way})`, () => assert.deepEqual(compile(fixture, way), []));
}

test('each misuse is one type error at its place, and there is no other', () => {
  const expected = announced('misuse.ts');
  assert.ok(expected.length > 20);
  assert.deepEqual(places(compile('misuse.ts', 'commonjs')), expected);
});

test('a program for @types/memwatch-next compiles unchanged against those types and ours', () => {
  const fixture = 'drop-in/memwatch-next.ts';
  assert.deepEqual(compile(fixture, 'commonjs'), []);
  assert.deepEqual(compile(fixture, 'commonjs', { as: 'memwatch-next' }), []);
  assert.deepEqual(compile(fixture, 'interop', { as: 'memwatch-next' }), []);
});

test('for those types the only difference is that on() and end() return a value', () => {
  const fixture = 'drop-in/memwatch-next-void.ts';
  assert.deepEqual(compile(fixture, 'commonjs'), []);
  assert.deepEqual(places(compile(fixture, 'commonjs', { as: 'memwatch-next' })), announced(fixture));
});

test('a program for @types/airbnb__node-memwatch compiles', () => {
  assert.deepEqual(compile('drop-in/airbnb.ts', 'commonjs', { as: '@airbnb/node-memwatch' }), []);
});

test('a program for @types/node-memwatch compiles', () => {
  assert.deepEqual(compile('drop-in/node-memwatch.ts', 'commonjs', { as: 'node-memwatch' }), []);
});

/** Diagnostics without their texts, which belong to the compiler. */
function places(diagnostics) {
  return diagnostics.map((diagnostic) => /^\S+ TS\d+/.exec(diagnostic)[0]);
}
