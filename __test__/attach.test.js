'use strict';
// A process that has loaded nothing of memwatch's is read from outside: what comes out is right at any moment, and the
// process is as it was, whatever becomes of the reader. How V8's heap is read is tested with cores and in crates/heap.

const assert = require('node:assert/strict');
const { fork, spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { binaryName, platformName } = require('../lib/platform.js');
const { ROOT, cleanEnvironment, report, refused, temporaryDirectory, told } = require('./support/cli-run.js');

const onLinux = {
  skip:
    !(process.platform === 'linux' && process.arch === 'x64') && 'a process is read from outside on Linux x64 alone',
};

const BINARY = path.join(ROOT, binaryName(platformName()));
const FIXTURES = path.join(__dirname, 'fixtures', 'attach');
const ANOTHER_USER = 65_534;
// Many times what the slowest takes on a machine that has much else to do.
const AT_MOST_MS = 120_000;

async function until(condition, what) {
  for (const end = Date.now() + AT_MOST_MS; Date.now() < end; await sleep(1)) {
    const found = condition();
    if (found) return found;
  }
  throw new Error(`waited in vain for ${what}`);
}

/** A program that runs until the test ends, and its first message. */
async function running(t, fixture, execArgv = []) {
  const child = fork(path.join(FIXTURES, fixture), { execArgv, env: cleanEnvironment() });
  t.after(() => child.kill('SIGKILL'));
  const [first] = await once(child, 'message');
  return { child, pid: child.pid, first };
}

/** The binary itself, while this process continues. */
function reader(words, options = {}) {
  const child = spawn(BINARY, words, { env: cleanEnvironment(), ...options });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (said[name] += text));
  const ended = once(child, 'close').then(([status, signal]) => ({ status, signal, ...said }));
  return { child, ended };
}

function statusOf(pid) {
  const text = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
  const field = (name) => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(text)[1];
  return { state: field('State'), tracer: field('TracerPid'), blocked: field('SigBlk') };
}

/** The children of a process, with their states. */
function childrenOf(pid) {
  return fs.readdirSync('/proc').flatMap((name) => {
    try {
      const [, state, parent] = /\) (\S) (\d+)/.exec(fs.readFileSync(`/proc/${name}/stat`, 'utf8'));
      return Number(parent) === pid ? [{ pid: Number(name), state }] : [];
    } catch {
      return [];
    }
  });
}

/** Mappings that the process keeps from its children: V8's heap, and nothing of malloc's. */
function keptFromChildren(pid) {
  const mappings = fs.readFileSync(`/proc/${pid}/smaps`, 'utf8').split(/^(?=[\da-f]+-[\da-f]+ )/m);
  return mappings.filter((text) => /^VmFlags:.* dc( |$)/m.test(text)).map((text) => text.split('\n')[0]);
}

function counts(file, names, ...options) {
  const { classes } = report(['classes', file, '--top', '100000', ...options]);
  return names.map((name) => classes.filter((one) => one.name === name).reduce((sum, one) => sum + one.instances, 0));
}

/** Asserts that nothing of the reader is left in the process, which continues. */
async function assertUnharmed({ child, pid }, before) {
  await until(() => statusOf(pid).tracer === '0', 'the tracer to go');
  assert.equal(statusOf(pid).blocked, before.blocked);
  const threads = fs.readdirSync(`/proc/${pid}/task`).map((thread) => {
    return /\) (\S)/.exec(fs.readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'))[1];
  });
  assert.ok(
    threads.every((state) => 'RSD'.includes(state)),
    threads.join(),
  );
  const answer = once(child, 'message');
  child.send('are you there?');
  assert.deepEqual(await answer, [{ answer: 'are you there?' }, undefined]);
  assert.deepEqual([child.exitCode, child.signalCode], [null, null]);
}

