// What memwatch costs while it suspects a leak: the sampler runs, and probes are made. The program is in cost-child.js;
// what it costs while all is quiet is measured by bench/gc-loop.mjs.
//
//   node bench/detection/cost.mjs [--generations=2] [--slices=8] [--steps=8000]
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeMachine, load, numberOption, showProgress } from '../lib/command.mjs';
import { interleave } from '../lib/rounds.mjs';
import { compare, median } from '../lib/stats.mjs';
import { extremes, megabytes, milliseconds, ratioWithInterval, seconds, table } from '../lib/table.mjs';
import { Worker } from '../lib/worker.mjs';

const CHILD = path.join(path.dirname(fileURLToPath(import.meta.url)), 'cost-child.js');

const FLAGS = ['--max-old-space-size=4096'];

const BASELINE = 'nothing';
const VARIANTS = [BASELINE, 'nothing again', 'memwatch, suspecting'];

const generations = numberOption('generations', 2);
const slices = numberOption('slices', 8);
/** A slice is to hold a probe or two, which are seconds apart. */
const steps = numberOption('steps', 8000);

const before = load();
const results = new Map(VARIANTS.map((variant) => [variant, []]));
const unavailable = new Map();
for (let generation = 1; generation <= generations; generation++) {
  const workers = new Map();
  try {
    const measured = await interleave(VARIANTS, slices, async (variant) => {
      if (!workers.has(variant)) workers.set(variant, await Worker.start(CHILD, [variant, steps], FLAGS));
      return workers.get(variant).ask();
    });
    for (const [variant, ofVariant] of measured.results) results.get(variant).push(...ofVariant);
    for (const [variant, why] of measured.unavailable) unavailable.set(variant, why);
  } finally {
    await Promise.all([...workers.values()].map((worker) => worker.stop()));
  }
  showProgress(generation, generations);
}

const values = (variant, key) => results.get(variant).map((slice) => slice[key]);
const rows = VARIANTS.map((variant) => {
  if (unavailable.has(variant)) return [variant, 'not available'];
  const cpu = compare(values(variant, 'cpuMs'), values(BASELINE, 'cpuMs'));
  const main = compare(values(variant, 'mainMs'), values(BASELINE, 'mainMs'));
  const gaps = values(variant, 'gapMs');
  return [
    variant,
    seconds(median(values(variant, 'wallMs'))),
    ratioWithInterval(main),
    extremes(main),
    ratioWithInterval(cpu),
    extremes(cpu),
    milliseconds(median(gaps)),
    milliseconds(Math.max(...gaps)),
    megabytes(median(values(variant, 'heap'))),
    results.get(variant).at(-1).probes?.count ?? '',
  ];
});

console.log(describeMachine());
console.log(`load ${before} before, ${load()} after; ${generations} processes of each, ${slices} slices in each\n`);
console.log(
  table(
    ['', 'slice', 'main thread (95 %)', 'min–max', 'CPU ratio (95 %)', 'min–max', 'longest gap', 'of all', 'heap', 'probes'],
    rows,
  ),
);
for (const [variant, why] of unavailable) console.log(`\n${variant}: ${why}`);
