'use strict';
// Sizes and durations as text, in terminals and on the dashboard: one rule.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const {
  bytes,
  bytesInWords,
  confidence,
  count,
  duration,
  exactDuration,
  longDuration,
  mean,
  mebibytes,
  seconds,
  shortDuration,
  shortMilliseconds,
} = require('../lib/format.js');

require('../lib/dashboard/assets/format.js');
const page = globalThis.memwatchPage.format;

const KIB = 1024;
const MIB = KIB ** 2;

test('the dashboard formats sizes like the terminal', () => {
  for (const size of [
    0,
    1,
    999,
    1000,
    1023,
    1024,
    1025,
    9_999,
    1023 * KIB,
    1023.4 * KIB,
    1023.6 * KIB,
    5e6,
    1e9,
    3e12,
  ]) {
    assert.equal(bytes(size), page.bytes(size), `${size}`);
  }
});

test('sizes have three significant digits, and small sizes are exact', () => {
  assert.deepEqual([1023, 1000, 1024, 1.25 * KIB ** 3, 170 * MIB, 1023.9 * MIB, -3 * MIB].map(bytes), [
    '1023 B',
    '1000 B',
    '1 KiB',
    '1.25 GiB',
    '170 MiB',
    '1 GiB',
    '-3 MiB',
  ]);
  assert.equal(bytes(NaN), 'an unknown size');
});

test('sentences and columns have their own precision', () => {
  assert.deepEqual([51, 1023, 328.12 * KIB, 1.1 * MIB].map(bytesInWords), [
    '51 bytes',
    '1023 bytes',
    '328.1 KiB',
    '1.1 MiB',
  ]);
  assert.deepEqual([mebibytes(1115 * MIB), mebibytes(1.5 * MIB, 0)], ['1,115.0 MiB', '2 MiB']);
});

test('durations are formatted with their units', () => {
  const MINUTE = 60_000;
  assert.deepEqual([850, 40_000, 11 * MINUTE, 150 * MINUTE].map(duration), ['850 ms', '40 s', '11 min', '2.5 h']);
  assert.deepEqual([40_000, 11 * MINUTE, 185 * MINUTE].map(longDuration), ['40 s', '11 min', '3 h 5 min']);
  assert.deepEqual([5, 63, 3814].map(exactDuration), ['5s', '1m 3s', '1h 3m 34s']);
  assert.deepEqual([seconds(3400), seconds(3400, 1), seconds(185_000)], ['3 s', '3.4 s', '185 s']);
  assert.deepEqual([95 * MINUTE, 150 * MINUTE].map(shortDuration), ['95m', '2.5h']);
  assert.equal(shortMilliseconds(1.25), '1.3ms');
});

test('counts, means and confidences are formatted alike everywhere', () => {
  assert.deepEqual([count(12_400.4), count(-3)], ['12,400', '-3']);
  assert.deepEqual([mean(2), mean(2.54)], ['2', '2.5']);
  assert.equal(confidence(0.874), '0.87');
});

test('modules that write for people format no numbers themselves', () => {
  const lib = path.join(__dirname, '..', 'lib');
  const files = fs.readdirSync(lib, { recursive: true, encoding: 'utf8' });
  const own = files.filter((file) => {
    // The dashboard's own formatter, in the browser, and what the page's libraries do.
    if (!file.endsWith('.js') || file === 'format.js' || file.startsWith(path.join('dashboard', 'assets')))
      return false;
    return /\.(toFixed|toLocaleString)\(/.test(fs.readFileSync(path.join(lib, file), 'utf8'));
  });
  assert.deepEqual(own, []);
});