test('the objects of each isolate are read correctly at any moment', onLinux, async (t) => {
  const target = await running(t, 'busy.js', ['--inspect=127.0.0.1:0']);
  const before = statusOf(target.pid);
  const directory = temporaryDirectory();
  for (const moment of [1, 2]) {
    const file = path.join(directory, `${moment}.heapsnapshot`);
    assert.equal(told(['snapshot', `${target.pid}`, '--out', file]), `${file}\n`);
    const [anchors, inner, slots, payloads, others] = counts(file, ['Anchor', 'Inner', 'Slot', 'Payload', 'InWorker']);
    assert.deepEqual([anchors, inner, slots, others], [20_000, 20_000, 20_000, 0]);
    assert.ok(payloads === 20_000 || payloads === 20_001, `${payloads}`);
    const { reading } = report(['summary', file]).snapshot;
    assert.deepEqual([reading.isCore, reading.missingBytes], [false, 0]);
  }
  const file = path.join(directory, 'worker.heapsnapshot');
  assert.deepEqual(report(['snapshot', `${target.pid}`, '--isolate', '2', '--out', file]), { path: file });
  assert.deepEqual(counts(file, ['InWorker', 'Anchor']), [1234, 0]);
  refused(['snapshot', `${target.pid}`, '--isolate=9'], 'ERR_MEMWATCH_CORE_NO_ISOLATE', /isolate 9 does not exist/);
  assert.ok(keptFromChildren(target.pid).length > 0);
  assert.deepEqual(childrenOf(target.pid), []);
  await assertUnharmed(target, before);
});

test('analyze names what a running process retains, and writes no file', onLinux, async (t) => {
  const target = await running(t, 'busy.js');
  const text = told(['analyze', `${target.pid}`]);
  assert.match(text, /^Read from memory by memwatch's own reader, not by V8: [\d,]+ of [\d,]+ objects alive; /);
  assert.match(text, new RegExp(`in process ${target.pid}: `));
  assert.match(text, /globalThis\.anchors/);
  assert.match(text, new RegExp(`write a file first: npx memwatch snapshot ${target.pid} --out FILE\n$`));
});

test('a stopped program is read, and stays stopped until SIGCONT', onLinux, async (t) => {
  const target = await running(t, 'busy.js');
  const before = statusOf(target.pid);
  target.child.kill('SIGSTOP');
  await until(() => statusOf(target.pid).state === 'T', 'the program to stop');
  const { findings, snapshot } = report(['analyze', `${target.pid}`]);
  assert.equal(snapshot.reading.isCore, false);
  // Nothing to go on with: its objects have other numbers when it is asked again.
  assert.ok(findings.length > 0 && findings.every(({ next }) => next.length === 0));
  assert.equal(statusOf(target.pid).state, 'T');
  target.child.kill('SIGCONT');
  await assertUnharmed(target, before);
});

test('a reader that is killed midway leaves the program running unchanged', onLinux, async (t) => {
  const target = await running(t, 'busy.js');
  const before = statusOf(target.pid);
  // Once the child exists and the program continues: before, it has registers of ours for milliseconds.
  const reading = () => {
    const [child] = childrenOf(target.pid).filter(({ state }) => state !== 'Z');
    return child !== undefined && statusOf(target.pid).tracer === '0' && child.pid;
  };
  const caughtReading = async () => {
    for (;;) {
      const { child, ended } = reader(['analyze', `${target.pid}`]);
      const copy = await until(() => reading() || child.exitCode !== null, 'the child');
      child.kill('SIGSTOP');
      // Unless it was quicker.
      if (childrenOf(target.pid).some(({ pid, state }) => pid === copy && state !== 'Z')) return { child, ended, copy };
      child.kill('SIGCONT');
      await ended;
    }
  };
  for (const signal of /** @type {NodeJS.Signals[]} */ (['SIGTERM', 'SIGKILL'])) {
    const { child, ended, copy } = await caughtReading();
    if (signal === 'SIGKILL') {
      // The child is a process that somebody traces.
      const second = spawnSync(BINARY, ['analyze', `${copy}`], { encoding: 'utf8' });
      assert.match(second.stderr, /is traced by memwatch\S* \(process \d+\), and only one can: .*_ATTACH_TRACED\]\n$/);
    }
    child.kill(signal);
    child.kill('SIGCONT');
    assert.equal((await ended).signal, signal);
    await until(() => childrenOf(target.pid).every(({ state }) => state === 'Z'), 'the child to end');
    // One that can end in its own way takes its child along.
    assert.equal(childrenOf(target.pid).length, signal === 'SIGKILL' ? 1 : 0);
    await assertUnharmed(target, before);
  }
});

