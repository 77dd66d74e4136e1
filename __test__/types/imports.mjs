// Prints what an ECMAScript module gets from memwatch: the default import, and by name the members that
// the arguments name. Run by declared.test.js.

import memwatch, { HeapDiff, analyze, configure, gc } from 'memwatch';
import { createRequire } from 'node:module';

const required = createRequire(import.meta.url)('memwatch');
const all = new Map(Object.entries(await import('memwatch')));
const compat = Object.entries(await import('memwatch/compat'));
const names = process.argv.slice(2);
const diff = new HeapDiff();
gc();
configure();
console.log(
  JSON.stringify({
    default: memwatch === required && all.get('default') === required && analyze === required.analyze,
    missing: names.filter((name) => !all.has(name)),
    different: names.filter((name) => all.get(name) !== required[name]),
    compat: compat.filter(([name, value]) => name !== 'default' && value === required[name]).length,
    report: Object.keys(diff.end()),
  }),
);
