'use strict';
// A small file that others read: whole at any moment, for this user alone. It is written
// beside and renamed; a link in its place is replaced and never followed. That outlives the
// end of the process, however it comes, though not that of the machine.

const fs = require('node:fs');
const path = require('node:path');

/** Throws what the system says, and leaves nothing half-written. */
function writeWhole(file, text) {
  const beside = path.join(path.dirname(file), `.${path.basename(file)}.${process.pid}-${process.hrtime.bigint()}`);
  try {
    fs.writeFileSync(beside, text, { flag: 'wx', mode: 0o600 });
    fs.renameSync(beside, file);
  } catch (error) {
    fs.rmSync(beside, { force: true });
    throw error;
  }
}

module.exports = { writeWhole };
