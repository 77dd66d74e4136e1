'use strict';
// Which processes get Ctrl-C: a terminal sends it to every process of its foreground group.
// It sends nothing and reads nothing of the terminal.

const tty = require('node:tty');
const { statOf } = require('../process-start.js');

const STANDARD_INPUT = 0;

/**
 * Whether this process, and with it the program that it has started, is in the foreground of a
 * terminal. Standard input does not say so: it may be a file or a pipe all the same.
 */
function isInForeground() {
  try {
    // State, parent, group, session, terminal, and the group in its foreground (-1 without a terminal).
    const [, , group, , , foreground] = statOf('self');
    return group === foreground;
  } catch {
    // Not Linux: the nearest that there is.
    return tty.isatty(STANDARD_INPUT);
  }
}

module.exports = { isInForeground };
