'use strict';
// The dashboard's part in the program: measures once a second and listens to memwatch. It reports
// its observations as messages and keeps none of them; actions.js runs the buttons. It serves
// nothing, does not keep the program alive, and does not end it: where it fails, it stops.

// Node's types know it as a module with a default export, which it is not for CommonJS.
const cluster = /** @type {import('node:cluster').Cluster} */ (/** @type {unknown} */ (require('node:cluster')));
const path = require('node:path');
const { performance } = require('node:perf_hooks');
const v8 = require('node:v8');
// Node 22.20 and 24.6 and later know the name.
const { threadId, threadName } = require('node:worker_threads');
const { setInterval, clearInterval } = require('node:timers');
const { withCode } = require('../errors.js');
const { ROWS } = require('../native-memory/words.js');
const { processMemory } = require('../process-memory.js');
const { LEAK_EVENTS } = require('../stream.js');
const { sweep } = require('../temporary-directory.js');
const { Actions } = require('./actions.js');
const { flameOf } = require('./flame.js');

// Often enough to look live; costs a few tens of microseconds each time.
const RAW_MS = 1000;

// The suspects change slowly, and reading them walks the profile: at this interval in seconds
// while there is a viewer. During growth they are read after full GCs instead: between them live
// objects include garbage.
const SITES_EVERY = 5;

const TOP_SITES = 30;
const TOP_SUSPECTS = 5;

// Reading suspects ends the CPU profile that shows which functions V8 has inlined into
// others; it takes ten seconds from the suspicion on.
const LEARNING_MS = 10_500;

// The pause after walking the profile, in multiples of its duration: one percent of the time.
const REST_AFTER_SITES = 100;
const LEAST_REST_MS = 2000;

// For this long after a full GC the live objects are those that it left.
const FRESH_MS = 250;

// The button of an action, where its name differs.
const NEEDS = { 'start-diff': 'diff', 'end-diff': 'diff', 'snapshot-stopped': 'snapshot' };

// The name that Node 24 and later give to an unnamed worker.
const UNNAMED = 'WorkerThread';

/** Says what a thread was called by the one that started it. @typedef {import('../types.js').Addon['threadName']} Noted */

/** The name given to `new Worker`; where a thread does not know its own, the one that started it has noted it. @param {Noted} noted */
function nameOfWorker(noted) {
  return threadName === undefined ? noted(threadId) : threadName === UNNAMED ? null : threadName;
}

/**
 * The displayed name of this thread: for a worker its name, or else its script, which is known
 * only when it runs.
 * @param {Noted} noted
 */
function nameOfThread(noted) {
  if (threadId !== 0)
    return nameOfWorker(noted) || (process.argv[1] ? path.basename(process.argv[1]) : `worker ${threadId}`);
  if (cluster.worker !== undefined) return `cluster worker ${cluster.worker.id}`;
  return process.argv[1] ? path.basename(process.argv[1]) : 'node';
}

const millis = (date) => (date instanceof Date ? date.getTime() : Number.isFinite(date) ? date : null);

class Agent {
  #memwatch;
  #parts;
  #send;
  #failed;
  #isStopped = false;
  #unsubscribe = () => {};
  #timer;
  #seconds = 0;
  #nextSites = 0;
  /** @type {string | false} */
  #sampling = false;
  #lastSuspects = [];
  #askFrom = 0;
  #isWatched = false;
  #actions;
  #sentText = '';
  #sentState = 'ok';
  #wasCleared = false;
  #probes = 0;
  #probeMs = 0;
  #full = 0;
  #lastGc = [0, 0];
  #toldActions = '';
  #givenName;
  #toldName = '';

  /**
   * @param {object} how
   * @param {any} how.memwatch
   * @param {import('../parts.js').Parts} how.parts
   * @param {(message: {type: string, value: unknown}) => void} how.send
   * @param {(error: Error) => void} how.failed  told once, when this has stopped because of it
   * @param {string} [how.name]
   */
  constructor({ memwatch, parts, send, failed, name }) {
    this.#memwatch = memwatch;
    this.#parts = parts;
    this.#send = send;
    this.#failed = failed;
    this.#givenName = name;
    const tell = (type, value) => this.#safely(() => this.#tell(type, value));
    this.#actions = new Actions({ memwatch, parts, tell, sites: () => this.#safely(() => this.#tellSites()) });
    this.#safely(() => this.#begin());
  }

