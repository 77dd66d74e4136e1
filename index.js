'use strict';
// memwatch: an EventEmitter with `gc` and `HeapDiff`. It only wires the parts together;
// collections are followed and counted in the addon, from here on.

const { EventEmitter } = require('node:events');
// Kept from here on: tests replace the global one to stop the clock.
const { setImmediate, setInterval } = require('node:timers');
const { isMainThread } = require('node:worker_threads');
const { Monitor, collect } = require('./lib/addon.js');
const { configure } = require('./lib/configure.js');
const { HeapDiff } = require('./lib/heap-diff.js');
const sites = require('./lib/sites.js');
const { analyze, diffSnapshots } = require('./lib/snapshot-reports.js');
const { Verdict } = require('./lib/verdict.js');

const memwatch = new EventEmitter();
const monitor = new Monitor(deliver, isMainThread);
const verdict = new Verdict(monitor);
verdict.nameSuspectsWith(sites);

/**
 * Emits one event, and asks for probes where they are wanted. The addon calls it on the event
 * loop; where more events wait it comes again in the next turn, so that a listener which causes
 * events does not hold up the program. What a listener throws is an uncaught exception like any
 * other, and the events behind it still come.
 */
function deliver() {
  try {
    monitor.tend();
    const event = monitor.take();
    verdict.sampled();
    if (event === null) return;
    const [name, payload] = event;
    memwatch.emit(name, name === 'stats' ? withProcessMemory(payload) : verdict.told(name, payload));
  } finally {
    if (monitor.moreWait()) setImmediate(deliver);
  }
}

// Between two looks at memory that no collection tells of, in milliseconds. One takes some
// ten microseconds.
const TICK_MS = 2000;

// It does not keep the process alive.
setInterval(() => monitor.tick(), TICK_MS).unref();

/** Adds what V8 does not know. Read at delivery, not inside the collection. */
function withProcessMemory(stats) {
  const { arrayBuffers, rss } = process.memoryUsage();
  stats.array_buffers = arrayBuffers;
  stats.rss = rss;
  return stats;
}

function gc() {
  collect();
}

// The setters of memwatch-ng, which take a number and ignore anything else.
const settings = {
  consecutive_growth_limit: ['getConsecutiveGrowthLimit', 'setConsecutiveGrowthLimit'],
  recent_period: ['getRecentPeriod', 'setRecentPeriod'],
  ancient_period: ['getAncientPeriod', 'setAncientPeriod'],
  extremes_period: ['getExtremesPeriod', 'setExtremesPeriod'],
};

module.exports = memwatch;
module.exports.gc = gc;
module.exports.HeapDiff = HeapDiff;

/** Not enumerable: the original's own properties are `gc` and `HeapDiff` alone. */
function define(name, value) {
  Object.defineProperty(memwatch, name, { configurable: true, writable: true, value });
}

for (const [name, [getter, setter]] of Object.entries(settings)) {
  define(`get_${name}`, () => monitor[getter]());
  define(`set_${name}`, (value) => {
    if (Number.isFinite(value)) monitor[setter](value);
  });
}

define('analyze', analyze);
define('diffSnapshots', diffSnapshots);
define('configure', configure);
define('verdict', verdict.verdict);
define('sites', sites.sites);
define('heapProfile', sites.heapProfile);
