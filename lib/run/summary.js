'use strict';
// The last words of `memwatch run`: what became of each process and thread, why the exit status is
// what it is, and what to type next. Text from a ledger; it prints nothing and decides no status.

const { bytes, duration } = require('../format.js');
const { isOfFreed } = require('./ledger.js');
const { withLabel } = require('../label-words.js');
const { threadInWords } = require('../leak-words.js');
const { placeOf } = require('../places.js');

// A person reads the first; the rest is in the report.
const MOST_SUSPECTS = 3;
const MOST_ENTRIES = 12;

// Of a pool of threads with little to do, each would say the same.
const MOST_WITHOUT_DATA = 2;

// Fewer say nothing: a program that starts always grows.
const LEAST_COLLECTIONS = 5;

// States of the detector in which it has seen nothing.
const QUIET = ['unknown', 'ok'];

const percent = (share) => (Number.isFinite(share) ? ` (${Math.round(share * 100)} %)` : '');

/** @type {Record<string, string>} */
const KINDS = {
  heap: 'the heap',
  external: 'memory outside of the heap (Buffers)',
  native: 'native memory',
  threads: 'memory of worker threads',
  handles: 'the number of open handles',
};

/** Whether the data is insufficient: no report, in too few GC cycles. */
function isUnknown({ leak, state, collections }) {
  return leak === null && QUIET.includes(state) && collections < LEAST_COLLECTIONS;
}

/**
 * What of a leak grew, the larger first: native memory that is not judged may have grown by more than the kind that is.
 * @param {import('./ledger.js').Found & { kind: string }} leak
 */
function grewOf({ kind, growth, nativeBytes = 0, nativeCause, begin, end }) {
  const took = begin !== null && end !== null && end > begin ? ` in ${duration(end - begin)}` : '';
  const name = KINDS[kind] ?? KINDS.heap;
  if (isOfFreed({ kind, nativeCause }))
    return `${name} grew by ${bytes(growth)}${took} by fragmentation: memory that is freed, and that the allocator keeps`;
  if (nativeBytes <= growth) return `${name} grew by ${bytes(growth)}${took}`;
  return `${KINDS.native} grew by ${bytes(nativeBytes)}, and ${name} by ${bytes(growth)}${took}`;
}

/** The detector's state of one of them, in words. */
function stateOf(entry) {
  const { leak, state, kind, collections } = entry;
  if (leak?.kind === 'handles') return `LEAK: ${leak.reason}`;
  if (leak !== null) {
    const now = state === 'confirmed' ? 'and was still growing when last measured' : 'and the memory was not reclaimed';
    return `LEAK: ${grewOf(leak)}, ${now}`;
  }
  if (state === 'confirmed') return 'no leak: one was confirmed, and its memory was reclaimed by the end';
  if (state === 'paused' && kind === 'handles') return `suspected: ${entry.reason}`;
  if (state === 'paused')
    return `suspected: growth of ${KINDS[kind] ?? KINDS.heap} has paused, and its memory is still in use`;
  if (state === 'suspected') return `suspected, not confirmed: ${entry.reason}`;
  if (state === 'cleared') return `no leak: it was suspected, and cleared${entry.reason ? ` (${entry.reason})` : ''}`;
  if (!isUnknown(entry)) return 'no leak seen';
  const collected = collections === 1 ? '1 full collection' : `${collections || 'no'} full collections`;
  return `not enough data yet: ${collected}. Send it traffic; detection takes about a minute`;
}

function sizesOf({ first, last, peak, peakRss }) {
  const heap = first === null ? [] : [`heap ${bytes(first)} to ${bytes(last)}, peak ${bytes(peak)}`];
  return [...heap, ...(peakRss > 0 ? [`resident peak ${bytes(peakRss)}`] : [])].join('; ');
}

/** What is said in place of the allocating functions. */
function withoutSuspects({ leak, isFragmented, advice }) {
  if (!isFragmented) return ['  the allocating function is unknown'];
  // The sentence on a suspicion has it.
  return leak !== null && advice ? [`  what helps: ${advice}`] : [];
}

