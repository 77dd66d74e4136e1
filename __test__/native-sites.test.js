'use strict';
// memwatch.nativeSites in real programs: what leaks is named with its C++ function, what was freed is not counted, and no
// way of ending a thread or the process takes the host down. Each program is a process of its own. How samples are taken,
// and how near the numbers are to the truth, is tested in crates/native.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const memwatch = require('..');
const { ROOT, program, says } = require('./support/child.js');
const { IF_SAMPLED, SAMPLES_NATIVE } = require('./support/not-here.js');
const { assertSchema } = require('./support/schema.js');

const MIB = 1 << 20;
const COMMON = `
  const memwatch = require(ROOT);
  const { nativeSites } = memwatch;
  const crypto = require('node:crypto');
  const zlib = require('node:zlib');
  const { Worker } = require('node:worker_threads');
  globalThis.kept = [];
  function keepBuffers(count) {
    for (let i = 0; i < count; i++) kept.push(Buffer.allocUnsafeSlow(50_000));
  }
  function keepHashes() {
    for (let i = 0; i < 8000; i++) kept.push(crypto.createHash('sha512').update('x'));
  }
  const churn = () => zlib.inflateSync(zlib.deflateSync(Buffer.alloc(100_000, 7)));
`;

const within = (source) => `async () => { ${COMMON} ${source} }`;

test('on an unsupported platform start() fails with a code', { skip: SAMPLES_NATIVE }, async () => {
  await assert.rejects(memwatch.nativeSites.start(), { code: 'ERR_MEMWATCH_NATIVE_SITES_UNSUPPORTED' });
});

test('invalid options are refused before anything is changed', async () => {
  /** @type {any[]} */
  const wrong = [{ meanBytes: 10 }, { meanBytes: '1' }, { mean: 1 }, null];
  for (const options of wrong) {
    await assert.rejects(memwatch.nativeSites.start(options), { name: 'TypeError', code: 'ERR_MEMWATCH_USAGE' });
  }
  /** @type {any[]} */
  const unread = [{ top: 0 }, { top: 1001 }, { rows: 1 }];
  for (const options of unread) {
    await assert.rejects(memwatch.nativeSites.report(options), { name: 'TypeError', code: 'ERR_MEMWATCH_USAGE' });
  }
  await assert.rejects(memwatch.nativeSites.report(), { code: 'ERR_MEMWATCH_NATIVE_SITES_OFF' });
  await memwatch.nativeSites.stop();
});

/** What Node.js makes a Buffer with, of all versions. */
const MAKES_BUFFERS = /CreateUnsafe|ConstructBuffer/;

test('a leak is named with its function, and freed memory is not listed', IF_SAMPLED, async () => {
  const [report, later] = await says(
    within(`
      function freed() {
        for (let i = 0; i < 400; i++) churn();
      }
      function keepStreams() {
        for (let i = 0; i < 40; i++) {
          const stream = zlib.createDeflate();
          stream.write('x');
          kept.push(stream);
        }
      }
      await nativeSites.start({ meanBytes: 65_536 });
      keepBuffers(400);
      keepHashes();
      freed();
      keepStreams();
      const of = ({ sites }, part) => sites.find((site) => site.origin === part);
      for (;;) {
        // A thread of V8 frees the memory of dead buffers; the next collection waits for it.
        gc();
        gc();
        // The pool makes the state of a stream at its first write.
        const report = await nativeSites.report();
        if ((of(report, 'threadPool')?.bytes ?? 0) < 5 * ${MIB}) continue;
        say(report);
        break;
      }
      keepBuffers(400);
      say(await nativeSites.report({ top: 1 }));
      process.exit();
    `),
    { flags: ['--expose-gc'] },
  );
  assertSchema('native-sites', { ...report, at: new Date(report.at), since: new Date(report.since) });
  const ofFunction = (name) => report.sites.find((site) => name.test(site.function));
  const buffers = ofFunction(MAKES_BUFFERS);
  assert.equal(buffers.origin, 'javascript');
  // The streams have some of their own.
  assert.ok(buffers.bytes > 400 * 50_000 - 1.5 * buffers.plusMinusBytes, JSON.stringify(buffers));
  assert.ok(buffers.bytes < 400 * 50_000 + 1.5 * buffers.plusMinusBytes + 3 * MIB, JSON.stringify(buffers));
  const hashes = ofFunction(/node::crypto::Hash::New/);
  assert.equal(hashes.origin, 'javascript');
  assert.deepEqual(hashes.frames.at(-1), { function: hashes.function });
  const pool = report.sites.find(({ origin }) => origin === 'threadPool');
  assert.match(pool.function, /Zlib|CompressionStream/);
  assert.deepEqual([pool.object, hashes.object], ['a stream of node:zlib', 'a hash of node:crypto']);
  assert.ok(pool.frames.some(({ function: name }) => name === 'deflateInit2_'));
  // Some hundred MiB went through it.
  const freed = report.sites.filter(
    ({ origin, frames }) => origin === 'javascript' && frames.some((frame) => /flateInit2_/.test(frame.function)),
  );
  assert.ok(freed.reduce((sum, { bytes }) => sum + bytes, 0) < 8 * MIB, JSON.stringify(freed));
  const [first] = later.sites;
  assert.match(first.function, MAKES_BUFFERS);
  assert.ok(later.sites.length === 1 && first.bytes > 1.5 * buffers.bytes);
  assert.ok(later.samples > report.samples && later.droppedSamples <= later.samples / 20);
});

