'use strict';
// Data that survives the program: the option `flightRecorder` keeps the last detector state, memory
// over time and the suspected lines in a small file that is complete at any moment. It is written
// beforehand, after collections and at each change of the state: a killed process writes
// nothing any more.

const { threadId } = require('node:worker_threads');
const { warn, withCode } = require('../errors.js');
const { isFileName, wholePath } = require('../file-names.js');
const { kind } = require('../options.js');
const { clearInterval, clearTimeout, monotonic, setInterval, setTimeout } = require('../own-time.js');
const { startedAt, wallClock } = require('../own-time.js');
const { processMemory } = require('../process-memory.js');
const { withoutSecrets, withoutSecretsIn } = require('../secrets/text.js');
const { writeWhole } = require('../whole-file.js');
const { HEARTBEAT_MS, recordFiles, writer } = require('./file.js');
const { Series } = require('./series.js');
const { version } = require('../../package.json');

// The least time between two writings for mere collections. One takes a fraction of a
// millisecond of the main thread.
const PERIOD_MS = 2000;

// Asking the sampler takes some milliseconds; what it says changes slowly.
const SITES_PERIOD_MS = 60_000;

const SITES = 10;
const EVENTS = 20;

/** A moment as all others in the file. */
const millis = (date) => date?.getTime() ?? null;

function told(name, payload, at) {
  const { reason, kind, state, confidence, growth, bytesPerHour, limitEta, limit, suspects } = payload;
  const { suspectsAt, whyNoSuspects, keptBytes, lastedMs, why } = payload;
  return withoutSecretsIn({
    ...{ at, name, reason, kind, state, confidence, growth, bytesPerHour, limitEta, limit },
    ...{ suspects, suspectsAt: millis(suspectsAt), whyNoSuspects, keptBytes, lastedMs, why },
  });
}

/**
 * What a recording is made with.
 * @typedef {object} Means
 * @property {import('../types.js').Addon['FileLock']} FileLock
 * @property {import('./file.js').RecordFiles} files
 * @property {{ readonly last: object | null }} nativeWatch
 * @property {() => any} detectorState
 * @property {(options?: { top?: number }) => any} sites
 */

class Recording {
  #by;
  #file;
  /** Of what was written last. */
  #trace;
  /** Of the same: others see by it that this process runs. */
  #lock;
  #series = new Series();
  #head;
  #events = [];
  #snapshots = [];
  #sites = null;
  #sitesAt = -Infinity;
  #writtenAt = -Infinity;
  #timer;
  #heartbeat;
  #hasWarned = false;
  #atExit = (/** @type {number} */ status) => this.#write('exit', { status, at: wallClock() });

