'use strict';
// memwatch.pushProfiles(): what a server gets, read by decoders that are not ours: the form by Node's own reader, pprof by
// DataDog's, OTLP by protobufjs with the messages of opentelemetry-proto. No Pyroscope and no collector is run.

const assert = require('node:assert/strict');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const test = require('node:test');
const memwatch = require('..');
const { says } = require('./support/child.js');
const { bytesOf, read } = require('./support/pprof.js');

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

/**
 * A server that keeps what it is sent, and answers with a status.
 * @param {import('node:test').TestContext} t
 */
async function receiver(t, status = 200) {
  /** @type {{ url: URL, headers: http.IncomingHttpHeaders, body: Buffer }[]} */
  const requests = [];
  const server = http.createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    requests.push({
      url: new URL(String(request.url), 'http://here'),
      headers: request.headers,
      body: Buffer.concat(parts),
    });
    response.writeHead(status).end('what a server says is not shown');
    server.emit('taken');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://127.0.0.1:${port}`, requests, taken: () => once(server, 'taken') };
}

/** What the first push sends. @param {import('node:test').TestContext} t @param {object} options */
async function pushed(t, options) {
  memwatch.configure({ sampling: { when: 'always', intervalBytes: 1024 } });
  keepObjects();
  const server = await receiver(t);
  const push = memwatch.pushProfiles(
    /** @type {any} */ ({ everySeconds: 1, ...options, url: server.url + options.url }),
  );
  t.after(() => push.stop());
  await server.taken();
  push.stop();
  return server.requests[0];
}

test('Pyroscope receives pprof in a form, with name, tags and the sampled period', async (t) => {
  const { url, headers, body } = await pushed(t, {
    ...{ to: 'pyroscope', url: '', name: 'shop', tags: { region: 'eu', odd: 'a{b}=c' } },
    headers: { 'x-scope-orgid': 'tenant' },
  });
  assert.equal(url.pathname, '/ingest');
  assert.equal(url.searchParams.get('name'), 'shop{region=eu,odd=a_b__c}');
  assert.equal(url.searchParams.get('format'), 'pprof');
  const [from, until] = ['from', 'until'].map((name) => Number(url.searchParams.get(name)));
  assert.equal(until - from, 1);
  assert.ok(Math.abs(until - Date.now() / 1000) < 60, `${until}`);
  assert.equal(headers['x-scope-orgid'], 'tenant');
  const form = await new Response(new Uint8Array(body), {
    headers: { 'content-type': String(headers['content-type']) },
  }).formData();
  const file = /** @type {Blob} */ (/** @type {unknown} */ (form.get('profile')));
  const profile = read(Buffer.from(await file.arrayBuffer()));
  assert.deepEqual(profile.types, ['inuse_space/bytes']);
  assert.ok(bytesOf(profile, 'keepObjects') > MUCH, `${bytesOf(profile, 'keepObjects')}`);
  const config = /** @type {Blob} */ (/** @type {unknown} */ (form.get('sample_type_config')));
  assert.equal(JSON.parse(await config.text()).inuse_space.units, 'bytes');
});

// Not by its name: a folder whose packages are older has it not, and its types are of no use here.
const DECODER = 'protobufjs';
const isThere = (() => {
  try {
    return Boolean(require.resolve(DECODER));
  } catch {
    return false;
  }
})();

