// What this checkout costs beside an older one, part by part, in one run: the same measurement of both in turn, as ratios
// now / before. Each part has a row "now again": how far two equal programs differ here. Knows no third program; those are
// compared in the files of each part.
//
//   node bench/against.mjs DIRECTORY [--only=gc|diff|pause|viewer|files|size]... [--rounds=10] [--megabytes=1000]
//
//   DIRECTORY  a checkout of another commit with its addon built, such as `git worktree add` makes. What loading costs is
//              asked of `node bench/require.mjs --against=DIRECTORY`.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBare } from './bare/build.mjs';
import { describeMachine, load, numberOption, showProgress } from './lib/command.mjs';
import { FLAGS } from './lib/gc-flags.mjs';
import { interleave, runChild } from './lib/rounds.mjs';
import { median, pairedRatios, summary } from './lib/stats.mjs';
import { extremes, ratioWithInterval, table } from './lib/table.mjs';
import { Worker, answerOf } from './lib/worker.mjs';
import { pair, warm } from './snapshots/files.mjs';
import { measureProcess } from './snapshots/process.mjs';

const { binaryName, platformName } = createRequire(import.meta.url)('../lib/platform.js');

const bench = path.dirname(fileURLToPath(import.meta.url));
const own = path.dirname(bench);
const child = (name) => path.join(bench, 'children', name);

const [directory] = process.argv.slice(2).filter((word) => !word.startsWith('--'));
if (directory === undefined) {
  console.error('against.mjs needs the directory of the checkout to compare with');
  process.exit(2);
}
const CHECKOUTS = new Map([
  ['before', path.resolve(directory)],
  ['now', own],
  ['now again', own],
]);
const chosen = process.argv.filter((word) => word.startsWith('--only=')).map((word) => word.split('=')[1]);
const rounds = numberOption('rounds', 10);
const megabytes = numberOption('megabytes', 1000);

/** Objects of a heap that is compared, and of one that is copied. */
const OBJECTS = 1_000_000;
/** Slices in a process; how many mark-sweeps in one of the GC loop, and how many objects live in it. */
const SLICES = 3;
const CYCLES = 5;
const WINDOW = 95_000;
/** For one command on the largest file, in milliseconds. */
const LIMIT_MS = 300_000;

/** The rows of one part: each figure now, before, and as a ratio. */
function rowsOf(part, results, figures) {
  const of = (variant, read) => results.get(variant).map(read);
  return Object.entries(figures).flatMap(([name, { read, show }]) =>
    ['now', 'now again'].map((variant) => {
      const ratios = summary(pairedRatios(of(variant, read), of('before', read)));
      const values = [median(of('before', read)), median(of(variant, read))].map(show);
      return [
        `${part}: ${name}${variant === 'now' ? '' : ', again'}`,
        ...values,
        ratioWithInterval(ratios),
        extremes(ratios),
      ];
    }),
  );
}

const ms = (value) => `${value.toFixed(1)} ms`;
const mib = (value) => `${(value / 2 ** 20).toFixed(1)} MiB`;

/** Runs `work` with the package that the children load. */
async function withPackage(variant, work) {
  process.env.MEMWATCH_BENCHED = CHECKOUTS.get(variant);
  try {
    return await work();
  } finally {
    delete process.env.MEMWATCH_BENCHED;
  }
}

/** Slices of one process of each variant, in turn; a round is a process of each, and counts by its median slice. */
async function slices(file, args, flags) {
  const all = new Map([...CHECKOUTS.keys()].map((variant) => [variant, []]));
  for (let round = 0; round < rounds; round++) {
    const workers = new Map();
    const { results } = await interleave([...CHECKOUTS.keys()], SLICES, async (variant) => {
      if (!workers.has(variant)) {
        workers.set(variant, await withPackage(variant, () => Worker.start(file, args, flags)));
      }
      return workers.get(variant).ask();
    });
    await Promise.all([...workers.values()].map((worker) => worker.stop()));
    for (const [variant, took] of results) all.get(variant).push({ cpuMs: median(took.map(({ cpuMs }) => cpuMs)) });
    showProgress(round + 1, rounds);
  }
  return all;
}

