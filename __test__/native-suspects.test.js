'use strict';
// When native allocations are sampled for a suspicion, and who is suspected then: with a sampler, a clock and causes of the
// test's, and once as a whole in a program that leaks native memory of its own.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { configurationOf } = require('../lib/configure.js');
const { NativeSuspects } = require('../lib/native-memory/suspects.js');
const { placeOf } = require('../lib/places.js');
const { assertSchema } = require('./support/schema.js');

const MIB = 1 << 20;
const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** @param {string} name @param {number} mib @param {object} [more] */
function site(name, mib, more = {}) {
  return {
    function: name,
    origin: 'javascript',
    object: null,
    caller: { function: `make${name}`, file: '/srv/app.js', line: 7, column: 3, package: null },
    bytes: mib * MIB,
    plusMinusBytes: 100_000,
    count: 10,
    samples: 50,
    frames: [{ function: name }],
    javascript: [{ function: `make${name}`, file: '/srv/app.js', line: 7, column: 3, package: null }],
    ...more,
  };
}

/** NativeSuspects with a made-up sampler, whose reports the test sets. */
function watched({ cause = 'malloc', refuses = false } = {}) {
  const world = {
    cause,
    now: 0,
    starts: 0,
    stops: 0,
    sites: [site('A', 1)],
    reads: 0,
    suspects: /** @type {any} */ (null),
    configure: /** @type {any} */ (null),
  };
  const sampling = {
    start() {
      if (refuses) throw new Error('not here');
      world.starts += 1;
    },
    stop() {
      world.stops += 1;
    },
    async report() {
      world.reads += 1;
      return /** @type {any} */ ({ at: new Date(world.now), sites: world.sites });
    },
  };
  const causeOf = ({ kind, state }) => {
    assert.deepEqual([kind, state], ['native', 'suspected']);
    return { cause: world.cause };
  };
  const clock = () => world.now;
  const configuration = configurationOf();
  world.configure = configuration.configure;
  world.suspects = new NativeSuspects({ configuration, causeOf, sampling, now: clock, wallClock: clock });
  world.configure({ sampling: { native: 'suspected' } });
  return world;
}

const event = { kind: 'native', state: 'suspected', start: new Date(0), growth: 50 * MIB };

test('native sampling is off by default, and can be on from the start', async () => {
  const world = watched();
  world.configure({ sampling: { native: false } });
  world.suspects.told('leak-suspected', event);
  assert.equal(world.starts, 0);
  assert.match(world.suspects.whyNone(), /sampling: \{ native: 'suspected' \}/);
  world.configure({ sampling: { native: 'always' } });
  assert.deepEqual([world.starts, world.reads], [1, 0]);
  world.now = 11 * MINUTE;
  world.suspects.tick();
  world.sites = [site('A', 40)];
  world.suspects.told('leak-suspected', event);
  await world.suspects.noted();
  assert.equal(world.suspects.findings().suspects.length, 1);
  world.suspects.told('leak-cleared', event);
  assert.equal(world.stops, 0);
  world.configure({ sampling: { native: 'suspected' } });
  assert.equal(world.stops, 1);
  /** @type {any} */
  const wrong = { sampling: { native: true } };
  assert.throws(() => world.configure(wrong), { code: 'ERR_MEMWATCH_USAGE' });
});

test('native sampling runs while malloc is suspected to leak, and names the sites whose bytes grew', async () => {
  const world = watched();
  world.suspects.told('leak-suspected', event);
  assert.equal(world.starts, 1);
  await world.suspects.noted();
  for (const [now, mib] of [
    [20, 10],
    [40, 30],
    [60, 60],
  ]) {
    world.now = now * SECOND;
    world.sites = [
      site('B', 20, { caller: null, javascript: [], origin: 'threadPool' }),
      site('A', mib),
      site('C', 200, { samples: 9 }),
    ];
    await world.suspects.noted();
  }
  const { at, suspects } = world.suspects.findings();
  assert.deepEqual(at, new Date(60 * SECOND));
  assert.deepEqual(
    suspects.map(({ function: name, share, ageSpread, native }) => [
      name,
      share,
      ageSpread,
      native.function,
      native.origin,
    ]),
    [
      ['makeA', 0.75, 1, 'A', 'javascript'],
      ['B', 0.25, 0.333, 'B', 'threadPool'],
    ],
  );
  assert.deepEqual(
    suspects.map((suspect) => placeOf(suspect)),
    ['makeA() app.js:7, by A', 'B'],
  );
  assertSchema('leak', {
    ...{
      start: new Date(0),
      end: new Date(1),
      growth: 1,
      reason: 'x',
      detector: 'trend',
      kind: 'native',
      state: 'suspected',
    },
    ...{ confidence: 1, bytesPerHour: 1, limitEta: null, limit: null, suspects, suspectsAt: at, whyNoSuspects: null },
  });
  // Not more often than it is worth.
  const { reads } = world;
  world.now += SECOND;
  await world.suspects.noted();
  assert.equal(world.reads, reads);
  world.suspects.told('leak-cleared', event);
  assert.deepEqual([world.stops, world.suspects.isSampling], [1, false]);
  assert.equal(world.suspects.findings().suspects.length, 2);
});

test('a JavaScript function that calls several native ones is one suspect, and rows below 5 % are dropped', async () => {
  const world = watched();
  world.suspects.told('leak-suspected', event);
  await world.suspects.noted();
  const same = { caller: site('A', 1).caller };
  world.now = 20 * SECOND;
  world.sites = [site('A', 30), site('B', 20, same), site('C', 40), site('D', 4)];
  await world.suspects.noted();
  const { suspects } = world.suspects.findings();
  assert.deepEqual(
    suspects.map(({ function: name, bytes, count, native }) => [name, bytes / MIB, count, native.function]),
    [
      ['makeA', 50, 20, 'A'],
      ['makeC', 40, 10, 'C'],
    ],
  );
  const [{ native }] = suspects;
  assert.deepEqual([native.samples, native.plusMinusBytes], [100, 141_421]);
});

test('native sampling ends after ten minutes, and does not restart for the same suspicion', async () => {
  const world = watched();
  world.suspects.told('leak-suspected', event);
  world.now = 10 * MINUTE - 1;
  world.suspects.tick();
  assert.equal(world.stops, 0);
  world.now = 10 * MINUTE;
  world.suspects.tick();
  assert.equal(world.stops, 1);
  await world.suspects.noted();
  assert.equal(world.starts, 1);
  world.suspects.told('leak-suspected', event);
  assert.equal(world.starts, 2);
});

test('native sampling does not start for fragmentation, threads or files, but does once malloc is the cause', async () => {
  const world = watched({ cause: 'unknown' });
  world.suspects.told('leak-suspected', event);
  await world.suspects.noted();
  assert.equal(world.starts, 0);
  assert.equal(world.suspects.whyNone(), null);
  world.cause = 'fragmentation';
  await world.suspects.noted();
  assert.equal(world.starts, 0);
  world.cause = 'malloc';
  await world.suspects.noted();
  assert.equal(world.starts, 1);
});

test('on an unsupported platform it is tried once, and the reason is reported', async () => {
  const world = watched({ refuses: true });
  world.suspects.told('leak-suspected', event);
  await world.suspects.noted();
  assert.deepEqual([world.suspects.isSampling, world.suspects.whyNone()], [false, 'not here']);
});
