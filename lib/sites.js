'use strict';
// Which line leaks: when the sampler runs, and the answers. It runs while a leak is
// suspected (lib/detector.js says when), or always, or never, as configured. What is a
// suspect, and which moment is kept as evidence, is decided in the addon; names of files are
// mapped to their sources here.

// Kept from here on: tests replace the global one to stop the clock.
const { performance } = require('node:perf_hooks');
const { CallProfile } = require('./call-profile.js');
const { Labels } = require('./labels/index.js');
const { TRUE_OR_FALSE, checkOptions, kind, oneOf, wholeNumber } = require('./options.js');
const { automaticInterval } = require('./sampling-interval.js');
const { OURS } = require('./own-scripts.js');

const KIB = 1024;

const AUTOMATIC = 'auto';
const LEAST_INTERVAL_BYTES = KIB;
const MOST_INTERVAL_BYTES = 1024 * KIB * KIB;

// Innermost frames kept of a stack. Of frameworks a request alone has some thirty.
const DEFAULT_STACK_DEPTH = 48;
const MOST_STACK_DEPTH = 256;

// An observation waits for this multiple of the duration of the last one: one percent of the time.
// An inspector's sampler collects the whole heap for each.
const REST_AFTER_OBSERVATION = 100;

// Bytes between two samples of a closer look, which lasts only a moment: a leak of one small
// object a call has to be seen within some hundreds of calls.
const CLOSER_INTERVAL_BYTES = KIB;
// And its CPU profile: a tenth of the time while it runs, on a heap of any size. Nothing
// waits for work that is repeated on purpose.
const CLOSER_PROFILE = { intervalUs: 100, mostHeapBytes: Infinity };

const DEFAULT_TOP = 5;
const DEFAULT_TABLE_TOP = 20;
const MOST_TOP = 1000;

const MODES = /** @type {const} */ (['suspected', 'always', false]);

/** By default. @type {import('./detector.js').Suspicion} */
const OF_THE_HEAP = { kinds: new Set(['heap']), youngPerSecond: () => 0 };

// A sampler this much finer than needed is restarted: a restart loses all samples.
const TOO_FINE = 2;

const dateOf = (ms) => (ms === null ? null : new Date(ms));

const SITES_OPTIONS = { top: { ...wholeNumber({ least: 1, most: MOST_TOP }), otherwise: DEFAULT_TABLE_TOP } };

const HEAP_PROFILE_OPTIONS = { format: { ...oneOf('heapprofile', 'pprof'), otherwise: 'heapprofile' } };

const INTERVAL = wholeNumber({ least: LEAST_INTERVAL_BYTES, most: MOST_INTERVAL_BYTES, of: 'bytes' });

/** @typedef {typeof MODES[number]} Mode */

/**
 * The sampler of this thread, as lib/detector.js and those who show it use it.
 * @typedef {ReturnType<typeof sitesBy>} SiteSampler
 *
 * @param {object} by
 * @param {Pick<import('./types.js').Addon, 'Sites'>} by.addon
 * @param {import('./configure.js').Configuration} by.configuration
 * @param {(site: any) => any} by.mapped  names a site's source
 */
