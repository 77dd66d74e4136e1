'use strict';
// What memwatch tells to other tools than its own listeners. This file hands events of
// memwatch's to those who pass them on; each of them is a file beside it, and loaded when it is
// first asked for: what lies on the heap is marked in each full collection.

const { followWhenWanted, publish, wants } = require('./channels.js');
const meter = require('./meter.js');

const MS_PER_HOUR = 3_600_000;

/** What a `leak` says of itself, where no trend is followed: it stands until the process ends. */
function verdictOf({ start, end, growth, kind = 'heap', bytesPerHour, limitEta }) {
  const hours = Math.max(1, end - start) / MS_PER_HOUR;
  const rate = bytesPerHour ?? growth / hours;
  return { [kind]: { state: 'confirmed', bytesPerHour: rate, limitEta: limitEta ?? limitAt(rate) } };
}

/** When V8's limit is reached at a rate of bytes an hour. */
function limitAt(rate) {
  const { heap_size_limit: limit, used_heap_size: used } = require('node:v8').getHeapStatistics();
  return new Date(Date.now() + (Math.max(0, limit - used) / rate) * MS_PER_HOUR);
}

/**
 * An event that is about to be emitted.
 * @param {string} name
 * @param {object} payload
 */
function note(name, payload) {
  if (name === 'leak') {
    meter.addLeak(payload.kind);
  }
  // A confirmation is either followed by a `leak`, or there was one before that knew less.
  if (name === 'leak' || name === 'leak-paused' || payload.wasReported) instrumented?.logLeak(payload);
  // A scrape of another thread is to find the verdict with the leak that is counted.
  if (name !== 'stats') {
    const kinds = kindsNow() ?? (name === 'leak' ? verdictOf(payload) : undefined);
    if (kinds !== undefined) meter.setVerdict(kinds);
  }
  publish(name, payload);
}

/** What is thought of each kind of this thread's memory now; undefined where no trend is followed. */
let kindsNow = () => undefined;

/** @param {() => { kinds: object } | null} verdict  what is thought of this thread's memory now */
function tellOf(verdict) {
  kindsNow = () => verdict()?.kinds;
  meter.tellOf(kindsNow);
}

/** To be called every second or two: what other threads and later subscribers are to find. */
function tick() {
  meter.tick();
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

module.exports = { note, tellOf, tick, wants, metrics, register, instrument };
