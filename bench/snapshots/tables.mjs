// The tables of the snapshot bench, as text. Takes what was measured; runs nothing.
import { compare, median } from '../lib/stats.mjs';
import { megabytes, seconds, table } from '../lib/table.mjs';
import { OURS } from './tools.mjs';

const column = (results, key) => results.map((result) => result[key]);
const times = (value) => (Number.isNaN(value) ? '–' : `${value.toFixed(1)} ×`);
const memory = (bytes) => (Number.isNaN(bytes) ? '–' : megabytes(bytes));
const million = (count) => `${(count / 1e6).toFixed(2)} M`;

/** What stands beside ours: as multiples of it, each of the same round. */
const COMPARED = [
  ['wallMs', 'wall to ours'],
  ['cpuMs', 'CPU'],
  ['peakRss', 'RSS'],
  ['peakAnonymous', 'anonymous'],
];

/** Wall time over all rounds: from the least to the most. */
function spread(results) {
  const walls = column(results, 'wallMs').map((ms) => ms / 1000);
  return `${Math.min(...walls).toFixed(2)}–${Math.max(...walls).toFixed(2)}`;
}

/** One work, one row a tool, each beside ours. */
export function workTable({ title, files, results, unavailable, tools, load }) {
  const ours = results.get(OURS);
  const rows = tools.map((tool) => {
    const measured = results.get(tool);
    if (measured === undefined) return [tool, unavailable.get(tool)];
    const cells = [
      seconds(median(column(measured, 'wallMs'))),
      spread(measured),
      seconds(median(column(measured, 'cpuMs'))),
      memory(median(column(measured, 'peakRss'))),
      memory(median(column(measured, 'peakAnonymous'))),
    ];
    const toOurs = (key) => times(compare(column(measured, key), column(ours, key)).median);
    return [tool, ...cells, ...(tool === OURS ? [] : COMPARED.map(([key]) => toOurs(key)))];
  });
  const head = ['tool', 'wall', 'min–max, s', 'CPU', 'peak RSS', 'anonymous', ...COMPARED.map(([, name]) => name)];
  const contents = files.map(
    ({ bytes, nodes, edges }) => `${bytes} bytes, ${million(nodes)} nodes, ${million(edges)} edges`,
  );
  return `\n### ${title}\n\n${contents.join('; ')}; load ${load.join(' before, ')} after\n\n${table(head, rows)}`;
}

/**
 * How cost grows with the file: what a gigabyte (10^9 bytes) costs at each size, and the
 * exponent e of cost = bytes^e between the smallest and the largest. Linear is 1.
 */
export function growthTable(measured) {
  const works = [...measured].sort((a, b) => a.files[0].bytes - b.files[0].bytes);
  const sizes = works.map(({ files }) => files[0].bytes);
  /** @type {[name: string, key: string, text: (value: number) => string][]} */
  const kinds = [
    ['wall', 'wallMs', (ms) => seconds(ms)],
    ['anonymous', 'peakAnonymous', memory],
  ];
  const rows = works[0].tools.flatMap((tool) =>
    kinds.map(([name, key, text]) => {
      const costs = works.map(({ results }) => (results.has(tool) ? median(column(results.get(tool), key)) : NaN));
      const perGigabyte = costs.map((cost, at) => (Number.isNaN(cost) ? '–' : text((cost / sizes[at]) * 1e9)));
      const exponent = Math.log(costs.at(-1) / costs[0]) / Math.log(sizes.at(-1) / sizes[0]);
      return [`${tool}, ${name}`, ...perGigabyte, Number.isNaN(exponent) ? '–' : exponent.toFixed(2)];
    }),
  );
  const head = ['exact, per GB of file', ...sizes.map((bytes) => `at ${Math.round(bytes / 1e6)} MB`), 'exponent'];
  return `\n### How cost grows\n\n${table(head, rows)}`;
}
