'use strict';
// Where the kernel puts a core, by every template of core(5), and which file is one of a process: of cores that are made
// here, and of one process that changes its directory.

const assert = require('node:assert/strict');
const { fork } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { move, openCore, readCore } = require('../lib/run/core-file.js');
const { coreNames, howToFetch, receiverOf } = require('../lib/run/core-pattern.js');
const { Cores } = require('../lib/run/cores.js');
const { temporaryDirectory } = require('./support/cli-run.js');

const [PID, PARENT] = [4711, 4700];
const setting = (name) => fs.readFileSync(`/proc/sys/kernel/${name}`, 'utf8').trim();

/** Whether a path is that of the core of PID. */
function isNamed(file, pattern, usesPid = false) {
  const { isAbsolute, names } = coreNames(pattern, usesPid, PID);
  const parts = file.split('/').filter((part) => part !== '');
  if (isAbsolute !== file.startsWith('/') || parts.length !== names.length) return false;
  return names.every((name, at) => name.test(parts[at]));
}

test('each specifier of core(5) expands as in the kernel', () => {
  for (const [pattern, is, isNot] of [
    ['core', 'core', 'core.4711'],
    ['core.%p', 'core.4711', 'core.4712'],
    ['100%%', '100%', '100'],
    ['c%c', 'c18446744073709551615', 'c-1'],
    ['C%C', 'C1', 'C'],
    ['d%d', 'd1', 'dx'],
    ['e.%e', 'e.node (worker)', 'e.'],
    ['E%E', 'E!usr!bin!node', 'E'],
    ['f.%f', 'f.node', 'f.'],
    ['F%F', 'F3', 'Fx'],
    ['g%g', 'g1000', 'gx'],
    ['h.%h', 'h.build-7.example', 'h.'],
    ['i%i-%I', 'i4715-99', 'i4715'],
    ['P%P', 'P99', 'Pnode'],
    ['s%s', 's6', 'sSIGABRT'],
    ['t%t', 't1795000000', 't'],
    ['u%u', 'u0', 'uroot'],
    ['core.%e.%p.%t', 'core.node.4711.1795000000', 'core.node.4712.1795000000'],
    // What the kernel does not know, and a % at the end, it leaves out.
    ['core%z%', 'core', 'corez'],
    ['core%/x', 'corex', 'core/x'],
    ['a.b', 'a.b', 'axb'],
    ['/var/crash/core.%p', '/var/crash/core.4711', 'var/crash/core.4711'],
    ['/cores/%e/core-%p', '/cores/node/core-4711', '/cores/core-4711'],
    ['cores//core', 'cores/core', 'cores'],
    ['../core', '../core', 'xx/core'],
  ]) {
    assert.ok(isNamed(is, pattern), `${pattern}: ${is}`);
    assert.ok(!isNamed(isNot, pattern), `${pattern}: ${isNot}`);
  }
});

test('core_uses_pid appends the process id unless the pattern has it', () => {
  assert.ok(isNamed('core.4711', 'core', true));
  assert.ok(!isNamed('core', 'core', true));
  assert.ok(isNamed('core-4711', 'core-%p', true));
  assert.ok(isNamed('core-99.4711', 'core-%P', true));
  assert.ok(isNamed('core%p.4711', 'core%%p', true));
  assert.ok(isNamed('.4711', '', true));
});

test('the program that receives cores is named, with the command to get a core from it', () => {
  /** @type {[pattern: string, usesPid?: boolean][]} */
  const patterns = [['core'], ['/c/%p'], ['', true], ['', false], ['@/run/cores'], ['|/bin/false']];
  const kinds = patterns.map(([pattern, usesPid = false]) => receiverOf(pattern, usesPid).kind);
  assert.deepEqual(kinds, ['file', 'file', 'file', 'nobody', 'socket', 'program']);
  const of = { pids: [PID], directory: '/var/crash' };
  for (const [pattern, words] of /** @type {[string, RegExp][]} */ ([
    [
      '|/usr/lib/systemd/systemd-coredump %P %u %g %s %t %c %h',
      /^coredumpctl dump 4711 --output=\/var\/crash\/core\.4711$/,
    ],
    [
      '|/usr/share/apport/apport -p%p -s%s -c%c -d%d -P%P -u%u -g%g -- %E',
      /\/var\/lib\/apport\/coredump\/core\.\*\.4711\.\*/,
    ],
    ['|/usr/libexec/abrt-hook-ccpp %s %c', /^abrt list/],
    ['|/wsl-capture-crash %t %E %p %s', /wsl-crashes/],
    ['|/bin/false', /if it keeps it/],
  ])) {
    assert.match(howToFetch(receiverOf(pattern, false).program, of), words);
  }
});

