'use strict';
// The rows of native memory as people read them: their names, in the order in which they are shown everywhere, and a
// table for a terminal. Text only; the addon decides what a row contains.

const { bytes, mebibytes } = require('../format.js');

/** @typedef {import('../../reports.js').NativeMemory} NativeMemory */
/** @typedef {keyof NativeMemory['rows']} RowName */
/**
 * A row, with what some of them have in addition.
 * @typedef {{
 *   residentBytes: number | null, isolateBytes?: number | null, arrayBuffersBytes?: number | null, count?: number | null,
 *   undividedMallocBytes?: number | null,
 * }} Row
 */

/** Names of the rows, in their order. */
const ROWS = {
  v8Heap: 'V8 heaps',
  v8Code: 'V8 code',
  mallocInUse: 'malloc, in use',
  mallocFree: 'malloc, free',
  threadStacks: 'thread stacks',
  mappedFiles: 'mapped files',
  programData: 'program data',
  other: 'other',
};

// From here on free memory of the allocator is worth a sentence: a share of the resident set, and bytes.
const FRAGMENTED_SHARE = 0.25;
const FRAGMENTED_BYTES = 64 << 20;

const UNKNOWN = 'unknown';

/**
 * @template Value
 * @param {Value | null | undefined} value
 * @returns {value is Value}
 */
const known = (value) => value !== null && value !== undefined;

/** What stands inside a row. @param {RowName} name @param {Row} row */
function details(name, row) {
  /** @type {Partial<Record<RowName, () => string | false>>} */
  const parts = {
    v8Heap: () => known(row.isolateBytes) && `this isolate ${bytes(row.isolateBytes)}`,
    mallocInUse: () => known(row.arrayBuffersBytes) && `ArrayBuffers ${bytes(row.arrayBuffersBytes)}`,
    threadStacks: () => known(row.count) && `${row.count} stacks`,
    other: () =>
      known(row.undividedMallocBytes) && `${bytes(row.undividedMallocBytes)} of malloc, in use and free together`,
  };
  return parts[name]?.() || '';
}

/**
 * Whether so much of the resident set is free memory of the allocator that something is to be done about it.
 * @param {Pick<NativeMemory, 'residentBytes' | 'rows'>} report
 */
function isFragmented({ residentBytes, rows }) {
  const free = rows.mallocFree.residentBytes;
  return known(free) && free >= FRAGMENTED_BYTES && free >= FRAGMENTED_SHARE * (residentBytes ?? Infinity);
}

/** What helps against fragmentation, by the allocator. @param {string | null} allocator */
function whatHelps(allocator) {
  if (allocator !== 'glibc') return 'call memwatch.trimNativeMemory(), which asks the allocator to give it back';
  return 'call memwatch.trimNativeMemory(), which gives back what it can; MALLOC_ARENA_MAX=2 in the environment, or jemalloc, can keep it from coming again';
}

/**
 * `24 descriptors (3 sockets, 9 files, 4 pipes), 11 threads`, as far as that is known; '' where nothing is.
 * @param {NativeMemory['handles']} handles
 */
function handlesInWords({ descriptors, sockets, files, pipes, threads }) {
  const kinds = Object.entries({ sockets, files, pipes }).filter(([, count]) => known(count));
  const inside = kinds.map(([name, count]) => `${count} ${name}`).join(', ');
  const open = known(descriptors) ? `${descriptors} descriptors${inside ? ` (${inside})` : ''}` : '';
  return [open, known(threads) ? `${threads} threads` : ''].filter(Boolean).join(', ');
}

/**
 * The rows as lines of a table.
 * @param {NativeMemory} report
 */
function table(report) {
  const total = report.residentBytes;
  const names = /** @type {[RowName, string][]} */ (Object.entries(ROWS));
  const lines = names.map(([name, title]) => {
    const row = report.rows[name];
    const size = row.residentBytes;
    const share = known(size) && total ? `${Math.round((100 * size) / total)} %` : '';
    const cells = [title.padEnd(15), (known(size) ? mebibytes(size) : UNKNOWN).padStart(13), share.padStart(5)];
    return `  ${cells.join('  ')}   ${details(name, row)}`.trimEnd();
  });
  const handles = handlesInWords(report.handles);
  return [
    ...lines,
    ...(handles ? ['', `open: ${handles}`] : []),
    ...(isFragmented(report) ? ['', `Fragmentation: ${whatHelps(report.allocator)}.`] : []),
  ];
}

module.exports = { ROWS, handlesInWords, isFragmented, table, whatHelps };
