'use strict';
// What memwatch tells to other tools than its own listeners. This file hands events of
// memwatch's to those who pass them on; each of them is a file beside it.

const { publish } = require('./channels.js');
const { addLeak, setVerdict } = require('./meter.js');
const { instrument, logLeak } = require('./opentelemetry.js');
const { metrics, register } = require('./prometheus.js');

const MS_PER_HOUR = 3_600_000;

/** What a `leak` event says of itself, where there is no verdict to ask. */
function verdictOf({ start, end, growth, kind, bytesPerHour, limitEta }) {
  const hours = Math.max(1, end - start) / MS_PER_HOUR;
  return { state: 'confirmed', kind: kind ?? 'heap', bytesPerHour: bytesPerHour ?? growth / hours, limitEta };
}

/**
 * An event that is about to be emitted.
 * @param {string} name
 * @param {object} payload
 * @param {(() => object) | undefined} verdict  what is thought of this thread's memory now
 */
function note(name, payload, verdict) {
  if (name === 'leak') {
    addLeak(payload.kind);
    logLeak(payload);
  }
  if (verdict !== undefined) setVerdict(verdict());
  else if (name === 'leak') setVerdict(verdictOf(payload));
  publish(name, payload);
}

module.exports = { note, metrics, register, instrument };
