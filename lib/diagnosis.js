'use strict';
// The diagnosis of a leak while it is there: the option `diagnose`, and the report that goes
// with the event. When a leak is confirmed is not decided here.

const { addOptions } = require('./configure.js');
const { analyzeNow } = require('./live-snapshot.js');

let isOn = false;

addOptions({
  diagnose: {
    takes: 'true or false',
    accepts: (value) => typeof value === 'boolean',
    get: () => isOn,
    set: (value) => {
      isOn = value;
    },
  },
});

/**
 * What leaks now, where it is wanted: `{ report }`, or `{ error }` where there is none. Never
 * rejects: the event comes all the same. Only in a copy of the process, because nobody has
 * asked for the program to stand still.
 * @returns {Promise<{ report?: object, error?: Error } | undefined>}
 */
async function diagnose() {
  if (!isOn) return undefined;
  try {
    return { report: await analyzeNow({ mode: 'fork' }) };
  } catch (error) {
    return { error };
  }
}

module.exports = { diagnose };