/** How long a service with a heap of objects is stopped for a snapshot, and when that is there. */
async function pause(variant, folder) {
  const service = await withPackage(variant, () =>
    fork(child('live-service.js'), ['memwatch', String(OBJECTS), folder], { execArgv: ['--max-old-space-size=4096'] }),
  );
  await answerOf(service);
  service.send('take');
  const result = await answerOf(service);
  service.kill('SIGKILL');
  await once(service, 'exit');
  return result;
}

/** One command of the program on files, in a process of its own. */
async function command(variant, words) {
  const program = path.join(CHECKOUTS.get(variant), 'bin/memwatch.js');
  const { status, finished, said, ...measured } = await measureProcess(process.execPath, [program, ...words], LIMIT_MS);
  if (!finished || status !== 0) throw new Error(`${program} ${words[0]} ended with ${status}: ${said}`);
  return measured;
}

const cpu = { read: ({ cpuMs }) => cpuMs, show: ms };
const wall = { read: ({ wallMs }) => wallMs, show: ms };
const anonymous = { read: ({ peakAnonymous }) => peakAnonymous, show: mib };

const PARTS = {
  async gc() {
    const results = await slices(child('gc-loop.js'), ['memwatch, listening', CYCLES, WINDOW], FLAGS);
    return rowsOf('GC loop', results, { CPU: cpu });
  },
  async diff() {
    const bare = buildBare();
    const measure = (variant) =>
      withPackage(variant, () =>
        runChild(child('heap-diff.js'), ['memwatch', OBJECTS, bare], ['--expose-gc', '--max-old-space-size=4096']),
      );
    const { results } = await interleave([...CHECKOUTS.keys()], Math.ceil(rounds / 2), measure, showProgress);
    return rowsOf('HeapDiff', results, {
      CPU: { read: ({ first, second }) => first.cpuMs + second.cpuMs, show: ms },
      'peak resident': { read: ({ peakRss }) => peakRss, show: mib },
    });
  },
  async pause() {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-bench-'));
    const { results } = await interleave([...CHECKOUTS.keys()], rounds, (one) => pause(one, folder), showProgress);
    fs.rmSync(folder, { recursive: true });
    return rowsOf('forked snapshot', results, {
      'loop stopped': { read: ({ stoppedMs }) => stoppedMs, show: ms },
      'done after': { read: ({ tookMs }) => tookMs, show: ms },
    });
  },
  async viewer() {
    return rowsOf('dashboard with a viewer', await slices(child('viewed.js'), [], []), { CPU: cpu });
  },
  async files() {
    const [first, second] = await pair(megabytes);
    for (const { file } of [first, second]) warm(file);
    const words = { open: ['summary', first.file], diff: ['diff', first.file, second.file] };
    const rows = [];
    for (const [name, given] of Object.entries(words)) {
      const measure = (variant) => command(variant, given);
      const { results } = await interleave([...CHECKOUTS.keys()], Math.ceil(rounds / 2), measure, showProgress);
      rows.push(...rowsOf(`${name} ${megabytes} MB`, results, { CPU: cpu, wall, 'anonymous memory': anonymous }));
    }
    return rows;
  },
  async size() {
    const names = [`memwatch.${platformName()}.node`, binaryName(platformName())];
    return names.map((name) => {
      const of = (variant) => fs.statSync(path.join(CHECKOUTS.get(variant), name), { throwIfNoEntry: false })?.size;
      const before = of('before');
      return [`size of ${name}`, before === undefined ? 'none' : mib(before), mib(of('now')), '', ''];
    });
  },
};

const before = load();
const rows = [];
for (const part of chosen.length > 0 ? chosen : Object.keys(PARTS)) {
  if (PARTS[part] === undefined) throw new Error(`no part is called ${part}: ${Object.keys(PARTS)}`);
  rows.push(...(await PARTS[part]()));
}
console.log(describeMachine());
console.log(`load ${before} before, ${load()} after; ${rounds} rounds\n`);
console.log(table(['', 'before', 'now', 'now / before (95 %)', 'min–max'], rows));
