'use strict';
// What memwatch tells to other tools than its own listeners. This file hands events of
// memwatch's to those who pass them on; each of them is a file beside it.

const { getHeapStatistics } = require('node:v8');
const { publish } = require('./channels.js');
const { addLeak, setVerdict } = require('./meter.js');
const { instrument, logLeak } = require('./opentelemetry.js');
const { metrics, register } = require('./prometheus.js');

const MS_PER_HOUR = 3_600_000;

/** What a `leak` says of itself, where no trend is followed: it stands until the process ends. */
function verdictOf({ start, end, growth, kind = 'heap', bytesPerHour, limitEta }) {
  const hours = Math.max(1, end - start) / MS_PER_HOUR;
  const rate = bytesPerHour ?? growth / hours;
  return { [kind]: { state: 'confirmed', bytesPerHour: rate, limitEta: limitEta ?? limitAt(rate) } };
}

/** When V8's limit is reached at a rate of bytes an hour. */
function limitAt(rate) {
  const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics();
  return new Date(Date.now() + (Math.max(0, limit - used) / rate) * MS_PER_HOUR);
}

/**
 * An event that is about to be emitted.
 * @param {string} name
 * @param {object} payload
 * @param {() => { kinds: object } | null} verdict  what is thought of this thread's memory now
 */
function note(name, payload, verdict) {
  if (name === 'leak') {
    addLeak(payload.kind);
    logLeak(payload);
  }
  const kinds = verdict()?.kinds ?? (name === 'leak' ? verdictOf(payload) : undefined);
  if (kinds !== undefined) setVerdict(kinds);
  publish(name, payload);
}

module.exports = { note, metrics, register, instrument };