test('a busy server answers every request while it is read', onLinux, async (t) => {
  const { child, pid, first: port } = await running(t, 'server.js');
  const before = statusOf(pid);
  /** @param {string} what @returns {Promise<[status: number, text: string]>} */
  const get = async (what) => {
    const response = await fetch(`http://127.0.0.1:${port}/${what}`);
    return [response.status, await response.text()];
  };
  const [, key] = await get('pool');
  let isOver = false;
  let answers = 0;
  const client = async (what, expected) => {
    for (; !isOver; answers++) assert.deepEqual(await get(what), [200, expected]);
  };
  const clients = [client('child', 'right'), client('child', 'right'), client('pool', key), client('pool', key)];
  for (let times = 0; times < 3; times++) {
    const before = answers;
    const { status, stderr } = await reader(['analyze', `${pid}`]).ended;
    assert.deepEqual([status, stderr], [0, '']);
    // It continues.
    await until(() => answers > before + 4, 'more answers');
  }
  isOver = true;
  await Promise.all(clients);
  const { children, signals, ticks, warnings } = JSON.parse((await get('counts'))[1]);
  assert.ok(signals <= children && children > 0 && ticks > 0, JSON.stringify({ signals, children, ticks }));
  assert.equal(warnings, 0);
  assert.deepEqual(childrenOf(pid), []);
  const { state, ...after } = statusOf(pid);
  assert.deepEqual({ ...after, state: before.state }, before);
  assert.ok('RS'.includes(state) && child.exitCode === null, state);
});

test('a process that cannot be read is refused in one sentence and continues', onLinux, async (t) => {
  const directory = temporaryDirectory();
  const start = (file, ...words) => {
    const child = spawn(file, words, { stdio: 'ignore' });
    t.after(() => child.kill('SIGKILL'));
    return child;
  };
  const sleeping = start('sleep', '600');
  refused(['analyze', `${sleeping.pid}`], 'ERR_MEMWATCH_CORE_NO_LAYOUT', /it is not Node\.js, or was built without/);
  // Known by a text that each has.
  for (const [mark, name] of /** @type {[string, RegExp][]} */ ([
    ['ELECTRON_RUN_AS_NODE', /Electron/],
    ['DENO_DIR', /Deno/],
    ['BUN_INSTALL', /Bun/],
  ])) {
    const file = path.join(directory, mark);
    fs.copyFileSync('/bin/sleep', file);
    fs.appendFileSync(file, `\0${mark}\0`);
    const other = start(file, '600');
    refused(['snapshot', `${other.pid}`], 'ERR_MEMWATCH_CORE_NOT_NODE', name);
    assert.equal(other.exitCode, null);
  }
  const target = await running(t, 'server.js');
  const thread = fs.readdirSync(`/proc/${target.pid}/task`).find((name) => name !== `${target.pid}`);
  refused(['analyze', thread], 'ERR_MEMWATCH_NO_SUCH_PROCESS', /is a thread of process/);
  refused(['analyze', '999999999'], 'ERR_MEMWATCH_NO_SUCH_PROCESS', /process 999999999 does not exist/);
  refused(['snapshot', `${target.pid}`, '--out', directory], 'ERR_MEMWATCH_SNAPSHOT_FILE_EXISTS', /exists/);
  // A child that has ended, of a parent that never asks for it.
  const parent = start('/bin/sh', '-c', 'true & exec sleep 600');
  const [zombie] = await until(() => {
    const ended = childrenOf(parent.pid).filter(({ state }) => state === 'Z');
    return ended.length > 0 && ended;
  }, 'the zombie');
  refused(['analyze', `${zombie.pid}`], 'ERR_MEMWATCH_ATTACH_ENDED', /has ended/);
  if (process.geteuid() === 0) {
    const file = path.join(fs.mkdtempSync('/tmp/memwatch-attach-'), 'memwatch');
    t.after(() => fs.rmSync(path.dirname(file), { recursive: true }));
    fs.copyFileSync(BINARY, file);
    for (const one of [file, path.dirname(file)]) fs.chmodSync(one, 0o755);
    const options = { uid: ANOTHER_USER, gid: ANOTHER_USER, encoding: /** @type {const} */ ('utf8'), cwd: '/' };
    const { status, stderr } = spawnSync(file, ['analyze', `${target.pid}`], options);
    assert.equal(status, 2, stderr);
    assert.match(
      stderr,
      /belongs to another user \(number 0\): run memwatch as that user, or as root .*_ATTACH_DENIED\]/,
    );
  }
  assert.equal((await fetch(`http://127.0.0.1:${target.first}/child`)).status, 200);
  assert.equal(sleeping.exitCode, null);
});
