'use strict';
// Which line leaks memory outside of the heap, of which the sampler sees only the small objects that keep it.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { automaticInterval } = require('../lib/sampling-interval.js');
const { says } = require('./support/child.js');

test('of large Buffers that are kept a few hundred are enough to name who allocates them', async () => {
  const [suspects] = await says(async () => {
    const memwatch = require(ROOT);
    const sites = require(`${ROOT}/lib/sites.js`);
    sites.start({ kind: 'external', youngPerSecond: 1 });
    const kept = [];
    function keepUpload() {
      kept.push(Buffer.alloc(32_768, 1));
    }
    for (let i = 0; i < 300; i++) {
      keepUpload();
      if (i % 30 === 29) {
        memwatch.gc();
        sites.observe();
      }
    }
    say(sites.suspects());
  });
  assert.ok(
    suspects.slice(0, 3).some((site) => site.function === 'keepUpload'),
    JSON.stringify(suspects.map((site) => site.function)),
  );
});

test('the interval is finer for memory outside of the heap, as far as the program allocates little', () => {
  const MB = 2 ** 20;
  const small = { used: 50 * MB, young: 16 * MB };
  const interval = (kind, youngPerSecond, heap = small) => automaticInterval({ kind, youngPerSecond }, heap);
  assert.equal(interval('heap', 0.1), 65_536);
  assert.equal(interval('heap', 0.1, { ...small, used: 200 * MB }), 131_072);
  assert.equal(interval('external', 0.1), 4096);
  // 32 MB a second, in 4000 samples.
  assert.equal(interval('native', 2), 8389);
  assert.equal(interval('external', 100), 65_536);
  assert.equal(interval('external', 100, { ...small, used: 200 * MB }), 131_072);
});

test('asked of the running program it is one of these', () => {
  const found = automaticInterval({ kind: 'external', youngPerSecond: 0 });
  assert.equal(found, 4096);
});
