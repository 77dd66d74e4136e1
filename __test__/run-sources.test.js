'use strict';
// Allocation sites under `memwatch run` by their sources: which map is read, and what a program cannot have read. A whole
// run over a compiled program is the last test. How positions are found in a map is Node's own business.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');
const { pathToFileURL } = require('node:url');
const { Hub } = require('../lib/dashboard/hub.js');
const { sources } = require('../lib/run/sources.js');
const { ROOT, run } = require('./support/child.js');

/** A map that says of line 1, column 0 (V8 counts from 1) that it is of src/server.ts:6:10. */
const MAP = { version: 3, sources: ['../src/server.ts'], names: [], mappings: 'AAKS' };
const SITE = { function: 'i', line: 1, column: 1 };

/** @param {import('node:test').TestContext} t */
function folder(t) {
  const made = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-sources-')));
  t.after(() => fs.rmSync(made, { recursive: true, force: true }));
  fs.mkdirSync(path.join(made, 'dist'));
  return made;
}

/** Writes dist/server.js with a comment, and files next to it. */
function script(t, comment, files = {}) {
  const made = folder(t);
  const file = path.join(made, 'dist', 'server.js');
  fs.writeFileSync(file, `function i() {}\n${comment}\n`);
  for (const [name, map] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(made, name)), { recursive: true });
    fs.writeFileSync(path.join(made, name), typeof map === 'string' ? map : JSON.stringify(map));
  }
  return { file, source: path.join(made, 'src', 'server.ts') };
}

const COMMENT = '//# sourceMappingURL=';
const INLINE = `data:application/json;base64,${Buffer.from(JSON.stringify(MAP)).toString('base64')}`;

for (const [what, comment, files] of /** @type {[string, string, object][]} */ ([
  ['that the script names', `${COMMENT}server.js.map`, { 'dist/server.js.map': MAP }],
  ['inside of the script', COMMENT + INLINE, {}],
  ['beside a script that names none', '', { 'dist/server.js.map': MAP }],
])) {
  test(`a site is shown in its source, by the map ${what}`, (t) => {
    const { file, source } = script(t, comment, files);
    const expected = { function: 'i', file: source, line: 6, column: 10 };
    assert.deepEqual(sources()({ ...SITE, file }), expected);
    // ECMAScript modules have addresses.
    assert.deepEqual(sources()({ ...SITE, file: pathToFileURL(file).href }), expected);
  });
}

for (const [what, comment, files] of /** @type {[string, string, object][]} */ ([
  ['none', '', {}],
  ['one outside of the folder of the script', `${COMMENT}../maps/server.js.map`, { 'maps/server.js.map': MAP }],
  ['an absolute one', `${COMMENT}/etc/passwd`, {}],
  ['a broken one', '', { 'dist/server.js.map': '{"version": 3, "sources": [' }],
  ['one that is no map', '', { 'dist/server.js.map': '[null]' }],
  ['one on a server', `${COMMENT}http://127.0.0.1:1/server.js.map`, {}],
])) {
  test(`with ${what} a site is unchanged`, (t) => {
    const { file } = script(t, comment, files);
    const site = { ...SITE, file };
    assert.deepEqual(sources()(site), site);
  });
}

for (const [what, written, name] of [
  ['that is an address', 'users/%5Bid%5D/my%20route.ts', 'users/[id]/my route.ts'],
  ['with a percent sign', '100%.ts', '100%.ts'],
]) {
  test(`a source ${what} beside the map is shown as a path`, (t) => {
    const { file, source } = script(t, '', { 'dist/server.js.map': { ...MAP, sources: [`../src/${written}`] } });
    assert.equal(sources()({ ...SITE, file }).file, path.join(path.dirname(source), name));
  });
}

test('a site without a line, or in a file that cannot be read, is left unchanged', () => {
  for (const site of [
    { ...SITE, file: '' },
    { ...SITE, file: 'node:fs' },
    { ...SITE, file: '/' },
    { ...SITE, file: '/dev/zero' },
    { ...SITE, file: '/none/there.js', line: null },
    { ...SITE, file: 'file://%' },
  ]) {
    assert.deepEqual(sources()(site), site);
  }
});

test('dashboard and report show the source; a dashboard in the program itself reads no maps', (t) => {
  const { file, source } = script(t, '', { 'dist/server.js.map': MAP });
  const agent = { act: async () => undefined, watch() {} };
  const suspect = { ...SITE, file };
  for (const [hub, expected] of /** @type {[Hub, string][]} */ ([
    [new Hub({ placed: sources() }), source],
    [new Hub(), file],
  ])) {
    const joined = hub.join(agent, { type: 'meta', value: { name: 'server.js' } });
    assert.ok(joined);
    joined.tell({ type: 'detectorState', value: { state: 'suspected', suspects: [suspect] } });
    joined.tell({ type: 'sites', value: { suspects: [suspect] } });
    joined.tell({ type: 'leak', value: { event: 'leak', suspect } });
    const record = hub.record(joined.id);
    assert.equal(record.detectorState.suspects[0].file, expected);
    assert.equal(record.sites.suspects[0].file, expected);
    assert.equal(record.leaks[0].suspect.file, expected);
  }
});

test('a leak of a compiled program is reported with the line of its source', async (t) => {
  const made = folder(t);
  const file = path.join(made, 'dist', 'server.js');
  // Where V8 says that the function begins, behind its name: line 1, column 15.
  const map = { ...MAP, mappings: 'AAAA,cAKS' };
  fs.writeFileSync(
    file,
    'function track(k) { k.push(new Array(5000).fill(k.length)); } const kept = []; setInterval(track, 5, kept);\n',
  );
  fs.writeFileSync(`${file}.map`, JSON.stringify(map));
  const memwatch = path.join(ROOT, 'bin', 'memwatch.js');
  const { stdout, stderr } = await run(process.execPath, [
    memwatch,
    'run',
    '--no-dashboard',
    '--duration',
    '90s',
    file,
  ]);
  assert.match(stdout + stderr, /allocation site: track\(\) server\.ts:6/);
});
