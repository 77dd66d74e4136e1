'use strict';
// Whether open files, sockets, pipes and threads of a process are a leak. Pure: counts and times go in, a state comes
// out. No count is a leak for its height. One sort at a time is judged: the one that grows most.

const { GrowthJudge } = require('../growth/judge.js');

const MINUTE_S = 60;

/** A sort of handles. @typedef {'files' | 'pipes' | 'others' | 'threads' | 'sockets' | 'half-closed-sockets'} Sort */

// By sort: how many more are a leak. Databases that keep their files open keep a thousand by default (LevelDB), and
// pools of blocking threads have 512 at most (tokio).
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

// A share of the growth that may be load is at most this.
const HELD = 0.98;

// A connection has a file, a pipe or a thread of its own in many servers. Where as many sockets came as this share of
// what grows, it may be load.
const WITH_SOCKETS = 0.5;

/** @type {import('../growth/judge.js').Policy<Sort>} */
const POLICY = {
  measures: SORTS,
  floorS: 90,
  risesAt: 0.05,
  leastRestS: 10 * MINUTE_S,
  doesSuspicionPause: true,
  // The program has done twice as much as while it grew, and it has not.
  overAfter: 2,
};

/** Those that worker threads bring with them: their own kind judges these. @type {Sort[]} */
const OF_WORKERS = ['pipes', 'others', 'threads'];

/** @extends {GrowthJudge<Sort>} */
class HandlesJudge extends GrowthJudge {
  /** How often it was judged. */
  samples = 0;
  #limit = Infinity;
  #leastWorkers = Infinity;

  constructor() {
    super(POLICY);
  }

  /**
   * Takes the current values.
   * @param {object} now
   * @param {number} now.t  seconds of a monotonic clock
   * @param {Record<Sort, number | null>} now.counts  null where a number is not known
   * @param {number} now.workers  worker threads that are alive
   * @param {number} now.work  what the program has done so far: it only ever grows
   * @param {number | null} now.limit  how many descriptors there may be
   * @returns {import('../growth/judge.js').Change[]}  what has changed
   */
  sample({ t, counts, workers, work, limit }) {
    this.#limit = limit ?? Infinity;
    this.samples += 1;
    // Another worker thread has descriptors of its own.
    if (workers > this.#leastWorkers && this.state === 'ok') for (const sort of OF_WORKERS) this.forget(sort);
    this.#leastWorkers = workers;
    this.take(t, counts);
    // An unknown count ends nothing.
    if (this.state !== 'ok' && this.evidence !== null && counts[this.evidence.measure] === null) return [];
    return this.judge(work);
  }

  /** @override @param {Sort} sort */
  enough(sort) {
    const descriptors = Math.max(1, SHARE_OF_LIMIT * this.#limit);
    const bar = sort === 'threads' ? BARS[sort] : Math.min(BARS[sort], descriptors);
    return { bar, spanS: SPAN_S, leastLate: LEAST_LATE };
  }

  /** A mere suspicion may be clearer in another sort. @override @param {Sort} sort @returns {Sort[]} */
  rivals(sort) {
    return this.state === 'suspected' ? SORTS : [sort];
  }

  /** @override @param {Sort} sort @param {import('../growth/rise.js').Stretch} stretch */
  shareOf(sort, stretch) {
    return this.#isNoLoad(sort, stretch) ? stretch.share : Math.min(stretch.share, HELD);
  }

  /** Whether growth alone says that it is a leak. @param {Sort} sort @param {{ from: number, growth: number }} stretch */
  #isNoLoad(sort, { from, growth }) {
    if (sort === 'half-closed-sockets') return true;
    if (sort === 'sockets') return false;
    const sockets = this.risenSince('sockets', from);
    return sockets !== null && sockets < WITH_SOCKETS * growth;
  }
}

module.exports = { HandlesJudge };
