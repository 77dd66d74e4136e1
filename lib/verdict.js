'use strict';
// The trend detector as JavaScript sees it: its options, what memwatch.verdict() returns, and
// who names the suspects of a leak. What grows and whether it leaks is judged in the addon.

const { TRUE_OR_FALSE, addOptions } = require('./configure.js');
const { Rate } = require('./rate.js');

const DETECTORS = ['both', 'trend', 'consecutive'];

// The least time between a probe and any other full collection, in milliseconds.
const LEAST_SPACING_MS = 2000;

/**
 * What is suspected, as it is whenever one looks.
 * @typedef {object} Suspicion
 * @property {ReadonlySet<string>} kinds     the kinds of memory
 * @property {() => number} youngPerSecond   how often the young generation is collected
 */

/**
 * Who names suspects. Started at the first suspicion and stopped when the last one is cleared; `observe` is called after
 * each full collection in between, and `tend` every few seconds, always where `isAlways`. `prepare` is called at an early
 * sign of fast growth, long before there is a suspicion, if there is one at all; `forgo` where nobody judges any more.
 * @typedef {object} SuspectSource
 * @property {() => void} [prepare]
 * @property {() => void} [forgo]
 * @property {(suspicion: Suspicion) => void} start
 * @property {() => void} [tend]
 * @property {() => void} observe
 * @property {() => object[]} suspects
 * @property {() => void} stop
 * @property {() => boolean} [isAlways]  whether it knows suspects also while nothing is suspected
 */

/** Names none. @type {SuspectSource} */
const NOBODY = { start() {}, observe() {}, suspects: () => [], stop() {} };

const share = (value) => typeof value === 'number' && value > 0 && value <= 0.1;

class Verdict {
  #monitor;
  #detector = 'both';
  #probes = { enabled: true, budget: 0.005, spacingMs: LEAST_SPACING_MS };
  #source = NOBODY;
  #young = new Rate();
  /** Kinds of memory that are suspected, or confirmed to leak. */
  #suspected = new Set();

  constructor(monitor) {
    this.#monitor = monitor;
    const probes = (change) => {
      Object.assign(this.#probes, change);
      this.#apply();
    };
    addOptions({
      detector: {
        takes: DETECTORS.map((name) => `'${name}'`).join(', ').replace(/, (?=[^,]*$)/, ' or '),
        accepts: (value) => DETECTORS.includes(value),
        get: () => this.#detector,
        set: (value) => {
          this.#detector = value;
          this.#apply();
        },
      },
      probes: {
        ...TRUE_OR_FALSE,
        get: () => this.#probes.enabled,
        set: (enabled) => probes({ enabled }),
      },
      probeBudget: {
        takes: 'a share of wall time above 0 and up to 0.1',
        accepts: share,
        get: () => this.#probes.budget,
        set: (budget) => probes({ budget }),
      },
      probeSpacing: {
        takes: `a number of milliseconds from ${LEAST_SPACING_MS} on`,
        accepts: (value) => Number.isFinite(value) && value >= LEAST_SPACING_MS,
        get: () => this.#probes.spacingMs,
        set: (spacingMs) => probes({ spacingMs }),
      },
    });
    this.verdict = this.verdict.bind(this);
  }

  #apply() {
    const [consecutive, trend] = ['trend', 'consecutive'].map((other) => this.#detector !== other);
    this.#monitor.setDetectors(consecutive, trend);
    this.#monitor.setProbes(this.#probes.enabled, this.#probes.budget, this.#probes.spacingMs);
    if (trend) return;
    this.#source.forgo?.();
    if (this.#suspected.size > 0) {
      this.#suspected.clear();
      this.#source.stop();
    }
  }

  /** Who names suspects from now on. @param {SuspectSource} source */
  nameSuspectsWith(source) {
    this.#source = source;
  }

  /** The heap was looked at: after a collection, between two of them, or because a probe begins. */
  sampled() {
    if (this.#monitor.takeEarlySign() && this.#suspected.size === 0) this.#source.prepare?.();
    // Until a full collection has ended, garbage is among what is alive.
    if (this.#monitor.takeSwept() && this.#suspected.size > 0) this.#source.observe();
  }

  /** Every few seconds, whatever the program does. */
  tick() {
    this.#young.note(this.#monitor.youngCollections());
    if (this.#suspected.size > 0 || this.#source.isAlways?.()) this.#source.tend?.();
  }

  /** What is emitted for an event of the addon. */
  told(name, payload) {
    if (name === 'leak-suspected') {
      const isFirst = this.#suspected.size === 0;
      this.#suspected.add(payload.kind);
      if (isFirst) this.#source.start({ kinds: this.#suspected, youngPerSecond: () => this.#young.perSecond() });
    }
    if (this.#suspected.size > 0 || this.#source.isAlways?.()) payload.suspects = this.#source.suspects();
    if (name === 'leak-cleared' && this.#suspected.delete(payload.kind) && this.#suspected.size === 0) {
      this.#source.stop();
    }
    return payload;
  }

  /** Where the verdict stands now; null where the trend is not followed. */
  verdict() {
    return this.#monitor.verdict();
  }
}

module.exports = { Verdict };
