'use strict';
// What stands behind the tables of platforms: the pages hold what the script makes, a failure is shown, and the program
// that is run under emulators does on this Node what it is to do there. What was run where is docs/platform-runs.json.

const { before, test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { interpreter } = require('../lib/elf.js');
const { ROOT, run } = require('./support/child.js');

let table;
let runs;
before(async () => {
  table = await import('../scripts/platform-table.mjs');
  runs = await import('../scripts/foreign/runs.mjs');
});

/** A run of tests. */
const ofTests = (changed) => ({
  platform: 'linux-x64-musl',
  node: '24.1.0',
  kind: 'tests',
  how: 'musl 1.2.5',
  date: '2026-01-02',
  memwatch: '1.0.0',
  whole: true,
  results: { stats: { counts: [12, 0, 0] }, attach: { counts: [8, 0, 1], skips: { 'of a | program': 'no gdb' } } },
  ...changed,
});

test('the pages contain the tables that the script builds from the runs', () => {
  for (const [name, text] of Object.entries(table.pages())) {
    assert.equal(fs.readFileSync(path.join(ROOT, name), 'utf8'), text, 'node scripts/platform-table.mjs --write');
  }
});

test('a cell has the most significant result of a Node, with any failure', () => {
  const cells = (...given) => {
    const line = table
      .shortTable(given)
      .split('\n')
      .find((row) => row.includes('`linux-x64-musl`'));
    return line
      .split(' | ')
      .slice(1)
      .map((cell) => cell.replace(' |', ''));
  };
  const symbols = ofTests({ kind: 'symbols', results: { names: { counts: [200, 0, 0] } } });
  assert.deepEqual(cells(), ['–', '–', '–', '–', '–']);
  assert.deepEqual(cells(symbols), ['–', '–', '–', 'symbols', '–']);
  assert.deepEqual(cells(symbols, ofTests()), ['–', '–', '–', 'all tests', '–']);
  assert.deepEqual(cells(symbols, ofTests({ whole: false })), ['–', '–', '–', 'tests', '–']);
  const broken = ofTests({ results: { stats: { counts: [10, 2, 0] } } });
  assert.deepEqual(cells(symbols, broken), ['–', '–', '–', 'all tests, 2 failed', '–']);
});

test('a skipped test is in the table once for all versions, with its reason', () => {
  const rows = table
    .skipTable([ofTests(), ofTests({ node: '26.1.0' })])
    .split('\n')
    .slice(2);
  assert.deepEqual(rows, ['| `linux-x64-musl` | attach | of a \\| program | no gdb | 24, 26 |']);
});

test('a partial run lists its files, and a full run does not', () => {
  const rows = table
    .partTable([ofTests(), ofTests({ node: '26.1.0', whole: false })])
    .split('\n')
    .slice(2);
  assert.deepEqual(rows, ['| `linux-x64-musl` | 26.1.0 | stats, attach |']);
});

test('the results of a test file are counted from its reporter, and a file without tests has failed', () => {
  const node = { name: '24.1.0', program: 'node' };
  const skipped = 'ok 1 - of a program # SKIP no gdb\n';
  const { results } = runs.resultsOf(
    [
      { node, file: '__test__/a.test.js', passed: true, counts: { pass: 3, skipped: 1 }, output: skipped },
      { node, file: '__test__/b.test.js', passed: false, counts: {}, output: '' },
      { node, file: '__test__/c.test.js', passed: false, counts: { pass: 1, fail: 1, cancelled: 2 }, output: '' },
      { node: { name: '26.1.0', program: 'node' }, file: '__test__/d.test.js', passed: true, counts: {}, output: '' },
    ],
    { platform: 'linux-x64-musl', node: '24.1.0', how: 'musl 1.2.5' },
  );
  assert.deepEqual(results, {
    a: { counts: [3, 0, 1], skips: { 'of a program': 'no gdb' } },
    b: { counts: [0, 1, 0] },
    c: { counts: [1, 3, 0] },
  });
  assert.equal(runs.closingLine('musl-24.1.0', { results }), 'musl-24.1.0: 4 passed, 4 failed, 1 skipped');
});

test('a program can be given another ELF interpreter, of any length, and still starts', {
  skip: process.platform !== 'linux' && 'changes an ELF file',
}, async (t) => {
  const { setInterpreter } = await import('../scripts/foreign/interpreter.mjs');
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-platforms-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  const [program, loader] = ['program', `${'long-'.repeat(30)}loader`].map((name) => path.join(directory, name));
  fs.copyFileSync('/bin/true', program);
  fs.symlinkSync(interpreter('/bin/true'), loader);
  setInterpreter(program, loader);
  assert.equal(interpreter(program), loader);
  assert.equal((await run(program, [])).status, 0);
  fs.rmSync(loader);
  await assert.rejects(run(program, []), { code: 'ENOENT' });
});

const SMOKE = path.join('scripts', 'foreign', 'smoke.mjs');

test('the smoke program prints a line for each item, and fails if one item fails', {
  skip: process.platform !== 'linux' && 'copies of processes',
}, async (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-platforms-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  const well = await run(process.execPath, [SMOKE, directory]);
  assert.equal(well.status, 0, well.stdout + well.stderr);
  assert.deepEqual(
    [...well.stdout.matchAll(/^ok {6}([a-z ]+): \S/gm)].map(([, name]) => name),
    ['stats', 'leak', 'heap diff', 'worker', 'forked snapshot', 'inline snapshot', 'analyze', 'signal'],
  );
  // No file can be written there, and none of the others is the worse for it.
  const ill = await run(process.execPath, [SMOKE, path.join(directory, 'nowhere')]);
  assert.equal(ill.status, 1);
  assert.match(ill.stdout, /^ok {6}worker: /m);
  assert.match(ill.stdout, /^FAILED {2}inline snapshot: .*ERR_MEMWATCH|^FAILED {2}inline snapshot: .*nowhere/m);
});
