'use strict';
// What memwatch emits in one process of the evaluation, and how memory stood at it. Keeps little itself, for what watches
// must not grow: what goes into the detector, if that is wanted, goes to a file four times a second.

const fs = require('node:fs');
const { performance } = require('node:perf_hooks');
const v8 = require('node:v8');

/** How often the file gets what went into the detector, in milliseconds. */
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
  /** The file, or null. */
  #recording = null;
  #environment;
  #startedUs = 0;
  #operations = () => 0;
  #timer = null;
  #isOver = false;
  #judged = null;
  #memwatch;

  constructor({ detector, recording, bytes }) {
    this.#memwatch = require('../..');
    this.#choose(detector);
    if (recording) {
      this.#recording = fs.openSync(recording, 'w');
      this.#environment = require('../../lib/own.js').stream.environment;
      this.#remark(`bytes ${bytes}`);
      this.#keep();
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
    this.#keep();
    this.#remark('load');
    this.#timer = setInterval(() => this.#between(), BETWEEN_MS);
  }

  stop() {
    this.#isOver = true;
    this.#judged = this.#judge();
    clearInterval(this.#timer);
    this.#between();
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
      rss: stats.rss,
    };
    this.last = sample;
    if (this.#collections.length === MOST_COLLECTIONS) {
      this.#collections = this.#collections.filter((_, at) => at % 2 === 1);
    }
    const { t_us, operations, heap, external, rss } = sample;
    this.#collections.push({ t_us: t_us - this.#startedUs, operations, heap, external, rss });
    this.#collectionCount++;
  }

  #emitted(name, payload) {
    if (this.#isOver) return;
    const t_us = microseconds();
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
    this.#remark(`operations ${this.#operations()}`);
    this.#keep();
  }

  /** What went into the detector since the last call. */
  #keep() {
    if (this.#recording !== null) fs.writeSync(this.#recording, this.#environment.record() ?? '');
  }

  #remark(text) {
    if (this.#recording !== null) fs.writeSync(this.#recording, `# ${text}\n`);
  }
}

/** Without what is long. */
function shortened({ suspects, ...rest }) {
  return rest;
}

module.exports = { Recorder, memory };
