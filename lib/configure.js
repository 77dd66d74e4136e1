'use strict';
// memwatch.configure(): checks the whole call first, and only then passes each option to the module
// that it belongs to. Options are grouped by subject: `snapshots.directory` is the option `directory` of the
// group `snapshots`. What an option does is not known here.

const { checkOptions, isObject, kind } = require('./options.js');

const CALL = 'memwatch.configure()';

/**
 * One option, as its module describes it.
 * @typedef {import('./options.js').Kind & Setting} Option
 * @typedef {object} Setting
 * @property {(value: any) => unknown} [prepare]  converts the value; throws if it is unusable, before any option is set
 * @property {() => unknown} get           the value in force
 * @property {(value: any) => void} set
 */

/**
 * Options and groups of options by name.
 * @typedef {{ [name: string]: Option | Group }} Group
 */

const A_GROUP = kind('an object', isObject);

/** @param {Option | Group} entry @returns {entry is Option} */
const isOption = (entry) => typeof entry.set === 'function';

/** The names of all options and groups of a group, at any depth. @param {Group} group @returns {string[]} */
function namesOf(group, within = '') {
  return Object.entries(group).flatMap(([name, entry]) => [
    within + name,
    ...(isOption(entry) ? [] : namesOf(entry, `${within}${name}.`)),
  ]);
}

/** The values in force of a group. @param {Group} group @returns {Record<string, unknown>} */
function inForce(group) {
  const values = Object.entries(group).map(([name, entry]) => [name, isOption(entry) ? entry.get() : inForce(entry)]);
  return Object.fromEntries(values);
}

/**
 * The options of one loading of memwatch: none, until its modules have added theirs.
 * @typedef {ReturnType<typeof configurationOf>} Configuration
 * @param {() => void} [addRest]  called once, before the options are first used: adds those of modules that do nothing
 *   until an option says so
 */
function configurationOf(addRest = () => {}) {
  /** @type {Group} */
  const options = {};
  let isComplete = false;

  /** A module's options; several modules may have some of one group. @param {Group} own @param {Group} [into] */
  function addOptions(own, into = options) {
    for (const [name, entry] of Object.entries(own)) {
      if (isOption(entry)) into[name] = entry;
      else addOptions(entry, /** @type {Group} */ ((into[name] ??= {})));
    }
  }

  /** Actions to run once all options of a call are set. @type {(() => void)[]} */
  const afterwards = [];

  /** A module whose options depend on those of others. @param {() => void} apply */
  function onConfigured(apply) {
    afterwards.push(apply);
  }

  /**
   * Checks the options given for a group, and returns each with its value.
   * @param {unknown} changes
   * @param {Group} group
   * @param {string} within  the name of the group, and a dot
   * @returns {[Option, unknown][]}
   */
  function given(changes, group, within = '') {
    const known = Object.entries(group).map(([name, entry]) => [name, isOption(entry) ? entry : A_GROUP]);
    const checked = checkOptions(CALL, changes, Object.fromEntries(known), within, () => namesOf(options));
    return Object.entries(checked).flatMap(([name, value]) => {
      const entry = group[name];
      return isOption(entry) ? [[entry, value]] : given(value, entry, `${within}${name}.`);
    });
  }

  /**
   * Sets the given options, leaves the rest, and returns all current options. Where an option cannot be set, as a
   * file that cannot be written, the others are all the same, and the first such error is thrown.
   */
  function configure(changes = {}) {
    if (!isComplete) addRest();
    isComplete = true;
    // Loaded with a call that changes something: the names of options are no part of what every program loads.
    const { withTodaysNames } = require('./earlier-options.js');
    const today = isObject(changes) ? withTodaysNames(changes) : changes;
    const prepared = given(today, options).map(([{ prepare = (/** @type {unknown} */ same) => same, set }, value]) => {
      const whole = prepare(value);
      return () => set(whole);
    });
    /** @type {unknown[]} */
    const errors = [];
    for (const act of [...prepared, ...afterwards]) {
      try {
        act();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
    return inForce(options);
  }

  return { addOptions, configure, onConfigured };
}

module.exports = { configurationOf };
