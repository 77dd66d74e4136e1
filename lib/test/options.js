'use strict';
// The options of expectNoLeak: their defaults, and one sentence for each wrong one.

const { withCode } = require('../errors.js');

const isPositive = (value) => Number.isFinite(value) && value > 0;

// What each takes, and what it is where it is not given.
const OPTIONS = {
  // The pointer that an array needs for one more object: less is no leak of anything.
  tolerance: {
    otherwise: 8,
    takes: 'bytes per call, at least 0',
    accepts: (value) => value === 0 || isPositive(value),
  },
  timeout: { otherwise: 20_000, takes: 'milliseconds above 0', accepts: isPositive },
  warmUp: {
    otherwise: 10,
    takes: 'a whole number of calls',
    accepts: (value) => Number.isSafeInteger(value) && value >= 0,
  },
  name: { otherwise: undefined, takes: 'a string', accepts: (value) => typeof value === 'string' },
};

function wrong(message) {
  return withCode(new TypeError(message), 'ERR_MEMWATCH_WRONG_OPTION');
}

function checkOptions(work, options) {
  if (typeof work !== 'function') throw wrong('expectNoLeak() takes a function that does the work once.');
  if (typeof options !== 'object' || options === null) throw wrong('The options of expectNoLeak() must be an object.');
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(OPTIONS, name)) {
      throw wrong(`expectNoLeak() has no option "${name}"; it has ${Object.keys(OPTIONS).join(', ')}.`);
    }
  }
  const entries = Object.entries(OPTIONS).map(([name, { otherwise, takes, accepts }]) => {
    const value = options[name];
    if (value === undefined) return [name, otherwise];
    if (!accepts(value)) throw wrong(`The option ${name} of expectNoLeak() must be ${takes}.`);
    return [name, value];
  });
  const checked = Object.fromEntries(entries);
  checked.name ??= work.name || 'the work';
  return checked;
}

module.exports = { checkOptions };
