'use strict';
// What the demo prints, as text: lines and one table, with aligned columns. Runs nothing and
// decides nothing.

const path = require('node:path');

const MB = 1024 * 1024;
const KB = 1024;

// Classes that gained most are shown, so many at most, besides the suspects.
const MOST_CLASSES = 10;

// How a class is marked that grew with the leak.
const MARK = '>';

const STATS_WIDTHS = [4, 12, 10, 12, 12];

function opening({ fixed, subscribers, refreshMs, port }) {
  const app = `The subscription app${fixed ? ' without its leak' : ''}`;
  return [
    `${app}, on http://127.0.0.1:${port}/ with Node.js ${process.version}`,
    `${subscribers} subscribers, an e-mail refreshed for each every ${refreshMs} ms; visitors who only read pages`,
    '',
  ].join('\n');
}

function statsHeading() {
  return columns(['gc', 'base', 'trend', 'rss', 'pause'], STATS_WIDTHS);
}

function statsLine(stats) {
  return columns(
    [
      String(stats.num_full_gc),
      size(stats.current_base),
      `${stats.usage_trend > 0 ? '+' : ''}${stats.usage_trend.toFixed(1)} %`,
      size(stats.rss),
      `${stats.pause_ms.toFixed(1)} ms`,
    ],
    STATS_WIDTHS,
  );
}

/** @param {{ reason: string, suspects: { function: string, file?: string | null, line?: number | null }[] }} leak */
function leakLine({ reason, suspects: [suspect] }) {
  const line = `  LEAK  ${reason}`;
  if (suspect === undefined) return line;
  return `${line}\n        ${suspect.function}() at ${path.basename(suspect.file ?? '')}:${suspect.line}`;
}

/**
 * The classes of a heap diff, largest growth first.
 * @param {any} diff what HeapDiff#end() returned
 * @param {object} about
 * @param {string[]} about.suspects shown however small they are
 * @param {string[]} about.guilty marked
 * @param {number} about.requests
 */
function diffTable(diff, { suspects, guilty, requests }) {
  const sorted = [...diff.change.details].sort((a, b) => b.size_bytes - a.size_bytes);
  const shown = sorted.filter(
    (row, place) => (place < MOST_CLASSES && row.size_bytes > 0) || suspects.includes(row.what),
  );
  const cells = shown.map((row) => [
    `${guilty.includes(row.what) ? MARK : ' '} ${row.what}`,
    size(row.size_bytes),
    count('+', row),
    count('-', row),
  ]);
  const heading = ['  class', 'size', 'allocated', 'freed'];
  const widths = heading.map((head, column) => Math.max(head.length, ...cells.map((row) => row[column].length)));
  const line = (/** @type {string[]} */ [what, ...numbers]) =>
    [what.padEnd(widths[0]), ...numbers.map((text, i) => text.padStart(widths[i + 1]))].join('  ').trimEnd();
  const rest = sorted.length - shown.length;
  return [
    '',
    `What the heap gained meanwhile, after ${requests} requests: ` +
      `${diff.before.size} before, ${diff.after.size} after, ${diff.change.size} more`,
    '',
    line(heading),
    ...cells.map(line),
    ...(rest > 0 ? [`  and ${rest} classes that gained less or nothing`] : []),
    '',
  ].join('\n');
}

function conclusion({ leaks, missing, templates, proven }) {
  if (proven) {
    return (
      `Found: ${templates} more EmailTemplates than before, each held by a Closure and its Context. ` +
      'Why: subscription.js.'
    );
  }
  const reasons = [
    ...(leaks === 0 ? ['there was no leak event'] : []),
    ...(missing.length > 0 ? [`no growth as of a leak in ${missing.join(', ')}`] : []),
  ];
  return `No leak shown: ${reasons.join('; ')}.`;
}

function failure(error) {
  return `The demo failed: ${error.message}`;
}

function columns(texts, widths) {
  return texts.map((text, i) => text.padStart(widths[i])).join('');
}

function count(sign, row) {
  return row[sign] === 0 ? '0' : sign + row[sign];
}

/** Bytes in memwatch's own units, always with two decimals so that columns align. */
function size(bytes) {
  const [value, unit] = Math.abs(bytes) >= MB ? [bytes / MB, 'mb'] : [bytes / KB, 'kb'];
  return `${value.toFixed(2).replace(/^-(0\.00)$/, '$1')} ${unit}`;
}

module.exports = { opening, statsHeading, statsLine, leakLine, diffTable, conclusion, failure };
