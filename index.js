'use strict';
// memwatch: an EventEmitter with `gc` and `HeapDiff`. It only wires the parts together;
// collections are followed and counted in the addon, from here on.

const { EventEmitter } = require('node:events');
const addon = require('./lib/addon.js');
const flightRecorder = require('./lib/flight-recorder/recorder.js');
const { bundler } = require('./lib/bundle/index.js');
const { configure } = require('./lib/configure.js');
const { dashboardOf } = require('./lib/dashboard/index.js');
const { joinPages } = require('./lib/dashboard/threads.js');
const { whenDiagnosed } = require('./lib/diagnosis.js');
const { HeapDiff } = require('./lib/heap-diff.js');
const { Handles } = require('./lib/handles/index.js');
const { labelOf } = require('./lib/labels/index.js');
const { beginHeapDiff } = require('./lib/live-diff.js');
const { keepWith } = require('./lib/lifetime.js');
const { nativeMemory, trimNativeMemory } = require('./lib/native-memory/index.js');
const { nativeWatch } = require('./lib/native-memory/watch.js');
const { nativeProfile, nativeSites } = require('./lib/native-memory/sites.js');
const { analyzeNow, writeSnapshot } = require('./lib/own-snapshots.js');
const { pprofHandler } = require('./lib/pprof-http.js');
const { noteConstrainedMemory, withProcessMemory } = require('./lib/process-memory.js');
const sites = require('./lib/sites.js');
const { analyze, diffSnapshots } = require('./lib/snapshot-reports.js');
const { LEAK_EVENTS, complete, environment, publish, subscribe } = require('./lib/stream.js');
const telemetry = require('./lib/telemetry/index.js');
const { Threads } = require('./lib/threads/index.js');
const { onLeak: snapshotOnLeak } = require('./lib/triggers/leak.js');
require('./lib/triggers/limit.js');
const { watchAsEnvironmentSays } = require('./lib/triggers/signal.js');
const { announceTo } = require('./lib/triggers/take.js');
const { Detector } = require('./lib/detector.js');

const memwatch = new EventEmitter();
// Node's types know `module` by what it exports here; it is a module all the same.
keepWith(memwatch, /** @type {NodeModule} */ (/** @type {unknown} */ (module)));
const detector = new Detector(environment);
detector.nameSuspectsWith(sites);
detector.explainNativeWith(nativeWatch.causeOf);
const threads = new Threads({ announce: publish, environment, addon });
const handles = new Handles({ announce: publish, environment, workers: () => threads.alive });
detector.joinWith({ joined: (state) => handles.joined(threads.joined(state)) });
const { bundle, onLeak: bundleOnLeak } = bundler({ ...sites, detectorState: detector.detectorState });

// What only JavaScript knows of the addon's facts: the functions that allocated, and numbers of the process.
complete(LEAK_EVENTS, detector.told);
complete(['stats'], (_, stats) => withProcessMemory(stats));

// Each fact passes the consumers in this order, the program's listeners after memwatch's own.
subscribe(['early-sign', 'full-gc'], detector.note);
subscribe(['full-gc'], () => nativeWatch.collected(detector.isNativeSuspected));
subscribe(['stats', 'snapshot', ...LEAK_EVENTS], flightRecorder.note, flightRecorder.isRecording);
subscribe(LEAK_EVENTS, telemetry.log);
subscribe(['stats', 'leak'], telemetry.publish, () => telemetry.wants('stats'));
subscribe(['leak', 'leak-confirmed'], onLeak);
subscribe(['stats', 'snapshot', ...LEAK_EVENTS], emit, isEmitted);
subscribe(['tick'], () => {
  noteConstrainedMemory();
  joinPages(memwatch);
  telemetry.tick();
  detector.tick();
  nativeWatch.tick(handles.isSuspected);
  if (detector.followsTrend) threads.tick();
  else handles.clear();
});
subscribe(['native-memory'], (_, report) => {
  // Nobody in the program asked for this, so nothing of it may end the program.
  if (detector.followsTrend) handles.note(report).catch(() => {});
});

/** A leak that the original rule has reported before the trend confirmed it is no second `leak`, but acted on alike. */
const isLeak = (name, { wasReported }) => name === 'leak' || wasReported === true;

/** What is configured to be done about a leak. */
function onLeak(name, leak) {
  if (!isLeak(name, leak)) return;
  snapshotOnLeak();
  bundleOnLeak(leak);
}

/** Calls the program's listeners. What they throw is an uncaught exception like any other. */
function emit(name, payload) {
  if (isLeak(name, payload)) whenDiagnosed(payload, () => memwatch.emit(name, payload));
  else memwatch.emit(name, payload);
}

/** Whether anybody listens to `stats`, who replaced `emit` included. Making them takes 0.2 ms, after each full collection. */
function isEmitted() {
  return memwatch.listenerCount('stats') > 0 || memwatch.emit !== EventEmitter.prototype.emit;
}

function gc() {
  addon.collect();
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
module.exports.detectorState = detector.detectorState;
module.exports.sites = sites.sites;
module.exports.label = labelOf(sites.labels, memwatch);
module.exports.heapProfile = sites.heapProfile;
module.exports.pprofHandler = pprofHandler;
module.exports.nativeMemory = nativeMemory;
module.exports.trimNativeMemory = trimNativeMemory;
module.exports.nativeProfile = nativeProfile;
module.exports.nativeSites = nativeSites;
module.exports.get_consecutive_growth_limit = () => environment.getConsecutiveGrowthLimit();
module.exports.set_consecutive_growth_limit = setter((value) => environment.setConsecutiveGrowthLimit(value));
module.exports.get_recent_period = () => environment.getRecentPeriod();
module.exports.set_recent_period = setter((value) => environment.setRecentPeriod(value));
module.exports.get_ancient_period = () => environment.getAncientPeriod();
module.exports.set_ancient_period = setter((value) => environment.setAncientPeriod(value));
module.exports.get_extremes_period = () => environment.getExtremesPeriod();
module.exports.set_extremes_period = setter((value) => environment.setExtremesPeriod(value));

// The original's own enumerable properties are `gc` and `HeapDiff` alone.
for (const name of Object.keys(memwatch).filter((one) => !original.has(one))) {
  Object.defineProperty(memwatch, name, { enumerable: false });
}

flightRecorder.tellOf({ detectorState: detector.detectorState, sites: sites.sites });
announceTo((snapshot) => publish('snapshot', snapshot));
watchAsEnvironmentSays();
joinPages(memwatch);
