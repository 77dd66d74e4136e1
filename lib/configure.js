'use strict';
// memwatch.configure(): checks what it is given as a whole, and only then hands each
// option to the room that it belongs to. What an option does is that room's business.

const { checkOptions } = require('./options.js');

/**
 * One option, as its module describes it.
 * @typedef {import('./options.js').Kind & Setting} Option
 * @typedef {object} Setting
 * @property {(value: any) => unknown} [prepare]  what is set instead; throws where it cannot be, before any option is set
 * @property {() => unknown} get           the value in force
 * @property {(value: any) => void} set
 */

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

/** Changes what is given, leaves the rest, and returns all options as they are then. */
function configure(changes = {}) {
  const given = Object.entries(checkOptions('memwatch.configure()', changes, Object.fromEntries(options)));
  const prepared = given.map(([name, value]) => {
    const { prepare = (/** @type {unknown} */ same) => same, set } = /** @type {Option} */ (options.get(name));
    const whole = prepare(value);
    return () => set(whole);
  });
  for (const set of prepared) set();
  for (const apply of afterwards) apply();
  return Object.fromEntries([...options].map(([name, option]) => [name, option.get()]));
}

module.exports = { addOptions, configure, onConfigured };
