'use strict';
// Where the resident set of a process is, and memory that the allocator gives back on request. Mappings and the
// allocator's numbers are read in the addon, off the main thread; V8's own are added here. It judges nothing.

const v8 = require('node:v8');
const { withCode } = require('../errors.js');
const { processMemory } = require('../process-memory.js');

/** @param {string} json @returns {import('../../reports.js').NativeMemory} */
function reportOf(json) {
  const report = JSON.parse(json);
  return { ...report, at: new Date(report.at) };
}

/** @param {Pick<import('../types.js').Addon, 'nativeMemory' | 'trimNativeMemory'>} addon */
function nativeMemoryBy(addon) {
  /** Of this process. */
  async function nativeMemory() {
    const { arrayBuffers, rss } = processMemory();
    const report = reportOf(await addon.nativeMemory(null, v8.getHeapStatistics().total_physical_size, arrayBuffers));
    // Where the system lists no mappings, Node still knows the sum.
    report.residentBytes ??= rss > 0 ? rss : null;
    return report;
  }

  /** Of another one, as far as the system says. @param {number} pid */
  const nativeMemoryOf = async (pid) => reportOf(await addon.nativeMemory(pid, null, null));

  /** Makes the allocator return unused memory to the system. @returns {Promise<import('../../reports.js').TrimmedMemory>} */
  async function trimNativeMemory() {
    const report = JSON.parse(await addon.trimNativeMemory());
    if (report !== null) return report;
    const why = 'the allocator of this process has no way to give memory back on request; glibc and jemalloc have one';
    throw withCode(new Error(why), 'ERR_MEMWATCH_NO_TRIM');
  }

  return { nativeMemory, nativeMemoryOf, trimNativeMemory };
}

module.exports = { nativeMemoryBy };
