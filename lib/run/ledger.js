'use strict';
// What `memwatch run` remembers of each process and thread until its own end: sizes, confirmed leaks,
// and whether their memory was freed. The hub drops records of ended processes; this keeps those
// that leaked. Prints nothing.

const { endInWords } = require('../leak-words.js');

// A cluster that restarts its workers makes thousands. Those that leaked are kept before all others.
const MOST_ENTRIES = 64;

/** A leak ends only when its memory is freed: growth that has stopped or paused is still kept. */
const RECLAIMED = 'reclaimed';

/** The order of states from harmless to worst. */
const RANKS = ['unknown', 'ok', 'cleared', 'suspected', 'paused', 'confirmed'];

/**
 * A leak that was confirmed, and how far it got.
 * @typedef {{ growth: number, nativeBytes?: number, nativeCause?: string | null, base?: number, collections: number, begin: number | null, end: number | null, suspects: object[],
 *   reason: string }} Found
 */

/** One of a process or thread. @typedef {{ meta: any, leak: Found & { kind: string }, suspects: any[] }} Leak */

/**
 * Whether what grew of native memory is what the program has freed: no function keeps it, and those that allocate beside it
 * would be blamed.
 * @param {{ kind: string | null, nativeCause?: string | null }} of
 */
const isOfFreed = ({ kind, nativeCause }) => kind === 'native' && nativeCause === 'fragmentation';

/** The entry of one process or thread. */
class Entry {
  /** By kind of memory. @type {Map<string, Found>} */
  #confirmed = new Map();
  #suspects = [];
  state = 'ok';
  kind = null;
  reason = '';
  /** What of native memory grew last, as lib/native-memory/growth.js names it. @type {string | null} */
  nativeCause = null;
  /** What helps against that, in words. @type {string | null} */
  advice = null;
  collections = 0;
  /** Bytes: of the heap after a full collection, the first, the last and the most; of resident memory, the most. */
  /** @type {number | null} */
  first = null;
  /** @type {number | null} */
  last = null;
  peak = 0;
  peakRss = 0;

  constructor(id) {
    this.id = id;
  }

  /** Takes what a record has become by a message. */
  note(record, { type }) {
    this.meta = record.meta;
    if (type === 'raw') this.peakRss = Math.max(this.peakRss, latest(record.raw, 'rss'));
    else if (type === 'gc') this.#collected(latest(record.gc, 'base'));
    else if (type === 'detectorState') this.#judged(record.detectorState);
    else if (type === 'leak') this.#leaked(record.leaks.at(-1));
  }

  #collected(base) {
    this.collections += 1;
    this.first ??= base;
    this.last = base;
    this.peak = Math.max(this.peak, base);
  }

  /** Whether half of it or more is free again by what was measured last: a program may end before the detector is sure. */
  /** @param {string} kind @param {Found} found */
  #isBack(kind, { base, growth, collections }) {
    if (kind !== 'heap' || typeof base !== 'number' || !Number.isFinite(base) || this.collections <= collections)
      return false;
    if (this.last === null) return false;
    return this.last <= base + growth / 2;
  }

  #judged({ state, kind, reason, advice = null, suspects, ...numbers }) {
    const { base, current, start, end, keptBytes, nativeBytes, wasConfirmed } = numbers;
    const nativeCause = numbers.nativeCause ?? (kind === 'native' ? this.nativeCause : null);
    Object.assign(this, { state, kind, reason, nativeCause, advice: advice ?? this.advice });
    if (suspects.length > 0) this.#suspects = suspects;
    const grown = { growth: keptBytes || current - base, nativeBytes, nativeCause };
    const found = { ...grown, base, begin: start, end, suspects, reason };
    if (state === 'confirmed' || (state === 'paused' && (wasConfirmed || this.#confirmed.has(kind))))
      this.#confirm(kind, found);
  }

  #leaked({ event, detector, kind, why, growth, start, time, reason, suspect }) {
    if (detector !== 'trend') return;
    if (event === 'leak' || event === 'leak-confirmed')
      this.#confirm(kind, { growth, begin: start, end: time, suspects: suspect ? [suspect] : [], reason });
    if (event !== 'leak-cleared') return;
    if (why === RECLAIMED) this.#confirmed.delete(kind);
    this.reason = endInWords(why, kind) ?? reason;
  }

  /** @param {string} kind @param {Omit<Found, 'collections'>} found */
  #confirm(kind, found) {
    const known = this.#confirmed.get(kind);
    const suspects = found.suspects.length > 0 ? found.suspects : (known?.suspects ?? []);
    const growth = Math.max(found.growth || 0, known?.growth ?? 0);
    const nativeBytes = Math.max(found.nativeBytes || 0, known?.nativeBytes ?? 0);
    const nativeCause = found.nativeCause ?? known?.nativeCause ?? null;
    // Where the growth began is what it was when the leak was confirmed, and what came after that is measured.
    const { base = found.base, collections = this.collections } = known ?? {};
    this.#confirmed.set(kind, { ...found, base, collections, growth, nativeBytes, nativeCause, suspects });
  }

  /** The leaks that were confirmed and not given back, one a kind of memory, the largest first. */
  get leaks() {
    const kept = [...this.#confirmed]
      .filter((one) => !this.#isBack(...one))
      .map(([kind, found]) => ({ kind, ...found }));
    return kept.sort((one, other) => other.growth - one.growth);
  }

  /** The largest one; null if there is none. */
  get leak() {
    return this.leaks[0] ?? null;
  }

  /** Whether what grows is free memory of the allocator. */
  get isFragmented() {
    return isOfFreed(this.leak ?? this);
  }

  get isGuilty() {
    return this.leak !== null;
  }

  get suspects() {
    if (this.isFragmented) return [];
    const ofLeak = this.leak?.suspects ?? [];
    return ofLeak.length > 0 ? ofLeak : this.#suspects;
  }

  get rank() {
    return this.isGuilty ? RANKS.length : RANKS.indexOf(this.state);
  }
}

/** The newest value of a series. */
function latest(series, name) {
  const [column] = series.columns(1).slice(series.names.indexOf(name));
  return column.at(-1) ?? 0;
}

class Ledger {
  /** @type {Map<number, Entry>} */
  #entries = new Map();
  /** Those that are not kept any more, none of which leaked while others could go. */
  dropped = 0;

  /** @param {import('../dashboard/record.js').Record} record  what it is after the message */
  note(record, message) {
    let entry = this.#entries.get(record.id);
    if (entry === undefined) {
      this.#makeRoom();
      entry = new Entry(record.id);
      this.#entries.set(record.id, entry);
    }
    entry.note(record, message);
  }

  #makeRoom() {
    if (this.#entries.size < MOST_ENTRIES) return;
    const [least] = [...this.#entries.values()].sort((one, other) => one.rank - other.rank || one.id - other.id);
    this.#entries.delete(least.id);
    this.dropped += 1;
  }

  /** All of them, the worst first. @returns {Entry[]} */
  entries() {
    return [...this.#entries.values()].sort((one, other) => other.rank - one.rank || one.id - other.id);
  }

  /** Those that leaked and have not given it back. */
  guilty() {
    return this.entries().filter(({ isGuilty }) => isGuilty);
  }

  /** Each leak that was not given back. @returns {Leak[]} */
  leaks() {
    return this.guilty().flatMap((entry) =>
      entry.leaks.map((leak, at) => ({
        meta: entry.meta,
        leak,
        // What was suspected besides is of the largest.
        suspects: at === 0 ? entry.suspects : leak.suspects,
      })),
    );
  }
}

module.exports = { Ledger, isOfFreed };
