'use strict';
// memwatch.nativeMemory(): the rows add up to the resident set, and what a program takes is in the row that says so; what
// is not known is null. trimNativeMemory(), and `memwatch native PID`, from outside and from inside. How mappings are told
// apart is tested in crates/native.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { test } = require('node:test');
const { Worker } = require('node:worker_threads');
const memwatch = require('..');
const { table } = require('../lib/native-memory/words.js');
const { memwatch: cli } = require('./support/cli-run.js');
const { ROOT, says } = require('./support/child.js');
const { UNLESS_LINUX, unlessMusl } = require('./support/not-here.js');
const { assertSchema } = require('./support/schema.js');

const LINUX = process.platform === 'linux';
const MIB = 1 << 20;

const rowsOf = ({ rows }) => Object.values(rows).map(({ residentBytes }) => residentBytes);
const sum = (numbers) => numbers.reduce((total, number) => total + (number ?? 0), 0);

/** What a program finds of its memory, after each step. */
const finds = async (steps, flags = []) => {
  const found = await says(
    `async () => {
      const memwatch = require(ROOT);
      const tell = async () => say(await memwatch.nativeMemory());
      const until = async (holds) => {
        while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 50));
      };
      globalThis.kept = [];
      ${steps}
    }`,
    { flags },
  );
  return found;
};

test('the rows add up to the resident set size that Node reports', { skip: UNLESS_LINUX }, async () => {
  const report = await memwatch.nativeMemory();
  assertSchema('native', report);
  assert.ok(report.at instanceof Date);
  assert.equal(sum(rowsOf(report)), report.residentBytes);
  // Two readings, one after the other; the second takes no memory.
  const { residentBytes } = await memwatch.nativeMemory();
  const rss = process.memoryUsage.rss();
  assert.ok(Math.abs(residentBytes - rss) < 0.05 * rss, `${residentBytes} of ${rss}`);
});

test('where the system lists no mappings there is nothing but the sum', {
  skip: LINUX && 'Linux lists them',
}, async () => {
  const report = await memwatch.nativeMemory();
  assertSchema('native', report);
  assert.ok(report.residentBytes > 0);
  assert.deepEqual([...new Set(rowsOf(report))], [null]);
});

test('what a program takes is in its row', { skip: UNLESS_LINUX || unlessMusl('numbers of malloc').skip }, async () => {
  const [before, buffers, objects, threads] = await finds(`
    await tell();
    for (let i = 0; i < 100; i++) kept.push(Buffer.alloc(${MIB}, 1));
    await tell();
    for (let i = 0; i < 1e6; i++) kept.push({ i });
    await tell();
    const { Worker } = require('node:worker_threads');
    const source = 'const kept = []; for (let i = 0; i < 5e5; i++) kept.push({ i }); setInterval(() => kept.length, 1000)';
    for (let i = 0; i < 2; i++) {
      const worker = new Worker(source, { eval: true });
      await new Promise((resolve) => worker.once('online', resolve));
    }
    const here = () => require('node:v8').getHeapStatistics().total_physical_size;
    await until(async () => (await memwatch.nativeMemory()).rows.v8Heap.residentBytes > here() + 20 * ${MIB});
    await tell();
    process.exit();
  `);
  const grew = (from, to, row) => (to.rows[row].residentBytes - from.rows[row].residentBytes) / MIB;
  assert.ok(grew(before, buffers, 'mallocInUse') > 90);
  assert.ok(buffers.rows.mallocInUse.arrayBuffersBytes >= 100 * MIB);
  assert.ok(buffers.rows.mallocInUse.allocatedBytes >= 100 * MIB);
  assert.ok(grew(before, buffers, 'v8Heap') < 30);
  assert.ok(grew(buffers, objects, 'v8Heap') > 15);
  assert.ok(grew(buffers, objects, 'mallocInUse') < 30);
  // All isolates, and this one in it.
  assert.ok(threads.rows.v8Heap.residentBytes > threads.rows.v8Heap.isolateBytes + 20 * MIB);
  assert.ok(threads.rows.threadStacks.count >= objects.rows.threadStacks.count + 2);
  for (const report of [before, buffers, objects, threads]) {
    assert.equal(sum(rowsOf(report)), report.residentBytes);
    assert.ok(report.rows.other.residentBytes < 0.1 * report.residentBytes, JSON.stringify(report));
  }
});

test('memory that the allocator kept is free in its row, and goes back on request', {
  skip: UNLESS_LINUX || unlessMusl('numbers of malloc').skip,
}, async () => {
  const [full, fragmented, trimmed, after] = await finds(
    `
    for (let i = 0; i < 150_000; i++) kept.push(Buffer.allocUnsafeSlow(1000).fill(1));
    await tell();
    kept = kept.filter((_, i) => i % 20 === 0);
    await until(async () => {
      gc();
      return (await memwatch.nativeMemory()).rows.mallocFree.residentBytes > 60 * ${MIB};
    });
    await tell();
    say(await memwatch.trimNativeMemory());
    await tell();
    process.exit();
  `,
    ['--expose-gc'],
  );
  const [before, left] = [fragmented, after].map(({ rows }) => rows.mallocFree.residentBytes);
  assert.ok(before > 60 * MIB && full.rows.mallocFree.residentBytes < 30 * MIB);
  assertSchema('trim-native-memory', trimmed);
  assert.equal(trimmed.allocator, 'glibc');
  assert.ok(trimmed.mostBytes > 50 * MIB);
  assert.ok(trimmed.returnedBytes > 30 * MIB && trimmed.returnedBytes <= trimmed.mostBytes, JSON.stringify(trimmed));
  assert.ok(left < before - 30 * MIB);
  assert.ok(
    table({ ...fragmented, residentBytes: fragmented.residentBytes }).some((line) => line.startsWith('Fragmentation')),
  );
  assert.ok(!table(after).some((line) => line.startsWith('Fragmentation')));
});

