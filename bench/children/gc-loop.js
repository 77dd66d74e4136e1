'use strict';
// The GC-heavy loop under one watcher, a slice whenever the parent asks. It gives the
// loop's turn back after each step, so that what a watcher does later, on the event
// loop, is counted too.
//
//   forked: gc-loop.js <watcher> <mark-sweeps a slice> <objects in the window>

const { setImmediate: nextTurn } = require('node:timers/promises');
const { loadOurs, loadPeer, report, startClocks } = require('../lib/child.js');

/** Objects that die young, in one step: some scavenges of a 1 MB semi-space. */
const SHORT_LIVED_A_STEP = 40_000;

/** Objects that each step replaces in the window, which makes mark-sweeps necessary. */
const SURVIVORS_A_STEP = 8000;

/** Steps before the clocks start: the code is compiled and the window is full. */
const WARM_UP_STEPS = 200;

/** Times are told for as many steps. */
const PER_STEPS = 100;

let seen = 0;
const count = () => {
  seen++;
};

/** Each starts a watcher and returns what keeps it alive. */
const watchers = {
  nothing: () => null,
  'nothing again': () => null,
  memwatch: () => loadOurs(),
  'memwatch, listening': () => loadOurs().on('stats', count).on('leak', count),
  PerformanceObserver() {
    const { PerformanceObserver } = require('node:perf_hooks');
    const observer = new PerformanceObserver((list) => {
      seen += list.getEntries().length;
    });
    observer.observe({ entryTypes: ['gc'] });
    return observer;
  },
  'gc-stats': () => loadPeer('gc-stats')().on('stats', count),
  '@airbnb/node-memwatch': () => loadPeer('@airbnb/node-memwatch').on('stats', count),
};

/** Where young objects are put, so that the compiler cannot do without them. */
const young = new Array(64).fill(null);
const [watcher, cycles, window] = process.argv.slice(2);
/** As many objects live at any time, some 10 MB, so that a mark-sweep has work to do. */
const survivors = new Array(Number(window)).fill(null);
let next = 0;

function step() {
  for (let i = 0; i < SHORT_LIVED_A_STEP; i++) young[i & 63] = { left: i, right: [i, i + 1] };
  for (let i = 0; i < SURVIVORS_A_STEP; i++) {
    survivors[next] = { at: next, list: [i, i + 1] };
    next = (next + 1) % survivors.length;
  }
}

// V8's own word for a mark-sweep, the same under each watcher: a scavenge leaves in place what only this refers to.
let markSweeps = 0;
const registry = new FinalizationRegistry(() => {
  markSweeps++;
  registry.register({});
});
registry.register({});

async function turnedStep() {
  step();
  await nextTurn();
}

/** Until so many more mark-sweeps have ended. Returns the steps that were taken. */
async function run(cycles) {
  const end = markSweeps + cycles;
  let steps = 0;
  for (; markSweeps < end; steps++) await turnedStep();
  return steps;
}

/**
 * Whole cycles, from the end of one mark-sweep to the end of another: V8 marks in small portions all along, and a slice
 * of so many steps has more or less of them depending on where it ends.
 */
async function slice(cycles) {
  await run(1);
  seen = 0;
  const read = startClocks();
  const steps = await run(cycles);
  const { cpuMs, wallMs } = read();
  const each = PER_STEPS / steps;
  report({ cpuMs: cpuMs * each, wallMs: wallMs * each, seen: seen * each, steps: steps / cycles });
}

// Held for the life of the process: an observer that nobody holds may be collected.
globalThis.watcher = watchers[watcher]();
process.on('message', () => slice(Number(cycles)));
warmUp().then(() => report({}));

async function warmUp() {
  for (let i = 0; i < WARM_UP_STEPS; i++) await turnedStep();
}
