'use strict';
// A snapshot without a caller: taken, and reported as an event. The trigger knows what it
// was taken for.

const { warn } = require('../errors.js');

/** Reports a failure: someone may wait for the file. @param {{ message: string, code?: string }} failure */
function warnOf({ message, code }) {
  warn(`No heap snapshot was taken: ${message}`, code);
}

/**
 * @typedef {ReturnType<typeof triggeredSnapshots>} TriggeredSnapshots
 *
 * @param {object} by
 * @param {ReturnType<typeof import('../live-snapshot.js').liveSnapshots>['writeInTurn']} by.writeInTurn
 * @param {ReturnType<typeof import('./places.js').snapshotPlaces>} by.places
 * @param {(snapshot: object) => void} by.announce  gets every snapshot that a trigger has taken
 */
function triggeredSnapshots({ writeInTurn, places: { placeFor, treatment }, announce }) {
  /**
   * Takes one, and reports it. Never rejects; a listener that throws is an uncaught exception.
   * @param {string} trigger
   * @param {{ mode?: string, template?: string }} [options]
   * @returns {Promise<{ error: import('../types.js').CodedError, snapshot?: undefined } | { error?: undefined, snapshot: { path: string } }>}
   */
  async function take(trigger, { mode = 'auto', template } = {}) {
    try {
      const written = await writeInTurn(placeFor(trigger, { template }), { ...treatment(), mode });
      const snapshot = { trigger, ...written };
      // Out of the promise, as other events.
      process.nextTick(announce, snapshot);
      return { snapshot };
    } catch (error) {
      warnOf(error);
      return { error };
    }
  }

  /** Reports a snapshot that was taken elsewhere in the same way. @param {object} snapshot */
  function tell(snapshot) {
    announce(snapshot);
  }

  return { take, tell };
}

module.exports = { triggeredSnapshots, warnOf };
