'use strict';
// The clocks and timers that memwatch itself goes by. Tests replace the global ones to stop
// the clock, and what memwatch keeps of a program must go on all the same. Loaded before that,
// this file has the originals.

const { performance } = require('node:perf_hooks');
const { clearInterval, clearTimeout, setImmediate, setInterval, setTimeout } = require('node:timers');

/** Milliseconds since 1970. */
const wallClock = Date.now;

/** Milliseconds since this thread began, which no change of the wall clock moves. */
const monotonic = performance.now.bind(performance);

/** When this process began, in milliseconds since 1970. */
const startedAt = Math.round(performance.timeOrigin);

module.exports = {
  ...{ clearInterval, clearTimeout, setImmediate, setInterval, setTimeout },
  ...{ monotonic, startedAt, wallClock },
};
