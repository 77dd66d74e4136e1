'use strict';
// What the command line refuses: each time one sentence with a code on standard error, exit status 2 and nothing on
// standard output; of a damaged file also the byte.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const zlib = require('node:zlib');
const { ask } = require('../lib/own.js').commands;
const { memwatch, refused, takeSnapshots, temporaryDirectory } = require('./support/cli-run.js');

const UNREADABLE = 'ERR_MEMWATCH_SNAPSHOT_UNREADABLE';
const TRUNCATED = 'ERR_MEMWATCH_SNAPSHOT_TRUNCATED';
const USAGE = 'ERR_MEMWATCH_USAGE';

const directory = temporaryDirectory();
const [file] = takeSnapshots(directory, 'idle-process.js', { operations: 0 });
const bytes = fs.readFileSync(file);

function write(name, content) {
  const written = path.join(directory, name);
  fs.writeFileSync(written, content);
  return written;
}

test('a missing file and a directory are refused', () => {
  const nowhere = path.join(directory, 'nowhere');
  refused(['classes', nowhere], UNREADABLE, /nowhere cannot be read: No such file or directory/);
  for (const words of [['classes'], ['classes', '--fast'], ['diff', file]]) {
    refused([...words, directory], UNREADABLE, /cannot be read: /);
  }
});

test('an empty file and empty standard input are refused', () => {
  const empty = write('empty', '');
  for (const words of [['analyze'], ['classes', '--fast'], ['diff', file], ['diff', '--fast', file]]) {
    refused([...words, empty], TRUNCATED, /empty is not a heap snapshot: .*\(at byte 0\)/);
  }
  refused(['analyze', '-'], TRUNCATED, /standard input is not a heap snapshot: .*\(at byte 0\)/);
});

test('a file that is not a snapshot is refused', () => {
  refused(['classes', __filename], 'ERR_MEMWATCH_SNAPSHOT_SYNTAX', /is not a heap snapshot: .*\(at byte 0\)/);
  refused(['classes', write('noise', Buffer.alloc(1000, 0xff))], 'ERR_MEMWATCH_SNAPSHOT_SYNTAX', /\(at byte 0\)/);
  const other = path.join(__dirname, '..', 'package.json');
  refused(['classes', other], 'ERR_MEMWATCH_SNAPSHOT_SECTION', /the snapshot header is missing \(at byte \d+\)/);
});

test('a truncated file is refused with the offset of its end, wherever it is cut', async () => {
  const { length } = bytes;
  for (const at of [1, 100, 500, Math.floor(length / 4), Math.floor(length / 2), length - 1000, length - 2]) {
    const cut = write('cut', bytes.subarray(0, at));
    const sentence = new RegExp(`cut is not a heap snapshot: .*\\(at byte ${at}\\)`);
    refused(['classes', cut], TRUNCATED, sentence);
    refused(['diff', '--fast', file, cut], TRUNCATED, sentence);
    const standard = new RegExp(`standard input is not a heap snapshot: .*\\(at byte ${at}\\)`);
    refused(['classes', '-'], TRUNCATED, standard, { input: bytes.subarray(0, at) });
    const request = { command: 'analyze', files: [cut], mayMap: false };
    await assert.rejects(ask(request), { code: TRUNCATED, offset: at });
  }
});

test('a truncated or damaged compressed file is refused', () => {
  const packed = zlib.gzipSync(bytes);
  refused(['classes', write('cut.gz', packed.subarray(0, packed.length >> 1))], UNREADABLE, /cut\.gz cannot be read: /);
  const damaged = Buffer.from(packed);
  damaged.fill(0, 1000, 1100);
  const { status, stdout, stderr } = memwatch(['classes', write('damaged.gz', damaged)]);
  assert.deepEqual([status, stdout], [2, ''], stderr);
  assert.match(stderr, /^memwatch: .*damaged\.gz .*\[ERR_MEMWATCH_SNAPSHOT_\w+\]\n$/);
});

