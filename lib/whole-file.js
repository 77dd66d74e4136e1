'use strict';
// A small file that others read: whole at any moment, for this user alone. It is written
// next to its path and renamed; a link in its place is replaced and never followed. That outlives the
// end of the process, however it comes, though not that of the machine.

const fs = require('node:fs');
const path = require('node:path');

const RANDOM_BYTES = 8;

/** The name of a file while it is written: unique, whatever the clocks say. @param {string} file */
function nameBeside(file) {
  // Only here: Node's crypto takes longer to load than most of memwatch does.
  const { randomBytes } = require('node:crypto');
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

// On Windows a file that somebody reads at this moment, such as a virus scanner, cannot be replaced: after some
// milliseconds it can. In milliseconds, and how often.
const RETRY_AFTER_MS = 10;
const RETRIES = 20;
const HELD_CODES = new Set(['EPERM', 'EACCES', 'EBUSY']);

/** @param {string} from @param {string} to */
function rename(from, to) {
  for (let left = process.platform === 'win32' ? RETRIES : 0; ; left--) {
    try {
      return fs.renameSync(from, to);
    } catch (error) {
      if (left === 0 || !HELD_CODES.has(error.code)) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_AFTER_MS);
    }
  }
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
    rename(beside, file);
  } catch (error) {
    fs.rmSync(beside, { force: true });
    throw error;
  }
}

module.exports = { isNameBeside, writeWhole };
