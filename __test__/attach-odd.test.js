'use strict';
// Reading from outside, of processes that are odd: they end or become another program meanwhile, a debugger has them,
// they are of another namespace, for another processor, or without V8's symbols. Each is read, or refused in one
// sentence, and continues unchanged.

const assert = require('node:assert/strict');
const { fork, spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { binaryName, platformName } = require('../lib/platform.js');
const { ROOT, cleanEnvironment, refused, report, temporaryDirectory } = require('./support/cli-run.js');

const isHere = process.platform === 'linux' && process.arch === 'x64';
const onLinux = { skip: !isHere && 'a process is read from outside on Linux x64 alone' };

const BINARY = path.join(ROOT, binaryName(platformName()));
const PROGRAM = path.join(__dirname, 'fixtures', 'attach', 'asked.js');
// Many times what anything here takes on a machine that has much else to do.
const AT_MOST_MS = 120_000;

/** How long before something happens to a process that is being read: from before it stops to after it was read. */
const DELAYS_MS = [0, 1, 2, 4, 8, 16, 32, 64, 128, 256];

async function running(t, options = {}) {
  const child = fork(PROGRAM, { env: cleanEnvironment({}), ...options });
  t.after(() => child.kill('SIGKILL'));
  await once(child, 'message');
  return child;
}

/** The binary, while this process continues. */
function analyzing(pid) {
  const child = spawn(BINARY, ['analyze', `${pid}`, '--json'], { env: cleanEnvironment({}) });
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name].setEncoding('utf8').on('data', (text) => (said[name] += text));
  return once(child, 'close').then(([status]) => ({ status, ...said }));
}

/** Whether it was read, and that it was refused in one sentence of those codes where it was not. */
function wasRead({ status, stdout, stderr }, codes) {
  if (status === 0) {
    assert.ok(JSON.parse(stdout).snapshot.nodes > 5000);
    return true;
  }
  assert.deepEqual([status, stdout], [2, ''], stderr);
  const [, code] = /^memwatch: [^\n]+ \[(ERR_MEMWATCH_\w+)\]\n$/.exec(stderr) ?? [];
  assert.ok(codes.includes(code), stderr);
  return false;
}

async function until(condition, what) {
  for (const end = Date.now() + AT_MOST_MS; Date.now() < end; await sleep(1)) {
    const found = condition();
    if (found) return found;
  }
  throw new Error(`waited in vain for ${what}`);
}

const statusOf = (pid, name) =>
  new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];

async function answers(child) {
  const answer = once(child, 'message');
  child.send('answer');
  assert.equal((await answer)[0], 'there');
}

test('a process that ends while it is being read ends normally', onLinux, async (t) => {
  for (const delay of DELAYS_MS) {
    const child = await running(t);
    const outcome = analyzing(child.pid);
    await sleep(delay);
    child.send('end');
    assert.deepEqual(await once(child, 'exit'), [7, null], `${delay} ms`);
    wasRead(await outcome, ['ERR_MEMWATCH_ATTACH_ENDED', 'ERR_MEMWATCH_NO_SUCH_PROCESS']);
  }
});

test('a process that calls exec while it is being read continues as the new program', {
  skip: onLinux.skip || (process.execve === undefined && 'this Node.js cannot become another program'),
}, async (t) => {
  // With many threads it often begins while some of them are traced, and others not yet. Each of the two then waits
  // for the other, unless the one that reads sees to it.
  const env = cleanEnvironment({ UV_THREADPOOL_SIZE: '64' });
  for (const delay of [...DELAYS_MS, ...Array.from({ length: 20 }, (_, index) => 10 + 2 * index)]) {
    const child = await running(t, { env });
    const outcome = analyzing(child.pid);
    await sleep(delay);
    child.send('exec');
    // Before it is asked for, it may have become the other program.
    wasRead(await outcome, ['ERR_MEMWATCH_ATTACH_ENDED', 'ERR_MEMWATCH_CORE_NO_LAYOUT']);
    await until(() => fs.readFileSync(`/proc/${child.pid}/comm`, 'utf8') === 'sleep\n', 'the other program');
    assert.equal(statusOf(child.pid, 'TracerPid'), '0');
    assert.ok('SR'.includes(statusOf(child.pid, 'State')));
    assert.equal(child.exitCode, null);
  }
});

/** @type {[name: string, words: (pid: number) => string[]][]} */
const TRACERS = [
  ['strace', (pid) => ['-qq', '-p', `${pid}`, '-e', 'trace=none', '-o', '/dev/null']],
  ['gdb', (pid) => ['-q', '-nx', '-p', `${pid}`, '-ex', 'shell sleep 600']],
];
const tracer = isHere ? TRACERS.find(([name]) => spawnSync(name, ['--version']).status === 0) : undefined;

test('a process under a debugger is refused with the name of the debugger, which stays attached', {
  skip: onLinux.skip || (tracer === undefined && 'neither strace nor gdb is here'),
}, async (t) => {
  const [name, words] = tracer;
  const child = await running(t);
  const debugging = spawn(name, words(child.pid), { stdio: 'ignore' });
  t.after(() => debugging.kill('SIGKILL'));
  await until(() => statusOf(child.pid, 'TracerPid') === `${debugging.pid}`, 'the debugger');
  const sentence = new RegExp(
    `process ${child.pid} is traced by ${name} \\(process ${debugging.pid}\\), and only one can`,
  );
  refused(['analyze', `${child.pid}`], 'ERR_MEMWATCH_ATTACH_TRACED', sentence);
  assert.equal(statusOf(child.pid, 'TracerPid'), `${debugging.pid}`);
  debugging.kill('SIGTERM');
  await once(debugging, 'exit');
  if (name === 'strace') await answers(child);
});

