// What watching the garbage collector costs: a GC-heavy loop under each watcher, side
// by side. The loop itself is in children/gc-loop.js.
//
//   node bench/gc-loop.mjs [--generations=10] [--slices=30] [--steps=100]
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeMachine, load, numberOption, showProgress } from './lib/command.mjs';
import { interleave } from './lib/rounds.mjs';
import { compare, median } from './lib/stats.mjs';
import { extremes, milliseconds, ratio, ratioWithInterval, table } from './lib/table.mjs';
import { Worker } from './lib/worker.mjs';

const CHILD = path.join(path.dirname(fileURLToPath(import.meta.url)), 'children/gc-loop.js');

/** A young generation of 1 MB on every version: its size is what differs most among them. */
const FLAGS = ['--max-semi-space-size=1'];

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
const generations = numberOption('generations', 10);
const slices = numberOption('slices', 30);
const steps = numberOption('steps', 100);

/** One process for each variant, measured in turn, slice by slice. */
async function generation() {
  const workers = new Map();
  try {
    return await interleave(VARIANTS, slices, async (variant) => {
      if (!workers.has(variant)) workers.set(variant, await Worker.start(CHILD, [variant, steps], FLAGS));
      return workers.get(variant).ask();
    });
  } finally {
    await Promise.all([...workers.values()].map((worker) => worker.stop()));
  }
}

const before = load();
const runs = [];
for (let number = 1; number <= generations; number++) {
  runs.push(await generation());
  showProgress(number, generations);
}

const [{ unavailable }] = runs;
const column = (variant, key) => runs.flatMap(({ results }) => results.get(variant).map((slice) => slice[key]));
const ofGenerations = (variant, key) =>
  runs.map(({ results }) => {
    const values = (name) => results.get(name).map((slice) => slice[key]);
    return compare(values(variant), values(BASELINE)).median;
  });
const rows = VARIANTS.map((variant) => {
  if (unavailable.has(variant)) return [variant, 'not available'];
  const cpu = compare(column(variant, 'cpuMs'), column(BASELINE, 'cpuMs'));
  const wall = compare(column(variant, 'wallMs'), column(BASELINE, 'wallMs'));
  const medians = ofGenerations(variant, 'cpuMs');
  return [
    variant,
    milliseconds(median(column(variant, 'cpuMs'))),
    ratioWithInterval(cpu),
    extremes({ min: Math.min(...medians), max: Math.max(...medians) }),
    ratio(cpu.best),
    milliseconds(median(column(variant, 'wallMs'))),
    ratioWithInterval(wall),
    ratio(wall.best),
    median(column(variant, 'seen')),
  ];
});

console.log(describeMachine());
console.log(`load ${before} before, ${load()} after; ${generations} processes of each variant, ${slices} slices in each\n`);
console.log(
  table(
    ['watcher', 'CPU', 'CPU ratio (95 %)', 'min–max', 'best', 'wall', 'wall ratio (95 %)', 'best', 'events'],
    rows,
  ),
);
for (const why of unavailable.values()) console.log(`\n${why}`);
