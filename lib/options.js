'use strict';
// The one check of arguments and options: kinds of values, each with its description, and
// one sentence for each usage error. Each function declares its own options and what they
// do.

const { types } = require('node:util');
const { withCode } = require('./errors.js');
const { printable } = require('./printable.js');

/**
 * What an option or an argument takes.
 * @typedef {object} Kind
 * @property {string} takes  to end the sentence "… must be"
 * @property {(value: any) => boolean} accepts
 * @property {unknown} [otherwise]  what it is where it is not given
 * @property {boolean} [isSecret]  the value is not shown in the error
 */

const LONGEST_SHOWN = 40;

/** A value as a sentence can hold it. @param {unknown} value */
function shown(value) {
  if (typeof value === 'string') {
    return printable(JSON.stringify(value.length > LONGEST_SHOWN ? `${value.slice(0, LONGEST_SHOWN)}…` : value));
  }
  if (typeof value === 'function') return 'a function';
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return 'an array';
  if (types.isPromise(value)) return 'a promise';
  if (types.isMap(value) || types.isSet(value) || types.isDate(value)) return `a ${value.constructor.name}`;
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** The error for an invalid argument. @param {string} sentence */
function invalid(sentence) {
  return withCode(new TypeError(sentence), 'ERR_MEMWATCH_USAGE');
}

/** `a, b or c`. @param {unknown[]} words */
function alternatives(words) {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words[words.length - 1]}`;
}

/** Whether a value can hold options by name: no array, and none of the objects that hold none and look empty. */
const isObject = (/** @type {unknown} */ value) =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  !types.isPromise(value) &&
  !types.isMap(value) &&
  !types.isSet(value) &&
  !types.isDate(value);

/**
 * One of these values.
 * @param {...(string | boolean)} values
 * @returns {Kind}
 */
const oneOf = (...values) => ({
  takes: alternatives(values.map((value) => (typeof value === 'string' ? `'${value}'` : value))),
  accepts: (value) => values.includes(value),
});

/** @type {Kind} */
const TRUE_OR_FALSE = oneOf(true, false);

/**
 * A whole number in a range.
 * @param {{ least?: number, most?: number, of?: string }} [range]  `of`: the counted unit
 * @returns {Kind}
 */
function wholeNumber({ least = 0, most = Infinity, of } = {}) {
  const range = most === Infinity ? `of at least ${least}` : `from ${least} to ${most}`;
  return {
    takes: `a whole number ${of === undefined ? '' : `of ${of} `}${range}`,
    accepts: (value) => Number.isSafeInteger(value) && value >= least && value <= most,
  };
}

/**
 * Any value that a function takes, in its own words.
 * @param {string} takes
 * @param {(value: any) => boolean} accepts
 * @returns {Kind}
 */
const kind = (takes, accepts) => ({ takes, accepts });

const A_FUNCTION = kind('a function', (value) => typeof value === 'function');
const A_STRING = kind('a string', (value) => typeof value === 'string');
const A_NAME = kind('a string that is not empty', (value) => typeof value === 'string' && value !== '');

/**
 * Throws where a value is not of its kind.
 * @param {string} subject  such as `The file of memwatch.analyze()`
 * @param {unknown} value
 * @param {Kind} expected
 */
function check(subject, value, { takes, accepts, isSecret = false }) {
  if (accepts(value)) return;
  throw invalid(`${subject} must be ${takes}${isSecret ? '' : `, but got ${shown(value)}`}.`);
}

/**
 * Throws where an option is unknown or has another value than it takes; returns the options, with defaults.
 * An `undefined` option counts as not given.
 * @param {string} call  such as `memwatch.bundle()`
 * @param {unknown} options
 * @param {Record<string, Kind>} known
 * @param {string} [within]  the group of options that they are of, and a dot
 * @param {() => string[]} [all]  the options of all groups, where there are any, as `group.option`
 * @returns {Record<string, any>}
 */
function checkOptions(call, options, known, within = '', all = () => Object.keys(known)) {
  check(`The options of ${call}`, options, kind('an object', isObject));
  const given = Object.entries(/** @type {object} */ (options)).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    if (!Object.hasOwn(known, name)) {
      const names = Object.keys(known).map((one) => within + one);
      // Loaded for a mistake alone.
      const { didYouMeanOption } = require('./suggestion.js');
      const meant = didYouMeanOption(within + name, all());
      throw invalid(`${call} has no option ${shown(within + name)}; it has ${names.sort().join(', ')}${meant || '.'}`);
    }
    check(`The option ${within}${name} of ${call}`, value, known[name]);
  }
  const defaults = Object.entries(known).filter(([, { otherwise }]) => otherwise !== undefined);
  return {
    ...Object.fromEntries(defaults.map(([name, { otherwise }]) => [name, otherwise])),
    ...Object.fromEntries(given),
  };
}

module.exports = {
  A_FUNCTION,
  A_NAME,
  A_STRING,
  TRUE_OR_FALSE,
  alternatives,
  check,
  checkOptions,
  invalid,
  isObject,
  kind,
  oneOf,
  shown,
  wholeNumber,
};
