'use strict';
// What `memwatch snapshot PID` finds out from outside: that this process takes a snapshot on
// a signal, on which, and what came of the last. A file of a few words, for this user alone.
// Where it cannot be written the signal works all the same, and the command says that it
// does not know of it.

const fs = require('node:fs');
const path = require('node:path');
const { startOfProcess } = require('../process-start.js');
const { writeWhole } = require('../whole-file.js');

// Not os.tmpdir(), which is another for whoever asks.
const DIRECTORY = '/tmp';

const fileOf = (pid) => path.join(DIRECTORY, `memwatch-${pid}.json`);
const FILE = /^memwatch-(\d+)\.json$/;

let present;

function write() {
  try {
    writeWhole(fileOf(process.pid), JSON.stringify(present));
  } catch {
    // The signal works without.
  }
}

/** Which numbers of processes mean the same: a directory may be that of several containers. */
const namespace = () => fs.readlinkSync('/proc/self/ns/pid');

/** Takes away what processes of this user have left that were killed. */
function sweep() {
  for (const name of fs.readdirSync(DIRECTORY)) {
    const pid = FILE.exec(name)?.[1];
    if (pid === undefined || fs.existsSync(`/proc/${pid}`)) continue;
    try {
      // Anyone may put anything there under such a name: a pipe, which is never read to its end.
      const found = fs.lstatSync(fileOf(pid));
      if (!found.isFile() || found.uid !== process.getuid()) continue;
      if (JSON.parse(fs.readFileSync(fileOf(pid), 'utf8')).namespace === namespace()) fs.rmSync(fileOf(pid));
    } catch {
      // Somebody else was quicker, or it is none of ours.
    }
  }
}

/** From here on, this process is known to take one on this signal. */
function publish(signal) {
  if (process.platform !== 'linux') return;
  if (present === undefined) process.once('exit', withdraw);
  present = { pid: process.pid, start: startOfProcess('self'), signal, done: present?.done ?? 0, last: null };
  try {
    present.namespace = namespace();
    sweep();
  } catch {
    // Without /proc, or with a directory that cannot be read, they stay.
  }
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

module.exports = { fileOf, publish, record, withdraw };
