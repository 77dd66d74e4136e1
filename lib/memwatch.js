'use strict';
// The emitter, and which consumer gets which fact, in which order. It only wires the parts together; collections are
// followed and counted in the addon, from here on. The names that programs call are index.js's.

const { EventEmitter } = require('node:events');
const { noteConstrainedMemory, withProcessMemory } = require('./process-memory.js');
const { LEAK_EVENTS } = require('./stream.js');

/**
 * A leak that the original rule reported before the trend confirmed it is not emitted again, but acted on alike.
 * @param {string} name
 * @param {any} payload  of an event
 */
const isLeak = (name, { wasReported }) => name === 'leak' || wasReported === true;

/** Follows the program from here on. @param {import('./parts.js').Parts} parts */
function createMemwatch(parts) {
  const memwatch = new EventEmitter();
  const { sites, detector, threads, handles, nativeSuspects, nativeWatch, telemetry, pageThreads } = parts;
  const { complete, subscribe } = parts.stream;
  detector.nameSuspectsWith(sites);

  /** Runs the configured actions for a leak. @param {string} name @param {any} leak */
  function onLeak(name, leak) {
    if (!isLeak(name, leak)) return;
    parts.optional?.leakTrigger.onLeak();
    parts.optional?.bundles.onLeak(leak);
  }

  /** Calls the program's listeners. What they throw is an uncaught exception like any other. @param {string} name @param {any} payload */
  function emit(name, payload) {
    if (parts.optional === null || !isLeak(name, payload)) memwatch.emit(name, payload);
    else parts.optional.diagnoses.whenDiagnosed(payload, () => memwatch.emit(name, payload));
  }

  /** Whether anybody listens to `stats`, who replaced `emit` included. Making them takes 0.2 ms, after each full collection. */
  function isEmitted() {
    return memwatch.listenerCount('stats') > 0 || memwatch.emit !== EventEmitter.prototype.emit;
  }

  // What only JavaScript knows of the addon's facts: the functions that allocated, and numbers of the process.
  complete(LEAK_EVENTS, detector.told);
  complete(['stats'], (_, stats) => withProcessMemory(stats));

  // Each fact passes the consumers in this order, the program's listeners after memwatch's own.
  subscribe(['early-sign', 'full-gc'], detector.note);
  subscribe(['full-gc'], () => nativeWatch.collected(detector.growsAny));
  subscribe(
    ['stats', 'snapshot', ...LEAK_EVENTS],
    (name, payload) => parts.optional?.flightRecorder.note(name, payload),
    () => parts.optional?.flightRecorder.isRecording() === true,
  );
  subscribe(LEAK_EVENTS, telemetry.log);
  subscribe(['stats', 'leak'], telemetry.publish, () => telemetry.wants('stats'));
  subscribe(['leak', 'leak-confirmed'], onLeak);
  subscribe(['stats', 'snapshot', ...LEAK_EVENTS], emit, isEmitted);
  subscribe(['tick'], () => {
    noteConstrainedMemory(parts.addon);
    pageThreads.joinPages(memwatch);
    telemetry.tick();
    detector.tick();
    nativeWatch.tick(handles.isSuspected);
    nativeSuspects.tick();
    if (detector.followsTrend) threads.tick();
    else handles.clear();
  });
  subscribe(['native-memory'], (_, report) => {
    nativeSuspects.noted();
    // The program did not ask for this, so no failure here may end it.
    if (detector.followsTrend) handles.note(report).catch(() => {});
  });

  const signal = process.env.MEMWATCH_SNAPSHOT_SIGNAL;
  if (signal) parts.signalTrigger.watchAsEnvironmentSays(signal);
  return memwatch;
}

module.exports = { createMemwatch };
