'use strict';
// What a suspicion has found stays known after it: the table, the suspects and the .heapprofile of one moment, with its
// time, until another suspicion has found something. Which moment it is is tested in the pure crate.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { says } = require('./support/child.js');

test('sites found stay through pause, end and freeing, all from one moment', async () => {
  const [before, during, after, late] = await says(async () => {
    const memwatch = require(ROOT);
    const sites = require(`${ROOT}/lib/own.js`).sites;
    let kept = [];
    function keepReports() {
      for (let i = 0; i < 20_000; i++) kept.push({ i });
    }
    const look = () => {
      const { at, ...table } = memwatch.sites();
      const { at: suspectsAt, suspects } = sites.findings();
      const profile = JSON.parse(memwatch.heapProfile());
      const sum = ({ selfSize, children }) => children.reduce((all, child) => all + sum(child), selfSize);
      return {
        at: at?.getTime(),
        ...table,
        suspectsAt: suspectsAt?.getTime(),
        suspects,
        profiled: profile && sum(profile.head),
      };
    };
    sites.start();
    const first = memwatch.sites();
    for (let i = 0; i < 10; i++) {
      keepReports();
      memwatch.gc();
      sites.observe();
    }
    sites.hold(true);
    const during = look();
    kept = [];
    memwatch.gc();
    sites.stop();
    const after = look();
    // Another one, which has found nothing yet.
    sites.start({ kinds: new Set(['external']), youngPerSecond: () => 0 });
    const late = {
      ...look(),
      ofOther: sites.findings({ kind: 'external' }),
      ofHeap: sites.evidence({ kind: 'heap' }).suspects.length,
    };
    say(first);
    for (const seen of [during, after, late]) say(seen);
  });
  assert.deepEqual([before.sampling, before.isLive], ['own', true]);
  for (const seen of [during, after, late]) {
    assert.equal(seen.isLive, false);
    assert.equal(seen.sites[0].function, 'keepReports');
    assert.equal(seen.suspects[0].function, 'keepReports');
    assert.equal(seen.at, seen.suspectsAt);
    // The table, the suspects and the profile are of the same live bytes.
    assert.equal(seen.profiled, seen.bytes);
    assert.ok(seen.bytes > 2e6, `${seen.bytes}`);
    assert.equal(seen.at, during.at);
  }
  assert.deepEqual([during.sampling, after.sampling, late.sampling], ['own', false, 'own']);
  // Of memory of another kind it says nothing.
  assert.deepEqual(late.ofOther, { at: null, suspects: [] });
  assert.ok(late.ofHeap > 0);
});

test('a later suspicion with results replaces them', async () => {
  const [seen] = await says(async () => {
    const memwatch = require(ROOT);
    const sites = require(`${ROOT}/lib/own.js`).sites;
    const kept = [];
    function first() {
      kept.push(new Array(20_000).fill(1));
    }
    function second() {
      kept.push(new Array(20_000).fill(2));
    }
    const seen = [];
    for (const keep of [first, second]) {
      sites.start();
      for (let i = 0; i < 10; i++) {
        keep();
        memwatch.gc();
        sites.observe();
      }
      sites.stop();
      seen.push(memwatch.sites().sites[0].function);
    }
    say(seen);
  });
  assert.deepEqual(seen, ['first', 'second']);
});

test('a leak of the original rule names the sites found, or says why there are none', async () => {
  const [first, second] = await says(async () => {
    const memwatch = require(ROOT);
    memwatch.configure({ detector: 'consecutive' });
    const sites = require(`${ROOT}/lib/own.js`).sites;
    const kept = [];
    function keepReports() {
      kept.push(new Array(50_000).fill(kept.length));
      memwatch.gc();
    }
    const leaks = [];
    memwatch.on('leak', ({ suspects: [site], suspectsAt, whyNoSuspects }) =>
      leaks.push([site?.function ?? null, suspectsAt instanceof Date, whyNoSuspects]),
    );
    for (let i = 0; i < 6; i++) keepReports();
    await turns();
    sites.start();
    for (let i = 0; i < 6; i++) {
      keepReports();
      sites.observe();
    }
    sites.stop();
    for (let i = 0; i < 6; i++) keepReports();
    await turns();
    say(leaks[0]);
    say(leaks.at(-1));
    return kept;
  });
  assert.deepEqual(first.slice(0, 2), [null, false]);
  assert.match(first[2], /; allocations are not sampled yet: .*sampling: \{ when: 'always' \}/);
  assert.deepEqual(second, ['keepReports', true, null]);
});
