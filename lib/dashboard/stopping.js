'use strict';
// The cost of a snapshot when no forked child can take it and the program has to be stopped:
// duration and memory, for the decision of the user. Stops nothing.

const v8 = require('node:v8');
const { processMemory } = require('../process-memory.js');

// Measured with writeSnapshot({ mode: 'inline' }) on heaps of small objects of 18 and 59 MiB: 170 to 200 s of
// processor time a GiB, 20 to 47 s of wall time on a machine with ten times as much to do as processors, and 19 to
// 21 bytes of memory for each of the heap. A heap of 210 MiB of a real service took 20 s of processor time. V8 works
// by objects: a heap of large strings takes far less of both.
const SECONDS_A_GIB = { least: 100, most: 800 };
const MEMORY_A_HEAP_BYTE = 20;

const GIB = 2 ** 30;
const SECOND_MS = 1000;

/**
 * @param {string} [why]  why no copy takes it
 * @returns {{heapBytes: number, leastMs: number, mostMs: number, memoryBytes: number, rss: number, why?: string}}
 */
function costOfStopping(why) {
  const { used_heap_size: heapBytes } = v8.getHeapStatistics();
  /** @param {number} secondsAGib */
  const ms = (secondsAGib) => Math.max(SECOND_MS, Math.round((heapBytes / GIB) * secondsAGib * SECOND_MS));
  return {
    heapBytes,
    leastMs: ms(SECONDS_A_GIB.least),
    mostMs: ms(SECONDS_A_GIB.most),
    memoryBytes: heapBytes * MEMORY_A_HEAP_BYTE,
    rss: processMemory().rss,
    why,
  };
}

module.exports = { costOfStopping };