/** This Node.js with each name of V8's layout symbols changed. */
function withoutSymbols(file) {
  const bytes = fs.readFileSync(process.execPath);
  const name = Buffer.from('v8dbg_');
  for (let at = bytes.indexOf(name); at !== -1; at = bytes.indexOf(name, at + name.length)) bytes[at + 4] = 0x68;
  fs.writeFileSync(file, bytes, { mode: 0o755 });
}

/** The directory of this Node.js's C++ library: a copy of the program may look for it beside itself, as one for musl does. */
function libraryDirectory() {
  const found = /^.*? (\/.*)\/libstdc\+\+[^/]*$/m.exec(fs.readFileSync('/proc/self/maps', 'utf8'));
  return found === null ? '' : found[1];
}

test('a Node.js without the layout symbols of V8 is refused and continues', onLinux, async (t) => {
  const execPath = path.join(temporaryDirectory(), 'node');
  withoutSymbols(execPath);
  const child = await running(t, { execPath, env: cleanEnvironment({ LD_LIBRARY_PATH: libraryDirectory() }) });
  const sentence = /exports none of V8's layout symbols|it is not Node\.js, or was built without/;
  refused(['analyze', `${child.pid}`], 'ERR_MEMWATCH_CORE_NO_LAYOUT', sentence);
  await answers(child);
});

/** A 32-bit program that waits for a signal: an ELF header, one segment, and `pause()` again and again. */
function program32() {
  const [base, headers] = [0x10000, 52 + 32];
  const code = Buffer.from([0xb8, 29, 0, 0, 0, 0xcd, 0x80, 0xeb, 0xf7]);
  const bytes = Buffer.alloc(headers + code.length);
  bytes.write('\x7fELF\x01\x01\x01', 'latin1');
  [2, 3].forEach((value, at) => bytes.writeUInt16LE(value, 16 + 2 * at));
  [1, base + headers, 52].forEach((value, at) => bytes.writeUInt32LE(value, 20 + 4 * at));
  [52, 32, 1].forEach((value, at) => bytes.writeUInt16LE(value, 40 + 2 * at));
  [1, 0, base, base, bytes.length, bytes.length, 5, 4096].forEach((value, at) =>
    bytes.writeUInt32LE(value, 52 + 4 * at),
  );
  code.copy(bytes, headers);
  return bytes;
}

test('a 32-bit program is refused and continues', onLinux, async (t) => {
  const file = path.join(temporaryDirectory(), 'waiting');
  fs.writeFileSync(file, program32(), { mode: 0o755 });
  const child = spawn(file, { stdio: 'ignore' });
  const failed = await Promise.race([once(child, 'spawn').then(() => undefined), once(child, 'error')]);
  // A kernel may be built without them.
  if (failed !== undefined) return t.skip(`this system runs no 32-bit programs: ${failed[0].message}`);
  t.after(() => child.kill('SIGKILL'));
  refused(
    ['analyze', `${child.pid}`],
    'ERR_MEMWATCH_ATTACH_UNSUPPORTED',
    /is a 32-bit program: only those for 64-bit x86/,
  );
  assert.deepEqual([child.exitCode, child.signalCode], [null, null]);
});

const APART = ['unshare', '--map-root-user', '--pid', '--fork', '--kill-child'];
const cannotUnshare = isHere && spawnSync(APART[0], [...APART.slice(1), 'true']).status !== 0;

test('a process in another PID namespace is read by its number in ours', {
  skip: onLinux.skip || (cannotUnshare && 'this user may make no namespaces'),
}, async (t) => {
  const [file, ...words] = [...APART, process.execPath, PROGRAM];
  const outer = spawn(file, words, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: cleanEnvironment({}) });
  t.after(() => outer.kill('SIGKILL'));
  await once(outer, 'message');
  const children = (pid) =>
    fs.readdirSync('/proc').filter((name) => {
      try {
        return Number(/\) \S (\d+)/.exec(fs.readFileSync(`/proc/${name}/stat`, 'utf8'))[1]) === pid;
      } catch {
        return false;
      }
    });
  const [inner] = children(outer.pid);
  assert.match(fs.readFileSync(`/proc/${inner}/status`, 'utf8'), /^NSpid:\s+\d+\s+1$/m);
  const { classes } = report(['classes', ...snapshotOf(inner)]);
  assert.equal(classes.find(({ name }) => name === 'Ticket').instances, 5000);
  // It has taken note of the child that it made.
  assert.deepEqual(children(Number(inner)), []);
  await answers(outer);
});

/** The file of a snapshot from outside, and options to read all of it. */
function snapshotOf(pid) {
  const file = path.join(temporaryDirectory(), 'apart.heapsnapshot');
  const { status, stderr } = spawnSync(BINARY, ['snapshot', `${pid}`, '--out', file], { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  return [file, '--top', '100000'];
}
