'use strict';
// What other processes, files and servers say reaches the terminal without anything that it would act on.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { printable, printableJson, printableLines } = require('../lib/printable.js');
const { ROOT, run } = require('./support/child.js');

const CLI = path.join(ROOT, 'bin', 'memwatch.js');
const LINUX = process.platform === 'linux';

// A title and a colour, as 7-bit and as 8-bit sequences; text from right to left; ends of lines; a lone half.
const HOSTILE =
  '\x1b]0;pwned\x07\x1b[31mRED\x9b2J\x90q\x9c\u202e\u2066\u200b\u2028\u2029\x7f\ud800\nFAKE LINE\rOVER\u061c\ufeff';
// eslint-disable-next-line no-control-regex
const ACTS = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/;

function assertHarmless(text) {
  assert.ok(!ACTS.test(text), JSON.stringify(text));
  assert.ok(!/^(FAKE LINE|OVER)/m.test(text), JSON.stringify(text));
}

test('one function escapes terminal control characters, and keeps the rest', () => {
  assertHarmless(printable(HOSTILE));
  assert.equal(printable('a\x1b[2J\u202e\n'), 'a\\u{1b}[2J\\u{202e}\\n');
  for (const text of ['grüße 漢字 👍 → ▁▃█ …', "C:\\x 'y' “z”"]) assert.equal(printable(text), text);
  assert.equal(printableLines('a\nb\tc'), 'a\nb\\tc');
  const value = { [HOSTILE]: HOSTILE.slice(0, 3), all: [HOSTILE, '👍'] };
  const json = printableJson(`${JSON.stringify(value, null, 2)}\n`);
  assertHarmless(json);
  assert.deepEqual(JSON.parse(json), value);
});

function temporary(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-test-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const BOX = {
  version: 1,
  node: HOSTILE,
  pid: HOSTILE,
  thread: HOSTILE,
  processStart: HOSTILE,
  program: HOSTILE,
  startedAt: 1e12,
  writtenAt: 1e12,
  ended: { status: HOSTILE },
  heapLimitBytes: HOSTILE,
  detectorState: { state: HOSTILE, confidence: HOSTILE, reason: HOSTILE },
  series: { fields: ['at', HOSTILE], points: [[1, 2]] },
  events: [
    { at: HOSTILE, name: HOSTILE, reason: HOSTILE, suspects: [{ function: HOSTILE, file: HOSTILE, line: HOSTILE }] },
  ],
  sites: { sites: [{ function: HOSTILE, file: HOSTILE, line: HOSTILE, bytes: 1, count: HOSTILE }] },
  snapshots: [{ at: HOSTILE, trigger: HOSTILE, path: HOSTILE, bytes: HOSTILE }],
};

test('control characters in a flight recorder file are escaped, as text and as JSON', async (t) => {
  const file = path.join(temporary(t), 'box');
  fs.writeFileSync(file, JSON.stringify(BOX));
  for (const words of [[], ['--json']]) {
    const { status, stdout, stderr } = await run(process.execPath, [CLI, 'report', file, ...words]);
    assert.equal(status, 0, stderr);
    assertHarmless(stdout);
    assert.equal(stderr, '');
  }
});

test('control characters in names of missing files and unknown commands are escaped', async () => {
  for (const words of [
    [HOSTILE],
    ['report', HOSTILE],
    ['analyze', HOSTILE],
    ['top', HOSTILE],
    ['bundle', HOSTILE],
    ['run', HOSTILE],
  ]) {
    const { status, stdout, stderr } = await run(process.execPath, [CLI, ...words]);
    assert.equal(status, 2);
    assert.equal(stdout, '');
    assert.match(stderr, /^memwatch: [^\n]+\n$/);
    assertHarmless(stderr);
  }
});

test('control characters from a server that is not a dashboard are escaped', async (t) => {
  const summary = {
    id: 1,
    isLive: true,
    meta: { name: HOSTILE, pid: HOSTILE },
    detectorState: { state: HOSTILE },
    spark: [HOSTILE],
    latest: { raw: [0, 0, 0, 0, 0, 1], gc: HOSTILE },
  };
  const answers = {
    '/refuses/events': (response) => response.writeHead(500).end(HOSTILE),
    '/nothing/events': (response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end('data: {"type":"all","value":{}}\n\n'),
    '/garbage/events': (response) =>
      response.writeHead(200, { 'content-type': 'text/event-stream' }).end(`data: ${HOSTILE}\n\n`),
    '/program/events': (response) =>
      response
        .writeHead(200, { 'content-type': 'text/event-stream' })
        .end(`data: ${JSON.stringify({ type: 'all', value: [summary, null, 7] })}\n\n`),
  };
  const server = http.createServer((request, response) => answers[request.url](response)).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const ask = (name) =>
    run(process.execPath, [
      CLI,
      'top',
      `http://127.0.0.1:${/** @type {import('node:net').AddressInfo} */ (server.address()).port}/${name}/`,
    ]);
  for (const name of ['refuses', 'garbage']) {
    const { status, stderr } = await ask(name);
    assert.equal(status, 2);
    assert.match(stderr, /^memwatch: no memwatch dashboard at that address [^\n]+\n$/);
  }
  for (const name of ['program', 'nothing']) {
    const { status, stdout, stderr } = await ask(name);
    assert.equal(status, 0, stderr);
    assertHarmless(stdout);
  }
});

/** What a program would have to do to be asked for a snapshot; what it answers is its own. */
const ASKED = `
  const fs = require('node:fs');
  const stat = fs.readFileSync('/proc/self/stat', 'utf8');
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  const file = '/tmp/memwatch-' + process.pid + '.json';
  const put = (done, last) => fs.writeFileSync(file, JSON.stringify({ pid: process.pid, start, namespace: fs.readlinkSync('/proc/self/ns/pid'), signal: 'SIGUSR2', done, last }));
  put(0, null);
  let n = 0;
  const answers = JSON.parse(process.argv[1]);
  process.on('SIGUSR2', () => put(n + 1, answers[n++]));
  process.on('SIGTERM', () => process.exit());
  process.on('exit', () => fs.rmSync(file));
  setInterval(() => {}, 1000);
  console.log('up');`;

test('control characters in the answer of another process are escaped', {
  skip: !LINUX && 'reads /proc',
}, async (t) => {
  const answers = [
    { path: HOSTILE },
    { path: HOSTILE },
    { code: 'ERR_X', message: HOSTILE },
    { code: HOSTILE, message: 'x' },
    null,
  ];
  const asked = spawn(process.execPath, ['-e', ASKED, JSON.stringify(answers)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.after(() => asked.kill());
  await once(asked.stdout, 'data');
  const ask = (...words) => run(process.execPath, [CLI, 'snapshot', String(asked.pid), '--timeout', '30', ...words]);
  const text = await ask();
  assert.equal(text.status, 0, text.stderr);
  assertHarmless(text.stdout);
  const json = await ask('--json');
  assertHarmless(json.stdout);
  assert.deepEqual(JSON.parse(json.stdout), { path: HOSTILE });
  for (const code of ['ERR_X', 'ERR_MEMWATCH_NO_ANSWER', 'ERR_MEMWATCH_NO_ANSWER']) {
    const { status, stderr } = await ask();
    assert.equal(status, 2);
    assertHarmless(stderr);
    assert.match(stderr, new RegExp(`^memwatch: [^\\n]+ \\[${code}\\]\\n$`));
  }
});
