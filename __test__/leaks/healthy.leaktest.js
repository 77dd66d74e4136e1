'use strict';
// Programs that are well: `memwatch analyze` claims of none of them that it leaks, and `memwatch diff` sees nothing
// grow. `npm run test:leaks` installs their packages and runs this.
const assert = require('node:assert');
const { join } = require('node:path');
const { test } = require('node:test');
const { memwatch, report, snapshotsOf, unfolded } = require('../support/snapshot-programs.js');

const PROGRAMS = process.env.MEMWATCH_LEAK_PROGRAMS;
if (!PROGRAMS) throw new Error('run this by `npm run test:leaks`, which installs the packages');

const ROUNDS = 3;

for (const [what, program, operations] of [
  ['an express server under load on connections that are kept', 'express-load.js', 100],
  ['an LRU cache that has turned over', 'lru.js', 20_000],
  ['a Map from which the oldest entry goes', 'lru-map.js', 20_000],
  ['JSON, regular expressions and hashes', 'churn.js', 10_000],
  ['modules that import-fresh loads again', 'import-fresh.js', 500],
  ["i18next's instances", 'i18next.js', 500],
  ["inversify's child containers", 'inversify.js', 500],
  ['jobs of node-schedule', 'node-schedule.js', 30],
]) {
  test(`${what}: no claim of a leak, and no growth`, (t) => {
    const files = snapshotsOf(t, join(PROGRAMS, 'leaks', program), { operations, rounds: ROUNDS });
    const last = files.at(-1);
    for (const { certainty, class: name, path } of report('analyze', last).findings) {
      assert.strictEqual(certainty, 'possible', `${name}: ${path.text}`);
      assert.match(unfolded(memwatch('analyze', last).stdout), /A cache or the program's own data looks the same/);
    }
    assert.deepStrictEqual(report('diff', ...files).places.grown, []);
  });
}
