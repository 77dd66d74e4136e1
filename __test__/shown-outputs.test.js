'use strict';
// README.md and docs/concepts.md show what the commands print: every block against the program, byte by byte, on the
// snapshots that it was printed from; and against the program of those snapshots, run again.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { fileCommands } = require('./support/cli-declared.js');
const { ROOT, cleanEnvironment, report, temporaryDirectory } = require('./support/cli-run.js');
const { PAGES, output, shownOutputs, unpackSnapshots } = require('./support/shown-outputs.js');

const directory = temporaryDirectory();
unpackSnapshots(directory);
const shown = PAGES.flatMap((page) =>
  shownOutputs(fs.readFileSync(path.join(ROOT, page), 'utf8')).map((one) => ({ page, ...one })),
);

test('each page shows outputs, and together they cover every command about files', () => {
  for (const page of PAGES)
    assert.ok(
      shown.some((one) => one.page === page),
      page,
    );
  const names = new Set(shown.map(({ command }) => command.split(' ')[0]));
  // One writes a file, the other asks one of another sort: they are shown where their subjects are.
  const asking = Object.keys(fileCommands()).filter((name) => name !== 'redact' && name !== 'timeline');
  assert.deepEqual([...names].sort(), asking.sort());
});

for (const { page, command, shown: expected } of shown) {
  test(`memwatch ${command} prints what ${page} shows`, () => {
    assert.equal(output(directory, command), expected, 'node scripts/shown-outputs.mjs writes it anew');
  });
}

test('the program of the outputs, run by this Node, leaks at the same lines', () => {
  const fresh = temporaryDirectory();
  const program = path.join(ROOT, 'examples', 'shop.js');
  const { status, stderr } = spawnSync(process.execPath, [program, fresh], {
    encoding: 'utf8',
    env: cleanEnvironment({}),
  });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  const places = (from, command, ...files) => {
    const { findings, places: grown } = report([command, ...files.map((file) => path.join(from, file))]);
    const told = (findings ?? grown.grown).map((one) => [one.count, one.class, one.path.text, one.signature]);
    // Their order goes by sizes, which are not the same in every version of Node.
    return told.sort();
  };
  for (const words of [
    ['analyze', 'after.heapsnapshot'],
    ['diff', 'before.heapsnapshot', 'after.heapsnapshot'],
  ]) {
    const old = places(directory, ...words);
    assert.equal(old.length, 2, JSON.stringify(old));
    assert.deepEqual(places(fresh, ...words), old);
  }
});