  /** @param {string} name @param {Means} by */
  constructor(name, by) {
    this.#by = by;
    this.#file = name;
    this.#head = {
      version: 1,
      memwatch: version,
      node: process.version,
      ...writer(),
      program: process.argv[1] === undefined ? null : withoutSecrets(process.argv[1]),
      startedAt,
    };
    this.#sample();
    const first = this.#text('start');
    by.files.take(name, () => this.#put(first));
    // Memory outside of the heap, too.
    this.#heartbeat = setInterval(() => {
      this.#sample();
      this.#write('heartbeat');
    }, HEARTBEAT_MS).unref();
    process.once('exit', this.#atExit);
  }

  /** Memory as it is now. */
  #sample() {
    const { heapUsed, external, rss } = processMemory();
    this.#series.add([wallClock(), heapUsed, external, rss]);
  }

  event(name, payload) {
    if (name === 'snapshot') return this.#snapshot(payload);
    if (name === 'stats') {
      this.#series.add([wallClock(), payload.current_base, payload.external_memory, payload.rss]);
      return this.#writeSoon();
    }
    // A confirmation is followed by the same as `leak`, but where one was reported before.
    if (name === 'leak-confirmed' && !payload.wasReported) return;
    this.#events = [...this.#events, told(name, payload, wallClock())].slice(-EVENTS);
    this.#sitesAt = -Infinity;
    this.#write(name);
  }

  #snapshot({ trigger, path: name, bytes }) {
    this.#snapshots = [...this.#snapshots, { at: wallClock(), trigger, path: name, bytes }].slice(-EVENTS);
    this.#write('snapshot');
  }

  /** Immediately if the last time is long enough ago; otherwise as soon as it is. */
  #writeSoon() {
    const left = this.#writtenAt + PERIOD_MS - monotonic();
    if (left <= 0) return this.#write('collection');
    this.#timer ??= setTimeout(() => this.#write('collection'), left).unref();
  }

  #write(because, ended = /** @type {{ status: number, at: number } | null} */ (null)) {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writtenAt = monotonic();
    try {
      this.#by.files.assertOurs(this.#file, this.#trace);
      this.#put(this.#text(because, ended));
      this.#hasWarned = false;
    } catch (error) {
      if (this.#hasWarned) return;
      this.#hasWarned = true;
      warn(
        `The flight recorder file ${this.#file} is no longer written: ${error.message}`,
        'ERR_MEMWATCH_FLIGHT_RECORDER',
      );
    }
  }

  /** @param {(locked: boolean) => string} textOf */
  #put(textOf) {
    const lock = new this.#by.FileLock();
    try {
      writeWhole(this.#file, (beside) => textOf(lock.take(beside, 0) === 'taken'));
    } catch (error) {
      lock.release();
      throw error;
    }
    // At no moment is the file there without its lock.
    this.#lock?.release();
    this.#lock = lock;
    this.#trace = this.#by.files.traceOf(this.#file);
  }

  /**
   * The current content, except for the lock, which is known only once it is taken.
   * @param {string} because
   * @param {{ status: number, at: number } | null} [ended]
   */
  #text(because, ended = null) {
    if (ended === null && monotonic() - this.#sitesAt > SITES_PERIOD_MS) {
      const table = this.#by.sites({ top: SITES });
      this.#sites = withoutSecretsIn({ ...table, at: millis(table.at) });
      this.#sitesAt = monotonic();
    }
    const { heap_size_limit: heapLimitBytes } = require('node:v8').getHeapStatistics();
    const box = {
      ...this.#head,
      locked: false,
      writtenAt: wallClock(),
      because,
      ended,
      heapLimitBytes,
      detectorState: withoutSecretsIn(this.#by.detectorState()),
      nativeMemory: this.#by.nativeWatch.last,
      series: { fields: ['at', 'heap', 'external', 'rss'], points: this.#series.points },
      events: this.#events,
      sites: this.#sites,
      snapshots: this.#snapshots,
    };
    return (locked) => JSON.stringify({ ...box, locked });
  }

  stop() {
    clearTimeout(this.#timer);
    clearInterval(this.#heartbeat);
    process.removeListener('exit', this.#atExit);
    // A process that takes the name from here on finds no writer.
    this.#lock?.release();
  }
}

/** @param {string} name @param {Means} by */
function started(name, by) {
  try {
    return new Recording(name, by);
  } catch (error) {
    const message = `The flight recorder file ${name} cannot be written: ${error.message}`;
    throw withCode(new Error(message), 'ERR_MEMWATCH_FLIGHT_RECORDER');
  }
}

/**
 * @param {object} from
 * @param {Pick<import('../types.js').Addon, 'FileLock'>} from.addon
 * @param {import('../configure.js').Configuration} from.configuration
 * @param {Means['nativeWatch']} from.nativeWatch
 * @param {Means['detectorState']} from.detectorState
 * @param {Means['sites']} from.sites
 */
function flightRecorder({ addon, configuration, ...sources }) {
  const by = { ...sources, FileLock: addon.FileLock, files: recordFiles(addon) };
  /** @type {string | false} */
  let file = false;
  /** @type {Recording | undefined} */
  let recording;

  configuration.addOptions({
    flightRecorder: {
      ...kind('a file name or false', (value) => value === false || isFileName(value)),
      prepare: (value) => value && wholePath(value.replaceAll('{pid}', process.pid).replaceAll('{thread}', threadId)),
      get: () => file,
      set: (name) => {
        if (name === file) return;
        // The one that runs is stopped only where the new one can be written.
        const next = name ? started(name, by) : undefined;
        recording?.stop();
        recording = next;
        file = name;
      },
    },
  });

  /** Whether events are wanted. */
  function isRecording() {
    return recording !== undefined;
  }

  /** An event is about to be emitted, or an automatic snapshot was taken. */
  function note(name, payload) {
    recording?.event(name, payload);
  }

  return { isRecording, note };
}

module.exports = { flightRecorder };
