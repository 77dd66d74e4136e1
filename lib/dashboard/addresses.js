'use strict';
// The addresses of the dashboard and of the snapshot socket of a process: small files for each
// process that has them, in a directory that only its user can read, for `memwatch top PID` and
// `memwatch snapshot PID`. A dashboard is served without them as well.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { readRegular } = require('../own-file.js');

// An address is short.
const MOST_BYTES = 4096;

// Files belong to the effective user.
const user = () => (process.geteuid ? process.geteuid() : 0);
const directory = () => path.join(os.tmpdir(), `memwatch-pages-${user()}`);
/** @param {number | string} pid */
const fileOf = (pid) => path.join(directory(), `${pid}`);
/** @param {number | string} pid */
const feedFileOf = (pid) => `${fileOf(pid)}.feed`;

/** Whether the directory is ours alone: the system's temporary one belongs to all. */
function isOurs() {
  const status = fs.lstatSync(directory());
  const { mode, uid } = status;
  if (!status.isDirectory()) return false;
  return process.platform === 'win32' || (uid === user() && (mode & 0o077) === 0);
}

/**
 * Notes where the page of a process is.
 * @returns {() => void} takes the note away
 * @param {number | string} pid
 * @param {string} url
 */
const publishPage = (pid, url) => note(fileOf(pid), url);

/**
 * Notes on which local socket a process can be asked for something.
 * @returns {() => void} takes the note away
 * @param {number | string} pid
 * @param {string} address
 */
const publishFeed = (pid, address) => note(feedFileOf(pid), address);

// The last process removes the directory: it may be gone before a file is written in it.
const ATTEMPTS = 3;

/** @param {string} file @param {string} text */
function note(file, text) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      makeDirectory();
      if (!isOurs()) return () => {};
      fs.writeFileSync(file, text, { mode: 0o600 });
      return () => forget(file);
    } catch {
      // Again, or it could not be found by its pid.
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

/** Removes a file if the directory is still ours: another may have replaced it. @param {string} file */
function forget(file) {
  try {
    if (!isOurs()) return;
    fs.rmSync(file, { force: true });
    fs.rmdirSync(directory());
  } catch {
    // The directory is gone, or has files of other processes in it.
  }
}

/**
 * Whether there is such a process. For another user's the answer does not matter: it has no file here.
 * @param {number | string} pid
 */
function isRunning(pid) {
  try {
    return process.kill(Number(pid), 0);
  } catch {
    return false;
  }
}

/** The registered address of a process, or null. @param {number | string} pid */
const findPage = (pid) => found(pid, fileOf(pid));

/** The socket on which a process takes requests, or null. @param {number | string} pid */
const findFeed = (pid) => found(pid, feedFileOf(pid));

/** @param {number | string} pid @param {string} file @returns {string | null} */
function found(pid, file) {
  try {
    // First of all: the target of another user's link must not be touched.
    if (!isOurs()) return null;
    // A killed process could not remove its file.
    if (!isRunning(pid)) forget(file);
    return readRegular(file, { mostBytes: MOST_BYTES, user: process.geteuid?.() });
  } catch {
    return null;
  }
}

module.exports = { publishPage, findPage, publishFeed, findFeed };
