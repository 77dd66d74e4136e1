'use strict';
// Which part of native memory grows, from synthetic samples: the causing row, its text, and growth without a cause.
// When the rows are read, with a clock and a reader of the test's.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { besideOf, causeOf, readingOf } = require('../lib/native-memory/growth.js');
const { NativeMemoryWatch } = require('../lib/native-memory/watch.js');

const MIB = 1 << 20;

/** A report with these MiB in its rows. */
function reportOf(
  at,
  { inUse = 100, buffers = 0, free = 10, stacks = 1, heaps = 50, isolate = 40, files = 60, other = 5 } = {},
) {
  const of = (mib) => ({ residentBytes: mib === null ? null : mib * MIB });
  return {
    at: new Date(at),
    residentBytes: 300 * MIB,
    allocator: /** @type {const} */ ('glibc'),
    rows: {
      v8Heap: { ...of(heaps), isolateBytes: isolate * MIB },
      v8Code: of(1),
      mallocInUse: { ...of(inUse), allocatedBytes: null, arrayBuffersBytes: buffers * MIB },
      mallocFree: of(free),
      threadStacks: { ...of(stacks), count: 11 },
      mappedFiles: of(files),
      programData: of(1),
      other: { ...of(other), undividedMallocBytes: null },
    },
    handles: { descriptors: null, sockets: null, files: null, pipes: null, threads: null },
  };
}

const MINUTE = 60_000;

/** What grew in four minutes, by as many MiB as the detector says. */
function grew(from, to, mib, start = MINUTE) {
  const readings = [0, 2 * MINUTE, 4 * MINUTE].map((at) => readingOf(reportOf(at, at === 4 * MINUTE ? to : from)));
  return causeOf(readings, start, mib * MIB);
}

test('each growing part is reported as the cause in a sentence', () => {
  const of = (to, mib = 60) => grew({}, to, mib);
  const leak = of({ inUse: 160, free: 14 });
  assert.equal(leak.cause, 'malloc');
  assert.equal(
    leak.text,
    'memory that is allocated with malloc and in use grew by 60 MiB in 4m 0s: native code keeps it',
  );
  assert.deepEqual(leak.since, new Date(0));
  assert.deepEqual(leak.growthBytes, {
    mallocInUse: 60 * MIB,
    mallocFree: 4 * MIB,
    threads: 0,
    mappedFiles: 0,
    other: 0,
  });
  const fragmentation = of({ free: 70, inUse: 102 });
  assert.equal(fragmentation.cause, 'fragmentation');
  assert.match(
    fragmentation.text,
    /^free memory that the allocator keeps grew by 60 MiB .*: fragmentation, not a leak/,
  );
  assert.match(fragmentation.advice, /trimNativeMemory\(\).*MALLOC_ARENA_MAX=2.*jemalloc/);
  assert.equal(of({ stacks: 61 }).cause, 'threads');
  assert.equal(of({ heaps: 110 }).cause, 'threads');
  assert.equal(of({ files: 120 }).cause, 'mapped-files');
  assert.equal(of({ other: 65 }).cause, 'mapped-memory');
});

test('free memory that grows together with memory in use is a leak, not fragmentation', () => {
  assert.equal(grew({}, { inUse: 150, free: 70 }, 110).cause, 'malloc');
});

test('memory with its own kind is no cause: Buffers, and the heap of this isolate', () => {
  assert.equal(grew({}, { inUse: 160, buffers: 60 }, 60).cause, 'unknown');
  assert.equal(grew({}, { heaps: 110, isolate: 100 }, 60).cause, 'unknown');
});

/** The cause reported next to growth of another kind by this many MiB. */
const beside = (to, mib, from = {}) =>
  besideOf([readingOf(reportOf(0, from)), readingOf(reportOf(4 * MINUTE, to))], MINUTE, mib * MIB);

test('if objects hold more native memory than Buffers, the larger part is reported', () => {
  // Streams of zlib: 16 KiB of a Buffer each, and 260 KiB of malloc.
  const zlib = beside({ inUse: 660, buffers: 51 }, 51);
  assert.equal(zlib.text, 'malloc in use, Buffers not counted, grew by more: 509 MiB in 4m 0s');
  assert.match(zlib.advice, /streams of zlib, hashes and TLS contexts/);
  assert.deepEqual(zlib.growthBytes, { mallocInUse: 509 * MIB });
  // Certificates: small objects on the heap, and what OpenSSL has of each.
  assert.equal(beside({ inUse: 140 }, 12).growthBytes.mallocInUse, 40 * MIB);
});

test('a smaller part of the growth is not reported, nor one without numbers of the allocator', () => {
  for (const nothing of [
    beside({ inUse: 160, buffers: 60 }, 60),
    beside({ inUse: 130 }, 60),
    beside({ inUse: 80 }, 0),
    beside({ inUse: null }, 10),
    beside({ inUse: 160 }, 10, { inUse: null }),
    besideOf([], 0, MIB),
    besideOf([readingOf(reportOf(0))], 0, MIB),
  ]) {
    assert.equal(nothing, null);
  }
});

