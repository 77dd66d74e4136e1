// A program as it is written against @types/airbnb__node-memwatch. Only compiled, never run.

import * as memwatch from '@airbnb/node-memwatch';
import { GcStats, HeapChange, HeapChangeDetails, HeapDiff, HeapDiffResult, HeapInfo, on } from '@airbnb/node-memwatch';
import { EventEmitter } from 'events';

const emitter: EventEmitter = memwatch.on('stats', (stats) => {
  const all: GcStats = stats;
  const milliseconds = stats.gc_time / 1e6 + stats.gcMarkSweepCompactTime / 1e6;
  return [all, milliseconds, stats.used_heap_size / stats.heap_size_limit];
});
on('stats', (stats: GcStats) => stats.gc_ts);

const diff: HeapDiff = new memwatch.HeapDiff();
const result: HeapDiffResult = diff.end();
const before: HeapInfo = result.before;
const change: HeapChange = result.change;
const growing: HeapChangeDetails[] = change.details.filter((detail) => detail['+'] > detail['-']);
function summary({ before, after, change: { details } }: HeapDiffResult): string {
  return `${before.size} ${after.size} ${before.nodes} ${details.map(({ what, size }) => `${what} ${size}`).join()}`;
}
summary(diff.end());

// Objects of the declared shapes, as tests make them.
const info: HeapInfo = { nodes: 1, size_bytes: 2, size: '2 bytes' };
const made: HeapDiffResult = {
  before: info,
  after: info,
  change: {
    size_bytes: 0,
    size: '0 bytes',
    freed_nodes: 0,
    allocated_nodes: 0,
    details: [{ what: 'Array', size_bytes: 1, size: '1 bytes', '+': 1, '-': 0 }],
  },
};
const stats: GcStats = {
  gc_ts: 0,
  gcScavengeCount: 0,
  gcScavengeTime: 0,
  gcMarkSweepCompactCount: 0,
  gcMarkSweepCompactTime: 0,
  gcIncrementalMarkingCount: 0,
  gcIncrementalMarkingTime: 0,
  gcProcessWeakCallbacksCount: 0,
  gcProcessWeakCallbacksTime: 0,
  total_heap_size: 0,
  total_heap_size_executable: 0,
  total_physical_size: 0,
  total_available_size: 0,
  used_heap_size: 0,
  heap_size_limit: 0,
  malloced_memory: 0,
  peak_malloced_memory: 0,
  gc_time: 0,
};
summary(made);
