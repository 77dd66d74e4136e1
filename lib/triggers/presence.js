'use strict';
// What `memwatch snapshot PID` finds out from outside: that this process takes a snapshot on
// a signal, on which, and the result of the last. A file of a few words, for this user alone.
// Where it cannot be written the signal works all the same, and the command says that it
// does not know of it.

const fs = require('node:fs');
const path = require('node:path');
const { pidNamespace, startOfProcess } = require('../process-start.js');
const { readRegular } = require('../own-file.js');
const { writeWhole } = require('../whole-file.js');

// Not os.tmpdir(), which depends on the environment of each process.
const DIRECTORY = '/tmp';

// An error may contain a path. Longer text is invalid.
const MOST_BYTES = 64 << 10;

/**
 * Where a process writes: to the second where something that is not its own lies in place of the first.
 * @param {string} [namespace] as `pidNamespace` has it, where that is known
 * @param {number | string} pid
 */
function filesOf(pid, namespace) {
  const names = [`memwatch-${pid}.json`];
  if (namespace !== undefined) names.push(`memwatch-${pid}-${namespace.replace(/\D/g, '')}.json`);
  return names.map((name) => path.join(DIRECTORY, name));
}
const FILE = /^memwatch-(\d+)(?:-\d+)?\.json$/;

/** How the last one went. @typedef {{ path: string, code?: undefined } | { path?: undefined, code: string | undefined, message: string }} Outcome */
/**
 * @typedef {object} Presence
 * @property {number} pid
 * @property {string} [start]
 * @property {string} [namespace]
 * @property {string} signal
 * @property {number} done  how many were taken, or failed
 * @property {Outcome | null} last
 */

/** Of this process. @type {Presence | undefined} */
let present;

/** Whether a value is how the last snapshot went, or that there was none. @param {any} value */
function isOutcome(value) {
  if (value === null) return true;
  return typeof value?.path === 'string' || (typeof value?.code === 'string' && typeof value.message === 'string');
}

/** Whether a value is what memwatch writes there. @param {any} value */
function isPresence(value) {
  return (
    Number.isSafeInteger(value?.pid) &&
    ['string', 'undefined'].includes(typeof value.start) &&
    ['string', 'undefined'].includes(typeof value.namespace) &&
    typeof value.signal === 'string' &&
    Number.isSafeInteger(value.done) &&
    isOutcome(value.last)
  );
}

/** The number of this process's user. Windows has none, and no such files. */
function ownUser() {
  if (process.geteuid === undefined) throw new Error('this system has no numbers of users');
  return process.geteuid();
}

/**
 * The registration of a process of a user, by default this one; throws if there is none.
 * @param {string} file
 * @param {number} [user]
 * @returns {Presence}
 */
function readPresence(file, user = ownUser()) {
  // Anyone may put anything there under such a name.
  const presence = JSON.parse(readRegular(file, { mostBytes: MOST_BYTES, user }));
  if (!isPresence(presence)) throw new Error('it was not written by memwatch');
  return presence;
}

/**
 * Whether what has this name has to stay: another user's, of another container, or no presence at all.
 * @param {string} file
 */
function isOthers(file) {
  if (fs.lstatSync(file, { throwIfNoEntry: false }) === undefined) return false;
  try {
    const { namespace } = readPresence(file);
    return namespace !== undefined && namespace !== present?.namespace;
  } catch {
    return true;
  }
}

function write() {
  for (const file of filesOf(process.pid, present?.namespace)) {
    try {
      if (isOthers(file)) continue;
      writeWhole(file, JSON.stringify(present));
      return;
    } catch {
      // The signal works without.
    }
  }
}

function names() {
  try {
    return fs.readdirSync(DIRECTORY);
  } catch {
    return [];
  }
}

/** Takes away what processes of this user have left that were killed. */
function sweep() {
  // Without /proc it is not known who is there.
  const namespace = present?.namespace;
  if (namespace === undefined) return;
  for (const name of names()) {
    const pid = FILE.exec(name)?.[1];
    if (pid === undefined || fs.existsSync(`/proc/${pid}`)) continue;
    const file = path.join(DIRECTORY, name);
    try {
      const found = readPresence(file);
      if (found.pid === Number(pid) && found.namespace === namespace) fs.rmSync(file);
    } catch {
      // Another process was quicker, or it is not ours.
    }
  }
}

/** From here on, this process is known to take one on this signal. @param {string} signal */
function publish(signal) {
  if (process.platform !== 'linux') return;
  if (present === undefined) process.once('exit', withdraw);
  present = {
    pid: process.pid,
    start: startOfProcess('self'),
    namespace: pidNamespace(),
    signal,
    done: present?.done ?? 0,
    last: null,
  };
  sweep();
  write();
}

/** What came of one. @param {{ error: import('../types.js').CodedError, snapshot?: undefined } | { error?: undefined, snapshot: { path: string } }} outcome */
function record({ error, snapshot }) {
  if (present === undefined) return;
  present.done += 1;
  present.last = error === undefined ? { path: snapshot.path } : { code: error.code, message: error.message };
  write();
}

/** No more. Never throws: it is called when the program ends, and must not change how. */
function withdraw() {
  if (present === undefined) return;
  const { pid, start, namespace } = present;
  present = undefined;
  process.off('exit', withdraw);
  for (const file of filesOf(pid, namespace)) {
    try {
      const found = readPresence(file);
      if (found.pid === pid && found.start === start && found.namespace === namespace) fs.rmSync(file);
    } catch {
      // There is none, or it is not ours.
    }
  }
}

module.exports = { filesOf, publish, readPresence, record, withdraw };
