'use strict';
// The threads of a process on a dashboard that one of them serves: the dashboard registers its
// address in the addon, which all threads share, and each thread polls it. Knows neither the
// messages nor the protocol.

const { warn } = require('../errors.js');

/**
 * @param {object} by
 * @param {Pick<import('../types.js').Addon, 'openPageFeed' | 'closePageFeed' | 'pageFeeds'>} by.addon
 * @param {(address: string, memwatch: object) => void} by.reportTo  watches this thread for who listens there
 */
function pageThreads({ addon: { openPageFeed, closePageFeed, pageFeeds }, reportTo }) {
  // Addresses that this thread has joined, or listens on itself. An address that did not answer
  // is not tried again: its dashboard is gone.
  const known = new Set();

  /**
   * Registers a dashboard of this thread for the other threads.
   * @returns {() => void} removes it again
   * @param {string} address
   */
  function callThreads(address) {
    known.add(address);
    openPageFeed(address);
    return () => closePageFeed(address);
  }

  /** Joins new dashboards, and forgets those that are gone. @param {object} memwatch */
  function joinPages(memwatch) {
    const open = pageFeeds();
    for (const address of known) if (!open.includes(address)) known.delete(address);
    for (const address of open) {
      if (known.has(address)) continue;
      known.add(address);
      // Its files may have been replaced since the program began, as by an update; the program continues all the same.
      try {
        reportTo(address, memwatch);
      } catch (error) {
        warn(
          `The dashboard at ${address} cannot follow this thread: ${error?.message ?? error}`,
          'ERR_MEMWATCH_INTERNAL',
        );
      }
    }
  }

  return { callThreads, joinPages };
}

module.exports = { pageThreads };
