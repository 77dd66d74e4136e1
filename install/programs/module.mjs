// An ECMAScript module, with names and the default.
import memwatch, { HeapDiff, gc } from 'memwatch';

memwatch.on('stats', ({ current_base: base }) => console.log(JSON.stringify({ base, grown: change.details.length })));
const diff = new HeapDiff();
const kept = Array.from({ length: 1000 }, () => new (class Kept {})());
const { change } = diff.end();
gc();
process.on('exit', () => kept.length);