function sitesBy({ addon, configuration: { addOptions, onConfigured }, mapped }) {
  const native = new addon.Sites(OURS);
  const calls = new CallProfile((cpuProfile) => native.learn(cpuProfile));
  const labels = new Labels(native);

  /** @type {Mode} */
  let mode = 'suspected';
  /** @type {Mode} */
  let wantedMode = mode;
  /** @type {number | typeof AUTOMATIC} */
  let interval = AUTOMATIC;
  let depth = DEFAULT_STACK_DEPTH;
  let profilesCalls = true;
  // Of closer looks. One for all of them: each of these lasts as long as the environment.
  let closer = null;
  let nextObservation = 0;

  /** The current suspicion; null without one. @type {import('./detector.js').Suspicion | null} */
  let suspicion = null;
  /** Growth has paused: what was found is kept, and nothing is observed. */
  let isHeld = false;
  /** The kinds of memory that were suspected when the evidence was found. @type {Set<string>} */
  let evidenceKinds = new Set();
  /** The suspects of the evidence as they were asked for last: `{ at, top, suspects }`. */
  let remembered = null;
  /** Bytes between two samples of our sampler while it runs; it runs on with those that it was started with. */
  let chosen = Infinity;
  /** Someone has requested some seconds of samples, in addition to any suspicion. */
  let isLent = false;
  /** How many times a sampler has ended or restarted: it does not know objects from before. */
  let ends = 0;

  /** Bytes between two samples that are right now. What runs always is not made for one suspicion. */
  function rightInterval() {
    return interval === AUTOMATIC ? automaticInterval(mode === 'always' ? null : suspicion) : interval;
  }

  /**
   * Our sampler from here on, or another agent's where one runs.
   * @param {'new' | 'same' | null} [about]  whether it is for a suspicion, and for which
   */
  function startSampling(about = suspicion === null ? null : 'same') {
    const right = rightInterval();
    const whose = native.start(right, depth, about) ?? false;
    chosen = whose === 'own' ? Math.min(chosen, right) : Infinity;
    if (whose !== false && isWanted()) labels.begin();
    return whose;
  }

  function stopSampling() {
    native.stop();
    labels.end();
    chosen = Infinity;
    ends += 1;
  }

  /** Whether it runs for memwatch itself. */
  const isWanted = () => mode === 'always' || (mode === 'suspected' && suspicion !== null);

  /**
   * Starts our sampler for a request for some seconds of samples. It continues afterwards if a leak is suspected by
   * then. For one at a time.
   * @returns {(() => void) | null}  gives it back; null where allocations are not to be sampled
   */
  function lend() {
    if (mode === false || startSampling() === false) return null;
    isLent = true;
    return () => {
      isLent = false;
      if (!isWanted()) stopSampling();
    };
  }

  /** The program allocates much by now, or its heap grows too: fewer samples, and growth is measured from here on. */
  function coarsen() {
    if (interval !== AUTOMATIC || TOO_FINE * chosen >= rightInterval()) return;
    stopSampling();
    startSampling();
  }

  /**
   * Somebody may have stopped our sampler, or theirs that we used: what runs always starts again. For a suspicion the next
   * observation starts it, and until then they can start their own.
   */
  function tend() {
    if (mode === false) return;
    labels.tend();
    if (native.stillRuns()) {
      if (suspicion !== null) coarsen();
      return;
    }
    chosen = Infinity;
    ends += 1;
    if (mode === 'always') startSampling();
  }

  /**
   * A leak is suspected: growth is measured from now on, by our own sampler, or by that of
   * another agent where one runs.
   * @param {import('./detector.js').Suspicion} [what]
   * @param {{ goesOn?: boolean }} [how]  whether it is the one that the evidence is of, after a pause
   * @returns {'own' | 'other' | false} whose it is
   */
  function start(what = OF_THE_HEAP, { goesOn = false } = {}) {
    suspicion = what;
    isHeld = false;
    nextObservation = 0;
    if (mode === false) {
      native.forget();
      return false;
    }
    if (profilesCalls) calls.begin();
    return startSampling(goesOn ? 'same' : 'new');
  }

  /** Growth has paused or continues: during a pause the results are shown, and nothing is observed. */
  function hold(isPaused) {
    if (isPaused) calls.conclude();
    isHeld = isPaused;
    native.hold(isPaused);
  }

  /**
   * The base grows fast and is still small: no suspicion. Learns what runs inside of what while that is cheap, for
   * a suspicion of so fast a growth comes where it is dear. The sampler does not start.
   */
  function prepare() {
    if (mode !== false && profilesCalls) calls.beginEarly();
  }

  /** The trend detector is off: pending results are dropped. */
  function forgo() {
    calls.abandon();
  }

  /** Nothing grows any more: the sampler stops, and what it found is kept. */
  function stop() {
    suspicion = null;
    isHeld = false;
    native.hold(false);
    calls.abandon();
    if (mode === 'always' || isLent) native.forget();
    else stopSampling();
    if (!isWanted()) labels.end();
  }

  /** After a full GC, while a leak is suspected: records the live objects. */
  function observe() {
    const began = performance.now();
    if (suspicion === null || isHeld || began < nextObservation) return;
    // Somebody may have stopped our sampler, or theirs that we used.
    if (!native.observe() && mode !== false) {
      ends += 1;
      startSampling();
    }
    if (native.hasFound()) evidenceKinds = new Set(suspicion.kinds);
    const ended = performance.now();
    nextObservation = ended + (ended - began) * REST_AFTER_OBSERVATION;
  }

  /**
   * An observation of work that is repeated on purpose, in addition to everything else: its growth is
   * measured separately. A running sampler is used as it is, and continues afterwards.
   * @returns {{ observe: () => void, end: (options: { top: number }) => object[] }} `observe` is
   *   called after each full collection, `end` gives the suspects; none where allocations are not sampled
   */
  function lookCloser() {
    if (mode === false) return { observe() {}, end: () => [] };
    const look = (closer ??= new addon.Sites(OURS));
    const calls = new CallProfile((cpuProfile) => look.learn(cpuProfile), CLOSER_PROFILE);
    if (profilesCalls) calls.begin();
    look.start(CLOSER_INTERVAL_BYTES, depth);
    return {
      observe: () => look.observe(),
      end: ({ top }) => {
        calls.conclude();
        calls.abandon();
        const found = JSON.parse(look.suspects(top)).suspects.map(mapped);
        look.stop();
        return found;
      },
    };
  }

  /** Whether the sampler runs also while nothing is suspected. */
  const isAlways = () => mode === 'always';

  /** Whether what the addon has kept may stand for this kind of memory: evidence of another leak never does. */
  const isAbout = (kind) => kind === undefined || native.hasFound() || evidenceKinds.has(kind);

  /**
   * Functions to inspect, the likeliest first, and when they were sampled: those that grow now, else those of the last
   * suspicion that found something, where it was about this kind of memory.
   * @param {{ top?: number, kind?: string }} [options]
   * @returns {{ at: Date | null, suspects: object[] }}
   */
  function findings({ top = DEFAULT_TOP, kind } = {}) {
    // Work begun at an early sign continues: there is no suspicion yet that it could serve.
    if (suspicion !== null) calls.conclude();
    const { at, suspects } = JSON.parse(native.suspects(top));
    if (at === native.evidenceAt() && !isAbout(kind)) return { at: null, suspects: [] };
    return { at: dateOf(at), suspects: suspects.map(mapped) };
  }

  /**
   * The same of the last suspicion that found something, and never of now. May be asked often.
   * @param {{ top?: number, kind?: string }} [options]
   * @returns {{ at: Date | null, suspects: object[] }}
   */
  function evidence({ top = DEFAULT_TOP, kind } = {}) {
    const at = native.evidenceAt();
    if (at === null || !isAbout(kind)) return { at: null, suspects: [] };
    if (remembered?.at !== at || remembered.top !== top) {
      remembered = { at, top, suspects: JSON.parse(native.evidence(top)).suspects.map(mapped) };
    }
    return { at: dateOf(at), suspects: remembered.suspects };
  }

  /** Functions to inspect. Empty when no sampler has run. */
  const suspects = (options) => findings(options).suspects;

  /**
   * Why no function is known, in words.
   * @param {string} kind  the memory that grows
   */
  function whyNone(kind) {
    if (mode === false) return "allocation sampling is switched off: configure({ sampling: { when: 'suspected' } })";
    if (suspicion === null && mode !== 'always') {
      return "allocations are not sampled yet: sampling starts when a leak is suspected, or immediately with configure({ sampling: { when: 'always' } })";
    }
    if (kind === 'native')
      return 'the sampler covers JavaScript allocations only, and this memory belongs to native code';
    return 'no full collection has ended since sampling started';
  }

  /** memwatch.sites(): live samples by the function that allocated them, current or of the last suspicion. */
  function sites(options = {}) {
    const { top } = checkOptions('memwatch.sites()', options, SITES_OPTIONS);
    return tableOf(native.table(top));
  }

  function tableOf(json) {
    const table = JSON.parse(json);
    return { ...table, at: dateOf(table.at), sites: table.sites.map(mapped) };
  }

  /**
   * Table, suspects and `.heapprofile` of one moment, for those who show them together: the last full collection while
   * something grows, else now, or the last suspicion that found something.
   * @param {{ topSites: number, topSuspects: number, wantsProfile: boolean }} wanted
   * @returns {{ table: object, suspects: object[], profile: string | null }}
   */
  function moment({ topSites, topSuspects, wantsProfile }) {
    const [table, suspects, profile] = native.moment(topSites, topSuspects, wantsProfile);
    return { table: tableOf(table), suspects: JSON.parse(suspects).map(mapped), profile };
  }

  /**
   * memwatch.heapProfile(): the same as sites() with all stacks, as the text of a .heapprofile file or as pprof; null where
   * nothing was sampled.
   * @overload
   * @param {{ format?: 'heapprofile' }} [options]
   * @returns {string | null}
   */
  /**
   * @overload
   * @param {{ format: 'pprof' }} options
   * @returns {Buffer | null}
   */
  /** @param {{ format?: 'heapprofile' | 'pprof' }} [options] */
  function heapProfile(options = {}) {
    const { format } = checkOptions('memwatch.heapProfile()', options, HEAP_PROFILE_OPTIONS);
    const text = native.heapProfile();
    if (text === null || format === 'heapprofile') return text;
    // Loaded when it is asked for: it brings zlib, and a program that never asks starts without.
    const { pprofOfHeapProfile } = require('./pprof.js');
    return pprofOfHeapProfile(text, { at: new Date() });
  }

  /** After all options of a call: the sampler must start with the interval given together with its mode. */
  function setMode() {
    if (wantedMode === mode) return;
    mode = /** @type {Mode} */ (wantedMode);
    if (mode === false) calls.abandon();
    if (isWanted()) {
      startSampling();
      coarsen();
    } else if (mode === false || !isLent) stopSampling();
  }

  addOptions({
    sampling: {
      when: {
        ...oneOf(...MODES),
        get: () => wantedMode,
        set: (value) => {
          wantedMode = value;
        },
      },
      intervalBytes: {
        ...kind(`'${AUTOMATIC}' or ${INTERVAL.takes}`, (value) => value === AUTOMATIC || INTERVAL.accepts(value)),
        get: () => interval,
        set: (value) => {
          interval = value;
        },
      },
      stackDepth: {
        ...wholeNumber({ least: 1, most: MOST_STACK_DEPTH, of: 'frames' }),
        get: () => depth,
        set: (value) => {
          depth = value;
        },
      },
      callProfile: {
        ...TRUE_OR_FALSE,
        get: () => profilesCalls,
        set: (value) => {
          profilesCalls = value;
          if (!value) calls.abandon();
        },
      },
    },
  });

  onConfigured(setMode);

  return {
    ...{ isAlways, prepare, forgo, start, hold, tend, stop, observe, lookCloser },
    ...{ suspects, findings, evidence, whyNone, sites, moment, heapProfile },
    ...{ labels, lend, isOff: () => mode === false, timesEnded: () => ends },
  };
}

module.exports = { sitesBy };
