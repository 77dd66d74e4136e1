'use strict';
// The smallest heap diff: two snapshots with a leak between them, and what differs as JSON.
// It shows the shape of a result; how to find a leak in a server is subscription-app's.

const memwatch = require('memwatch');

// Enough to stand out from what Node itself allocates meanwhile.
const LEAKED = 10_000;

class LeakingClass {}

// Exported, so that it stays reachable: what no code will read again is garbage to V8, even
// while a variable of a running function still names it.
const leaked = [];
module.exports = leaked;

const diff = new memwatch.HeapDiff();
for (let i = 0; i < LEAKED; i++) leaked.push(new LeakingClass());
console.log(JSON.stringify(diff.end(), null, 2));
