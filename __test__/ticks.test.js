'use strict';
// Polling of values that no GC cycle reports: soon on request, and without keeping a program alive.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { says } = require('./support/child.js');

test('a poll that asks for another one gets it, and none keeps the program alive', async () => {
  const said = await says(async () => {
    const { startTicks } = require(`${ROOT}/lib/ticks.js`);
    let looks = 0;
    let enough;
    const done = new Promise((resolve) => {
      enough = resolve;
    });
    const soon = startTicks(() => {
      looks++;
      if (looks === 3) enough();
      return looks < 3;
    });
    const awake = setInterval(() => {}, 1000);
    soon();
    soon();
    await done;
    clearInterval(awake);
    say(looks);
    // It exits here, or it is killed as hanging.
    soon();
  });
  assert.deepEqual(said, [3]);
});
