'use strict';
// The lifetime of one loaded copy of memwatch: as long as it is referenced. A test runner loads its
// modules again for each file, often in a new context each time, and the references that Node holds
// to them (timers, listeners, native callbacks) would keep each of these contexts for ever. So
// Node and the addon hold callbacks weakly: through functions of Node's own context, which do not
// refer to ours. The callers define what the callbacks do.

const path = require('node:path');
const vm = require('node:vm');

const ENTRIES = ['index.js', 'test.js', 'heapdump.js'].map((name) => path.join(__dirname, '..', name));

/** Whose intervals. @typedef {Pick<typeof import('node:timers'), 'setInterval' | 'clearInterval'>} Timers */

/**
 * Functions that hold a callback weakly. Evaluated in the main context of the thread from its
 * own text, so it uses nothing of this file.
 */
function makeHolders() {
  const WATCHERS = Symbol.for('memwatch.watchers');
  const SHARED = Symbol.for('memwatch.instead');
  return {
    /** Calls a callback as long as it is there. @param {Function} callback */
    weakly(callback) {
      const held = new WeakRef(callback);
      return (/** @type {any[]} */ ...args) => held.deref()?.(...args);
    },

    /**
     * A method that has callbacks do the work of the original, as long as they are there. Of that name, as the original.
     * All loadings share one, so that loading by loading no further one is put around it: `add` and `remove` are by it.
     * @param {string} name
     * @param {Function} original
     * @param {PropertyDescriptor | undefined} before
     */
    instead(name, original, before) {
      /** @type {WeakRef<Function>[]} */
      let held = [];
      const find = () => held.filter((one) => one.deref() !== undefined);
      const callFrom = (/** @type {number} */ at, /** @type {any} */ self, /** @type {any[]} */ args) => {
        for (let i = at; i < held.length; i++) {
          const call = held[i].deref();
          if (call === undefined) continue;
          if (i === held.length - 1) return call(original, self, args);
          return call(
            /** @this {any} @param {any[]} changed */
            function next(...changed) {
              return callFrom(i + 1, this, changed);
            },
            self,
            args,
          );
        }
        return Reflect.apply(original, self, args);
      };
      const method = {
        [name](/** @type {any[]} */ ...args) {
          return callFrom(0, this, args);
        },
      }[name];
      const shared = {
        before,
        add: (/** @type {Function} */ callback) => {
          held = [...find(), new WeakRef(callback)];
        },
        /** Whether nothing is left. */
        remove: (/** @type {Function} */ callback) => {
          held = find().filter((one) => one.deref() !== callback);
          return held.length === 0;
        },
      };
      Object.defineProperty(method, SHARED, { value: shared });
      return method;
    },

    /** What `instead` has made such a method with; undefined of any other. */
    sharedOf: (/** @type {any} */ method) => method?.[SHARED],

    /** Calls it in intervals, until it is gone. @param {Timers} timers @param {Function} callback @param {number} ms */
    every({ setInterval, clearInterval }, callback, ms) {
      const held = new WeakRef(callback);
      const timer = setInterval(() => {
        const call = held.deref();
        if (call === undefined) clearInterval(timer);
        else call();
      }, ms);
      timer.unref();
    },

    /**
     * Calls it after methods of an object. All who watch an object share one set of methods.
     * @param {any} object
     * @param {string[]} methods
     * @param {Function} callback
     */
    after(object, methods, callback) {
      if (object[WATCHERS] === undefined) {
        const watchers = new Set();
        Object.defineProperty(object, WATCHERS, { value: watchers });
        for (const method of methods) {
          if (typeof object[method] !== 'function') continue;
          Object.defineProperty(object, method, {
            configurable: true,
            value(/** @type {any[]} */ ...args) {
              // Node gives a channel another prototype when somebody subscribes.
              const result = Object.getPrototypeOf(this)[method].apply(this, args);
              for (const held of watchers) {
                const call = held.deref();
                if (call === undefined) watchers.delete(held);
                else call();
              }
              return result;
            },
          });
        }
      }
      object[WATCHERS].add(new WeakRef(callback));
    },
  };
}

/** In the main context. Where that takes no text, in this one, which Node then keeps. */
function holders() {
  try {
    return new vm.Script(`(${makeHolders})()`, { filename: __filename }).runInThisContext();
  } catch {
    return makeHolders();
  }
}

const { weakly, every, after, instead, sharedOf } = holders();

/** What is called weakly, held by what `keepWith` was given. */
const callbacks = new Set();

/** @template {Function} Callback @param {Callback} callback */
function kept(callback) {
  callbacks.add(callback);
  return callback;
}

/** @param {unknown} file */
const isOurs = (file) => typeof file === 'string' && (ENTRIES.includes(file) || file.startsWith(__dirname + path.sep));

/**
 * Node lists each module among the children of the one that required it, and takes none from
 * there that left require.cache. Those that are memwatch's are taken away: else a hundred
 * loadings leave 22 MB, and a full collection takes seven times as long.
 * @param {NodeModule} entry
 */
function forgetEarlier(entry) {
  const isEarlier = (/** @type {NodeModule | undefined} */ child) =>
    child !== undefined && isOurs(child.filename) && require.cache[child.filename] !== child;
  for (const loaded of [entry.parent, ...Object.values(require.cache)]) {
    const children = loaded?.children;
    if (!Array.isArray(children)) continue;
    for (let i = children.length - 1; i >= 0; i--) if (isEarlier(children[i])) children.splice(i, 1);
  }
}

/**
 * From here on, an object keeps the callbacks, and the global object keeps it: a program that
 * has no name for it, as one that was made into a single file, is watched nevertheless. The same file,
 * loaded again, takes the place.
 * @param {object} object
 * @param {NodeModule} entry  the module that exports it
 */
function keepWith(object, entry) {
  const place = Symbol.for(`memwatch ${__filename}`);
  if (Reflect.get(globalThis, place) !== undefined) forgetEarlier(entry);
  Object.defineProperty(object, Symbol('memwatch.callbacks'), { value: callbacks });
  Reflect.defineProperty(globalThis, place, {
    value: object,
    configurable: true,
    writable: true,
  });
}

module.exports = {
  keepWith,
  /** @type {(name: string, original: Function, before: PropertyDescriptor | undefined) => Function} */
  // Callbacks are held by the caller: they come and go.
  instead,
  /** @type {(method: any) => { before: PropertyDescriptor | undefined, add(callback: Function): void, remove(callback: Function): boolean } | undefined} */
  sharedOf,
  weakly: (/** @type {Function} */ callback) => weakly(kept(callback)),
  every: (/** @type {Timers} */ timers, /** @type {Function} */ callback, /** @type {number} */ ms) =>
    every(timers, kept(callback), ms),
  after: (/** @type {any} */ object, /** @type {string[]} */ methods, /** @type {Function} */ callback) =>
    after(object, methods, kept(callback)),
};
