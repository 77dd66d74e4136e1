'use strict';
// A process with a heap that obeys messages: it takes snapshots of itself in forked children, or measures for how long it
// stands still. It loads memwatch only where it is to take one. What is made of the figures is not its business.
//
//   node reader-heap.js plain PAIRS | mix UNITS

const fs = require('node:fs');
const { Worker } = require('node:worker_threads');
const { watchLoop } = require('../lib/child.js');
const { Server } = require('../snapshots/make-snapshot.js');

const [kind, count] = process.argv.slice(2);

const heaps = {
  /** Two objects each, and an array. */
  plain: () => (globalThis.kept = Array.from({ length: Number(count) }, (_, i) => ({ i, o: { i } }))),
  mix: () => (globalThis.server = new Server()).serve(0, Number(count)),
};
heaps[kind]();

/** Linux counts processor time for programs in hundredths of a second. */
const CLOCK_TICK_MS = 10;

/** Processor time of the children that have ended, in milliseconds. */
function childrenCpuMs() {
  const fields = fs.readFileSync('/proc/self/stat', 'latin1').split(') ').at(-1).split(' ');
  return (Number(fields[13]) + Number(fields[14])) * CLOCK_TICK_MS;
}

// A thread that does nothing but read CLOCK_MONOTONIC: a hole in it is a time in which the process did not run.
const SPINNING = `
const { workerData } = require('node:worker_threads');
const [flag, holes] = [new Int32Array(workerData, 0, 1), new Float64Array(workerData, 8, 1)];
let last = process.hrtime.bigint();
while (Atomics.load(flag, 0) === 0) {
  const now = process.hrtime.bigint();
  holes[0] = Math.max(holes[0], Number(now - last) / 1e6);
  last = now;
}`;

async function watchClock() {
  const shared = new SharedArrayBuffer(16);
  const worker = new Worker(SPINNING, { eval: true, workerData: shared });
  await new Promise((resolve) => worker.once('online', resolve));
  return async () => {
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    Atomics.store(new Int32Array(shared, 0, 1), 0, 1);
    await ended;
    return new Float64Array(shared, 8, 1)[0];
  };
}

let watching = null;

const acts = {
  async analyze({ engine }) {
    const memwatch = require('../..');
    const before = childrenCpuMs();
    const loop = watchLoop();
    const begun = performance.now();
    const report = await memwatch.analyzeNow({ engine, mode: 'fork' });
    const wallMs = performance.now() - begun;
    const gapMs = loop();
    const { pauseMs, snapshot } = report;
    if (report.engine !== engine) throw new Error(`asked for ${engine}, and ${report.engine} took it`);
    return { cpuMs: childrenCpuMs() - before, wallMs, gapMs, pauseMs, nodes: snapshot.nodes };
  },
  write: ({ engine, file }) => require('../..').writeSnapshot(file, { engine, mode: 'fork', compression: false }),
  async watch() {
    watching = { clock: await watchClock(), loop: watchLoop() };
    return {};
  },
  async seen() {
    const gapMs = watching.loop();
    return { gapMs, holeMs: await watching.clock() };
  },
};

process.on('message', async ({ act, ...asked }) => {
  try {
    process.send({ result: await acts[act](asked) });
  } catch (error) {
    process.send({ failed: `${error.message}${error.code ? ` [${error.code}]` : ''}` });
  }
});
process.send({ result: { pid: process.pid } });
