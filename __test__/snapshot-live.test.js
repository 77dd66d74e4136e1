'use strict';
// memwatch.writeSnapshot() and memwatch.analyzeNow() without failures: the files, the
// results, and that the program continues meanwhile. Failures are in
// snapshot-live-faults.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { forkOnly, temporaryDirectory, liveSays } = require('./support/live.js');
const { report } = require('./support/cli-run.js');

const classes = (file) => new Map(report(['classes', file, '--top', '100000']).classes.map((row) => [row.name, row]));

test('a forked child writes what this thread would write, class by class', forkOnly, async (t) => {
  const directory = temporaryDirectory(t);
  const [, counts] = await liveSays(
    async (directory) => {
      const { writeHeapSnapshot } = require('node:v8');
      // Once each before it counts: V8 compiles and loads what they need.
      await memwatch.writeSnapshot(path.join(directory, 'first-fork.heapsnapshot'), { mode: 'fork' });
      writeHeapSnapshot(path.join(directory, 'first-inline.heapsnapshot'));
      grow(20_000);
      globalThis.map = new Map(kept.slice(0, 5000).map((leaf) => [leaf.name, { leaf }]));
      globalThis.closures = kept.slice(0, 3000).map((leaf) => () => leaf);
      const forked = memwatch.writeSnapshot(path.join(directory, 'fork.heapsnapshot'), { mode: 'fork' });
      // Immediately, so that the heap is the same except for the promise and the like.
      writeHeapSnapshot(path.join(directory, 'inline.heapsnapshot'));
      say(await forked);
      say({ leaves: kept.length, closures: globalThis.closures.length });
    },
    { input: directory },
  );
  const [forked, inline] = ['fork', 'inline'].map((name) => classes(path.join(directory, `${name}.heapsnapshot`)));
  assert.equal(forked.get('Leaf').instances, counts.leaves);
  assert.deepEqual(forked.get('Leaf'), inline.get('Leaf'));
  for (const name of new Set([...forked.keys(), ...inline.keys()])) {
    const [ours, theirs] = [forked, inline].map((of) => of.get(name)?.instances ?? 0);
    // The call itself leaves a few strings and promises behind; V8's compiler, which has
    // threads of its own, finishes a function in between, and such come in hundreds of pieces.
    const apart = name.startsWith('(') ? 500 : 20;
    assert.ok(Math.abs(ours - theirs) <= apart, `${name}: ${ours}, ${theirs}`);
  }
});

test('the result has the file, its size, its nodes, the pause and the mode', forkOnly, async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'a.heapsnapshot');
  const [forked, inline] = await liveSays(
    async (file) => {
      say(await memwatch.writeSnapshot(file));
      say(await memwatch.writeSnapshot(`${file}.2`, { mode: 'inline' }));
    },
    { input: file },
  );
  for (const [result, mode, name] of [
    [forked, 'fork', file],
    [inline, 'inline', `${file}.2`],
  ]) {
    assert.deepEqual(Object.keys(result), ['path', 'bytes', 'nodes', 'pauseMs', 'mode', 'engine']);
    assert.equal(result.engine, 'v8');
    assert.equal(result.path, name);
    assert.equal(result.mode, mode);
    const { size, mode: permissions } = fs.statSync(name);
    assert.equal(result.bytes, size);
    assert.equal(permissions & 0o777, 0o600);
    assert.equal(result.nodes, JSON.parse(fs.readFileSync(name, 'utf8')).snapshot.node_count);
    assert.ok(result.pauseMs > 0);
  }
});

test('the file is compressed by the option or by its extension', async (t) => {
  const directory = temporaryDirectory(t);
  const files = await liveSays(
    async (directory) => {
      grow(1000);
      /** @type {[name: string, options: import('..').WriteSnapshotOptions][]} */
      const cases = [
        ['a.heapsnapshot.gz', {}],
        ['b.heapsnapshot.zst', {}],
        ['c.heapsnapshot', { compression: 'zstd' }],
        ['d.heapsnapshot', { redact: true }],
      ];
      for (const [name, options] of cases) {
        say((await memwatch.writeSnapshot(path.join(directory, name), options)).path);
      }
    },
    { input: directory },
  );
  for (const file of files) assert.equal(classes(file).get('Leaf').instances, 1000);
  const starts = files.map((file) => fs.readFileSync(file).subarray(0, 2).toString('hex'));
  assert.deepEqual(starts.slice(0, 3), ['1f8b', '28b5', '28b5']);
  assert.doesNotMatch(fs.readFileSync(files[3], 'utf8'), /leaf 77/);
});

