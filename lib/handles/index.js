'use strict';
// Open descriptors and threads of the process, as they are read with its native memory. Emits the trend's events with
// the kind `handles`. On Linux, and in the main thread: elsewhere nothing is read. judge.js decides which are a leak.

const fs = require('node:fs');
const { announceChanges, eventOf, hundredths, isOver, joinedWith } = require('../judged-kind.js');
const { monotonic, setImmediate } = require('../own-time.js');
const { countsOf } = require('./counts.js');
const { Abandoned, halfClosed } = require('./half-closed.js');
const { HandlesJudge } = require('./judge.js');
const { reasonOf } = require('./reason.js');

const HOUR_S = 3600;
const YEAR_S = 365 * 24 * HOUR_S;

// With fewer sockets none of them is asked for its state.
const LEAST_SOCKETS = 64;

const WHY_NO_SUSPECTS = 'Handles are counted, and the code that opened them is not followed.';

/** How many descriptors the process may have; null where that is not known. */
function limitOfDescriptors() {
  try {
    const [, limit] = /^Max open files\s+(\d+)/m.exec(fs.readFileSync('/proc/self/limits', 'latin1')) ?? [];
    return limit === undefined ? null : Number(limit);
  } catch {
    return null;
  }
}

/** How many of each keep the event loop alive, by the names that Node gives them, the most first. */
function activeResources() {
  /** @type {Map<string, number>} */
  const counts = new Map();
  for (const name of process.getActiveResourcesInfo?.() ?? []) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => ({ name, count })).sort((one, other) => other.count - one.count);
}

class Handles {
  #judge = new HandlesJudge();
  #abandoned = new Abandoned();
  #announce;
  #environment;
  #workers;
  #now;
  /** @type {Record<import('./judge.js').Sort, number | null> | null} */
  #counts = null;
  /** @type {number | null} */
  #descriptors = null;
  /** @type {number | null} */
  #limit = null;
  /** Where something grows. @type {{ name: string, count: number }[]} */
  #resources = [];
  #at = new Date();
  #t = 0;

  /**
   * @param {object} how
   * @param {(name: string, payload: object) => void} how.announce  publishes an event of memwatch's
   * @param {{ setJudged: (kind: 'handles', state: string, isLeak: boolean) => void, youngCollections: () => number }} how.environment
   * @param {() => number} how.workers  how many worker threads are alive
   * @param {() => number} [how.now]  milliseconds
   */
  constructor({ announce, environment, workers, now = monotonic }) {
    this.#announce = announce;
    this.#environment = environment;
    this.#workers = workers;
    this.#now = now;
  }

  /** Whether they are to be read more often. */
  get isSuspected() {
    return this.#judge.state === 'suspected';
  }

  /**
   * Takes a reading.
   * @param {import('../../reports.js').NativeMemory} report
   */
  async note({ at, handles }) {
    const t = this.#now() / 1000;
    const workers = this.#workers();
    const isWorthIt = handles.sockets !== null && handles.sockets >= LEAST_SOCKETS;
    const abandoned = handles.sockets === null ? null : isWorthIt ? await halfClosed().catch(() => null) : new Set();
    if (handles.descriptors === null) return;
    this.#limit = limitOfDescriptors();
    this.#descriptors = handles.descriptors;
    const { threads, ...counts } = countsOf(handles);
    this.#counts = {
      ...{ ...counts, 'half-closed-sockets': this.#abandoned.count(t, abandoned) },
      threads: threads === null ? null : Math.max(0, threads - workers),
    };
    this.#at = at;
    this.#t = t;
    const changes = this.#judge.sample({
      ...{ t, workers, counts: this.#counts, limit: this.#limit },
      work: this.#environment.youngCollections(),
    });
    this.#resources = this.#judge.evidence === null ? [] : activeResources();
    this.#environment.setJudged('handles', this.#judge.state, changes.includes('confirmed'));
    if (changes.length === 0) return;
    // What a listener of the program throws is an uncaught exception, and no rejection of this promise.
    setImmediate(() => announceChanges(changes, this.#announce, (change) => this.#event(change)));
  }

  /** Resets: the trend detector was switched off. */
  clear() {
    if (this.#counts === null) return;
    this.#judge = new HandlesJudge();
    this.#abandoned = new Abandoned();
    this.#counts = null;
  }

  /** Those that grow; null where none do. */
  #countsNow() {
    const { evidence, state } = this.#judge;
    if (evidence === null || this.#counts === null) return null;
    const { measure: which, base, from, bar } = evidence;
    const after = this.#counts[which] ?? this.#judge.current;
    const perSecond = Math.max(0, after - base) / Math.max(1, this.#t - from);
    const limit = which === 'threads' ? null : this.#limit;
    const leftS =
      limit === null || state === 'paused' ? Infinity : Math.max(0, limit - (this.#descriptors ?? 0)) / perSecond;
    return {
      ...{ which, before: base, after, threshold: Math.round(bar), perHour: Math.round(perSecond * HOUR_S), limit },
      limitEta: leftS < YEAR_S ? new Date(this.#at.getTime() + leftS * 1000) : null,
      activeResources: this.#resources,
    };
  }

  /** The state of handles, with the keys of those on kinds of memory. */
  state() {
    const { state, evidence, wasConfirmed, samples, age } = this.#judge;
    return {
      kind: 'handles',
      state,
      wasConfirmed: state !== 'ok' && wasConfirmed,
      // As of the other kinds it is confirmed from 0.9 on.
      confidence: hundredths(Math.min(1, 0.9 * (evidence?.share ?? 0))),
      start: new Date(this.#at.getTime() - age * 1000),
      end: this.#at,
      ...{ growthBytes: 0, thresholdBytes: 0, startBytes: 0, currentBytes: 0, keptBytes: 0, bytesPerHour: 0 },
      ...{ limitEta: null, limit: null, samples },
      kendallTau: evidence === null ? 0 : 1,
      lateToOverall: hundredths(evidence?.late ?? 0),
      counts: this.#countsNow(),
    };
  }

  /** @param {Record<string, any>} state  as detectorState() has it @param {string} [why]  of one that has ended */
  #reasonOf(state, why) {
    return reasonOf(state, this.#judge.evidence && this.#judge.grown, why);
  }

  /** @param {string} change */
  #event(change) {
    const now = this.state();
    const reason = this.#reasonOf(now, isOver(change) ? change : undefined);
    const { wasConfirmed, lasted } = this.#judge;
    const event = eventOf(
      change,
      { ...now, suspects: [] },
      { ...{ reason, wasConfirmed, keptBytes: 0, lastedS: lasted }, whyNoSuspects: WHY_NO_SUSPECTS },
    );
    return { ...event, handles: now.counts };
  }

  /**
   * The state of all other kinds with that of handles, which comes first where it is worse.
   * @param {Record<string, any>} state
   */
  joined(state) {
    const own = this.state();
    return joinedWith(state, own, { reason: this.#reasonOf(own), leftOut: ['counts'] });
  }
}

module.exports = { Handles };
