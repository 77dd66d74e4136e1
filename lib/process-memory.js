'use strict';
// The memory of this process, as process.memoryUsage() returns it, for callers at a moment that
// the program did not choose: it never throws. Node reads the resident set from a file each
// time, and a program without a free descriptor, or without /proc, is not to die of being watched.

const v8 = require('node:v8');

/** What could not be read is as it was read last, and 0 where it never was. @type {Omit<NodeJS.MemoryUsage, 'heapUsed' | 'heapTotal' | 'external'>} */
let last = { arrayBuffers: 0, rss: 0 };

/** @returns {{heapUsed: number, heapTotal: number, external: number, arrayBuffers: number, rss: number}} bytes */
function processMemory() {
  try {
    const now = process.memoryUsage();
    last = now;
    return now;
  } catch {
    const { used_heap_size: heapUsed, total_heap_size: heapTotal, external_memory: external } = v8.getHeapStatistics();
    return { ...last, heapUsed, heapTotal, external };
  }
}

/**
 * Adds to the payload of `stats` what V8 does not know: read when it is emitted, not inside the collection.
 * @param {{ array_buffers?: number, rss?: number }} stats
 */
function withProcessMemory(stats) {
  const { arrayBuffers, rss } = processMemory();
  stats.array_buffers = arrayBuffers;
  stats.rss = rss;
}

/**
 * The limit on this process that Node knows, if it does: one more source for that of the container. It may change.
 * @param {Pick<import('./types.js').Addon, 'noteConstrainedMemory'>} addon
 */
function noteConstrainedMemory(addon) {
  const known = process.constrainedMemory?.();
  addon.noteConstrainedMemory(typeof known === 'number' ? known : 0);
}

module.exports = { noteConstrainedMemory, processMemory, withProcessMemory };
