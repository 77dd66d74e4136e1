'use strict';
// /debug/pprof/heap and allocs, in the program's own server and on the dashboard: responses are read by an independent
// decoder; a refusal is one sentence with a code. Durations are not checked.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const test = require('node:test');
const { setTimeout: pause } = require('node:timers/promises');
const express = require('express');
const memwatch = require('..');
const { sites: suspicion } = require('../lib/own.js');
const { serve, ask, press } = require('./support/page.js');
const { bytesOf, read } = require('./support/pprof.js');

const HEAP = '/debug/pprof/heap';
const ALLOCS = '/debug/pprof/allocs';
/** V8's sampler of Node 18 keeps live objects only. */
const IS_TOO_OLD = process.versions.node.startsWith('18.');
const OBJECTS = 20_000;
/** The least that these objects take, in bytes. */
const MUCH = OBJECTS * 20;

let kept = [];
const keepObjects = () => {
  for (let i = 0; i < OBJECTS; i++) kept.push({ i });
};

test.afterEach(() => {
  memwatch.configure({ sampling: { when: 'suspected', intervalBytes: 'auto' } });
  kept = [];
});

/** A server with a handler, and how to ask it. */
async function started(t, handler) {
  const server = http.createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}`;
}

async function get(url, init) {
  const response = await fetch(url, init);
  const body = Buffer.from(await response.arrayBuffer());
  return { status: response.status, headers: response.headers, body, text: body.toString() };
}

/** Keeps objects again and again until the answer is there, so that it is of no importance when the samples began. */
async function whileKeeping(answer) {
  let isDone = false;
  const done = answer.finally(() => (isDone = true));
  while (!isDone) {
    if (kept.length < 20 * OBJECTS) keepObjects();
    await pause(50);
  }
  return done;
}

test('without a running sampler one runs for the requested seconds', async (t) => {
  const url = await started(t, memwatch.pprofHandler());
  const none = await get(url + HEAP);
  assert.equal(none.status, 503);
  assert.match(none.text, /^No allocation sampler runs in this thread\..*\?seconds=30.*\(ERR_MEMWATCH_NO_SAMPLER\)\n$/);
  // Without it `go tool pprof` does not print the sentence.
  assert.equal(none.headers.get('x-go-pprof'), '1');

  const answer = await whileKeeping(get(`${url}${HEAP}?seconds=1&gc=1`));
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'application/octet-stream');
  assert.equal(answer.headers.get('content-encoding'), null);
  const profile = read(answer.body);
  assert.deepEqual([profile.types, profile.shown], [['inuse_space/bytes'], 'inuse_space']);
  assert.ok(profile.durationNanos >= 1_000_000_000n);
  assert.ok(bytesOf(profile, 'keepObjects') > MUCH, `${bytesOf(profile, 'keepObjects')}`);
  assert.equal(memwatch.sites().sampling, false);
});

test('a running sampler gives the live objects, and with seconds the difference', async (t) => {
  memwatch.configure({ sampling: { when: 'always', intervalBytes: 1024 } });
  const url = await started(t, memwatch.pprofHandler());
  keepObjects();
  const now = read((await get(`${url}${HEAP}?gc=1`)).body);
  assert.ok(bytesOf(now, 'keepObjects') > MUCH);
  const delta = get(`${url}${HEAP}?seconds=1&gc=1`);
  // Once it is refused to another, the first one has been read.
  while ((await get(url + HEAP)).status !== 429) await pause(10);
  kept = [];
  const change = read((await delta).body);
  assert.ok(bytesOf(change, 'keepObjects') < -MUCH, `${bytesOf(change, 'keepObjects')}`);
  assert.equal(memwatch.sites().sampling, 'own');
});

test('one profile is taken at a time, and an abandoned one makes room', async (t) => {
  const url = await started(t, memwatch.pprofHandler());
  const left = new AbortController();
  const first = get(`${url}${HEAP}?seconds=60`, { signal: left.signal });
  let busy = await get(url + HEAP);
  while (busy.status !== 429) busy = await get(url + HEAP);
  assert.match(busy.text, /^Another profile of this thread is being taken\..*\(ERR_MEMWATCH_PROFILE_BUSY\)\n$/);
  left.abort();
  await assert.rejects(first);
  // Long before the sixty seconds are over.
  while ((await get(url + HEAP)).status === 429) await pause(10);
  assert.equal(memwatch.sites().sampling, false);
});

test('a suspicion that begins meanwhile keeps the sampler running, and one that ends does not stop it', async (t) => {
  const url = await started(t, memwatch.pprofHandler());
  t.after(() => suspicion.stop());
  let answer = get(`${url}${HEAP}?seconds=1`);
  while (memwatch.sites().sampling === false) await pause(10);
  suspicion.start();
  assert.equal((await answer).status, 200);
  assert.equal(memwatch.sites().sampling, 'own');

  answer = get(`${url}${HEAP}?seconds=1`);
  while ((await get(url + HEAP)).status !== 429) await pause(10);
  // It began with a sampler of the suspicion, whose end is the end of what it could compare.
  suspicion.stop();
  const { status, text } = await answer;
  assert.equal(status, 503);
  assert.match(text, /^The allocation sampler ended or was restarted in these seconds\./);
});

test('results of the last suspicion are not shown as live objects', async (t) => {
  const url = await started(t, memwatch.pprofHandler());
  suspicion.start();
  for (let i = 0; i < 5; i++) {
    keepObjects();
    memwatch.gc();
    suspicion.observe();
    await pause(1);
  }
  suspicion.stop();
  const { isLive, bytes } = memwatch.sites();
  assert.ok(!isLive && bytes > 0);
  assert.equal((await get(url + HEAP)).status, 503);
});

test("a request does not override sampling 'off'", async (t) => {
  memwatch.configure({ sampling: { when: false } });
  const url = await started(t, memwatch.pprofHandler());
  for (const query of ['', '?seconds=1']) {
    const { status, text } = await get(url + HEAP + query);
    assert.deepEqual([status, /switched off.*ERR_MEMWATCH_NO_SAMPLER/.test(text)], [503, true], text);
  }
  assert.equal(memwatch.sites().sampling, false);
});

test('invalid requests are refused in one sentence', async (t) => {
  const url = await started(t, memwatch.pprofHandler());
  for (const query of ['seconds=0', 'seconds=61', 'seconds=-1', 'seconds=x', 'seconds=', 'gc=yes', 'debug=1']) {
    const { status, text } = await get(`${url}${HEAP}?${query}`);
    assert.equal(status, 400, query);
    assert.match(text, /\(ERR_MEMWATCH_USAGE\)\n$/);
  }
  const all = await get(url + ALLOCS);
  assert.equal(all.status, 400);
  assert.match(all.text, /^What was allocated since the start is not known;.*\?seconds=30\. \(ERR_MEMWATCH_USAGE\)\n$/);
  assert.equal((await get(`${url}/debug/pprof/goroutine`)).status, 404);
  assert.equal((await get(url + HEAP, { method: 'POST' })).status, 405);
});

/** What `dropObjects` allocates, in bytes: some hundred samples. */
const DROPPED = 100 * 1024 * 1024;
let last = [];
const dropObjects = () => {
  for (let bytes = 0; bytes < DROPPED / 10; bytes += 8 * 1024) last = new Array(1024).fill(bytes);
};

/** Drops objects again and again until the answer is there; how many bytes these were at least. */
async function whileDropping(answer) {
  let [isDone, bytes] = [false, 0];
  const done = answer.finally(() => (isDone = true));
  while (!isDone) {
    dropObjects();
    bytes += DROPPED / 10;
    await pause(20);
  }
  return { ...(await done), bytes };
}

test('all allocations of the requested seconds are included, also collected ones', async (t) => {
  const url = await started(t, memwatch.pprofHandler());
  const answer = await whileDropping(get(`${url}${ALLOCS}?seconds=2`));
  if (IS_TOO_OLD) {
    assert.equal(answer.status, 503);
    assert.match(answer.text, /^Node\.js 18 samples only what is alive;.*\(ERR_MEMWATCH_NO_ALLOCS\)\n$/);
    return;
  }
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers.get('content-disposition'), 'attachment; filename="allocs.pb.gz"');
  const profile = read(answer.body);
  assert.deepEqual([profile.types, profile.shown], [['alloc_space/bytes'], 'alloc_space']);
  assert.deepEqual(profile.period, ['space/bytes', 512 * 1024]);
  assert.ok(profile.durationNanos >= 2_000_000_000n);
  // One array is alive; with this number of samples an estimate is never off by a third.
  const dropped = bytesOf(profile, 'dropObjects');
  assert.ok(answer.bytes >= DROPPED, `${answer.bytes}`);
  assert.ok(dropped > (2 / 3) * answer.bytes && dropped < (4 / 3) * answer.bytes, `${dropped} of ${answer.bytes}`);
  assert.equal(last.length, 1024);
});

test('live objects and all allocations are not sampled concurrently', { skip: IS_TOO_OLD }, async (t) => {
  const url = await started(t, memwatch.pprofHandler());
  memwatch.configure({ sampling: { when: 'always' } });
  const refused = await get(`${url}${ALLOCS}?seconds=1`);
  assert.equal(refused.status, 503);
  assert.match(refused.text, /^Another allocation sampler runs in this thread,.*\(ERR_MEMWATCH_NO_ALLOCS\)\n$/);
  assert.equal(memwatch.sites().sampling, 'own');
  memwatch.configure({ sampling: { when: false } });
  assert.match((await get(`${url}${ALLOCS}?seconds=1`)).text, /switched off.*ERR_MEMWATCH_NO_SAMPLER/);
  memwatch.configure({ sampling: { when: 'suspected' } });

  const answer = get(`${url}${ALLOCS}?seconds=1`);
  while ((await get(url + HEAP)).status !== 429) await pause(10);
  // What was collected is never shown as alive.
  dropObjects();
  assert.equal(memwatch.sites().sampling, false);
  assert.doesNotMatch(memwatch.heapProfile() ?? '', /dropObjects/);
  assert.equal((await answer).status, 200);
  assert.equal(memwatch.sites().sampling, false);
});

test('a suspicion takes over the sampler from a profile of all allocations', { skip: IS_TOO_OLD }, async (t) => {
  const url = await started(t, memwatch.pprofHandler());
  t.after(() => suspicion.stop());
  const answer = get(`${url}${ALLOCS}?seconds=1`);
  while ((await get(url + HEAP)).status !== 429) await pause(10);
  assert.equal(suspicion.start(), 'own');
  keepObjects();
  const { status, text } = await answer;
  assert.equal(status, 503);
  assert.match(text, /^The sampler of all allocations was ended in these seconds,.*\(ERR_MEMWATCH_NO_SAMPLER\)\n$/);
  // Its own continues.
  assert.equal(memwatch.sites().sampling, 'own');
});

test('in express the handler serves its own path and passes on others', async (t) => {
  const app = express();
  app.use('/debug/pprof', memwatch.pprofHandler());
  app.use((_request, response) => response.send('theirs'));
  const url = await started(t, app);
  memwatch.configure({ sampling: { when: 'always', intervalBytes: 1024 } });
  keepObjects();
  assert.ok(bytesOf(read((await get(url + HEAP)).body), 'keepObjects') > MUCH);
  assert.equal((await get(`${url}/debug/pprof/`)).text, 'theirs');
  assert.equal((await get(`${url}/shop`)).text, 'theirs');
});

test('on the dashboard the profile needs the token, and is that of the chosen program', async (t) => {
  memwatch.configure({ sampling: { when: 'always', intervalBytes: 1024 } });
  const { url, close } = await memwatch.dashboard();
  t.after(close);
  keepObjects();
  const { status, body, headers } = await get(`${url}debug/pprof/heap`);
  assert.equal(status, 200);
  assert.equal(headers.get('content-disposition'), 'attachment; filename="heap.pb.gz"');
  assert.ok(bytesOf(read(body), 'keepObjects') > MUCH);
  const { origin } = new URL(url);
  assert.equal((await get(origin + HEAP)).status, 404);
  assert.equal((await get(`${origin}/${'0'.repeat(32)}${HEAP}`)).status, 404);
  assert.equal((await get(`${url}debug/pprof/heap`, { headers: { origin: 'http://evil.example' } })).status, 403);
  assert.match(
    (await get(`${url}debug/pprof/heap?pid=1`)).text,
    new RegExp(`watched are: pid=${process.pid}&thread=0`),
  );

  const left = new AbortController();
  const first = get(`${url}debug/pprof/heap?seconds=60`, { signal: left.signal });
  while ((await get(`${url}debug/pprof/heap`)).status !== 429) await pause(10);
  left.abort();
  await assert.rejects(first);
  while ((await get(`${url}debug/pprof/heap`)).status === 429) await pause(10);

  assert.match((await get(`${url}debug/pprof/allocs?seconds=1`)).text, /\(ERR_MEMWATCH_NO_ALLOCS\)\n$/);
});

test('with several processes one has to be named, and no request of the dashboard can name a file', async (t) => {
  const how = [];
  const act = async (action) => (action === 'pprof' ? Buffer.from('a file').toString('base64') : null);
  const { hub, url, asked } = await serve(t, { act });
  const other = {
    act(action, given) {
      how.push(action, given);
      return act(action);
    },
    watch() {},
  };
  hub.join(other, {
    type: 'meta',
    value: { name: 'other.js', pid: 4343, thread: 0, node: 'v20.0.0', start: 1, limit: 1, actions: {} },
  });
  const { status, text } = await ask(url, 'debug/pprof/heap');
  assert.equal(status, 400);
  assert.match(
    text,
    /^Name one process .* pid=4242&thread=0 \(app\.js\), pid=4343&thread=0 \(other\.js\)\..*ERR_MEMWATCH_USAGE/,
  );
  const answer = await ask(url, 'debug/pprof/heap?pid=4343&seconds=5&gc=1');
  assert.deepEqual([answer.status, answer.text], [200, 'a file']);
  assert.deepEqual(how, ['pprof', { what: 'heap', seconds: 5, collects: true }]);
  for (const action of ['pprof', 'cancel-pprof']) assert.equal((await press(url, action)).status, 400);
  assert.deepEqual(asked, []);
});
