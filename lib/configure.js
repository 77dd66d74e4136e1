'use strict';
// memwatch.configure(): checks what it is given as a whole, and only then hands each
// option to the room that it belongs to. What an option does is that room's business.

const { withCode } = require('./errors.js');
const { printable } = require('./printable.js');

/**
 * One option, as its room describes it.
 * @typedef {object} Option
 * @property {string} takes                what it takes, to end the sentence "… must be"
 * @property {(value: any) => boolean} accepts
 * @property {(value: any) => unknown} [prepare]  what is set instead; throws where it cannot be, before any option is set
 * @property {() => unknown} get           the value in force
 * @property {(value: any) => void} set
 */

/** What a switch takes: an option that is on or off spreads it. */
const TRUE_OR_FALSE = { takes: 'true or false', accepts: (value) => typeof value === 'boolean' };

/** @type {Map<string, Option>} */
const options = new Map();

/** A room's options. @param {Record<string, Option>} own */
function addOptions(own) {
  for (const [name, option] of Object.entries(own)) options.set(name, option);
}

/** What is to be done once all of a call's options are set. @type {(() => void)[]} */
const afterwards = [];

/** A room whose options depend on those of others. @param {() => void} apply */
function onConfigured(apply) {
  afterwards.push(apply);
}

function wrong(message) {
  return withCode(new TypeError(message), 'ERR_MEMWATCH_WRONG_OPTION');
}

/** A value as a sentence can hold it. */
function told(value) {
  if (typeof value === 'string') return printable(JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value));
  if (typeof value === 'function') return 'a function';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}

/** Changes what is given, leaves the rest, and returns all options as they are then. */
function configure(changes = {}) {
  if (typeof changes !== 'object' || changes === null || Array.isArray(changes)) {
    throw wrong(`The options of memwatch.configure() must be an object, but got ${told(changes)}.`);
  }
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  for (const [name, value] of given) {
    const option = options.get(name);
    if (option === undefined) {
      throw wrong(`memwatch.configure() has no option ${told(name)}; it has ${[...options.keys()].sort().join(', ')}.`);
    }
    if (!option.accepts(value)) {
      throw wrong(`The option ${name} of memwatch.configure() must be ${option.takes}, but got ${told(value)}.`);
    }
  }
  const prepared = given.map(([name, value]) => {
    const { prepare = (/** @type {unknown} */ same) => same, set } = /** @type {Option} */ (options.get(name));
    const whole = prepare(value);
    return () => set(whole);
  });
  for (const set of prepared) set();
  for (const apply of afterwards) apply();
  return Object.fromEntries([...options].map(([name, option]) => [name, option.get()]));
}

module.exports = { TRUE_OR_FALSE, addOptions, configure, onConfigured, told };
