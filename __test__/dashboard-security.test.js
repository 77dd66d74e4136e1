'use strict';
// The page's server against those who should not be answered: other pages of the same
// browser, names that lead here, guesses, and clients that only want to do harm.

const assert = require('node:assert/strict');
const net = require('node:net');
const test = require('node:test');
const { setTimeout: pause } = require('node:timers/promises');
const { serve, ask, press, raw, stream } = require('./support/page.js');

/** A connection on which nothing happens is closed after ten seconds. */
const LONGER_THAN_IDLE_MS = 11_000;

test('a request without the token is refused', async (t) => {
  const { url, asked } = await serve(t);
  for (const path of [
    '/',
    '/events',
    '/act',
    '/history?1',
    `/${'0'.repeat(32)}/`,
    `/${url.pathname.slice(1, -2)}/`,
    '//',
    '/%2e%2e/',
  ]) {
    const { status, text } = await ask(url, path);
    assert.deepEqual([path, status, /^The address lacks its token/.test(text)], [path, 404, true]);
  }
  assert.deepEqual(asked, []);
});

test('a token has 128 bits and differs between servers', async (t) => {
  const tokens = await Promise.all([serve(t), serve(t)]);
  const [first, second] = tokens.map(({ url }) => url.pathname.slice(1, -1));
  assert.match(first, /^[0-9a-f]{32}$/);
  assert.notEqual(first, second);
});

test('a foreign host name is refused: DNS rebinding', async (t) => {
  const { url } = await serve(t);
  const { port } = url;
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    `127.0.0.1.evil.example:${port}`,
    `localhost.evil.example:${port}`,
    `10.0.0.1:${port}`,
    ' ',
    `127.0.0.1:${Number(port) + 1}`,
    'localhost',
    `[::2]:${port}`,
    `a@127.0.0.1:${port}`,
  ]) {
    const { status } = await ask(url, '', { host });
    assert.equal(status, 403, host);
  }
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
    assert.equal((await ask(url, '', { host })).status, 200, host);
  }
  assert.match(await raw(url, `GET ${url.pathname} HTTP/1.0\r\n\r\n`), /^HTTP\/1\.1 403 /);
});

test('a request from another origin is refused', async (t) => {
  const { url, asked } = await serve(t);
  for (const origin of [
    'http://evil.example',
    'null',
    `https://127.0.0.1:${url.port}`,
    'http://127.0.0.1:1',
    `http://localhost:${url.port}`,
  ]) {
    assert.equal((await ask(url, '', { origin })).status, 403, origin);
    assert.equal((await press(url, 'collect', { origin })).status, 403, origin);
  }
  assert.equal((await press(url, 'collect', { origin: undefined })).status, 403);
  for (const site of ['cross-site', 'same-site']) {
    assert.equal((await ask(url, 'profile?1', { headers: { 'sec-fetch-site': site } })).status, 403, site);
  }
  for (const site of ['none', 'same-origin']) {
    assert.equal((await ask(url, '', { headers: { 'sec-fetch-site': site } })).status, 200, site);
  }
  assert.deepEqual(asked, []);
});

test('a form of another page cannot trigger an action', async (t) => {
  const { url, asked } = await serve(t);
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', '']) {
    assert.equal((await press(url, 'collect', { headers: { 'content-type': type } })).status, 415, type);
  }
  assert.deepEqual(asked, []);
});

test('no request can name a file', async (t) => {
  const { url } = await serve(t);
  const paths = [
    '../package.json',
    '..%2f..%2fpackage.json',
    '%2e%2e/index.js',
    'vendor/../page.js',
    'vendor',
    'constructor',
    '__proto__',
    'page.js%00',
    'PAGE.JS',
    './page.js',
    'vendor//uplot.js',
    'LICENSES.txt',
  ];
  for (const path of paths) {
    assert.match(
      await raw(url, `GET ${url.pathname}${path} HTTP/1.1\r\nhost: ${url.host}\r\nconnection: close\r\n\r\n`),
      /^HTTP\/1\.1 404 /,
      path,
    );
  }
  assert.equal((await ask(url, 'page.js')).status, 200);
});

test('every response, including refusals, forbids foreign scripts, frames and caching', async (t) => {
  const { url } = await serve(t);
  for (const path of ['', 'page.js', 'history?1', 'nothing', '/']) {
    const { headers } = await ask(url, path);
    assert.match(
      headers['content-security-policy'],
      /default-src 'none'; script-src 'self';.*frame-ancestors 'none'.*require-trusted-types-for 'script'/,
    );
    assert.doesNotMatch(headers['content-security-policy'], /unsafe|\*/);
    assert.deepEqual(
      [
        'x-content-type-options',
        'x-frame-options',
        'referrer-policy',
        'cache-control',
        'cross-origin-resource-policy',
      ].map((name) => headers[name]),
      ['nosniff', 'DENY', 'no-referrer', 'no-store', 'same-origin'],
    );
    assert.equal(headers['access-control-allow-origin'], undefined);
  }
});

test('requests over the size limit are refused', async (t) => {
  const { url, asked } = await serve(t);
  assert.equal((await ask(url, '', { headers: { filler: 'x'.repeat(20_000) } })).status, 431);
  assert.equal(
    (await press(url, 'collect', { body: JSON.stringify({ id: 1, action: 'collect', filler: 'x'.repeat(5000) }) }))
      .status,
    400,
  );
  for (const body of [
    '',
    '{',
    'null',
    '7',
    '[]',
    '{"id":"1","action":"collect"}',
    '{"id":1,"action":["collect"]}',
    '{"id":1}',
  ]) {
    assert.equal((await press(url, 'collect', { body })).status, 400, body);
  }
  for (const method of ['PUT', 'DELETE', 'OPTIONS', 'PATCH']) {
    assert.equal((await ask(url, '', { method, origin: url.origin })).status, 405, method);
  }
  assert.deepEqual(asked, []);
});

