'use strict';
// When to look at what no collection tells of: every other second, and sooner while whoever
// looks says so. What is looked at is not known here.

// Kept from here on: tests replace the global ones to stop the clock.
const { setInterval, setTimeout } = require('node:timers');

// Between two looks, in milliseconds. One takes some hundred microseconds.
const TICK_MS = 2000;
const SOON_MS = 250;

/**
 * Calls `look` from now on; it says whether the next one should come soon. Does not keep the
 * process alive.
 * @param {() => boolean} look
 * @returns {() => void} asks for a look soon
 */
function startTicks(look) {
  let isSoon = false;
  function tick() {
    if (look()) soon();
  }
  function soon() {
    if (isSoon) return;
    isSoon = true;
    const timer = setTimeout(() => {
      isSoon = false;
      tick();
    }, SOON_MS);
    timer.unref();
  }
  setInterval(tick, TICK_MS).unref();
  return soon;
}

module.exports = { startTicks };
