'use strict';
// A short CPU profile when a leak becomes suspected, or at an early sign of one: V8's sampler of
// allocations sees no frame of a function that was compiled into its caller, a CPU profile
// does. The addon evaluates it, and decides what counts as an early sign. It runs concurrently with
// CPU profiles of other tools.

const { performance } = require('node:perf_hooks');
const { clearTimeout, setTimeout } = require('node:timers');
const v8 = require('node:v8');

const MB = 2 ** 20;

// V8 walks the heap when a CPU profile starts: 5 ms and 0.35 ms for each MB were measured
// (Node.js 20 and 24), so this is some 40 ms. On a larger heap there is none.
const MOST_HEAP_BYTES = 96 * MB;

// A sample takes some 10 µs, so this is half a percent while it runs.
const INTERVAL_US = 2000;
const DURATION_MS = 10_000;

// A shorter profile has too few samples: it then continues for the next query. A hundred samples.
const LEAST_MS = 200;

// Suspicions that come and go do not start one each.
const LEAST_BETWEEN_MS = 60_000;

// A profile that ends between the two snapshots of a HeapDiff falsifies it: a tenth of the new
// objects was missing, and old code was new. So while there are diffs there is no profile.
const running = new Set();
let openDiffs = 0;
const forgotten = new FinalizationRegistry(() => openDiffs--);

/**
 * Node ends with process.exit() what V8's profiler, which has a thread of its own, still asks for at each sample: one
 * in twenty programs with a profile under way crashed there. So none outlives the program.
 */
function abandonAll() {
  for (const profile of running) profile.abandon();
}

/** No profile runs from here until this diff ends or is collected. @param {object} diff */
function diffBegins(diff) {
  openDiffs++;
  forgotten.register(diff, undefined, diff);
  abandonAll();
}

/** @param {object} diff */
function diffEnds(diff) {
  if (forgotten.unregister(diff)) openDiffs--;
}

class CallProfile {
  #learn;
  #interval;
  #mostHeap;
  /** @type {import('node:inspector').Session | null} */
  #session = null;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;
  #began = 0;
  #next = 0;

  /**
   * @param {(cpuProfile: string) => void} learn  gets the JSON of each profile
   * @param {{ intervalUs?: number, mostHeapBytes?: number }} [limits]  where it may cost more
   */
  constructor(learn, { intervalUs = INTERVAL_US, mostHeapBytes = MOST_HEAP_BYTES } = {}) {
    this.#learn = learn;
    this.#interval = intervalUs;
    this.#mostHeap = mostHeapBytes;
  }

  /** Starts one, where that is cheap. */
  begin() {
    const now = performance.now();
    if (this.#session !== null || openDiffs > 0 || now < this.#next || !process.features.inspector) return;
    if (v8.getHeapStatistics().used_heap_size > this.#mostHeap) return;
    this.#next = now + LEAST_BETWEEN_MS;
    try {
      const { Session } = require('node:inspector');
      const session = new Session();
      this.#session = session;
      session.connect();
      session.post('Profiler.enable');
      session.post('Profiler.setSamplingInterval', { interval: this.#interval });
      session.post('Profiler.start');
      // Not before: to start it takes as long as this on a busy machine.
      this.#began = performance.now();
      if (running.size === 0) process.on('exit', abandonAll);
      running.add(this);
    } catch {
      // Another agent may forbid it; then nothing is learned.
      this.abandon();
      return;
    }
    this.#timer = setTimeout(() => this.end(), DURATION_MS);
    this.#timer.unref();
  }

  /** Likewise, long before anything is suspected: it does not put off the one at a suspicion. */
  beginEarly() {
    const next = this.#next;
    this.begin();
    this.#next = next;
  }

  /** Returns the result and ends the profile, if it has run long enough. */
  conclude() {
    if (performance.now() - this.#began >= LEAST_MS) this.end();
  }

  /** Ends it, if it runs, and hands over what was learned. */
  end() {
    if (this.#session === null) return;
    // Same thread: the answer is there before `post` returns.
    this.#session.post('Profiler.stop', (error, result) => {
      if (!error) this.#learn(JSON.stringify({ nodes: result.profile.nodes }));
    });
    this.abandon();
  }

  /** Ends it, if it runs, and learns nothing. */
  abandon() {
    clearTimeout(this.#timer);
    this.#session?.disconnect();
    this.#session = null;
    if (running.delete(this) && running.size === 0) process.off('exit', abandonAll);
  }
}

module.exports = { CallProfile, diffBegins, diffEnds };
