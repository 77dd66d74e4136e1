'use strict';
// Which line leaks: when the sampler runs, and the answers. It runs while a leak is
// suspected (lib/verdict.js says when), or always, or never, as configured. What is a
// suspect is decided in the addon; names of files are mapped to their sources here.

const path = require('node:path');
// Kept from here on: tests replace the global one to stop the clock.
const { performance } = require('node:perf_hooks');
const addon = require('./addon.js');
const { CallProfile } = require('./call-profile.js');
const { TRUE_OR_FALSE, addOptions, onConfigured } = require('./configure.js');
const { withCode } = require('./errors.js');
const { automaticInterval } = require('./sampling-interval.js');
const { mapped } = require('./source-maps.js');

const KIB = 1024;

const AUTOMATIC = 'auto';
const LEAST_INTERVAL_BYTES = KIB;
const MOST_INTERVAL_BYTES = 1024 * KIB * KIB;

// Innermost frames kept of a stack. Of frameworks a request alone has some thirty.
const DEFAULT_STACK_DEPTH = 48;
const MOST_STACK_DEPTH = 256;

// An observation waits for so many times what the last one took: one percent of the time.
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

const MODES = ['suspicion', 'always', 'off'];

// memwatch itself is on the stack of its listeners. It is not what leaks.
const OURS = [__dirname + path.sep, path.join(__dirname, '..', 'index.js')];

const native = new addon.Sites(OURS);
const calls = new CallProfile((cpuProfile) => native.learn(cpuProfile));
let mode = 'suspicion';
let wantedMode = mode;
let interval = AUTOMATIC;
let depth = DEFAULT_STACK_DEPTH;
let profilesCalls = true;
// Of closer looks. One for all of them: each of these lasts as long as the environment.
let closer = null;
let nextObservation = 0;

/** What is suspected; null where nothing is. @type {import('./verdict.js').Suspicion | null} */
let suspicion = null;
/** Where it is not said what. @type {import('./verdict.js').Suspicion} */
const OF_THE_HEAP = { kinds: new Set(['heap']), youngPerSecond: () => 0 };
/** Bytes between two samples of our sampler while it runs; it runs on with those that it was started with. */
let chosen = Infinity;

// So much finer than would be right by now a sampler is not left: to start it anew forgets all samples.
const TOO_FINE = 2;

/** Bytes between two samples that are right now. What runs always is not made for one suspicion. */
function rightInterval() {
  return interval === AUTOMATIC ? automaticInterval(mode === 'always' ? null : suspicion) : interval;
}

/** Our sampler from here on, or another agent's where one runs. */
function startSampling() {
  const right = rightInterval();
  const whose = native.start(right, depth);
  chosen = whose === 'own' ? Math.min(chosen, right) : Infinity;
  return whose;
}

function stopSampling() {
  native.stop();
  chosen = Infinity;
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
  if (mode === 'off') return;
  if (native.stillRuns()) {
    if (suspicion !== null) coarsen();
    return;
  }
  chosen = Infinity;
  if (mode === 'always') startSampling();
}

/**
 * A leak is suspected: growth is measured from now on, by our own sampler, or by that of
 * another agent where one runs.
 * @param {import('./verdict.js').Suspicion} [what]
 * @returns {'own' | 'other' | 'off'} whose it is
 */
function start(what = OF_THE_HEAP) {
  suspicion = what;
  nextObservation = 0;
  if (mode === 'off') {
    native.forget();
    return 'off';
  }
  if (profilesCalls) calls.begin();
  return startSampling();
}

/**
 * The base grows fast and is still small: no suspicion. Learns what runs inside of what while that is cheap, for
 * a suspicion of so fast a growth comes where it is dear. The sampler does not start.
 */
function prepare() {
  if (mode !== 'off' && profilesCalls) calls.beginEarly();
}

/** Nobody judges any more: what is being learned is not wanted. */
function forgo() {
  calls.abandon();
}

/** The suspicion is cleared. */
function stop() {
  suspicion = null;
  calls.abandon();
  if (mode === 'always') native.forget();
  else stopSampling();
}

