// What watching the garbage collector costs: a GC-heavy loop under each watcher, side
// by side. The loop itself is in children/gc-loop.js.
//
//   node bench/gc-loop.mjs [--generations=24] [--slices=4] [--cycles=5]
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { FLAGS } from './lib/gc-flags.mjs';
import { describeMachine, load, numberOption, showProgress } from './lib/command.mjs';
import { interleave } from './lib/rounds.mjs';
import { median, pairedRatios, summary } from './lib/stats.mjs';
import { extremes, milliseconds, ratioWithInterval, table } from './lib/table.mjs';
import { Worker } from './lib/worker.mjs';

const CHILD = path.join(path.dirname(fileURLToPath(import.meta.url)), 'children/gc-loop.js');

const BASELINE = 'nothing';
const VARIANTS = [
  BASELINE,
  // The same once more: how far two equal programs differ here and now.
  'nothing again',
  'memwatch',
  'memwatch, listening',
  'PerformanceObserver',
  'gc-stats',
  '@airbnb/node-memwatch',
];

/** Fresh processes: where its code and its heap come to lie makes a process fast or slow for its life. */
const generations = numberOption('generations', 24);
const slices = numberOption('slices', 4);
/** Mark-sweeps in a slice. */
const cycles = numberOption('cycles', 5);

// The same program has the same layout each time, and is up to 3 % faster or slower for it than one with another module
// loaded, whatever that does. So each generation has a window of its own.
const WINDOW = { least: 95_000, step: 431, count: 24 };

/** One process for each variant, measured in turn, slice by slice. */
async function generation(number) {
  const window = WINDOW.least + WINDOW.step * (number % WINDOW.count);
  const workers = new Map();
  try {
    return await interleave(VARIANTS, slices, async (variant) => {
      if (!workers.has(variant)) workers.set(variant, await Worker.start(CHILD, [variant, cycles, window], FLAGS));
      return workers.get(variant).ask();
    });
  } finally {
    await Promise.all([...workers.values()].map((worker) => worker.stop()));
  }
}

const before = load();
const runs = [];
for (let number = 1; number <= generations; number++) {
  runs.push(await generation(number));
  showProgress(number, generations);
}

const [{ unavailable }] = runs;
/** The median slice of each process. */
const ofProcesses = (variant, key) =>
  runs.map(({ results }) => median(results.get(variant).map((slice) => slice[key])));
/** Each process against the baseline beside it: the median ratio of their slices. */
const ratios = (variant, key) =>
  summary(
    runs.map(({ results }) => {
      const values = (name) => results.get(name).map((slice) => slice[key]);
      return median(pairedRatios(values(variant), values(BASELINE)));
    }),
  );
const rows = VARIANTS.map((variant) => {
  if (unavailable.has(variant)) return [variant, 'not available'];
  const cpu = ratios(variant, 'cpuMs');
  return [
    variant,
    milliseconds(median(ofProcesses(variant, 'cpuMs'))),
    ratioWithInterval(cpu),
    extremes(cpu),
    milliseconds(median(ofProcesses(variant, 'wallMs'))),
    ratioWithInterval(ratios(variant, 'wallMs')),
    median(ofProcesses(variant, 'seen')).toFixed(0),
    median(ofProcesses(variant, 'steps')).toFixed(0),
  ];
});

console.log(describeMachine());
console.log(
  `load ${before} before, ${load()} after; ${generations} processes of each variant, ${slices} slices in each; times and events of 100 steps\n`,
);
console.log(
  table(
    ['watcher', 'CPU', 'CPU ratio (95 %)', 'min–max', 'wall', 'wall ratio (95 %)', 'events', 'steps a mark-sweep'],
    rows,
  ),
);
for (const why of unavailable.values()) console.log(`\n${why}`);
