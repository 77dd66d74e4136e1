'use strict';
// index.d.ts: that users' code compiles against it, that mistakes do not, that code for the
// older packages still does, and that it declares what the running module has, key by key.
// What the values mean is tested elsewhere.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { EventEmitter, once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const memwatch = require('..');
const { compile, announced } = require('./types/compiler.js');
const { properties, members, literals } = require('./types/declared.js');

const ROOT = path.join(__dirname, '..');

// ---- the compiler

const COMPILES = [
  ['the whole API', 'api.ts', 'commonjs'],
  ['an ECMAScript module', 'esm.mts', 'nodenext'],
  ['a CommonJS module', 'commonjs.cts', 'nodenext'],
  ['a CommonJS module without package exports', 'commonjs.cts', 'commonjs'],
  ['the default import of a CommonJS module', 'interop.ts', 'interop'],
  ['the default import of a bundled program', 'interop.ts', 'bundler'],
];
for (const [what, fixture, way] of COMPILES) {
  test(`${what} compiles (${fixture}, ${way})`, () => assert.deepEqual(compile(fixture, way), []));
}

test('each misuse is an error of its own, where it is and nowhere else', () => {
  const expected = announced('misuse.ts');
  assert.ok(expected.length > 20);
  assert.deepEqual(places(compile('misuse.ts', 'commonjs')), expected);
});

test('a program for @types/memwatch-next compiles against those and against ours, unchanged', () => {
  const fixture = 'drop-in/memwatch-next.ts';
  assert.deepEqual(compile(fixture, 'commonjs'), []);
  assert.deepEqual(compile(fixture, 'commonjs', { as: 'memwatch-next' }), []);
  assert.deepEqual(compile(fixture, 'interop', { as: 'memwatch-next' }), []);
});

test('only that on() and end() return nothing does not hold any more', () => {
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

// ---- the running module

test('an ECMAScript module imports the same objects that require gives', () => {
  const output = execFileSync(process.execPath, [path.join(__dirname, 'types', 'imports.mjs')], { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(output), {
    default: true,
    gc: true,
    HeapDiff: true,
    report: properties('HeapDiffReport').map(([name]) => name),
  });
});

test('stats has the declared keys, in their order, with the declared types', async () => {
  memwatch.gc();
  const [stats] = await once(memwatch, 'stats');
  assertDeclared(stats, 'Stats');
});

test('leak has the declared keys, in their order, with the declared types', async () => {
  const kept = [];
  const heard = once(memwatch, 'leak');
  for (let i = 0; i < memwatch.get_consecutive_growth_limit() + 1; i++) {
    kept.push(new Array(100_000).fill(i));
    memwatch.gc();
  }
  const [leak] = await heard;
  assertDeclared(leak, 'LeakInformation');
});

test('a heap diff has the declared keys, in their order, with the declared types', () => {
  const diff = new memwatch.HeapDiff();
  const kept = Array.from({ length: 100 }, () => new (class Kept {})());
  for (const report of [diff.compare(), diff.end()]) {
    assertDeclared(report, 'HeapDiffReport');
    assertDeclared(report.before, 'HeapSide');
    assertDeclared(report.after, 'HeapSide');
    assertDeclared(report.change, 'HeapChange');
    assert.ok(report.change.details.length > 0);
    for (const details of report.change.details) assertDeclared(details, 'HeapChangeDetails');
  }
  assert.equal(kept.length, 100);
});

test('the module and HeapDiff have the declared properties and no others', () => {
  const plain = new Set([...Object.keys(new EventEmitter()), ...Object.getOwnPropertyNames(EventEmitter.prototype)]);
  const ours = Object.getOwnPropertyNames(memwatch).filter((name) => !plain.has(name));
  assert.deepEqual(ours.sort(), members('MemWatch').filter((name) => !plain.has(name)).sort());
  const methods = Object.getOwnPropertyNames(memwatch.HeapDiff.prototype).filter((name) => name !== 'constructor');
  assert.deepEqual(methods, members('HeapDiff'));
});

test('each method that takes a listener, and emit, know both events', () => {
  const methods = members('MemWatch').filter((name) => name in EventEmitter.prototype);
  const listening = Object.getOwnPropertyNames(EventEmitter.prototype).filter((name) => /^(on|once|off|emit|.+Listener)$/.test(name));
  assert.deepEqual(methods.sort(), listening.sort());
});

test('the declared codes are those of the source', () => {
  const files = ['lib', 'src'].flatMap((dir) =>
    fs.readdirSync(path.join(ROOT, dir)).filter((name) => /\.(js|rs)$/.test(name)).map((name) => path.join(ROOT, dir, name)),
  );
  const used = files.flatMap((file) => fs.readFileSync(file, 'utf8').match(/ERR_MEMWATCH_\w+/g) ?? []);
  assert.deepEqual([...new Set(used)].sort(), literals('ErrorCode').sort());
});

/** Asserts that an object has the properties of an interface: the same, in their order, of their types. */
function assertDeclared(object, name) {
  const declared = properties(name);
  assert.deepEqual(Object.keys(object), declared.map(([key]) => key));
  for (const [key, type] of declared) assert.ok(isOfType(object[key], type), `${name}.${key} is not of type ${type}`);
}

function isOfType(value, type) {
  if (type === 'number') return Number.isFinite(value);
  if (type === 'string') return typeof value === 'string' && value !== '';
  if (type === 'Date') return value instanceof Date && !Number.isNaN(value.getTime());
  if (type.endsWith('[]')) return Array.isArray(value);
  return Object.getPrototypeOf(value) === Object.prototype;
}
