'use strict';
// How fast a counter has counted lately. Whose counter it is, it does not know, and it keeps no more than two notes.

// Kept from here on: tests replace the global one to stop the clock.
const { performance } = require('node:perf_hooks');

// Between two notes at least, in milliseconds. The rate is since the last but one that was kept: one or two of these
// back, and further where nothing was noted for longer.
const WINDOW_MS = 5000;

class Rate {
  /** The notes, the older first; the first of all is the beginning. */
  #notes = [{ count: 0, at: performance.now() }];
  #last = this.#notes[0];

  /** How far it has counted by now. @param {number} count */
  note(count) {
    this.#last = { count, at: performance.now() };
    const newest = this.#notes[this.#notes.length - 1];
    if (this.#last.at - newest.at >= WINDOW_MS) this.#notes = [newest, this.#last];
  }

  /** Counts a second. */
  perSecond() {
    const [{ count, at }] = this.#notes;
    return ((this.#last.count - count) * 1000) / Math.max(1, this.#last.at - at);
  }
}

module.exports = { Rate };
