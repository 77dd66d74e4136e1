'use strict';
// The addon's functions as JavaScript calls them. No native function throws: one that fails
// returns what went wrong, and it is thrown here. Under --abort-on-uncaught-exception V8
// ends the process when native code throws, even where JavaScript would catch it. Which
// functions there are, and what they do, is the addon's business (src/v8/export.rs).

const { withCode } = require('./errors.js');

// The property of what a native function returns that failed; src/v8/export.rs has the same name.
const FAILURE = 'memwatchFailure';

const WRONG_THIS = 'ERR_MEMWATCH_WRONG_THIS';

/** What a native function has returned; throws where that is what went wrong. @param {any} result */
function answered(result) {
  if (typeof result !== 'object' || result === null || !Object.hasOwn(result, FAILURE)) return result;
  const { code, message } = result[FAILURE];
  throw withCode(new (code === WRONG_THIS ? TypeError : Error)(message), code);
}

/** @param {Function} native */
function throwing(native) {
  return (/** @type {any[]} */ ...args) => answered(native(...args));
}

/**
 * A class whose objects each have a native one. Its methods give `this` as the first argument.
 * @param {Function} create
 */
function classOf(create) {
  return class {
    constructor(/** @type {any[]} */ ...args) {
      answered(create(this, ...args));
    }
  };
}

/** @param {object} prototype @param {string} name @param {Function} native */
function addMember(prototype, name, native) {
  const property = /^get (.+)$/.exec(name)?.[1];
  if (property !== undefined) {
    Object.defineProperty(prototype, property, {
      get() {
        return answered(native(this));
      },
    });
    return;
  }
  // As the methods of a class are.
  Object.defineProperty(prototype, name, {
    value(/** @type {any[]} */ ...args) {
      return answered(native(this, ...args));
    },
    writable: true,
    configurable: true,
  });
}

/**
 * The functions and classes of an addon: `Sites.new` and `Sites.start` are a class with a
 * method, `CommandProgress.get stage` is a property that can be read.
 * @param {Record<string, Function>} addon
 * @returns {any} import('./types.js').Addon: its names are known where the addon is loaded, not here
 */
function nativeOf(addon) {
  /** @type {Record<string, any>} */
  const native = {};
  for (const [name, own] of Object.entries(addon)) {
    if (typeof own !== 'function') continue;
    const [className, member] = name.split('.');
    if (member === undefined) {
      native[name] = throwing(own);
      continue;
    }
    native[className] ??= classOf(addon[`${className}.new`]);
    if (member !== 'new') addMember(native[className].prototype, member, own);
  }
  return native;
}

module.exports = { nativeOf };
