'use strict';
// How far apart the sampler's samples are, where that is not configured. It starts none.

const { getHeapSpaceStatistics, getHeapStatistics } = require('node:v8');

const KIB = 1024;

// Bytes between two samples. A leak of 4 MB is 64 samples: enough to rank it. It costs a loop
// that only parses and writes JSON 1 to 2 % of its time, and half of that at twice the interval.
const INTERVAL_BYTES = 64 * KIB;
// On a larger heap only larger growth is suspected, so fewer do: from here on, in bytes in use.
const LARGE_HEAP_BYTES = 128 * KIB * KIB;
const LARGE_HEAP_INTERVAL_BYTES = 128 * KIB;

// What keeps memory outside of the heap is small: a Buffer of any size is some hundred bytes
// there. So while that alone grows there are as many samples as take half a percent of the time
// at most, at 1 µs each, which is many where a program allocates little.
const MOST_SAMPLES_A_SECOND = 4000;
const LEAST_BYTES = 4 * KIB;

/** The heap in use and the size of the young generation, in bytes. */
function heapNow() {
  const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')?.space_size ?? 0;
  return { used: getHeapStatistics().used_heap_size, young };
}

/**
 * Bytes between two samples.
 * @param {import('./detector.js').Suspicion | null} suspicion  null where the sampler runs without one
 * @param {{ used: number, young: number }} [heap]
 */
function automaticInterval(suspicion, { used, young } = heapNow()) {
  const usual = used > LARGE_HEAP_BYTES ? LARGE_HEAP_INTERVAL_BYTES : INTERVAL_BYTES;
  if (suspicion === null || suspicion.kinds.has('heap')) return usual;
  // At most so much is allocated: a collection comes at the latest when the young generation is full.
  const bytesPerSecond = suspicion.youngPerSecond() * young;
  return Math.round(Math.min(Math.max(bytesPerSecond / MOST_SAMPLES_A_SECOND, LEAST_BYTES), usual));
}

module.exports = { automaticInterval };
