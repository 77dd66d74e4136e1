'use strict';
// Whether the worker threads of one thread are a leak as a group: each of them may be healthy while their number, or
// the sum of their heaps, grows. Pure: numbers and times go in, a state comes out.

const { GrowthJudge } = require('../growth/judge.js');

const MIB = 1 << 20;

/** The measure. @typedef {'idle' | 'alive' | 'heaps'} Measure */

// Threads that have been idle for ten seconds and more, and are still alive. A pool does not start another thread while
// sixteen of its own have nothing to do, so these are few; at some 4 MiB each they have taken 64 MiB, as much as a leak
// may take before it is found. In a minute, for programs start what they need one after the other.
const IDLE = { bar: 16, spanS: 60 };

// Of threads that work a pool may have as many as its makers like: four for each processor, 48 and more. Beyond 256
// they cost so much memory that it is worth to be reported.
const BUSY_SPAN_S = 60;
const busyBar = (/** @type {number} */ processors) => Math.max(48, Math.min(256, 4 * processors));

// Live heaps of all threads together, where no thread is suspected by itself and there are no more threads than before:
// what one thread may take, and a warm-up of each.
const HEAPS_SPAN_S = 180;
const heapsBar = (/** @type {number} */ alive) => 64 * MIB + alive * 8 * MIB;

/** @type {import('../growth/judge.js').Policy<Measure>} */
const POLICY = {
  measures: ['idle', 'alive', 'heaps'],
  floorS: 6,
  risesAt: 0,
  leastRestS: 30,
  // A start-up is no leak that pauses.
  doesSuspicionPause: false,
  // As many threads were started as while it grew, and have ended.
  overAfter: 1,
};

/** @extends {GrowthJudge<Measure>} */
class ThreadsJudge extends GrowthJudge {
  #processors;
  #alive = 0;
  #leastAlive = 0;

  /** @param {{ processors: number }} machine */
  constructor({ processors }) {
    super(POLICY);
    this.#processors = processors;
  }

  /**
   * Takes the current values.
   * @param {object} now
   * @param {number} now.t  seconds of a monotonic clock
   * @param {number} now.idle  threads that are alive and have long been idle
   * @param {number} now.alive  threads that are alive
   * @param {number} now.started  threads that were started so far
   * @param {number | null} now.heaps  bytes that are alive on their heaps; null where one of them is suspected by itself
   * @returns {import('../growth/judge.js').Change[]}  what has changed
   */
  sample({ t, idle, alive, started, heaps }) {
    this.#alive = alive;
    // With more threads there is more on their heaps, and that is reported of the threads.
    const isComparable = heaps !== null && alive <= this.#leastAlive;
    if (!isComparable) this.forget('heaps');
    this.#leastAlive = isComparable ? Math.min(this.#leastAlive, alive) : alive;
    this.take(t, { idle, alive, heaps: isComparable ? heaps : null });
    return this.judge(started);
  }

  /** @override @param {Measure} measure */
  enough(measure) {
    if (measure === 'idle') return IDLE;
    if (measure === 'alive') return { bar: busyBar(this.#processors), spanS: BUSY_SPAN_S };
    return { bar: heapsBar(this.#alive), spanS: HEAPS_SPAN_S };
  }

  /** Threads that were busy and have become idle are the better evidence. @override @param {Measure} measure @returns {Measure[]} */
  rivals(measure) {
    return measure === 'alive' ? ['idle', 'alive'] : [measure];
  }
}

module.exports = { ThreadsJudge };
