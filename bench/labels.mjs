// What labels cost a server: memwatch.label() and those of its routes, while the sampler runs and while nothing is
// suspected. The server is in children/labels.js. Each variant's own baseline is the one without labels beside it.
//
// A handler that does next to nothing, and one that works for some 0.2 ms.
//
//   node bench/labels.mjs [--generations=6] [--slices=6] [--requests=20000] [--times=1,35]
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeMachine, load, numberOption, showProgress } from './lib/command.mjs';
import { interleave } from './lib/rounds.mjs';
import { compare, median } from './lib/stats.mjs';
import { extremes, milliseconds, ratioWithInterval, table } from './lib/table.mjs';
import { Worker } from './lib/worker.mjs';

const CHILD = path.join(path.dirname(fileURLToPath(import.meta.url)), 'children/labels.js');

/** Each with what it is compared with. */
const VARIANTS = {
  nothing: 'nothing',
  'nothing again': 'nothing',
  'memwatch, quiet': 'memwatch, quiet',
  'memwatch, quiet, label()': 'memwatch, quiet',
  'memwatch, suspecting, no labels': 'memwatch, suspecting, no labels',
  'memwatch, suspecting, routes': 'memwatch, suspecting, no labels',
  'memwatch, suspecting, routes, label()': 'memwatch, suspecting, no labels',
};
const NAMES = Object.keys(VARIANTS);

const generations = numberOption('generations', 6);
const slices = numberOption('slices', 6);
const requests = numberOption('requests', 20_000);

/** How many times the work of a request is done; a slice has fewer requests then. */
const times = (process.argv.find((argument) => argument.startsWith('--times='))?.slice('--times='.length) ?? '1,35')
  .split(',')
  .map(Number);

const before = load();

/** All results of each variant, at so much work a request. */
async function measured(work) {
  const results = new Map(NAMES.map((name) => [name, []]));
  const count = Math.ceil(requests / Math.sqrt(work));
  for (let generation = 1; generation <= generations; generation++) {
    const workers = new Map();
    try {
      const found = await interleave(NAMES, slices, async (name) => {
        if (!workers.has(name)) workers.set(name, await Worker.start(CHILD, [name, count, work], []));
        return workers.get(name).ask();
      });
      for (const [name, ofVariant] of found.results) results.get(name).push(...ofVariant);
    } finally {
      await Promise.all([...workers.values()].map((worker) => worker.stop()));
    }
    showProgress(generation, generations);
  }
  return { results, count };
}

console.log(describeMachine());
for (const work of times) {
  const { results, count } = await measured(work);
  const values = (name) => results.get(name).map(({ mainMs }) => mainMs);
  const aRequest = (median(values('nothing')) * 1000) / count;
  console.log(
    `\nload ${before} before, ${load()} after; ${generations} processes of each, ${slices} slices of ${count} requests in each; ` +
      `a request takes ${aRequest.toFixed(0)} µs without memwatch\n`,
  );
  console.log(
    table(
      ['', 'main thread', 'compared with', 'ratio (95 %)', 'min–max'],
      NAMES.map((name) => {
        const compared = compare(values(name), values(VARIANTS[name]));
        return [
          name,
          milliseconds(median(values(name))),
          VARIANTS[name],
          ratioWithInterval(compared),
          extremes(compared),
        ];
      }),
    ),
  );
}
