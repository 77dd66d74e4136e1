'use strict';
// Real descriptors of real programs, over made-up time: files and sockets that are never closed are reported as a leak of handles,
// and those that are closed are not. Which numbers are a leak is in handles-judge.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { ROOT, program, run, ended } = require('./support/child.js');
const { assertSchema } = require('./support/schema.js');
const { parse, sampleOf } = require('./support/exposition.js');

const SKIP = process.platform === 'linux' ? false : 'descriptors are read on Linux only';

/** What a program does once a reading; each is half a minute of made-up time. Returned functions have no outer names. */
const PROGRAMS = {
  /** Opens files and forgets them. */
  files: (require) => {
    const fs = require('node:fs');
    const forgotten = [];
    return () => {
      for (let i = 0; i < 50; i++) forgotten.push(fs.openSync('/dev/null', 'r'));
    };
  },
  /** Never reads from its connections, so it does not see that clients have closed them. */
  sockets: async (require) => {
    const net = require('node:net');
    const { once } = require('node:events');
    const kept = [];
    const server = net.createServer({ pauseOnConnect: true }, (socket) => kept.push(socket));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    server.unref();
    return async () => {
      for (let i = 0; i < 10; i++) {
        const client = net.connect(/** @type {import('node:net').AddressInfo} */ (server.address()).port, '127.0.0.1');
        await once(client, 'connect');
        client.destroy();
        await once(client, 'close');
      }
    };
  },
  /** A pool of files up to its bound, files that are opened and closed, and connections that come and are closed. */
  well: async (require) => {
    const fs = require('node:fs');
    const net = require('node:net');
    const { once } = require('node:events');
    const pool = [];
    const clients = [];
    const server = net.createServer((socket) => socket.resume());
    await once(server.listen(0, '127.0.0.1'), 'listening');
    let readings = 0;
    return async () => {
      readings += 1;
      while (pool.length < Math.min(600, readings * 40)) pool.push(fs.openSync('/dev/null', 'r'));
      for (let i = 0; i < 100; i++) fs.closeSync(fs.openSync('/dev/null', 'r'));
      if (readings > 40) {
        for (const client of clients.splice(0)) client.destroy();
        server.close();
        return;
      }
      for (let i = 0; i < 5; i++) {
        const client = net.connect(/** @type {import('node:net').AddressInfo} */ (server.address()).port, '127.0.0.1');
        await once(client, 'connect');
        clients.push(client);
      }
    };
  },
};

/** The program itself: its clock is replaced before memwatch is loaded. `load` is `require` or `import`. */
async function main({ step, readings, isReady }, { require, load, root, say }) {
  const ownTime = require(`${root}/lib/own-time.js`);
  let now = 1000;
  ownTime.monotonic = () => now;
  const memwatch = await load(`${root}/index.js`);
  const { nativeWatch } = require(`${root}/lib/own.js`);
  const events = [];
  for (const name of ['leak-suspected', 'leak-confirmed', 'leak', 'leak-paused', 'leak-cleared']) {
    memwatch.on(name, (event) => event.kind === 'handles' && events.push([name, event]));
  }
  const act = await step(require);
  const state = () => memwatch.detectorState();
  for (let i = 0; i < readings && !isReady(events); i++) {
    await act();
    now += 30_000;
    const { samples } = state().kinds.handles;
    while (state().kinds.handles.samples === samples) {
      nativeWatch.soon();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  }
  say({ events, state: state(), metrics: memwatch.metrics() });
  process.exit(0);
}

/** What such a program says, as CommonJS or as an ECMAScript module. */
async function outcome(name, isModule, readings = 100) {
  const isReady = (events) => events.some(([event]) => event === 'leak');
  const what = `{ step: ${PROGRAMS[name]}, readings: ${readings}, isReady: ${isReady} }`;
  if (!isModule) {
    const text = `(() => (${main})(${what}, { require, load: async (file) => require(file), root: ROOT, say }))`;
    return ended(await program(new Function(`return ${text}()`))).said[0];
  }
  const text = `
    import { createRequire } from 'node:module';
    const require = createRequire(${JSON.stringify(`${ROOT}/index.js`)});
    const load = async (file) => (await import(file)).default;
    const say = (value) => console.log(JSON.stringify(value));
    await (${main})(${what}, { require, load, root: ${JSON.stringify(ROOT)}, say });`;
  const { stdout } = ended(await run(process.execPath, ['--input-type=module', '-e', text]));
  return JSON.parse(stdout);
}

for (const isModule of [false, true]) {
  const how = isModule ? 'an ECMAScript module' : 'a CommonJS program';

  test(`files that ${how} never closes are a leak of handles, with their number and a remedy`, {
    skip: SKIP,
  }, async () => {
    const { events, state, metrics } = await outcome('files', isModule);
    assert.deepEqual(
      events.map(([name]) => name),
      ['leak-suspected', 'leak-confirmed', 'leak'],
    );
    const [, [, confirmed], [, leak]] = events;
    assertSchema('leak-confirmed', confirmed);
    assertSchema('leak', leak);
    assert.equal(leak.state, 'confirmed');
    assert.match(
      leak.reason,
      /^files are opened and not closed: [\d,]+ more in \d+m \d+s, [\d,]+ now.*; inspect what fs\.open\(\)/,
    );
    assert.equal(leak.handles.which, 'files');
    assert.ok(leak.handles.after - leak.handles.before >= leak.handles.threshold);
    assert.ok(Math.abs(leak.handles.perHour / 6000 - 1) < 0.1, `${leak.handles.perHour}`);
    assert.ok(leak.handles.limit > 0);
    assert.deepEqual([leak.suspects, leak.growth], [[], 0]);
    assert.match(leak.whyNoSuspects, /counted/);
    assertSchema('detector-state', state);
    assert.deepEqual([state.kind, state.state, state.reason], ['handles', 'confirmed', leak.reason]);
    assert.equal(state.kinds.handles.counts.which, 'files');
    const scraped = parse(metrics);
    assert.equal(sampleOf(scraped, 'memwatch_leak_suspected', { kind: 'handles' }), 1);
    assert.equal(sampleOf(scraped, 'memwatch_leaks_total', { kind: 'handles' }), 1);
  });

  test(`sockets that ${how} does not end after their clients did are a leak of handles`, { skip: SKIP }, async () => {
    const { events } = await outcome('sockets', isModule);
    assert.deepEqual(
      events.map(([name]) => name),
      ['leak-suspected', 'leak-confirmed', 'leak'],
    );
    const [, leak] = events.at(-1);
    assert.equal(leak.handles.which, 'half-closed-sockets');
    assert.match(leak.reason, /^sockets are not ended when the other end has closed them: /);
  });
}

test('a pool that fills, and connections that are closed again, are no leak', { skip: SKIP }, async () => {
  const { events, state } = await outcome('well', false, 50);
  assert.ok(!events.some(([name]) => name.startsWith('leak-confirmed') || name === 'leak'), JSON.stringify(events));
  assert.equal(state.kinds.handles.state, 'ok');
  assert.ok(state.kinds.handles.samples >= 50);
});
