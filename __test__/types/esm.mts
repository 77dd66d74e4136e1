// An ECMAScript module in TypeScript: the default import, and by name what the module has as
// its own. Only compiled, never run; `imports.mjs` runs the same imports.

import memwatch, { HeapDiff, analyze, configure, gc, sites } from 'memwatch';
import * as all from 'memwatch';
import type { AnalyzeReport, ErrorCode, Events, HeapDiffReport, LeakInformation, MemWatch, Stats } from 'memwatch';
import { get_recent_period, set_recent_period } from 'memwatch/compat';

const itself: MemWatch = memwatch;
const again: MemWatch = all.default;
const diff: HeapDiff = new HeapDiff();
gc();
all.gc();
const report: HeapDiffReport = new all.HeapDiff().end();
memwatch.on('leak', (leak: LeakInformation) => diff.end());
memwatch.once('stats', (stats: Stats) => stats.rss);

configure({ detector: 'trend' });
const read: Promise<AnalyzeReport> = analyze('a.heapsnapshot', { top: 3 });
const file: string | null | undefined = sites({ top: 1 }).sites[0]?.file;
const payload: Events['leak-paused'][0]['keptBytes'] = 1;
const code: ErrorCode = 'ERR_MEMWATCH_USAGE';
set_recent_period(get_recent_period() + 1);

class Named extends HeapDiff {}
const named: HeapDiff = new Named();

const late: Promise<MemWatch> = import('memwatch').then((module) => module.default);
