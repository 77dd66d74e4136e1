'use strict';
// A CommonJS program: the first lines of docs/start.md, and one collection.
const memwatch = require('memwatch');

memwatch.on('stats', ({ current_base: base }) => console.log(JSON.stringify({ base, grown: change.details.length })));
const diff = new memwatch.HeapDiff();
const kept = Array.from({ length: 1000 }, () => new (class Kept {})());
const { change } = diff.end();
memwatch.gc();
process.on('exit', () => kept.length);
