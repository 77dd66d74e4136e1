// A TypeScript program, compiled against the declarations that were installed.
import memwatch = require('memwatch');

class Kept {}
memwatch.on('stats', (stats: memwatch.Stats) => {
  const base: number = stats.current_base;
  console.log(JSON.stringify({ base, grown: change.details.length }));
});
const diff = new memwatch.HeapDiff();
const kept: Kept[] = Array.from({ length: 1000 }, () => new Kept());
const { change }: memwatch.HeapDiffReport = diff.end();
memwatch.gc();
process.on('exit', () => kept.length);
