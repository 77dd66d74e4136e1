'use strict';
// A heap profile for somebody who asks from outside, as `/debug/pprof/heap` does: of what is alive now, or of what some
// seconds have changed. It never shows what an earlier suspicion found as if it were of now. It knows no HTTP.

const { performance } = require('node:perf_hooks');
const { setTimeout } = require('node:timers/promises');
const { withCode } = require('./errors.js');

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

  /** What is alive now. @param {{ collects: boolean }} how */
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
      // Whoever asked keeps the program alive, or nobody waits. What ends it early is looked at below.
      await setTimeout(seconds * 1000, undefined, { ref: false, signal }).catch(() => {});
      const text = signal?.aborted ? null : read({ collects });
      if (text === null || timesEnded() !== ends) {
        throw noSampler('The allocation sampler ended or was started anew in these seconds. Ask again.');
      }
      return { text, before, durationMs: performance.now() - began };
    } finally {
      giveBack();
    }
  }

  /**
   * One at a time.
   * @param {object} wanted
   * @param {number} wanted.seconds  0 for what is alive now
   * @param {boolean} wanted.collects  a full collection first, so that no garbage is in it
   * @param {AbortSignal} [wanted.signal]  nobody waits any more
   * @returns {Promise<import('./pprof.js').Profile>}
   */
  async function takeProfile({ seconds, collects, signal }) {
    if (isBusy) {
      const why = 'Another profile of this thread is being taken. Ask again when it is done.';
      throw withCode(new Error(why), 'ERR_MEMWATCH_PROFILE_BUSY');
    }
    isBusy = true;
    try {
      const taken = seconds === 0 ? takeNow({ collects }) : await takeDuring({ seconds, collects, signal });
      const { profileOf } = require('./pprof.js');
      return profileOf(taken.text, { at: new Date(), before: taken.before, durationMs: taken.durationMs });
    } finally {
      isBusy = false;
    }
  }

  /** The same as a file of pprof. @param {Parameters<typeof takeProfile>[0]} wanted */
  const takePprof = async (wanted) => require('./pprof.js').pprof(await takeProfile(wanted));

  return { takePprof, takeProfile };
}

module.exports = { askedProfiles };