test('the signature of heapdump works: file and callback, either, or neither', async (t) => {
  const directory = temporaryDirectory(t);
  const said = await liveSays(
    async (directory) => {
      process.chdir(directory);
      const called = (...args) =>
        new Promise((resolve) => {
          let isBefore = true;
          const callback = (error, file) => resolve([isBefore, error, file]);
          Reflect.apply(memwatch.writeSnapshot, memwatch, [...args, callback]);
          isBefore = false;
        });
      say(await called('given.heapsnapshot'));
      say(await called());
      say(await called(undefined));
      say(await called(42));
      say([false, null, (await memwatch.writeSnapshot()).path]);
      // The promise is not handled: that must not end the program.
      say(await called('given.heapsnapshot').then(([, error, file]) => [false, null, `${error.code} ${file}`]));
    },
    { input: directory },
  );
  for (const [isBefore, error] of said) assert.deepEqual({ isBefore, error }, { isBefore: false, error: null });
  const names = said.map(([, , file]) => path.relative(fs.realpathSync(directory), file));
  assert.equal(names[0], 'given.heapsnapshot');
  for (const name of names.slice(1, 5)) assert.match(name, /^heapdump-\d+\.\d+\.heapsnapshot$/);
  assert.match(names[5], /ERR_MEMWATCH_SNAPSHOT_FILE_EXISTS undefined$/);
});

test('an exception of the callback is an uncaught exception', async () => {
  const said = await liveSays(async () => {
    process.on('uncaughtException', (error) => say(['uncaught', error.message]));
    process.on('unhandledRejection', ({ message }) => say(['unhandled', message]));
    memwatch.writeSnapshot('/nowhere/a.heapsnapshot', () => {
      throw new Error('mine');
    });
  });
  assert.deepEqual(said, [['uncaught', 'mine']]);
});

test('analyzeNow reports the leak of the current heap, and writes nothing', async (t) => {
  const directory = temporaryDirectory(t);
  const [result] = await liveSays(
    async (directory) => {
      process.chdir(directory);
      const cache = new Map();
      globalThis.requests = cache;
      for (let i = 0; i < 30_000; i++) cache.set(`request ${i}`, new Leaf(i));
      say(await memwatch.analyzeNow({ top: 1 }));
    },
    { input: directory },
  );
  assert.deepEqual(fs.readdirSync(directory), []);
  assert.equal(result.findings.length, 1);
  assert.equal(result.findings[0].class, 'Leaf');
  assert.match(result.findings[0].path.text, /requests/);
  assert.match(result.snapshot.file, /^process \d+$/);
  assert.ok(result.pauseMs > 0);
});

test('progress is reported while the forked child works', forkOnly, async (t) => {
  const [stages] = await liveSays(
    async (directory) => {
      grow(50_000);
      const heard = [];
      const onProgress = ({ stage, bytes }) => heard.push([stage, bytes]);
      await memwatch.writeSnapshot(path.join(directory, 'a.heapsnapshot'), { onProgress });
      await memwatch.analyzeNow({ onProgress });
      say(heard);
    },
    { input: temporaryDirectory(t) },
  );
  assert.deepEqual([...new Set(stages.map(([stage]) => stage))], ['taking', 'writing', 'analyzing']);
  for (const [, bytes] of stages) assert.ok(Number.isSafeInteger(bytes) && bytes >= 0);
});

test('an awaited snapshot keeps the program alive until it is finished', async (t) => {
  const directory = temporaryDirectory(t);
  await liveSays(
    (directory) => {
      grow(20_000);
      memwatch.writeSnapshot(path.join(directory, 'a.heapsnapshot'));
    },
    { input: directory },
  );
  assert.deepEqual(fs.readdirSync(directory), ['a.heapsnapshot']);
});

