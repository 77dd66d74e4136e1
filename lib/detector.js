'use strict';
// The trend detector as JavaScript sees it: its options, what memwatch.detectorState() returns, and
// when the source of suspects samples. The addon judges what grows and whether it leaks.

// Kept from here on: tests replace the global one to stop the clock.
const { performance } = require('node:perf_hooks');
const { withLabel } = require('./label-words.js');
const { TRUE_OR_FALSE, kind, oneOf } = require('./options.js');
const { placeOf } = require('./places.js');
const { Rate } = require('./rate.js');

const DETECTORS = ['both', 'trend', 'consecutive'];

// As many as the source of those of the heap names.
const MOST_SUSPECTS = 5;

// The least time between a forced and any other full collection, in milliseconds.
const LEAST_SPACING_MS = 2000;

/**
 * The current suspicion, read on each access.
 * @typedef {object} Suspicion
 * @property {ReadonlySet<string>} kinds     the kinds of memory
 * @property {() => number} youngPerSecond   how often the young generation is collected
 */

/**
 * Who names suspects. Started at the first suspicion, held while all growth has paused, and stopped when the last one is
 * cleared or the pause is long; what it found stays known. `observe` is called after each full collection while something
 * grows, and `tend` every few seconds, always where `isAlways`. `prepare` is called at an early sign of fast growth, long
 * before there is a suspicion, if there is one at all; `forgo` once the trend detector is off.
 * @typedef {object} SuspectSource
 * @property {() => void} [prepare]
 * @property {() => void} [forgo]
 * @property {(suspicion: Suspicion, how: { goesOn: boolean }) => void} start
 * @property {(isPaused: boolean) => void} hold
 * @property {() => void} [tend]
 * @property {() => void} observe
 * @property {(wanted: Wanted) => Findings} findings  the current ones, or else those of the last suspicion
 * @property {(wanted: Wanted) => Findings} evidence  of the last suspicion that found something
 * @property {(kind: string) => string} whyNone
 * @property {() => void} stop
 * @property {() => boolean} [isAlways]  whether it knows suspects also while nothing is suspected
 */

/** Functions, and when they were sampled. @typedef {{ at: Date | null, suspects: any[] }} Findings */
/** Suspects of which memory, and how many of them. @typedef {{ kind: string, top?: number }} Wanted */

/** @type {Findings} */
const NONE = { at: null, suspects: [] };

/**
 * What grows in native memory and has no function that keeps it: those that allocate beside it would be blamed.
 * @type {Record<string, string>}
 */
const NO_OWNER = {
  fragmentation: 'what grows is memory that the program has freed, and no function keeps it',
  'mapped-files': 'what grows is mapped files, which no function of JavaScript allocates',
};

/** @typedef {(of: any) => { cause: string, text: string | null, advice: string | null } | null} CauseOf */

/** One function has one row. @param {{ function: string, file: string | null, line: number | null }} suspect */
const keyOf = ({ function: name, file, line }) => JSON.stringify([name, file, line]);

// Of a leak by the original rule.
const NOT_JUDGED = 'so far it is only known that the heap grew in each of these collections, as in a warm-up';

/**
 * Who names suspects of native memory, before all others: it follows the events itself.
 * @typedef {object} NativeSource
 * @property {(name: string, event: any) => void} told
 * @property {() => Findings} findings  of the last suspicion
 * @property {() => string | null} whyNone
 * @property {() => void} stop
 */

/** @type {NativeSource} */
const NOBODY_NATIVE = { told() {}, findings: () => NONE, whyNone: () => null, stop() {} };

/** Names none. @type {SuspectSource} */
const NOBODY = {
  ...{ start() {}, hold() {}, observe() {}, stop() {}, findings: () => NONE, evidence: () => NONE },
  whyNone: () => 'allocations are not sampled',
};

// A pause of traffic is over by then, or it may be long: sampling goes on for so long, so that growth which
// goes on is measured from where it was.
const SAMPLED_IN_PAUSE_MS = 120_000;

/** @param {unknown} value */
const share = (value) => typeof value === 'number' && value > 0 && value <= 0.1;

class Detector {
  #environment;
  #detector = 'both';
  #forcedGc = { enabled: true, budgetRatio: 0.005, minSpacingMs: LEAST_SPACING_MS };
  #source = NOBODY;
  /** Judges the threads that this one has started. @type {{ joined: (state: object) => object } | null} */
  #threads = null;
  /** Names those of native memory. @type {NativeSource} */
  #native = NOBODY_NATIVE;
  /** Says what of native memory grows. @type {(of: any) => { text: string | null, advice: string | null } | null} */
  /** @type {CauseOf} */
  #causeOf = () => null;
  /** The last that was known of native memory, as lib/native-memory/growth.js names it. */
  #nativeCause = 'unknown';
  #young = new Rate();
  /** Kinds of memory that grow: suspected, or confirmed to leak. */
  #growing = new Set();
  /** Kinds whose growth has paused: what they took is still kept. */
  #paused = new Set();
  #isSampling = false;
  #pausedAt = 0;

