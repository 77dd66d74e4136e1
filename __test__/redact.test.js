'use strict';
// `memwatch redact`: no byte of a value is left, and everything else says the same as before. How the bytes are read
// and what is a name is tested in crates/snapshot; where files go, in crates/files.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const zlib = require('node:zlib');
const {
  FIXTURES,
  MEMWATCH,
  cleanEnvironment,
  refused,
  report,
  temporaryDirectory,
  told,
} = require('./support/cli-run.js');

const directory = temporaryDirectory();
const inDirectory = (name) => path.join(directory, name);
const file = inDirectory('secrets.heapsnapshot');
{
  const words = [path.join(FIXTURES, 'secrets.js'), file, 'hush-argument'];
  const { status, stderr } = spawnSync(process.execPath, words, { env: cleanEnvironment({ SECRET: 'hush-variable' }) });
  assert.equal(status, 0, String(stderr));
}
const out = inDirectory('shown.heapsnapshot');
const redacted = report(['redact', file, out]);
const before = fs.readFileSync(file, 'latin1');
const after = fs.readFileSync(out, 'latin1');

/** The texts of a snapshot that contain a word. */
const texts = (content, word) => JSON.parse(content).strings.filter((text) => text.includes(word));

/** A report as it would be of a file of any name. */
function answer(words, name) {
  const { snapshot, ...rest } = report([words[0], name, ...words.slice(1)]);
  return { ...rest, snapshot: { ...snapshot, file: undefined } };
}

test('no planted value is left', () => {
  assert.ok(texts(before, 'hush').length > 30_000);
  assert.deepEqual(texts(after, 'hush'), []);
  assert.equal(after.includes('hush'), false);
  assert.equal(after.includes('Joyent'), false, 'the source of modules is a value');
});

test('each value is replaced by its length and a different text', () => {
  const [old, shown] = [before, after].map((content) => JSON.parse(content).strings);
  assert.equal(shown.length, old.length);
  let replaced = 0;
  old.forEach((text, index) => {
    if (shown[index] === text || / part of key /.test(text)) return;
    replaced++;
    assert.equal(shown[index], `(string, ${text.length} character${text.length === 1 ? '' : 's'}) #${index}`);
  });
  assert.equal(replaced, redacted.values);
  assert.equal(redacted.values + redacted.names + redacted.kept, old.length);
  assert.equal(redacted.names, 0);
});

test('everything before the string table is the same, byte by byte', () => {
  const start = before.lastIndexOf('"strings":[');
  assert.equal(after.slice(0, start) === before.slice(0, start), true);
});

test('names of classes, properties, variables, functions and scripts stay', () => {
  const shown = new Set(JSON.parse(after).strings);
  for (const name of [
    'Account',
    'accounts',
    'token',
    'held',
    'secret',
    'said-both',
    'said-user@example.com',
    'said-method',
  ]) {
    assert.ok(shown.has(name), name);
  }
  assert.ok([...shown].some((text) => text.endsWith(`${path.sep}secrets.js`)));
});

test('every command but strings gives the same answer', () => {
  for (const words of [
    ['analyze'],
    ['summary', '--top', '1000'],
    ['classes', '--top', '100000'],
    ['functions', '--top', '100000'],
    ['paths', 'Account'],
  ]) {
    assert.deepEqual(answer(words, out), answer(words, file), words[0]);
  }
  assert.ok(report(['analyze', out]).findings.some((one) => one.class === 'Account'));
});

test('shapes are the same, without the names of properties that hold only numbers', () => {
  const shapes = (name) => {
    const found = report(['shapes', name, '--top', '100000']).shapes;
    return new Map(found.map(({ exampleId, ...shape }) => [exampleId, shape]));
  };
  const [old, shown] = [shapes(file), shapes(out)];
  assert.deepEqual([...shown.keys()].sort(), [...old.keys()].sort());
  for (const [id, { properties, ...shape }] of old) {
    const { properties: names, ...rest } = shown.get(id);
    assert.deepEqual(rest, shape);
    // Such a name has no reference of its own, and so cannot be distinguished from a value.
    names.forEach((name, at) => assert.ok(name === properties[at] || name.startsWith('(string, '), name));
  }
  assert.deepEqual(shown.get([...old].find(([, shape]) => shape.constructor === 'Account')[0]).properties, [
    'token',
    'next',
  ]);
});

