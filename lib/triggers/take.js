'use strict';
// A snapshot that nobody waits for: taken, and told of. What it was taken for is the
// trigger's business.

const { warn } = require('../errors.js');
const { writeInTurn } = require('../own-snapshots.js');
const { placeFor, treatment } = require('./places.js');

/** @type {(snapshot: object) => void} */
let announce = () => {};

/** Who is told of every snapshot that a trigger has taken: the emitter. */
function announceTo(emit) {
  announce = emit;
}

/** Tells of one that failed: somebody waits for the file. */
function warnOf({ message, code }) {
  warn(`No heap snapshot was taken: ${message}`, code);
}

/**
 * Takes one, and tells of it. Never rejects; a listener that throws is an uncaught exception.
 * @param {string} trigger
 * @param {{ mode?: string, template?: string }} [options]
 * @returns {Promise<{ error?: import('../types.js').CodedError, snapshot?: object }>}
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

/** What was taken otherwise is told likewise. */
function tell(snapshot) {
  announce(snapshot);
}

module.exports = { announceTo, take, tell, warnOf };