  /**
   * @param {object} by
   * @param {any} by.environment  the stream's: import('./types.js').Environment, of which tests have a part
   * @param {import('./configure.js').Configuration} by.configuration
   */
  constructor({ environment, configuration }) {
    this.#environment = environment;
    const forcedGc = (/** @type {{ enabled?: boolean, budgetRatio?: number, minSpacingMs?: number }} */ change) => {
      Object.assign(this.#forcedGc, change);
      this.#apply();
    };
    configuration.addOptions({
      detector: {
        ...oneOf(...DETECTORS),
        get: () => this.#detector,
        set: (value) => {
          this.#detector = value;
          this.#apply();
        },
      },
      forcedGc: {
        enabled: {
          ...TRUE_OR_FALSE,
          get: () => this.#forcedGc.enabled,
          set: (enabled) => forcedGc({ enabled }),
        },
        budgetRatio: {
          ...kind('a share of wall time above 0 and up to 0.1', share),
          get: () => this.#forcedGc.budgetRatio,
          set: (budgetRatio) => forcedGc({ budgetRatio }),
        },
        minSpacingMs: {
          ...kind(
            `a number of milliseconds of at least ${LEAST_SPACING_MS}`,
            (value) => Number.isFinite(value) && value >= LEAST_SPACING_MS,
          ),
          get: () => this.#forcedGc.minSpacingMs,
          set: (minSpacingMs) => forcedGc({ minSpacingMs }),
        },
      },
    });
    this.detectorState = this.detectorState.bind(this);
    this.note = this.note.bind(this);
    this.told = this.told.bind(this);
  }

  #apply() {
    const [consecutive, trend] = ['trend', 'consecutive'].map((other) => this.#detector !== other);
    this.#environment.setDetectors(consecutive, trend);
    const { enabled, budgetRatio, minSpacingMs } = this.#forcedGc;
    this.#environment.setForcedGc(enabled, budgetRatio, minSpacingMs);
    if (trend) return;
    this.#source.forgo?.();
    this.#growing.clear();
    this.#paused.clear();
    this.#stop();
    this.#native.stop();
  }

  #stop() {
    if (!this.#isSampling) return;
    this.#isSampling = false;
    this.#source.stop();
  }

  /** Who names suspects from now on. @param {SuspectSource} source */
  nameSuspectsWith(source) {
    this.#source = source;
  }

  /** Who names suspects of native memory from now on. @param {NativeSource} source */
  nameNativeWith(source) {
    this.#native = source;
  }

  /** Who judges what no memory of this thread's shows. @param {{ joined: (state: object) => object }} threads */
  joinWith(threads) {
    this.#threads = threads;
  }

  /** Who knows what of native memory grows. @param {CauseOf} causeOf */
  explainNativeWith(causeOf) {
    this.#causeOf = causeOf;
  }

  /** Whether memory of any kind grows: its objects may own native memory. */
  get growsAny() {
    return this.#growing.size > 0;
  }

  /**
   * Notes what of native memory grows. Of growth that has paused or ended the last that was known counts.
   * @param {string} kind @param {ReturnType<CauseOf>} cause
   */
  #noteCause(kind, cause) {
    if (kind === 'native' && cause !== null) this.#nativeCause = cause.cause;
  }

  /** Whether what grows of a kind of memory is kept by no function. @param {string} kind */
  hasNoOwner(kind) {
    return kind === 'native' && Object.hasOwn(NO_OWNER, this.#nativeCause);
  }

  /**
   * Adds to the sentence what of native memory grows, and what helps, as far as that is known.
   * @param {any} of @param {ReturnType<CauseOf>} cause
   */
  #explain(of, cause) {
    if (!cause?.text) return;
    of.reason = [of.reason, cause.text, cause.advice].filter(Boolean).join('; ');
  }

  get followsTrend() {
    return this.#detector !== 'consecutive';
  }

