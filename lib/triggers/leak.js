'use strict';
// A snapshot on the leak event: the option `onLeak.snapshot`. When there is a leak is not
// decided here.

const { TRUE_OR_FALSE } = require('../options.js');

// A continuing leak is reported repeatedly. Snapshots this far apart show it grow, and a
// directory with the usual quota holds those of three hours.
const PERIOD_MS = 10 * 60_000;

/**
 * @param {object} by
 * @param {import('../configure.js').Configuration} by.configuration
 * @param {import('./take.js').TriggeredSnapshots} by.triggered
 */
function leakTrigger({ configuration, triggered }) {
  let isOn = false;
  let takenAt = -Infinity;

  configuration.addOptions({
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

  /** A leak was reported. Only in a forked child: no user has agreed to stop the program. */
  function onLeak() {
    if (!isOn) return;
    const now = performance.now();
    if (now - takenAt < PERIOD_MS) return;
    const before = takenAt;
    takenAt = now;
    triggered.take('leak', { mode: 'fork' }).then(({ error }) => {
      // It never came to its turn, so the next leak may have one. What failed otherwise, such as for a
      // full disk, would fail at each leak.
      if (error?.code === 'ERR_MEMWATCH_SNAPSHOT_BUSY') takenAt = before;
    });
  }

  return { onLeak };
}

module.exports = { leakTrigger };
