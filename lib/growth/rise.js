'use strict';
// A number over time, in bounded memory, and whether it rises without coming down: a pool grows to its bound and stays
// there, and what comes and goes comes down again. It knows neither threads nor bytes.

// Samples that are kept; when there are as many, each two become one, the lower: what counts is what it never fell
// below.
const MOST_SAMPLES = 256;

// A stretch is looked at in so many parts of equal length; from each to the next it must have risen by this share of
// what an even rise would have been, and to the last by more, for what a program starts with comes to its end.
const PARTS = 4;
const LEAST_OF_EVEN = 0.25;
const LEAST_AT_END = 0.5;

// The maximum share of a rise that slows down too much.
const SLOWS_DOWN = 0.98;

/**
 * A stretch up to now that rises.
 * @typedef {object} Stretch
 * @property {number} share  of the threshold, 1 where it is reached
 * @property {number} from  seconds
 * @property {number} span  likewise
 * @property {number} base  what it rises from,
 * @property {number} baseAt  and when that was first there
 * @property {number} growth  from the floor of its first part to that of its last: less than from its start to its end
 * @property {number} perSecond  how fast it rises
 * @property {number} samples
 * @property {number} late  how it rises at its end: 1 as in the whole
 */

class Rise {
  /** @type {[number, number][]} seconds and values, the oldest first */
  #samples = [];
  /** Seconds that one sample stands for. */
  #spacing = 0;

  /** @param {number} t @param {number} value */
  push(t, value) {
    const last = this.#samples.at(-1);
    if (last !== undefined && t - last[0] < this.#spacing) {
      last[1] = Math.min(last[1], value);
      return;
    }
    if (this.#samples.length >= MOST_SAMPLES) {
      /** @type {[number, number][]} */
      const merged = [];
      for (let i = 0; i + 1 < this.#samples.length; i += 2) {
        const [[at, one], [, other]] = [this.#samples[i], this.#samples[i + 1]];
        merged.push([at, Math.min(one, other)]);
      }
      this.#samples = merged;
      this.#spacing = (t - merged[0][0]) / merged.length;
    }
    this.#samples.push([t, value]);
  }

  clear() {
    this.#samples = this.#samples.slice(-1);
    this.#spacing = 0;
  }

  /** Since when there are samples, in seconds. */
  get from() {
    return this.#samples[0]?.[0] ?? 0;
  }

  /** The minimum over the last `seconds`. @param {number} seconds */
  floor(seconds) {
    return this.lowest(seconds).value;
  }

  /** The same, with the time at which it was first there. @param {number} seconds @returns {{ t: number, value: number }} */
  lowest(seconds) {
    const from = (this.#samples.at(-1)?.[0] ?? 0) - seconds;
    const least = { t: 0, value: Infinity };
    for (const [t, value] of this.#samples) if (t >= from && value < least.value) Object.assign(least, { t, value });
    return least;
  }

  /** How far it is above what it was at a time, each the least value of so many seconds; null where nothing is known. @param {number} from @param {number} seconds */
  risenSince(from, seconds) {
    if (this.#samples.length === 0) return null;
    const then = this.#samples.filter(([t]) => t >= from && t <= from + seconds).map(([, value]) => value);
    const nearest = this.#samples.reduce((one, other) =>
      Math.abs(other[0] - from) < Math.abs(one[0] - from) ? other : one,
    );
    return this.floor(seconds) - Math.min(nearest[1], ...then);
  }

  /**
   * The latest segment with the largest share of the threshold; null without a rise.
   * @param {{bar: number, spanS: number, leastLate?: number}} enough  by how much, in what time at least, and at the end
   *   by which share of an even rise: one that slows down more is not enough
   * @returns {Stretch | null}
   */
  strongest({ bar, spanS, leastLate = 0 }) {
    const now = this.#samples.at(-1)?.[0] ?? 0;
    let strongest = null;
    for (let span = now - this.from; span >= spanS / 2; span /= 1.5) {
      const stretch = this.#stretch(now - span, now);
      if (stretch === null) continue;
      const most = stretch.late < leastLate ? SLOWS_DOWN : Infinity;
      const share = Math.min(stretch.growth / bar, span / spanS, most);
      if (strongest === null || share > strongest.share) strongest = { share, span, ...stretch };
    }
    return strongest;
  }

  /** @param {number} from @param {number} now */
  #stretch(from, now) {
    /** The least value of each part, and when it was first there. @type {number[]} */
    const floors = new Array(PARTS).fill(Infinity);
    const times = new Array(PARTS).fill(0);
    const part = (now - from) / PARTS;
    let samples = 0;
    for (const [t, value] of this.#samples) {
      if (t < from) continue;
      const place = Math.min(PARTS - 1, Math.floor((t - from) / part));
      if (value < floors[place]) {
        floors[place] = value;
        times[place] = t;
      }
      samples += 1;
    }
    const growth = floors[PARTS - 1] - floors[0];
    if (!Number.isFinite(growth) || growth <= 0 || floors.includes(Infinity)) return null;
    const even = growth / (PARTS - 1);
    const least = (/** @type {number} */ place) => even * (place === PARTS - 1 ? LEAST_AT_END : LEAST_OF_EVEN);
    const isEven = floors.every((floor, place) => place === 0 || floor - floors[place - 1] >= least(place));
    if (!isEven) return null;
    // The floors of the first and the last part are not as far apart as the ends of the stretch.
    const perSecond = growth / (times[PARTS - 1] - times[0]);
    const late = (growth - (floors[PARTS - 2] - floors[0])) / even;
    return { from, base: floors[0], baseAt: times[0], growth, perSecond, samples, late };
  }
}

module.exports = { Rise };
