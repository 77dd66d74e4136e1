'use strict';
// memwatch.dashboard() in a program of its own: an address, what it serves, and no more life
// than the program's.

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const zlib = require('node:zlib');
const memwatch = require('..');
const { says, ROOT } = require('./support/child.js');
const { ask, press, stream } = require('./support/page.js');

test('a dashboard is served on loopback, and closed', async () => {
  const { url, close } = await memwatch.dashboard();
  const address = new URL(url);
  assert.equal(address.hostname, '127.0.0.1');
  assert.match((await ask(address)).text, /<title>memwatch<\/title>/);
  await close();
  await assert.rejects(ask(address), { code: 'ECONNREFUSED' });
});

test('the activity of the program is sent to viewers, and buttons work', async (t) => {
  const { url, close } = await memwatch.dashboard({ port: 0 });
  t.after(close);
  const address = new URL(url);
  const viewer = stream(address);
  const { value } = await viewer.until(({ type }) => type === 'all');
  assert.equal(value[0].meta.pid, process.pid);
  memwatch.gc();
  const told = await viewer.until(({ type }) => type === 'gc');
  assert.ok(told.value[1] > 1e6);
  for (const action of ['collect', 'start-diff', 'end-diff'])
    assert.equal((await press(address, action)).status, 200, action);
  const done = await viewer.until(({ type, value: { state } }) => type === 'diff' && state === 'done');
  assert.ok(done.value.rows.every((row, i, rows) => i === 0 || row.bytes <= rows[i - 1].bytes));
  const { raw, gc } = JSON.parse((await ask(address, 'history?1')).text);
  assert.deepEqual(raw.names, ['time', 'used', 'total', 'external', 'buffers', 'rss', 'malloced', 'full', 'young']);
  assert.ok(gc.columns[0].length >= 2);
  viewer.leave();
});

test('the button for a snapshot writes one that analyze opens', async (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-button-'));
  const before = process.cwd();
  process.chdir(directory);
  t.after(() => {
    process.chdir(before);
    fs.rmSync(directory, { recursive: true });
  });
  const { url, close } = await memwatch.dashboard();
  t.after(close);
  const { status, text } = await press(new URL(url), 'snapshot');
  assert.equal(status, 200, text);
  const { file, bytes, pauseMs } = JSON.parse(text).value;
  assert.deepEqual([path.dirname(file), fs.statSync(file).size], [fs.realpathSync(directory), bytes]);
  assert.ok(pauseMs > 0);
  assert.ok((await memwatch.analyze(file)).totalBytes > 0);
});

