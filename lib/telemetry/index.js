'use strict';
// What memwatch exports to other tools. This file passes events of memwatch to the exporters;
// each of them is a file of its own in this directory, and loaded on first use: loaded code is
// marked in each full GC.

const { channelsOf } = require('./channels.js');

/**
 * @param {object} from
 * @param {Pick<import('../types.js').Addon, 'metricFamilies'>} from.addon
 * @param {{ readonly last: import('../../reports.js').NativeMemory | null }} from.nativeWatch
 * @param {import('../stream.js').Subscribe} from.subscribe
 */
function telemetryOf({ addon, nativeWatch, subscribe }) {
  const { followWhenWanted, publish, wants } = channelsOf(subscribe);

  /** Growth that is reported to people: to those who collect log records. */
  function log(name, payload) {
    // A confirmation is either followed by a `leak`, or there was one before that knew less.
    if (name === 'leak' || name === 'leak-paused' || payload.wasReported) instrumented?.logLeak(payload);
  }

  /** To be called every second or two: what later subscribers are to find. */
  function tick() {
    followWhenWanted();
  }

  /** Once somebody has asked for them. @type {ReturnType<typeof import('./families.js').familiesOf> | undefined} */
  let made;
  const families = () => (made ??= require('./families.js').familiesOf({ addon, nativeWatch }));

  /** Likewise. @type {ReturnType<typeof import('./prometheus.js').prometheusOf> | undefined} */
  let prometheus;
  const asked = () => (prometheus ??= require('./prometheus.js').prometheusOf(families()));

  /** Prometheus' text format. @param {{ labels?: Record<string, string> }} [options] */
  function metrics(options) {
    return asked().metrics(options);
  }

  /** For prom-client. @param {any} registry */
  function register(registry) {
    return asked().register(registry);
  }

  /** OpenTelemetry, likewise. @type {ReturnType<typeof import('./opentelemetry.js').openTelemetryOf> | undefined} */
  let instrumented;

  /** @param {any} options */
  function instrument(options) {
    instrumented ??= require('./opentelemetry.js').openTelemetryOf({ families: families(), subscribe });
    return instrumented.instrument(options);
  }

  return { log, publish, tick, wants, metrics, register, instrument };
}

module.exports = { telemetryOf };
