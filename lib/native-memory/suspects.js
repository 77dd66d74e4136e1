'use strict';
// The allocation sites of growing native memory, if the program enabled them: while native memory is suspected and
// blocks of malloc grow, allocations are sampled, for ten minutes at most, and the functions whose live bytes grew
// meanwhile are suspects; or sampling runs from the start, if configured. The detector judges whether it leaks,
// growth.js which part grows, and sites.js samples. A program without a suspicion is not touched.

const { oneOf } = require('../options.js');
const { monotonic, wallClock } = require('../own-time.js');

// A leak that is slower than this shows has time for another suspicion.
const MOST_MS = 10 * 60_000;

// Between two readings: each reads names from the program's symbols, for some hundred milliseconds of a thread of the
// pool.
const READ_MS = 20_000;

const MOST_ROWS = 1000;
const MOST_SUSPECTS = 5;

// Growth other than the leak: caches, and allocations of memwatch itself.
const LEAST_SHARE = 0.05;

// With fewer a row may be chance.
const LEAST_SAMPLES = 10;

const SUSPECTED = 'suspected';
const ALWAYS = 'always';

/** @typedef {import('../../reports.js').NativeSite} NativeSite */
/** @typedef {InstanceType<ReturnType<typeof import('./sites.js').nativeSitesBy>['Sampling']>} NativeSampling */
/** @typedef {Pick<NativeSampling, 'start' | 'stop' | 'report'>} Sampling */
/** @typedef {{ at: Date | null, suspects: object[] }} Findings */

/** @type {Findings} */
const NONE = Object.freeze({ at: null, suspects: [] });

/** @param {NativeSite} site */
function keyOf({ function: name, origin, caller }) {
  return JSON.stringify([name, origin, caller?.function, caller?.file, caller?.line, caller?.column]);
}

/** The samples of a row over time. */
class Row {
  /** Bytes of the reading before. */
  #before = 0;
  /** When its bytes grew first and last, in milliseconds. */
  #grewFrom = Infinity;
  #grewTo = -Infinity;

  /** @param {NativeSite} site */
  constructor(site) {
    this.site = site;
  }

  /** @param {NativeSite} site @param {number} from  when the reading before was @param {number} at */
  note(site, from, at) {
    if (site.bytes > this.#before) {
      this.#grewFrom = Math.min(this.#grewFrom, from);
      this.#grewTo = at;
    }
    this.#before = site.bytes;
    this.site = site;
  }