test('an OTLP request is decoded by the messages of opentelemetry-proto', {
  skip: isThere ? false : 'protobufjs is not installed: npm ci',
}, async (t) => {
  const { url, headers, body } = await pushed(t, {
    ...{ to: 'experimental-otlp', url: '/collector/', name: 'shop', tags: { 'service.version': '1.4.2' } },
  });
  assert.equal(url.pathname, '/collector/v1development/profiles');
  assert.equal(headers['content-type'], 'application/x-protobuf');
  const protobuf = require(DECODER);
  const folder = path.join(__dirname, 'fixtures', 'otlp');
  const root = new protobuf.Root();
  for (const name of fs.readdirSync(folder)) {
    protobuf.parse(fs.readFileSync(path.join(folder, name), 'utf8'), root, { keepCase: true });
  }
  const type = root.lookupType('opentelemetry.proto.collector.profiles.v1development.ExportProfilesServiceRequest');
  const { resource_profiles: resources, dictionary } = type.toObject(type.decode(body), {
    longs: Number,
    defaults: true,
  });
  assert.equal(resources.length, 1);
  const [{ resource, scope_profiles: scopes }] = resources;
  const attributes = resource.attributes.map(({ key, value }) => [key, value.string_value]);
  assert.deepEqual(attributes, [
    ['service.name', 'shop'],
    ['service.version', '1.4.2'],
  ]);
  assert.equal(scopes[0].scope.name, 'memwatch');
  const [profile] = scopes[0].profiles;
  const text = (number) => dictionary.string_table[number];
  assert.deepEqual(
    [text(profile.sample_type.type_strindex), text(profile.sample_type.unit_strindex)],
    ['inuse_space', 'bytes'],
  );
  assert.equal(profile.profile_id.length, 16);
  assert.ok(Math.abs(profile.time_unix_nano / 1e6 - Date.now()) < 60_000);
  // Number 0 of each list is of nothing.
  for (const [name, list] of Object.entries(dictionary)) assert.ok(list.length > 0, name);
  assert.equal(text(0), '');
  const nameOf = (location) => {
    const [{ function_index: at }] = dictionary.location_table[location].lines;
    const { name_strindex: name, filename_strindex: file } = dictionary.function_table[at];
    return { name: text(name), file: text(file) };
  };
  const own = profile.samples.filter((sample) => {
    const [innermost] = dictionary.stack_table[sample.stack_index].location_indices;
    return nameOf(innermost).name === 'keepObjects' && nameOf(innermost).file.endsWith('push.test.js');
  });
  assert.ok(own.reduce((sum, { values }) => sum + values[0], 0) > MUCH, JSON.stringify(own));
});

test('without a running sampler nothing is sent, and pushing keeps no program alive', async (t) => {
  const server = await receiver(t);
  const said = await says(
    async (url) => {
      const memwatch = require(ROOT);
      memwatch.pushProfiles({ to: 'pyroscope', url, everySeconds: 1 });
      await new Promise((resolve) => setTimeout(resolve, 2500));
      say(memwatch.sites().sampling);
    },
    { input: server.url },
  );
  assert.deepEqual(said, [false]);
  assert.equal(server.requests.length, 0);
});

test('a refused upload is a warning, once for each reason', async (t) => {
  const server = await receiver(t, 413);
  const said = await says(
    async (url) => {
      const memwatch = require(ROOT);
      process.on('warning', ({ name, message, ...rest }) => say([name, message, /** @type {any} */ (rest).code]));
      memwatch.configure({ sampling: { when: 'always' } });
      memwatch.pushProfiles({ to: 'pyroscope', url, everySeconds: 1, headers: { authorization: 'secret' } });
      await new Promise((resolve) => setTimeout(resolve, 3500));
      process.exit();
    },
    { input: server.url },
  );
  assert.ok(server.requests.length >= 2, `${server.requests.length}`);
  const { host } = new URL(server.url);
  const sentence = `A heap profile could not be sent to ${host}: it answered with status 413.`;
  assert.deepEqual(said, [['MemwatchWarning', sentence, 'ERR_MEMWATCH_PUSH_FAILED']]);
});

test('invalid options are refused in one sentence, without their secrets', () => {
  /** @type {any} */
  const push = memwatch.pushProfiles;
  const right = { to: 'pyroscope', url: 'http://127.0.0.1:1' };
  for (const [options, message] of /** @type {[any, RegExp][]} */ ([
    [undefined, /^The options of memwatch\.pushProfiles\(\) must be an object/],
    [{ ...right, to: 'datadog' }, /^The option to .*'pyroscope' or 'experimental-otlp'/],
    [{ ...right, to: undefined }, /^The option to .*'pyroscope' or 'experimental-otlp'/],
    [{ ...right, url: 'ftp://user:password@there' }, /^The option url of .* must be an address that begins with/],
    [{ ...right, url: undefined }, /^The option url of .* must be an address that begins with/],
    [
      { ...right, headers: { authorization: 'secret\r\nx: y' } },
      /^The option headers of .* must be an object of strings/,
    ],
    [{ ...right, everySeconds: 0 }, /^The option everySeconds of .* must be a whole number from 1 to 3600/],
    [{ ...right, tag: {} }, /tag/],
  ])) {
    assert.throws(
      () => push(options),
      (/** @type {any} */ error) =>
        error.code === 'ERR_MEMWATCH_USAGE' && message.test(error.message) && !/password|secret/.test(error.message),
      String(message),
    );
  }
});
