// What was measured, as tables beside what is wanted. Text from figures; measures nothing.
import { median } from '../lib/stats.mjs';
import { megabytes, milliseconds, seconds, table } from '../lib/table.mjs';

/** Of V8's, at most: from the sentence that says what the reader is for. */
const WANTED = {
  plain: { cpu: 0.1, memory: 0.07 },
  mix: { cpu: 0.15, memory: 0.2 },
};

/** In milliseconds, at most. */
const INSIDE_MS = 60;
const SMALL_MS = 30;
const OF_A_GIGABYTE_MS = 120;

/** In shares of all, at most. */
const OBJECTS_SHARE = 0.0005;
const CLOSURES_SHARE = 0.002;

const GIGABYTE = 2 ** 30;

const of = (results, what) => median(results.map((result) => result[what]));
const reached = (value, most) => (value <= most ? 'reached' : 'missed');
const share = (value) => value.toFixed(3);
const percent = (value) => `${(100 * value).toFixed(3)} %`;

/** The median of the ratios of one round each, and the extremes. */
function ratioOf(ours, theirs, what) {
  const ratios = ours.map((result, round) => result[what] / theirs[round][what]);
  return { median: median(ratios), text: `${Math.min(...ratios).toFixed(3)}–${Math.max(...ratios).toFixed(3)}` };
}

/**
 * @param {{ name: string, kind: 'plain' | 'mix', v8: object[], reader: object[] }[]} heaps
 * @returns {string} snapshot and exact analysis in the forked child
 */
export function workTable(heaps) {
  const rows = heaps.flatMap(({ name, kind, v8, reader }) => {
    const nodes = `${(of(v8, 'nodes') / 1e6).toFixed(2)} M`;
    /** @type {[which: string, what: string, title: string, unit: (value: number) => string][]} */
    const costs = [
      ['cpu', 'cpuMs', 'processor time', seconds],
      ['memory', 'privateBytes', 'private memory', megabytes],
    ];
    return costs.map(([which, what, title, unit]) => {
      const { median: middle, text } = ratioOf(reader, v8, what);
      const most = WANTED[kind][which];
      const figures = [unit(of(v8, what)), unit(of(reader, what)), share(middle), text];
      return [`${name}: ${title}`, nodes, ...figures, `≤ ${most}`, reached(middle, most)];
    });
  });
  return table(['snapshot and exact analysis', 'nodes', "V8's", 'ours', 'ratio', 'min–max', 'wanted', ''], rows);
}

/**
 * Pauses of a process that takes its snapshot itself.
 * @param {{ name: string, results: object[] }} inside
 */
export function insideTable({ name, results }) {
  const pause = of(results, 'pauseMs');
  const row = [name, milliseconds(pause), milliseconds(of(results, 'gapMs')), `≤ ${INSIDE_MS} ms`];
  return table(['pause from inside', 'reported', 'event loop', 'wanted', ''], [[...row, reached(pause, INSIDE_MS)]]);
}

/**
 * Pauses of a process that is asked from outside. A hole in the clock is what the process did not run for, the system's
 * other work included: without anything asked there are holes, too.
 * @param {{ name: string, residentBytes: number, asked: Map<string, object[]> }[]} processes
 */
export function outsideTable(processes) {
  const rows = processes.flatMap(({ name, residentBytes, asked }) => {
    const most = Math.max(SMALL_MS, (OF_A_GIGABYTE_MS * residentBytes) / GIGABYTE);
    const nothing = of(asked.get('nothing'), 'holeMs');
    return [...asked].map(([what, results]) => {
      const hole = of(results, 'holeMs');
      const longest = Math.max(...results.map(({ holeMs }) => holeMs));
      const cells = [hole, longest, of(results, 'gapMs')].map(milliseconds);
      cells.unshift(`${name}, ${megabytes(residentBytes)}: ${what}`);
      cells.push(seconds(of(results, 'wallMs')));
      if (what === 'nothing') return cells;
      // Where the machine's own work makes such holes, nothing is known.
      const verdict = hole > most && nothing > most ? 'not known' : reached(hole, most);
      return [...cells, `≤ ${Math.round(most)} ms`, verdict];
    });
  });
  const header = ['pause from outside', 'hole in the clock', 'longest', 'event loop', 'command', 'wanted', ''];
  return table(header, rows);
}

/** The sum of the differences of two counts, over the sum of the first. @param {Map<string, number>} first */
export function differenceOf(first, second) {
  let sum = 0;
  let apart = 0;
  for (const name of new Set([...first.keys(), ...second.keys()])) {
    const count = first.get(name) ?? 0;
    sum += count;
    apart += Math.abs(count - (second.get(name) ?? 0));
  }
  return apart / sum;
}

/**
 * One process, written by V8, by the reader, and by V8 again: what differs between V8's two is what happened meanwhile.
 * @param {{ name: string, kept: string[], v8: Counts, reader: Counts, again: Counts }[]} heaps
 * @typedef {{ objects: Map<string, number>, closures: Map<string, number> }} Counts
 */
export function agreementTable(heaps) {
  const rows = heaps.flatMap(({ name, kept, v8, reader, again }) => {
    const counted = [
      ['objects', OBJECTS_SHARE],
      ['closures', CLOSURES_SHARE],
    ].map(([what, most]) => {
      const [ours, meanwhile] = [reader, again].map((other) => differenceOf(v8[what], other[what]));
      const cells = [percent(ours), percent(meanwhile), `≤ ${percent(most)}`];
      return [`${name}: ${what} by class`, ...cells, reached(ours - meanwhile, most)];
    });
    const wrong = kept.filter((one) => v8.objects.get(one) !== reader.objects.get(one));
    const counts = wrong.map((one) => `${reader.objects.get(one)} ${one}, V8 ${v8.objects.get(one)}`);
    const exact = wrong.length === 0 ? 'reached' : `missed: ${counts.join('; ')}`;
    return [...counted, [`${name}: ${kept.join(', ')}`, '', '', 'exact', exact]];
  });
  return table(['agreement with V8', 'difference', 'V8 with itself', 'wanted', ''], rows);
}
