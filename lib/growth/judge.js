'use strict';
// Whether a number that JavaScript follows is a leak: ok, suspected, confirmed, paused, and over. The one state machine
// of worker threads (lib/threads) and of open handles (lib/handles); they define the measure and the threshold. Pure:
// values and times go in, changes come out.

const { Rise } = require('./rise.js');

// Suspected from half of the threshold on.
const SUSPECTED_FROM = 0.5;

// It has stopped when it has not risen for as long as the policy says, or for half as long as it rose.
const REST_SHARE = 0.5;

// A paused one resumes when it rises by this share of its growth.
const RESUMES_AT = 0.1;

/** @typedef {'suspected' | 'confirmed' | 'paused' | 'resumed' | 'reclaimed' | 'stopped-growing'} Change */

/**
 * What differs from one kind to the other.
 * @template {string} Measure
 * @typedef {object} Policy
 * @property {readonly Measure[]} measures  of these the one that grows most is judged
 * @property {number} floorS  short spikes are no rise: the minimum over this many seconds counts
 * @property {number} risesAt  it still rises where it exceeds its peak by this share of its growth
 * @property {number} leastRestS  and it has stopped if it has not risen for this many seconds
 * @property {boolean} doesSuspicionPause  or ends when it stops
 * @property {number} overAfter  a paused one is over when the program has done as many times the work of its growth
 */

/**
 * What it is judged by.
 * @template {string} Measure
 * @typedef {import('./rise.js').Stretch & { measure: Measure, bar: number }} Evidence  `bar` is by how much it grows where
 *   that is enough
 */

/** @template {string} Measure */
class GrowthJudge {
  /** @type {'ok' | 'suspected' | 'confirmed' | 'paused'} */
  state = 'ok';
  /** Of a leak, also of one that has ended. @type {Evidence<Measure> | null} */
  evidence = null;
  /** Whether it was confirmed since it was suspected last. */
  wasConfirmed = false;
  /** How fast it grows, by the evidence of when it was seen to rise last. */
  perSecond = 0;
  #policy;
  /** @type {Record<string, Rise>} */
  #rises;
  #now = 0;
  /** The highest floor, and when it was first there. */
  #peak = { t: 0, value: 0 };
  /** When it was seen to rise last. */
  #roseAt = 0;
  #suspectedAt = 0;
  #workAtRise = 0;
  #workAtPeak = 0;

  /** @param {Policy<Measure>} policy */
  constructor(policy) {
    this.#policy = policy;
    this.#rises = Object.fromEntries(policy.measures.map((measure) => [measure, new Rise()]));
  }

  /**
   * How much is a leak. Kinds say it.
   * @param {Measure} _measure
   * @returns {{ bar: number, spanS: number, leastLate?: number }}
   */
  enough(_measure) {
    throw new TypeError('each kind has its own');
  }

  /** What share of that a rise is. @param {Measure} _measure @param {import('./rise.js').Stretch} stretch */
  shareOf(_measure, stretch) {
    return stretch.share;
  }

  /** What may be the better evidence, once one measure is suspected. @param {Measure} measure @returns {readonly Measure[]} */
  rivals(measure) {
    return [measure];
  }

  /** Takes the values of a moment, those that are known. @param {number} t  seconds @param {Partial<Record<Measure, number | null>>} values */
  take(t, values) {
    this.#now = t;
    for (const measure of this.#policy.measures) {
      const value = values[measure];
      if (typeof value === 'number') this.#rises[measure].push(t, value);
    }
  }

  /** Forgets the values of a measure but the last. @param {Measure} measure */
  forget(measure) {
    this.#rises[measure].clear();
  }

  /** How far a measure is above what it was at a time; null where that is not known. @param {Measure} measure @param {number} from */
  risenSince(measure, from) {
    return this.#rises[measure].risenSince(from, this.#policy.floorS);
  }

  /**
   * What has changed with the values that were taken last.
   * @param {number} work  what the program has done so far: it only ever grows
   * @returns {Change[]}
   */
  judge(work) {
    return this.evidence === null || this.state === 'ok' ? this.#suspect(work) : this.#follow(work, this.evidence);
  }

  /** Seconds since it was suspected. */
  get lasted() {
    return this.#now - this.#suspectedAt;
  }

  /** Seconds since it began to grow. */
  get age() {
    return this.evidence === null ? 0 : this.#now - this.evidence.from;
  }

  /** What it is now. */
  get current() {
    return this.evidence === null ? 0 : this.#floor(this.evidence.measure).value;
  }

