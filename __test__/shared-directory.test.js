'use strict';
// In directories that belong to all, such as /tmp, nothing is touched before it is known to be this user’s: no
// link is followed, no pipe is read, and no file of another user is removed or believed.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { readRegular } = require('../lib/own-file.js');
const { ROOT, run, says } = require('./support/child.js');

const CLI = path.join(ROOT, 'bin', 'memwatch.js');
const LINUX = process.platform === 'linux';
const IS_ROOT = process.geteuid?.() === 0;

// Of `nobody`, where this one may give files away.
const ANOTHER_USER = 65_534;

// Numbers of processes are below it.
const NO_PROCESS = 4_194_305;

function temporary(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-test-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const pagesIn = (directory) => path.join(directory, `memwatch-pages-${process.geteuid()}`);

/** `memwatch top` of a process that does not run, where the system's directory for such files is this one. */
async function assertNoPage(directory) {
  const { status, stderr } = await run(process.execPath, [CLI, 'top', String(NO_PROCESS)], {
    env: { TMPDIR: directory },
  });
  assert.equal(status, 2);
  assert.match(stderr, /^memwatch: process \d+ has no dashboard that this user can read: [^\n]+\n$/);
}

test('a dashboard registration behind a symbolic link is neither read nor removed', {
  skip: process.platform === 'win32' && 'links',
}, async (t) => {
  const directory = temporary(t);
  const victim = path.join(temporary(t), 'victim');
  fs.mkdirSync(victim, { mode: 0o700 });
  const precious = path.join(victim, String(NO_PROCESS));
  fs.writeFileSync(precious, 'http://127.0.0.1:1/x/');
  fs.symlinkSync(victim, pagesIn(directory));
  await assertNoPage(directory);
  assert.ok(fs.existsSync(precious));
});

test('nor is one in a directory that others can write to or that another user owns', {
  skip: process.platform === 'win32' && 'modes',
}, async (t) => {
  const directory = temporary(t);
  const pages = pagesIn(directory);
  fs.mkdirSync(pages);
  const precious = path.join(pages, String(NO_PROCESS));
  fs.writeFileSync(precious, 'http://127.0.0.1:1/x/');
  fs.chmodSync(pages, 0o777);
  await assertNoPage(directory);
  assert.ok(fs.existsSync(precious));
  if (!IS_ROOT) return;
  fs.chmodSync(pages, 0o700);
  fs.chownSync(pages, ANOTHER_USER, ANOTHER_USER);
  await assertNoPage(directory);
  assert.ok(fs.existsSync(precious));
});

test('a registration of an ended process is removed if it is ours', {
  skip: process.platform === 'win32' && 'modes',
}, async (t) => {
  const directory = temporary(t);
  fs.mkdirSync(pagesIn(directory), { mode: 0o700 });
  const note = path.join(pagesIn(directory), String(NO_PROCESS));
  fs.writeFileSync(note, 'http://127.0.0.1:1/x/', { mode: 0o600 });
  await assertNoPage(directory);
  assert.ok(!fs.existsSync(note));
});

test('only a regular file of the right user is read', {
  skip: process.platform === 'win32' && 'links',
}, (t) => {
  const directory = temporary(t);
  const among = (name) => path.join(directory, name);
  fs.writeFileSync(among('file'), 'text');
  fs.symlinkSync('file', among('link'));
  const user = process.geteuid();
  assert.equal(readRegular(among('file'), { mostBytes: 4, user }), 'text');
  assert.equal(readRegular(among('link'), { mostBytes: 4, follow: true }), 'text');
  assert.throws(() => readRegular(among('link'), { mostBytes: 4 }), { code: 'ELOOP' });
  assert.throws(() => readRegular(among('file'), { mostBytes: 3 }), { code: 'EFBIG' });
  assert.throws(() => readRegular(among('file'), { mostBytes: 4, user: user + 1 }), { code: 'EPERM' });
  assert.throws(() => readRegular(directory, { mostBytes: 4 }), { code: 'EINVAL' });
  if (spawnSync('mkfifo', [among('pipe')]).status === 0)
    assert.throws(() => readRegular(among('pipe'), { mostBytes: 4 }), { code: 'EINVAL' });
});

/** Creates something at the path at which a program is about to register; returns what is there afterwards. */
async function published(how) {
  const [{ kind, pid, second }] = await says(
    (input) => {
      const { execFileSync } = require('node:child_process');
      const fs = require('node:fs');
      const first = `/tmp/memwatch-${process.pid}.json`;
      const victim = `/tmp/memwatch-victim-${process.pid}`;
      const text = JSON.stringify({ pid: process.pid, signal: 'SIGUSR2', done: 7, last: null });
      if (input.how === 'file') fs.writeFileSync(first, 'theirs');
      if (input.how === 'pipe') execFileSync('mkfifo', [first]);
      if (input.how === 'directory') fs.mkdirSync(first);
      if (input.how === 'link') {
        fs.writeFileSync(victim, text);
        fs.symlinkSync(victim, first);
      }
      if (input.how === 'user') {
        fs.writeFileSync(first, text);
        fs.chownSync(first, input.user, input.user);
      }
      const kindOf = () => {
        const found = fs.lstatSync(first);
        const kind = found.isFIFO()
          ? 'pipe'
          : found.isDirectory()
            ? 'directory'
            : found.isSymbolicLink()
              ? 'link'
              : 'file';
        return kind === 'file' ? `file ${fs.readFileSync(first, 'utf8')}` : kind;
      };
      const before = kindOf();
      require(ROOT).configure({ snapshots: { onSignal: 'SIGUSR2' } });
      const second = fs
        .readdirSync('/tmp')
        .some((name) => new RegExp(`^memwatch-${process.pid}-\\d+\\.json$`).test(name));
      require(ROOT).configure({ snapshots: { onSignal: false } });
      const kind = [before, kindOf(), input.how === 'link' ? fs.readFileSync(victim, 'utf8') === text : true];
      fs.rmSync(first, { recursive: true });
      fs.rmSync(victim, { force: true });
      say({ kind, pid: process.pid, second });
    },
    { input: { how, user: ANOTHER_USER } },
  );
  assert.ok(!fs.existsSync(`/tmp/memwatch-${pid}.json`));
  return { kind, second };
}

test('an existing file at the registration path stays, and another path is used', {
  skip: !LINUX && 'reads /proc',
}, async () => {
  for (const how of ['file', 'pipe', 'directory', 'link', ...(IS_ROOT ? ['user'] : [])]) {
    const { kind, second } = await published(how);
    assert.equal(kind[0], kind[1], how);
    assert.ok(kind[2], how);
    assert.ok(second, how);
  }
});

test('content of a file about a process of another user is not trusted', {
  skip: !(LINUX && IS_ROOT) && 'gives files away',
}, async (t) => {
  const file = `/tmp/memwatch-${process.pid}.json`;
  t.after(() => fs.rmSync(file, { force: true }));
  const stat = fs.readFileSync('/proc/self/stat', 'utf8');
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  fs.writeFileSync(
    file,
    JSON.stringify({
      pid: process.pid,
      start,
      namespace: fs.readlinkSync('/proc/self/ns/pid'),
      signal: 'SIGUSR2',
      done: 0,
      last: null,
    }),
  );
  fs.chownSync(file, ANOTHER_USER, ANOTHER_USER);
  const ignore = () => assert.fail('a signal was sent');
  process.on('SIGUSR2', ignore);
  t.after(() => process.off('SIGUSR2', ignore));
  const { stdout, stderr } = await run(process.execPath, [CLI, 'snapshot', String(process.pid)], { cwd: temporary(t) });
  // Read from outside, or refused where that cannot be.
  if (process.arch === 'x64') assert.match(stdout, /-outside\.heapsnapshot\n$/, stderr);
  else assert.match(stderr, /\[ERR_MEMWATCH_NO_TRIGGER\]\n$/);
});