test('equal strings stay equal, and keep their size', () => {
  const [old, shown] = [file, out].map((name) => answer(['strings', '--top', '100'], name));
  const counts = ({ duplicates, largest, ...rest }) => ({
    stringBytes: rest.stringBytes,
    duplicateCount: rest.duplicateCount,
    duplicates: duplicates.map((one) => one.count),
    largest: largest.map((one) => one.id),
  });
  assert.deepEqual(counts(shown), counts(old));
});

test('strict redaction also removes property names that are data', () => {
  const strict = inDirectory('strict.heapsnapshot');
  const { names } = report(['redact', file, strict, '--strict']);
  assert.ok(names > 0);
  const shown = new Set(JSON.parse(fs.readFileSync(strict, 'latin1')).strings);
  assert.equal(shown.has('said-user@example.com'), false);
  for (const name of ['Account', 'accounts', 'token', 'held', '__proto__']) assert.ok(shown.has(name), name);
});

test('compressed files are read, and written if the extension or the option says so', () => {
  const packed = inDirectory('packed.heapsnapshot.gz');
  told(['redact', file, packed]);
  assert.equal(zlib.gunzipSync(fs.readFileSync(packed)).toString('latin1') === after, true);
  const plain = inDirectory('from-packed.heapsnapshot');
  fs.writeFileSync(inDirectory('in.gz'), zlib.gzipSync(fs.readFileSync(file)));
  told(['redact', inDirectory('in.gz'), plain]);
  assert.equal(fs.readFileSync(plain, 'latin1') === after, true);
  const zstd = inDirectory('as-told');
  told(['redact', file, zstd, '--compression', 'zstd']);
  assert.deepEqual([...fs.readFileSync(zstd).subarray(0, 4)], [0x28, 0xb5, 0x2f, 0xfd]);
  const again = inDirectory('from-zstd');
  assert.match(told(['summary', zstd]), /nodes/);
  told(['redact', zstd, again]);
  assert.equal(fs.readFileSync(again, 'latin1').includes('hush'), false);
});

test('standard input and output work, and nothing else is printed', () => {
  const piped = (words, input) =>
    spawnSync(process.execPath, [MEMWATCH, 'redact', ...words], {
      input,
      maxBuffer: 1 << 30,
      env: cleanEnvironment({}),
    });
  const { status, stdout, stderr } = piped(['-', '-'], fs.readFileSync(file));
  assert.deepEqual([status, String(stderr)], [0, '']);
  assert.equal(stdout.toString('latin1') === after, true);
  const packed = piped([file, '-', '--compression', 'gzip'], '');
  assert.equal(zlib.gunzipSync(packed.stdout).toString('latin1') === after, true);
});

test('a reader that closes the pipe early ends the command silently', () => {
  const shell = `"${process.execPath}" "${MEMWATCH}" redact "${file}" - | head -c 10`;
  const { stdout, stderr } = spawnSync('sh', ['-c', shell], { encoding: 'utf8', env: cleanEnvironment({}) });
  assert.deepEqual({ stdout, stderr }, { stdout: '{"snapshot', stderr: '' });
});

test('the file is readable by the user alone', { skip: process.platform === 'win32' }, () => {
  assert.equal(fs.statSync(out).mode & 0o7777, 0o600);
});

test('no file is overwritten, and a failure leaves nothing behind', () => {
  const names = () => fs.readdirSync(directory).sort();
  const files = names();
  refused(['redact', file, out], 'ERR_MEMWATCH_SNAPSHOT_FILE_EXISTS', /shown\.heapsnapshot already exists/);
  refused(['redact', file, file], 'ERR_MEMWATCH_SNAPSHOT_FILE_EXISTS', /secrets\.heapsnapshot already exists/);
  refused(['redact', file, inDirectory('none/x')], 'ERR_MEMWATCH_SNAPSHOT_DIRECTORY', /none/);
  refused(['redact', inDirectory('none'), inDirectory('x')], 'ERR_MEMWATCH_SNAPSHOT_UNREADABLE', /none cannot be read/);
  refused(
    ['redact', '-', inDirectory('x')],
    'ERR_MEMWATCH_SNAPSHOT_TRUNCATED',
    /standard input is not a heap snapshot/,
    {
      input: before.slice(0, 100_000),
    },
  );
  refused(
    ['redact', __filename, inDirectory('x')],
    'ERR_MEMWATCH_SNAPSHOT_SYNTAX',
    /redact\.test\.js is not a heap snapshot/,
  );
  refused(['redact', file], 'ERR_MEMWATCH_USAGE', /redact takes FILE OUT/);
  refused(['redact', file, inDirectory('x'), '--compression', 'zip'], 'ERR_MEMWATCH_USAGE', /none, gzip, zstd/);
  assert.deepEqual(names(), files);
});
