'use strict';
// Core files: read without V8 they give what V8's own snapshot of the same process gives. The
// reader on made-up heaps is tested in crates/heap; here it reads the heaps of real programs.

const assert = require('node:assert/strict');
const { fork, spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { writeCore } = require('./support/core-file.js');

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

before(async () => {
  const child = fork(path.join(__dirname, 'fixtures', 'core-leak.js'), [snapshot]);
  try {
    await new Promise((resolve, reject) => {
      child.once('message', resolve);
      child.once('exit', (code) => reject(new Error(`the program ended with ${code}`)));
    });
    // It waits in Atomics.wait soon after: its stack has the frames from then on.
    await new Promise((resolve) => setTimeout(resolve, 200));
    process.kill(child.pid, 'SIGSTOP');
    writeCore(child.pid, core);
  } finally {
    child.kill('SIGKILL');
  }
});

after(() => fs.rmSync(directory, { recursive: true, force: true }));

/** Classes by name, with how many there are. */
function classes(file, ...options) {
  const { classes: rows } = json('classes', file, '--top', '100000', ...options);
  const counts = new Map();
  // Classes of one name that are defined in several places are several rows.
  for (const { name, instances } of rows) counts.set(name, (counts.get(name) ?? 0) + instances);
  return counts;
}

test('a core has the classes that V8 itself counts', () => {
  const [ours, theirs] = [classes(core), classes(snapshot)];
  assert.equal(ours.get('Ticket'), 20_000, 'and no garbage');
  // What the program does after its snapshot, and classes whose name V8 alone knows.
  const objects = [...theirs].filter(([name]) => !/^\(|^system|^Node \/|^$/.test(name));
  const all = objects.reduce((sum, [, count]) => sum + count, 0);
  const apart = objects.reduce((sum, [name, count]) => sum + Math.abs(count - (ours.get(name) ?? 0)), 0);
  assert.ok(apart <= all * 0.01, `${apart} of ${all} objects are of another class`);
});

test('analyze names the same holder as from V8’s snapshot', () => {
  const [ours, theirs] = [json('analyze', core), json('analyze', snapshot)].map(({ findings }) => findings[0]);
  assert.equal(ours.class, theirs.class);
  assert.equal(ours.count, theirs.count);
  assert.match(memwatch('paths', core, 'Ticket').stdout, /globalThis\.app\.sold/);
});

test('garbage is counted where it is asked for', () => {
  assert.ok(classes(core, '--all').get('Ticket') >= 20_000);
});

test('a core that is packed is read as well', () => {
  const packed = `${core}.gz`;
  fs.writeFileSync(packed, require('node:zlib').gzipSync(fs.readFileSync(core), { level: 1 }));
  assert.equal(classes(packed).get('Ticket'), 20_000);
});

for (const [what, name, change, code] of [
  ['an executable that is not there', 'core', ['--exe', '/nowhere/node'], 'ERR_MEMWATCH_CORE_EXECUTABLE_MISSING'],
  ['an executable without V8', 'core', ['--exe', '/bin/sh'], 'ERR_MEMWATCH_CORE_NO_LAYOUT'],
  ['an isolate that is not there', 'core', ['--isolate', '9'], 'ERR_MEMWATCH_CORE_NO_ISOLATE'],
  ['a core that is cut off in its headers', 'cut', [], 'ERR_MEMWATCH_CORE_TRUNCATED'],
  ['an executable in a core’s place', 'program', [], 'ERR_MEMWATCH_CORE_INVALID'],
]) {
  test(`${what} is one sentence with a code`, () => {
    const file = path.join(directory, name);
    if (name === 'cut') fs.writeFileSync(file, fs.readFileSync(core).subarray(0, 100));
    if (name === 'program') fs.copyFileSync('/bin/sh', file);
    const { status, stdout, stderr } = memwatch('summary', file, ...change);
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, new RegExp(`^memwatch: [^\\n]+ \\[${code}\\]\\n$`));
  });
}
