// The default import, as it compiles to ECMAScript modules and, with esModuleInterop, to
// CommonJS. Only compiled, never run.

import memwatch, { HeapDiff, gc } from 'memwatch';
import * as all from 'memwatch';
import type { LeakInformation, HeapDiffReport } from 'memwatch';

const diff: HeapDiff = new HeapDiff();
gc();
all.gc();
const report: HeapDiffReport = new all.HeapDiff().end();
memwatch.on('leak', (leak: LeakInformation) => leak.start.toISOString());
memwatch.on('stats', (stats: memwatch.Stats) => diff.end());
