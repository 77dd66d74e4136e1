'use strict';
// memwatch.nativeSites: which functions outside of JavaScript allocated live memory, and which of JavaScript called
// them. Sampled, counted and named in the addon; options are checked, names of files mapped to their sources and
// profiles written here. It judges nothing.

const v8 = require('node:v8');
const { withCode } = require('../errors.js');
const { TRUE_OR_FALSE, checkOptions, wholeNumber } = require('../options.js');
const { OURS } = require('../own-scripts.js');

const KIB = 1024;
const LEAST_MEAN_BYTES = KIB;
const MOST_MEAN_BYTES = 1024 * KIB * KIB;

// V8 walks the whole heap to report where code is: some 1.3 ms for each MB, in which the thread is stopped. Up to here
// that is below 100 ms, and done by default.
const MOST_HEAP_BYTES = 64 * KIB * KIB;

const DEFAULT_TOP = 20;
const MOST_TOP = 1000;

const START_OPTIONS = {
  meanBytes: wholeNumber({ least: LEAST_MEAN_BYTES, most: MOST_MEAN_BYTES, of: 'bytes' }),
  javascript: TRUE_OR_FALSE,
};
const REPORT_OPTIONS = { top: { ...wholeNumber({ least: 1, most: MOST_TOP }), otherwise: DEFAULT_TOP } };

const BLOCKS_AND_BYTES = /** @type {[string, string][]} */ ([
  ['inuse_objects', 'count'],
  ['inuse_space', 'bytes'],
]);

/**
 * memwatch.nativeSites and memwatch.nativeProfile(), and what else of memwatch has allocations sampled.
 * @param {Pick<import('../types.js').Addon, 'NativeSites'>} addon
 * @param {ReturnType<typeof import('../source-maps.js').mapperBy>} mapper
 */
function nativeSitesBy(addon, { place }) {
  /** A site with the sources of its functions of JavaScript. @param {any} site  as the addon has it */
  function mappedSite(site) {
    return { ...site, caller: site.caller && place(site.caller), javascript: site.javascript.map(place) };
  }

  /** Somebody in this thread who has allocations sampled: the process does while anybody in it wants that. */
  class Sampling {
    /** Once it has been started. @type {InstanceType<import('../types.js').Addon['NativeSites']> | null} */
    #native = null;

    /** Samples allocations of the whole process from here on. @param {{ meanBytes?: number, javascript?: boolean }} [how] */
    start({ meanBytes, javascript = v8.getHeapStatistics().used_heap_size <= MOST_HEAP_BYTES } = {}) {
      this.#native ??= new addon.NativeSites(OURS);
      this.#native.start(meanBytes ?? null, javascript);
    }

    /** Ends it for this caller, and for the process once no other caller has it running. */
    stop() {
      this.#native?.stop();
    }

    /** What was sampled, as JSON of the addon's. @param {number | null} top */
    async read(top) {
      const found = JSON.parse((await this.#native?.read(top)) ?? 'null');
      if (found !== null) return found;
      const why = 'native allocations are not sampled in this thread: call nativeSites.start() first';
      throw withCode(new Error(why), 'ERR_MEMWATCH_NATIVE_SITES_OFF');
    }

    /** @param {number} top @returns {Promise<import('../../reports.js').NativeSitesTable>} */
    async report(top) {
      const found = await this.read(top);
      return { ...found, at: new Date(found.at), since: new Date(found.since), sites: found.sites.map(mappedSite) };
    }
  }

  /** The program's own. */
  const own = new Sampling();

  async function start(options = {}) {
    own.start(checkOptions('memwatch.nativeSites.start()', options, START_OPTIONS));
  }

  async function stop() {
    own.stop();
  }

  async function report(options = {}) {
    const { top } = checkOptions('memwatch.nativeSites.report()', options, REPORT_OPTIONS);
    return own.report(top);
  }

  /** memwatch.nativeProfile(): all stacks, as pprof. */
  async function nativeProfile() {
    const { functions, stacks, meanBytes, at, since } = await own.read(null);
    // Loaded when it is asked for: it brings zlib.
    const { pprof } = require('../pprof.js');
    return pprof({
      types: BLOCKS_AND_BYTES,
      frames: functions.map(place),
      samples: stacks.map(
        (/** @type {{ functions: number[], bytes: number, count: number }} */ { functions: stack, bytes, count }) => ({
          frames: stack,
          values: [count, bytes],
        }),
      ),
      period: meanBytes,
      at: new Date(at),
      durationMs: Date.parse(at) - Date.parse(since),
    });
  }

  return { Sampling, nativeProfile, nativeSites: Object.freeze({ start, stop, report }) };
}

module.exports = { nativeSitesBy };
