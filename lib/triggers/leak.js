'use strict';
// A snapshot on the leak event: the option `onLeak.snapshot`. When there is a leak is not
// decided here.

const { addOptions } = require('../configure.js');
const { take } = require('./take.js');
const { TRUE_OR_FALSE } = require('../options.js');

// A leak that goes on is told again and again. Snapshots this far apart show it grow, and a
// directory with the usual quota holds those of three hours.
const PERIOD_MS = 10 * 60_000;

let isOn = false;
let takenAt = -Infinity;

addOptions({
  onLeak: {
    snapshot: {
      ...TRUE_OR_FALSE,
      get: () => isOn,
      set: (value) => {
        isOn = value;
      },
    },
  },
});

/** A leak was told. Only in a copy of the process: nobody has asked for the program to stand still. */
function onLeak() {
  if (!isOn) return;
  const now = performance.now();
  if (now - takenAt < PERIOD_MS) return;
  const before = takenAt;
  takenAt = now;
  take('leak', { mode: 'fork' }).then(({ error }) => {
    // It never came to its turn, so the next leak may have one. What failed otherwise, such as for a
    // full disk, would fail at each leak.
    if (error?.code === 'ERR_MEMWATCH_SNAPSHOT_BUSY') takenAt = before;
  });
}

module.exports = { onLeak };
