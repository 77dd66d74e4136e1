'use strict';
// Whether open files, sockets, pipes and threads of a process are a leak. Pure: counts and times go in, a state comes out.
// No count is a leak for its height. One sort at a time is judged: the one that grows most.

const { Rise } = require('../threads/rise.js');

const MINUTE_S = 60;

/** A sort of handles. @typedef {'files' | 'pipes' | 'others' | 'threads' | 'sockets' | 'half-closed-sockets'} Sort */

// By sort: how many more are a leak. Databases that keep their files open keep a thousand by default (LevelDB), and pools
// of blocking threads have 512 at most (tokio).
/** @type {Record<Sort, number>} */
const BARS = {
  files: 1024,
  pipes: 256,
  others: 256,
  threads: 640,
  sockets: 1024,
  'half-closed-sockets': 64,
};
const SORTS = /** @type {Sort[]} */ (Object.keys(BARS));

// Descriptors run out: there half of the limit is enough.
const SHARE_OF_LIMIT = 0.5;

// For so long it rises without a fall: longer than a peak of load, a start, or a stall of a disk.
const SPAN_S = 15 * MINUTE_S;

// At the end by as much of an even rise: a pool that fills slows down before it is half full.
const LEAST_LATE = 0.85;

// From half of what is enough on it is suspected.
const SUSPECTED_FROM = 0.5;

// What is not known to be no load is never more than this.
const HELD = 0.98;

// A connection has a file, a pipe or a thread of its own in many servers. Where as many sockets came as this share of what
// grows, it may be load.
const WITH_SOCKETS = 0.5;

// The least value of so many seconds counts: what falls for a moment is no rise.
const FLOOR_S = 90;

// A number stands where it is when it has not risen by this share of its growth for this long, or for half as long as it
// rose.
const RISES_AT = 0.05;
const LEAST_REST_S = 10 * MINUTE_S;
const REST_SHARE = 0.5;

// A paused one goes on when it rises by this share of what it had grown by.
const RESUMES_AT = 0.1;

/** Those that worker threads bring with them: their own kind judges these. @type {Sort[]} */
const OF_WORKERS = ['pipes', 'others', 'threads'];

/**
 * @typedef {object} Evidence
 * @property {Sort} sort
 * @property {number} bar  by how much it grows where that is enough
 * @property {number} share  of what is enough, 1 where it is
 * @property {number} from  seconds
 * @property {number} base  how many there were
 * @property {number} growth
 * @property {number} span  seconds
 * @property {number} samples
 * @property {number} late  how it grows at the end: 1 as in the whole
 */

class HandlesJudge {
  /** @type {'ok' | 'suspected' | 'confirmed' | 'paused'} */
  state = 'ok';
  /** Of a leak, and of one that is over. @type {Evidence | null} */
  evidence = null;
  /** Whether it was confirmed since it was suspected last. */
  wasConfirmed = false;
  /** How often it was judged. */
  samples = 0;
  #rises = Object.fromEntries(SORTS.map((sort) => [sort, new Rise()]));
  #limit = Infinity;
  #now = 0;
  #peak = 0;
  #roseAt = 0;
  #suspectedAt = 0;
  #workAtRise = 0;
  #workAtPeak = 0;
  #leastWorkers = Infinity;

  /** Seconds since it was suspected. */
  get lasted() {
    return this.#now - this.#suspectedAt;
  }

