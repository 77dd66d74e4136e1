'use strict';
// A small file that others read: whole at any moment, for this user alone. It is written
// beside and renamed; a link in its place is replaced and never followed. That outlives the
// end of the process, however it comes, though not that of the machine.

const { randomBytes } = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const RANDOM_BYTES = 8;

/** What a file is called while it is written: nobody else's name, whatever the clocks say. @param {string} file */
function nameBeside(file) {
  const unique = `${process.pid}-${randomBytes(RANDOM_BYTES).toString('hex')}`;
  return path.join(path.dirname(file), `.${path.basename(file)}.${unique}`);
}

/**
 * Whether a name, without its directory, is one that a writer of this file may have left when it was killed.
 * @param {string} name
 * @param {string} file
 */
function isNameBeside(name, file) {
  const start = `.${path.basename(file)}.`;
  return name.startsWith(start) && /^\d+-[\da-f]+$/.test(name.slice(start.length));
}

/**
 * Throws what the system says, and leaves nothing half-written.
 * @param {string} file
 * @param {string | ((beside: string) => string)} text  or what makes it, once its file is there under its first name
 */
function writeWhole(file, text) {
  const beside = nameBeside(file);
  const descriptor = fs.openSync(beside, 'wx', 0o600);
  try {
    try {
      fs.writeFileSync(descriptor, typeof text === 'string' ? text : text(beside));
    } finally {
      fs.closeSync(descriptor);
    }
    fs.renameSync(beside, file);
  } catch (error) {
    fs.rmSync(beside, { force: true });
    throw error;
  }
}

module.exports = { isNameBeside, writeWhole };
