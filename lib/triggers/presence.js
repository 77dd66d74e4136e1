'use strict';
// What `memwatch snapshot PID` finds out from outside: that this process takes a snapshot on
// a signal, on which, and what came of the last. A file of a few words, for this user alone.
// Where it cannot be written the signal works all the same, and the command says that it
// does not know of it.

const fs = require('node:fs');
const path = require('node:path');

// Not os.tmpdir(), which is another for whoever asks.
const DIRECTORY = '/tmp';

const fileOf = (pid) => path.join(DIRECTORY, `memwatch-${pid}.json`);

/** When a process has started, in the system's ticks: with its number, which process it is. */
function startOf(stat) {
  // The name, in parentheses, may hold anything. The 22nd field is the 20th behind it.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

let present;

/** Beside, and renamed: whoever reads finds a whole one. A link in its place is replaced and never followed. */
function write() {
  const file = fileOf(process.pid);
  const beside = `${file}.${process.hrtime.bigint()}`;
  try {
    fs.writeFileSync(beside, JSON.stringify(present), { flag: 'wx', mode: 0o600 });
    fs.renameSync(beside, file);
  } catch {
    fs.rmSync(beside, { force: true });
  }
}

/** From here on, this process is known to take one on this signal. */
function publish(signal) {
  if (process.platform !== 'linux') return;
  if (present === undefined) process.once('exit', withdraw);
  const start = startOf(fs.readFileSync('/proc/self/stat', 'utf8'));
  present = { pid: process.pid, start, signal, done: present?.done ?? 0, last: null };
  write();
}

/** What came of one. @param {{ error: Error } | { snapshot: object }} outcome */
function record({ error, snapshot }) {
  if (present === undefined) return;
  present.done += 1;
  present.last = error === undefined ? { path: snapshot.path } : { code: error.code, message: error.message };
  write();
}

/** No more. */
function withdraw() {
  if (present === undefined) return;
  present = undefined;
  fs.rmSync(fileOf(process.pid), { force: true });
}

module.exports = { fileOf, publish, record, startOf, withdraw };
