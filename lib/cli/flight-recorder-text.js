'use strict';
// A flight recorder's file for people. Formats only; whatever is in the file, no terminal control characters.

const { confidence, longDuration, mebibytes } = require('../format.js');
const { table } = require('../native-memory/words.js');
const { withLabel } = require('../label-words.js');
const { placeOf } = require('../places.js');
const { printable } = require('../printable.js');

const SPARK = [...'▁▂▃▄▅▆▇█'];
const SPARK_CELLS = 60;

const ENDINGS = {
  running: 'is still running',
  exited: 'exited',
  died: 'did not exit: it was killed, or it crashed',
};

/** What a damaged file does not say. */
const UNKNOWN = '?';

const plain = (text) => (text === null || text === undefined ? UNKNOWN : printable(text));
/** @param {number | null} bytes */
const mib = (bytes) => (bytes === null ? UNKNOWN : mebibytes(bytes));
const time = (at) => (at === null ? UNKNOWN : `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`);

/** @param {number} ms */
const duration = (ms) => (Number.isFinite(ms) ? longDuration(ms) : UNKNOWN);

/** Values over time in one line, the largest of each cell. */
function spark(points, field) {
  const [first, last] = [points[0][0], points.at(-1)[0]];
  const cells = new Array(Math.min(SPARK_CELLS, points.length)).fill(undefined);
  for (const point of points) {
    const share = last === first ? 0 : (point[0] - first) / (last - first);
    // The clock on the wall may have been set back.
    const cell = Math.max(0, Math.min(Math.floor(share * cells.length), cells.length - 1));
    cells[cell] = Math.max(cells[cell] ?? 0, point[field]);
  }
  const most = points.reduce((so, point) => Math.max(so, point[field]), 1);
  let height = 0;
  return cells
    .map((value) => {
      // Where there was no collection it was as before, as far as is known.
      if (value !== undefined)
        height = Math.max(0, Math.min(Math.floor((value / most) * SPARK.length), SPARK.length - 1));
      return SPARK[height];
    })
    .join('');
}

function memory({ series: { fields, points }, heapLimitBytes }) {
  if (points.length === 0) return [];
  const lines = fields.slice(1).map((name, at) => {
    const values = [points[0], points.at(-1)].map((point) => mib(point[at + 1]));
    const of = name === 'heap' ? ` of ${mib(heapLimitBytes)}` : '';
    return `${plain(name).padEnd(9)} ${spark(points, at + 1)}  ${values[0]} → ${values[1]}${of}`;
  });
  return [`Memory after collections, over ${duration(points.at(-1)[0] - points[0][0])}:`, ...lines, ''];
}

function native({ nativeMemory: report }) {
  if (!report) return [];
  const at = report.at === null ? NaN : Date.parse(report.at);
  const size = report.residentBytes === null ? '' : `, ${mib(report.residentBytes)}`;
  return [`Resident memory${size}${ofMoment(at)}:`, ...table(report), ''];
}

function state({ detectorState: found }) {
  if (!found) return [];
  // What has grown is not suspected less because it rests.
  if (found.state === 'paused') return [`State: ${plain(found.reason)}`, ''];
  const share = Number.isFinite(found.confidence) ? confidence(found.confidence) : UNKNOWN;
  return [`State: ${plain(found.state)}, confidence ${share}`, `  ${plain(found.reason)}`, ''];
}

function events({ events: all }) {
  if (all.length === 0) return [];
  const lines = all.map(({ at, name, reason, suspects: [first] = [] }) => {
    const site = first ? `; top allocation site: ${plain(placeOf(first) + withLabel(first))}` : '';
    return `  ${time(at)}  ${plain(name)}: ${plain(reason)}${site}`;
  });
  return ['Events:', ...lines, ''];
}

/** A place in the code and its bytes. */
function line({ function: name, file, line: row, bytes, count, labels }) {
  const place = file === null ? '' : `  ${plain(file)}:${plain(row)}`;
  return `  ${mib(bytes).padStart(12)}  ${plain(count).padStart(9)} objects  ${plain(name)}${place}${plain(withLabel({ labels }))}`;
}

// The range of valid dates.
const MOST_MS = 8.64e15;

/** When it was so, where that is not when the file was written. */
const ofMoment = (at) => (Number.isFinite(at) && Math.abs(at) <= MOST_MS ? `, ${time(at)}` : '');

function sites({ sites: table, events: all }) {
  const named = all.filter(({ suspects: some }) => some?.length > 0).at(-1);
  // A limit that was far away is not the cause of death.
  const least = (table?.sites[0]?.bytes ?? 0) / 100;
  const rows = table?.sites.filter(({ bytes }) => bytes >= least) ?? [];
  const allocated = `Allocated and alive${table?.isLive === false ? ' at the last suspicion' : ''}`;
  return [
    ...(named ? [`Suspected, at the last event${ofMoment(named.suspectsAt)}:`, ...named.suspects.map(line), ''] : []),
    ...(rows.length > 0 ? [`${allocated}${ofMoment(table.at)}, by function:`, ...rows.map(line), ''] : []),
  ];
}

function snapshots({ snapshots: all }) {
  if (all.length === 0) return [];
  return [
    'Heap snapshots:',
    ...all.map(({ at, trigger, path, bytes }) => `  ${time(at)}  ${plain(trigger)}  ${plain(path)}  ${mib(bytes)}`),
    '',
    `npx memwatch analyze ${plain(all.at(-1).path)}`,
    '',
  ];
}

/** @param {object} report as flight-recorder-report.js makes it */
function render(report) {
  const { pid, thread, program, node, startedAt, writtenAt, ending, ended } = report;
  const which = `Process ${plain(pid)}${thread === 0 ? '' : `, thread ${plain(thread)}`}${program === null ? '' : ` (${plain(program)})`}`;
  const status = ended === null ? '' : `, with status ${plain(ended.status)}`;
  return [
    `${which}, Node.js ${plain(node)}, ${ENDINGS[ending]}${status}.`,
    `Started ${time(startedAt)}; last written ${time(writtenAt)}, ${duration(startedAt === null || writtenAt === null ? NaN : writtenAt - startedAt)} later.`,
    '',
    ...memory(report),
    ...native(report),
    ...state(report),
    ...events(report),
    ...sites(report),
    ...snapshots(report),
  ]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

module.exports = { render };
