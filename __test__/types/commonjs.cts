// A CommonJS module in TypeScript without esModuleInterop. Only compiled, never run.

import memwatch = require('memwatch');
import { HeapDiff, gc, type Stats } from 'memwatch';
import * as all from 'memwatch';

const same: typeof memwatch = all;
const diff: HeapDiff = new HeapDiff();
const other: memwatch.HeapDiff = new memwatch.HeapDiff();
gc();
all.on('stats', (stats: Stats) => diff.end().change.details.concat(other.end().change.details));
