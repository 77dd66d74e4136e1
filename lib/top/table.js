'use strict';
// The table of `memwatch top`: from what is known of each program to lines of text. Asks
// nothing, prints nothing.

const { bytes, shortDuration, shortMilliseconds } = require('../format.js');
const { withLabel } = require('../label-words.js');
const { pauseInWords } = require('../leak-words.js');
const { placeOf } = require('../places.js');
const { printable } = require('../printable.js');

const BARS = '▁▂▃▄▅▆▇█';
const STATES = { ok: 'no leak', suspected: 'suspected', confirmed: 'LEAKS', paused: 'PAUSED', cleared: 'cleared' };
const HEAD = ['PROGRAM', 'PID', 'STATE', 'HEAP', 'AN HOUR', 'LIMIT IN', 'RSS', 'FULL GC', 'PAUSE'];
const NAME_CELLS = 28;
// Fewer full collections say nothing: a program that starts always grows.
const EARLY_COLLECTIONS = 5;
const LEAST_SPARK_CELLS = 8;

const sizeOf = (size) => (Number.isFinite(size) ? bytes(size) : '-');

/** A row of bars, the newest to the right; each value between the least and the most of them. */
function sparkline(values, cells) {
  const last = values.slice(-cells);
  const least = Math.min(...last);
  // What moves by less than a twentieth is drawn flat.
  const span = Math.max(Math.max(...last) - least, least * 0.05, 1);
  return last
    .map((value) => BARS[Math.min(BARS.length - 1, Math.floor(((value - least) / span) * BARS.length))])
    .join('');
}

const until = (ms) => (ms > 0 ? shortDuration(ms) : '-');

/** What leaked and has ended is not forgotten. */
const hasLeaked = ({ state }) => state === 'confirmed' || state === 'paused';

function cells({ meta, isLive, detectorState, spark, rss, full, pause }, now) {
  const name = printable(meta.name);
  // What does not leak has some slope, too, and it says nothing.
  const isGrowing = detectorState.state === 'suspected' || detectorState.state === 'confirmed';
  return [
    name.length > NAME_CELLS ? `${name.slice(0, NAME_CELLS - 1)}…` : name,
    // Of a thread, its number behind that of its process.
    `${meta.pid ?? '-'}${meta.thread ? `/${meta.thread}` : ''}`,
    isLive
      ? (STATES[detectorState.state] ?? '-')
      : hasLeaked(detectorState)
        ? `${STATES[detectorState.state]}, ended`
        : 'ended',
    sizeOf(spark.at(-1)),
    isGrowing && Number.isFinite(detectorState.bytesPerHour) && detectorState.bytesPerHour !== 0
      ? `${detectorState.bytesPerHour > 0 ? '+' : ''}${sizeOf(detectorState.bytesPerHour)}`
      : '-',
    isGrowing ? until(detectorState.limitEta - now) : '-',
    sizeOf(rss),
    Number.isFinite(full) ? `${full}` : '-',
    Number.isFinite(pause) ? shortMilliseconds(pause) : '-',
  ];
}

/** The lines below the table: for each leak the retained size and its holder; at the start what to do. */
function notes(programs, width) {
  const ofLeaks = programs.flatMap(({ meta, detectorState }) => {
    const [first] = detectorState.suspects ?? [];
    const name = `${printable(meta.name)} (pid ${meta.pid ?? '-'})`;
    if (detectorState.state === 'paused') return [`${name}: ${printable(pauseInWords(detectorState, first))}`];
    return detectorState.state === 'confirmed' && first
      ? [`${name}: top allocation site: ${printable(placeOf(first) + withLabel(first))}`]
      : [];
  });
  const isEarly =
    programs.length > 0 &&
    programs.every(({ detectorState, full }) => detectorState.state === 'ok' && !(full >= EARLY_COLLECTIONS));
  const lines = isEarly ? ['not enough data yet: send the program traffic; detection takes about a minute'] : ofLeaks;
  return lines.length > 0 ? ['', ...lines.map((line) => line.slice(0, width))] : [];
}

/**
 * @param {object[]} programs
 * @param {{width: number, now: number}} how
 * @returns {string[]} lines, none longer than the terminal is wide
 */
function table(programs, { width, now }) {
  const rows = [HEAD, ...programs.map((program) => cells(program, now))];
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const isText = (column) => column === 0 || column === 2;
  const lines = rows.map((row) =>
    row
      .map((cell, column) => (isText(column) ? cell.padEnd(widths[column]) : cell.padStart(widths[column])))
      .join('  '),
  );
  const room = width - lines[0].length - 2;
  const sparks = ['HEAP OVER TIME', ...programs.map(({ spark }) => sparkline(spark, room))];
  return lines.map((line, i) =>
    (room < LEAST_SPARK_CELLS ? line : `${line}  ${sparks[i].slice(0, room)}`).slice(0, width).trimEnd(),
  );
}

module.exports = { table, notes, sparkline };
