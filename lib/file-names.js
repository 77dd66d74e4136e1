'use strict';
// Names of files that a program gives: which can be one, and where it lies. What is done with
// the file is the callers' business.

const fs = require('node:fs');
const path = require('node:path');
const { withCode } = require('./errors.js');
const { printable } = require('./printable.js');

/** Half of a pair of UTF-16 units. Node writes file names as UTF-8, which has none: another name would come of it. */
const hasLoneSurrogate = (text) => /\p{Surrogate}/u.test(text);

/** Whether a value can name a file. @param {unknown} value */
const isFileName = (value) =>
  typeof value === 'string' && value !== '' && !value.includes('\0') && !hasLoneSurrogate(value);

/** Throws for a name with half a character. @param {string | undefined} name */
function checkFileName(name) {
  if (name === undefined || !hasLoneSurrogate(name)) return;
  const sentence = `${printable(JSON.stringify(name))} is not a valid file name: it contains a lone surrogate.`;
  throw withCode(new TypeError(sentence), 'ERR_MEMWATCH_USAGE');
}

/** Not where the permission model alone keeps us from seeing it. */
function isGone(directory) {
  try {
    fs.statSync(directory);
    return false;
  } catch (error) {
    return error.code === 'ENOENT';
  }
}

/** The whole path of a name. Throws where it begins at a working directory that is gone. @param {string} name */
function wholePath(name) {
  if (path.isAbsolute(name)) return path.resolve(name);
  try {
    const directory = process.cwd();
    // Node remembers the name, also after the directory was removed.
    if (isGone(directory)) throw Object.assign(new Error(`${directory} was removed`), { code: 'ENOENT' });
    return path.resolve(directory, name);
  } catch (cause) {
    if (cause?.code !== 'ENOENT') throw cause;
    const sentence =
      `${printable(name)} is relative to the working directory, which was removed: ` +
      'use an absolute path, or change to a directory that exists.';
    throw withCode(new Error(sentence, { cause }), 'ERR_MEMWATCH_WORKING_DIRECTORY');
  }
}

module.exports = { checkFileName, isFileName, wholePath };
