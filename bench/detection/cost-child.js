'use strict';
// A program with a heap of 400 MB that allocates and leaks a little, a slice whenever the parent asks. With memwatch it
// says that it is ready when a leak is suspected: from then on the sampler runs, and probes are made.
//
//   forked: cost-child.js <watcher> <steps a slice>

const { performance } = require('node:perf_hooks');
const { setImmediate: nextTurn } = require('node:timers/promises');
const v8 = require('node:v8');
const { report, startClocks } = require('../lib/child.js');

const MB = 2 ** 20;

/** Live on the heap before anything is measured, in bytes. */
const HEAP = 400 * MB;

/** Objects that die young, in a step: a step takes about a millisecond. */
const SHORT_LIVED_A_STEP = 8000;

/** Left behind by a step, in objects: some 100 KB, so that a suspicion comes soon and never goes. */
const KEPT_A_STEP = 400;

/** Between two looks at how late a timer is, in milliseconds. */
const TICK_MS = 2;

/** A suspicion that has not come by then will not come, in milliseconds. */
const PATIENCE_MS = 240_000;

const [watcher, steps] = process.argv.slice(2);
const memwatch = watcher.startsWith('memwatch') ? require('../..') : null;
let isSuspected = false;
for (const name of ['leak-suspected', 'leak']) {
  memwatch?.on(name, ({ detector, state }) => {
    if (detector === 'trend' || state !== undefined) isSuspected = true;
  });
}

const young = new Array(64).fill(null);
const kept = [];

function fill() {
  while (v8.getHeapStatistics().used_heap_size < HEAP) {
    for (let i = 0; i < 10_000; i++) kept.push({ at: i, list: [i, i + 1], name: `record ${i}` });
  }
}

function step() {
  for (let i = 0; i < SHORT_LIVED_A_STEP; i++) young[i & 63] = { left: i, right: [i, i + 1] };
  for (let i = 0; i < KEPT_A_STEP; i++) kept.push({ at: i, list: [i, i + 1], name: `record ${i}` });
}

/** The longest time the event loop did not come to a timer. */
function watchGaps() {
  let last = performance.now();
  let longest = 0;
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }, TICK_MS);
  return () => {
    clearInterval(timer);
    return longest;
  };
}

async function run(count) {
  for (let i = 0; i < count; i++) {
    step();
    await nextTurn();
  }
}

async function slice() {
  const longestGap = watchGaps();
  const read = startClocks();
  await run(Number(steps));
  const clocks = read();
  report({ ...clocks, gapMs: longestGap(), heap: v8.getHeapStatistics().used_heap_size });
}

async function warmUp() {
  fill();
  const until = performance.now() + PATIENCE_MS;
  // All variants do the same work before; those that suspect nothing cannot know when to end, and do a fixed amount.
  for (let rounds = 0; rounds < 3 || (watcher.includes('suspecting') && !isSuspected); rounds++) {
    await run(1000);
    if (performance.now() > until) return report({ unavailable: 'no leak was suspected in four minutes' });
  }
  return report({});
}

process.on('message', slice);
warmUp();
