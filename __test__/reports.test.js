'use strict';
// Who keeps what, asked from within a program: HeapDiff with retainers, and the reports on
// snapshot files. What the reports say is tested with the engine and the command line; here,
// that they arrive as objects, off the main thread, and that invalid calls are reported.
const test = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const v8 = require('node:v8');
const memwatch = require('..');

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-reports-'));
test.after(() => fs.rmSync(directory, { recursive: true, force: true }));

class KeptSession {
  constructor(id) {
    this.id = id;
    this.log = new Array(8).fill(id);
  }
}

test('a heap diff with retainers reports the holders of the new objects of the classes that grew most', () => {
  globalThis.keptApp = { sessions: new Map([['open', []]]) };
  const diff = new memwatch.HeapDiff();
  for (let id = 0; id < 2000; id++) globalThis.keptApp.sessions.get('open').push(new KeptSession(id));
  const compared = diff.compare({ retainers: true });
  const { change } = diff.end({ retainers: true });
  for (const { details } of [compared.change, change]) {
    const row = details.find(({ what }) => what === 'KeptSession');
    assert.equal(row['+'], 2000);
    const [first] = row.paths;
    assert.equal(first.path, 'globalThis.keptApp.sessions → Map → Array[x]');
    assert.equal(first.share, 1);
    // Each with its own array of eight.
    assert.ok(row.retained_size_bytes > row.size_bytes + 2000 * 64, JSON.stringify(row));
    assert.match(row.retained_size, /^[\d.]+ (kb|mb)$/);
    assert.ok(details.filter(({ paths }) => paths !== undefined).length <= 5);
  }
});

test('no object of memwatch is among the new ones in retainers', () => {
  globalThis.keptApp = { plain: [] };
  const diff = new memwatch.HeapDiff();
  for (let i = 0; i < 5000; i++) globalThis.keptApp.plain.push({ i });
  const row = diff.end({ retainers: true }).change.details.find(({ what }) => what === 'Object');
  assert.equal(row.paths[0].path, 'globalThis.keptApp.plain[x]');
  assert.equal(row.paths[0].share, 5000 / row['+'], JSON.stringify(row));
});

test('without retainers, or with another value, a heap diff is unchanged', () => {
  for (const options of [undefined, {}, { retainers: false }, 'retainers', 7]) {
    const { details } = new memwatch.HeapDiff().end(/** @type {any} */ (options)).change;
    assert.ok(details.every((row) => !('paths' in row)));
  }
});

test('analyze returns the report of a file while the program continues', async () => {
  const file = v8.writeHeapSnapshot(path.join(directory, 'one.heapsnapshot'));
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const report = await memwatch.analyze(file, { top: 3 });
  clearInterval(timer);
  assert.ok(turns > 0, 'the loop turned while the file was read');
  assert.equal(report.snapshot.file, file);
  assert.equal(report.snapshot.precision, 'exact');
  assert.ok(report.snapshot.nodes > 10_000);
  assert.ok(Array.isArray(report.findings) && report.findings.length <= 3);
});

test('diffSnapshots returns the holders and the classes that grew', async () => {
  globalThis.keptApp = { registry: { listeners: [] } };
  const before = v8.writeHeapSnapshot(path.join(directory, 'before.heapsnapshot'));
  for (let id = 0; id < 5000; id++) globalThis.keptApp.registry.listeners.push(new KeptSession(id));
  const after = v8.writeHeapSnapshot(path.join(directory, 'after.heapsnapshot'));
  const { places, classes } = await memwatch.diffSnapshots(before, after);
  assert.equal(places.isSameProcess, true);
  const [grown] = places.grown;
  assert.equal(grown.class, 'KeptSession');
  assert.deepEqual([grown.countGrowth, grown.newCount, grown.freedCount], [5000, 5000, 0]);
  assert.equal(grown.path.text, 'globalThis.keptApp.registry.listeners[x]');
  assert.match(grown.signature, /^[0-9a-f]{16}$/);
  const row = classes.classes.find(({ name }) => name === 'KeptSession');
  assert.deepEqual([row.allocated, row.freed, row.net], [5000, 0, 5000]);
});

test('an invalid call and an invalid file are reported', async () => {
  const usage = { name: 'TypeError', code: 'ERR_MEMWATCH_USAGE' };
  for (const file of /** @type {any[]} */ ([undefined, 7])) {
    await assert.rejects(memwatch.analyze(file), usage);
    await assert.rejects(memwatch.diffSnapshots('one', file), usage);
  }
  for (const top of [0, -1, 1.5, '3', NaN])
    await assert.rejects(memwatch.analyze('x', /** @type {any} */ ({ top })), usage);
  const missing = path.join(directory, 'missing.heapsnapshot');
  await assert.rejects(memwatch.analyze(missing), { code: 'ERR_MEMWATCH_SNAPSHOT_UNREADABLE' });
  const damaged = path.join(directory, 'damaged.heapsnapshot');
  fs.writeFileSync(damaged, '{"snapshot": nonsense');
  await assert.rejects(memwatch.analyze(damaged), ({ code, offset }) => {
    assert.match(code, /^ERR_MEMWATCH_SNAPSHOT_/);
    assert.ok(Number.isInteger(offset) && offset > 0);
    return true;
  });
});