test('if the samples do not show what grew, no cause is reported', () => {
  const unknown = [
    causeOf([], 0, MIB),
    causeOf([readingOf(reportOf(0))], 0, MIB),
    // Nothing, or far less than the detector saw; nothing that is more than half of it.
    grew({}, {}, 60),
    grew({}, { inUse: 105 }, 60),
    grew({}, { inUse: 120, files: 80, other: 25 }, 60),
    // The allocator says no numbers.
    grew({ inUse: null, free: null }, { inUse: null, free: null }, 60),
  ];
  for (const { cause, text, advice } of unknown) assert.deepEqual([cause, text, advice], ['unknown', null, null]);
});

test('growth is measured from its start', () => {
  const readings = [
    readingOf(reportOf(0, { files: 10 })),
    readingOf(reportOf(MINUTE, { files: 200 })),
    readingOf(reportOf(3 * MINUTE, { files: 200, inUse: 150 })),
  ];
  assert.equal(causeOf(readings, 2 * MINUTE, 50 * MIB).cause, 'malloc');
});

/**
 * A watch with a clock of its own; `reads` has the time of each reading.
 * @param {{ takes?: number } & Partial<ConstructorParameters<typeof NativeMemoryWatch>[0]>} [how]
 */
function watched({ takes = 0, ...more } = {}) {
  let at = 0;
  const [reads, published] = [[], []];
  const watch = new NativeMemoryWatch({
    publish: (name, report) => published.push([name, report]),
    read: async () => {
      reads.push(at);
      at += takes;
      return reportOf(at);
    },
    now: () => at,
    isOff: false,
    ...more,
  });
  /** Ticks every two seconds up to a time. */
  const until = async (end, isSuspected = false) => {
    while (at < end) {
      at += 2000;
      watch.tick(isSuspected);
      for (let turns = 0; turns < 5; turns++) await null;
    }
  };
  return { watch, reads, published, until };
}

test('rows are sampled every half minute, and more often only while native memory is suspected', async () => {
  const { watch, reads, published, until } = watched();
  await until(100_000);
  assert.deepEqual(reads, [10_000, 40_000, 70_000, 100_000]);
  await until(130_000, true);
  assert.deepEqual(reads.slice(4), [110_000, 120_000, 130_000]);
  assert.equal(published.length, reads.length);
  assert.equal(published[0][0], 'native-memory');
  assert.equal(watch.last, published.at(-1)[1]);
});

test('while native memory is suspected rows are sampled after a full GC', async () => {
  const { watch, reads, until } = watched();
  await until(40_000);
  watch.collected(false);
  await until(52_000);
  assert.deepEqual(reads, [10_000, 40_000]);
  for (let collections = 0; collections < 8; collections++) {
    watch.collected(true);
    await new Promise(setImmediate);
    await until(54_000 + collections * 2000);
  }
  // At the first collection, and ten seconds later at the earliest.
  assert.deepEqual(reads.slice(2), [52_000, 62_000]);
});

test('a slow sample lowers the sampling rate, down to a bound', async () => {
  const slow = watched({ takes: 300 });
  await slow.until(150_000);
  assert.deepEqual(slow.reads, [10_000, 70_300, 130_600]);
  const verySlow = watched({ takes: 4000 });
  await verySlow.until(300_000);
  assert.deepEqual(verySlow.reads, [10_000, 134_000, 258_000]);
  const suspected = watched({ takes: 1000 });
  await suspected.until(60_000, true);
  assert.deepEqual(suspected.reads, [10_000, 31_000, 52_000]);
});

test('a system without mappings is sampled once, and no failure reaches the program', async () => {
  const none = { v8Heap: { residentBytes: null, isolateBytes: null } };
  let asked = 0;
  const off = watched({
    read: async () => {
      asked += 1;
      return { ...reportOf(0), rows: { ...reportOf(0).rows, ...none } };
    },
  });
  await off.until(200_000);
  assert.deepEqual([asked, off.published.length], [1, 0]);
  const failing = watched({ read: () => Promise.reject(new Error('the pool has ended')) });
  await failing.until(100_000);
  const throwing = watched({
    publish: () => {
      throw new Error('a consumer failed');
    },
  });
  await throwing.until(100_000);
  assert.ok(throwing.reads.length > 1);
});

test('only growing native memory gets a cause', async () => {
  const { watch, until } = watched();
  await until(100_000);
  const of = (kind, state) => watch.causeOf({ kind, state, start: new Date(0), growth: MIB });
  assert.equal(of('native', 'suspected').cause, 'unknown');
  assert.equal(of('native', 'confirmed').cause, 'unknown');
  for (const [kind, state] of [
    ['heap', 'confirmed'],
    ['native', 'ok'],
    ['native', 'paused'],
    ['native', 'cleared'],
  ]) {
    assert.equal(of(kind, state), null);
  }
});
