'use strict';
// memwatch.nativeSites: which functions outside of JavaScript allocated what is alive, and which of JavaScript called them.
// Sampled, counted and named in the addon; options are checked, names of files mapped to their sources and profiles written
// here. It judges nothing.

const { withCode } = require('../errors.js');
const { TRUE_OR_FALSE, checkOptions, wholeNumber } = require('../options.js');

const KIB = 1024;
const LEAST_MEAN_BYTES = KIB;
const MOST_MEAN_BYTES = 1024 * KIB * KIB;

const DEFAULT_TOP = 20;
const MOST_TOP = 1000;

const START_OPTIONS = {
  meanBytes: wholeNumber({ least: LEAST_MEAN_BYTES, most: MOST_MEAN_BYTES, of: 'bytes' }),
  javascript: { ...TRUE_OR_FALSE, otherwise: true },
};
const REPORT_OPTIONS = { top: { ...wholeNumber({ least: 1, most: MOST_TOP }), otherwise: DEFAULT_TOP } };

const BLOCKS_AND_BYTES = /** @type {[string, string][]} */ ([
  ['inuse_objects', 'count'],
  ['inuse_space', 'bytes'],
]);

/**
 * @param {Pick<import('../types.js').Addon, 'NativeSites'>} addon
 * @param {ReturnType<typeof import('../source-maps.js').mapperBy>} mapper
 */
function nativeSitesBy(addon, { place }) {
  /** Of this thread, once it has started it. @type {InstanceType<import('../types.js').Addon['NativeSites']> | null} */
  let native = null;

  /** Samples allocations of the whole process from here on. */
  async function start(options = {}) {
    const { meanBytes, javascript } = checkOptions('memwatch.nativeSites.start()', options, START_OPTIONS);
    native ??= new addon.NativeSites();
    native.start(meanBytes ?? null, javascript);
  }

  /** Ends it for this thread, and for the process where no other thread has started it. */
  async function stop() {
    native?.stop();
  }

  /** What was sampled, as JSON of the addon's. @param {number | null} top */
  async function read(top) {
    const found = JSON.parse((await native?.read(top)) ?? 'null');
    if (found !== null) return found;
    const why = 'native allocations are not sampled in this thread: call nativeSites.start() first';
    throw withCode(new Error(why), 'ERR_MEMWATCH_NATIVE_SITES_OFF');
  }

  /** @returns {Promise<import('../../reports.js').NativeSitesTable>} */
  async function report(options = {}) {
    const { top } = checkOptions('memwatch.nativeSites.report()', options, REPORT_OPTIONS);
    const found = await read(top);
    return { ...found, at: new Date(found.at), since: new Date(found.since), sites: found.sites.map(mappedSite) };
  }

  /** A site with the sources of its functions of JavaScript. */
  function mappedSite(site) {
    return { ...site, caller: site.caller && place(site.caller), javascript: site.javascript.map(place) };
  }

  /** memwatch.nativeProfile(): all stacks, as pprof. */
  async function nativeProfile() {
    const { functions, stacks, meanBytes, at, since } = await read(null);
    // Loaded when it is asked for: it brings zlib.
    const { pprof } = require('../pprof.js');
    return pprof({
      types: BLOCKS_AND_BYTES,
      frames: functions.map(place),
      samples: stacks.map(({ functions: stack, bytes, count }) => ({ frames: stack, values: [count, bytes] })),
      period: meanBytes,
      at: new Date(at),
      durationMs: Date.parse(at) - Date.parse(since),
    });
  }

  return { nativeProfile, nativeSites: Object.freeze({ start, stop, report }) };
}

module.exports = { nativeSitesBy };