test('a connection that the program closes is closed, despite a forked child', forkOnly, async (t) => {
  const [order] = await liveSays(
    async (directory) => {
      const net = require('node:net');
      grow(150_000);
      const order = [];
      const server = net.createServer().listen(0);
      await new Promise((resolve) => server.once('listening', resolve));
      const client = net.connect(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
      const [socket] = await require('node:events').once(server, 'connection');
      const { pid, outcome } = await held(() => memwatch.writeSnapshot(path.join(directory, 'a.heapsnapshot')));
      const written = outcome.then(() => order.push('snapshot'));
      const heard = new Promise((resolve) => client.once('end', () => resolve(order.push('end'))));
      client.resume();
      socket.end();
      server.close();
      await heard;
      resume(pid);
      await written;
      say(order);
    },
    { input: temporaryDirectory(t) },
  );
  assert.deepEqual(order, ['end', 'snapshot']);
});

test('child processes of the program are reported as usual, and its handlers stay', forkOnly, async (t) => {
  const [{ statuses, before, after }] = await liveSays(
    async (directory) => {
      const { spawn } = require('node:child_process');
      const mask = () => fs.readFileSync('/proc/self/status', 'utf8').match(/^Sig(Blk|Ign|Cgt).*$/gm);
      let isDone = false;
      const statuses = [];
      const run = (status) =>
        new Promise((resolve) =>
          spawn('sh', ['-c', `exit ${status}`]).once('exit', (code) => resolve(statuses.push(code === status))),
        );
      await run(0);
      const before = mask();
      const children = (async () => {
        for (let status = 0; !isDone; status++) await run(status % 200);
      })();
      for (let i = 0; i < 4; i++)
        await memwatch.writeSnapshot(path.join(directory, `${i}.heapsnapshot`), { mode: 'fork' });
      isDone = true;
      await children;
      say({ statuses, before, after: mask() });
    },
    { input: temporaryDirectory(t) },
  );
  assert.ok(statuses.length > 4 && statuses.every(Boolean));
  assert.deepEqual(after, before);
});

test('the mark bits of the heap are the same before and after a snapshot', forkOnly, async (t) => {
  const [[before, after]] = await liveSays(
    async (directory) => {
      grow(100_000);
      const marked = () => fs.readFileSync('/proc/self/smaps', 'utf8').match(/^VmFlags:.* dc/gm).length;
      const written = [marked()];
      const done = memwatch.writeSnapshot(path.join(directory, 'a.heapsnapshot'), { mode: 'fork' });
      written.push(marked());
      await done;
      say(written);
    },
    { input: temporaryDirectory(t) },
  );
  // Reading the file itself makes the heap grow.
  assert.ok(before > 10 && after >= before, `${before} ${after}`);
});

test('a worker snapshots its own heap, also in a forked child', forkOnly, async (t) => {
  const directory = temporaryDirectory(t);
  const [results] = await liveSays(
    async (directory) => {
      const { Worker } = require('node:worker_threads');
      const source = `
        const memwatch = require(${JSON.stringify(ROOT)});
        class OfWorker {}
        globalThis.kept = Array.from({ length: 777 }, () => new OfWorker());
        const { parentPort, workerData } = require('node:worker_threads');
        memwatch.writeSnapshot(workerData, { mode: 'fork' }).then((result) => parentPort.postMessage(result));
      `;
      const results = [];
      for (let i = 0; i < 3; i++) {
        const worker = new Worker(source, { eval: true, workerData: path.join(directory, `${i}.heapsnapshot`) });
        // Both listened to from the start: they may come in one turn of the loop.
        const ended = new Promise((resolve) => worker.once('exit', resolve));
        results.push(await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)));
        await ended;
      }
      say(results);
    },
    { input: directory },
  );
  for (const { path: file, mode } of results) {
    assert.equal(mode, 'fork');
    assert.equal(classes(file).get('OfWorker').instances, 777);
  }
});
