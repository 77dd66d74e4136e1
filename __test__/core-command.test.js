'use strict';
// `memwatch core FILE`: what a core says of its process. Cores of the kernel have a signal and the threads' registers
// whole; those that are made here have what their reader needs (support/core-file.js).

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { before, test } = require('node:test');
const { cleanEnvironment, memwatch, refused, report, temporaryDirectory, told } = require('./support/cli-run.js');
const { coreOf } = require('./support/core-file.js');

const PROGRAM = path.join(__dirname, 'fixtures', 'core-service.js');
const SECRETS = ['hunter2secret', 'xoxb-123456789012-abcdefABCDEF', 'sk_live_51Habcdefghijklmnop'];

const core = path.join(temporaryDirectory(), 'core');
let pid;

before(async () => {
  pid = await coreOf(PROGRAM, core, {
    args: [`--token=${SECRETS[1]}`, '--port=8080'],
    env: cleanEnvironment({ API_KEY: SECRETS[2], NODE_ENV: 'production' }),
  });
});

/** The line of the program on which a text stands, from 1. */
const lineOf = (text) =>
  fs
    .readFileSync(PROGRAM, 'utf8')
    .split('\n')
    .findIndex((line) => line.includes(text)) + 1;

test('the process has its version, arguments, environment and memory, without secrets', () => {
  const text = report(['core', core]);
  const { process: of } = text;
  assert.equal(of.pid, pid);
  assert.equal(`v${of.nodeVersion}`, process.version);
  assert.equal(of.v8Version, process.versions.v8);
  assert.equal(of.arguments[0], process.execPath);
  assert.ok(of.arguments.includes('--port=8080'), of.arguments.join(' '));
  assert.equal(of.environment.NODE_ENV, 'production');
  assert.match(of.environment.API_KEY, /^\[redacted/);
  assert.ok(of.memory.bytes > 1 << 20 && of.memory.missingBytes === 0 && of.memory.mappedFiles > 0);
  for (const answer of [JSON.stringify(text), told(['core', core])]) {
    for (const secret of SECRETS) assert.ok(!answer.includes(secret), secret);
  }
});

test('each thread has its own frames, with file and line, and its isolate', () => {
  const { threads, isolates } = report(['core', core]);
  const running = (name) => threads.find(({ frames }) => frames.some((frame) => frame.function === name));
  const [main, worker] = [running('charge'), running('workerWaits')];
  assert.ok(main && worker && main !== worker);
  assert.notEqual(main.isolate, worker.isolate);
  assert.deepEqual(
    isolates.map(({ number }) => number),
    [1, 2],
  );
  assert.equal(main.frames[0].function, 'charge');
  for (const [frames, name, call] of [
    [main.frames, 'charge', lineOf('return declined') - 1],
    [worker.frames, 'workerWaits', lineOf("postMessage('ready')") + 1],
  ]) {
    const { script, line, isCall } = frames.find((frame) => frame.function === name);
    assert.equal(script.replace(/^file:\/\//, ''), PROGRAM);
    // Where V8 has not made the table of positions it is the function's own line, and the report says so.
    assert.equal(line, isCall ? call : lineOf(`function ${name}`), name);
  }
});

test('the pending exception has its class, message, code and frames', () => {
  const { crash } = report(['core', core]);
  const error = crash.errors.find(({ class: name }) => name === 'PaymentError');
  assert.ok(error, JSON.stringify(crash));
  assert.match(error.message, /^card declined for order 17, password=\[redacted\]$/);
  assert.deepEqual([error.code, error.isPending, crash.outOfMemory], ['E_PAYMENT', false, null]);
  // V8 14 keeps the frames of an error elsewhere: there are none then, and those of the thread say where it was.
  const [frame] = error.frames;
  assert.ok(error.stack !== null || frame === undefined || frame.function === 'charge', JSON.stringify(error));
  assert.equal(report(['inspect', core, error.address, '--isolate', `${error.isolate}`]).object.class, 'PaymentError');
});

test('the heaps of the main thread and of a worker are two isolates', () => {
  const { isolates } = report(['core', core]);
  for (const isolate of isolates) {
    const sum = (field) => isolate.spaces.reduce((total, space) => total + space[field], 0);
    for (const field of ['objects', 'usedBytes', 'bytes']) assert.equal(sum(field), isolate[field], field);
    assert.ok(isolate.usedBytes <= isolate.bytes);
  }
  const counts = isolates.map(({ number }) => {
    const { classes } = report(['classes', core, '--isolate', `${number}`, '--top', '100000']);
    return ['OfMain', 'OfWorker'].map(
      (name) => classes.find((row) => row.name === name && row.instances > 1)?.instances,
    );
  });
  assert.deepEqual(
    counts.sort(),
    [
      [1_234, undefined],
      [undefined, 321],
    ].sort(),
  );
  const second = report(['core', core, '--isolate', '2']);
  assert.deepEqual(
    second.isolates.map(({ number }) => number),
    [2],
  );
  assert.deepEqual([...new Set(second.threads.map(({ isolate }) => isolate))], [2]);
});

test('the text says what happened, where, and the next command, in this order', () => {
  const text = told(['core', core]);
  const titles = text
    .split('\n')
    .filter((line) => /^[A-Z]/.test(line) && !line.startsWith('Invalid data'))
    .map((line) => line.replace(/ \(.*/, ''));
  assert.deepEqual(titles, ['What happened', 'Where it was', 'Heaps', 'Next', 'Process']);
  assert.match(text.split('\n')[0], /read from a core by memwatch's own reader$/);
  assert.ok(text.includes(`npx memwatch analyze ${core}`), text);
});

test('the snapshot of the selected isolate is written, and no file is overwritten', () => {
  const file = path.join(temporaryDirectory(), 'x.heapsnapshot');
  const { output } = report(['core', core, '--isolate', '2', '--out', file]);
  assert.deepEqual([output.file, output.isolate], [file, 2]);
  const names = report(['classes', file, '--top', '100000']).classes.map(({ name }) => name);
  const whose = report(['classes', core, '--isolate', '2', '--top', '100000']).classes.map(({ name }) => name);
  assert.deepEqual(names, whose);
  const again = memwatch(['core', core, '--out', file]);
  assert.equal(again.status, 2);
  assert.match(again.stderr, /\[ERR_MEMWATCH_SNAPSHOT_FILE_EXISTS\]/);
});

test('a file that is not a core is refused', () => {
  refused(['core', PROGRAM], 'ERR_MEMWATCH_CORE_INVALID', /not an ELF file/);
  refused(['core', '/bin/sh'], 'ERR_MEMWATCH_CORE_INVALID', /not a core/);
  refused(['core', '/nowhere/core'], 'ERR_MEMWATCH_SNAPSHOT_UNREADABLE', /cannot be read/);
});
