'use strict';
// Errors as Node makes its own: a sentence and a `code`. Which errors there are is in
// docs/errors.md and index.d.ts.

const { printableLines } = require('./printable.js');

/**
 * Gives an error its code and returns it.
 * @template {Error} E
 * @param {E} error
 * @param {string} code
 * @returns {E & { code: string }}
 */
function withCode(error, code) {
  return Object.assign(error, { code });
}

/** Reports a failure where there is no caller to throw to. @param {string} sentence @param {string | undefined} code */
function warn(sentence, code) {
  process.emitWarning(printableLines(sentence), { type: 'MemwatchWarning', code });
}

module.exports = { warn, withCode };
