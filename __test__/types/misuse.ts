// What must not compile: each line that ends in `// TS<code>` has exactly that diagnostic,
// and no other line has any. Only compiled, never run.

import memwatch = require('memwatch');

memwatch.on('stats', (stats) => stats.growth); // TS2339
memwatch.on('leak', (leak) => leak.rss); // TS2339
memwatch.once('stats', ({ used_heap }) => {}); // TS2339
memwatch.on('leak', (leak) => leak.start * 1); // TS2362
memwatch.on('leak-cleared', ({ rss }) => {}); // TS2339
memwatch.on('leak', 'not a function'); // TS2769
memwatch.on(1, () => {}); // TS2769

const notNew = memwatch.HeapDiff(); // TS2348
const withArguments = new memwatch.HeapDiff('name'); // TS2769
const diff = new memwatch.HeapDiff();
diff.end('now'); // TS2345
diff.destroy(); // TS2339
const nothing: string = diff.update(); // TS2322
diff.end().change.details[0].plus; // TS2339
diff.end().before.details; // TS2339

memwatch.gc(500); // TS2554
const stats: memwatch.Stats = memwatch.gc(); // TS2322
memwatch.stats(); // TS2339
memwatch.dashboard(9999); // TS2559
memwatch.dashboard({ port: '9999' }); // TS2322
memwatch.set_recent_period('10'); // TS2345
memwatch.set_recent_period(); // TS2554
memwatch.set_no_such_period(10); // TS2339

const half: memwatch.StatsInformation = { num_full_gc: 1 }; // TS2740
const wrongCode: memwatch.ErrorCode = 'ERR_MEMWATCH_NO_SUCH'; // TS2820
const noSuchType: memwatch.NoSuchType = 1; // TS2694
new memwatch(); // TS2351

memwatch.metrics({ labels: { version: 1 } }); // TS2322
memwatch.register({}); // TS2345
memwatch.instrument({}); // TS2345