function linesOf(entry) {
  const sizes = sizesOf(entry);
  const hasSuspects = entry.isGuilty || ['suspected', 'paused'].includes(entry.state);
  const suspects = hasSuspects ? entry.suspects.slice(0, MOST_SUSPECTS) : [];
  return [
    `${threadInWords(entry.meta)}: ${stateOf(entry)}`,
    ...(sizes ? [`  ${sizes}`] : []),
    ...suspects.map(
      (site, at) =>
        `  ${at === 0 ? 'top allocation site: ' : 'then: '}${placeOf(site)}${percent(site.share)}${withLabel(site)}`,
    ),
    ...(hasSuspects && suspects.length === 0 ? withoutSuspects(entry) : []),
  ];
}

const others = (count) => `${count} more ${count === 1 ? 'process or thread' : 'processes and threads'}`;

/** The command to type next, where there is something to look for. @param {import('./ledger.js').Ledger} ledger @param {{ command: string, report?: string }} how */
function nextOf(ledger, how) {
  const { command, report } = how;
  if (ledger.guilty().length === 0) return [];
  return [
    report === undefined ? `next: ${command}` : `next: open ${report} in a browser`,
    'what keeps the objects: npx memwatch snapshot PID while it runs, then npx memwatch analyze FILE',
  ];
}

/**
 * @param {import('./ledger.js').Ledger} ledger
 * @param {{ command: string, report?: string }} how  what runs it again with a report, and the report that there is
 * @returns {string[]} lines; none where nothing was seen
 */
function summaryOf(ledger, how) {
  const entries = ledger.entries();
  if (entries.length === 0) return [];
  const unknown = entries.filter(isUnknown);
  const folded = new Set(unknown.slice(MOST_WITHOUT_DATA));
  const candidates = entries.filter((entry) => !folded.has(entry));
  const shown = candidates.slice(0, Math.max(MOST_ENTRIES, ledger.guilty().length));
  const more = candidates.length - shown.length + ledger.dropped;
  return [
    'summary',
    ...shown.flatMap(linesOf),
    ...(folded.size > 0 ? [`and ${others(folded.size)} without enough data`] : []),
    ...(more > 0 ? [`and ${others(more)} without a confirmed leak`] : []),
    ...nextOf(ledger, how),
  ];
}

/**
 * Why the status is what it is.
 * @param {object} what
 * @param {number} what.status
 * @param {{ code: number | null, signal: string | null }} what.how  how the program ended
 * @param {boolean} what.isOver  whether that was for --duration
 * @param {boolean} what.failOnLeak
 * @param {import('./ledger.js').Ledger} what.ledger
 * @param {boolean} [what.areKnown]  whether all that leaked is in the baseline
 * @returns {string} one sentence
 */
function whyStatus({ status, how: { code, signal }, isOver, failOnLeak, ledger, areKnown = false }) {
  const [first, ...others] = ledger.guilty();
  const where = first && `${threadInWords(first.meta)}${others.length > 0 ? ` and ${others.length} more` : ''}`;
  const leak = first
    ? `a leak in ${where} was confirmed, and its memory was not reclaimed`
    : 'no confirmed leak remained';
  const ended = isOver
    ? 'the program was stopped after --duration'
    : signal === null
      ? `the program ended with status ${code}`
      : `the program was terminated by ${signal}`;
  if (isOver || code === 0) {
    const butFor = areKnown
      ? '; it is in the baseline'
      : failOnLeak
        ? ''
        : '; with --fail-on-leak the status would be 1';
    if (first) return `exit status ${status}: ${leak}${butFor}`;
    return `exit status ${status}: ${ended}, and ${leak}`;
  }
  return `exit status ${status}: ${ended}${first ? `; ${leak}` : ''}`;
}

module.exports = { grewOf, summaryOf, whyStatus };
