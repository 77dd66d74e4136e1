'use strict';
// The actions of the dashboard's buttons in the program: collect, a heap diff, a snapshot, a profile,
// sampling. Nothing here stops the program if a forked child can do the work; otherwise the answer
// is the cost, and the button has to be pressed again. Reports progress as messages; draws nothing
// and keeps no other state.

const { performance } = require('node:perf_hooks');
const { withCode } = require('../errors.js');
const { isWithoutCopies } = require('../live-diff.js');
const { costOfStopping } = require('./stopping.js');

// Between two messages on how far a snapshot is.
const PROGRESS_MS = 500;

// Rows of a heap diff, the largest growth first.
const TOP_CLASSES = 100;

const usage = (message) => withCode(new Error(message), 'ERR_MEMWATCH_USAGE');

/** Limits the rate of a callback. */
function throttled(report) {
  let last = -Infinity;
  return (progress) => {
    const now = performance.now();
    if (now - last < PROGRESS_MS) return;
    last = now;
    report(progress);
  };
}

/** One line of the table of classes, from an entry of the report of a comparison. */
const classRow = ({ name, shallowGrowthBytes, allocated, freed }) => ({
  what: name,
  bytes: shallowGrowthBytes,
  came: allocated,
  went: freed,
});

/** The holders that grew, as the dashboard shows them. */
const keeperRow = ({ class: what, path, countGrowth: came, retainedGrowthBytes: bytes }) => ({
  what,
  path: path.text,
  came,
  bytes,
});

class Actions {
  #memwatch;
  #parts;
  #tell;
  #sites;
  /** @type {import('../live-diff.js').LiveHeapDiff | null} */
  #diff = null;
  /** @type {number | null} */
  #diffStart = null;
  #isBusy = false;
  #snapshots = 0;
  /** Ends the profile that is being taken for somebody's tools. @type {AbortController | null} */
  #asked = null;

  /**
   * @param {object} how
   * @param {any} how.memwatch
   * @param {import('../parts.js').Parts} how.parts
   * @param {(type: string, value: unknown) => void} how.tell
   * @param {() => void} how.sites  reports the allocation sites anew
   */
  constructor({ memwatch, parts, tell, sites }) {
    this.#memwatch = memwatch;
    this.#parts = parts;
    this.#tell = tell;
    this.#sites = sites;
  }

  /** @returns {Promise<unknown>}  what a button asked for says for itself */
  async act(action, how) {
    const acts = {
      collect: () => this.#memwatch.gc(),
      'start-diff': () => this.#startDiff('fork'),
      'start-diff-stopped': () => this.#startDiff('inline'),
      'end-diff': () => this.#endDiff('fork'),
      'end-diff-stopped': () => this.#endDiff('inline'),
      'cancel-diff': () => this.#cancelDiff(),
      snapshot: () => this.#snapshot('fork'),
      'snapshot-stopped': () => this.#snapshot('inline'),
      profile: () => this.#memwatch.heapProfile(),
      pprof: () => this.#pprof(how),
      'cancel-pprof': () => this.#asked?.abort(),
      sample: () => this.#sample(),
      native: () => this.#memwatch.nativeMemory(),
    };
    if (!Object.hasOwn(acts, action)) throw usage(`Unknown action: ${String(action)}.`);
    return acts[action]();
  }

