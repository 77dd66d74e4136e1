'use strict';
// The threads of a process on a page that one of them serves: the page notes where it listens,
// in the addon, which all threads share, and each thread looks there now and then. Knows
// neither what is told nor how.

const { warn } = require('../errors.js');

/**
 * @param {object} by
 * @param {Pick<import('../types.js').Addon, 'openPageFeed' | 'closePageFeed' | 'pageFeeds'>} by.addon
 * @param {(address: string, memwatch: object) => void} by.reportTo  watches this thread for who listens there
 */
function pageThreads({ addon: { openPageFeed, closePageFeed, pageFeeds }, reportTo }) {
  // What this thread has answered already, or listens on itself. An address that did not answer
  // is not tried again: its page has gone.
  const known = new Set();

  /** Tells the other threads of a page of this one. @returns {() => void} takes that back */
  function callThreads(address) {
    known.add(address);
    openPageFeed(address);
    return () => closePageFeed(address);
  }

  /** Joins the pages that are new, and forgets those that are gone. */
  function joinPages(memwatch) {
    const open = pageFeeds();
    for (const address of known) if (!open.includes(address)) known.delete(address);
    for (const address of open) {
      if (known.has(address)) continue;
      known.add(address);
      // Its files may have been replaced since the program began, as by an update; the program goes on all the same.
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
