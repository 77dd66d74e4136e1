'use strict';
// Snapshots of the running program: memwatch.writeSnapshot() and memwatch.analyzeNow(). Here options are checked, it is
// chosen whether a forked child takes the snapshot or this thread, and the result is returned. The work is the addon's,
// which is handed in.

const { setTimeout } = require('node:timers/promises');
const { threadId } = require('node:worker_threads');
const { withCode } = require('./errors.js');
const { checkFileName } = require('./file-names.js');
const { A_FUNCTION, checkOptions, oneOf, wholeNumber } = require('./options.js');
const { checkReading, checkWriting, checkWritingIn } = require('./permission.js');

// How long a forked child may take by default, in milliseconds: a heap of 4 GB takes the
// slowest V8 some minutes.
const TIMEOUT_MS = 600_000;
const MAX_TIMEOUT_MS = 24 * 3600_000;

// How often to make another copy when one was made while another thread was in the midst of
// something that the copy cannot do without.
const TRIES = 3;
// Until then the other thread is probably done, in milliseconds: V8's sweeping of a large heap takes that long.
const BETWEEN_TRIES_MS = 100;

// How often those look who wait for their turn, in milliseconds, and for how long: ten minutes, as
// one that is under way takes.
const BETWEEN_LOOKS_MS = 100;
const LOOKS = TIMEOUT_MS / BETWEEN_LOOKS_MS;

const FINDINGS = 10;

// Where the system makes no copy, or has no memory for one.
const NO_FORK = new Set(['ERR_MEMWATCH_SNAPSHOT_FORK', 'ERR_MEMWATCH_SNAPSHOT_MEMORY']);

const COMMON_OPTIONS = {
  mode: oneOf('auto', 'fork', 'inline'),
  timeoutMs: wholeNumber({ least: 1, most: MAX_TIMEOUT_MS, of: 'milliseconds' }),
  onProgress: A_FUNCTION,
};
const ENGINE = oneOf('auto', 'reader', 'v8');
const WRITE_OPTIONS = {
  ...COMMON_OPTIONS,
  engine: ENGINE,
  compression: oneOf(false, 'gzip', 'zstd'),
  redact: oneOf(true, false, 'strict'),
};
const ANALYZE_OPTIONS = { ...COMMON_OPTIONS, engine: ENGINE, top: wholeNumber({ least: 1 }) };

/** @typedef {import('./types.js').SnapshotFailure} SnapshotFailure */
/** @typedef {import('./types.js').SnapshotProgress} SnapshotProgress */
/** Its kind, and what src/live/request.rs has of it. @typedef {{ kind: string, [key: string]: any }} Product */
/** @typedef {{ mode?: string, engine?: string, timeoutMs?: number, onProgress?: (progress: SnapshotProgress) => void }} TakeOptions */

/**
 * What a snapshot is, as far as it has each of that.
 * @typedef {object} Taken
 * @property {'reader' | 'v8'} [engine]
 * @property {string} [path]
 * @property {number} [bytes]
 * @property {number} nodes
 * @property {string} [report]
 * @property {number} pauseMs
 * @property {string} mode
 * @property {string} [fallbackReason]
 */

/** One whose product is a file. @typedef {Taken & { path: string, bytes: number }} Written */
/** One whose product is an analysis. @typedef {Taken & { report: string }} Analysed */
/** @typedef {(product: Product, options: TakeOptions) => Promise<Taken>} Take */

/** A path, or a directory with a template and a quota, as src/live/request.rs has it. @typedef {{ path?: string, [key: string]: any }} Place */

/** @param {SnapshotFailure} failure */
function errorOf({ code, message, signal, status }) {
  return Object.assign(
    withCode(new Error(message), code),
    signal !== undefined && { signal: signalName(signal) },
    status !== undefined && { exitStatus: status },
  );
}

/** @param {number} number */
function signalName(number) {
  const { signals } = require('node:os').constants;
  return (
    Object.keys(signals).find((name) => signals[/** @type {NodeJS.Signals} */ (name)] === number) ?? `signal ${number}`
  );
}

/** While a process or a worker ends, no promise is settled any more. */
const isExiting = () => /** @type {{ _exiting?: boolean }} */ (/** @type {unknown} */ (process))._exiting === true;

