// A program as it is written against @types/node-memwatch. Only compiled, never run.

import memwatch = require('node-memwatch');

const watcher: memwatch.MemWatch = memwatch;
watcher
  .on('leak', (leak) => console.warn(leak.reason, leak.growth))
  .on('stats', (stats: memwatch.StatsInformation) => console.log(stats.usage_trend, stats.max - stats.min))
  .setMaxListeners(0);
watcher.removeAllListeners('leak');
const listener = (event: memwatch.LeakInformation): void => console.warn(event.reason);
memwatch.on('leak', listener);
memwatch.gc();

const diff = new memwatch.HeapDiff();
const information: memwatch.HeapDiffInformation = diff.end();
const before: memwatch.HeapDiffSnapshot = information.before;
const change: memwatch.HeapDiffChange = information.change;
const details: memwatch.HeapDiffDetail[] = change.details.filter((detail) => detail['+'] - detail['-'] > before.nodes);
const made: memwatch.HeapDiffInformation = {
  before: { nodes: 1, size_bytes: 1, size: '1 bytes' },
  after: { nodes: 1, size_bytes: 1, size: '1 bytes' },
  change: { size_bytes: 0, size: '0 bytes', freed_nodes: 0, allocated_nodes: 0, details },
};
