'use strict';
// Where the page of a process is, and where it can be asked for a snapshot: small files for each
// process that has them, in a directory that only its user can read, for `memwatch top PID` and
// `memwatch snapshot PID`. A page is served without them as well.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { readRegular } = require('../own-file.js');

// An address is short.
const MOST_BYTES = 4096;

// Files belong to the effective user.
const user = () => (process.geteuid ? process.geteuid() : 0);
const directory = () => path.join(os.tmpdir(), `memwatch-pages-${user()}`);
const fileOf = (pid) => path.join(directory(), `${pid}`);
const feedFileOf = (pid) => `${fileOf(pid)}.feed`;

/** Whether the directory is ours alone: the system's temporary one belongs to all. */
function isOurs() {
  const status = fs.lstatSync(directory());
  const { mode, uid } = status;
  if (!status.isDirectory()) return false;
  return process.platform === 'win32' || (uid === user() && (mode & 0o077) === 0);
}

/** Notes where the page of a process is. @returns {() => void} takes the note away */
const publishPage = (pid, url) => note(fileOf(pid), url);

/** Notes on which local socket a process can be asked for something. @returns {() => void} takes the note away */
const publishFeed = (pid, address) => note(feedFileOf(pid), address);

// The last one to leave removes the directory: it may be gone before a note is written in it.
const ATTEMPTS = 3;

function note(file, text) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      makeDirectory();
      if (!isOurs()) return () => {};
      fs.writeFileSync(file, text, { mode: 0o600 });
      return () => forget(file);
    } catch {
      // Again, or nobody can look it up by its number.
    }
  }
  return () => {};
}

/** Of the system's temporary directory alone: where that is not there, it is not made. */
function makeDirectory() {
  try {
    fs.mkdirSync(directory(), { mode: 0o700 });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

/** Takes a note away, where the directory is still ours: another may have come into its place. */
function forget(file) {
  try {
    if (!isOurs()) return;
    fs.rmSync(file, { force: true });
    fs.rmdirSync(directory());
  } catch {
    // There is no directory any more, or there are notes of others in it.
  }
}

/** Whether there is such a process. Of another user's the answer does not matter: it has no note here. */
function isRunning(pid) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** The address that a process has noted, or null. */
const findPage = (pid) => found(pid, fileOf(pid));

/** The socket on which a process can be asked, or null. */
const findFeed = (pid) => found(pid, feedFileOf(pid));

function found(pid, file) {
  try {
    // First of all: what is behind another user's link is not to be touched.
    if (!isOurs()) return null;
    // One that was ended by force could not take its note away.
    if (!isRunning(pid)) forget(file);
    return readRegular(file, { mostBytes: MOST_BYTES, user: process.geteuid?.() });
  } catch {
    return null;
  }
}

module.exports = { publishPage, findPage, publishFeed, findFeed };