/** A core with the headers of one, and `bytes` of memory; `cut` of them are not there. */
function coreBytes({ pid = PID, signal = 6, bytes = 8192, cut = 0, type = 4 } = {}) {
  const note = (kind, content) => {
    const head = Buffer.alloc(12);
    [5, content.length, kind].forEach((value, at) => head.writeUInt32LE(value, 4 * at));
    return Buffer.concat([head, Buffer.from('CORE\0\0\0\0'), content]);
  };
  const [status, info] = [Buffer.alloc(336), Buffer.alloc(136)];
  status.writeInt16LE(signal, 12);
  info.writeInt32LE(pid, 24);
  info.writeInt32LE(PARENT, 28);
  const notes = Buffer.concat([note(1, status), note(3, info)]);
  const segments = [
    [4, 4096, notes.length],
    [1, 8192, bytes],
  ].map(([kind, offset, length]) => {
    const header = Buffer.alloc(56);
    header.writeUInt32LE(kind, 0);
    header.writeBigUInt64LE(BigInt(offset), 8);
    header.writeBigUInt64LE(BigInt(length), 32);
    return header;
  });
  const header = Buffer.alloc(64);
  header.write('\x7fELF\x02\x01\x01', 'latin1');
  header.writeUInt16LE(type, 16);
  header.writeBigUInt64LE(64n, 32);
  header.writeUInt16LE(56, 54);
  header.writeUInt16LE(segments.length, 56);
  const file = Buffer.alloc(8192 + bytes - cut, 0x55);
  Buffer.concat([header, ...segments]).copy(file);
  notes.copy(file, 4096);
  return file;
}

const expected = () => ({
  isIt: ({ pid }) => pid === PID,
  users: new Set([process.getuid()]),
  since: Date.now() - 60_000,
});

test('a core file is matched to a process by its content, owner and time', () => {
  const directory = temporaryDirectory();
  const write = (name, bytes) => {
    const file = path.join(directory, name);
    fs.writeFileSync(file, bytes);
    return file;
  };
  const file = write('core', coreBytes());
  const opened = openCore(file, expected());
  assert.deepEqual(opened.core, { pid: PID, parent: PARENT, signal: 6, missingBytes: 0 });
  fs.closeSync(opened.descriptor);

  assert.equal(openCore(file, { ...expected(), isIt: ({ pid }) => pid === 4712 }), null);
  assert.equal(openCore(file, { ...expected(), users: new Set([process.getuid() + 1]) }), null);
  assert.equal(openCore(file, { ...expected(), since: Date.now() + 60_000 }), null);
  for (const bytes of ['', 'core', coreBytes().subarray(0, 100), coreBytes({ type: 2 })])
    assert.equal(openCore(write('none', bytes), expected()), null);
  fs.symlinkSync(file, path.join(directory, 'link'));
  assert.throws(() => openCore(path.join(directory, 'link'), expected()), { code: 'ELOOP' });
  assert.equal(openCore(directory, expected()), null);
});

test('missing bytes of a truncated core are counted, and a damaged core is not trusted', () => {
  const file = path.join(temporaryDirectory(), 'core');
  const read = (bytes) => {
    fs.writeFileSync(file, bytes);
    const descriptor = fs.openSync(file, 'r');
    try {
      return readCore(descriptor);
    } finally {
      fs.closeSync(descriptor);
    }
  };
  assert.equal(read(coreBytes({ cut: 5000 })).missingBytes, 5000);
  const whole = coreBytes();
  // Every word of the headers and notes as large as it can be.
  for (const from of [0, 64, 4096]) {
    for (let at = from; at < from + 512; at += 4) {
      const damaged = Buffer.from(whole);
      damaged.fill(0xff, at, at + 4);
      const core = read(damaged);
      assert.ok(core === null || core.missingBytes >= 0, `${at}`);
    }
  }
});