function exiting() {
  const error = new Error('a heap snapshot cannot be taken while the program ends');
  return withCode(error, 'ERR_MEMWATCH_SNAPSHOT_EXITING');
}

function readerInline() {
  const error = new Error("memwatch's reader works in a forked child only, and mode is 'inline'");
  return withCode(error, 'ERR_MEMWATCH_SNAPSHOT_READER');
}

/**
 * If this thread may do what a forked child could not, the reason is reported; else thrown.
 * @param {SnapshotFailure} failure
 * @param {boolean | undefined} mayGoInline
 */
function refused(failure, mayGoInline) {
  const refusal = errorOf(failure);
  if (mayGoInline) return { refusal };
  throw refusal;
}

/**
 * What the addon is asked for; throws where the permission model forbids it.
 * @param {Product} product
 * @param {object} rest
 */
function requestFor(product, rest) {
  const { kind, ...of } = product;
  const { path, directory = '.', before } = of;
  if (kind === 'file') path === undefined ? checkWritingIn(directory) : checkWriting(path);
  if (before !== undefined) checkReading(before);
  return JSON.stringify({ product: { [kind]: of }, nodeVersion: process.versions.node, ...rest });
}

/**
 * What becomes of a file, as src/live/request.rs has it. Without a compression its name says which.
 * @param {{ compression?: false | 'gzip' | 'zstd', redact?: boolean | 'strict' }} options
 */
function treated({ compression, redact }) {
  return {
    compression: compression === false ? 'none' : compression,
    redaction: redact === true ? 'strings' : redact || undefined,
  };
}

/**
 * Snapshots by an addon.
 * @param {Pick<import('./types.js').Addon, 'SnapshotForks' | 'takeInline'>} addon
 */
