'use strict';
// The options of expectNoLeak, and their defaults. The sentence for an invalid one is in lib/options.js.

const { A_FUNCTION, A_STRING, check, checkOptions, kind, wholeNumber } = require('../options.js');

const isPositive = (/** @type {number} */ value) => Number.isFinite(value) && value > 0;

const OPTIONS = {
  // The pointer that an array needs for one more object: less is no leak of anything.
  toleranceBytes: { ...kind('bytes per call, at least 0', (value) => value === 0 || isPositive(value)), otherwise: 8 },
  timeoutMs: { ...kind('milliseconds above 0', isPositive), otherwise: 20_000 },
  warmUpCalls: { ...wholeNumber({ of: 'calls' }), otherwise: 10 },
  name: A_STRING,
};

/**
 * @param {unknown} work
 * @param {unknown} options
 */
function checkArguments(work, options) {
  check('The work of expectNoLeak()', work, A_FUNCTION);
  const checked = checkOptions('expectNoLeak()', options, OPTIONS);
  checked.name ??= /** @type {Function} */ (work).name || 'the work';
  return checked;
}

module.exports = { checkArguments };
