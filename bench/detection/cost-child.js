'use strict';
// A program with a heap of 400 MB that allocates and leaks a little, a slice whenever the parent asks. With memwatch it
// says that it is ready when a leak is suspected: from then on the sampler runs, and collections are forced.
//
//   forked: cost-child.js <watcher> <steps a slice> <objects kept a step> <objects a list>

const { performance } = require('node:perf_hooks');
const { setImmediate: nextTurn } = require('node:timers/promises');
const v8 = require('node:v8');
const { mainThreadMs, report, startClocks } = require('../lib/child.js');

const MB = 2 ** 20;

/** Live on the heap before anything is measured, in bytes. */
const HEAP = 400 * MB;

/** What a step does so many times, as a server does it: JSON in, looked at, JSON out. About a millisecond. */
const REQUESTS_A_STEP = 25;
const BODY = JSON.stringify({
  customer: { id: 4711, name: 'A. Customer', tags: Array.from({ length: 10 }, (_, at) => `tag-${at}`) },
  lines: Array.from({ length: 15 }, (_, at) => ({ article: `article ${at}`, count: at % 3, price: at * 1.5 })),
});

/** Between two looks at how late a timer is, in milliseconds. */
const TICK_MS = 2;

/** A suspicion that has not come by then will not come, in milliseconds. */
const PATIENCE_MS = 240_000;

const [watcher, ...numbers] = process.argv.slice(2);
const [steps, keptAStep, aList] = numbers.map(Number);
const memwatch = watcher.startsWith('memwatch') ? require('../..') : null;
if (watcher.includes('no sampler')) memwatch.configure({ sampling: { when: false } });
let isSuspected = false;
for (const name of ['leak-suspected', 'leak']) {
  memwatch?.on(name, ({ detector, state }) => {
    if (detector === 'trend' || state !== undefined) isSuspected = true;
  });
}

const kept = [];
let answered = 0;

function keep(i) {
  if (kept.length === 0 || kept.at(-1).length >= aList) kept.push([]);
  kept.at(-1).push({ at: i, list: [i, i + 1], name: `record ${i}` });
}

function fill() {
  while (v8.getHeapStatistics().used_heap_size < HEAP) {
    for (let i = 0; i < 10_000; i++) keep(i);
  }
}

function step() {
  for (let i = 0; i < REQUESTS_A_STEP; i++) {
    const { customer, lines } = JSON.parse(BODY);
    const total = lines.filter(({ count }) => count > 0).reduce((sum, { count, price }) => sum + count * price, 0);
    const tags = customer.tags.map((tag) => tag.replace(/^tag-(\d+)$/, '#$1'));
    answered += JSON.stringify({ total, tags, name: customer.name.toUpperCase() }).length;
  }
  for (let i = 0; i < keptAStep; i++) keep(i);
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
  const forcedBefore = memwatch?.detectorState().forcedGc.count;
  const longestGap = watchGaps();
  const read = startClocks();
  const before = mainThreadMs();
  await run(steps);
  const mainMs = mainThreadMs() - before;
  const clocks = read();
  const { used_heap_size: heap } = v8.getHeapStatistics();
  const { state, forcedGc: forced } = memwatch?.detectorState() ?? {};
  report({
    ...clocks,
    mainMs,
    answered,
    gapMs: longestGap(),
    heap,
    state,
    forced: forced && forced.count - forcedBefore,
  });
}

async function warmUp() {
  fill();
  const until = performance.now() + PATIENCE_MS;
  // All variants do the same work before; those that suspect nothing cannot know when to end, and do a fixed amount.
  for (let rounds = 0; rounds < 3 || (watcher.includes('suspecting') && !isSuspected); rounds++) {
    await run(1000);
    if (performance.now() > until) return report({ unavailable: 'no leak was suspected in four minutes' });
  }
  // Without them this suspicion would not have come.
  if (watcher.includes('no forced GC')) memwatch.configure({ forcedGc: { enabled: false } });
  return report({});
}

process.on('message', slice);
warmUp();
