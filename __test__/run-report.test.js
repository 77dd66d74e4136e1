'use strict';
// `memwatch run --report`: what the file says of programs that end badly, and where there is
// none because nothing was run. Each is one sentence and an exit status.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { test } = require('node:test');
const { temporaryDirectory } = require('./support/cli-run.js');
const { before, fixture, start } = require('./support/runner.js');

const SAID = fixture('said.js');
const WINDOWS = process.platform === 'win32';

const report = () => path.join(temporaryDirectory(), 'report.html');
const dataOf = (file) =>
  JSON.parse(/<script type="application\/json" id="report">(.*?)<\/script>/s.exec(fs.readFileSync(file, 'utf8'))[1]);

/**
 * Asserts that nothing was run and nothing written: one sentence, status 2.
 * @param {string[]} words
 * @param {RegExp} sentence
 * @param {{ file?: string } & Parameters<typeof start>[1]} [options]
 */
async function refused(words, sentence, { file = report(), ...options } = {}) {
  const { status, stdout, stderr } = await start(['--report', file, ...words], options).ended;
  assert.deepEqual([status, stdout], [2, ''], stderr);
  assert.match(stderr, sentence);
  assert.equal(stderr.split('\n').length, 2, stderr);
  assert.ok(!fs.existsSync(file) || fs.statSync(file).isDirectory());
}

test('a program that dies immediately gets a report that says how', async () => {
  /** @type {[words: string[], status: number, how: string][]} */
  const cases = [
    [['exit', '7'], 7, 'with exit status 7'],
    [['throw', 'as it is'], 1, 'with exit status 1'],
  ];
  if (!WINDOWS) cases.push([['kill', 'SIGKILL'], 137, 'by SIGKILL']);
  for (const [words, status, how] of cases) {
    const file = report();
    const ended = await start(['--no-dashboard', '--report', file, SAID, ...words]).ended;
    assert.equal(ended.status, status, ended.stderr);
    assert.ok(before(ended.stderr).endsWith(`memwatch: wrote ${file}\n`), ended.stderr);
    const { ending, records } = dataOf(file);
    assert.match(ending, new RegExp(`^said\\.js ended ${how} after \\d+\\.\\d s\\.$`));
    assert.ok(records.every(({ summary }) => !summary.isLive));
  }
});

test('a missing program gets no report', async () => {
  await refused(['no-such.js'], /^memwatch: program no-such\.js not found \[ERR_MEMWATCH_USAGE\]$/m);
});

test('a program that Node cannot parse gets a report that says how it ended', async () => {
  const directory = temporaryDirectory();
  const program = path.join(directory, 'broken.js');
  fs.writeFileSync(program, 'const = 1;');
  const file = path.join(directory, 'report.html');
  const { status, stderr } = await start(['--no-dashboard', '--report', file, program]).ended;
  assert.equal(status, 1);
  assert.match(stderr, /SyntaxError/);
  assert.match(dataOf(file).ending, /^broken\.js ended with exit status 1 after/);
});

test('a port in use gives no report', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  t.after(() => server.close());
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const sentence =
    /^memwatch: Port \d+ of 127\.0\.0\.1 is in use; port 0 selects a free one\. \[ERR_MEMWATCH_DASHBOARD_PORT\]$/m;
  await refused(['--port', `${port}`, SAID], sentence);
});

test('a Node that is too old gives no report', async () => {
  const pretend = path.join(temporaryDirectory(), 'pretend.cjs');
  fs.writeFileSync(pretend, "Object.defineProperty(process.versions, 'node', { value: '16.20.2' });");
  const sentence = /^memwatch: memwatch needs Node\.js 18 or newer, and this is 16\.20\.2\.$/m;
  await refused([SAID], sentence, { flags: ['-r', pretend] });
});

test('an unwritable report path is refused before the program starts', async () => {
  const directory = temporaryDirectory();
  const sentence = /^memwatch: the report cannot be written: .* \[ERR_MEMWATCH_REPORT_UNWRITABLE\]$/m;
  await refused([SAID], sentence, { file: directory });
  await refused([SAID], sentence, { file: path.join(directory, 'no', 'report.html') });
});

test('a report that can no longer be written is reported in one sentence', { skip: WINDOWS }, async () => {
  const directory = temporaryDirectory();
  const file = path.join(directory, 'gone', 'report.html');
  fs.mkdirSync(path.dirname(file));
  const program = start(['--no-dashboard', '--report', file, SAID, 'wait', 'SIGTERM']);
  await program.says('stdout', /ready/);
  fs.rmdirSync(path.dirname(file));
  program.child.kill('SIGTERM');
  const { status, stderr } = await program.ended;
  assert.equal(status, 2);
  assert.match(stderr, /^memwatch: the report cannot be written: ENOENT.* \[ERR_MEMWATCH_REPORT_UNWRITABLE\]\n$/);
});
