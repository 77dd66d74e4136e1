'use strict';
// memwatch: an EventEmitter with `gc` and `HeapDiff`. Here are the names that programs call, and the addon for which it is
// made; who gets what is lib/memwatch.js's, and which part is made of which lib/parts.js's.

const { dashboardOf } = require('./lib/dashboard/index.js');
const { labelOf } = require('./lib/labels/index.js');
const { keepWith } = require('./lib/lifetime.js');
const { createMemwatch } = require('./lib/memwatch.js');
const own = require('./lib/own.js');
const { pprofHandlerOf } = require('./lib/pprof-http.js');

const memwatch = createMemwatch(own);
// Node's types know `module` by what it exports here; it is a module all the same.
keepWith(memwatch, /** @type {NodeModule} */ (/** @type {unknown} */ (module)));
const { detector, nativeMemory, nativeSites, pageThreads, reports, sites, snapshots, telemetry } = own;
const { environment } = own.stream;

function gc() {
  own.addon.collect();
}

/** Loaded with the first call: programs that make none need nothing of it. */
async function bundle(inside, options) {
  return own.bundles.bundle(inside, options);
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
module.exports.HeapDiff = own.HeapDiff;
const original = new Set(Object.keys(memwatch));

module.exports.analyze = reports.analyze;
module.exports.diffSnapshots = reports.diffSnapshots;
module.exports.writeSnapshot = snapshots.writeSnapshot;
module.exports.analyzeNow = snapshots.analyzeNow;
module.exports.beginHeapDiff = own.liveDiffs.beginHeapDiff;
module.exports.configure = own.configuration.configure;
module.exports.metrics = telemetry.metrics;
module.exports.register = telemetry.register;
module.exports.instrument = telemetry.instrument;
module.exports.bundle = bundle;
module.exports.dashboard = dashboardOf(memwatch, own);
module.exports.detectorState = detector.detectorState;
module.exports.sites = sites.sites;
module.exports.label = labelOf(sites.labels, memwatch);
module.exports.heapProfile = sites.heapProfile;
module.exports.pprofHandler = pprofHandlerOf((wanted) => own.askedProfiles.takePprof(wanted));
module.exports.pushProfiles = own.pushProfiles;
module.exports.nativeMemory = nativeMemory.nativeMemory;
module.exports.trimNativeMemory = nativeMemory.trimNativeMemory;
module.exports.nativeProfile = nativeSites.nativeProfile;
module.exports.nativeSites = nativeSites.nativeSites;
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

pageThreads.joinPages(memwatch);
