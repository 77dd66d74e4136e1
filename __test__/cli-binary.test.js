'use strict';
// bin/memwatch.js starts the binary for commands about files: its streams, signals and exit status are those of the
// command. What the binary answers is in cli.test.js, and in the tests of crates/cli.

const assert = require('node:assert/strict');
const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { MEMWATCH, ROOT, cleanEnvironment, memwatch, refused, temporaryDirectory } = require('./support/cli-run.js');
const { binaryName, platformName } = require('../lib/platform.js');

const BINARY = path.join(ROOT, binaryName(platformName()));
const ADDON = `memwatch.${platformName()}.node`;
const NO_PROC = process.platform !== 'linux' && 'finds the binary in /proc';

test('the binary runs on systems without Node.js', () => {
  const alone = { encoding: /** @type {const} */ ('utf8'), env: {}, cwd: '/' };
  const { status, stdout } = spawnSync(BINARY, ['--version'], alone);
  assert.deepEqual([status, stdout], [0, `${require('../package.json').version}\n`]);
  const help = memwatch(['help', 'analyze']);
  assert.equal(spawnSync(BINARY, ['help', 'analyze'], alone).stdout, help.stdout);
});

test('for commands about programs the binary prints help, and an error that names what runs them', () => {
  const { status, stdout, stderr } = spawnSync(BINARY, ['top', '1'], { encoding: 'utf8' });
  assert.deepEqual([status, stdout], [2, '']);
  assert.equal(stderr, 'memwatch: top needs Node.js: npx memwatch top PID|URL [ERR_MEMWATCH_USAGE]\n');
});

/** A command that waits for its standard input, and the number of its binary. */
async function waiting(t) {
  const child = spawn(process.execPath, [MEMWATCH, 'classes', '-'], {
    stdio: ['pipe', 'ignore', 'inherit'],
    env: cleanEnvironment({}),
  });
  t.after(() => child.kill('SIGKILL'));
  const ended = once(child, 'close');
  for (;;) {
    const pids = fs.readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
    // Until then it is a copy of Node.js, which would handle a signal.
    const started = pids !== '' && fs.readlinkSync(`/proc/${pids}/exe`) === fs.realpathSync(BINARY);
    if (started) return { child, binary: Number(pids), ended };
    await sleep(10);
  }
}

for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGTERM', 'SIGINT', 'SIGHUP'])) {
  test(`${signal} kills the binary, and the command exits by the same signal`, { skip: NO_PROC }, async (t) => {
    const { child, binary, ended } = await waiting(t);
    child.kill(signal);
    assert.deepEqual(await ended, [null, signal]);
    assert.throws(() => process.kill(binary, 0), { code: 'ESRCH' });
  });
}

test('a binary that is killed by a signal makes the command exit by that signal', { skip: NO_PROC }, async (t) => {
  const { binary, ended } = await waiting(t);
  process.kill(binary, 'SIGKILL');
  assert.deepEqual(await ended, [null, 'SIGKILL']);
});

test('a binary that is missing or cannot be started is named in the error', {
  skip: process.platform === 'win32',
}, () => {
  const directory = temporaryDirectory();
  const addon = path.join(directory, ADDON);
  fs.copyFileSync(path.join(ROOT, ADDON), addon);
  const env = { MEMWATCH_ADDON: addon };
  refused(['analyze', 'x'], 'ERR_MEMWATCH_ADDON_MISSING', /binary .* is not next to its native addon/, { env });
  fs.writeFileSync(path.join(directory, path.basename(BINARY)), 'no program', { mode: 0o644 });
  refused(['analyze', 'x'], 'ERR_MEMWATCH_ADDON_UNUSABLE', /cannot be started: .*EACCES/, { env });
});