test('the snapshot is written to the configured directory, with the configured options', async (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-button-'));
  const before = memwatch.configure();
  memwatch.configure({ snapshots: { directory, redact: true, compression: 'gzip' } });
  const { url, close } = await memwatch.dashboard();
  t.after(async () => {
    await close();
    // What configure() returns can be given back to it.
    assert.deepEqual(memwatch.configure(before), before);
    fs.rmSync(directory, { recursive: true });
  });
  const { text } = await press(new URL(url), 'snapshot');
  const { file } = JSON.parse(text).value;
  assert.match(path.relative(fs.realpathSync(directory), file), /^heap-[\d-]+-dashboard\.heapsnapshot\.gz$/);
  assert.match(zlib.gunzipSync(fs.readFileSync(file)).toString('latin1'), /\(string, \d+ characters\) #\d+/);
});

test('existing threads and later ones appear side by side', async (t) => {
  const temporary = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-threads-'));
  t.after(() => fs.rmSync(temporary, { recursive: true }));
  const [told] = await says(
    async () => {
      const memwatch = require(ROOT);
      const { press, stream } = require(`${ROOT}/__test__/support/page.js`);
      const { LOADS, idOf, thread } = require(`${ROOT}/__test__/support/page-threads.js`);
      const before = await thread(LOADS);
      const without = await thread('');
      const { url } = await memwatch.dashboard();
      const later = await thread(LOADS);
      const viewer = stream(new URL(url));
      // A thread that has ended has no number any more.
      const expected = [0, before.threadId, later.threadId];
      const ids = [await idOf(viewer, 0), await idOf(viewer, before.threadId), await idOf(viewer, later.threadId)];
      const ended = [];
      for (const [worker, id] of [
        [before, ids[1]],
        [later, ids[2]],
      ]) {
        const { status } = await press(new URL(url), 'collect', { id });
        await viewer.until((message) => message.type === 'gc' && message.id === id);
        await worker.terminate();
        await viewer.until((message) => message.type === 'ended' && message.id === id);
        ended.push(status);
      }
      const shown = viewer.messages.filter(({ type }) => type === 'joined' || type === 'all');
      const names = shown
        .flatMap(({ type, value }) => (type === 'all' ? value : [value]))
        .map(({ meta }) => meta.thread);
      say({ ended, threads: [...new Set(names)].sort(), expected });
      viewer.leave();
      await without.terminate();
    },
    { env: { TMPDIR: temporary, TEMP: temporary } },
  );
  assert.deepEqual(told.ended, [200, 200]);
  assert.deepEqual(told.threads, told.expected);
  assert.deepEqual(
    fs.readdirSync(temporary).filter((name) => !name.startsWith('memwatch-pages-')),
    [],
  );
});

test('a dashboard served by a worker includes the main thread, and ends with the worker', async () => {
  const [told] = await says(async () => {
    const memwatch = require(ROOT);
    const { Worker } = require('node:worker_threads');
    const { press, stream } = require(`${ROOT}/__test__/support/page.js`);
    const { idOf } = require(`${ROOT}/__test__/support/page-threads.js`);
    const serves = `require(${JSON.stringify(ROOT)}).dashboard().then(({ url }) => {
      require('node:worker_threads').parentPort.postMessage(url);
      setInterval(() => {}, 1000);
    })`;
    const worker = new Worker(serves, { eval: true });
    const url = new URL(await new Promise((resolve) => worker.once('message', resolve)));
    const viewer = stream(url);
    const ids = [await idOf(viewer, worker.threadId), await idOf(viewer, 0)];
    const { status } = await press(url, 'collect', { id: ids[1] });
    viewer.leave();
    await worker.terminate();
    memwatch.gc();
    await turns();
    say({ ids: new Set(ids).size, status });
  });
  assert.deepEqual(told, { ids: 2, status: 200 });
});

test('a closed dashboard has no threads, and the next one has them again', async () => {
  const [told] = await says(async () => {
    const memwatch = require(ROOT);
    const { stream } = require(`${ROOT}/__test__/support/page.js`);
    const { LOADS, idOf, thread } = require(`${ROOT}/__test__/support/page-threads.js`);
    const worker = await thread(LOADS);
    for (let round = 0; round < 2; round++) {
      const { url, close } = await memwatch.dashboard();
      const viewer = stream(new URL(url));
      await idOf(viewer, worker.threadId);
      viewer.leave();
      await close();
    }
    await worker.terminate();
    say('done');
  });
  assert.equal(told, 'done');
});

test('a closed dashboard leaves no listener behind', async () => {
  const before = memwatch.eventNames().map((name) => [name, memwatch.listenerCount(name)]);
  await (await memwatch.dashboard()).close();
  assert.deepEqual(
    memwatch.eventNames().map((name) => [name, memwatch.listenerCount(name)]),
    before,
  );
});

test('an open dashboard with a viewer does not keep the program alive', async () => {
  const [{ status }] = await says(async () => {
    const memwatch = require(ROOT);
    const http = require('node:http');
    const { url } = await memwatch.dashboard();
    http.get(`${url}events`, { agent: new http.Agent() }, (response) => {
      say({ status: response.statusCode });
      response.socket.unref();
    });
  });
  assert.equal(status, 200);
});

test('every GC cycle without a viewer is in the history', async () => {
  const [{ full, rows }] = await says(async () => {
    const memwatch = require(ROOT);
    const { url } = await memwatch.dashboard();
    for (let i = 0; i < 20; i++) {
      memwatch.gc();
      await turns();
    }
    const { gc } = await (await fetch(`${url}history?1`)).json();
    say({ full: gc.columns[gc.names.indexOf('full')].at(-1), rows: gc.columns[0].length });
    process.exit();
  });
  assert.deepEqual([full, rows], [20, 20]);
});

test('invalid options are refused in one sentence', async () => {
  for (const options of [
    { port: -1 },
    { port: '80' },
    { port: 1.5 },
    { port: 65_536 },
    { host: '' },
    { host: 7 },
    { token: 'short' },
    { token: 'with/slashes/and/more' },
  ]) {
    await assert.rejects(
      memwatch.dashboard(/** @type {any} */ (options)),
      {
        name: 'TypeError',
        code: 'ERR_MEMWATCH_USAGE',
        message: /^The option (port|host|token) of memwatch\.dashboard\(\) must be /,
      },
      JSON.stringify(options),
    );
  }
});

test('a port in use is reported in one sentence', async (t) => {
  const { url, close } = await memwatch.dashboard();
  t.after(close);
  const { port } = new URL(url);
  await assert.rejects(memwatch.dashboard({ port: Number(port) }), {
    code: 'ERR_MEMWATCH_DASHBOARD_PORT',
    message: `Port ${port} of 127.0.0.1 is in use; port 0 selects a free one.`,
  });
});

test('the vendored libraries have the versions that package.json pins', () => {
  const { status, stderr } = spawnSync(process.execPath, [path.join(ROOT, 'scripts', 'vendor.mjs'), '--check'], {
    encoding: 'utf8',
  });
  assert.deepEqual([status, stderr], [0, '']);
});
