'use strict';
// Errors as Node makes its own: a sentence and a `code`, and with it the address of what to do about it, so
// that a stack trace ends with where to look. Which errors there are is in docs/errors.md and errors.d.ts.

const { printableLines } = require('./printable.js');

const PAGE = 'https://github.com/memwatch/memwatch/blob/main/docs/errors.md';

/** Where the documentation explains an error. @param {string} code */
const helpFor = (code) => `${PAGE}#${code.toLowerCase()}`;

/**
 * Gives an error its code and the address of its documentation, and returns it.
 * @template {Error} E
 * @param {E} error
 * @param {string} code
 * @returns {E & { code: string, help: string }}
 */
function withCode(error, code) {
  return Object.assign(error, { code, help: helpFor(code) });
}

/** Reports a failure where there is no caller to throw to. @param {string} sentence @param {string | undefined} code */
function warn(sentence, code) {
  // The detail is a line of its own, below the sentence.
  const detail = code?.startsWith('ERR_MEMWATCH_') ? `See ${helpFor(code)}` : undefined;
  process.emitWarning(printableLines(sentence), { type: 'MemwatchWarning', code, detail });
}

module.exports = { helpFor, warn, withCode };