test('two hundred starts and stops leave no samples and no function names behind', IF_SAMPLED, async () => {
  const [reports, second, sizes] = await says(
    within(`
      const found = [];
      const sizes = [];
      // What is in use, without what the allocator keeps: dead Buffers of churn() are freed by a thread of V8's, on a busy
      // machine many at once and late, and are the program's.
      const inUse = async () => {
        let least = Infinity;
        for (let reading = 0; reading < 5; reading++) {
          gc();
          gc();
          await new Promise((resolve) => setTimeout(resolve, 100));
          const { v8Heap, v8Code, mallocInUse, other } = (await memwatch.nativeMemory()).rows;
          const sum = [v8Heap, v8Code, mallocInUse, other].reduce((bytes, row) => bytes + row.residentBytes, 0);
          least = Math.min(least, sum);
        }
        return least;
      };
      for (let round = 0; round < 200; round++) {
        await nativeSites.start({ meanBytes: 4096, javascript: true });
        churn();
        if (round % 50 === 0) found.push((await nativeSites.report()).samples);
        await nativeSites.stop();
        if (round === 99 || round === 199) sizes.push(await inUse());
      }
      say(found);
      await nativeSites.start();
      const codes = [await nativeSites.start().catch(({ code }) => code)];
      await nativeSites.stop();
      codes.push(await nativeSites.report().catch(({ code }) => code));
      say(codes);
      say(sizes);
    `),
    { flags: ['--expose-gc'] },
  );
  assert.equal(reports.length, 4);
  for (const samples of reports) assert.ok(samples > 0 && samples < 5000, reports.join());
  assert.deepEqual(second, ['ERR_MEMWATCH_NATIVE_SITES_RUNNING', 'ERR_MEMWATCH_NATIVE_SITES_OFF']);
  assert.ok(sizes[1] - sizes[0] < 10 * MIB, sizes.join());
});

test(
  'allocations of worker threads are sampled, and threads that enabled it end safely in any way',
  IF_SAMPLED,
  async () => {
    const said = await says(
      within(`
      const source = ${JSON.stringify(`
        const { parentPort, workerData } = require('node:worker_threads');
        const memwatch = require(workerData);
        const crypto = require('node:crypto');
        globalThis.kept = [];
        memwatch.nativeSites.start().then(() => {
          for (let i = 0; i < 4000; i++) kept.push(crypto.createHash('sha512').update('x'));
          parentPort.postMessage('kept');
          setInterval(() => crypto.createHash('sha512').update('x'), 1);
        });
      `)};
      await nativeSites.start({ meanBytes: 16_384 });
      const found = new Set();
      for (let round = 0; round < 6; round++) {
        const worker = new Worker(source, { eval: true, workerData: ROOT });
        await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
        keepBuffers(50);
        const { sites } = await nativeSites.report();
        for (const site of sites) found.add(site.function);
        await worker.terminate();
      }
      say([...found]);
      // One starts it and ends by itself; the main thread goes on.
      const last = new Worker(source.replace('setInterval', 'String'), { eval: true, workerData: ROOT });
      await new Promise((resolve) => last.once('exit', resolve));
      say((await nativeSites.report()).samples > 0);
      await nativeSites.stop();
      // A worker alone has it, and its end is the end of it.
      const alone = new Worker(source, { eval: true, workerData: ROOT });
      await new Promise((resolve) => alone.once('message', resolve));
      await alone.terminate();
      await nativeSites.start();
      await nativeSites.stop();
      say('alive');
    `),
    );
    const [found, ...rest] = said;
    for (const name of [MAKES_BUFFERS, /crypto::Hash::New/])
      assert.ok(
        found.some((one) => name.test(one)),
        found.join(),
      );
    assert.deepEqual(rest, [true, 'alive']);
  },
);

