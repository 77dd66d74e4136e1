'use strict';
// What memwatch tells to other tools than its own listeners. This file hands events of
// memwatch's to those who pass them on; each of them is a file beside it, and loaded when it is
// first asked for: what lies on the heap is marked in each full collection.

const { followWhenWanted, publish, wants } = require('./channels.js');

/** Growth that is reported to people: to those who collect log records. */
function log(name, payload) {
  // A confirmation is either followed by a `leak`, or there was one before that knew less.
  if (name === 'leak' || name === 'leak-paused' || payload.wasReported) instrumented?.logLeak(payload);
}

/** To be called every second or two: what later subscribers are to find. */
function tick() {
  followWhenWanted();
}

/** Prometheus' text format. @type {typeof import('./prometheus.js').metrics} */
function metrics(options) {
  return require('./prometheus.js').metrics(options);
}

/** For prom-client. @type {typeof import('./prometheus.js').register} */
function register(registry) {
  return require('./prometheus.js').register(registry);
}

/** OpenTelemetry, once somebody has asked for it. */
let instrumented;

/** @type {typeof import('./opentelemetry.js').instrument} */
function instrument(options) {
  instrumented = require('./opentelemetry.js');
  return instrumented.instrument(options);
}

module.exports = { log, publish, tick, wants, metrics, register, instrument };
