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

/** A setter of memwatch-ng takes a number and ignores anything else. */
function setter(set) {
  return (value) => {
    if (Number.isFinite(value)) set(value);
  };
}

// One assignment for each name: Node finds the names for `import { … }` in this text, without running it.
module.exports = memwatch;
module.exports.gc = gc;
module.exports.HeapDiff = HeapDiff;
const original = new Set(Object.keys(memwatch));

module.exports.analyze = analyze;
module.exports.diffSnapshots = diffSnapshots;
module.exports.writeSnapshot = writeSnapshot;
module.exports.analyzeNow = analyzeNow;
module.exports.beginHeapDiff = beginHeapDiff;
module.exports.configure = configure;
module.exports.metrics = telemetry.metrics;
module.exports.register = telemetry.register;
module.exports.instrument = telemetry.instrument;
module.exports.bundle = bundle;
module.exports.dashboard = dashboardOf(() => memwatch);
module.exports.verdict = verdict.verdict;
module.exports.sites = sites.sites;
module.exports.heapProfile = sites.heapProfile;
module.exports.get_consecutive_growth_limit = () => monitor.getConsecutiveGrowthLimit();
module.exports.set_consecutive_growth_limit = setter((value) => monitor.setConsecutiveGrowthLimit(value));
module.exports.get_recent_period = () => monitor.getRecentPeriod();
module.exports.set_recent_period = setter((value) => monitor.setRecentPeriod(value));
module.exports.get_ancient_period = () => monitor.getAncientPeriod();
module.exports.set_ancient_period = setter((value) => monitor.setAncientPeriod(value));
module.exports.get_extremes_period = () => monitor.getExtremesPeriod();
module.exports.set_extremes_period = setter((value) => monitor.setExtremesPeriod(value));

// The original's own enumerable properties are `gc` and `HeapDiff` alone.
for (const name of Object.keys(memwatch).filter((one) => !original.has(one))) {
  Object.defineProperty(memwatch, name, { enumerable: false });
}

telemetry.tellOf(() => monitor.verdict());
collections.tellOf(() => monitor.youngCollections());
blackBox.tellOf({ verdict: verdict.verdict, sites: sites.sites });
announceTo((snapshot) => {
  blackBox.noteSnapshot(snapshot);
  memwatch.emit('snapshot', snapshot);
});
watchAsEnvironmentSays();
joinPages(memwatch);
