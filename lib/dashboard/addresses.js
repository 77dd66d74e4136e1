'use strict';
// Where the page of a process is: a small file for each process that has one, in a directory
// that only its user can read, for `memwatch top PID`. A page is served without them as well.

const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const user = () => (process.getuid ? process.getuid() : 0);
const directory = () => path.join(os.tmpdir(), `memwatch-pages-${user()}`);
const fileOf = (pid) => path.join(directory(), `${pid}`);

/** Whether the directory is ours alone: the system's temporary one belongs to all. */
function isOurs() {
  const status = fs.lstatSync(directory());
  const { mode, uid } = status;
  if (!status.isDirectory()) return false;
  return process.platform === 'win32' || (uid === user() && (mode & 0o077) === 0);
}

/** Notes where the page of a process is. @returns {() => void} takes the note away */
function publishPage(pid, url) {
  try {
    fs.mkdirSync(directory(), { recursive: true, mode: 0o700 });
    if (!isOurs()) return () => {};
    fs.writeFileSync(fileOf(pid), url, { mode: 0o600 });
  } catch {
    // Nobody can look it up by its number then.
    return () => {};
  }
  return () => fs.rmSync(fileOf(pid), { force: true });
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
function findPage(pid) {
  try {
    // One that was ended by force could not take its note away.
    if (!isRunning(pid)) fs.rmSync(fileOf(pid), { force: true });
    return isOurs() ? fs.readFileSync(fileOf(pid), 'utf8') : null;
  } catch {
    return null;
  }
}

module.exports = { publishPage, findPage };