  /** The part of the time in which it grew, 0 to 1. @param {number} elapsed */
  spread(elapsed) {
    return elapsed > 0 ? Math.max(0, Math.min(1, (this.#grewTo - this.#grewFrom) / elapsed)) : 0;
  }
}

/** Samples of one run of the sampler. It has no older allocations: all its live bytes have grown since its start. */
class Growth {
  /** @type {Map<string, Row>} */
  #rows = new Map();
  #began;
  #last;

  /** @param {number} began  milliseconds */
  constructor(began) {
    this.#began = began;
    this.#last = began;
  }

  /** @param {NativeSite[]} sites @param {number} at  milliseconds */
  note(sites, at) {
    const from = this.#last;
    this.#last = at;
    const seen = new Set();
    for (const site of sites) {
      const key = keyOf(site);
      seen.add(key);
      const row = this.#rows.get(key) ?? new Row(site);
      this.#rows.set(key, row);
      row.note(site, from, at);
    }
    // A missing row was freed.
    for (const key of this.#rows.keys()) if (!seen.has(key)) this.#rows.delete(key);
  }

  /** The functions that grew, those that did most first. */
  suspects() {
    const elapsed = this.#last - this.#began;
    const rows = [...this.#rows.values()].filter(({ site }) => site.samples >= LEAST_SAMPLES);
    const all = rows.reduce((sum, { site }) => sum + site.bytes, 0);
    return joined(rows)
      .filter(({ site }, at) => at === 0 || site.bytes >= LEAST_SHARE * all)
      .slice(0, MOST_SUSPECTS)
      .map(({ site, row }) => suspectOf(site, site.bytes / all, row.spread(elapsed)));
  }
}

/** Two rows as one; their samples are drawn apart. @param {NativeSite} one @param {NativeSite} other @returns {NativeSite} */
function sumOf(one, other) {
  return {
    ...one,
    bytes: one.bytes + other.bytes,
    count: one.count + other.count,
    samples: one.samples + other.samples,
    plusMinusBytes: Math.round(Math.hypot(one.plusMinusBytes, other.plusMinusBytes)),
  };
}

/**
 * A function of JavaScript once, whatever native functions it calls, with the row that holds most of it. Those that hold
 * most first.
 * @param {Row[]} rows
 */
function joined(rows) {
  /** @type {Map<string, { site: NativeSite, row: Row }>} */
  const found = new Map();
  for (const row of [...rows].sort((one, other) => other.site.bytes - one.site.bytes)) {
    const { caller, function: name, origin } = row.site;
    const key = JSON.stringify(caller ? [caller.function, caller.file, caller.line, caller.column] : [name, origin]);
    const known = found.get(key);
    found.set(key, known ? { site: sumOf(known.site, row.site), row: known.row } : { site: row.site, row });
  }
  return [...found.values()].sort((one, other) => other.site.bytes - one.site.bytes);
}

/**
 * As a suspect of V8's heap has it, by the function of JavaScript; where none is known, by the native one.
 * @param {NativeSite} site
 * @param {number} share
 * @param {number} ageSpread
 */
function suspectOf(site, share, ageSpread) {
  const { function: name, origin, object, caller, bytes, count, plusMinusBytes, samples, frames, javascript } = site;
  const place = caller ?? { function: name, file: null, line: null, column: null, package: null };
  return {
    ...place,
    stack: javascript,
    ...{ bytes, count, growthBytes: bytes },
    share: Math.round(share * 1000) / 1000,
    ageSpread: Math.round(ageSpread * 1000) / 1000,
    // Of V8's samples alone.
    labels: [],
    native: { function: name, origin, object, plusMinusBytes, samples, frames },
  };
}

class NativeSuspects {
  /**
   * Never, unless somebody asks: it changes tables of the program, and has not run for long enough in others' programs to do
   * that by itself.
   * @type {'suspected' | 'always' | false}
   */
  #when = false;
  #sampling;
  #causeOf;
  #now;
  #wallClock;
  /** The event of the suspicion, while there is one that was not sampled for long enough. @type {any} */
  #suspicion = null;
  /** While it samples: since when, when it was read last, and what was read. */
  #startedAt = NaN;
  #readAt = NaN;
  /** @type {Growth | null} */
  #growth = null;
  /** @type {Promise<void> | null} */
  #reading = null;
  /** @type {Findings} */
  #found = NONE;
  /** Why it cannot be sampled here. @type {string | null} */
  #refusal = null;

  /**
   * @param {object} how
   * @param {Pick<import('../configure.js').Configuration, 'addOptions'>} how.configuration
   * @param {(of: any) => { cause: string } | null} how.causeOf  what of native memory grows
   * @param {Sampling} how.sampling
   * @param {() => number} [how.now]  milliseconds
   * @param {() => number} [how.wallClock]  milliseconds since 1970
   */
  constructor({ configuration, causeOf, sampling, now = monotonic, wallClock: clock = wallClock }) {
    this.#causeOf = causeOf;
    this.#sampling = sampling;
    this.#now = now;
    this.#wallClock = clock;
    configuration.addOptions({
      sampling: {
        native: {
          ...oneOf(SUSPECTED, ALWAYS, false),
          // Here, where it may fail, and before any option is set.
          prepare: (value) => {
            if (value === ALWAYS && !this.isSampling) this.#start();
            return value;
          },
          get: () => this.#when,
          set: (value) => {
            const wasAlways = this.#when === ALWAYS;
            this.#when = value;
            if (value === false || (wasAlways && value !== ALWAYS)) this.stop();
          },
        },
      },
    });
  }

  get isSampling() {
    return !Number.isNaN(this.#startedAt);
  }

  /** A change in the state of native memory. @param {string} name @param {any} event */
  told(name, event) {
    if (name === 'leak-suspected') {
      this.#suspicion = event;
      this.#found = NONE;
      this.#startIfDue();
      if (this.#when === ALWAYS) this.#read();
    }
    if (name === 'leak-cleared') this.stop();
  }

  /** The rows of native memory were read: what grows may be known by now. Resolves when all is read that is. */
  noted() {
    this.#startIfDue();
    const isWanted = this.isSampling && this.#suspicion !== null;
    if (isWanted && this.#now() - this.#readAt >= READ_MS) this.#read();
    return this.#reading ?? Promise.resolve();
  }

  /** To be called every second or two. */
  tick() {
    if (this.isSampling && this.#when !== ALWAYS && this.#now() - this.#startedAt >= MOST_MS) this.stop();
  }

  /** Samples no more, unless that is always wanted. What was found is kept. */
  stop() {
    this.#suspicion = null;
    if (!this.isSampling || this.#when === ALWAYS) return;
    this.#sampling.stop();
    this.#startedAt = NaN;
    this.#readAt = NaN;
  }

  /** All that is alive later was allocated after this. */
  #start() {
    this.#sampling.start();
    this.#startedAt = this.#now();
    this.#readAt = -Infinity;
    this.#growth = new Growth(this.#wallClock());
  }

  #startIfDue() {
    if (this.#when === false || this.isSampling || this.#suspicion === null || this.#refusal !== null) return;
    const { kind, start, growth } = this.#suspicion;
    if (this.#causeOf({ kind, state: SUSPECTED, start, growth })?.cause !== 'malloc') return;
    try {
      this.#start();
    } catch (error) {
      // If it fails once it will fail again. The program did not ask for this.
      this.#refusal = error.message;
      return;
    }
    this.#read();
  }

  #read() {
    const growth = this.#growth;
    if (this.#reading !== null || growth === null) return;
    this.#readAt = this.#now();
    this.#reading = this.#sampling
      .report(MOST_ROWS)
      .then(
        ({ sites, at }) => {
          growth.note(sites, at.getTime());
          const suspects = growth.suspects();
          if (growth === this.#growth && suspects.length > 0) this.#found = { at, suspects };
        },
        // It was stopped meanwhile, or the thread pool ends with the process.
        () => {},
      )
      .finally(() => {
        this.#reading = null;
      });
  }

  /** The functions whose live bytes grew while native memory was suspected last. */
  findings() {
    return this.#found;
  }

  /** Why none is known, in words; null where others may know some. */
  whyNone() {
    if (this.#when === false) {
      return "native allocations are not sampled: configure({ sampling: { native: 'suspected' } })";
    }
    if (this.#refusal !== null) return this.#refusal;
    if (this.isSampling) {
      return 'native allocations are sampled since the suspicion, and it is too early to say which grow';
    }
    return null;
  }
}

module.exports = { NativeSuspects };
