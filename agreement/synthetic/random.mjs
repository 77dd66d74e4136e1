// Seeded randomness: the same seed makes the same snapshot on every machine.

/** SplitMix32 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014), cut to 32 bits. */
export class Random {
  #state;
  constructor(seed) {
    this.#state = seed >>> 0;
  }
  #next() {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let z = this.#state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  }
  /** An integer in [0, limit). */
  below(limit) {
    return Math.floor((this.#next() / 2 ** 32) * limit);
  }
  /** An integer in [from, to]. */
  between(from, to) {
    return from + this.below(to - from + 1);
  }
  chance(probability) {
    return this.#next() / 2 ** 32 < probability;
  }
  pick(list) {
    return list[this.below(list.length)];
  }
  /** Shuffles in place (Fisher and Yates). */
  shuffle(list) {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      [list[i], list[j]] = [list[j], list[i]];
    }
    return list;
  }
}
