'use strict';
// The history of one series of measurements in bounded memory: the newest rows as they came,
// older ones merged into buckets of equal time. Knows no unit and no clock: the first column
// is the time of a row, in milliseconds, as received.

/** How rows that fall into one bucket become one. @typedef {'mean' | 'max' | 'min' | 'sum' | 'last'} Merge */

/** @type {Record<Merge, (before: number, value: number, rows: number) => number>} */
const MERGE = {
  mean: (before, value, rows) => before + (value - before) / rows,
  max: (before, value) => Math.max(before, value),
  min: (before, value) => Math.min(before, value),
  sum: (before, value) => before + value,
  last: (before, value) => value,
};

// An hour at one row a second as it came; a day at one row in ten seconds. Eight columns of
// four bytes, and the time's eight, make that half a megabyte.
const FINE_ROWS = 3600;
const COARSE_ROWS = 8640;
const BUCKET_MS = 10_000;

/** A ring of rows in typed arrays: times in 64 bits, all else in 32. */
class Ring {
  #columns;
  #capacity;
  #next = 0;
  length = 0;

  /** @param {number} width @param {number} capacity */
  constructor(width, capacity) {
    this.#capacity = capacity;
    this.#columns = Array.from({ length: width }, (_, i) =>
      i ? new Float32Array(capacity) : new Float64Array(capacity),
    );
  }

  /** Adds a row, and drops the oldest if full. @param {number[]} row */
  push(row) {
    this.#columns.forEach((column, i) => (column[this.#next] = row[i]));
    this.#next = (this.#next + 1) % this.#capacity;
    this.length = Math.min(this.length + 1, this.#capacity);
  }

  /** The value in a row, the oldest being 0. @param {number} row @param {number} column */
  at(row, column) {
    return this.#columns[column][(this.#next - this.length + row + this.#capacity) % this.#capacity];
  }

  get bytes() {
    return this.#columns.reduce((sum, column) => sum + column.byteLength, 0);
  }
}

class Series {
  #merges;
  #fine;
  #coarse;
  #bucketMs;
  /** The rows of a coarse one that is not over yet. @type {{ start: number, rows: number, row: number[] } | null} */
  #bucket = null;
  /** The time of the newest row. */
  last = -Infinity;

  /**
   * @param {Record<string, Merge>} columns  names after the time, and how each is merged
   * @param {{ fineRows?: number, coarseRows?: number, bucketMs?: number }} [how]
   */
  constructor(columns, { fineRows = FINE_ROWS, coarseRows = COARSE_ROWS, bucketMs = BUCKET_MS } = {}) {
    this.names = ['time', ...Object.keys(columns)];
    this.#merges = Object.values(columns).map((name) => MERGE[name]);
    this.#bucketMs = bucketMs;
    this.#fine = new Ring(this.names.length, fineRows);
    this.#coarse = new Ring(this.names.length, coarseRows);
  }

  /** @param {number[]} row  the time, then a value for each column */
  push(row) {
    this.#fine.push(row);
    this.last = row[0];
    const start = Math.floor(row[0] / this.#bucketMs) * this.#bucketMs;
    const open = this.#bucket;
    if (open !== null && open.start === start) {
      open.rows += 1;
      this.#merges.forEach((merge, i) => (open.row[i + 1] = merge(open.row[i + 1], row[i + 1], open.rows)));
      return;
    }
    if (open !== null) this.#coarse.push(open.row);
    this.#bucket = { start, rows: 1, row: [...row] };
  }

  /** Rows that `columns` would return. */
  get length() {
    return this.#merged() + this.#fine.length;
  }

  /** How many buckets are older than all that is kept as it came. */
  #merged() {
    if (this.#fine.length === 0) return 0;
    const oldest = this.#fine.at(0, 0);
    let from = 0;
    let to = this.#coarse.length;
    while (from < to) {
      const middle = (from + to) >> 1;
      // A bucket that overlaps the fine rows would be sent twice.
      if (this.#coarse.at(middle, 0) + this.#bucketMs <= oldest) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /**
   * All rows, the oldest first, as an array for each column: how charts want them.
   * @param {number} [most]  of the newest rows only
   */
  columns(most = Infinity) {
    const merged = this.#merged();
    const total = merged + this.#fine.length;
    const skip = Math.max(0, total - most);
    return this.names.map((_, column) =>
      Array.from({ length: total - skip }, (__, i) => {
        const row = i + skip;
        return row < merged ? this.#coarse.at(row, column) : this.#fine.at(row - merged, column);
      }),
    );
  }

  /** What the history takes, however long it runs. */
  get bytes() {
    return this.#fine.bytes + this.#coarse.bytes;
  }
}

module.exports = { Series };
