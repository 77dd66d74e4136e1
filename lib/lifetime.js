'use strict';
// How long one loading of memwatch lives: as long as somebody has it. A test runner loads its
// modules anew for each file, often each time in a context of its own, and what Node holds of
// them (timers, listeners, native callbacks) would keep each of these contexts for ever. So
// Node and the addon hold callbacks weakly: through functions of Node's own context, which know
// nothing of ours. What they do is the callers' business.

const path = require('node:path');
const vm = require('node:vm');

const ENTRIES = ['index.js', 'test.js', 'heapdump.js'].map((name) => path.join(__dirname, '..', name));

/**
 * Functions that hold a callback weakly. Evaluated in the main context of the thread from its
 * own text, so it uses nothing of this file.
 */
function makeHolders() {
  const WATCHERS = Symbol.for('memwatch.watchers');
  return {
    /** Calls a callback as long as it is there. */
    weakly(callback) {
      const held = new WeakRef(callback);
      return (...args) => held.deref()?.(...args);
    },

    /** A method that has a callback do the work of the original, as long as it is there. Of that name, as the original. */
    instead(name, original, callback) {
      const held = new WeakRef(callback);
      return {
        [name](...args) {
          const call = held.deref();
          return call === undefined ? Reflect.apply(original, this, args) : call(original, this, args);
        },
      }[name];
    },

    /** Calls it in intervals, until it is gone. */
    every({ setInterval, clearInterval }, callback, ms) {
      const held = new WeakRef(callback);
      const timer = setInterval(() => {
        const call = held.deref();
        if (call === undefined) clearInterval(timer);
        else call();
      }, ms);
      timer.unref();
    },

    /** Calls it after methods of an object. All who watch an object share one set of methods. */
    after(object, methods, callback) {
      if (object[WATCHERS] === undefined) {
        const watchers = new Set();
        Object.defineProperty(object, WATCHERS, { value: watchers });
        for (const method of methods) {
          if (typeof object[method] !== 'function') continue;
          Object.defineProperty(object, method, {
            configurable: true,
            value(...args) {
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

const { weakly, every, after, instead } = holders();

/** What is called weakly, held by what `keepWith` was given. */
const callbacks = new Set();

function kept(callback) {
  callbacks.add(callback);
  return callback;
}

const isOurs = (file) => typeof file === 'string' && (ENTRIES.includes(file) || file.startsWith(__dirname + path.sep));

/**
 * Node lists each module among the children of the one that required it, and takes none from
 * there that left require.cache. Those that are memwatch's are taken away: else a hundred
 * loadings leave 22 MB, and a full collection takes seven times as long.
 */
function forgetEarlier(entry) {
  const isEarlier = (child) => isOurs(child?.filename) && require.cache[child.filename] !== child;
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
  if (globalThis[place] !== undefined) forgetEarlier(entry);
  Object.defineProperty(object, Symbol('memwatch.callbacks'), { value: callbacks });
  Reflect.defineProperty(globalThis, place, {
    value: object,
    configurable: true,
    writable: true,
  });
}

module.exports = {
  keepWith,
  /** @type {(name: string, original: Function, callback: Function) => Function} */
  // Held by the caller: it comes and goes.
  instead,
  weakly: (callback) => weakly(kept(callback)),
  every: (timers, callback, ms) => every(timers, kept(callback), ms),
  after: (object, methods, callback) => after(object, methods, kept(callback)),
};
