'use strict';
// Which process a number means: numbers are used again, and with the moment of its start
// two of them are distinguished. Linux only.

const fs = require('node:fs');

// Of the fields of statOf: the 22nd of all.
const START_TIME = 19;

/**
 * The fields of /proc/PID/stat after the name, the state first; throws if there is no such process.
 * @returns {string[]}
 * @param {number | string} pid
 */
function statOf(pid) {
  const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in parentheses, may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/**
 * When a process has started, in the system's ticks; nothing where there is none, or no /proc.
 * @param {number | string} pid a number, or `self`
 * @returns {string | undefined}
 */
function startOfProcess(pid) {
  try {
    return statOf(pid)[START_TIME];
  } catch {
    return undefined;
  }
}

/**
 * Which numbers of processes mean the same: a file may be that of several containers.
 * @param {number | string} [pid] this process unless it is given
 * @returns {string | undefined} nothing without /proc, and nothing of another user's process
 */
function pidNamespace(pid = 'self') {
  try {
    return fs.readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

module.exports = { pidNamespace, startOfProcess, statOf };
