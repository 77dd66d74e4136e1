// What memwatch costs while it suspects a leak: the sampler runs, and collections are forced. The program is in
// cost-child.js; what it costs while all is quiet is measured by bench/gc-loop.mjs.
//
//   node bench/detection/cost.mjs [--generations=4] [--slices=6] [--steps=16000] [--kept=10] [--list=1000] [--parts]
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeMachine, load, numberOption, showProgress } from '../lib/command.mjs';
import { interleave } from '../lib/rounds.mjs';
import { compare, median } from '../lib/stats.mjs';
import { extremes, megabytes, milliseconds, ratio, ratioWithInterval, seconds, table } from '../lib/table.mjs';
import { Worker } from '../lib/worker.mjs';

const CHILD = path.join(path.dirname(fileURLToPath(import.meta.url)), 'cost-child.js');

const FLAGS = ['--max-old-space-size=4096'];

const BASELINE = 'nothing';
/** `--parts`: what of the cost is the sampler's, and what that of forced collections. */
const PARTS = ['memwatch, suspecting, no forced GC', 'memwatch, suspecting, no sampler'];
const VARIANTS = [
  BASELINE,
  'nothing again',
  'memwatch, suspecting',
  ...(process.argv.includes('--parts') ? PARTS : []),
];

const generations = numberOption('generations', 4);
const slices = numberOption('slices', 6);
/** Some seconds, as forced collections are seconds apart. */
const steps = numberOption('steps', 16_000);
/** Objects of 140 bytes that a step leaves behind: 10 are some MB a second, so that the suspicion stays. */
const kept = numberOption('kept', 10);
/** Objects of one list. With millions V8 may end marking in one long pause, its own collections too (docs/safety.md). */
const list = numberOption('list', 1000);

const before = load();
const results = new Map(VARIANTS.map((variant) => [variant, []]));
const unavailable = new Map();
for (let generation = 1; generation <= generations; generation++) {
  const workers = new Map();
  try {
    const measured = await interleave(VARIANTS, slices, async (variant) => {
      if (!workers.has(variant)) workers.set(variant, await Worker.start(CHILD, [variant, steps, kept, list], FLAGS));
      return workers.get(variant).ask();
    });
    for (const [variant, ofVariant] of measured.results) results.get(variant).push(...ofVariant);
    for (const [variant, why] of measured.unavailable) unavailable.set(variant, why);
  } finally {
    await Promise.all([...workers.values()].map((worker) => worker.stop()));
  }
  showProgress(generation, generations);
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const values = (variant, key) => results.get(variant).map((slice) => slice[key]);

const rows = VARIANTS.map((variant) => {
  if (unavailable.has(variant)) return [variant, 'not available'];
  const cpu = compare(values(variant, 'cpuMs'), values(BASELINE, 'cpuMs'));
  const main = compare(values(variant, 'mainMs'), values(BASELINE, 'mainMs'));
  const gaps = values(variant, 'gapMs');
  const states = values(variant, 'state');
  return [
    variant,
    seconds(median(values(variant, 'wallMs'))),
    // A forced collection is in one slice and not in the next: the sum counts them all.
    ratio(sum(values(variant, 'mainMs')) / sum(values(BASELINE, 'mainMs'))),
    ratioWithInterval(main),
    extremes(main),
    ratio(sum(values(variant, 'cpuMs')) / sum(values(BASELINE, 'cpuMs'))),
    ratioWithInterval(cpu),
    milliseconds(median(gaps)),
    milliseconds(Math.max(...gaps)),
    megabytes(median(values(variant, 'heap'))),
    sum(values(variant, 'forced')) || '',
    states.filter((state) => state === 'suspected').length || '',
    states.filter((state) => state === 'confirmed').length || '',
  ];
});

console.log(describeMachine());
console.log(`load ${before} before, ${load()} after; ${generations} processes of each, ${slices} slices in each\n`);
console.log(
  table(
    [
      '',
      'slice',
      'main thread, in all',
      'of a slice (95 %)',
      'min–max',
      'CPU, in all',
      'of a slice (95 %)',
      'longest gap',
      'of all',
      'heap',
      'forced GC',
      'suspected',
      'confirmed',
    ],
    rows,
  ),
);
for (const [variant, why] of unavailable) console.log(`\n${variant}: ${why}`);
