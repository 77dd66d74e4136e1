'use strict';
// The history of the page: bounded, the newest as it came, older rows merged and none of them twice.

const assert = require('node:assert/strict');
const test = require('node:test');
const { Series } = require('../lib/dashboard/series.js');
const { Record } = require('../lib/dashboard/record.js');

const DAY_SECONDS = 24 * 3600;

/** Small numbers, the same in every run (a linear congruential generator). */
function numbers(seed) {
  let state = seed;
  return (below) => (state = (state * 1_103_515_245 + 12_345) % 2 ** 31) % below;
}

test('recent rows are sent unchanged', () => {
  const series = new Series({ base: 'mean' }, { fineRows: 4, coarseRows: 4, bucketMs: 10 });
  for (const row of [
    [1, 5],
    [2, 6],
    [3, 7],
  ])
    series.push(row);
  assert.deepEqual(series.columns(), [
    [1, 2, 3],
    [5, 6, 7],
  ]);
  assert.deepEqual(series.columns(2), [
    [2, 3],
    [6, 7],
  ]);
  assert.deepEqual(series.names, ['time', 'base']);
});

test('older rows are merged by the rule of their column', () => {
  const merges = /** @type {const} */ ({ mean: 'mean', max: 'max', min: 'min', sum: 'sum', last: 'last' });
  const series = new Series(merges, { fineRows: 1, coarseRows: 4, bucketMs: 10 });
  for (const [time, value] of [
    [0, 2],
    [5, 9],
    [9, 4],
    [10, 7],
    [25, 1],
  ])
    series.push([time, ...Array(5).fill(value)]);
  assert.deepEqual(series.columns(), [
    [0, 10, 25],
    [5, 7, 1],
    [9, 7, 1],
    [2, 7, 1],
    [15, 7, 1],
    [4, 7, 1],
  ]);
});

test('the rows equal those of an unbounded list, each sent once, in order', () => {
  for (let seed = 1; seed <= 30; seed++) {
    const random = numbers(seed);
    const [fineRows, coarseRows, bucketMs] = [1 + random(20), 1 + random(20), 1 + random(50)];
    const series = new Series({ sum: 'sum' }, { fineRows, coarseRows, bucketMs });
    const all = [];
    for (let time = 0, row = 0; row < 200; row++) {
      time += 1 + random(30);
      all.push(time);
      series.push([time, 1]);
      const [times, counts] = series.columns();
      assert.equal(times.length, series.length);
      assert.deepEqual(times.slice(-Math.min(fineRows, all.length)), all.slice(-fineRows), `seed ${seed}`);
      assert.ok(
        times.every((at, i) => i === 0 || at > times[i - 1]),
        `seed ${seed}: in order`,
      );
      // Each bucket sent has the rows that fell into it.
      counts.slice(0, -Math.min(fineRows, all.length)).forEach((count, i) => {
        const start = Math.floor(times[i] / bucketMs);
        assert.equal(count, all.filter((at) => Math.floor(at / bucketMs) === start).length, `seed ${seed}`);
      });
    }
  }
});

test('a day at one GC cycle a second stays below two megabytes and is complete', () => {
  const record = new Record(1);
  const bytes = record.raw.bytes + record.gc.bytes;
  assert.ok(bytes < 2e6, `${bytes}`);
  for (let second = 0; second < DAY_SECONDS; second++) {
    record.apply({ type: 'raw', value: [second * 1000, 1, 2, 3, 4, 5, 6, 7, 8] });
    record.apply({ type: 'gc', value: [second * 1000, second, 3, second, 0, 0] });
  }
  assert.equal(record.raw.bytes + record.gc.bytes, bytes);
  const { columns } = record.history().gc;
  assert.ok(columns[0].at(-1) - columns[0][0] > 23.9 * 3600 * 1000);
  // The bases rise by one a second, and so do their means.
  columns[0].forEach((ms, i) => assert.ok(Math.abs(columns[1][i] - ms / 1000) <= 5));
});
