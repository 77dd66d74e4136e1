'use strict';
// A dashboard of many programs: more than its limit, and a larger first message than a slow
// viewer has read when the next row comes.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const http = require('node:http');
const net = require('node:net');
const test = require('node:test');
const { setTimeout: pause } = require('node:timers/promises');
const { openFeed } = require('../lib/dashboard/feed.js');
const { Hub } = require('../lib/dashboard/hub.js');
const { writeMessage } = require('../lib/dashboard/line.js');
const { Stream } = require('../lib/dashboard/stream.js');
const { META, serve } = require('./support/page.js');

const AGENT = { act: async () => null, watch() {} };
const MIB = 1 << 20;

test('a process beyond the limit is refused in one sentence, and an ended process frees its slot', async (t) => {
  const hub = new Hub();
  const places = Array.from({ length: 64 }, () => hub.join(AGENT, { type: 'meta', value: META }));
  const failures = [];
  const told = [];
  const feed = await openFeed(hub, {
    told: (id, { type }) => told.push([id, type]),
    failed: (why) => failures.push(why),
  });
  t.after(feed.close);
  const start = () => {
    const socket = net.connect(feed.address);
    socket.on('error', () => {});
    writeMessage(socket, { type: 'meta', value: META });
    writeMessage(socket, { type: 'detectorState', value: { state: 'confirmed' } });
    return socket;
  };
  await once(start().resume(), 'close');
  assert.deepEqual(failures, ['the limit of 64 watched processes and threads is reached']);
  assert.deepEqual(told, []);
  places[0].end();
  const socket = start();
  while (told.length < 2) await pause(10);
  assert.deepEqual(told, [
    [65, 'meta'],
    [65, 'detectorState'],
  ]);
  assert.equal(failures.length, 1);
  socket.destroy();
});

/** A flame graph with this number of frames. */
function flameOf(frames) {
  const frame = (name) => ({ name, at: `/srv/app/node_modules/of/${name}.js:37`, bytes: 1000, children: [] });
  const root = frame('all');
  for (let i = 0; root.children.length * 50 < frames; i++) {
    const child = frame(`function${i}`);
    for (let j = 0; j < 49; j++) child.children.push(frame(`function${i}of${j}`));
    root.children.push(child);
  }
  return root;
}

test('a slow viewer receives everything, even with thirty large flame graphs', async (t) => {
  const { hub, url, place } = await serve(t);
  const value = { sampling: 'own', suspects: [{ function: 'keep' }], flame: flameOf(4000) };
  const places = [place, ...Array.from({ length: 29 }, () => hub.join(AGENT, { type: 'meta', value: META }))];
  for (const each of places) each.tell({ type: 'sites', value });
  const request = http.get(`${url}events`, { agent: false });
  const [response] = await once(request, 'response');
  // The response is not read yet, and rows arrive.
  for (let i = 1; i <= 300; i++) {
    places[i % 30].tell({ type: 'raw', value: [i, MIB, MIB, 0, 0, MIB, 0, 0, 0] });
    if (i % 50 === 0) await pause(5);
  }
  assert.equal(hub.viewers, 1);
  const messages = [];
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) {
    const events = (text + part).split('\n\n');
    text = events.pop();
    for (const event of events) if (event.startsWith('data: ')) messages.push(JSON.parse(event.slice('data: '.length)));
    if (messages.at(-1)?.value[0] === 300) break;
  }
  const [all, ...rows] = messages;
  assert.equal(all.type, 'all');
  assert.deepEqual(
    all.value.map(({ sites }) => sites.suspects[0].function),
    Array(30).fill('keep'),
  );
  assert.deepEqual(
    rows.map(({ value: [time] }) => time),
    Array.from({ length: 300 }, (_, i) => i + 1),
  );
});

/** An answer that is read only when a test says so. */
class Unread {
  writableLength = 0;
  destroyed = false;

  writeHead() {}

  write(text) {
    this.writableLength += text.length;
  }

  destroy() {
    this.destroyed = true;
  }
}

test('a viewer may take long over the first message, and is disconnected when it falls behind later', () => {
  const response = new Unread();
  const stream = new Stream(/** @type {any} */ (response));
  const row = { value: 'x'.repeat(1000) };
  const tell = (rows) => {
    for (let i = 0; i < rows; i++) stream.send(row);
  };
  stream.send({ value: 'x'.repeat(10 * MIB) });
  tell(1000);
  assert.equal(response.destroyed, false, 'it has had no time to read');
  // It reads what was first, as slowly as the rows come.
  while (response.writableLength > MIB) {
    response.writableLength -= MIB / 2;
    tell(100);
  }
  assert.equal(response.destroyed, false, 'it reads');
  // And then no more.
  tell(3000);
  assert.equal(response.destroyed, true);
  assert.ok(response.writableLength < 3 * MIB, `${response.writableLength}`);
});
