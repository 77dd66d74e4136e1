'use strict';
// Errors as Node makes its own: a sentence and a `code`, and with it the address of what to do about it, so
// that a stack trace ends with where to look. Which errors there are is in docs/errors.md and errors.d.ts.

const { printableLines } = require('./printable.js');

const PAGE = 'https://github.com/memwatch/memwatch/blob/main/docs/errors.md';

/** Where the documentation explains an error. @param {string} code */
const helpFor = (code) => `${PAGE}#${code.toLowerCase()}`;

/** Whether a code is memwatch's own, which docs/errors.md explains. @param {unknown} code @returns {code is string} */
const isOwn = (code) => typeof code === 'string' && code.startsWith('ERR_MEMWATCH_');

/**
 * Gives an error its code and the address of its documentation, and returns it.
 * @template {Error} E
 * @param {E} error
 * @param {string} code
 * @returns {E & { code: string, help?: string }}
 */
function withCode(error, code) {
  return Object.assign(error, isOwn(code) ? { code, help: helpFor(code) } : { code });
}

/** The line below the sentence of an error; undefined where the code is not memwatch's. @param {unknown} code */
const seeHelp = (code) => (isOwn(code) ? `See ${helpFor(code)}` : undefined);

/** Reports a failure where no caller can catch it. @param {string} sentence @param {string | undefined} code */
function warn(sentence, code) {
  process.emitWarning(printableLines(sentence), { type: 'MemwatchWarning', code, detail: seeHelp(code) });
}

/** An error as a warning of memwatch, with its cause. @param {Error & { code?: string }} error */
function warnOf(error) {
  process.emitWarning(Object.assign(error, { name: 'MemwatchWarning', detail: seeHelp(error.code) }));
}

module.exports = { helpFor, seeHelp, warn, warnOf, withCode };
