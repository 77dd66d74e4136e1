// Prints what an ECMAScript module gets from memwatch: the default import, and by name what
// the module has as its own. Run by declared.test.js.

import memwatch, { HeapDiff, gc } from 'memwatch';
import * as all from 'memwatch';
import { createRequire } from 'node:module';

const required = createRequire(import.meta.url)('memwatch');
const diff = new HeapDiff();
gc();
console.log(
  JSON.stringify({
    default: memwatch === required && all.default === required,
    gc: gc === required.gc,
    HeapDiff: HeapDiff === required.HeapDiff,
    report: Object.keys(diff.end()),
  }),
);
