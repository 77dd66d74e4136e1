'use strict';
// Where the command line reads from and writes to: packed files, standard input, a pipe that closes, a terminal's
// environment. What it answers is in cli.test.js.

const assert = require('node:assert/strict');
const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const zlib = require('node:zlib');
const { drawProgress, line } = require('../lib/cli/progress-bar.js');
const {
  MEMWATCH,
  cleanEnvironment,
  memwatch,
  report,
  takeSnapshots,
  temporaryDirectory,
  told,
} = require('./support/cli-run.js');

const directory = temporaryDirectory();
const files = takeSnapshots(directory, 'known-classes.js', { operations: 100, rounds: 2 });
const [before, file] = files;
const bytes = fs.readFileSync(file);

/** The answer without the file name, which is the same for every way to read a snapshot. */
function answers(name, options) {
  const classes = report(['classes', name], options);
  const fast = report(['classes', name, '--fast'], options);
  for (const one of [classes, fast]) delete one.snapshot.file;
  const { findings } = report(['analyze', name], options);
  const text = told(['strings', name], options);
  // The first line names the file as it was given.
  return { classes, fast, findings, text: text.slice(text.indexOf('\n')) };
}

function write(name, content) {
  const written = path.join(directory, name);
  fs.writeFileSync(written, content);
  return written;
}

const plain = answers(file);

test('a gzip file gives the same answer, whatever its name', () => {
  const packed = write('packed', zlib.gzipSync(bytes));
  assert.deepEqual(answers(packed), plain);
});

test('a gzip file of several members gives the same answer', () => {
  const members = [bytes.subarray(0, 1000), bytes.subarray(1000)].map((part) => zlib.gzipSync(part));
  const packed = write('members.gz', Buffer.concat(members));
  assert.deepEqual(answers(packed), plain);
});

test('a zstd file gives the same answer', {
  skip: zlib.zstdCompressSync === undefined && 'this Node.js cannot pack with zstd',
}, () => {
  const packed = write('packed.zst', zlib.zstdCompressSync(bytes));
  assert.deepEqual(answers(packed), plain);
});

test('standard input gives the same answer, plain and compressed', () => {
  for (const input of [bytes, zlib.gzipSync(bytes)]) {
    assert.deepEqual(answers('-', { input }), plain);
  }
});

test('one of the two files of a diff may be standard input', () => {
  const changes = ({ places, classes }) => [places.grown.map((one) => one.signature), classes.classes];
  const expected = changes(report(['diff', before, file]));
  assert.deepEqual(changes(report(['diff', before, '-'], { input: bytes })), expected);
  const fast = (words, options) => report(['diff', '--fast', ...words], options).classes.classes;
  assert.deepEqual(fast([before, '-'], { input: bytes }), fast([before, file]));
});

test('a file named like an option can be given after two dashes', () => {
  const odd = path.join(directory, '--fast');
  fs.copyFileSync(file, odd);
  const { status, stdout } = memwatch(['classes', '--', odd]);
  assert.deepEqual([status, stdout.includes('Session')], [0, true]);
});

test('a reader that closes the pipe early ends the command silently', async () => {
  for (const [words, expected] of /** @type {[words: string[], status: number][]} */ ([
    [['strings', file, '--json', '--top', '100000'], 0],
    [['classes', file, '--top', '100000'], 0],
    [['--help'], 0],
    [['diff', before, file, '--fail-on-growth'], 1],
  ])) {
    const child = spawn(process.execPath, [MEMWATCH, ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: cleanEnvironment({}),
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (stderr += text));
    // Closed before a byte was written: what `| head` does, only sooner.
    child.stdout.destroy();
    const [status, signal] = await once(child, 'close');
    assert.deepEqual({ status, signal, stderr }, { status: expected, signal: null, stderr: '' }, words.join(' '));
  }
});

test('no colour and no cursor movement is written to what is not a terminal, whatever the environment', () => {
  const text = told(['analyze', file]);
  for (const env of [{ NO_COLOR: '1' }, { FORCE_COLOR: '3', TERM: 'xterm-256color' }, { TERM: 'dumb' }]) {
    assert.equal(told(['analyze', file], { env }), text);
  }
  assert.doesNotMatch(memwatch(['classes', '/nowhere'], { env: { FORCE_COLOR: '3' } }).stderr, /\x1b/);
});

test('control characters in names from the heap do not reach the terminal', () => {
  // Any program can name a property so; the snapshot carries it.
  const script = write(
    'hostile.js',
    `
    const held = (globalThis['held\\x1b[2J\\u202e'] = new Map());
    const { Hostile } = { Hostile: class { constructor(i) { this['p\\x1b[31m'] = { text: 'v\\x1b[2J' + i }; } } };
    Object.defineProperty(Hostile, 'name', { value: 'Hostile\\x1b[2J' });
    for (let i = 0; i < 20000; i++) held.set('k' + i, new Hostile(i));
    require('node:v8').writeHeapSnapshot(process.argv[2]);
  `,
  );
  const out = path.join(directory, 'hostile.heapsnapshot');
  assert.equal(spawnSync(process.execPath, [script, out], { env: cleanEnvironment({}) }).status, 0);
  const { findings } = report(['analyze', out]);
  assert.match(findings[0].path.text, /held\x1b\[2J/);
  for (const words of [
    ['analyze', out],
    ['paths', out, findings[0].class],
    ['paths', out, `@${findings[0].exampleId}`],
    ['inspect', out, `@${findings[0].exampleId}`],
    ['refs', out, `@${findings[0].exampleId}`],
    ['strings', out],
    ['shapes', out],
  ]) {
    assert.doesNotMatch(told(words), /[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]/, words[0]);
  }
});

test('progress is drawn on terminals only', () => {
  const written = [];
  const nowhere = /** @type {any} */ ({ isTTY: false, write: (text) => written.push(text) });
  const stop = drawProgress({ stage: 'reading', bytes: 1, totalBytes: 2 }, nowhere);
  stop();
  assert.deepEqual(written, []);
});

test('progress shows the share done, the speed and the time left', () => {
  const mib = 2 ** 20;
  assert.equal(
    line({ stage: 'reading', bytes: 50 * mib, totalBytes: 200 * mib }, 500),
    'reading [######..................] 50 MiB, 100 MiB/s, 2 s left',
  );
  assert.equal(line({ stage: 'reading', bytes: 50 * mib, totalBytes: 0 }, 500), 'reading 50 MiB, 100 MiB/s');
  assert.equal(line({ stage: 'analyzing', bytes: 0, totalBytes: 0 }, 2100), 'analyzing… 2 s');
});
