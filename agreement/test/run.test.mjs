// The command as people and CI run it, with stand-ins for the engine: one that
// says what DevTools says, one that is wrong by one byte, one that fails.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';

import { AGREEMENT } from '../lib/paths.mjs';
import { generate } from '../synthetic/generate.mjs';

const folder = mkdtempSync(path.join(tmpdir(), 'agreement-'));
after(() => rmSync(folder, { recursive: true }));

const lib = (name) => JSON.stringify(pathToFileURL(path.join(AGREEMENT, 'lib', name)).href);

function engine(name, twist) {
  const file = path.join(folder, `${name}.mjs`);
  writeFileSync(
    file,
    `#!${process.execPath}
import { classRows, diffRows, nodeTables, openInDevtools } from ${lib('devtools-tables.mjs')};
import { writeNodes, writeRows } from ${lib('table-files.mjs')};
const [file, out, before] = process.argv.slice(2);
const { snapshot } = await openInDevtools(file);
const nodes = nodeTables(snapshot);
const classes = classRows(snapshot);
${twist}
writeNodes(out, nodes);
writeRows(out, 'classes', classes);
if (before) writeRows(out, 'diff', diffRows((await openInDevtools(before)).snapshot, snapshot));
process.exit(0);
`,
  );
  chmodSync(file, 0o755);
  return file;
}

const agreeing = engine('agreeing', '');

function run(...options) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(AGREEMENT, 'run.mjs'), '--folder', folder, ...options],
    {
      encoding: 'utf8',
      env: { ...process.env, MEMWATCH_NODES: '', MEMWATCH_DUMP_TABLES: '' },
    },
  );
  return { status, stdout, stderr };
}

test('an engine that agrees ends with status 0', () => {
  const { status, stdout } = run('--engine', agreeing, '--kinds', '', '--synthetic', '3');
  assert.equal(status, 0, stdout);
  assert.match(stdout, /3 generated .* 0 .*\n\nno difference/);
});

test('a real snapshot of a named Node is made and compared', () => {
  const { status, stdout } = run(
    '--engine',
    agreeing,
    '--kinds',
    'realms',
    '--nodes',
    process.execPath,
    '--synthetic',
    '0',
  );
  assert.equal(status, 0, stdout);
  assert.match(stdout, new RegExp(`Node ${process.version.slice(1)} realms`));
});

test('one byte in one node ends with status 1 and names the node', () => {
  const off = engine('off', 'nodes.retained[0] += 1;');
  const { status, stdout } = run('--engine', off, '--kinds', '', '--synthetic', '1');
  assert.equal(status, 1);
  assert.match(stdout, /"column":"retained","ordinal":0/);
  assert.match(stdout, /1 snapshots differ/);
});

test('an engine that fails is a difference, with what it said', () => {
  const failing = engine('failing', 'console.error("out of luck"); process.exit(3);');
  const { status, stdout } = run('--engine', failing, '--kinds', '', '--synthetic', '1');
  assert.equal(status, 1);
  assert.match(stdout, /out of luck/);
});

test('a file of the caller is compared and left in place', () => {
  const { after: graph, layout } = generate(3);
  const file = path.join(folder, 'mine.heapsnapshot');
  writeFileSync(file, graph.text(layout));
  assert.equal(run('--engine', agreeing, '--file', file).status, 0);
  assert.equal(run('--engine', agreeing, '--file', file).status, 0);
});

test('without any Node it says what to do and ends with status 2', () => {
  const { status, stderr } = run(
    '--engine',
    agreeing,
    '--kinds',
    'bare',
    '--nodes',
    path.delimiter,
    '--synthetic',
    '0',
  );
  assert.equal(status, 2);
  assert.match(stderr, /--nodes or MEMWATCH_NODES/);
});

for (const wrong of [
  ['--kinds', 'nothing'],
  ['--synthetic', '-1', '--kinds', ''],
  ['--synthetic', 'x', '--kinds', ''],
  ['--before', 'x'],
]) {
  test(`${wrong.join(' ')} is refused with status 2`, () => {
    assert.equal(run('--engine', agreeing, ...wrong).status, 2);
  });
}
