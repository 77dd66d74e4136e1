'use strict';
// File names that a program passes: whether they are valid, and the resulting path. The callers
// use the file.

const fs = require('node:fs');
const path = require('node:path');
const { withCode } = require('./errors.js');
const { invalid } = require('./options.js');
const { printable } = require('./printable.js');

/** Half of a pair of UTF-16 units. Node writes file names as UTF-8, which has none: another name would come of it. */
const hasLoneSurrogate = (/** @type {string} */ text) => /\p{Surrogate}/u.test(text);

/** Whether a value can name a file. @param {unknown} value */
const isFileName = (value) =>
  typeof value === 'string' && value !== '' && !value.includes('\0') && !hasLoneSurrogate(value);

/** Throws for a name with half a character. @param {string | undefined} name */
function checkFileName(name) {
  if (name === undefined || !hasLoneSurrogate(name)) return;
  const sentence = `${printable(JSON.stringify(name))} is not a valid file name: it contains a lone surrogate.`;
  throw invalid(sentence);
}

/**
 * The error that says that the working directory is gone: Node remembers its name, also after it was removed. None where
 * the permission model alone keeps us from seeing it.
 */
function whyGone() {
  try {
    fs.statSync(process.cwd());
  } catch (error) {
    if (error.code === 'ENOENT') return error;
  }
}

/** The whole path of a name. Throws where it begins at a working directory that is gone. @param {string} name */
function wholePath(name) {
  const cause = path.isAbsolute(name) ? undefined : whyGone();
  if (cause === undefined) return path.resolve(name);
  const sentence =
    `${printable(name)} is relative to the working directory, which was removed: ` +
    'use an absolute path, or change to a directory that exists.';
  throw withCode(new Error(sentence, { cause }), 'ERR_MEMWATCH_WORKING_DIRECTORY');
}

module.exports = { checkFileName, isFileName, wholePath };
