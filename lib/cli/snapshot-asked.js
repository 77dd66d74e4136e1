'use strict';
// A snapshot of a process that is connected to `memwatch run` or to a dashboard: requested over the
// local socket there, which only this user can reach. No signal is used, and nothing is stopped
// without the option for it.

const { withCode } = require('../errors.js');
const { mebibytes } = require('../format.js');
const { ask } = require('./ask-process.js');

const SECOND_MS = 1000;

/** @param {string} code @param {string} message */
function refusal(code, message) {
  return withCode(new Error(message), code);
}

/**
 * What stopping the program costs, in a sentence.
 * @param {number | string} pid
 * @param {{ heapBytes: number, leastMs: number, mostMs: number, memoryBytes: number, why: string }} cost
 */
function costOf(pid, { heapBytes, leastMs, mostMs, memoryBytes, why }) {
  const [least, most] = [leastMs, mostMs].map((ms) => Math.round(ms / SECOND_MS));
  const time = least === most ? `about ${least} s` : `${least} to ${most} s`;
  return `process ${pid} cannot take the snapshot in a forked child (${why}); with --stop the program is stopped for ${time} and takes about ${mebibytes(memoryBytes)} more meanwhile, for a heap of ${mebibytes(heapBytes)}`;
}

/**
 * @param {object} asked
 * @param {string | null} asked.address  of the socket; null without a socket
 * @param {number} asked.pid
 * @param {string} [asked.thread]  number or name; the main thread unless it is given
 * @param {boolean} asked.stop  the program may be stopped
 * @param {number} asked.timeout  seconds
 * @returns {Promise<string>} the file; rejects with `isGone` if nothing listens there any more
 */
async function askForSnapshot({ address, pid, thread, stop, timeout }) {
  if (address === null) {
    const why = `--thread needs a program that memwatch run started or that has a dashboard, and process ${pid} is neither`;
    throw refusal('ERR_MEMWATCH_NO_TRIGGER', why);
  }
  const how = { timeoutMs: timeout * SECOND_MS, of: 'a snapshot' };
  const taken = await ask(address, { pid, thread, action: 'snapshot' }, how);
  if (taken.mustStop === undefined) return taken.file;
  if (!stop) throw refusal('ERR_MEMWATCH_SNAPSHOT_FORK', costOf(pid, taken.mustStop));
  return (await ask(address, { pid, thread, action: 'snapshot-stopped' }, how)).file;
}

module.exports = { askForSnapshot };