test('process.exit, an uncaught error and a normal exit behave as without it', IF_SAMPLED, async () => {
  const starts = `const { nativeSites } = require(ROOT);
    const { Worker } = require('node:worker_threads');
    const busy = new Worker("const zlib = require('node:zlib'); for (;;) zlib.deflateSync(Buffer.alloc(1e5));", { eval: true });
    busy.unref();
    nativeSites.start({ meanBytes: 1024 }).then(() => busy.once('online', () => END));
    setInterval(() => {}, 1000);`;
  /** @type {[string, number | null, string | null][]} */
  const ends = [
    ['process.exit(7)', 7, null],
    ["process.kill(process.pid, 'SIGTERM')", null, 'SIGTERM'],
    ['{ throw new Error("on purpose") }', 1, null],
  ];
  for (const [end, status, signal] of ends) {
    const outcome = await program(`() => { ${starts.replace('END', end)} }`);
    assert.deepEqual([outcome.status, outcome.signal], [status, signal], outcome.stderr);
  }
  const outcome = await program('() => require(ROOT).nativeSites.start({ meanBytes: 1024 })');
  assert.equal(outcome.status, 0, outcome.stderr);
});

test('child processes and forked snapshots of a sampling program work', IF_SAMPLED, async () => {
  const said = await says(
    within(`
      const { execFileSync, spawn } = require('node:child_process');
      await nativeSites.start({ meanBytes: 1024 });
      const busy = new Worker("const zlib = require('node:zlib'); for (;;) zlib.deflateSync(Buffer.alloc(1e5));", { eval: true });
      await new Promise((resolve) => busy.once('online', resolve));
      for (let i = 0; i < 5; i++) {
        churn();
        execFileSync(process.execPath, ['-e', '0']);
      }
      const script = "process.send('up', () => process.exit(3))";
      const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
      say(await new Promise((resolve) => child.once('exit', resolve)));
      const { mode, snapshot } = await memwatch.analyzeNow();
      say([mode, snapshot.nodes > 1000]);
      const { samples } = await nativeSites.report();
      say(samples > 100);
      process.exit();
    `),
  );
  assert.deepEqual(said, [3, ['fork', true], true]);
});

test(
  'a second copy of the package does not sample while the first does, and changes nothing',
  IF_SAMPLED,
  async (t) => {
    const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-copy-'));
    t.after(() => fs.rmSync(copy, { recursive: true, force: true }));
    for (const name of ['package.json', 'index.js', 'lib', 'memwatch.linux-x64-gnu.node']) {
      fs.cpSync(path.join(ROOT, name), path.join(copy, name), { recursive: true });
    }
    const said = await says(
      within(`
      const other = require(${JSON.stringify(copy)}).nativeSites;
      const tried = (promise) => promise.then(() => 'done', ({ code }) => code);
      await nativeSites.start({ meanBytes: 65_536 });
      say(await tried(other.start()));
      keepBuffers(200);
      const { sites } = await nativeSites.report({ top: 1 });
      say(sites[0].function);
      await nativeSites.stop();
      await other.start({ meanBytes: 65_536 });
      say(await tried(nativeSites.start()));
      keepBuffers(200);
      const there = await other.report({ top: 1 });
      say(there.sites[0].function);
      await other.stop();
      say(await tried(nativeSites.start()));
      process.exit();
    `),
    );
    const refused = 'ERR_MEMWATCH_NATIVE_SITES_ALLOCATOR';
    const [one, first, other, second, last] = said;
    assert.deepEqual([one, other, last], [refused, refused, 'done']);
    for (const name of [first, second]) assert.match(name, MAKES_BUFFERS);
  },
);
