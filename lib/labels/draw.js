'use strict';
// Which requests have a label where there are more than a few hundred a second: some, drawn by chance, so that labels cost
// a busy server no more than a slow one. What the others allocate is divided as that of the drawn ones is, or not known:
// crates/detector/src/sites/shares.rs. It sets no timer, and leaves Math.random() as it was.

const { monotonic } = require('../own-time.js');

// A label costs some 10 µs a request: 0.2 % of a processor.
const MOST_A_SECOND = 200;

// The rate is that of the last tenth of a second or more.
const WINDOW_MS = 100;
const MILLISECONDS = 1000;
const MOST_A_WINDOW = (MOST_A_SECOND * WINDOW_MS) / MILLISECONDS;

// Requests come in bursts: where one has used up what a window has, the chance falls immediately, and it rises slowly.
const FALL = 4;
const RISE = 2;

// The clock is read once in this many requests.
const REQUESTS_A_LOOK = 16;

const TWO_TO_32 = 2 ** 32;

class Draw {
  #now;
  #since;
  /** Since then, and those of them that were drawn since the chance fell last. */
  #requests = 0;
  #drawn = 0;
  /** From 0 to 2^32, of being drawn. */
  #chance = TWO_TO_32;
  /** Marsaglia's xorshift: the selection follows no pattern of the requests. */
  #state = 0x9e3779b9 | 0;

  /** @param {() => number} [now]  milliseconds */
  constructor(now = monotonic) {
    this.#now = now;
    this.#since = now();
  }

  /** Whether the request that begins now has a label. */
  next() {
    this.#requests += 1;
    if (this.#requests % REQUESTS_A_LOOK === 0) this.#look();
    let state = this.#state;
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    this.#state = state;
    const isDrawn = state >>> 0 < this.#chance;
    if (isDrawn) this.#drawn += 1;
    return isDrawn;
  }

  #look() {
    const now = this.#now();
    const passed = now - this.#since;
    if (passed < WINDOW_MS) {
      if (this.#drawn < MOST_A_WINDOW) return;
      this.#chance /= FALL;
      this.#drawn = 0;
      return;
    }
    const wanted = (MOST_A_SECOND * passed * TWO_TO_32) / (this.#requests * MILLISECONDS);
    this.#chance = Math.min(TWO_TO_32, wanted, this.#chance * RISE);
    this.#requests = 0;
    this.#drawn = 0;
    this.#since = now;
  }
}

module.exports = { Draw };
