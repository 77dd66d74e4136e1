'use strict';
// Sizes and durations in text for people, in a terminal and in sentences. The dashboard has its own.

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
const STEP = 1024;

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** `170 MiB`, `1.25 GiB`: three digits that count. @param {number} size  in bytes */
function bytes(size) {
  if (!Number.isFinite(size)) return 'an unknown size';
  const exponent = Math.min(UNITS.length - 1, Math.floor(Math.log(Math.max(1, Math.abs(size))) / Math.log(STEP)));
  return `${Number((size / STEP ** exponent).toPrecision(3))} ${UNITS[exponent]}`;
}

/** `850 ms`, `40 s`, `11 min`, `2.5 h`. @param {number} ms */
function duration(ms) {
  if (!Number.isFinite(ms)) return 'an unknown time';
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 2 * MINUTE_MS) return `${Math.round(ms / 1000)} s`;
  return ms < 2 * HOUR_MS ? `${Math.round(ms / MINUTE_MS)} min` : `${Number((ms / HOUR_MS).toFixed(1))} h`;
}

module.exports = { bytes, duration };
