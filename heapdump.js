'use strict';
// The face of the `heapdump` package: `writeSnapshot` as it was, and a snapshot on SIGUSR2
// from the moment this is loaded. It differs in three things: a file that exists is not
// written over; on the signal a copy of the process takes the snapshot, so that the program
// does not stop; and signals do not fill a directory beyond `snapshots.quota`, while calls are as
// free as they were. What does not stop it for the call either is memwatch.writeSnapshot().

require('./index.js');
const own = require('./lib/own.js');
const { printable } = require('./lib/printable.js');
const { HEAPDUMP_TEMPLATE } = require('./lib/triggers/places.js');
const { isPossible } = require('./lib/triggers/signal.js');

/** NODE_HEAPDUMP_OPTIONS: words with commas in between, the last of which counts. */
function wantsSignal() {
  let wants = true;
  for (const word of (process.env.NODE_HEAPDUMP_OPTIONS ?? '').split(',')) {
    if (word === 'signal' || word === 'nosignal') wants = word === 'signal';
    else if (word !== '') process.stderr.write(`node-heapdump: unrecognized option: ${printable(word)}\n`);
  }
  return wants;
}

/**
 * Writes a snapshot before it returns; the program stands still meanwhile.
 * @param {string} [filename] generated where it is no string
 * @param {(error: Error | null, filename?: string) => void} [callback] called before it returns
 * @returns {boolean} whether there is one
 */
function writeSnapshot(filename, callback) {
  const done = typeof filename === 'function' ? filename : callback;
  const path = typeof filename === 'string' ? filename : undefined;
  let written;
  try {
    written = own.snapshots.writeSnapshotNow({ path, reason: 'call' });
  } catch (error) {
    if (typeof done === 'function') done(error);
    return false;
  }
  // The name as it was given.
  if (typeof done === 'function') done(null, path ?? written.path);
  return true;
}

if (isPossible && wantsSignal()) own.signalTrigger.watchSignal('SIGUSR2', { template: HEAPDUMP_TEMPLATE });

module.exports = { writeSnapshot };
