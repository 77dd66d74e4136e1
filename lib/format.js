'use strict';
// Sizes, durations, counts and shares in text for people: in terminals, sentences, messages of tests and files. The
// dashboard's own, in the browser, follow the same rule (lib/dashboard/assets/format.js).

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const STEP = 1024;
const MIB = STEP ** 2;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** A number below 1024 and the index of its unit; it is not rounded up to 1024. @param {number} size */
function scaled(size) {
  let value = size;
  let unit = 0;
  for (; Math.abs(value) >= STEP - 0.5 && unit < UNITS.length - 1; unit++) value /= STEP;
  return { value, unit };
}

/** `170 MiB`, `1.25 GiB`: three digits that count. @param {number} size  in bytes */
function bytes(size) {
  if (!Number.isFinite(size)) return 'an unknown size';
  const { value, unit } = scaled(size);
  const digits = unit === 0 || Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return `${Number(value.toFixed(digits))} ${UNITS[unit]}`;
}

/** `120 bytes`, `328.1 KiB`: as sentences have it, to compare sizes of one kind. @param {number} size  in bytes */
function bytesInWords(size) {
  const { value, unit } = scaled(size);
  return unit === 0 ? `${Math.round(value)} bytes` : `${value.toFixed(1)} ${UNITS[unit]}`;
}

/**
 * `1,115.0 MiB`: one unit for what stands in a column, or is compared with a limit.
 * @param {number} size  in bytes
 * @param {number} [digits]  after the point
 */
function mebibytes(size, digits = 1) {
  const text = (size / MIB).toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return `${text} MiB`;
}

/** `850 ms`, `40 s`, `11 min`, `2.5 h`. @param {number} ms */
function duration(ms) {
  if (!Number.isFinite(ms)) return 'an unknown time';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 2 * MINUTE_MS) return `${Math.round(ms / 1000)} s`;
  return ms < 2 * HOUR_MS ? `${Math.round(ms / MINUTE_MS)} min` : `${Number((ms / HOUR_MS).toFixed(1))} h`;
}

/**
 * `42 s`, `3.4 s`: for what is counted in seconds, however many they are.
 * @param {number} ms
 * @param {number} [digits]  after the point
 */
const seconds = (ms, digits = 0) => `${(ms / 1000).toFixed(digits)} s`;

/** `40 s`, `11 min`, `3 h 5 min`: without fractions, for events long past. @param {number} ms */
function longDuration(ms) {
  if (ms < MINUTE_MS) return `${Math.round(ms / 1000)} s`;
  const minutes = Math.round(ms / MINUTE_MS);
  return minutes < 120 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** `1h 3m 34s`: to the second, as the addon writes what it measured. @param {number} seconds */
function exactDuration(seconds) {
  const whole = Math.round(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return [h > 0 ? `${h}h` : '', h > 0 || m > 0 ? `${m}m` : '', `${s}s`].filter(Boolean).join(' ');
}

/** `95m`, `2.5h`: for a narrow column. @param {number} ms */
function shortDuration(ms) {
  const minutes = Math.round(ms / MINUTE_MS);
  return minutes < 120 ? `${minutes}m` : `${(ms / HOUR_MS).toFixed(1)}h`;
}

/** `1.2ms`: for a narrow column. @param {number} ms */
const shortMilliseconds = (ms) => `${ms.toFixed(1)}ms`;

/** `12,400`. @param {number} number */
const count = (number) => Math.round(number).toLocaleString('en-US');

/** `2`, `2.5`: how many for each, a whole number where it is one. @param {number} number */
const mean = (number) => String(Number(number.toFixed(1)));

/** `0.87`: a confidence, from 0 to 1. @param {number} share */
const confidence = (share) => share.toFixed(2);

module.exports = {
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
};
