// What a heap diff costs beyond the two snapshots that it cannot do without: time and
// peak memory, side by side. What is measured is in children/heap-diff.js.
//
//   node bench/heap-diff.mjs [--rounds=5] [--objects=1000000]
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBare } from './bare/build.mjs';
import { describeMachine, load, numberOption, showProgress } from './lib/command.mjs';
import { interleave, runChild } from './lib/rounds.mjs';
import { compare, median } from './lib/stats.mjs';
import { extremes, megabytes, ratio, seconds, table } from './lib/table.mjs';

const CHILD = path.join(path.dirname(fileURLToPath(import.meta.url)), 'children/heap-diff.js');

/** In MB: room for the objects and for what peers keep of them on V8's heap. */
const HEAP_LIMIT = 4096;
const FLAGS = ['--expose-gc', `--max-old-space-size=${HEAP_LIMIT}`];

const KEPT = 'bare, both kept';
const DELETED = 'bare, each deleted';
const VARIANTS = [KEPT, DELETED, 'memwatch', '@airbnb/node-memwatch'];

const rounds = numberOption('rounds', 5);
const objects = numberOption('objects', 1_000_000);
const bare = buildBare();

const before = load();
const { results, unavailable } = await interleave(
  VARIANTS,
  rounds,
  (variant) => runChild(CHILD, [variant, objects, bare], FLAGS),
  showProgress,
);

const column = (variant, read) => results.get(variant).map(read);
const cpu = ({ first, second }) => first.cpuMs + second.cpuMs;
const wall = ({ first, second }) => first.wallMs + second.wallMs;
/** After one bare TakeHeapSnapshot: both bare variants begin with one. */
const onePeak = column(KEPT, (result) => result.firstPeakRss);

const timeRows = VARIANTS.map((variant) => {
  if (!results.has(variant)) return [variant, 'not available'];
  const toKept = compare(column(variant, cpu), column(KEPT, cpu));
  const toDeleted = compare(column(variant, cpu), column(DELETED, cpu));
  const wallToKept = compare(column(variant, wall), column(KEPT, wall));
  return [
    variant,
    seconds(median(column(variant, ({ first }) => first.cpuMs))),
    seconds(median(column(variant, ({ second }) => second.cpuMs))),
    ratio(toKept.median),
    extremes(toKept),
    ratio(toKept.best),
    ratio(toDeleted.median),
    seconds(median(column(variant, wall))),
    ratio(wallToKept.median),
    extremes(wallToKept),
  ];
});
const memoryRows = VARIANTS.map((variant) => {
  if (!results.has(variant)) return [variant, 'not available'];
  const peaks = column(variant, (result) => result.peakRss);
  const toOne = compare(peaks, onePeak);
  return [variant, megabytes(median(peaks)), ratio(toOne.median), extremes(toOne)];
});
const [{ nodes }] = results.get(KEPT);

console.log(describeMachine());
console.log(`load ${before} before, ${load()} after; ${rounds} rounds, each variant in a process of its own`);
console.log(`${objects} objects {i, o: {i}}, ${nodes} nodes\n`);
console.log(
  table(
    ['time', 'first, CPU', 'second, CPU', 'to kept', 'min–max', 'best', 'to deleted', 'wall', 'to kept', 'min–max'],
    timeRows,
  ),
);
console.log(`\nOne bare TakeHeapSnapshot: peak RSS ${megabytes(median(onePeak))}\n`);
console.log(table(['memory', 'peak RSS', 'to one snapshot', 'min–max'], memoryRows));
for (const why of unavailable.values()) console.log(`\n${why}`);
