'use strict';
// What the events and results look like, written down once and apart from the code
// under test: keys in their order, and the two formats of the texts.

/** The keys of a `stats` event in their order. */
const STATS_KEYS = [
  'num_full_gc',
  'num_inc_gc',
  'heap_compactions',
  'usage_trend',
  'estimated_base',
  'current_base',
  'min',
  'max',
  'gc_ts',
  'gcScavengeCount',
  'gcScavengeTime',
  'gcMarkSweepCompactCount',
  'gcMarkSweepCompactTime',
  'gcIncrementalMarkingCount',
  'gcIncrementalMarkingTime',
  'gcProcessWeakCallbacksCount',
  'gcProcessWeakCallbacksTime',
  'total_heap_size',
  'total_heap_size_executable',
  'total_physical_size',
  'total_available_size',
  'used_heap_size',
  'heap_size_limit',
  'malloced_memory',
  'peak_malloced_memory',
  'gc_time',
  'gcMinorMarkSweepCount',
  'gcMinorMarkSweepTime',
  'pause_ms',
  'external_memory',
  'number_of_native_contexts',
  'number_of_detached_contexts',
  'total_global_handles_size',
  'used_global_handles_size',
  'array_buffers',
  'rss',
  'num_forced_gc',
  'forced_gc_time',
];

/** The keys of a `leak` event in their order. */
const LEAK_KEYS = [
  'start',
  'end',
  'growth',
  'reason',
  'detector',
  'kind',
  'state',
  'confidence',
  'bytesPerHour',
  'limitEta',
  'limit',
  'suspects',
  'suspectsAt',
  'whyNoSuspects',
];

/** Those that only ever grow. */
const COUNTERS = STATS_KEYS.filter((key) => /^(num_|heap_compactions|gc[A-Z])/.test(key));

/** The reason of a leak: collections, duration, rate. */
const LEAK_REASON =
  /^heap growth over (\d+) consecutive GCs \(((?:\d+h )?(?:\d+m )?\d+s)\) - (-?\d+(?:\.\d\d?)? (?:bytes|kb|mb))\/hr$/;

/** A number of bytes as the events and results say it. */
function size(bytes) {
  const magnitude = Math.abs(bytes);
  if (magnitude > 1048576) return `${hundredths(bytes / 1048576)} mb`;
  if (magnitude > 1024) return `${hundredths(bytes / 1024)} kb`;
  return `${bytes} bytes`;
}

/** Two decimals, half away from zero, without trailing zeros. */
function hundredths(value) {
  return Math.sign(value) * (Math.round(Math.abs(value) * 100) / 100);
}

module.exports = { STATS_KEYS, LEAK_KEYS, COUNTERS, LEAK_REASON, size };