  /** How many of the growth there still are. */
  get kept() {
    return this.evidence === null ? 0 : Math.max(0, this.#floor() - this.evidence.base);
  }

  /**
   * Takes what is now.
   * @param {object} now
   * @param {number} now.t  seconds of a monotonic clock
   * @param {Record<Sort, number | null>} now.counts  null where a number is not known
   * @param {number} now.workers  worker threads that are alive
   * @param {number} now.work  what the program has done so far: it only ever grows
   * @param {number | null} now.limit  how many descriptors there may be
   * @returns {('suspected' | 'confirmed' | 'paused' | 'resumed' | 'reclaimed' | 'stopped-growing')[]}  what has changed
   */
  sample({ t, counts, workers, work, limit }) {
    this.#now = t;
    this.#limit = limit ?? Infinity;
    this.samples += 1;
    // Another worker thread has descriptors of its own.
    if (workers > this.#leastWorkers && this.state === 'ok') for (const sort of OF_WORKERS) this.#rises[sort].clear();
    this.#leastWorkers = workers;
    for (const sort of SORTS) {
      const count = counts[sort];
      if (count !== null) this.#rises[sort].push(t, count);
    }
    if (this.state === 'ok') return this.#suspect(work);
    // Of what is not known now nothing is said to be over.
    return counts[/** @type {Evidence} */ (this.evidence).sort] === null ? [] : this.#follow(work);
  }

  /** @param {Sort} sort */
  #bar(sort) {
    return sort === 'threads' ? BARS[sort] : Math.min(BARS[sort], Math.max(1, SHARE_OF_LIMIT * this.#limit));
  }

  /** Whether growth alone says that it is a leak. @param {Sort} sort @param {{ from: number, growth: number }} stretch */
  #isNoLoad(sort, { from, growth }) {
    if (sort === 'half-closed-sockets') return true;
    if (sort === 'sockets') return false;
    const sockets = this.#rises.sockets.risenSince(from, FLOOR_S);
    return sockets !== null && sockets < WITH_SOCKETS * growth;
  }

  /** @param {Sort[]} sorts @returns {Evidence | null} */
  #strongest(sorts) {
    let strongest = null;
    for (const sort of sorts) {
      const bar = this.#bar(sort);
      const stretch = this.#rises[sort].strongest({ bar, spanS: SPAN_S, leastLate: LEAST_LATE });
      if (stretch === null) continue;
      const share = this.#isNoLoad(sort, stretch) ? stretch.share : Math.min(stretch.share, HELD);
      if (strongest === null || share > strongest.share) strongest = { ...stretch, sort, bar, share };
    }
    return strongest;
  }

  /** @param {number} work @returns {('suspected' | 'confirmed')[]} */
  #suspect(work) {
    this.evidence = this.#strongest(SORTS);
    if (this.evidence === null || this.evidence.share < SUSPECTED_FROM) return [];
    this.state = 'suspected';
    this.wasConfirmed = false;
    this.#suspectedAt = this.#now;
    this.#workAtRise = work;
    this.#rose(work);
    return ['suspected', ...this.#confirm()];
  }

  /** @returns {'confirmed'[]} */
  #confirm() {
    if (this.state !== 'suspected' || /** @type {Evidence} */ (this.evidence).share < 1) return [];
    this.state = 'confirmed';
    this.wasConfirmed = true;
    return ['confirmed'];
  }

  #rose(work) {
    this.#peak = this.#floor();
    this.#roseAt = this.#now;
    this.#workAtPeak = work;
  }

  #floor() {
    return this.#rises[/** @type {Evidence} */ (this.evidence).sort].floor(FLOOR_S);
  }

  /** @param {number} work @returns {('confirmed' | 'paused' | 'resumed' | 'reclaimed' | 'stopped-growing')[]} */
  #follow(work) {
    const known = /** @type {Evidence} */ (this.evidence);
    // What is only suspected may be seen better in another sort.
    const found = this.state === 'paused' ? null : this.#strongest(this.state === 'suspected' ? SORTS : [known.sort]);
    if (found !== null && found.share >= known.share) {
      this.evidence = found;
      if (found.sort !== known.sort) {
        this.#rose(work);
        return this.#confirm();
      }
    }
    const { base, growth, span } = /** @type {Evidence} */ (this.evidence);
    const floor = this.#floor();
    if (floor <= base + growth / 2) return this.#clear('reclaimed');
    if (this.state === 'paused') return this.#wait(floor, growth, work);
    if (floor > this.#peak + RISES_AT * growth) this.#rose(work);
    const change = this.#confirm();
    if (change.length > 0) return change;
    if (this.#now - this.#roseAt < Math.max(LEAST_REST_S, REST_SHARE * span)) return [];
    this.state = 'paused';
    return ['paused'];
  }

  /**
   * While it has paused: it goes on, or the program has done twice as much as while it grew, and it has not.
   * @returns {('resumed' | 'stopped-growing')[]}
   */
  #wait(floor, growth, work) {
    if (floor > this.#peak + RESUMES_AT * growth) {
      this.state = this.wasConfirmed ? 'confirmed' : 'suspected';
      this.#rose(work);
      return ['resumed'];
    }
    if (work - this.#workAtPeak < Math.max(1, 2 * (this.#workAtPeak - this.#workAtRise))) return [];
    return this.#clear('stopped-growing');
  }

  /** @template {string} Why @param {Why} why @returns {Why[]} */
  #clear(why) {
    this.state = 'ok';
    for (const rise of Object.values(this.#rises)) rise.clear();
    return [why];
  }
}

module.exports = { HandlesJudge };
