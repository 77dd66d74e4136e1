'use strict';
// Whether the worker threads that one thread has started are a leak, as a whole: each of them may be well, and yet there
// are ever more of them, or their heaps together grow. Pure: numbers and times go in, a state comes out.

const { Rise } = require('./rise.js');

const MIB = 1 << 20;

// Threads that have been idle for ten seconds and more, and are still alive. A pool does not start another thread while
// sixteen of its own have nothing to do, so these are few; at some 4 MiB each they have taken 64 MiB, as much as a leak may
// take before it is found. In a minute, for programs start what they need one after the other.
const IDLE = { bar: 16, spanS: 60 };

// Of threads that work a pool may have as many as its makers like: four for each processor, 48 and more. Beyond 256 they
// cost so much memory that it is worth to be reported.
const BUSY_SPAN_S = 60;
const busyBar = (processors) => Math.max(48, Math.min(256, 4 * processors));

// Live heaps of all threads together, where no thread is suspected by itself and there are no more threads than before:
// what one thread may take, and a warm-up of each.
const HEAPS_SPAN_S = 180;
const heapsBar = (alive) => 64 * MIB + alive * 8 * MIB;

// From half of what is enough on it is suspected.
const SUSPECTED_FROM = 0.5;

// A number stands where it is when it has not risen for this long, or for half as long as it rose.
const LEAST_REST_S = 30;
const REST_SHARE = 0.5;

// What falls for a moment is no rise: the least value of so many seconds counts.
const FLOOR_S = 6;

// A paused one goes on when it rises by this share of what it had grown by.
const RESUMES_AT = 0.1;

/** What is measured. @typedef {'idle' | 'alive' | 'heaps'} Measure */

class Judge {
  state = 'ok';
  /** The evidence, of a leak and of one that is over. @type {{measure: Measure, bar: number} & object | null} */
  evidence = null;
  /** Whether it was confirmed since it was suspected last. */
  wasConfirmed = false;
  #rises = { idle: new Rise(), alive: new Rise(), heaps: new Rise() };
  #processors;
  #now = 0;
  #alive = 0;
  #peak = 0;
  #roseAt = 0;
  #suspectedAt = 0;
  #startedAtRise = 0;
  #startedAtPeak = 0;
  #leastAlive = 0;

  constructor({ processors }) {
    this.#processors = processors;
  }

  /** Seconds since it was suspected. */
  get lasted() {
    return this.#now - this.#suspectedAt;
  }

  /**
   * Takes what is now.
   * @param {object} now
   * @param {number} now.t  seconds of a monotonic clock
   * @param {number} now.idle  threads that are alive and have long been idle
   * @param {number} now.alive  threads that are alive
   * @param {number} now.started  threads that were started so far
   * @param {number | null} now.heaps  bytes that are alive on their heaps; null where one of them is suspected by itself
   * @returns {('suspected' | 'confirmed' | 'paused' | 'resumed' | 'reclaimed' | 'stopped-growing')[]}  what has changed
   */
  sample({ t, idle, alive, started, heaps }) {
    this.#now = t;
    this.#alive = alive;
    this.#rises.idle.push(t, idle);
    this.#rises.alive.push(t, alive);
    // With more threads there is more on their heaps, and that is told of the threads.
    if (heaps === null || alive > this.#leastAlive) {
      this.#rises.heaps.clear();
      this.#leastAlive = alive;
    } else {
      this.#rises.heaps.push(t, heaps);
      this.#leastAlive = Math.min(this.#leastAlive, alive);
    }
    if (this.state === 'ok') return this.#suspect(started);
    return this.#follow(started);
  }

  #enough(measure) {
    if (measure === 'idle') return IDLE;
    if (measure === 'alive') return { bar: busyBar(this.#processors), spanS: BUSY_SPAN_S };
    return { bar: heapsBar(this.#alive), spanS: HEAPS_SPAN_S };
  }

  #strongest(measures) {
    const found = measures.map((measure) => {
      const enough = this.#enough(measure);
      return { measure, bar: enough.bar, ...this.#rises[measure].strongest(enough) };
    });
    return found.filter(({ share }) => share > 0).reduce((a, b) => (a && a.share >= b.share ? a : b), null);
  }

  /** @returns {('suspected' | 'confirmed')[]} */
  #suspect(started) {
    const evidence = this.#strongest(['idle', 'alive', 'heaps']);
    this.evidence = evidence;
    if (evidence === null || evidence.share < SUSPECTED_FROM) return [];
    this.state = 'suspected';
    this.wasConfirmed = false;
    this.#suspectedAt = this.#now;
    this.#startedAtRise = started;
    this.#rose(started);
    return ['suspected', ...this.#confirm()];
  }

  /** @returns {'confirmed'[]} */
  #confirm() {
    if (this.state !== 'suspected' || this.evidence.share < 1) return [];
    this.state = 'confirmed';
    this.wasConfirmed = true;
    return ['confirmed'];
  }

  #rose(started) {
    this.#peak = this.#floor();
    this.#roseAt = this.#now;
    this.#startedAtPeak = started;
  }

  #floor() {
    return this.#rises[this.evidence.measure].floor(FLOOR_S);
  }

  #follow(started) {
    const { measure, base, growth, span } = this.evidence;
    // Threads that were busy and have become idle are the better evidence.
    const now = this.#strongest(measure === 'alive' ? ['idle', 'alive'] : [measure]);
    if (this.state !== 'paused' && now !== null && now.share >= this.evidence.share) {
      this.evidence = now;
      if (now.measure !== measure) {
        this.#rose(started);
        return this.#confirm();
      }
    }
    const floor = this.#floor();
    if (floor <= base + growth / 2) return this.#clear('reclaimed');
    if (this.state === 'paused') {
      if (floor > this.#peak + RESUMES_AT * growth) {
        this.state = 'confirmed';
        this.#rose(started);
        return ['resumed'];
      } else if (started - this.#startedAtPeak >= Math.max(1, this.#startedAtPeak - this.#startedAtRise)) {
        // As many were started as while it grew, and have ended.
        return this.#clear('stopped-growing');
      }
      return [];
    }
    if (floor > this.#peak) this.#rose(started);
    const change = this.#confirm();
    if (change.length > 0) return change;
    if (this.#now - this.#roseAt < Math.max(LEAST_REST_S, REST_SHARE * span)) return [];
    if (this.state === 'suspected') return this.#clear('stopped-growing');
    this.state = 'paused';
    return ['paused'];
  }

  /** Of the growth there is still so much, in the unit of its measure. */
  get kept() {
    if (this.evidence === null) return 0;
    return Math.max(0, this.#floor() - this.evidence.base);
  }

  #clear(why) {
    this.state = 'ok';
    for (const rise of Object.values(this.#rises)) rise.clear();
    return [why];
  }
}

module.exports = { Judge };