  /** The heap grows fast and is still small, or a full collection has ended. @param {string} fact */
  note(fact) {
    if (fact === 'early-sign') {
      if (this.#growing.size === 0) this.#source.prepare?.();
      return;
    }
    // Until a full GC has ended, live objects include garbage.
    if (this.#growing.size > 0) this.#source.observe();
  }

  /** Every few seconds, whatever the program does. */
  tick() {
    this.#young.note(this.#environment.youngCollections());
    if (this.#isSampling && this.#growing.size === 0 && performance.now() - this.#pausedAt > SAMPLED_IN_PAUSE_MS) {
      this.#stop();
    }
    if (this.#isSampling || this.#source.isAlways?.()) this.#source.tend?.();
  }

  /** @param {string} kind */
  #grows(kind) {
    const goesOn = this.#paused.delete(kind);
    if (!this.#isSampling) {
      const suspicion = { kinds: this.#growing, youngPerSecond: () => this.#young.perSecond() };
      this.#growing.add(kind);
      this.#isSampling = true;
      this.#source.start(suspicion, { goesOn });
    } else if (this.#growing.size === 0) {
      this.#source.hold(false);
    }
    this.#growing.add(kind);
  }

  /** @param {string} kind */
  #pauses(kind) {
    this.#paused.add(kind);
    if (!this.#growing.delete(kind) || this.#growing.size > 0) return;
    this.#pausedAt = performance.now();
    this.#source.hold(true);
  }

  /** @param {string} kind */
  #ends(kind) {
    this.#paused.delete(kind);
    this.#growing.delete(kind);
    if (this.#growing.size === 0 && this.#paused.size === 0) this.#stop();
  }

  /**
   * Follows an event of the addon, and adds the functions that have allocated.
   * @param {string} name
   * @param {any} payload  completed here
   */
  told(name, payload) {
    const { kind } = payload;
    if (name === 'leak-suspected' || name === 'leak-resumed') this.#grows(kind);
    if (name === 'leak-paused') this.#pauses(kind);
    // For ended growth, the current live objects are weaker evidence than the earlier result.
    const isOver = name === 'leak-paused' || name === 'leak-cleared';
    if (name === 'leak-suspected' && kind === 'native') this.#nativeCause = 'unknown';
    const cause = this.#causeOf(payload);
    this.#noteCause(kind, cause);
    const { at, suspects } = isOver ? this.evidence({ kind }) : this.findings({ kind });
    payload.suspects = suspects;
    payload.suspectsAt = suspects.length > 0 ? at : null;
    payload.whyNoSuspects = suspects.length > 0 ? null : this.#whyNone(payload);
    this.#explain(payload, cause);
    if (kind === 'native') this.#native.told(name, payload);
    if (name === 'leak-cleared') this.#ends(kind);
  }

  /** The current suspects, or else those of the last suspicion. @param {Wanted} wanted */
  findings(wanted) {
    return this.#named(wanted, this.#source.findings(wanted));
  }

  /** The suspects of the last suspicion that found something. @param {Wanted} wanted */
  evidence(wanted) {
    return this.#named(wanted, this.#source.evidence(wanted));
  }

  /** What allocates native memory before what allocates its owners. @param {Wanted} wanted @param {Findings} others */
  #named({ kind, top = MOST_SUSPECTS }, others) {
    if (this.hasNoOwner(kind)) return NONE;
    const native = kind === 'native' ? this.#native.findings() : NONE;
    if (native.suspects.length === 0) return others;
    const known = new Set(native.suspects.map(keyOf));
    const more = others.suspects.filter((suspect) => !known.has(keyOf(suspect)));
    return { at: native.at, suspects: [...native.suspects, ...more].slice(0, top) };
  }

  /** Why no function is named, in words. @param {{ state: string, kind: string }} payload */
  #whyNone({ state, kind }) {
    if (this.hasNoOwner(kind)) return NO_OWNER[this.#nativeCause];
    const why = (kind === 'native' ? this.#native.whyNone() : null) ?? this.#source.whyNone(kind);
    return state === 'unknown' ? `${NOT_JUDGED}; ${why}` : why;
  }

  /** The state of the trend detector now, with the functions that the evidence names; null where the trend is not followed. */
  detectorState() {
    const detected = this.#environment.detectorState();
    if (!detected) return null;
    const { kind } = detected;
    const cause = this.#causeOf(detected);
    this.#noteCause(kind, cause);
    const { at, suspects } = detected.state === 'ok' ? NONE : this.evidence({ kind });
    const by =
      detected.state === 'paused' && suspects.length > 0
        ? `, allocated by ${placeOf(suspects[0])}${withLabel(suspects[0])}`
        : '';
    detected.reason = `${detected.reason}${by}`;
    this.#explain(detected, cause);
    Object.assign(detected, { suspects, suspectsAt: at });
    return this.#threads ? this.#threads.joined(detected) : detected;
  }
}

module.exports = { Detector };
