'use strict';
// index.d.ts is correct: its declarations match the running module, key by key,
// in order, neither more nor less. What the values mean is tested elsewhere.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { EventEmitter, once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const memwatch = require('..');

const ROOT = path.join(__dirname, '..');
const { properties, members, literals } = program('declared.js');

/** What every EventEmitter has. */
const PLAIN = new Set([...Object.keys(new EventEmitter()), ...Object.getOwnPropertyNames(EventEmitter.prototype)]);

/** The other declarations of the module. */
const ownMembers = () => members.MemWatch.filter((name) => !PLAIN.has(name));

/** What a program of `types/` prints. */
function program(name, ...more) {
  const file = path.join(__dirname, 'types', name);
  return JSON.parse(execFileSync(process.execPath, [file, ...more], { encoding: 'utf8' }));
}

test('an ES module imports by name the properties that require returns', () => {
  assert.deepEqual(program('imports.mjs', ...ownMembers()), {
    default: true,
    missing: [],
    different: [],
    compat: members.MemwatchNgSettings.length,
    report: properties.HeapDiffReport.map(([name]) => name),
  });
});

test('the names destructured from require are those of the type declarations', () => {
  const names = ownMembers();
  assert.ok(names.length > 20);
  const objects = new Map(properties.MemWatch.filter(([name]) => names.includes(name)));
  for (const name of names.filter((one) => !objects.has(one))) assert.equal(typeof memwatch[name], 'function', name);
  // Each is frozen, and has the functions of its interface and no other.
  for (const [name, type] of objects) {
    assert.deepEqual(Object.keys(memwatch[name]), members[type], name);
    assert.ok(
      Object.isFrozen(memwatch[name]) && Object.values(memwatch[name]).every((one) => typeof one === 'function'),
    );
  }
});

test('memwatch/compat exports the same setter functions of memwatch-ng as the module', () => {
  const compat = require('memwatch/compat');
  assert.deepEqual(Object.keys(compat), members.MemwatchNgSettings);
  for (const [name, value] of Object.entries(compat)) assert.equal(value, memwatch[name], name);
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
  assertDeclared(leak, 'LeakEvent');
});

/** Kinds whose state has keys of its own. */
const OF_THEIR_OWN = { threads: 'ThreadsState', handles: 'HandlesState' };

test('detectorState() has the declared keys, in their order, with the declared types', () => {
  const state = memwatch.detectorState();
  assertDeclared(state, 'DetectorState');
  assertDeclared(state.kinds, 'KindStates');
  for (const [kind, on] of Object.entries(state.kinds)) {
    assertDeclared(on, OF_THEIR_OWN[kind] ?? 'KindState');
  }
  assertDeclared(state.counters, 'SecondaryCounters');
  for (const numbers of Object.values(state.counters)) assertDeclared(numbers, 'CounterChange');
  assertDeclared(state.forcedGc, 'ForcedCollections');
});

test('configure() returns the declared options, group by group', () => {
  const sorted = (object) => Object.fromEntries(Object.entries(object).sort());
  const of = (name) => sorted(Object.fromEntries(properties[name]));
  const { forcedGc, sampling, snapshots, onLeak, ...rest } = memwatch.configure();
  const groups = { forcedGc, sampling, snapshots, onLeak, quota: snapshots.quota };
  assert.deepEqual(
    Object.keys({ ...rest, forcedGc, sampling, snapshots, onLeak }).sort(),
    Object.keys(of('Configuration')),
  );
  for (const [name, group] of Object.entries(groups)) {
    const declared = of({ quota: 'SnapshotQuota' }[name] ?? of('Configuration')[name]);
    assert.deepEqual(Object.keys(group).sort(), Object.keys(declared), name);
    for (const [key, value] of Object.entries(group)) assert.ok(isOfType(value, declared[key]), `${name}.${key}`);
  }
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
  const ours = Object.getOwnPropertyNames(memwatch).filter((name) => !PLAIN.has(name));
  assert.deepEqual(ours.sort(), ownMembers().sort());
  const methods = Object.getOwnPropertyNames(memwatch.HeapDiff.prototype).filter((name) => name !== 'constructor');
  assert.deepEqual(methods, members.HeapDiff);
});

test('each method that takes a listener, and emit, accept all events', () => {
  const methods = members.MemWatch.filter((name) => name in EventEmitter.prototype);
  const all = Object.getOwnPropertyNames(EventEmitter.prototype);
  const listening = all.filter((name) => /^(on|once|off|emit|.+Listener)$/.test(name));
  assert.deepEqual(methods.sort(), listening.sort());
});

test('the declared error codes are those of the source', () => {
  const crates = fs.readdirSync(path.join(ROOT, 'crates')).map((name) => `crates/${name}/src`);
  const files = ['lib', 'src', ...crates].flatMap((dir) => {
    const names = fs.readdirSync(path.join(ROOT, dir), { recursive: true, encoding: 'utf8' });
    return names.filter((name) => /\.(js|rs)$/.test(name)).map((name) => path.join(ROOT, dir, name));
  });
  const used = files.flatMap((file) => fs.readFileSync(file, 'utf8').match(/ERR_MEMWATCH_\w+/g) ?? []);
  assert.deepEqual([...new Set(used)].sort(), literals.ErrorCode.sort());
});

/** Asserts that an object has the properties of an interface: the same, in their order, of their types. */
function assertDeclared(object, name) {
  const declared = properties[name];
  assert.deepEqual(
    Object.keys(object),
    declared.map(([key]) => key),
  );
  for (const [key, type] of declared) assert.ok(isOfType(object[key], type), `${name}.${key} is not of type ${type}`);
}

function isOfType(value, type) {
  if (type === 'number') return Number.isFinite(value);
  if (type === 'string') return typeof value === 'string';
  if (type === 'Date') return value instanceof Date && !Number.isNaN(value.getTime());
  if (literals[type]?.length > 0) return literals[type].includes(value);
  if (type.includes(' | ')) return type.split(' | ').some((one) => isOfType(value, one));
  if (type === 'null') return value === null;
  if (type === 'true' || type === 'false') return value === (type === 'true');
  if (type === 'boolean') return typeof value === 'boolean';
  if (/^'.*'$/.test(type)) return value === type.slice(1, -1);
  if (type.endsWith('[]')) return Array.isArray(value);
  return value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
