'use strict';
// Which line leaks memory outside of the heap, of which the sampler sees only the small objects that keep it.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { automaticInterval } = require('../lib/sampling-interval.js');
const { says } = require('./support/child.js');

test('a few hundred retained large Buffers are enough to name the allocating function', async () => {
  const [suspects] = await says(async () => {
    const memwatch = require(ROOT);
    const sites = require(`${ROOT}/lib/own.js`).sites;
    sites.start({ kinds: new Set(['external']), youngPerSecond: () => 1 });
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

const MB = 2 ** 20;
const SMALL = { used: 50 * MB, young: 16 * MB };

/** The interval if these kinds are suspected, at this number of minor GCs a second. */
function interval(kinds, youngPerSecond, heap = SMALL) {
  return automaticInterval({ kinds: new Set(kinds), youngPerSecond: () => youngPerSecond }, heap);
}

test('the interval is finer for external memory alone, if the program allocates little', () => {
  assert.equal(automaticInterval(null, SMALL), 65_536);
  assert.equal(interval(['heap'], 0.1), 65_536);
  assert.equal(interval(['heap'], 0.1, { ...SMALL, used: 200 * MB }), 131_072);
  assert.equal(interval(['external'], 0.1), 4096);
  assert.equal(interval(['external', 'heap'], 0.1), 65_536);
  // 32 MB a second, in 4000 samples.
  assert.equal(interval(['native'], 2), 8389);
  assert.equal(interval(['external'], 100), 65_536);
  assert.equal(interval(['external'], 100, { ...SMALL, used: 200 * MB }), 131_072);
});

test('a sampler started for external memory becomes coarser if its cost is too high', async () => {
  const [fine, busy, joined, always] = await says(`async () => {
    const memwatch = require(ROOT);
    const sites = require(ROOT + '/lib/own.js').sites;
    // Of two megabytes that are kept.
    const samples = () => {
      globalThis.kept = Array.from({ length: 40_000 }, (_, i) => ({ i }));
      return JSON.parse(sites.heapProfile()).samples.length;
    };
    const kinds = new Set(['external']);
    let youngPerSecond = 1;
    const suspicion = { kinds, youngPerSecond: () => youngPerSecond };
    sites.start(suspicion);
    say(samples());
    youngPerSecond = 1000;
    sites.tend();
    say(samples());
    sites.stop();
    youngPerSecond = 1;
    sites.start(suspicion);
    kinds.add('heap');
    sites.tend();
    say(samples());
    sites.stop();
    kinds.delete('heap');
    sites.start(suspicion);
    memwatch.configure({ sampling: { when: 'always' } });
    say(samples());
  }`);
  const told = JSON.stringify({ fine, busy, joined, always });
  assert.ok(fine > 4 * Math.max(busy, joined, always), told);
});
