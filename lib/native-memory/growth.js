'use strict';
// Which part of native memory grows: blocks in use, free memory of the allocator, threads, files, or memory mapped
// without malloc. Pure: samples of the rows go in, a cause as text comes out. The detector judges whether it grows and
// whether that is a leak; if the samples do not show the cause, none is returned.

const { bytes, exactDuration } = require('../format.js');
const { whatHelps } = require('./words.js');

// A row is the cause where it has this share of all that grew …
const LEAST_SHARE = 0.5;
// … and of what the detector saw. The two are not read at the same moments.
const LEAST_OF_GROWTH = 0.3;

// Free memory that grows with memory in use is the allocator's working room. Alone, it is fragmentation.
const FLAT = 0.25;

/**
 * The numbers of one reading that growth is judged by: bytes, and null where one is not known. What objects own (their
 * ArrayBuffers) is another kind of memory, and so is this isolate's heap.
 * @typedef {{ at: number, mallocInUse: number | null, mallocFree: number | null, threads: number | null,
 *   mappedFiles: number | null, other: number | null, allocator: string | null }} Reading
 * @param {import('../../reports.js').NativeMemory} report
 * @returns {Reading}
 */
function readingOf({ at, allocator, rows }) {
  const less = (/** @type {number | null} */ whole, /** @type {number | null} */ part) =>
    whole === null ? null : Math.max(0, whole - (part ?? 0));
  const sum = (/** @type {(number | null)[]} */ ...parts) =>
    parts.reduce((total, part) => (total === null || part === null ? null : total + part), 0);
  const { v8Heap, v8Code, mallocInUse, mallocFree, threadStacks, mappedFiles, programData, other } = rows;
  return {
    at: at.getTime(),
    mallocInUse: less(mallocInUse.residentBytes, mallocInUse.arrayBuffersBytes),
    mallocFree: mallocFree.residentBytes,
    threads: sum(threadStacks.residentBytes, less(v8Heap.residentBytes, v8Heap.isolateBytes)),
    mappedFiles: mappedFiles.residentBytes,
    other: sum(other.residentBytes, programData.residentBytes, v8Code.residentBytes),
    allocator,
  };
}

const MEASURES = /** @type {const} */ (['mallocInUse', 'mallocFree', 'threads', 'mappedFiles', 'other']);

/** @typedef {MEASURES[number]} Measure */

/**
 * By cause: the measure that grew, and its text.
 * @type {Record<string, { measure: Measure, says: (grew: string) => string, advice: (allocator: string | null) => string | null }>}
 */
const CAUSES = {
  malloc: {
    measure: 'mallocInUse',
    says: (grew) => `memory that is allocated with malloc and in use grew by ${grew}: native code keeps it`,
    advice: () =>
      'look at native addons, and at objects that own native memory, such as streams of zlib, hashes and TLS contexts',
  },
  fragmentation: {
    measure: 'mallocFree',
    says: (grew) =>
      `free memory that the allocator keeps grew by ${grew}, and what is in use hardly did: fragmentation, not a leak of blocks`,
    advice: whatHelps,
  },
  threads: {
    measure: 'threads',
    says: (grew) =>
      `stacks of threads and heaps of other threads grew by ${grew}: threads are started and not ended, or theirs grow`,
    advice: () => 'look at worker threads, and load memwatch in them',
  },
  'mapped-files': {
    measure: 'mappedFiles',
    says: (grew) =>
      `mapped files grew by ${grew}: a program or library that is read in, or files that are mapped and not unmapped`,
    advice: () => null,
  },
  'mapped-memory': {
    measure: 'other',
    says: (grew) =>
      `memory that was mapped without malloc grew by ${grew}: by an addon, WebAssembly, or an allocator that says no numbers`,
    advice: () => null,
  },
};

/** @param {Measure} measure */
const causeOfMeasure = (measure) =>
  /** @type {string} */ (Object.keys(CAUSES).find((cause) => CAUSES[cause].measure === measure));

const UNKNOWN = { cause: 'unknown', text: null, advice: null, since: null };

/** The readings where growth began and now; null where there are not two. @param {Reading[]} readings @param {number} start */
function between(readings, start) {
  const first = readings.findLast(({ at }) => at <= start) ?? readings[0];
  const last = readings.at(-1);
  return first === undefined || last === undefined || first === last ? null : { first, last };
}

/** @param {number} grown  bytes @param {{ first: Reading, last: Reading }} ends */
const grewIn = (grown, { first, last }) => `${bytes(grown)} in ${exactDuration((last.at - first.at) / 1000)}`;

/**
 * What grew since a moment.
 * @param {Reading[]} readings  the oldest first
 * @param {number} start  where the growth began, in milliseconds
 * @param {number} growth  as the detector has it, in bytes
 */
function causeOf(readings, start, growth) {
  const ends = between(readings, start);
  const grown = Object.fromEntries(
    MEASURES.map((measure) => {
      const [from, to] = [ends?.first[measure] ?? null, ends?.last[measure] ?? null];
      return [measure, from === null || to === null ? null : to - from];
    }),
  );
  if (ends === null) return { ...UNKNOWN, growthBytes: grown };
  const rising = MEASURES.map((measure) => Math.max(0, grown[measure] ?? 0));
  const sum = rising.reduce((total, part) => total + part, 0);
  const most = Math.max(...rising);
  if (most < LEAST_SHARE * sum || most < LEAST_OF_GROWTH * growth || most === 0)
    return { ...UNKNOWN, growthBytes: grown };
  const measure = MEASURES[rising.indexOf(most)];
  // Memory freed in between is free for a moment in a leak, too.
  const isLeak = measure === 'mallocFree' && rising[0] > FLAT * most;
  const cause = isLeak ? 'malloc' : causeOfMeasure(measure);
  const { says, advice, measure: of } = CAUSES[cause];
  const grew = grewIn(/** @type {number} */ (grown[of]), ends);
  return {
    cause,
    text: says(grew),
    advice: advice(ends.last.allocator),
    since: new Date(ends.first.at),
    growthBytes: grown,
  };
}

/**
 * What of native memory grew by more than another kind of memory did, which is the one that is judged: objects that own blocks
 * of malloc hold a Buffer, too, and where that is found first, the larger part would not be told.
 * @param {Reading[]} readings  the oldest first
 * @param {number} start  where the growth of the other kind began, in milliseconds
 * @param {number} growth  of the other kind, in bytes
 */
function besideOf(readings, start, growth) {
  const ends = between(readings, start);
  const [from, to] = [ends?.first.mallocInUse ?? null, ends?.last.mallocInUse ?? null];
  if (ends === null || from === null || to === null || to - from <= Math.max(growth, 0)) return null;
  const grew = grewIn(to - from, ends);
  return {
    cause: 'malloc-beside',
    text: `malloc in use, Buffers not counted, grew by more: ${grew}`,
    // Short: both sentences are sent as one text, which is cut.
    advice: 'look at objects that own native memory, such as streams of zlib, hashes and TLS contexts',
    since: new Date(ends.first.at),
    growthBytes: { mallocInUse: to - from },
  };
}

module.exports = { besideOf, causeOf, readingOf };
