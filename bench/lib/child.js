'use strict';
// What the measured processes share: loading what may not be installed, the clocks,
// and how a result is handed back. The parent's side is rounds.mjs and worker.mjs.

const fs = require('node:fs');

/** Hands the result to the parent: a message where there is a channel, else a line. */
function report(result) {
  if (process.connected) process.send(result);
  else process.stdout.write(`${JSON.stringify(result)}\n`);
}

/** Loads a peer, or ends this process saying why it cannot be measured. */
function loadPeer(name) {
  try {
    return require(name);
  } catch (error) {
    const missing = error.code === 'MODULE_NOT_FOUND' && error.message.includes(`'${name}'`);
    const why = missing ? 'is not installed' : `is not built for Node ${process.versions.node}`;
    report({ unavailable: `${name} ${why}: run npm run bench:setup with this Node` });
    process.exit(0);
  }
}

/** memwatch: this checkout's, or that of the checkout that against.mjs compares it with. */
function loadOurs() {
  return require(process.env.MEMWATCH_BENCHED ?? '../..');
}

/** Starts two clocks; the returned function reads them, in milliseconds. */
function startClocks() {
  const cpu = process.cpuUsage();
  const wall = process.hrtime.bigint();
  return () => {
    const wallMs = Number(process.hrtime.bigint() - wall) / 1e6;
    const { user, system } = process.cpuUsage(cpu);
    return { wallMs, cpuMs: (user + system) / 1000 };
  };
}

/** Processor time of the main thread, in milliseconds: helper threads and other programs left out. Linux only. */
function mainThreadMs() {
  try {
    const [nanoseconds] = fs.readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1e6;
  } catch {
    return NaN;
  }
}

/** Between two looks at how late the event loop is, in milliseconds. */
const TICK_MS = 1;

/** Watches the event loop; the returned function ends that, and says the longest time between two turns of it. */
function watchLoop() {
  let last = performance.now();
  let longest = 0;
  const look = () => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  };
  const timer = setInterval(look, TICK_MS);
  return () => {
    clearInterval(timer);
    look();
    return longest;
  };
}

/** The most memory this process has had so far, in bytes. */
function peakRss() {
  return process.resourceUsage().maxRSS * 1024;
}

module.exports = { loadOurs, loadPeer, mainThreadMs, peakRss, report, startClocks, watchLoop };
