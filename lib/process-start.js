'use strict';
// Which process a number means: numbers are used again, and with the moment of its start
// one is told from another. Linux only.

const fs = require('node:fs');

/**
 * When a process has started, in the system's ticks; nothing where there is none, or no /proc.
 * @param {number | string} pid a number, or `self`
 * @returns {string | undefined}
 */
function startOfProcess(pid) {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold anything. The 22nd field is the 20th behind it.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}

module.exports = { startOfProcess };
