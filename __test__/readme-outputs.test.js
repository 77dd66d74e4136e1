'use strict';
// README.md shows what the commands print: every block against the program, byte by byte, on the snapshots that it was
// printed from; and against the program those snapshots are of, run anew.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { COMMANDS } = require('../lib/cli/commands.js');
const { ROOT, cleanEnvironment, report, temporaryDirectory } = require('./support/cli-run.js');
const { README, output, shownOutputs, unpackSnapshots } = require('./support/shown-outputs.js');

const directory = temporaryDirectory();
unpackSnapshots(directory);
const shown = shownOutputs(fs.readFileSync(README, 'utf8'));

test('the README shows every command', () => {
  const names = new Set(shown.map(({ command }) => command.split(' ')[0]));
  assert.deepEqual([...names].sort(), Object.keys(COMMANDS).sort());
});

for (const { command, shown: expected } of shown) {
  test(`memwatch ${command} prints what the README shows`, () => {
    assert.equal(output(directory, command), expected, 'node scripts/readme-outputs.mjs writes it anew');
  });
}

test('the program of the README, run by this Node, leaks in the same places', () => {
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
  for (const words of [['analyze', 'after.heapsnapshot'], ['diff', 'before.heapsnapshot', 'after.heapsnapshot']]) {
    const old = places(directory, ...words);
    assert.equal(old.length, 2, JSON.stringify(old));
    assert.deepEqual(places(fresh, ...words), old);
  }
});
