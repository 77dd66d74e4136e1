'use strict';
// Memory over time in a list that does not grow: the newest points as they are, the older
// ones increasingly sparse. Plain numbers; knows no clock.

// A screen is as wide, and the file stays below 20 KB.
const MOST = 240;
const NEWEST = 80;

/** @template [T=number[]] */
class Series {
  /** @type {T[]} */
  #points = [];

  /** Adds the newest. @param {T} point */
  add(point) {
    this.#points.push(point);
    if (this.#points.length <= MOST) return;
    const older = this.#points.length - NEWEST;
    // The first stays: where it all began.
    this.#points = this.#points.filter((_, at) => at >= older || at % 2 === 0);
  }

  /** All there are, the oldest first. */
  get points() {
    return this.#points;
  }
}

module.exports = { Series };
