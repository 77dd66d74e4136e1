// What watching the garbage collector costs: a GC-heavy loop under each watcher, side
// by side. The loop itself is in children/gc-loop.js.
//
//   node bench/gc-loop.mjs [--rounds=60] [--steps=800]
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeMachine, load, numberOption, showProgress } from './lib/command.mjs';
import { interleave, runChild } from './lib/rounds.mjs';
import { compare, median } from './lib/stats.mjs';
import { extremes, milliseconds, ratio, ratioWithInterval, table } from './lib/table.mjs';

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

const rounds = numberOption('rounds', 60);
const steps = numberOption('steps', 800);

const before = load();
const { results, unavailable } = await interleave(
  VARIANTS,
  rounds,
  (variant) => runChild(CHILD, [variant, steps], FLAGS),
  showProgress,
);

const column = (variant, key) => results.get(variant).map((result) => result[key]);
const rows = VARIANTS.map((variant) => {
  if (!results.has(variant)) return [variant, 'not available'];
  const cpu = compare(column(variant, 'cpuMs'), column(BASELINE, 'cpuMs'));
  const wall = compare(column(variant, 'wallMs'), column(BASELINE, 'wallMs'));
  return [
    variant,
    milliseconds(median(column(variant, 'cpuMs'))),
    ratioWithInterval(cpu),
    extremes(cpu),
    ratio(cpu.best),
    milliseconds(median(column(variant, 'wallMs'))),
    ratioWithInterval(wall),
    ratio(wall.best),
    median(column(variant, 'seen')),
  ];
});

console.log(describeMachine());
console.log(`load ${before} before, ${load()} after; ${rounds} rounds, each variant in a process of its own\n`);
console.log(
  table(
    ['watcher', 'CPU', 'CPU ratio (95 %)', 'min–max', 'best', 'wall', 'wall ratio (95 %)', 'best', 'events'],
    rows,
  ),
);
for (const why of unavailable.values()) console.log(`\n${why}`);