  /** How much of the growth there still is. */
  get kept() {
    return this.evidence === null ? 0 : Math.max(0, this.current - this.evidence.base);
  }

  /** By how much it has grown up to its peak, and in how many seconds. */
  get grown() {
    if (this.evidence === null) return { growth: 0, span: 0 };
    const { base, baseAt } = this.evidence;
    return { growth: Math.max(0, this.#peak.value - base), span: Math.max(0, this.#peak.t - baseAt) };
  }

  /** @param {readonly Measure[]} measures @returns {Evidence<Measure> | null} */
  #strongest(measures) {
    let strongest = null;
    for (const measure of measures) {
      const enough = this.enough(measure);
      const stretch = this.#rises[measure].strongest(enough);
      if (stretch === null) continue;
      const share = this.shareOf(measure, stretch);
      if (strongest === null || share > strongest.share) strongest = { ...stretch, measure, bar: enough.bar, share };
    }
    return strongest;
  }

  /** @param {number} work @returns {Change[]} */
  #suspect(work) {
    this.evidence = this.#strongest(this.#policy.measures);
    this.perSecond = 0;
    if (this.evidence === null) return [];
    this.#rose(this.evidence, work);
    this.perSecond = this.evidence.perSecond;
    if (this.evidence.share < SUSPECTED_FROM) return [];
    this.state = 'suspected';
    this.wasConfirmed = false;
    this.#suspectedAt = this.#now;
    this.#workAtRise = work;
    return ['suspected', ...this.#confirm(this.evidence)];
  }

  /** @param {Evidence<Measure>} evidence @returns {Change[]} */
  #confirm({ share }) {
    if (this.state !== 'suspected' || share < 1) return [];
    this.state = 'confirmed';
    this.wasConfirmed = true;
    return ['confirmed'];
  }

  /** @param {Evidence<Measure>} evidence @param {number} work */
  #rose({ measure }, work) {
    this.#peak = this.#floor(measure);
    this.#roseAt = this.#now;
    this.#workAtPeak = work;
  }

  /** @param {Measure} measure */
  #floor(measure) {
    return this.#rises[measure].lowest(this.#policy.floorS);
  }

  /** @param {number} work @param {Evidence<Measure>} known @returns {Change[]} */
  #follow(work, known) {
    const found = this.state === 'paused' ? null : this.#strongest(this.rivals(known.measure));
    const evidence = found !== null && found.share >= known.share ? found : known;
    this.evidence = evidence;
    if (evidence.measure !== known.measure) {
      this.#rose(evidence, work);
      this.perSecond = evidence.perSecond;
      return this.#confirm(evidence);
    }
    const floor = this.#floor(evidence.measure).value;
    if (floor <= evidence.base + evidence.growth / 2) return this.#clear('reclaimed');
    if (this.state === 'paused') return this.#wait(floor, evidence, work);
    if (floor > this.#peak.value + this.#policy.risesAt * evidence.growth) {
      this.#rose(evidence, work);
      // Evidence of before has nothing of this rise.
      if (evidence === found) this.perSecond = evidence.perSecond;
    }
    const change = this.#confirm(evidence);
    if (change.length > 0) return change;
    if (this.#now - this.#roseAt < Math.max(this.#policy.leastRestS, REST_SHARE * evidence.span)) return [];
    if (this.state === 'suspected' && !this.#policy.doesSuspicionPause) return this.#clear('stopped-growing');
    this.state = 'paused';
    return ['paused'];
  }

  /**
   * While it has paused: it goes on, or the program has done as much again as while it grew, and it has not.
   * @param {number} floor @param {Evidence<Measure>} evidence @param {number} work @returns {Change[]}
   */
  #wait(floor, evidence, work) {
    if (floor > this.#peak.value + RESUMES_AT * evidence.growth) {
      this.state = this.wasConfirmed ? 'confirmed' : 'suspected';
      this.#rose(evidence, work);
      return ['resumed'];
    }
    const workOfGrowth = this.#workAtPeak - this.#workAtRise;
    if (work - this.#workAtPeak < Math.max(1, this.#policy.overAfter * workOfGrowth)) return [];
    return this.#clear('stopped-growing');
  }

  /** @param {'reclaimed' | 'stopped-growing'} why @returns {Change[]} */
  #clear(why) {
    this.state = 'ok';
    for (const rise of Object.values(this.#rises)) rise.clear();
    return [why];
  }
}

module.exports = { GrowthJudge };
