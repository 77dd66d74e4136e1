'use strict';
// What memwatch emits in one process of the evaluation, and how memory stood at it. Keeps little itself: series go to a
// file line by line, for what watches must not grow.

const fs = require('node:fs');
const { performance } = require('node:perf_hooks');
const v8 = require('node:v8');

/** Between two readings that no collection made, in milliseconds. */
const BETWEEN_MS = 250;

const EVENTS = ['leak', 'leak-suspected', 'leak-confirmed', 'leak-paused', 'leak-resumed', 'leak-cleared'];

function memory() {
  const { used_heap_size: heap, external_memory: external, malloced_memory: malloced } = v8.getHeapStatistics();
  return { heap, external, malloced, rss: process.memoryUsage.rss() };
}

/** Microseconds since this process began; monotonic. */
function microseconds() {
  return Math.round(performance.now() * 1000);
}

/** Kept of all full collections: every other one goes when there are more, for what watches must not grow. */
const MOST_COLLECTIONS = 2000;

/** Kept whole of each event, with the suspects: the later ones say the same again. */
const WHOLE_EVENTS = 2;

class Recorder {
  /** The last full collection, or null. */
  last = null;
  #collections = [];
  #collectionCount = 0;
  #events = [];
  #series = null;
  #startedUs = 0;
  #operations = () => 0;
  #timer = null;
  #isOver = false;
  #judged = null;
  #memwatch;

  constructor({ detector, series, about }) {
    this.#memwatch = require('../..');
    this.#choose(detector);
    if (series) {
      this.#series = fs.openSync(series, 'w');
      this.#write({ about: { ...about, detector, node: process.versions.node } });
    }
    this.#memwatch.on('stats', (stats) => this.#collected(stats));
    for (const name of EVENTS) this.#memwatch.on(name, (payload) => this.#emitted(name, payload));
  }

  /** An older memwatch has the original rule alone, and no option to choose. */
  #choose(detector) {
    if (!('detector' in this.#memwatch.configure()) && detector !== 'trend') return;
    this.#memwatch.configure({ detector });
  }

  /** From here on operations run. */
  start(operations) {
    this.#operations = operations;
    this.#startedUs = microseconds();
    this.#write({ load: true, t_us: this.#startedUs });
    this.#timer = setInterval(() => this.#between(), BETWEEN_MS);
  }

  stop() {
    this.#isOver = true;
    this.#judged = this.#judge();
    clearInterval(this.#timer);
  }

  /** As long as the load has run, and how memory is, garbage included. */
  now() {
    return { ...memory(), t_us: microseconds() - this.#startedUs };
  }

  /** Whether the detector that this run is of has spoken. */
  isFound() {
    return this.#events.some(({ name }) => name === 'leak');
  }

  result(operations, final) {
    this.#write({ final, operations, t_us: microseconds() });
    return {
      operations,
      seconds: (microseconds() - this.#startedUs) / 1e6,
      heapLimit: v8.getHeapStatistics().heap_size_limit,
      collections: this.#collections,
      collectionCount: this.#collectionCount,
      events: this.#events,
      judged: this.#judged,
      final,
    };
  }

  /** How each kind of memory was judged in the end: why a leak was not found. */
  #judge() {
    const { kinds } = this.#memwatch.detectorState();
    const shown = Object.values(kinds).map(
      ({ kind, state, confidence, growthBytes, thresholdBytes, samples, kendallTau, lateToOverall }) => ({
        kind,
        state,
        confidence,
        growthBytes,
        thresholdBytes,
        samples,
        kendallTau,
        lateToOverall,
      }),
    );
    return shown.sort((a, b) => b.confidence - a.confidence);
  }

  #collected(stats) {
    if (this.#isOver) return;
    const sample = {
      // The collection's own time, on the clock of the other lines.
      t_us: Math.round(stats.gc_ts - performance.timeOrigin * 1000),
      operations: this.#operations(),
      heap: stats.current_base,
      external: stats.external_memory,
      array_buffers: stats.array_buffers,
      malloced: stats.malloced_memory,
      rss: stats.rss,
      heap_limit: stats.heap_size_limit,
      detached_contexts: stats.number_of_detached_contexts,
      native_contexts: stats.number_of_native_contexts,
      global_handles: stats.used_global_handles_size,
      pause_ms: stats.pause_ms,
    };
    this.last = sample;
    if (this.#collections.length === MOST_COLLECTIONS) {
      this.#collections = this.#collections.filter((_, at) => at % 2 === 1);
    }
    const { t_us, operations, heap, external, rss } = sample;
    this.#collections.push({ t_us: t_us - this.#startedUs, operations, heap, external, rss });
    this.#collectionCount++;
    this.#write(sample);
  }

  #emitted(name, payload) {
    if (this.#isOver) return;
    const t_us = microseconds();
    this.#write({ event: name, t_us, operations: this.#operations(), payload });
    const { heap, external, rss } = memory();
    this.#events.push({
      name,
      t_us: t_us - this.#startedUs,
      operations: this.#operations(),
      memory: { heap, external, rss },
      payload: this.#count(name) < WHOLE_EVENTS ? payload : shortened(payload),
    });
  }

  #count(name) {
    return this.#events.filter((event) => event.name === name).length;
  }

  #between() {
    this.#write({ between: true, t_us: microseconds(), operations: this.#operations(), ...memory() });
  }

  #write(line) {
    if (this.#series !== null) fs.writeSync(this.#series, `${JSON.stringify(line)}\n`);
  }
}

/** Without what is long. */
function shortened({ suspects, ...rest }) {
  return rest;
}

module.exports = { Recorder, memory };
