// The statistics behind the tables, against values worked out by hand and against a
// simulation. No time is asserted anywhere.
import assert from 'node:assert/strict';
import test from 'node:test';
import { compare, median, medianInterval, pairedRatios } from './lib/stats.mjs';
import { table } from './lib/table.mjs';

test('the median is the middle value, whatever the order', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([7]), 7);
});

test('numbers are sorted as numbers', () => {
  assert.equal(median([10, 9, 100]), 10);
});

test('no values have no median', () => {
  assert.throws(() => median([]), RangeError);
});

test('five values are too few for an interval, six give their extremes', () => {
  // 2 × 0.5^5 = 6.25 % of all cases have the median outside of five values, 3.1 % of six.
  assert.equal(medianInterval([1, 2, 3, 4, 5]), null);
  assert.deepEqual(medianInterval([6, 1, 5, 2, 4, 3]), [1, 6]);
});

test('the interval of 10 and of 25 values is that of the published tables', () => {
  const firsts = (count) => Array.from({ length: count }, (_, at) => at + 1);
  assert.deepEqual(medianInterval(firsts(10)), [2, 9]);
  assert.deepEqual(medianInterval(firsts(25)), [8, 18]);
});

test('the interval holds the true median at least as often as it says', () => {
  const random = seeded(20);
  const trials = 4000;
  let held = 0;
  for (let trial = 0; trial < trials; trial++) {
    // A skewed distribution, as run times are; its median is ln 2.
    const values = Array.from({ length: 15 }, () => -Math.log(1 - random()));
    const [low, high] = medianInterval(values);
    if (low <= Math.LN2 && Math.LN2 <= high) held++;
  }
  assert.ok(held / trials >= 0.95, `held in ${held} of ${trials}`);
});

test('ratios are of the same round', () => {
  assert.deepEqual(pairedRatios([2, 30], [1, 10]), [2, 3]);
  assert.throws(() => pairedRatios([1, 2], [1]), RangeError);
});

test('what a whole round suffers falls out of the comparison', () => {
  const baseline = [100, 250, 400];
  const {
    median: middle,
    min,
    max,
    best,
  } = compare(
    baseline.map((value) => value * 1.5),
    baseline,
  );
  assert.deepEqual([middle, min, max, best], [1.5, 1.5, 1.5, 1.5]);
});

test('a table is Markdown, and a row that ends early is filled up', () => {
  assert.equal(
    table(['what', 'ratio'], [['a thing', '1.00'], ['none']]),
    ['| what    | ratio |', '| ------- | ----: |', '| a thing |  1.00 |', '| none    |       |'].join('\n'),
  );
});

/** Numbers in [0, 1) that are the same in each run (mulberry32). */
function seeded(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
