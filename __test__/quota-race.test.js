'use strict';
// The quota of a directory holds for all processes that write to it at once, at any moment; and
// one that is killed while it writes gives its place back.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { setTimeout: sleep } = require('node:timers/promises');
const { ROOT } = require('./support/child.js');

const LINUX = process.platform === 'linux';
const QUOTA = 3;
const WRITERS = 4;
const ROUNDS = 3;
const HANGS_AFTER_MS = 120_000;

// So large that writing takes a while: several of them write at the same moment.
const PROGRAM = `
  const memwatch = require(${JSON.stringify(ROOT)});
  const [directory, whenFull] = process.argv.slice(1);
  globalThis.ballast = Array.from({ length: 30_000 }, (_, n) => ({ n, at: [n] }));
  memwatch.configure({ snapshots: { directory, onSignal: 'SIGUSR2', quota: { maxFiles: ${QUOTA}, whenFull } } });
  let rounds = 0;
  const next = () => (rounds++ === ${ROUNDS} ? process.exit(0) : process.kill(process.pid, 'SIGUSR2'));
  memwatch.on('snapshot', next);
  process.on('warning', (/** @type {NodeJS.ErrnoException} */ { code }) => {
    process.stdout.write(code + '\\n');
    next();
  });
  next();
  setTimeout(() => process.exit(1), ${HANGS_AFTER_MS});`;

function temporary(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-quota-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const whole = (directory) => fs.readdirSync(directory).filter((name) => name.endsWith('.heapsnapshot'));

function start(t, directory, whenFull) {
  const child = spawn(process.execPath, ['-e', PROGRAM, directory, whenFull], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  /** @type {string[]} */
  const codes = [];
  child.stdout.setEncoding('utf8').on('data', (text) => codes.push(...text.trim().split('\n')));
  return Object.assign(child, { codes });
}

for (const whenFull of ['refuse', 'remove-oldest']) {
  test(`several concurrent writers keep to the quota, with whenFull ${whenFull}`, {
    skip: !LINUX && 'copies of processes',
  }, async (t) => {
    const directory = temporary(t);
    const most = whenFull === 'refuse' ? QUOTA : QUOTA + 1;
    const writers = Array.from({ length: WRITERS }, () => start(t, directory, whenFull));
    let isOver = false;
    const ended = Promise.all(writers.map((child) => once(child, 'close'))).then((all) => {
      isOver = true;
      return all;
    });
    let seen = 0;
    while (!isOver) {
      seen = Math.max(seen, whole(directory).length);
      await sleep(5);
    }
    for (const [status] of await ended) assert.equal(status, 0);
    assert.ok(seen <= most, `${seen} files at a time`);
    assert.deepEqual([whole(directory).length, fs.readdirSync(directory).length], [QUOTA, QUOTA]);
    const codes = writers.flatMap(({ codes }) => codes);
    assert.deepEqual(
      [...new Set(codes)],
      whenFull === 'refuse' ? ['ERR_MEMWATCH_SNAPSHOT_QUOTA'] : codes.length > 0 ? ['ERR_MEMWATCH_SNAPSHOT_QUOTA'] : [],
    );
  });
}

test('processes killed while writing leave no reservation behind', {
  skip: !LINUX && 'copies of processes',
}, async (t) => {
  const directory = temporary(t);
  const isWriting = () => fs.readdirSync(directory).some((name) => name.endsWith('.memwatch-partial'));
  const killed = Array.from({ length: WRITERS }, () => start(t, directory, 'refuse'));
  const ended = killed.map((child) => once(child, 'close'));
  for (let turn = 0; turn < 12_000 && !isWriting() && whole(directory).length === 0; turn++) await sleep(5);
  for (const child of killed) child.kill('SIGKILL');
  await Promise.all(ended);
  for (const name of whole(directory)) fs.rmSync(path.join(directory, name));
  const next = start(t, directory, 'refuse');
  const [status] = await once(next, 'close');
  assert.deepEqual([status, next.codes], [0, []]);
  assert.deepEqual([whole(directory).length, fs.readdirSync(directory).length], [QUOTA, QUOTA]);
});