  /** In a forked child; without one, the cost of stopping the program. */
  async #orCost(mode, work) {
    try {
      return await work();
    } catch (error) {
      if (mode === 'fork' && isWithoutCopies(error)) return { mustStop: costOfStopping(error.message) };
      throw error;
    }
  }

  /** One at a time: two presses come from two viewers, or from an impatient one. */
  async #alone(work) {
    if (this.#isBusy) throw usage('A heap diff of this program is already open.');
    this.#isBusy = true;
    try {
      return await work();
    } finally {
      this.#isBusy = false;
    }
  }

  #diffStep(state, more = {}) {
    this.#tell('diff', { state, start: this.#diffStart, ...more });
  }

  #startDiff(mode) {
    return this.#alone(() =>
      this.#orCost(mode, async () => {
        this.#diff?.cancel();
        this.#diff = null;
        this.#diffStart = Date.now();
        this.#diffStep('beginning');
        const onProgress = throttled(({ stage, bytes }) => this.#diffStep('beginning', { stage, bytes }));
        let diff;
        try {
          diff = await this.#parts.liveDiffs.beginHeapDiff({ mode, onProgress });
        } catch (error) {
          this.#diffStep('none', { error: isWithoutCopies(error) ? null : error.message });
          throw error;
        }
        this.#diff = diff;
        this.#diffStart = diff.start.getTime();
        const { bytes, pauseMs } = diff;
        this.#diffStep('open', { bytes, pauseMs });
        return { pauseMs, bytes };
      }),
    );
  }

  #endDiff(mode) {
    return this.#alone(() =>
      this.#orCost(mode, async () => {
        if (this.#diff === null) throw usage('No heap diff is open.');
        this.#diffStep('ending');
        const onProgress = throttled(({ stage, bytes }) => this.#diffStep('ending', { stage, bytes }));
        let compared;
        try {
          compared = await this.#diff.end({ mode, onProgress, top: TOP_CLASSES });
        } catch (error) {
          this.#diffStep('open', { error: isWithoutCopies(error) ? null : error.message });
          throw error;
        }
        this.#diff = null;
        const { places, classes, pauseMs } = compared;
        const [before, after] = places.totalBytes;
        const rows = classes.classes.map(classRow).sort((a, b) => b.bytes - a.bytes);
        this.#diffStep('done', {
          ...{ end: Date.now(), before, after, pauseMs },
          ...{ rows: rows.slice(0, TOP_CLASSES), keepers: places.grown.map(keeperRow) },
        });
        return { pauseMs };
      }),
    );
  }

  #cancelDiff() {
    if (this.#isBusy)
      throw usage('A snapshot of this heap diff is being taken; it can be cancelled when that is done.');
    this.#diff?.cancel();
    this.#diff = null;
    this.#diffStart = null;
    this.#diffStep('none');
  }

  /** In the directory and with the options of the program's other snapshots. */
  #snapshot(mode) {
    return this.#orCost(mode, async () => {
      this.#snapshots += 1;
      const known = { number: this.#snapshots, trigger: 'dashboard', began: Date.now() };
      const tell = (state, more) => this.#tell('snapshot', { ...known, state, ...more });
      const onProgress = throttled(({ stage, bytes }) => tell('running', { stage, bytes }));
      tell('running', { stage: 'waiting' });
      try {
        const { places, snapshots } = this.#parts;
        const options = { ...places.treatment(), mode, onProgress };
        const taken = await snapshots.writeInTurn(places.placeFor('dashboard'), options);
        const { path: file, bytes, pauseMs } = taken;
        tell('done', { ended: Date.now(), file, bytes, pauseMs });
        return { number: known.number, file, bytes, pauseMs };
      } catch (error) {
        if (mode === 'fork' && isWithoutCopies(error)) tell('withdrawn');
        else tell('failed', { ended: Date.now(), error: error.message });
        throw error;
      }
    });
  }

  /** One from another trigger: a signal, a leak, the heap limit. */
  noteSnapshot({ trigger, path: file, bytes, pauseMs }) {
    this.#snapshots += 1;
    const ended = Date.now();
    this.#tell('snapshot', {
      number: this.#snapshots,
      state: 'done',
      trigger,
      began: ended,
      ended,
      file,
      bytes,
      pauseMs,
    });
  }

  /** A profile for external tools, as text that a message can hold. */
  async #pprof(wanted) {
    const asked = new AbortController();
    const taking = this.#parts.askedProfiles.takePprof({ ...wanted, signal: asked.signal });
    // While another one is under way this one fails, and that one continues.
    this.#asked ??= asked;
    try {
      return (await taking).toString('base64');
    } finally {
      if (this.#asked === asked) this.#asked = null;
    }
  }

  #sample() {
    this.#memwatch.configure({ sampling: { when: 'always' } });
    this.#sites();
  }

  /** Nothing is left behind. */
  stop() {
    this.#diff?.cancel();
    this.#diff = null;
    this.#asked?.abort();
  }
}

module.exports = { Actions };