test('a failed action is reported in one sentence, and an unknown process is refused', async (t) => {
  const { url } = await serve(t, {
    act: async (action) => {
      throw new Error(`no ${action}`);
    },
  });
  const { status, text } = await press(url, 'collect');
  assert.deepEqual([status, JSON.parse(text)], [409, { error: 'no collect' }]);
  assert.equal((await press(url, 'collect', { id: 99 })).status, 409);
  assert.equal((await ask(url, 'history?99')).status, 404);
  assert.equal((await ask(url, 'profile?x')).status, 409);
});

test('a client that sends a byte now and then is disconnected', async (t) => {
  const { url } = await serve(t);
  const socket = net.connect(Number(url.port), '127.0.0.1');
  socket.on('error', () => {});
  socket.resume();
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const drip = setInterval(() => socket.write('x'), 200);
  t.after(() => clearInterval(drip));
  socket.write(`GET ${url.pathname} HTTP/1.1\r\nhost: ${url.host}\r\nslow: `);
  await closed;
  assert.equal((await ask(url)).status, 200);
});

test('thousands of connections leave no lasting cost, and the dashboard responds afterwards', async (t) => {
  const { url } = await serve(t);
  const before = process.memoryUsage().rss;
  let closed = 0;
  const sockets = [];
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 300; i++) {
      const socket = net.connect(Number(url.port), '127.0.0.1');
      socket.on('error', () => {});
      socket.on('close', () => (closed += 1));
      // A client whose connection did not fit into the queue learns it from the system when it sends something.
      socket.on('connect', () => socket.write('G'));
      sockets.push(socket);
    }
    await pause(20);
  }
  const connected = () => sockets.filter((socket) => !socket.destroyed && !socket.connecting).length;
  while (sockets.length - closed > 64) await pause(20);
  assert.ok(connected() <= 64);
  sockets.forEach((socket) => socket.destroy());
  while (closed < sockets.length) await pause(20);
  await pause(50);
  assert.equal((await ask(url)).status, 200);
  assert.ok(process.memoryUsage().rss - before < 150e6);
});

test('half-open connections are closed for a viewer, and viewers with the token stay', async (t) => {
  const { url, place, hub } = await serve(t);
  const viewer = stream(url);
  await viewer.until(({ type }) => type === 'all');
  const fill = async () => {
    const sockets = Array.from({ length: 200 }, () => net.connect(Number(url.port), '127.0.0.1'));
    for (const socket of sockets) {
      socket.on('error', () => {});
      // The beginning of a request, and never its end.
      socket.on('connect', () => socket.write('GET / HTTP/1.1\r\nhost: '));
    }
    await Promise.all(
      sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve).once('close', resolve))),
    );
    return sockets;
  };
  const sockets = await fill();
  await pause(50);
  // Long before the first of them is late with its request.
  assert.equal((await ask(url)).status, 200);
  assert.equal(hub.viewers, 1);
  place.tell({ type: 'gc', value: [1, 2, 3, 4, 5, 6] });
  await viewer.until(({ type }) => type === 'gc');
  sockets.forEach((socket) => socket.destroy());
  viewer.leave();
});

test('a viewer that does not read is disconnected, and others still receive updates', async (t) => {
  const { url, place, hub } = await serve(t);
  const good = stream(url);
  await good.until(({ type }) => type === 'all');
  const lazy = net.connect(Number(url.port), '127.0.0.1');
  lazy.on('error', () => {});
  lazy.pause();
  lazy.write(`GET ${url.pathname}events HTTP/1.1\r\nhost: ${url.host}\r\n\r\n`);
  while (hub.viewers < 2) await pause(10);
  // What the system itself buffers for a connection is some megabytes.
  const value = {
    sampling: 'own',
    suspects: Array.from({ length: 30 }, (_, i) => ({ function: `f${i}`.padEnd(300, '.') })),
  };
  for (let sent = 0; hub.viewers === 2; sent++) {
    assert.ok(sent < 5000, 'it is still told');
    place.tell({ type: 'sites', value });
    if (sent % 20 === 0) await pause(1);
  }
  place.tell({ type: 'gc', value: [1, 2, 3, 4, 5, 6] });
  await good.until(({ type }) => type === 'gc');
  lazy.destroy();
  good.leave();
});

test('a request that takes longer than the idle timeout is answered all the same', async (t) => {
  const { url } = await serve(t, { act: () => pause(LONGER_THAN_IDLE_MS, 'done') });
  const { status, text } = await press(url, 'snapshot');
  assert.deepEqual([status, text], [200, '{"value":"done"}']);
});

test('the number of viewers is limited', async (t) => {
  const { url, hub } = await serve(t);
  const viewers = Array.from({ length: 16 }, () => stream(url));
  await Promise.all(viewers.map(({ until }) => until(({ type }) => type === 'all')));
  const { status, text } = await ask(url, 'events');
  assert.deepEqual([status, text], [503, 'Viewer limit reached (16).\n']);
  viewers.forEach(({ leave }) => leave());
  while (hub.viewers > 0) await pause(10);
  assert.equal((await ask(url)).status, 200);
});

test('when bound to all addresses, an address is a valid host, and a foreign host name is not', async (t) => {
  const { url } = await serve(t, { host: '0.0.0.0' });
  assert.equal((await ask(url, '', { host: `192.0.2.7:${url.port}` })).status, 200);
  assert.equal((await ask(url, '', { host: `evil.example:${url.port}` })).status, 403);
});