  #begin() {
    this.#tellMeta();
    // What a process that was killed left of its heap diffs.
    if (threadId === 0) sweep();
    this.#unsubscribe = this.#parts.stream.subscribe(
      ['stats', 'snapshot', 'native-memory', ...LEAK_EVENTS],
      (name, payload) => this.#safely(() => this.#note(name, payload)),
    );
    this.#timer = setInterval(() => this.#safely(() => this.#second()), RAW_MS);
    this.#timer.unref();
    this.#raw();
    const { nativeWatch } = this.#parts;
    if (nativeWatch.last === null) nativeWatch.soon();
    else this.#native(nativeWatch.last);
    this.#sendState();
    this.#tellSites();
  }

  /** The program did not call this, so no error here may reach the program. */
  #safely(work) {
    if (this.#isStopped) return;
    try {
      work();
    } catch (error) {
      this.stop();
      this.#failed(error);
    }
  }

  #note(name, payload) {
    if (name === 'stats') this.#stats(payload);
    else if (name === 'snapshot') this.#actions.noteSnapshot(payload);
    else if (name === 'native-memory') this.#native(payload);
    else this.#leak(name, payload);
  }

  #tell(type, value) {
    this.#send({ type, value });
  }

  #name() {
    return nameOfThread(this.#parts.addon.threadName);
  }

  #tellMeta() {
    const actions = this.#unavailable();
    this.#toldActions = JSON.stringify(actions);
    this.#toldName = this.#givenName ?? this.#name();
    this.#tell('meta', {
      name: this.#toldName,
      pid: process.pid,
      thread: threadId,
      node: process.version,
      start: Date.now() - Math.round(process.uptime() * 1000),
      limit: v8.getHeapStatistics().heap_size_limit,
      actions,
    });
  }

  /** For each button: null if it works, else the reason why not. */
  #unavailable() {
    const isSampling = this.#sampling !== false;
    return {
      collect: null,
      diff: null,
      snapshot: null,
      profile: isSampling ? null : 'Allocation sites are not being sampled.',
      sample: isSampling ? 'Allocation sites are being sampled.' : null,
    };
  }

  #raw() {
    const { heapUsed, heapTotal, external, arrayBuffers, rss } = processMemory();
    const { malloced_memory: malloced } = v8.getHeapStatistics();
    const memory = [heapUsed, heapTotal, external, arrayBuffers, rss, malloced];
    this.#tell('raw', [
      Date.now(),
      ...memory,
      this.#full + this.#probes,
      this.#parts.stream.environment.youngCollections(),
    ]);
  }

  #native({ at, residentBytes, rows }) {
    this.#tell('native', [at.getTime(), residentBytes, ...Object.keys(ROWS).map((name) => rows[name].residentBytes)]);
  }

  /** Forced GCs are no event, but they show the live heap too, and count. */
  #probed() {
    const detectorState = this.#memwatch.detectorState();
    if (detectorState === null || detectorState.forcedGc.count === this.#probes) return;
    const { count, costMs } = detectorState.forcedGc;
    const { end, currentBytes } = detectorState.kinds.heap;
    const pauseMs = (costMs - this.#probeMs) / (count - this.#probes);
    this.#probes = count;
    this.#probeMs = costMs;
    this.#tellGc(end.getTime(), currentBytes, pauseMs);
    // It is met with up to a second later, when there may be garbage again.
    if (Date.now() - end.getTime() < FRESH_MS) this.#collected();
    else this.#sendState();
  }

  #second() {
    this.#raw();
    this.#probed();
    if (this.#givenName === undefined && this.#name() !== this.#toldName) this.#tellMeta();
    this.#seconds += 1;
    if (this.#seconds % SITES_EVERY !== 0) return;
    this.#sendState();
    if (this.#isWatched && !this.#isGrowing) this.#tellSitesInTime();
  }

  get #isGrowing() {
    return this.#sentState === 'suspected' || this.#sentState === 'confirmed';
  }

  #tellSitesInTime() {
    if (performance.now() >= this.#nextSites) this.#tellSites();
  }

  /** A full GC has ended. */
  #collected() {
    this.#sendState();
    if (this.#isGrowing) this.#tellSitesInTime();
  }

  #stats(stats) {
    // Earlier facts are sent before it.
    this.#probed();
    const { gc_ts: endedMicros, current_base: base, pause_ms: pause } = stats;
    const { num_full_gc: full, num_inc_gc: others, usage_trend: trend } = stats;
    this.#full = full;
    this.#lastGc = [others, trend];
    this.#tellGc(endedMicros / 1000, base, pause);
    this.#collected();
  }

  /** One count of full GCs for every number on the dashboard: V8's own and forced ones. */
  #tellGc(time, base, pause) {
    this.#tell('gc', [time, base, pause, this.#full + this.#probes, ...this.#lastGc]);
  }

  #leak(event, leak) {
    const { start, end, growth, bytesPerHour, reason, why, detector, kind, state, suspects = [] } = leak;
    // Followed by the same as `leak`.
    if (event === 'leak-confirmed' && !leak.wasReported) return;
    if (event === 'leak-suspected') this.#askFrom = performance.now() + LEARNING_MS;
    if (suspects.length > 0) this.#lastSuspects = suspects;
    if (detector === 'trend') this.#wasCleared = event === 'leak-cleared';
    const time = millis(end) ?? Date.now();
    const sizes = kind === 'handles' ? {} : { growth, bytesPerHour, keptBytes: leak.keptBytes };
    const numbers = { ...sizes, start: millis(start), lastedMs: leak.lastedMs };
    this.#tell('leak', { event, time, ...numbers, reason, why, detector, kind, state, suspect: suspects[0] });
    this.#sendState();
    this.#tellSites();
  }

  #sendState() {
    // None if the trend detector is off.
    const detectorState = this.#memwatch.detectorState();
    if (!detectorState) return;
    const { kind, confidence, limitEta, limit, reason, start, end, samples, wasConfirmed } = detectorState;
    const { startBytes: base, currentBytes: current, bytesPerHour, keptBytes } = detectorState;
    // Handles are counted, and the sentence has how many.
    const sizes = kind === 'handles' ? {} : { bytesPerHour, base, current, keptBytes };
    const state = detectorState.state === 'ok' && this.#wasCleared ? 'cleared' : detectorState.state;
    const found = this.#parts.nativeWatch.causeOf(detectorState);
    const { text: cause, advice } = found ?? { text: null, advice: null };
    // The growth of native memory, if larger than that of the judged kind.
    const nativeBytes = found?.cause === 'malloc-beside' ? found.growthBytes.mallocInUse : 0;
    const value = {
      ...{ cause, advice, nativeBytes, nativeCause: kind === 'native' ? (found?.cause ?? null) : null },
      ...{ state, kind, confidence, reason, samples, wasConfirmed, ...sizes },
      ...{ limitEta: millis(limitEta), limit, start: millis(start), end: millis(end) },
      suspects: this.#suspectsOf(state, detectorState),
    };
    const text = JSON.stringify(value);
    if (text === this.#sentText) return;
    this.#sentText = text;
    this.#tell('detectorState', value);
    if (this.#sentState !== state) this.#tellSites();
    this.#sentState = state;
  }

  /** For threads the lines that started them; for memory the sampled sites; for handles none. */
  #suspectsOf(state, { kind, kinds }) {
    if (kind === 'handles') return [];
    return kind === 'threads' ? kinds.threads.suspects : this.#suspects(state, kind);
  }

  /**
   * For current growth those of the last event first, then the current ones, or else the last known ones. For ended
   * growth those of the evidence.
   */
  #suspects(state, kind) {
    if (state === 'ok') return [];
    if (state === 'paused' || state === 'cleared') {
      const { suspects } = this.#parts.detector.evidence({ top: TOP_SUSPECTS, kind });
      return suspects.length > 0 ? suspects : this.#lastSuspects;
    }
    if (performance.now() < this.#askFrom) return this.#lastSuspects;
    const { suspects } = this.#parts.detector.findings({ top: TOP_SUSPECTS, kind });
    // Of memory that was freed none is known, and earlier ones were of before that was known.
    if (suspects.length > 0 || this.#parts.detector.hasNoOwner(kind)) this.#lastSuspects = suspects;
    return this.#lastSuspects;
  }

  /** Table and flame graph of one moment: now, the last full GC, or the last suspicion. */
  #tellSites() {
    const began = performance.now();
    // Another agent's sampler would collect the whole heap for a profile.
    const { table, profile } = this.#parts.sites.moment({
      topSites: TOP_SITES,
      topSuspects: 0,
      wantsProfile: this.#sampling !== 'other',
    });
    const { sampling, at, isLive, sites } = table;
    const flame = profile && flameOf(JSON.parse(profile));
    this.#tell('sites', { time: millis(at), isLive, sampling, suspects: sites, flame });
    this.#sampling = sampling;
    if (JSON.stringify(this.#unavailable()) !== this.#toldActions) this.#tellMeta();
    const ended = performance.now();
    this.#nextSites = ended + Math.max(LEAST_REST_MS, (ended - began) * REST_AFTER_SITES);
  }

  /** Whether there is a viewer. */
  watch(isWatched) {
    // For current growth the state after the last full GC was already sent.
    if (isWatched && !this.#isWatched && !this.#isGrowing) this.#safely(() => this.#tellSites());
    this.#isWatched = isWatched;
  }

  /**
   * Runs the action of a button.
   * @param {string} action
   * @param {object} [how]
   * @returns {Promise<unknown>}  what it says for itself
   */
  async act(action, how) {
    const why = this.#unavailable()[NEEDS[action] ?? action];
    if (why) throw withCode(new Error(why), 'ERR_MEMWATCH_USAGE');
    return this.#actions.act(action, how);
  }

  /** The last message, when the program ends. */
  finish() {
    this.#safely(() => {
      this.#raw();
      this.#sendState();
      // The message on current growth is of the last full GC, and stays valid.
      if (!this.#isGrowing) this.#tellSites();
    });
  }

  stop() {
    this.#isStopped = true;
    clearInterval(this.#timer);
    this.#unsubscribe();
    this.#actions.stop();
  }
}

module.exports = { Agent };
