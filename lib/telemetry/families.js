'use strict';
// What there is to know of this process as families of metrics, each a list of samples:
// names, help and labels. How a scraper wants them written is told elsewhere.
//
// At most 68 time series for a process, however many threads it has: threads are told
// apart as main and worker only.

const { version } = require('../../package.json');
const { containerFullInMs, containerMemory } = require('../addon.js');
const { GC_KINDS, LEAK_KINDS, pauseBounds } = require('./meter.js');

/** Kinds whose pauses are told as a histogram; the others are short, and counted. */
const HISTOGRAM_KINDS = ['minor', 'major'];

/**
 * @typedef {object} Sample
 * @property {string} [suffix]  what follows the family's name
 * @property {Record<string, string>} labels
 * @property {number} value
 *
 * @typedef {object} Family
 * @property {string} name
 * @property {string} help
 * @property {'counter' | 'gauge' | 'histogram'} type
 * @property {string} aggregator  how processes of a cluster are added up, in prom-client's words
 * @property {(readings: object[]) => Sample[]} samples
 */

/** One sample for each thread role; none where the number is not known. */
const byThread = (number) => (readings) =>
  readings
    .map((reading) => ({ labels: { thread: reading.thread }, value: number(reading) }))
    .filter(({ value }) => Number.isFinite(value));

/** One sample for each kind of leak, of all threads together. */
const byLeakKind = (number) => (readings) =>
  LEAK_KINDS.map((kind, index) => ({
    labels: { kind },
    value: readings.reduce((all, reading) => number(all, reading, index), 0),
  }));

/** Of each kind that is suspected, whether it has paused in all threads where it is; no sample of the others. */
const pausedKinds = (readings) =>
  LEAK_KINDS.flatMap((kind, index) => {
    const suspected = readings.filter((reading) => reading.suspected[index]);
    const hasPaused = suspected.every(({ paused }) => paused[index]);
    return suspected.length === 0 ? [] : [{ labels: { kind }, value: hasPaused ? 1 : 0 }];
  });

/** What the container has, if there is one. */
const ofContainer = (name) => () => {
  const container = containerMemory();
  return container === null ? [] : [{ labels: {}, value: container[name] }];
};

/** When the container is full; no sample while nothing grows. */
function containerEta(readings) {
  const growth = readings.reduce((sum, { growthBytesPerSecond }) => sum + growthBytesPerSecond, 0);
  const isSuspected = readings.some(({ suspected }) => suspected.includes(true));
  // Of memory outside of the heap no rate is known here: the container's own counts, which is asked for by any.
  const leftMs = containerFullInMs(growth > 0 ? growth : isSuspected ? 1 : 0);
  return leftMs === null ? [] : [{ labels: {}, value: leftMs / 1000 }];
}

/** 0 bytes: there was no full collection yet. */
const known = (bytes) => (bytes > 0 ? bytes : NaN);

function pauses(readings) {
  return readings.flatMap(({ thread, buckets, pauseSeconds }) =>
    HISTOGRAM_KINDS.flatMap((kind) => {
      const index = GC_KINDS.indexOf(kind);
      let count = 0;
      const samples = buckets[index].map((inBucket, place) => {
        count += inBucket;
        const le = place < pauseBounds.length ? String(pauseBounds[place]) : '+Inf';
        return { suffix: '_bucket', labels: { le, kind, thread }, value: count };
      });
      const labels = { kind, thread };
      samples.push({ suffix: '_sum', labels, value: pauseSeconds[index] }, { suffix: '_count', labels, value: count });
      return samples;
    }),
  );
}

/** @type {Family[]} */
const FAMILIES = [
  {
    name: 'memwatch_info',
    help: 'Versions of memwatch and Node.js.',
    type: 'gauge',
    aggregator: 'first',
    samples: () => [{ labels: { memwatch: version, node: process.versions.node }, value: 1 }],
  },
  {
    name: 'memwatch_gc_total',
    help: 'Garbage collections by kind.',
    type: 'counter',
    aggregator: 'sum',
    samples: (readings) =>
      readings.flatMap(({ thread, counts }) =>
        GC_KINDS.map((kind, index) => ({ labels: { kind, thread }, value: counts[index] })),
      ),
  },
  {
    name: 'memwatch_gc_pause_seconds',
    help: 'Pauses of a thread for garbage collection.',
    type: 'histogram',
    aggregator: 'sum',
    samples: pauses,
  },
  {
    name: 'memwatch_heap_base_bytes',
    help: 'Used heap right after the last full collection; summed over all workers.',
    type: 'gauge',
    aggregator: 'sum',
    samples: byThread(({ baseBytes }) => known(baseBytes)),
  },
  {
    name: 'memwatch_heap_limit_bytes',
    help: "V8's limit on the heap; summed over all workers.",
    type: 'gauge',
    aggregator: 'sum',
    samples: byThread(({ limitBytes }) => known(limitBytes)),
  },
  {
    name: 'memwatch_heap_growth_bytes_per_second',
    help: 'Growth rate of the live heap, estimated by the leak detector.',
    type: 'gauge',
    aggregator: 'sum',
    samples: byThread(({ growthBytesPerSecond }) => growthBytesPerSecond),
  },
  {
    name: 'memwatch_heap_limit_eta_seconds',
    help: 'Estimated seconds until the heap reaches its limit, while it grows towards it.',
    type: 'gauge',
    aggregator: 'min',
    samples: byThread(({ limitAtUnixS }) => Math.max(0, limitAtUnixS - Date.now() / 1000)),
  },
  {
    name: 'memwatch_container_limit_bytes',
    help: 'Memory limit of the control group that has the least memory left, of those around this process.',
    type: 'gauge',
    aggregator: 'min',
    samples: ofContainer('bytes'),
  },
  {
    name: 'memwatch_container_used_bytes',
    help: 'Memory that counts against that limit, without what the kernel can reclaim.',
    type: 'gauge',
    aggregator: 'max',
    samples: ofContainer('used'),
  },
  {
    name: 'memwatch_container_limit_eta_seconds',
    help: 'Estimated seconds until the container limit is reached, while memory grows. The smaller of this and the heap estimate comes first.',
    type: 'gauge',
    aggregator: 'min',
    samples: containerEta,
  },
  {
    name: 'memwatch_leak_suspected',
    help: 'Whether a leak is suspected, confirmed or paused in any thread: 1 if so, otherwise 0.',
    type: 'gauge',
    aggregator: 'max',
    samples: byLeakKind((any, { suspected }, kind) => (suspected[kind] ? 1 : any)),
  },
  {
    name: 'memwatch_leak_paused',
    help: 'Whether suspected growth has paused and its memory is still in use: 1 if so, 0 if it continues.',
    type: 'gauge',
    aggregator: 'min',
    samples: pausedKinds,
  },
  {
    name: 'memwatch_leaks_total',
    help: 'Leaks reported (the leak event).',
    type: 'counter',
    aggregator: 'sum',
    samples: byLeakKind((sum, { leaks }, kind) => sum + leaks[kind]),
  },
];

module.exports = { FAMILIES };
