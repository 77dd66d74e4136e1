'use strict';
// How fast a counter counts, with a clock made up.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { performance } = require('node:perf_hooks');
const { Rate } = require('../lib/rate.js');

test('the rate is that of the last seconds, not of the whole time', (t) => {
  let now = 1000;
  t.mock.method(performance, 'now', () => now);
  const rate = new Rate();
  assert.equal(rate.perSecond(), 0);
  const counted = [];
  let count = 0;
  // Ten a second for a minute, then a thousand.
  for (const [seconds, each] of [
    [60, 10],
    [20, 1000],
  ]) {
    for (let second = 0; second < seconds; second++) {
      now += 1000;
      count += each;
      rate.note(count);
    }
    counted.push(rate.perSecond());
  }
  assert.deepEqual(counted, [10, 1000]);
});

test('a counter that was not read for long has the rate since the last reading', (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const rate = new Rate();
  now = 100_000;
  rate.note(500);
  assert.equal(rate.perSecond(), 5);
});
