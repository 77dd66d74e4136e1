'use strict';
// The process as a whole: threads that never end, and heaps that grow only in sum. Each thread judges those that it has
// started; the main thread also the sum of their heaps. Emits the trend's events with the kind `threads`. The leaking
// line of a thread is reported by that thread.

const os = require('node:os');
const { isMainThread } = require('node:worker_threads');
const { announceChanges, eventOf, hundredths, isOver, joinedWith } = require('../judged-kind.js');
const { monotonic } = require('../own-time.js');
const { ThreadsJudge } = require('./judge.js');
const { reasonOf } = require('./reason.js');

// Between two looks, in milliseconds.
const PERIOD_MS = 1500;

// From here on an idle thread counts, in milliseconds.
const LONG_IDLE_MS = 10_000;

// Between two samples of heaps of threads without memwatch, in milliseconds: the system adds up all mappings.
const MEASURE_MS = 10_000;

const TOP = 5;

// os.cpus() reads the clock of each from files, for 0.3 ms. Not in the first releases of Node 18.
const PROCESSORS = os.availableParallelism?.() ?? os.cpus().length;

class Threads {
  #addon;
  #mapped;
  #observer;
  #clock;
  #judge = new ThreadsJudge({ processors: PROCESSORS });
  #announce;
  #environment;
  #lookedAt = -Infinity;
  #measuredAt = -Infinity;
  #isMeasuring = false;
  /** @type {import('./observer.js').Thread[]} */
  #alive = [];

  /**
   * @param {object} how
   * @param {Pick<import('../types.js').Addon, 'containerFullInMs' | 'containerMemory' | 'liveHeapOfWorkers' | 'measureHeaps' |
   *   'workersMemory'>} how.addon
   * @param {(name: string, payload: object) => void} how.announce  publishes an event of memwatch's
   * @param {{ setJudged: (kind: 'threads', state: string, isLeak: boolean) => void }} how.environment  what other threads read
   * @param {{ started: number, beyond: number, alive: () => import('./observer.js').Thread[] }} how.observer
   * @param {(site: any) => any} how.mapped  names a site's source
   * @param {() => number} [how.now]  milliseconds, as the observer has them
   */
  constructor({ announce, environment, addon, observer, mapped, now = monotonic }) {
    this.#addon = addon;
    this.#observer = observer;
    this.#mapped = mapped;
    this.#clock = now;
    this.#announce = announce;
    this.#environment = environment;
  }

  /** To be called every second or two. */
  tick() {
    const now = this.#clock();
    if (now - this.#lookedAt < PERIOD_MS || this.#observer.started === 0) return;
    this.#lookedAt = now;
    this.#alive = this.#observer.alive();
    this.#measure(now);
    const changes = this.#judge.sample({
      t: now / 1000,
      idle: this.#kept().length,
      alive: this.alive,
      started: this.#observer.started,
      heaps: isMainThread ? this.#addon.liveHeapOfWorkers() : null,
    });
    this.#environment.setJudged('threads', this.#judge.state, changes.includes('confirmed'));
    announceChanges(changes, this.#announce, (change) => this.#event(change));
  }

  /** How many are alive. */
  get alive() {
    return this.#alive.length + this.#observer.beyond;
  }

