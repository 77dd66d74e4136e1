'use strict';
// memwatch: an EventEmitter with `gc` and `HeapDiff`. It only wires the parts together;
// collections are followed and counted in the addon, from here on.

const { EventEmitter } = require('node:events');
// Kept from here on: tests replace the global one to stop the clock.
const { setImmediate } = require('node:timers');
const { isMainThread } = require('node:worker_threads');
const { Monitor, collect } = require('./lib/addon.js');
const blackBox = require('./lib/black-box/recorder.js');
const { bundler } = require('./lib/bundle/index.js');
const collections = require('./lib/collections.js');
const { configure } = require('./lib/configure.js');
const { dashboardOf } = require('./lib/dashboard/index.js');
const { joinPages } = require('./lib/dashboard/threads.js');
const { whenDiagnosed } = require('./lib/diagnosis.js');
const { HeapDiff } = require('./lib/heap-diff.js');
const { beginHeapDiff } = require('./lib/live-diff.js');
const { keepWith, weakly } = require('./lib/lifetime.js');
const { analyzeNow, writeSnapshot } = require('./lib/live-snapshot.js');
const { noteConstrainedMemory, processMemory } = require('./lib/process-memory.js');
const sites = require('./lib/sites.js');
const { analyze, diffSnapshots } = require('./lib/snapshot-reports.js');
const telemetry = require('./lib/telemetry/index.js');
const { Threads } = require('./lib/threads/index.js');
const { startTicks } = require('./lib/ticks.js');
const { onLeak: snapshotOnLeak } = require('./lib/triggers/leak.js');
require('./lib/triggers/limit.js');
const { watchAsEnvironmentSays } = require('./lib/triggers/signal.js');
const { announceTo } = require('./lib/triggers/take.js');
const { Verdict } = require('./lib/verdict.js');

const memwatch = new EventEmitter();
// Node's types know `module` by what it exports here; it is a module all the same.
keepWith(memwatch, /** @type {NodeModule} */ (/** @type {unknown} */ (module)));
const monitor = new Monitor(weakly(deliver), isMainThread);
const verdict = new Verdict(monitor);
verdict.nameSuspectsWith(sites);
const threads = new Threads(announce);
verdict.joinWith(threads);
const { bundle, onLeak: bundleOnLeak } = bundler({ ...sites, verdict: verdict.verdict });

/**
 * Emits one event, and asks for probes where they are wanted. The addon calls it on the event
 * loop; where more events wait it comes again in the next turn, so that a listener which causes
 * events does not hold up the program. What a listener throws is an uncaught exception like any
 * other, and the events behind it still come.
 */
function deliver() {
  try {
    if (monitor.tend()) tickSoon();
    const event = monitor.take(isStatsWanted());
    verdict.sampled();
    if (event === null) return;
    const [name, payload] = event;
    const told = name === 'stats' ? withProcessMemory(payload) : verdict.told(name, payload);
    announce(name, told);
  } finally {
    if (monitor.moreWait()) setImmediate(deliver);
  }
}

/** Emits an event, after all that memwatch itself does at it. */
function announce(name, told) {
  blackBox.note(name, told);
  telemetry.note(name, told);
  // A leak that the original rule has reported before the trend confirmed it is no second `leak`.
  if (name !== 'leak' && !told.wasReported) {
    memwatch.emit(name, told);
    return;
  }
  snapshotOnLeak();
  bundleOnLeak(told);
  whenDiagnosed(told, () => memwatch.emit(name, told));
}

// Memory that no collection tells of, and pages that another thread serves.
const tickSoon = startTicks(() => {
  noteConstrainedMemory();
  joinPages(memwatch);
  telemetry.tick();
  verdict.tick();
  if (verdict.followsTrend) threads.tick();
  return monitor.tick();
});

/** Whether anybody hears of `stats`, who replaced `emit` included. Telling takes 0.2 ms, after each full collection. */
function isStatsWanted() {
  return (
    memwatch.listenerCount('stats') > 0 ||
    memwatch.emit !== EventEmitter.prototype.emit ||
    blackBox.isRecording() ||
    telemetry.wants('stats')
  );
}

/** Adds what V8 does not know. Read at delivery, not inside the collection. */
function withProcessMemory(stats) {
  const { arrayBuffers, rss } = processMemory();
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
define('writeSnapshot', writeSnapshot);
define('analyzeNow', analyzeNow);
define('beginHeapDiff', beginHeapDiff);
define('configure', configure);
define('metrics', telemetry.metrics);
define('register', telemetry.register);
define('instrument', telemetry.instrument);
define('bundle', bundle);
define(
  'dashboard',
  dashboardOf(() => memwatch),
);
define('verdict', verdict.verdict);
define('sites', sites.sites);
define('heapProfile', sites.heapProfile);

telemetry.tellOf(() => monitor.verdict());
collections.tellOf(() => monitor.youngCollections());
blackBox.tellOf({ verdict: verdict.verdict, sites: sites.sites });
announceTo((snapshot) => {
  blackBox.noteSnapshot(snapshot);
  memwatch.emit('snapshot', snapshot);
});
watchAsEnvironmentSays();
joinPages(memwatch);
