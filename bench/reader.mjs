// memwatch's own reader of V8's heap beside V8's generator: processor time and memory of a snapshot and its exact
// analysis in a forked child; for how long a process stands still, asked from inside and from outside; and whether both
// count the same. What is measured is in children/reader-heap.js. Linux on x64.
//
//   node bench/reader.mjs [--node=FILE]... [--pairs=N]... [--mix=N] [--inside=N] [--outside=N] [--rounds=3] [--quick]
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describeMachine, load, numberOption, showProgress } from './lib/command.mjs';
import { interleave } from './lib/rounds.mjs';
import { Holder } from './reader/holder.mjs';
import { agreementTable, insideTable, outsideTable, workTable } from './reader/tables.mjs';

const root = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const { binaryName, platformName } = createRequire(import.meta.url)('../lib/platform.js');
const binary = path.join(root, binaryName(platformName()));
const run = promisify(execFile);

const options = (name) =>
  process.argv.filter((argument) => argument.startsWith(`--${name}=`)).map((argument) => argument.split('=')[1]);
const isQuick = process.argv.includes('--quick');

/** Pairs `{i, o: {i}}`, which are two objects each; and units of the mix, some 25 nodes each. */
const sizes = options('pairs').length > 0 ? options('pairs').map(Number) : isQuick ? [20_000] : [1_000_000, 5_000_000];
const mix = numberOption('mix', isQuick ? 500 : 25_000);
const inside = numberOption('inside', isQuick ? 20_000 : 5_000_000);
const outside = numberOption('outside', isQuick ? 20_000 : 10_000_000);
const rounds = numberOption('rounds', isQuick ? 1 : 3);
const nodes = options('node').length > 0 ? options('node') : [process.execPath];

/** Pairs of a process with next to nothing in it. */
const SMALL = 100;
const ENGINES = ['v8', 'reader'];
const REPORT_BYTES = 1 << 28;
/** While nothing is asked, so long. */
const NOTHING_MS = 2000;

const millions = (count) => `${count / 1e6} M`;
const plainName = (pairs) => `${millions(pairs)} {i, o: {i}}`;
const mixName = `mix of ${mix} units`;

/** Does something with a process that has a heap, and ends it. */
async function withHolder(node, kind, count, work) {
  const holder = await Holder.start(node, kind, count);
  try {
    return await work(holder);
  } finally {
    await holder.end();
  }
}

async function work(node) {
  const heaps = [...sizes.map((pairs) => ['plain', pairs, plainName(pairs)]), ['mix', mix, mixName]];
  const measured = [];
  for (const [kind, count, name] of heaps) {
    const { results } = await withHolder(node, kind, count, (holder) =>
      interleave(ENGINES, rounds, (engine) => holder.analyze(engine), showProgress, { firstCounts: true }),
    );
    measured.push({ name, kind, v8: results.get('v8'), reader: results.get('reader') });
  }
  return workTable(measured);
}

async function fromInside(node) {
  const results = await withHolder(node, 'plain', inside, async (holder) => {
    const all = [];
    for (let round = 0; round < rounds; round++) all.push(await holder.ask('analyze', { engine: 'reader' }));
    return all;
  });
  return insideTable({ name: plainName(inside), results });
}

/** What is asked of a process from outside, by its name. */
const ASKED = {
  nothing: () => new Promise((resolve) => setTimeout(resolve, NOTHING_MS)),
  'analyze PID': ({ pid }) => run(binary, ['analyze', `${pid}`], { maxBuffer: REPORT_BYTES }),
  'snapshot PID': ({ pid }, file) => run(binary, ['snapshot', `${pid}`, '--out', file]),
};

async function fromOutside(node, directory) {
  const processes = [];
  for (const pairs of [SMALL, outside]) {
    await withHolder(node, 'plain', pairs, async (holder) => {
      const measure = async (what) => {
        const file = path.join(directory, 'outside.heapsnapshot');
        await holder.ask('watch');
        const begun = performance.now();
        await ASKED[what](holder, file);
        const wallMs = performance.now() - begun;
        fs.rmSync(file, { force: true });
        return { ...(await holder.ask('seen')), wallMs };
      };
      const { results } = await interleave(Object.keys(ASKED), rounds, measure, showProgress, { firstCounts: true });
      const name = pairs === SMALL ? 'small' : plainName(pairs);
      processes.push({ name, residentBytes: holder.residentBytes(), asked: results });
    });
  }
  return outsideTable(processes);
}

async function reportOf(command, file) {
  const { stdout } = await run(binary, [command, file, '--json', '--top', '1000000'], { maxBuffer: REPORT_BYTES });
  return JSON.parse(stdout);
}

/** Rows by name with their counts; of one name there may be several. */
function counted(rows, nameOf, countOf) {
  const counts = new Map();
  for (const row of rows) counts.set(nameOf(row), (counts.get(nameOf(row)) ?? 0) + countOf(row));
  return counts;
}

async function countsOf(file) {
  const { classes } = await reportOf('classes', file);
  const { functions } = await reportOf('functions', file);
  // V8's own pieces have other types in the reader's: docs/command-line.md, "Core files".
  const objects = classes.filter(({ name }) => !/^\(|^system|^Node \/|^$/.test(name));
  return {
    objects: counted(
      objects,
      ({ name }) => name,
      ({ instances }) => instances,
    ),
    closures: counted(
      functions,
      ({ name }) => name,
      ({ closures }) => closures,
    ),
  };
}

async function agreement(node, directory) {
  const heaps = [];
  for (const [kind, count, name, kept] of [
    ['plain', sizes[0], plainName(sizes[0]), ['{o}']],
    ['mix', mix, mixName, ['Customer', 'Order', 'Item', 'Money', 'Session', 'CacheEntry']],
  ]) {
    const files = ['v8', 'reader', 'again'].map((what) => path.join(directory, `${what}.heapsnapshot`));
    await withHolder(node, kind, count, async (holder) => {
      for (const [at, engine] of ['v8', 'reader', 'v8'].entries())
        await holder.ask('write', { engine, file: files[at] });
    });
    const [v8, reader, again] = [await countsOf(files[0]), await countsOf(files[1]), await countsOf(files[2])];
    for (const file of files) fs.rmSync(file);
    heaps.push({ name, kept, v8, reader, again });
  }
  return agreementTable(heaps);
}

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-bench-'));
try {
  for (const node of nodes) {
    const before = load();
    const version = (await run(node, ['-p', 'process.versions.node'])).stdout.trim();
    const parts = [await work(node), await fromInside(node), await fromOutside(node, directory)];
    parts.push(await agreement(node, directory));
    console.log(
      `${describeMachine()}\nmeasured: Node ${version}; load ${before} before, ${load()} after; ${rounds} rounds\n`,
    );
    console.log(`${parts.join('\n\n')}\n`);
  }
} finally {
  fs.rmSync(directory, { recursive: true });
}
