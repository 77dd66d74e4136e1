'use strict';
// Runs one operation again and again, at a given rate or as fast as it goes, and gives the event loop its turn as a
// server would. Knows nothing of memory and of what an operation does.

const { performance } = require('node:perf_hooks');
const { setImmediate, setTimeout } = require('node:timers');

/** How long operations may follow each other without a turn of the event loop, in milliseconds. */
const SLICE_MS = 5;

/** Between two looks at the clock where nothing is due, in milliseconds. */
const REST_MS = 10;

/** What may be on its way at the same time, where an operation is asynchronous. */
const CONCURRENCY = 16;

/**
 * Calls an operation as a router calls handlers: from a place that has called many others. Else V8 would make one piece
 * of machine code of the loop and all that an operation is, and every allocation would seem to be the loop's.
 */
function invoke(operation, i) {
  return operation(i);
}

/** So many different targets, and calls of each, that V8 takes note of none. */
const OTHERS = [(i) => i, (i) => i + 1, (i) => [i], (i) => String(i), (i) => ({ i }), (i) => i % 2 === 0];
for (let i = 0; i < 6000; i++) invoke(OTHERS[i % OTHERS.length], i);

/**
 * @param {(i: number) => unknown} operate  a promise is waited for, anything else is done when it returns
 * @param {number} rate                     operations a second, at most; Infinity: as fast as it goes
 */
class Pacer {
  /** Operations that have ended. */
  done = 0;
  #started = 0;
  #operate;
  #rate;
  #isOver = false;
  #from = performance.now();
  /** @type {(error?: Error) => void} */
  #finish = () => {};

  constructor(operate, rate) {
    this.#operate = operate;
    this.#rate = rate;
  }

  /** Resolves when `stop` was called and nothing is on its way any more. */
  run() {
    return new Promise((resolve, reject) => {
      this.#finish = (error) => (error ? reject(error) : resolve());
      this.#from = performance.now();
      this.#turn();
    });
  }

  stop() {
    this.#isOver = true;
  }

  #turn = () => {
    if (this.#isOver) {
      if (this.#started === this.done) this.#finish();
      else setTimeout(this.#turn, REST_MS);
      return;
    }
    const now = performance.now();
    // What a slow moment left undone is not made up for beyond a second: a server's clients do not queue for ever.
    const due = Math.floor(((now - this.#from) / 1000) * this.#rate);
    if (due - this.#started > this.#rate) this.#from += ((due - this.#started - this.#rate) / this.#rate) * 1000;
    while (this.#started < due && this.#started - this.done < CONCURRENCY) {
      this.#begin();
      if (performance.now() - now > SLICE_MS) break;
    }
    if (this.#started < due) setImmediate(this.#turn);
    else setTimeout(this.#turn, REST_MS);
  };

  #begin() {
    const result = invoke(this.#operate, this.#started++);
    if (typeof result?.then !== 'function') {
      this.done++;
      return;
    }
    const end = () => void this.done++;
    result.then(end, (error) => {
      end();
      this.stop();
      this.#finish(error);
    });
  }
}

module.exports = { Pacer };
