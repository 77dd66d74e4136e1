// Tests of what stands between the measured processes and the tables. Measures no tool.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { interleave, Unavailable } from './lib/rounds.mjs';
import { measureProcess } from './snapshots/process.mjs';
import { growthTable, workTable } from './snapshots/tables.mjs';
import { COMMANDS, OURS } from './snapshots/tools.mjs';

const LIMIT_MS = 60_000;
const node = (program, limitMs = LIMIT_MS) => measureProcess(process.execPath, ['-e', program], limitMs);
const result = (wallMs, peakAnonymous) => ({ wallMs, cpuMs: wallMs, peakRss: peakAnonymous, peakAnonymous });
const work = (bytes, results, unavailable = new Map()) => ({
  title: 'a work',
  files: [{ bytes, nodes: 1e6, edges: 3e6 }],
  results: new Map(results),
  unavailable,
  tools: [...new Map(results).keys(), ...unavailable.keys()],
  load: ['0.0', '0.0'],
});

test('of memwatch the process is measured that does the work', async () => {
  for (const commands of Object.values(COMMANDS)) {
    const [program] = commands.get(OURS)('before', 'after');
    const { status, output } = await measureProcess(program, ['--version'], LIMIT_MS);
    assert.deepEqual([status, /^\d+\.\d+\.\d+\n$/.test(output)], [0, true], `${program}`);
    assert.notEqual(program, process.execPath);
  }
});

test('what a process said and how it ended are handed on', async () => {
  const { finished, status, output, said } = await node('console.log(1); console.error(2); process.exitCode = 3');
  assert.deepEqual({ finished, status, output, said }, { finished: true, status: 3, output: '1\n', said: '2\n' });
});

test('a process that does not end is stopped at the limit', async () => {
  const { finished, status } = await node('setInterval(() => {}, 1000)', 300);
  assert.deepEqual({ finished, status }, { finished: false, status: null });
});

test('memory that was freed again counts in the peak', { skip: process.platform !== 'linux' }, async () => {
  const size = 200 * 2 ** 20;
  // Long enough that a busy machine looks at it in between.
  const wait = 'const wait = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);';
  const fill = `const fill = () => { Buffer.alloc(${size}, 1); wait(2000); };`;
  const tell = 'gc(); setTimeout(() => console.log(process.memoryUsage().external), 100)';
  const program = `${wait} ${fill} fill(); setTimeout(() => { ${tell} }, 100);`;
  const measured = await measureProcess(process.execPath, ['--expose-gc', '-e', program], LIMIT_MS);
  const { peakAnonymous, peakRss, output } = measured;
  assert.ok(Number(output) < size, output);
  // A system that takes idle pages back has some of them by the next look.
  assert.ok(peakAnonymous >= 0.9 * size && peakAnonymous < 2 * size, String(peakAnonymous));
  assert.ok(peakRss >= peakAnonymous);
});

test('a program that does not exist is an error', async () => {
  await assert.rejects(measureProcess('/no/such/program', [], LIMIT_MS), { code: 'ENOENT' });
});

test('the first round counts where it is asked to', async () => {
  const order = [];
  const measure = async (variant) => order.push(variant);
  const { results } = await interleave(['a', 'b'], 2, measure, undefined, { firstCounts: true });
  assert.deepEqual(order, ['a', 'b', 'b', 'a']);
  assert.deepEqual(
    [...results],
    [
      ['a', [1, 4]],
      ['b', [2, 3]],
    ],
  );
});

test('a variant that fails in a later round is left out, with the reason', async () => {
  let runs = 0;
  const measure = async (variant) => {
    if (variant === 'b' && ++runs === 2) throw new Unavailable('too late');
    return variant;
  };
  const { results, unavailable } = await interleave(['a', 'b'], 3, measure);
  assert.deepEqual([...results], [['a', ['a', 'a', 'a']]]);
  assert.deepEqual([...unavailable], [['b', 'too late']]);
});

test('each tool stands beside ours, and one that failed says why', () => {
  const results = [
    ['memwatch', [result(1000, 2 ** 20)]],
    ['other', [result(4000, 3 * 2 ** 20)]],
  ];
  const lines = workTable(work(1e9, results, new Map([['third', 'not finished']]))).split('\n');
  assert.match(
    lines.find((line) => line.includes('other')),
    /4\.00 s.*3 MB.*4\.0 × \|.*3\.0 ×/,
  );
  assert.match(
    lines.find((line) => line.includes('third')),
    /not finished/,
  );
});

test('a cost that is proportional to the file has the exponent one, in whatever order it was measured', () => {
  const at = (bytes) => work(bytes, [['memwatch', [result(bytes / 1e6, bytes ** 2)]]]);
  const lines = growthTable([at(1e9), at(1e7)]).split('\n');
  assert.match(
    lines.find((line) => line.includes('memwatch, wall')),
    /\| +1\.00 s \| +1\.00 s \| +1\.00 \|/,
  );
  assert.match(
    lines.find((line) => line.includes('memwatch, anonymous')),
    /2\.00 \|$/,
  );
});
