'use strict';
// Known leaks: a file of signatures, as `memwatch diff` prints them, one a line; the rest of a line is for people. A
// signature is of a function and its file, not of a line or a process: it is the same after other code has moved.

const { createHash } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { withCode } = require('../errors.js');
const { called } = require('../places.js');
const { printable } = require('../printable.js');

const DIGITS = 16;
const HEADER = '# Known leaks of memwatch run: a signature a line, and what it is.';

/** The path of a file from here, with slashes; as it is where it is not below. @param {string} file */
function fromHere(file) {
  const relative = path.relative(process.cwd(), file.replace(/^file:\/\//, ''));
  const isBelow = !relative.startsWith('..') && !path.isAbsolute(relative);
  return isBelow ? relative.split(path.sep).join('/') : file;
}

/** What a leak is known by, in words. @param {import('./ledger.js').Leak} entry */
function wordsOf({ leak, suspects: [first], meta }) {
  const where = first ? `${called(first.function)} ${first.file ? fromHere(first.file) : ''}`.trim() : meta.name;
  return `${leak.kind} ${where}`;
}

/** @param {import('./ledger.js').Leak} entry */
const signatureOf = (entry) => createHash('sha256').update(wordsOf(entry)).digest('hex').slice(0, DIGITS);

/** @param {string} file @returns {Map<string, string>} lines by signature */
function readBaseline(file) {
  let text;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    const why = `the baseline cannot be read: ${file}: ${error.message}`;
    throw withCode(new Error(why), 'ERR_MEMWATCH_BASELINE_UNREADABLE');
  }
  const lines = text.split('\n').map((line) => line.trim());
  const listed = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(listed.map((line) => [line.split(/\s/, 1)[0], line]));
}

/** The line of a leak in a baseline. @param {import('./ledger.js').Leak} entry */
const lineOf = (entry) => `${signatureOf(entry)} ${printable(wordsOf(entry))}`;

/**
 * The text of a baseline: what was known, and what leaked now.
 * @param {Map<string, string>} known
 * @param {import('./ledger.js').Leak[]} leaks
 */
function baselineOf(known, leaks) {
  const all = new Map([...known, ...leaks.map((entry) => /** @type {const} */ ([signatureOf(entry), lineOf(entry)]))]);
  return [HEADER, ...[...all.values()].sort(), ''].join('\n');
}

module.exports = { baselineOf, fromHere, lineOf, readBaseline, signatureOf };