function liveSnapshots(addon) {
  const forks = new addon.SnapshotForks();
  let sequence = 0;

  const endCopy = () => forks.end();

  /**
   * What comes of a copy. Where process.exit() or an error ends the program meanwhile, Node calls no
   * hook of the addon's on the main thread: so the copy is ended from here, and what it had written
   * goes with it. Before other listeners: where one throws, those behind it are not called.
   * @param {import('./types.js').SnapshotBegun} begun
   */
  async function outcomeOf(begun) {
    process.prependOnceListener('exit', endCopy);
    try {
      return await begun.outcome;
    } finally {
      process.off('exit', endCopy);
    }
  }

  /**
   * In copies of the process, as often as it may help.
   * @param {string} request
   * @param {TakeOptions['onProgress']} onProgress
   * @returns {Promise<{ taken: Taken, refusal?: undefined } | { refusal: Error, taken?: undefined }>}
   */
  async function takeForked(request, onProgress) {
    let pauseMs = 0;
    for (let tries = 1; ; tries++) {
      const begun = forks.begin(request, onProgress);
      pauseMs += begun.pauseMs;
      if (begun.failure !== undefined) return refused(begun.failure, NO_FORK.has(begun.failure.code));
      const { failure, ...outcome } = await outcomeOf(begun);
      if (failure === undefined) return { taken: { ...outcome, pauseMs, mode: 'fork' } };
      if (!failure.isTransient || tries === TRIES) return refused(failure, failure.isStuck || failure.mayGoInline);
      await setTimeout(BETWEEN_TRIES_MS);
    }
  }

  /** @param {string} request */
  function takeInline(request) {
    const begunAt = performance.now();
    const { failure, ...outcome } = addon.takeInline(request);
    if (failure !== undefined) throw errorOf(failure);
    return { ...outcome, pauseMs: performance.now() - begunAt };
  }

  /**
   * @param {Product} product
   * @param {TakeOptions} options
   * @returns {Promise<Taken>}
   */
  async function take(product, { mode = 'auto', engine = 'auto', timeoutMs = TIMEOUT_MS, onProgress }) {
    if (isExiting()) throw exiting();
    if (mode === 'inline' && engine === 'reader') throw readerInline();
    const request = requestFor(product, { engine, timeoutMs });
    let fallbackReason;
    if (mode !== 'inline') {
      const { refusal, taken } = await takeForked(request, onProgress);
      if (taken !== undefined) return taken;
      if (mode === 'fork' || engine === 'reader') throw refusal;
      fallbackReason = refusal.message;
    }
    const outcome = takeInline(request);
    return { ...outcome, mode: 'inline', ...(fallbackReason !== undefined && { fallbackReason }) };
  }

  /**
   * The same for automatic snapshots, on a signal or a leak. There is no caller to be refused until
   * another snapshot of this process is done, so it waits itself.
   * @param {Product} product
   * @param {TakeOptions} options
   * @returns {Promise<Taken>}
   */
  async function takeInTurn(product, options) {
    for (let looks = 1; ; looks++) {
      try {
        return await take(product, options);
      } catch (error) {
        if (error.code !== 'ERR_MEMWATCH_SNAPSHOT_BUSY' || looks === LOOKS) throw error;
      }
      await setTimeout(BETWEEN_LOOKS_MS);
    }
  }

  /**
   * Writes a heap snapshot of this thread. The signature is heapdump's, with options: anything
   * but a string in place of the file means a generated name.
   * @param {any[]} args
   */
  function writeSnapshot(...args) {
    const callback = typeof args.at(-1) === 'function' ? args.pop() : undefined;
    const path = typeof args[0] === 'string' ? args[0] : undefined;
    const options = args.find((value) => typeof value === 'object' && value !== null) ?? {};
    const written = writeTo({ path, reason: 'call' }, options, take);
    if (callback === undefined) return written;
    if (isExiting()) {
      // Nothing comes later than now.
      written.catch(() => {});
      callback(exiting());
      return written;
    }
    // Out of the promise, so that what the callback throws is an uncaught exception.
    written.then(
      ({ path: file }) => process.nextTick(callback, null, file),
      (error) => process.nextTick(callback, error),
    );
    return written;
  }

  /**
   * The same for a place as src/live/request.rs has it: a path, or a directory with a template
   * and a quota.
   * @param {Place} place
   * @param {object} options
   * @param {Take} takeIt
   */
  async function writeTo(place, options, takeIt) {
    const { compression, redact, ...rest } = checkOptions('memwatch.writeSnapshot()', options, WRITE_OPTIONS);
    checkFileName(place.path);
    sequence += 1;
    const product = { kind: 'file', ...treated({ compression, redact }), thread: threadId, sequence, ...place };
    const taken = /** @type {Written} */ (await takeIt(product, rest));
    const { path, bytes, nodes, pauseMs, mode, engine, fallbackReason } = taken;
    return { path, bytes, nodes, pauseMs, mode, engine, ...(fallbackReason !== undefined && { fallbackReason }) };
  }

  /** For a trigger: in its turn. @param {Place} place @param {object} options */
  const writeInTurn = (place, options) => writeTo(place, options, takeInTurn);

  /** Synchronously: on this thread, which is stopped. @param {Place} place */
  function writeSnapshotNow(place) {
    if (isExiting()) throw exiting();
    checkFileName(place.path);
    sequence += 1;
    const product = { kind: 'file', thread: threadId, sequence, ...place };
    return takeInline(requestFor(product, { timeoutMs: TIMEOUT_MS }));
  }

  /** @param {object} options @param {Take} takeIt */
  async function analyse(options, takeIt) {
    const { top = FINDINGS, ...rest } = checkOptions('memwatch.analyzeNow()', options, ANALYZE_OPTIONS);
    const taken = /** @type {Analysed} */ (await takeIt({ kind: 'analysis', top }, rest));
    const { report, pauseMs, mode, engine, fallbackReason } = taken;
    return { ...JSON.parse(report), pauseMs, mode, engine, ...(fallbackReason !== undefined && { fallbackReason }) };
  }

  /** What leaks in this thread's heap as it is now: the report of `memwatch.analyze()`, and no file. */
  const analyzeNow = (options = {}) => analyse(options, take);

  /** For an automatic diagnosis: queued behind other snapshots. @param {object} options */
  const analyzeInTurn = (options) => analyse(options, takeInTurn);

  return { analyzeInTurn, analyzeNow, take, writeInTurn, writeSnapshot, writeSnapshotNow };
}

module.exports = { ANALYZE_OPTIONS, COMMON_OPTIONS, ENGINE, liveSnapshots, requestFor, treated };