test('an invalid byte in the middle is reported with its offset', () => {
  const edges = '"edges":[';
  const at = bytes.indexOf(edges) + edges.length;
  const damaged = Buffer.from(bytes);
  damaged[at] = 0x78;
  refused(['classes', write('damaged', damaged)], 'ERR_MEMWATCH_SNAPSHOT_SYNTAX', new RegExp(`\\(at byte ${at}\\)`));
});

test('an invalid id and an unknown id are refused', () => {
  for (const command of ['inspect', 'refs']) {
    refused([command, file, 'Session'], 'ERR_MEMWATCH_NOT_AN_ID', /"Session" is not an id such as @12345/);
    refused([command, file, '99999999999999999999'], 'ERR_MEMWATCH_NOT_AN_ID', /is not an id/);
  }
  for (const command of ['inspect', 'refs', 'paths']) {
    refused([command, file, '@4000000001'], 'ERR_MEMWATCH_NO_SUCH_ID', /no object has the id @4000000001/);
  }
  refused(['paths', file, '@one'], 'ERR_MEMWATCH_NOT_AN_ID', /"@one" is not an id/);
});

test('an unknown class is refused', () => {
  refused(['instances', file, 'NoSuchClass'], 'ERR_MEMWATCH_NO_SUCH_CLASS', /no object is of a class "NoSuchClass"/);
});

// The answer is a sentence and exit status 0 so far; `instances` refuses the same name.
test('paths of an unknown class are refused', () => {
  refused(['paths', file, 'NoSuchClass'], 'ERR_MEMWATCH_NO_SUCH_CLASS', /NoSuchClass/);
});

test('a directory is reported as a directory', () => {
  refused(['classes', directory], UNREADABLE, /is a directory/i);
});

test('an unknown command and a missing command are usage errors', () => {
  refused(['clases', file], USAGE, /unknown command 'clases'; did you mean 'classes' or 'closures'\?/);
  refused(['frobnicate'], USAGE, /unknown command 'frobnicate'; memwatch --help lists all commands/);
  refused(['toString'], USAGE, /unknown command 'toString'/);
  refused(['help', 'frobnicate'], USAGE, /unknown command 'frobnicate'/);
  const { status, stdout, stderr } = memwatch([]);
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /^Usage: memwatch COMMAND /);
});

test('a wrong number of operands is a usage error', () => {
  refused(['classes'], USAGE, /classes takes FILE: FILE is missing/);
  refused(['classes', file, file], USAGE, /classes takes FILE: '.*' is too many/);
  refused(['inspect', file], USAGE, /inspect takes FILE ID: ID is missing/);
  refused(['diff', file], USAGE, /diff takes BEFORE AFTER \[MORE…\]: AFTER is missing/);
  refused(['diff', '-', '-'], USAGE, /standard input can be read only once/);
});

test('an unknown option and an invalid value are usage errors', () => {
  refused(['classes', file, '--colour'], USAGE, /unknown option '--colour'; memwatch classes --help lists all options/);
  refused(['classes', file, '--srot', 'net'], USAGE, /unknown option '--srot'; did you mean '--sort'\?/);
  refused(['analyze', file, '--fast'], USAGE, /unknown option '--fast'/);
  refused(['classes', file, '--sort', 'name'], USAGE, /--sort takes one of retained, shallow, instances, not 'name'/);
  refused(['classes', file, '--sort'], USAGE, /--sort/);
  refused(['diff', file, file, file, '--sort', 'net'], USAGE, /--sort takes two files/);
  refused(['classes', file, '--json=yes'], USAGE, /--json/);
  for (const top of ['0', '-1', '1.5', 'many', '', '1e3', '9999999999']) {
    refused(['classes', file, `--top=${top}`], USAGE, /--top takes a whole number of at least 1, not /);
  }
});

test('an unreadable baseline and a check that could never fail are refused', () => {
  const words = ['diff', file, file, '--fail-on-growth'];
  const nowhere = path.join(directory, 'nowhere');
  const sentence = /the baseline cannot be read: .*nowhere/;
  refused([...words, '--baseline', nowhere], 'ERR_MEMWATCH_BASELINE_UNREADABLE', sentence);
  refused([...words, '--fast'], USAGE, /--fail-on-growth cannot be combined with --fast/);
});