test('a core is moved without overwriting, or copied with its holes to another file system', async () => {
  const directory = temporaryDirectory();
  const names = [];
  for (const bytes of [8192, 4096]) {
    const file = path.join(directory, 'core');
    fs.writeFileSync(file, coreBytes({ bytes }), { mode: 0o644 });
    fs.utimesSync(file, 0, new Date('2026-11-20T09:58:55Z'));
    const descriptor = fs.openSync(file, 'r');
    names.push(await move(file, descriptor, directory, PID));
    fs.closeSync(descriptor);
    assert.ok(!fs.existsSync(file));
  }
  assert.deepEqual(
    names.map((name) => path.basename(name)),
    ['core-20261120-095855-4711', 'core-20261120-095855-4711.1'],
  );
  assert.deepEqual(
    names.map((name) => fs.statSync(name).size),
    [16_384, 12_288],
  );
  assert.equal(fs.statSync(names[0]).mode & 0o777, 0o600);

  // The descriptor of a file that has no name any more cannot be linked, as one of another file system.
  const bytes = Buffer.concat([coreBytes(), Buffer.alloc(3 << 20), Buffer.from('end')]);
  const file = path.join(directory, 'core');
  fs.writeFileSync(file, bytes);
  const descriptor = fs.openSync(file, 'r');
  fs.unlinkSync(file);
  const copied = await move(file, descriptor, directory, PID);
  fs.closeSync(descriptor);
  assert.ok(fs.readFileSync(copied).equals(bytes));
  assert.equal(fs.statSync(copied).mode & 0o777, 0o600);
});

test('a system that writes no cores is refused', () => {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform');
  for (const value of ['darwin', 'win32']) {
    Object.defineProperty(process, 'platform', { ...platform, value });
    try {
      assert.throws(() => new Cores(os.tmpdir(), () => {}), {
        code: 'ERR_MEMWATCH_CORES_UNAVAILABLE',
        message: /^--cores: core files of a crash are kept on Linux alone/,
      });
    } finally {
      Object.defineProperty(process, 'platform', platform);
    }
  }
});

const takesFiles = receiverOf(setting('core_pattern'), setting('core_uses_pid') !== '0').kind === 'file';

/** The core of a child that crashes in a directory to which it changes: `know` says what is known of it before. */
async function crashed(know) {
  const [directory, kept] = [temporaryDirectory(), path.join(temporaryDirectory(), 'a', 'kept')];
  const program = path.join(directory, 'changing.js');
  const change = "process.chdir(require('node:fs').mkdtempSync('x'))";
  fs.writeFileSync(
    program,
    `${change};\nprocess.on('message', () => process.abort());\nprocess.send(process.cwd());\n`,
  );
  const lines = [];
  const cores = new Cores(kept, (line) => lines.push(line));
  const child = fork(program, { cwd: directory });
  const [changed] = await once(child, 'message');
  know(cores, child.pid, changed);
  child.send('crash');
  const [code, signal] = await once(child, 'exit');
  await cores.finish({ pid: child.pid, name: 'changing.js', code, signal, wasAsked: false });
  const [file] = fs.readdirSync(kept);
  assert.match(file, new RegExp(`^core-\\d{8}-\\d{6}-${child.pid}$`), lines.join('\n'));
  assert.equal(fs.statSync(kept).mode & 0o777, 0o700);
  assert.equal(lines.length, 1, lines.join('\n'));
  return lines[0];
}

test('a core is found after the program changed its directory', { skip: !takesFiles }, async () => {
  const line = await crashed((cores, pid) => cores.add(pid, 'changing.js'));
  assert.match(line, /^kept a core of changing\.js \(pid \d+, SIGABRT, /);
});

test('an unknown child process is matched by its parent', { skip: !takesFiles }, async (t) => {
  const before = process.cwd();
  t.after(() => process.chdir(before));
  const line = await crashed((cores, _, changed) => {
    process.chdir(changed);
    cores.add(process.pid, 'parent.js');
  });
  assert.match(line, /^kept a core of a child of parent\.js \(pid \d+, SIGABRT, /);
});
