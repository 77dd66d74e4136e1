'use strict';
// Pools of worker threads as npm has them, that grow with their load and are idle then: `memwatch run` does not call
// them leaks. `npm run test:leaks` installs them and runs this.

const assert = require('node:assert/strict');
const path = require('node:path');
const { test } = require('node:test');
const { linesOf, start } = require('../support/runner.js');

const INSTALLED = process.env.MEMWATCH_POOLS;
if (!INSTALLED) throw new Error('run this by `npm run test:leaks`, which installs the packages');

// Long enough to grow, to be idle, and to work again.
const DURATION = '100s';

test('pools that grow and are idle', { concurrency: true }, async (t) => {
  await Promise.all(
    ['piscina', 'tinypool'].map((name) =>
      t.test(`a pool of ${name} that grows to twelve threads and is idle is no leak`, async () => {
        const file = path.join(INSTALLED, 'pool.mjs');
        const { status, stdout, stderr } = await start([
          '--no-dashboard',
          '--fail-on-leak',
          '--duration',
          DURATION,
          file,
          name,
        ]).ended;
        assert.match(stdout, /^threads 12$/m);
        assert.doesNotMatch(stderr, /a leak is confirmed|is suspected in .*worker threads/);
        assert.equal(status, 0, stderr);
        assert.match(linesOf(stderr).last, /^exit status 0: .*, and no confirmed leak remained$/);
      }),
    ),
  );
});
