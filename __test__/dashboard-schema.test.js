'use strict';
// What a running dashboard serves as JSON is what the published schemas describe: each type of message of the
// stream of events, and the history. What the page makes of it is tested in page*.test.js.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { ROOT, says } = require('./support/child.js');
const { META, ask, serve, stream } = require('./support/page.js');
const { assertSchema, schema } = require('./support/schema.js');

const TYPES = schema('dashboard-message').oneOf.map(({ properties }) => properties.type.const);

/** Messages that one program need not lead to; another test has them. */
const OF_OTHERS = ['left', 'meta'];

/** The types that these messages have, in the order of their names; each message is validated. */
function validated(messages) {
  for (const message of messages) assertSchema('dashboard-message', message);
  return [...new Set(messages.map(({ type }) => type))].sort();
}

test('the messages and the history of a program that leaks match their schemas', async (t) => {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-dashboard-schema-'));
  t.after(() => fs.rmSync(directory, { recursive: true }));
  const [{ messages, history }] = await says(
    async (directory) => {
      const memwatch = require(ROOT);
      const { nativeWatch } = require(`${ROOT}/lib/own.js`);
      const { ask, press, stream } = require(`${ROOT}/__test__/support/page.js`);
      const { LOADS, thread } = require(`${ROOT}/__test__/support/page-threads.js`);
      memwatch.configure({ sampling: { when: 'always', intervalBytes: 1024 }, snapshots: { directory } });
      const { url } = await memwatch.dashboard({ port: 0 });
      const address = new URL(url);
      const viewer = stream(address);
      const analyse = (snapshot) =>
        press(address, 'analyse', { body: JSON.stringify({ id: 1, action: 'analyse', snapshot }) });
      await viewer.until(({ type }) => type === 'all');
      const worker = await thread(LOADS);
      await viewer.until(({ type }) => type === 'joined');
      await worker.terminate();
      class Kept {
        name = `kept ${Math.random()}`;
      }
      await press(address, 'start-diff');
      globalThis.kept = [];
      while (!viewer.messages.some(({ type }) => type === 'leak')) {
        for (let i = 0; i < 5000; i++) globalThis.kept.push(new Kept());
        memwatch.gc();
        await turns();
      }
      await press(address, 'end-diff');
      await press(address, 'snapshot');
      const { value } = await viewer.until(({ type, value }) => type === 'snapshot' && value.state === 'done');
      await analyse(value.number);
      // One that is not there any more.
      require('node:fs').rmSync(value.file);
      await analyse(value.number);
      for (const type of ['ended', 'raw', 'sites', 'detectorState']) {
        await viewer.until((message) => message.type === type);
      }
      nativeWatch.soon();
      if (process.platform === 'linux') await viewer.until(({ type }) => type === 'native');
      const { messages } = viewer;
      // A viewer that comes late has all of it at once.
      const late = stream(address);
      await late.until(({ type }) => type === 'all');
      say({ messages: [...messages, ...late.messages], history: (await ask(address, 'history?1')).text });
      process.exit(0);
    },
    { input: directory },
  );
  const isExpected = (type) => !OF_OTHERS.includes(type) && (type !== 'native' || process.platform === 'linux');
  assert.deepEqual(validated(messages).filter(isExpected), TYPES.filter(isExpected).sort());
  const states = messages.filter(({ type }) => type === 'snapshot').map(({ value }) => value.analysis?.state);
  for (const state of ['running', 'done', 'failed']) assert.ok(states.includes(state), state);
  assertSchema('dashboard-history', JSON.parse(history));
  assert.notEqual(JSON.parse(history).flame, null);
});

test('the messages on programs that come and go match their schemas', async (t) => {
  const { hub, url, place } = await serve(t);
  const viewer = stream(url);
  await viewer.until(({ type }) => type === 'all');
  place?.tell({ type: 'meta', value: { ...META, name: 'renamed.js' } });
  const program = { act: async () => null, watch: () => {} };
  // More than the ended ones that are remembered.
  for (let i = 0; i < 20; i++) hub.join(program, { type: 'meta', value: META })?.end();
  await viewer.until(({ type }) => type === 'left');
  assert.deepEqual(validated(viewer.messages), ['all', 'ended', 'joined', 'left', 'meta']);
  viewer.leave();
});

test('whatever a program sends, its messages match their schemas', async (t) => {
  const { url, place } = await serve(t);
  const viewer = stream(url);
  await viewer.until(({ type }) => type === 'all');
  const odd = [null, 7, 'x', [], [[]], {}, { state: 7, limit: 7, suspects: [null, { labels: [null] }], native: 7 }];
  const more = [{ suspect: {}, flame: { children: [{}] }, rows: [null], keepers: 7, actions: { x: 7 }, number: {} }];
  for (const type of TYPES) for (const value of [...odd, ...more]) place?.tell({ type, value });
  await viewer.until(({ type }) => type === 'diff');
  validated(viewer.messages);
  assertSchema('dashboard-history', JSON.parse((await ask(url, 'history?1')).text));
  viewer.leave();
});
