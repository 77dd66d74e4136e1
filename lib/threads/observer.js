'use strict';
// The worker threads that this thread has started and that are alive: their names, where `new Worker` stands, and since
// when they have been idle. It judges nothing, holds no worker, and adds no listener to one.
//
// Node publishes each worker on a channel of diagnostics_channel while its constructor runs. Node 18 does not, and up
// to 20 a worker does not say its name; there the class is seen through a proxy.

const diagnostics = require('node:diagnostics_channel');
const { syncBuiltinESMExports } = require('node:module');
// Kept from here on: tests replace the global one to stop the clock.
const { performance } = require('node:perf_hooks');
const threads = require('node:worker_threads');
const { version } = require('../../package.json');
const { callerOfNode } = require('./places.js');

// One observer for a thread, however often memwatch is loaded in it.
const KEY = Symbol.for(`memwatch ${version} threads`);

// Workers that are followed one by one, far more than a machine runs; those beyond are counted only.
const MOST_FOLLOWED = 10_000;

// A thread that has used less than this share of the time was idle. What memwatch itself does in it is far below.
const IDLE_SHARE = 0.05;

const CHANNEL = 'worker_threads';

/**
 * @typedef {object} Thread
 * @property {number} id
 * @property {string} name   empty where none was given
 * @property {object | null} place  where `new Worker` stands
 * @property {number} startedAt  milliseconds of performance.now()
 * @property {number} idleSince  likewise; Infinity while it works
 */

/** @typedef {Pick<import('../types.js').Addon, 'forgetThreadName' | 'noteThreadName' | 'packageOfFile'>} Naming */

class Observer {
  #addon;
  /** @type {Map<number, Thread & { ref: WeakRef<object>, active: number, at: number }>} */
  #threads = new Map();
  #started = 0;
  #beyond = 0;

  /** @param {Naming} addon */
  constructor(addon) {
    this.#addon = addon;
    this.note = this.note.bind(this);
    if (typeof threads.threadName === 'string') {
      diagnostics.channel(CHANNEL).subscribe((/** @type {any} */ { worker }) => this.note(worker, worker?.threadName));
    } else {
      this.#seeThroughProxy();
    }
  }

  #seeThroughProxy() {
    const { note } = this;
    const construct = (target, args, newTarget) => {
      const worker = Reflect.construct(target, args, newTarget);
      note(worker, args[1]?.name);
      return worker;
    };
    threads.Worker = new Proxy(threads.Worker, { construct });
    syncBuiltinESMExports();
  }

  /** A worker was started by the code on the stack. Never throws: it runs within the program's call. */
  note(worker, name) {
    try {
      this.#note(worker, typeof name === 'string' ? name : '');
    } catch {
      // Not followed.
    }
  }

  #note(worker, name) {
    const id = worker.threadId;
    this.#started += 1;
    if (this.#threads.size >= MOST_FOLLOWED) {
      this.#beyond += 1;
      return;
    }
    if (name !== '') this.#addon.noteThreadName(id, name);
    const now = performance.now();
    const place = callerOfNode(this.#addon.packageOfFile);
    this.#threads.set(id, {
      ...{ id, name, place, startedAt: now, idleSince: Infinity },
      ...{ ref: new WeakRef(worker), active: 0, at: now },
    });
  }

  /** How many have been started so far. */
  get started() {
    return this.#started;
  }

  /** How many of them are not followed one by one. */
  get beyond() {
    return this.#beyond;
  }

  /** Those that are alive, as they are now. @returns {Thread[]} */
  alive() {
    const now = performance.now();
    for (const [id, thread] of this.#threads) {
      const worker = thread.ref.deref();
      // One that has ended has no number any more.
      if (worker === undefined || worker.threadId !== id) {
        this.#threads.delete(id);
        if (thread.name !== '') this.#addon.forgetThreadName(id);
      } else {
        watchLoop(thread, worker, now);
      }
    }
    return [...this.#threads.values()];
  }
}

/** Since when its loop has had next to nothing to do. One that waits in a call of its own is not known to be idle. */
function watchLoop(thread, worker, now) {
  const passed = now - thread.at;
  if (passed <= 0) return;
  let isIdle = false;
  try {
    const { idle, active } = worker.performance.eventLoopUtilization();
    isIdle = idle > 0 && active - thread.active < IDLE_SHARE * passed;
    thread.active = active;
  } catch {
    // The program has replaced it.
  }
  if (!isIdle) thread.idleSince = Infinity;
  else if (thread.idleSince === Infinity) thread.idleSince = thread.at;
  thread.at = now;
}

/** Sees nothing: where the module's realm is not Node's own, as in a test runner's sandbox, which would be kept alive. */
const NOBODY = { started: 0, beyond: 0, alive: () => [] };

/**
 * The observer of this thread, from the first call on.
 * @param {Naming} addon
 * @returns {Observer | typeof NOBODY}
 */
function observer(addon) {
  if (!(threads.Worker instanceof Function)) return NOBODY;
  if (globalThis[KEY] === undefined) {
    try {
      Object.defineProperty(globalThis, KEY, { value: new Observer(addon) });
    } catch {
      return NOBODY;
    }
  }
  return globalThis[KEY];
}

module.exports = { observer };
