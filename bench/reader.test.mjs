// Tests of what stands between the measured processes and the tables of reader.mjs, and that each part of it measures
// something. How good the figures are is not looked at.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { agreementTable, differenceOf, insideTable, outsideTable, workTable } from './reader/tables.mjs';

const bench = fileURLToPath(new URL('./reader.mjs', import.meta.url));
const MIB = 2 ** 20;

/** The cells of the rows of a table. */
const rowsOf = (text) =>
  text
    .split('\n')
    .slice(2)
    .map((line) =>
      line
        .split('|')
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );

test('a ratio is of one round, and beside what is wanted', () => {
  const take = (cpuMs, mebibytes) => ({ cpuMs, privateBytes: mebibytes * MIB, nodes: 2e6 });
  const heap = { name: 'a heap', v8: [take(10_000, 1000), take(20_000, 1000), take(10_000, 1000)] };
  const reader = [take(900, 100), take(4000, 100), take(800, 100)];
  const [cpu, memory] = rowsOf(workTable([{ ...heap, kind: 'plain', reader }]));
  assert.deepEqual(cpu.slice(1), ['2.00 M', '10.00 s', '0.90 s', '0.090', '0.080–0.200', '≤ 0.1', 'reached']);
  assert.deepEqual(memory.slice(1), ['2.00 M', '1000 MB', '100 MB', '0.100', '0.100–0.100', '≤ 0.07', 'missed']);
  const mixed = rowsOf(workTable([{ ...heap, kind: 'mix', reader }]));
  assert.deepEqual(
    mixed.map((row) => row.slice(-2)),
    [
      ['≤ 0.15', 'reached'],
      ['≤ 0.2', 'reached'],
    ],
  );
});

test('a pause is held to what is wanted of its size, unless the machine has such holes by itself', () => {
  const seen = (...holes) => holes.map((holeMs) => ({ holeMs, gapMs: 1, wallMs: 1000 }));
  const process = (nothing, asked, gigabytes) => ({
    name: 'a process',
    residentBytes: gigabytes * 2 ** 30,
    asked: new Map([
      ['nothing', seen(nothing)],
      ['analyze PID', seen(asked, asked + 1, asked - 1)],
    ]),
  });
  const verdictOf = (one) => rowsOf(outsideTable([one]))[1].slice(-2);
  assert.deepEqual(verdictOf(process(5, 29, 0.05)), ['≤ 30 ms', 'reached']);
  assert.deepEqual(verdictOf(process(5, 31, 0.05)), ['≤ 30 ms', 'missed']);
  assert.deepEqual(verdictOf(process(40, 50, 0.05)), ['≤ 30 ms', 'not known']);
  assert.deepEqual(verdictOf(process(5, 230, 2)), ['≤ 240 ms', 'reached']);
  const [row] = rowsOf(insideTable({ name: 'a heap', results: [{ pauseMs: 61, gapMs: 65 }] }));
  assert.deepEqual(row, ['a heap', '61 ms', '65 ms', '≤ 60 ms', 'missed']);
});

test('counts differ by the sum over all classes, beside what changed meanwhile', () => {
  const counts = (...entries) => new Map(entries);
  const v8 = counts(['Order', 900], ['Object', 100]);
  assert.equal(differenceOf(v8, v8), 0);
  assert.equal(differenceOf(v8, counts(['Order', 899], ['Other', 100])), 0.201);
  const closures = counts(['send', 10]);
  const heap = (reader, again) => ({
    name: 'a heap',
    kept: ['Order'],
    v8: { objects: v8, closures },
    reader: { objects: reader, closures },
    again: { objects: again, closures },
  });
  const other = counts(['Order', 900], ['Object', 90]);
  const verdicts = (one) => rowsOf(agreementTable([one])).map((row) => row.at(-1));
  assert.deepEqual(verdicts(heap(v8, v8)), ['reached', 'reached', 'reached']);
  assert.deepEqual(verdicts(heap(other, v8)), ['missed', 'reached', 'reached']);
  assert.deepEqual(verdicts(heap(other, other)), ['reached', 'reached', 'reached']);
  assert.equal(verdicts(heap(counts(['Order', 899], ['Object', 100]), v8))[2], 'missed: 899 Order, V8 900');
});

test('each part measures something', { skip: process.platform !== 'linux' || process.arch !== 'x64' }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bench, '--quick'], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^measured: Node \d+\.\d+\.\d+; load [\d.]+ before, [\d.]+ after; 1 rounds$/m);
  const tables = stdout.split('\n\n').filter((part) => part.startsWith('|'));
  assert.deepEqual(
    tables.map((text) => rowsOf(text).length),
    [4, 1, 6, 6],
  );
  // Every figure is one: no processor time is 0, no memory, no pause.
  for (const [name, , theirs, ours] of rowsOf(tables[0])) {
    for (const figure of [theirs, ours]) assert.ok(Number.parseFloat(figure) > 0, `${name}: ${figure}`);
  }
  for (const [name, ...figures] of [...rowsOf(tables[1]), ...rowsOf(tables[2])])
    assert.ok(Number.parseFloat(figures[1]) >= 0 && !figures.join().includes('NaN'), name);
  assert.doesNotMatch(tables[3], /NaN/);
});
