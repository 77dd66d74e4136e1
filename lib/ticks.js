'use strict';
// When to poll values that no GC cycle reports: every other second, and sooner while a subscriber
// requests it. The values are not known here.

// Kept from here on: tests replace the global ones to stop the clock.
const { clearInterval, setInterval, setTimeout } = require('node:timers');
const { every, weakly } = require('./lifetime.js');

// Between two polls, in milliseconds. One takes some hundred microseconds.
const TICK_MS = 2000;
const SOON_MS = 250;

/**
 * Calls `look` from now on, as long as this module is there; it says whether the next one should come soon. Does not keep the
 * process alive.
 * @param {() => boolean} look
 * @returns {() => void} asks for a look soon
 */
function startTicks(look) {
  let isSoon = false;
  function tick() {
    if (look()) soon();
  }
  const tickNow = weakly(() => {
    isSoon = false;
    tick();
  });
  function soon() {
    if (isSoon) return;
    isSoon = true;
    setTimeout(tickNow, SOON_MS).unref();
  }
  every({ setInterval, clearInterval }, tick, TICK_MS);
  return soon;
}

module.exports = { startTicks };
