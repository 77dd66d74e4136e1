'use strict';
// Looks at what no collection tells of: soon where that is asked for, and never what keeps a program alive.

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
    // It ends here by itself, or it is ended as one that hangs.
    soon();
  });
  assert.deepEqual(said, [3]);
});