  /** Threads that have been idle for long. */
  #kept() {
    const now = this.#clock();
    return this.#alive.filter(({ idleSince }) => now - idleSince >= LONG_IDLE_MS);
  }

  /** Heaps of threads that do not load memwatch do not count as memory of the main thread. */
  #measure(now) {
    if (!isMainThread || this.#isMeasuring || now - this.#measuredAt < MEASURE_MS) return;
    const { loaded, others } = this.#addon.workersMemory();
    if (this.#alive.length <= loaded && others === 0) return;
    this.#measuredAt = now;
    this.#isMeasuring = true;
    const done = () => {
      this.#isMeasuring = false;
    };
    this.#addon.measureHeaps().then(done, done);
  }

  /** What one thread takes, in bytes, as far as it is known. */
  #bytesEach() {
    const { loaded, bytes, others } = this.#addon.workersMemory();
    const known = others > 0 ? Math.max(loaded, this.#alive.length) : loaded;
    return known === 0 ? 0 : (bytes + others) / known;
  }

  /** The state of the threads, with the keys of those on kinds of memory. */
  state() {
    const { state, evidence, age, current } = this.#judge;
    const now = Date.now();
    const isOfHeaps = evidence?.measure === 'heaps';
    const each = isOfHeaps ? 1 : this.#bytesEach();
    const { share = 0, base = 0, bar = 0, samples = 0, late = 0 } = evidence ?? {};
    const bytesPerHour = this.#judge.perSecond * each * 3600;
    const container = this.#addon.containerMemory();
    const leftMs = container && this.#addon.containerFullInMs(bytesPerHour / 3600);
    return {
      kind: 'threads',
      state,
      wasConfirmed: state !== 'ok' && this.#judge.wasConfirmed,
      // As of the other kinds it is confirmed from 0.9 on.
      confidence: hundredths(Math.min(1, 0.9 * share)),
      start: new Date(now - age * 1000),
      end: new Date(now),
      growthBytes: Math.round(this.#judge.grown.growth * each),
      thresholdBytes: Math.round(bar * each),
      startBytes: Math.round(base * each),
      currentBytes: Math.round(current * each),
      keptBytes: state === 'ok' ? 0 : Math.round(this.#keptBytes()),
      bytesPerHour: Math.round(bytesPerHour),
      limitEta: leftMs ? new Date(now + leftMs) : null,
      limit: container && { kind: 'container', ...container },
      samples,
      kendallTau: evidence === null ? 0 : 1,
      lateToOverall: hundredths(late),
      alive: this.alive,
      idle: this.#kept().length,
      suspects: evidence === null ? [] : this.#suspects(evidence),
    };
  }

  /**
   * Where the threads that are alive were started, most of the newcomers first.
   * @param {{ measure: import('./judge.js').Measure, from: number }} evidence
   */
  #suspects(evidence) {
    const ofIdle = evidence.measure === 'idle';
    // Those that are idle now were started before.
    const since = evidence.from * 1000 - (ofIdle ? LONG_IDLE_MS : 0);
    const each = this.#bytesEach();
    const places = new Map();
    for (const { place, startedAt } of ofIdle ? this.#kept() : this.#alive) {
      if (place === null) continue;
      const key = `${place.file}:${place.line}:${place.column}`;
      const found = places.get(key) ?? { place, count: 0, grown: 0, first: startedAt };
      found.count += 1;
      if (startedAt >= since || evidence.measure === 'heaps') found.grown += 1;
      places.set(key, found);
    }
    const all = [...places.values()].filter(({ grown }) => grown > 0).sort((a, b) => b.grown - a.grown);
    const sum = all.reduce((total, { grown }) => total + grown, 0);
    return all.slice(0, TOP).flatMap(({ place, count, grown }) => {
      const numbers = {
        bytes: Math.round(count * each),
        count,
        growthBytes: Math.round(grown * each),
        share: hundredths(grown / sum),
        ageSpread: 1,
        labels: [],
      };
      // A library starts threads on behalf of its caller.
      const own = place.package === null ? undefined : place.stack.find((frame) => frame.package === null);
      const sites =
        own === undefined ? [place] : [place, { ...own, stack: place.stack.slice(place.stack.indexOf(own)) }];
      return sites.map((site) => this.#mapped({ ...site, ...numbers }));
    });
  }

  reason(state = this.state()) {
    return this.#reasonOf(state);
  }

  #reasonOf(state, why) {
    const { evidence, grown } = this.#judge;
    return reasonOf(state, evidence && { measure: evidence.measure, ...grown }, why);
  }

  #event(change) {
    const now = this.state();
    return eventOf(change, now, {
      reason: this.#reasonOf(now, isOver(change) ? change : undefined),
      keptBytes: Math.round(this.#keptBytes()),
      wasConfirmed: this.#judge.wasConfirmed,
      lastedS: this.#judge.lasted,
      whyNoSuspects: 'The code that started these threads is unknown.',
    });
  }

  #keptBytes() {
    const isOfHeaps = this.#judge.evidence?.measure === 'heaps';
    return this.#judge.kept * (isOfHeaps ? 1 : this.#bytesEach());
  }

  /** The state of the memory of this thread with that of its threads, which comes first where it is worse. */
  joined(state) {
    const own = this.state();
    return joinedWith(state, own, { reason: this.reason(own), leftOut: ['alive', 'idle'] });
  }
}

module.exports = { Threads };