/** After a full collection, while a leak is suspected: remembers what is alive. */
function observe() {
  const began = performance.now();
  if (suspicion === null || began < nextObservation) return;
  // Somebody may have stopped our sampler, or theirs that we used.
  if (!native.observe() && mode !== 'off') startSampling();
  const ended = performance.now();
  nextObservation = ended + (ended - began) * REST_AFTER_OBSERVATION;
}

/**
 * A look at work that is repeated on purpose, beside whatever else is watched: its growth is
 * measured apart. A sampler that runs is used as it is, and goes on afterwards.
 * @returns {{ observe: () => void, end: (options: { top: number }) => object[] }} `observe` is
 *   called after each full collection, `end` gives the suspects; none where sampling is off
 */
function lookCloser() {
  if (mode === 'off') return { observe() {}, end: () => [] };
  const look = (closer ??= new addon.Sites(OURS));
  const calls = new CallProfile((cpuProfile) => look.learn(cpuProfile), CLOSER_PROFILE);
  if (profilesCalls) calls.begin();
  look.start(CLOSER_INTERVAL_BYTES, depth);
  return {
    observe: () => look.observe(),
    end: ({ top }) => {
      calls.conclude();
      calls.abandon();
      const found = JSON.parse(look.suspects(top)).map(mapped);
      look.stop();
      return found;
    },
  };
}

/** Whether the sampler runs also while nothing is suspected. */
const isAlways = () => mode === 'always';

/** Functions to look at, the likeliest first. Empty when no sampler runs. */
function suspects({ top = DEFAULT_TOP } = {}) {
  calls.conclude();
  return JSON.parse(native.suspects(top)).map(mapped);
}

/** memwatch.sites(): what is alive of what was sampled, by the function that allocated it. */
function sites(options = {}) {
  if (options === null) {
    throw withCode(new TypeError('sites: the options are an object, not null'), 'ERR_MEMWATCH_USAGE');
  }
  const { top = DEFAULT_TABLE_TOP } = options;
  if (!Number.isSafeInteger(top) || top < 1 || top > MOST_TOP) {
    throw withCode(
      new TypeError(`sites: top takes a whole number from 1 to ${MOST_TOP}, not ${String(top)}`),
      'ERR_MEMWATCH_USAGE',
    );
  }
  const table = JSON.parse(native.table(top));
  return { ...table, sites: table.sites.map(mapped) };
}

/** memwatch.heapProfile(): the same with all stacks, as the text of a .heapprofile file; null when no sampler runs. */
function heapProfile() {
  return native.heapProfile();
}

/** After all options of a call: the sampler is to start with the interval that came beside its mode. */
function setMode() {
  if (wantedMode === mode) return;
  mode = wantedMode;
  if (mode === 'off') calls.abandon();
  if (mode === 'always' || (mode === 'suspicion' && suspicion !== null)) {
    startSampling();
    coarsen();
  } else stopSampling();
}

function isWhole(value, least, most) {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}

addOptions({
  sampling: {
    takes: "'suspicion', 'always' or 'off'",
    accepts: (value) => MODES.includes(value),
    get: () => wantedMode,
    set: (value) => {
      wantedMode = value;
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
  samplingInterval: {
    takes: `'${AUTOMATIC}' or a whole number of bytes from ${LEAST_INTERVAL_BYTES} to ${MOST_INTERVAL_BYTES}`,
    accepts: (value) => value === AUTOMATIC || isWhole(value, LEAST_INTERVAL_BYTES, MOST_INTERVAL_BYTES),
    get: () => interval,
    set: (value) => {
      interval = value;
    },
  },
  stackDepth: {
    takes: `a whole number of frames from 1 to ${MOST_STACK_DEPTH}`,
    accepts: (value) => isWhole(value, 1, MOST_STACK_DEPTH),
    get: () => depth,
    set: (value) => {
      depth = value;
    },
  },
});

onConfigured(setMode);

module.exports = { isAlways, prepare, forgo, start, tend, stop, observe, lookCloser, suspects, sites, heapProfile };
