'use strict';
// What it is that grows where native memory does: blocks in use, free memory of the allocator, threads, files, or memory that
// was mapped without malloc. Pure: readings of the rows go in, a cause in words comes out. Whether it grows, and whether that
// is a leak, is the detector's; where the readings do not say what, nor does this.

const { bytes, exactDuration } = require('../format.js');
const { whatHelps } = require('./words.js');

// A row is the cause where it has this share of all that grew …
const LEAST_SHARE = 0.5;
// … and of what the detector saw. The two are not read at the same moments.
const LEAST_OF_GROWTH = 0.3;

// Free memory that grows with what is in use is the allocator's working room. Alone, it is fragmentation.
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
  const less = (whole, part) => (whole === null ? null : Math.max(0, whole - (part ?? 0)));
  const sum = (...parts) => (parts.includes(null) ? null : parts.reduce((total, part) => total + part, 0));
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

/** By cause: the measure that grew, and how that is said. */
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

/** @param {string} measure */
const causeOfMeasure = (measure) =>
  /** @type {keyof typeof CAUSES} */ (Object.keys(CAUSES).find((cause) => CAUSES[cause].measure === measure));

const UNKNOWN = { cause: 'unknown', text: null, advice: null, since: null };

/**
 * What grew since a moment.
 * @param {Reading[]} readings  the oldest first
 * @param {number} start  where the growth began, in milliseconds
 * @param {number} growth  as the detector has it, in bytes
 */
function causeOf(readings, start, growth) {
  const first = readings.findLast(({ at }) => at <= start) ?? readings[0];
  const last = readings.at(-1);
  const grown = Object.fromEntries(
    MEASURES.map((measure) => {
      const [from, to] = [first?.[measure] ?? null, last?.[measure] ?? null];
      return [measure, from === null || to === null || first === last ? null : to - from];
    }),
  );
  if (first === undefined || last === undefined || first === last) return { ...UNKNOWN, growthBytes: grown };
  const rising = MEASURES.map((measure) => Math.max(0, grown[measure] ?? 0));
  const sum = rising.reduce((total, part) => total + part, 0);
  const most = Math.max(...rising);
  if (most < LEAST_SHARE * sum || most < LEAST_OF_GROWTH * growth || most === 0)
    return { ...UNKNOWN, growthBytes: grown };
  const measure = MEASURES[rising.indexOf(most)];
  // What is freed in between is free for a moment in a leak, too.
  const isLeak = measure === 'mallocFree' && rising[0] > FLAT * most;
  const cause = isLeak ? 'malloc' : causeOfMeasure(measure);
  const { says, advice, measure: of } = CAUSES[cause];
  const grew = `${bytes(/** @type {number} */ (grown[of]))} in ${exactDuration((last.at - first.at) / 1000)}`;
  return {
    cause,
    text: says(grew),
    advice: advice(last.allocator),
    since: new Date(first.at),
    growthBytes: grown,
  };
}

module.exports = { causeOf, readingOf };