test('a worker thread can call it and gets the numbers of its own isolate', { skip: UNLESS_LINUX }, async () => {
  const source = `require(${JSON.stringify(ROOT)}).nativeMemory().then((report) => require('node:worker_threads').parentPort.postMessage(report))`;
  const [report] = await once(new Worker(source, { eval: true }), 'message');
  assert.ok(report.rows.v8Heap.isolateBytes < report.rows.v8Heap.residentBytes);
  assert.equal(sum(rowsOf(report)), report.residentBytes);
});

test('open descriptors are counted by kind', { skip: UNLESS_LINUX }, async () => {
  const fs = require('node:fs');
  const before = (await memwatch.nativeMemory()).handles;
  const open = Array.from({ length: 40 }, () => fs.openSync(__filename, 'r'));
  const after = (await memwatch.nativeMemory()).handles;
  for (const descriptor of open) fs.closeSync(descriptor);
  assert.ok(after.files - before.files >= 30 && after.descriptors - before.descriptors >= 30);
  assert.ok(after.threads > 4);
});

/** A program that runs until the test ends. */
async function running(t, source) {
  const child = spawn(process.execPath, ['-e', source], { cwd: ROOT, stdio: ['ignore', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child.pid;
}

test('another process is reported with the numbers of the system, and the rest is unknown', {
  skip: UNLESS_LINUX,
}, async (t) => {
  const pid = await running(t, 'setInterval(() => {}, 1000); console.log(1)');
  const { status, stdout } = cli(['native', `${pid}`, '--json']);
  assert.equal(status, 0);
  const report = JSON.parse(stdout);
  assertSchema('native', report);
  assert.equal(sum(rowsOf(report)), report.residentBytes);
  const { mallocInUse, mallocFree, v8Heap, other } = report.rows;
  assert.deepEqual([mallocInUse.residentBytes, mallocFree.residentBytes, v8Heap.isolateBytes], [null, null, null]);
  assert.ok(other.undividedMallocBytes > 0 && v8Heap.residentBytes > 0);
  assert.match(cli(['native', `${pid}`]).stdout, /malloc, free +unknown\n[\s\S]*known inside of a process alone/);
});

test('a process with a dashboard answers from inside', { skip: UNLESS_LINUX }, async (t) => {
  const pid = await running(t, "require('.').dashboard().then(() => console.log(1)); setInterval(() => {}, 1000)");
  const { status, stdout, stderr } = cli(['native', `${pid}`, '--json']);
  assert.deepEqual([status, stderr], [0, '']);
  const report = JSON.parse(stdout);
  assertSchema('native', report);
  assert.ok(report.rows.mallocInUse.arrayBuffersBytes > 0 && report.rows.v8Heap.isolateBytes > 0);
});

test('an invalid process, and one of another user, is one sentence with a code', { skip: UNLESS_LINUX }, () => {
  for (const [words, code] of /** @type {[words: string[], code: string][]} */ ([
    [['native', 'app'], 'ERR_MEMWATCH_USAGE'],
    [['native'], 'ERR_MEMWATCH_USAGE'],
    [['native', '999999999'], 'ERR_MEMWATCH_NO_SUCH_PROCESS'],
  ])) {
    const { status, stderr } = cli(words);
    assert.equal(status, 2);
    assert.match(stderr, new RegExp(`^memwatch: .+ \\[${code}\\]\\n$`));
  }
});

test('the table has a row for each part, and marks unknown ones', () => {
  const of = (residentBytes) => ({ residentBytes });
  const rows = {
    v8Heap: { ...of(50 * MIB), isolateBytes: 40 * MIB },
    v8Code: of(0),
    mallocInUse: { ...of(null), allocatedBytes: null, arrayBuffersBytes: null },
    mallocFree: of(null),
    threadStacks: { ...of(MIB), count: 11 },
    mappedFiles: of(30 * MIB),
    programData: of(MIB),
    other: { ...of(18 * MIB), undividedMallocBytes: 17 * MIB },
  };
  const handles = { descriptors: 20, sockets: 3, files: null, pipes: 2, threads: 11 };
  const lines = table({ at: new Date(), residentBytes: 100 * MIB, allocator: null, rows, handles });
  assert.deepEqual(lines, [
    '  V8 heaps              50.0 MiB   50 %   this isolate 40 MiB',
    '  V8 code                0.0 MiB    0 %',
    '  malloc, in use         unknown',
    '  malloc, free           unknown',
    '  thread stacks          1.0 MiB    1 %   11 stacks',
    '  mapped files          30.0 MiB   30 %',
    '  program data           1.0 MiB    1 %',
    '  other                 18.0 MiB   18 %   17 MiB of malloc, in use and free together',
    '',
    'open: 20 descriptors (3 sockets, 2 pipes), 11 threads',
  ]);
});
