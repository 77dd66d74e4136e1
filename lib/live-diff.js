'use strict';
// memwatch.beginHeapDiff(): what grew between two moments of the running program, by class and
// by holder, taken in forked children. The first child leaves a snapshot in a private
// directory; the second takes its own and compares the two, so that the memory of the comparison
// is freed with it. HeapDiff, which stops the program, is lib/heap-diff.js.

const fs = require('node:fs');
const path = require('node:path');
const { threadId } = require('node:worker_threads');
const { withCode } = require('./errors.js');
const { ANALYZE_OPTIONS, COMMON_OPTIONS, ENGINE } = require('./live-snapshot.js');
const { checkOptions } = require('./options.js');
const { makeDirectory } = require('./temporary-directory.js');

// Compressed: a file of this kind shrinks to a tenth, and compressing it takes the copy's time alone.
const COMPRESSION = 'zstd';
const TEMPLATE = '{trigger}-{pid}-{thread}-{seq}.heapsnapshot';

// Of what is not kept longer than a diff is open. A compressed snapshot of 4 GiB of heap is smaller.
const MOST_BYTES = 2 * 2 ** 30;
const MOST_FILES = 2;

const BEGIN_OPTIONS = { ...COMMON_OPTIONS, engine: ENGINE };
const END_OPTIONS = { ...COMMON_OPTIONS, top: ANALYZE_OPTIONS.top };

/**
 * Who takes both snapshots. V8's generator where nothing is asked: on the spot it knows an object again by its number.
 * The reader only where it is asked for, since what the two take cannot be compared with each other.
 * @param {string | undefined} asked
 */
const engineOf = (asked) => (asked === 'reader' ? 'reader' : 'v8');

/** @param {{ pauseMs?: number, mode?: string, engine?: string, fallbackReason?: string }} outcome */
const outcomeOf = ({ pauseMs, mode, engine, fallbackReason }) => ({
  pauseMs,
  mode,
  engine,
  ...(fallbackReason !== undefined && { fallbackReason }),
});

/** Whether no copy of the process can be made here, or none could be kept. @param {{ code?: string }} error */
const isWithoutCopies = ({ code }) => code === 'ERR_MEMWATCH_SNAPSHOT_FORK' || code === 'ERR_MEMWATCH_SNAPSHOT_MEMORY';

/**
 * An open heap diff.
 * @typedef {InstanceType<ReturnType<typeof liveDiffs>['LiveHeapDiff']>} LiveHeapDiff
 *
 * @param {object} by
 * @param {ReturnType<typeof import('./live-snapshot.js').liveSnapshots>['take']} by.take
 * @param {ReturnType<typeof import('./snapshot-reports.js').snapshotReports>['diffSnapshots']} by.diffSnapshots
 */
function liveDiffs({ take, diffSnapshots }) {
  let sequence = 0;

  /**
   * Takes a snapshot into a file of a diff's directory.
   * @param {string} directory
   * @param {string} reason
   * @param {{ mode?: string, engine?: string, timeoutMs?: number, onProgress?: any }} options
   * @returns {Promise<import('./live-snapshot.js').Written>}
   */
  async function takeFile(directory, reason, { engine, ...options }) {
    sequence += 1;
    const quota = { files: MOST_FILES, bytes: MOST_BYTES, removeOldest: false };
    const place = { directory, template: TEMPLATE, quota, reason };
    const taken = await take(
      { kind: 'file', compression: COMPRESSION, thread: threadId, sequence, ...place },
      { ...options, engine: engineOf(engine) },
    );
    return /** @type {import('./live-snapshot.js').Written} */ (taken);
  }

  /** The directory of a diff. @typedef {ReturnType<typeof makeDirectory>} Directory */

  /** An open heap diff: the first moment is taken. */
  class LiveHeapDiff {
    #directory;
    /** The file; null once it has ended. @type {string | null} */
    #before;
    #isEnding = false;

    /** @param {Directory} directory @param {import('./live-snapshot.js').Written} taken */
    constructor(directory, { path: before, bytes, ...outcome }) {
      this.#directory = directory;
      this.#before = before;
      this.start = new Date();
      this.bytes = bytes;
      this.pauseMs = outcome.pauseMs;
      this.engine = outcome.engine;
      Object.assign(this, outcomeOf(outcome));
    }

    #ended() {
      return withCode(new Error('This heap diff has already ended.'), 'ERR_MEMWATCH_DIFF_ENDED');
    }

    /** Takes the second moment and compares. Where that fails, the diff stays open. */
    async end(options = {}) {
      const { top, ...rest } = checkOptions('memwatch.beginHeapDiff().end()', options, END_OPTIONS);
      if (this.#before === null || this.#isEnding) throw this.#ended();
      this.#isEnding = true;
      try {
        const report = await compare(this.#directory, this.#before, top, { ...rest, engine: this.engine });
        this.cancel();
        return report;
      } finally {
        this.#isEnding = false;
      }
    }

    /** Ends it without a second moment, and removes its file. */
    cancel() {
      this.#before = null;
      this.#directory.remove();
    }
  }

  /**
   * In a copy where one can be made, and else as the options say.
   * @param {{ name: string }} directory
   * @param {string} before
   * @param {number | undefined} top
   * @param {{ mode?: string, engine?: string, timeoutMs?: number, onProgress?: any }} options
   */
  async function compare({ name }, before, top, { mode = 'auto', ...options }) {
    if (mode !== 'inline') {
      try {
        const taken = await take({ kind: 'diff', before, top }, { ...options, mode: 'fork' });
        const { report, ...outcome } = /** @type {import('./live-snapshot.js').Analysed} */ (taken);
        return { ...JSON.parse(report), ...outcomeOf(outcome) };
      } catch (error) {
        if (mode === 'fork' || options.engine === 'reader' || !isWithoutCopies(error)) throw error;
      }
    }
    // The snapshot stops the program; the comparison runs concurrently with it.
    const { path: after, ...outcome } = await takeFile(name, 'after', { ...options, mode });
    try {
      return { ...(await diffSnapshots(before, after, { top })), ...outcomeOf(outcome) };
    } finally {
      fs.rmSync(after, { force: true });
    }
  }

  /**
   * Takes the first moment.
   * @param {{mode?: string, engine?: string, timeoutMs?: number, onProgress?: (progress: object) => void}} [options]
   */
  async function beginHeapDiff(options = {}) {
    checkOptions('memwatch.beginHeapDiff()', options, BEGIN_OPTIONS);
    const directory = makeDirectory();
    try {
      const taken = await takeFile(directory.name, 'before', options);
      return new LiveHeapDiff(directory, { ...taken, path: path.resolve(taken.path) });
    } catch (error) {
      directory.remove();
      throw error;
    }
  }

  /**
   * What `new HeapDiff({ engine: 'reader' })` makes. Its first moment is where it was made; nothing waits for the forked
   * child that reads it.
   */
  class ReaderHeapDiff {
    start = new Date();
    #begun = beginHeapDiff({ engine: 'reader' });

    constructor() {
      // Reported by end(), since a program may never ask.
      this.#begun.catch(() => {});
    }

    /** Takes the second moment, as soon as the first is read, and compares. */
    async end(options = {}) {
      return (await this.#begun).end(options);
    }

    /** Ends it without a second moment. */
    async cancel() {
      const diff = await this.#begun.catch(() => undefined);
      diff?.cancel();
    }
  }

  return { beginHeapDiff, LiveHeapDiff, ReaderHeapDiff };
}

module.exports = { isWithoutCopies, liveDiffs };
