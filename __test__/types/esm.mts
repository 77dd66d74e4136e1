// An ECMAScript module in TypeScript: the default import, and by name what the module has as
// its own. Only compiled, never run; `imports.mjs` runs the same imports.

import memwatch, { HeapDiff, gc } from 'memwatch';
import * as all from 'memwatch';
import type { HeapDiffReport, LeakInformation, MemWatch, Stats } from 'memwatch';

const itself: MemWatch = memwatch;
const again: MemWatch = all.default;
const diff: HeapDiff = new HeapDiff();
gc();
all.gc();
const report: HeapDiffReport = new all.HeapDiff().end();
memwatch.on('leak', (leak: LeakInformation) => diff.end());
memwatch.once('stats', (stats: Stats) => stats.rss);

class Named extends HeapDiff {}
const named: HeapDiff = new Named();

const late: Promise<MemWatch> = import('memwatch').then((module) => module.default);
