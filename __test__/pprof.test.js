'use strict';
// Profiles in the format of pprof, read back by a decoder that is not ours: memwatch.nativeProfile() and
// memwatch.heapProfile({ format: 'pprof' }) have the stacks and the bytes of what they are made from.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const memwatch = require('..');
const { pprof } = require('../lib/pprof.js');
const { says } = require('./support/child.js');
const { IF_SAMPLED } = require('./support/not-here.js');
const { read } = require('./support/pprof.js');

const sum = (samples, at) => samples.reduce((total, { values }) => total + values[at], 0);

test('each value, stack and location is decoded as encoded', () => {
  const at = new Date(Date.UTC(2026, 0, 2, 3, 4, 5, 6));
  const frames = [
    { function: 'operator new', file: null, line: null },
    { function: 'ünï <x>', file: '/srv/äpp.js', line: 300 },
  ];
  const file = pprof({
    types: [
      ['inuse_objects', 'count'],
      ['inuse_space', 'bytes'],
    ],
    frames,
    samples: [
      { frames: [0, 1], values: [0, 2 ** 53 - 1] },
      { frames: [1], values: [127, 128] },
      { frames: [], values: [1, 0] },
      { frames: [0], values: [-1, -(2 ** 40)] },
    ],
    period: 524_288,
    at,
    durationMs: 1500.4,
  });
  const native = { function: 'operator new', file: '', line: 0 };
  assert.deepEqual(read(file), {
    types: ['inuse_objects/count', 'inuse_space/bytes'],
    shown: 'inuse_space',
    period: ['space/bytes', 524_288],
    timeNanos: BigInt(at.getTime()) * 1_000_000n,
    durationNanos: 1_500_000_000n,
    samples: [
      { stack: [native, frames[1]], values: [0, 2 ** 53 - 1] },
      { stack: [frames[1]], values: [127, 128] },
      { stack: [], values: [1, 0] },
      { stack: [native], values: [-1, -(2 ** 40)] },
    ],
  });
});

test('the profile of the heap of V8 has the stacks of the .heapprofile', async () => {
  const [text, file] = await says(async () => {
    const memwatch = require(ROOT);
    memwatch.configure({ sampling: { when: 'always', intervalBytes: 1024 } });
    globalThis.kept = [];
    (function keepObjects() {
      for (let i = 0; i < 20_000; i++) globalThis.kept.push({ i });
    })();
    // No garbage is collected between the two: there is none.
    memwatch.gc();
    say(memwatch.heapProfile());
    say(memwatch.heapProfile({ format: 'pprof' }).toString('base64'));
  });
  const profile = read(Buffer.from(file, 'base64'));
  assert.deepEqual([profile.types, profile.shown], [['inuse_space/bytes'], 'inuse_space']);
  const kept = profile.samples.filter(({ stack }) => stack[0].function === 'keepObjects');
  assert.ok(kept.length > 0 && kept.every(({ stack: [{ line }] }) => line > 1), JSON.stringify(kept));
  let expected = 0;
  const add = ({ callFrame, selfSize, children }) => {
    if (callFrame.functionName === 'keepObjects') expected += selfSize;
    for (const child of children) add(child);
  };
  add(JSON.parse(text).head);
  assert.ok(expected > 200_000);
  assert.ok(Math.abs(sum(kept, 0) / expected - 1) < 0.1, `${sum(kept, 0)} of ${expected}`);
});

test('a native profile has the bytes of its report', {
  skip: IF_SAMPLED.skip,
}, async () => {
  const [bytes, file] = await says(async () => {
    const { nativeProfile, nativeSites } = require(ROOT);
    await nativeSites.start({ meanBytes: 16_384 });
    globalThis.kept = [];
    (function keepBuffers() {
      for (let i = 0; i < 200; i++) globalThis.kept.push(Buffer.allocUnsafeSlow(50_000));
    })();
    const { sites } = await nativeSites.report();
    say(sites.find((site) => /CreateUnsafe|ConstructBuffer/.test(site.function)).bytes);
    say((await nativeProfile()).toString('base64'));
    await nativeSites.stop();
  });
  const profile = read(Buffer.from(file, 'base64'));
  assert.deepEqual(profile.types, ['inuse_objects/count', 'inuse_space/bytes']);
  assert.deepEqual([profile.shown, profile.period[1]], ['inuse_space', 16_384]);
  assert.ok(profile.durationNanos >= 0n && profile.timeNanos > 1_700_000_000_000_000_000n);
  // Each stack has the function that JavaScript called, and then those of JavaScript.
  const isCreated = (/** @type {{ function: string }} */ frame) => /CreateUnsafe|ConstructBuffer/.test(frame.function);
  const kept = profile.samples.filter(({ stack }) => stack.some(isCreated));
  assert.ok(Math.abs(sum(kept, 1) / bytes - 1) < 0.1, `${sum(kept, 1)} of ${bytes}`);
  assert.ok(sum(kept, 1) > 5_000_000 && kept.every(({ stack }) => stack.length > 1));
  assert.ok(
    kept.some(({ stack }) => stack.findIndex(isCreated) < stack.findIndex((one) => one.function === 'keepBuffers')),
  );
});

test('a heap without a sampler has no profile', async () => {
  await assert.rejects(memwatch.nativeProfile(), { code: 'ERR_MEMWATCH_NATIVE_SITES_OFF' });
  assert.throws(() => memwatch.heapProfile(/** @type {any} */ ({ format: 'svg' })), {
    name: 'TypeError',
    code: 'ERR_MEMWATCH_USAGE',
  });
});
