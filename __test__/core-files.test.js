'use strict';
// Core files: read without V8 they give what V8's own snapshot of the same process gives. The
// reader on made-up heaps is tested in crates/heap; here it reads the heaps of real programs.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { coreOf } = require('./support/core-file.js');

const ROOT = path.dirname(__dirname);
const CLI = path.join(ROOT, 'bin', 'memwatch.js');

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-core-'));
const core = path.join(directory, 'core');
const snapshot = path.join(directory, 'v8.heapsnapshot');

function memwatch(...args) {
  return spawnSync(process.execPath, [CLI, ...args], { encoding: 'utf8', maxBuffer: 1 << 27 });
}

function json(...args) {
  const { status, stdout, stderr } = memwatch(...args, '--json');
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout);
}

before(() => coreOf(path.join(__dirname, 'fixtures', 'core-leak.js'), core, { args: [snapshot] }));

after(() => fs.rmSync(directory, { recursive: true, force: true }));

/** Classes by name, with how many there are. */
function classes(file, ...options) {
  const { classes: rows } = json('classes', file, '--top', '100000', ...options);
  const counts = new Map();
  // Classes of one name that are defined in several places are several rows.
  for (const { name, instances } of rows) counts.set(name, (counts.get(name) ?? 0) + instances);
  return counts;
}

test('a core gives the same classes as V8', () => {
  const [ours, theirs] = [classes(core), classes(snapshot)];
  assert.equal(ours.get('Ticket'), 20_000, 'and no garbage');
  // What the program does after its snapshot, and classes whose name V8 alone knows.
  const objects = [...theirs].filter(([name]) => !/^\(|^system|^Node \/|^$/.test(name));
  const all = objects.reduce((sum, [, count]) => sum + count, 0);
  const apart = objects.reduce((sum, [name, count]) => sum + Math.abs(count - (ours.get(name) ?? 0)), 0);
  assert.ok(apart <= all * 0.01, `${apart} of ${all} objects are of another class`);
});

test('analyze names the same holder as for the snapshot of V8', () => {
  const [ours, theirs] = [json('analyze', core), json('analyze', snapshot)].map(({ findings }) => findings[0]);
  assert.equal(ours.class, theirs.class);
  assert.equal(ours.count, theirs.count);
  assert.match(memwatch('paths', core, 'Ticket').stdout, /globalThis\.app\.sold/);
});

test('garbage is counted if requested', () => {
  assert.ok(classes(core, '--all').get('Ticket') >= 20_000);
});

test('a compressed core is read by every command', () => {
  const packed = `${core}.gz`;
  fs.writeFileSync(packed, require('node:zlib').gzipSync(fs.readFileSync(core), { level: 1 }));
  assert.equal(classes(packed).get('Ticket'), 20_000);
  const [one] = json('instances', packed, 'Ticket', '--top', '1').instances;
  assert.equal(json('inspect', packed, `@${one.id}`).object.class, 'Ticket');
  assert.match(memwatch('core', packed).stdout, /waitsForever/);
  const redacted = path.join(directory, 'redacted.heapsnapshot');
  assert.equal(memwatch('redact', packed, redacted).status, 0);
  assert.equal(classes(redacted).get('Ticket'), 20_000);
});

test('an answer from a core states its reader and the invalid data in its first line', () => {
  for (const words of [
    ['analyze', core],
    ['classes', core],
    ['paths', core, 'Ticket'],
    ['diff', core, core],
    ['diff', '--fast', core, core],
  ]) {
    const [first] = memwatch(...words).stdout.split('\n');
    assert.match(first, /^Read from a core by memwatch's own reader, not by V8: [\d,]+ of [\d,]+ objects alive; /);
  }
  const { reading } = json('summary', core).snapshot;
  assert.deepEqual([reading.invalidSizes, reading.missingBytes, reading.untriedVersion], [0, 0, null]);
  assert.ok(reading.reached > 20_000 && reading.reached <= reading.objects, JSON.stringify(reading));
  assert.equal(json('summary', snapshot).snapshot.reading, undefined);
  assert.match(memwatch('summary', core, '--all').stdout, /^Read from a core [^\n]* objects, garbage included; /);
});

test('an object can be given by its address or by its id', () => {
  const [one] = json('instances', core, 'Ticket', '--top', '1').instances;
  const { address } = json('inspect', core, `@${one.id}`);
  assert.match(address, /^0x[\da-f]+$/);
  // As debuggers print it, with V8's tag on it.
  const tagged = `0x${(BigInt(address) + 1n).toString(16)}`;
  for (const name of [address, tagged]) assert.equal(json('inspect', core, name).object.id, one.id);
  assert.equal(json('refs', core, address).object.id, one.id);
  assert.match(memwatch('paths', core, address).stdout, /globalThis\.app\.sold/);
  for (const [file, name, code] of [
    [core, '0x8', 'NO_SUCH_ID'],
    [core, '0xnone', 'NOT_AN_ID'],
    [snapshot, address, 'NOT_AN_ID'],
  ]) {
    const { status, stdout, stderr } = memwatch('inspect', file, name);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, new RegExp(`^memwatch: [^\\n]+ \\[ERR_MEMWATCH_${code}\\]\\n$`));
  }
});

test('a snapshot written from a core has the same nodes, sizes, candidates and paths', () => {
  const written = path.join(directory, 'written.heapsnapshot');
  const report = json('core', core, '--out', written);
  const counts = ({ snapshot: { nodes, edges, shallowBytes } }) => ({ nodes, edges, shallowBytes });
  const both = [core, written];
  const [ours, read] = both.map((file) => counts(json('summary', file)));
  assert.deepEqual(read, ours);
  assert.deepEqual([report.output.nodes, report.output.edges], [ours.nodes, ours.edges]);
  assert.equal(report.output.bytes, fs.statSync(written).size);
  for (const words of [['classes', '--top', '500'], ['functions'], ['strings'], ['analyze']]) {
    const [command, ...options] = words;
    const answers = both.map((file) => {
      const { snapshot: _, ...rest } = json(command, file, ...options);
      return rest;
    });
    assert.deepEqual(answers[1], answers[0], command);
  }
  const paths = both.map((file) => json('paths', file, 'Ticket').shapes);
  assert.deepEqual(paths[1], paths[0]);
  // What Chrome DevTools demands of a file is that it is JSON with these sections.
  const file = JSON.parse(fs.readFileSync(written, 'utf8'));
  const sections = [
    'snapshot',
    'nodes',
    'edges',
    'trace_function_infos',
    'trace_tree',
    'samples',
    'locations',
    'strings',
  ];
  assert.deepEqual(Object.keys(file), sections);
  assert.equal(file.nodes.length, ours.nodes * file.snapshot.meta.node_fields.length);
  assert.equal(file.edges.length, ours.edges * file.snapshot.meta.edge_fields.length);
  assert.equal(file.locations.length % file.snapshot.meta.location_fields.length, 0);
});
