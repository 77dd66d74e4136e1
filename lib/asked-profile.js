'use strict';
// A heap profile on request, as for `/debug/pprof/heap`: of the live objects, or of their change within some seconds;
// or, as for `/debug/pprof/allocs`, of all allocations within some seconds, also of objects collected since. Results of
// an earlier suspicion are never returned as current. No HTTP here.

const { performance } = require('node:perf_hooks');
const { setTimeout } = require('node:timers/promises');
const { withCode } = require('./errors.js');

// Bytes between two samples of all allocations, as Go has it. V8 keeps each sample to the end: at 1 GB a second, which
// is about what a thread can allocate, these are 120,000 in a minute.
const ALLOCS_INTERVAL_BYTES = 512 * 1024;

// Innermost frames kept of a stack, as in lib/sites.js.
const ALLOCS_STACK_DEPTH = 48;

// The sampler of Node 18, whose V8 is 10.2, keeps live objects only, whatever its flags.
const V8_WITH_ALLOCS = 11;

const noAllocs = (/** @type {string} */ why) => withCode(new Error(why), 'ERR_MEMWATCH_NO_ALLOCS');

const noSampler = (/** @type {string} */ why) => withCode(new Error(why), 'ERR_MEMWATCH_NO_SAMPLER');

/**
 * @param {object} by
 * @param {Pick<import('./types.js').Addon, 'collect' | 'Sites'>} by.addon
 * @param {Pick<import('./sites.js').SiteSampler, 'isOff' | 'lend' | 'timesEnded'>} by.sites
 */
function askedProfiles({ addon, sites: { isOff, lend, timesEnded } }) {
  /** Reads whatever sampler runs; without evidence of its own. @type {import('./types.js').Sites | null} */
  let reader = null;
  let isBusy = false;

  /** @param {{ collects: boolean }} how @returns {string | null} the text of a `.heapprofile`, null where no sampler runs */
  function read({ collects }) {
    if (collects) addon.collect();
    reader ??= new addon.Sites([]);
    return reader.heapProfile();
  }

  /** The live objects. @param {{ collects: boolean }} how */
  function takeNow(how) {
    const text = read(how);
    if (text !== null) return { text, before: null, durationMs: 0 };
    const start = isOff()
      ? "Sampling is switched off; configure({ sampling: { when: 'always' } }) starts it."
      : "With ?seconds=30 it runs for that long; configure({ sampling: { when: 'always' } }) keeps it running.";
    throw noSampler(`No allocation sampler runs in this thread. ${start}`);
  }

  /**
   * What some seconds change; of a sampler that was started for them: what they allocate and leave alive.
   * @param {{ seconds: number, collects: boolean, signal?: AbortSignal }} wanted
   */
  async function takeDuring({ seconds, collects, signal }) {
    const ends = timesEnded();
    const before = read({ collects });
    const giveBack = before === null ? lend() : () => {};
    if (giveBack === null) {
      throw noSampler("Allocation sampling is switched off; configure({ sampling: { when: 'suspected' } }) allows it.");
    }
    const began = performance.now();
    try {
      // A pending request keeps the program alive by its own connection. Early ends are checked below.
      await setTimeout(seconds * 1000, undefined, { ref: false, signal }).catch(() => {});
      const text = signal?.aborted ? null : read({ collects });
      if (text === null || timesEnded() !== ends) {
        throw noSampler('The allocation sampler ended or was restarted in these seconds. Ask again.');
      }
      return { text, before, durationMs: performance.now() - began };
    } finally {
      giveBack();
    }
  }

  /**
   * All allocations of some seconds. A suspicion that begins meanwhile ends it: it needs the sampler for live objects.
   * @param {{ seconds: number, signal?: AbortSignal }} wanted
   */
  async function takeAllocs({ seconds, signal }) {
    if (isOff()) {
      throw noSampler("Allocation sampling is switched off; configure({ sampling: { when: 'suspected' } }) allows it.");
    }
    if (Number.parseInt(process.versions.v8, 10) < V8_WITH_ALLOCS) {
      throw noAllocs(
        'Node.js 18 samples only what is alive; /debug/pprof/heap has that. All allocations need Node.js 20.',
      );
    }
    reader ??= new addon.Sites([]);
    if (!reader.startAllocations(ALLOCS_INTERVAL_BYTES, ALLOCS_STACK_DEPTH)) {
      throw noAllocs(
        'Another allocation sampler runs in this thread, and V8 has one: while a leak is suspected, ' +
          "with sampling.when 'always', or with another agent, only /debug/pprof/heap can be had.",
      );
    }
    const began = performance.now();
    let text = null;
    try {
      await setTimeout(seconds * 1000, undefined, { ref: false, signal }).catch(() => {});
    } finally {
      text = reader.takeAllocations();
    }
    if (signal?.aborted || text === null) {
      throw noSampler('The sampler of all allocations was ended in these seconds, as a suspicion does. Ask again.');
    }
    return { text, before: null, durationMs: performance.now() - began };
  }

  /** @param {Parameters<typeof takeProfile>[0]} wanted */
  function take({ what, seconds, collects, signal }) {
    if (what === 'allocs') return takeAllocs({ seconds, signal });
    return seconds === 0 ? takeNow({ collects }) : takeDuring({ seconds, collects, signal });
  }

  /**
   * One at a time.
   * @param {object} wanted
   * @param {'heap' | 'allocs'} [wanted.what]  live objects, or all allocations, which take some seconds
   * @param {number} wanted.seconds  0 for the current live objects
   * @param {boolean} wanted.collects  a full collection first, so that no garbage is in it
   * @param {AbortSignal} [wanted.signal]  aborted when the client has left
   * @returns {Promise<import('./pprof.js').Profile>}
   */
  async function takeProfile(wanted) {
    if (isBusy) {
      const why = 'Another profile of this thread is being taken. Ask again when it is done.';
      throw withCode(new Error(why), 'ERR_MEMWATCH_PROFILE_BUSY');
    }
    isBusy = true;
    try {
      const { text, before, durationMs } = await take(wanted);
      const { profileOf } = require('./pprof.js');
      const kind = wanted.what === 'allocs' ? { type: 'alloc_space', period: ALLOCS_INTERVAL_BYTES } : {};
      return profileOf(text, { at: new Date(), before, durationMs, ...kind });
    } finally {
      isBusy = false;
    }
  }

  /** The same as a file of pprof. @param {Parameters<typeof takeProfile>[0]} wanted */
  const takePprof = async (wanted) => require('./pprof.js').pprof(await takeProfile(wanted));

  return { takePprof, takeProfile };
}

module.exports = { askedProfiles };
