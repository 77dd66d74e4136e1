'use strict';
// Runs the command line as a person does, in a process of its own, and makes the snapshots it is asked about. Asserts
// only what holds for every run that ends well or badly; what the answers say is the test's business.

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { assertSchema, schemaOf } = require('./schema.js');

const ROOT = path.join(__dirname, '..', '..');
const MEMWATCH = path.join(ROOT, 'bin', 'memwatch.js');
const FIXTURES = path.join(ROOT, '__test__', 'fixtures', 'snapshots');

// JSON of a whole report on these small heaps is below it by far.
const MAX_OUTPUT_BYTES = 256 << 20;

/** The environment of a child: the runner's own variables would change what it does. */
const cleanEnvironment = (env) => ({ ...process.env, NODE_TEST_CONTEXT: undefined, NODE_OPTIONS: undefined, ...env });

/**
 * @param {string[]} words  what follows `memwatch`
 * @param {{ input?: string | Buffer, env?: NodeJS.ProcessEnv }} [options]
 * @returns {{status: number, stdout: string, stderr: string}}
 */
function memwatch(words, { input = '', env = {} } = {}) {
  const { status, signal, stdout, stderr, error } = spawnSync(process.execPath, [MEMWATCH, ...words], {
    input,
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT_BYTES,
    env: cleanEnvironment(env),
  });
  // A child that ends before it has read all of its input is no failure of the run.
  if (/** @type {NodeJS.ErrnoException | undefined} */ (error)?.code !== 'EPIPE') assert.ifError(error);
  assert.equal(signal, null, stderr);
  return { status, stdout, stderr };
}

/** What a command prints that ends well: nothing else, no escape sequence, and a line feed at its end. */
function told(words, options) {
  const { status, stdout, stderr } = memwatch(words, options);
  assert.deepEqual({ status, stderr }, { status: 0, stderr: '' });
  assert.doesNotMatch(stdout, /\x1b/);
  assert.match(stdout, /[^\n]\n$/);
  return stdout;
}

/** The report of a command as a value: one that its schema describes, if it has one. */
function report(words, options) {
  const value = JSON.parse(told([...words, '--json'], options));
  const name = schemaOf(words, value);
  if (name !== undefined) assertSchema(name, value);
  return value;
}

/** Asserts that a command is refused as every one is: one sentence with a code, exit status 2, nothing else. */
function refused(words, code, sentence, options) {
  const { status, stdout, stderr } = memwatch(words, options);
  assert.deepEqual({ status, stdout }, { status: 2, stdout: '' }, stderr);
  const lines = stderr.split('\n');
  assert.equal(lines.length, 2, stderr);
  assert.ok(lines[0].startsWith('memwatch: ') && lines[0].endsWith(` [${code}]`), stderr);
  assert.match(lines[0], sentence);
}

/** A directory that is gone when this process ends. */
function temporaryDirectory() {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-cli-'));
  process.once('exit', () => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/**
 * Snapshots of a fixture program, by the Node that runs this.
 * @param {string} fixture  a program of fixtures/snapshots
 * @returns {string[]} the files, the oldest first
 */
function takeSnapshots(directory, fixture, { operations, rounds = 1 }) {
  const out = path.join(directory, `${path.parse(fixture).name}.heapsnapshot`);
  const words = ['--expose-gc', path.join(FIXTURES, fixture), out, `${operations}`, `${rounds}`];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: 'utf8', env: cleanEnvironment({}) });
  assert.equal(status, 0, stderr);
  return rounds === 1 ? [out] : Array.from({ length: rounds }, (_, round) => `${out}.${round + 1}`);
}

module.exports = {
  ROOT,
  MEMWATCH,
  FIXTURES,
  cleanEnvironment,
  memwatch,
  told,
  report,
  refused,
  temporaryDirectory,
  takeSnapshots,
};
