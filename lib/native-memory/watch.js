'use strict';
// The rows of native memory over time: sampled in the background, kept in bounded memory, and passed to those that
// show them. On Linux, in the main thread: the resident set is the process'. The detector judges whether it grows;
// growth.js finds which part.

const { isMainThread } = require('node:worker_threads');
const { Series } = require('../flight-recorder/series.js');
const { monotonic } = require('../own-time.js');
const { besideOf, causeOf, readingOf } = require('./growth.js');

// Until the first reading: a program that ends sooner has nothing to show.
const FIRST_MS = 10_000;

// Between two readings. The system adds up each mapping of the process, on the thread pool.
const PERIOD_MS = 30_000;
// While a leak of any kind of memory is suspected.
const SUSPECTED_MS = 10_000;

// What a reading took is waited for so many times over, while nothing is suspected: half of a percent of a thread's
// time; and while something is.
const REST = 200;
const SUSPECTED_REST = 20;
// A machine that is busy for a moment makes a reading long that is not.
const LONGEST_REST_MS = 120_000;

const GROWS = new Set(['suspected', 'confirmed']);

// Kinds of memory whose objects may own native memory.
const OWNERS = new Set(['heap', 'external']);

class NativeMemoryWatch {
  #publish;
  #read;
  #now;
  #isOff;
  /** Of the newest reading, for those who come later. @type {import('../../reports.js').NativeMemory | null} */
  #last = null;
  /** @type {Series<import('./growth.js').Reading>} */
  #readings = new Series();
  /** When the next one is due, and when while a leak is suspected. */
  #dueAt;
  #dueSuspectedAt;
  #isReading = false;

  /**
   * @param {object} how
   * @param {(name: string, payload: object) => void} how.publish  hands on each reading, as `native-memory`
   * @param {() => Promise<import('../../reports.js').NativeMemory>} how.read
   * @param {() => number} [how.now]  milliseconds
   * @param {boolean} [how.isOff]  whether the system has nothing to read
   */
  constructor({ publish, read, now = monotonic, isOff = !isMainThread || process.platform !== 'linux' }) {
    this.#publish = publish;
    this.#read = read;
    this.#now = now;
    this.#isOff = isOff;
    this.#dueAt = now() + FIRST_MS;
    this.#dueSuspectedAt = this.#dueAt;
    this.causeOf = this.causeOf.bind(this);
  }

  /** The newest reading; null before the first. */
  get last() {
    return this.#last;
  }

  /** To be called every second or two. @param {boolean} isSuspected  whether something is that is counted in each reading */
  tick(isSuspected) {
    if (this.#now() >= (isSuspected ? this.#dueSuspectedAt : this.#dueAt)) this.soon();
  }

  /**
   * A full collection has ended. While memory of any kind is suspected it is read then: what dead objects took is free by now,
   * and does not count as in use. @param {boolean} isSuspected  whether any kind is
   */
  collected(isSuspected) {
    if (isSuspected) this.tick(true);
  }

  /** Samples now, unless a sample is under way: for a reader. */
  soon() {
    if (this.#isOff || this.#isReading) return;
    this.#isReading = true;
    const began = this.#now();
    const rest = () => {
      const ended = this.#now();
      this.#isReading = false;
      const after = (/** @type {number} */ least, /** @type {number} */ rest) =>
        ended + Math.max(least, Math.min(rest * (ended - began), LONGEST_REST_MS));
      this.#dueAt = after(PERIOD_MS, REST);
      this.#dueSuspectedAt = after(SUSPECTED_MS, SUSPECTED_REST);
    };
    this.#read()
      .then(
        (report) => {
          rest();
          this.#note(report);
        },
        // A thread pool that ends, as the process does.
        rest,
      )
      // The program did not ask for this, so no failure here may end it.
      .catch(() => {});
  }

  /** @param {import('../../reports.js').NativeMemory} report */
  #note(report) {
    // /proc is not there, or closed: it will not be there next time.
    if (report.rows.v8Heap.residentBytes === null) {
      this.#isOff = true;
      return;
    }
    this.#last = report;
    this.#readings.add(readingOf(report));
    this.#publish('native-memory', report);
  }

  /**
   * What grows, where that is native memory, or where of native memory more grows than of the kind that is judged: a state of
   * the detector, or an event of it.
   * @param {{ kind: string, state: string, start: Date, growth?: number, growthBytes?: number }} of
   */
  causeOf({ kind, state, start, growth = 0, growthBytes = growth }) {
    if (!GROWS.has(state)) return null;
    if (OWNERS.has(kind)) return besideOf(this.#readings.points, start.getTime(), growthBytes);
    if (kind !== 'native') return null;
    return causeOf(this.#readings.points, start.getTime(), growthBytes);
  }
}

module.exports = { NativeMemoryWatch };
