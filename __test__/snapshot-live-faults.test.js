'use strict';
// Whatever goes wrong with a snapshot of the running program is an error with a code: the
// program continues, and no file, process or descriptor is left behind.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const fs = require('node:fs');
const path = require('node:path');
const { run, ROOT } = require('./support/child.js');
const { forkOnly, temporaryDirectory, liveSays, TOOLS } = require('./support/live.js');
const { unlessMusl } = require('./support/not-here.js');

/** Both manners must refuse what cannot be written. */
const MODES = process.platform === 'linux' ? ['fork', 'inline'] : ['inline'];

async function refused(/** @type {import('node:test').TestContext} */ t, prepare, file, code) {
  const directory = temporaryDirectory(t);
  prepare(directory);
  const before = fs.readdirSync(directory);
  for (const mode of MODES) {
    const [result] = await liveSays(
      async ({ file, mode }) => say(await caught(memwatch.writeSnapshot(file, { mode }))),
      { input: { file: path.join(directory, file), mode } },
    );
    assert.equal(result.code, code, JSON.stringify(result));
    assert.deepEqual(fs.readdirSync(directory), before);
  }
  return directory;
}

test('a missing directory is refused', async (t) => {
  await refused(t, () => {}, 'none/a.heapsnapshot', 'ERR_MEMWATCH_SNAPSHOT_DIRECTORY');
});

test('an existing file is not overwritten', async (t) => {
  const prepare = (directory) => fs.writeFileSync(path.join(directory, 'a.heapsnapshot'), 'mine');
  const directory = await refused(t, prepare, 'a.heapsnapshot', 'ERR_MEMWATCH_SNAPSHOT_FILE_EXISTS');
  assert.equal(fs.readFileSync(path.join(directory, 'a.heapsnapshot'), 'utf8'), 'mine');
});

test('a symbolic link in place of the file is not followed', async (t) => {
  const prepare = (directory) => fs.symlinkSync(path.join(directory, 'victim'), path.join(directory, 'a.heapsnapshot'));
  await refused(t, prepare, 'a.heapsnapshot', 'ERR_MEMWATCH_SNAPSHOT_FILE_EXISTS');
});

test('an unwritable directory is refused', async (t) => {
  // The superuser may write everywhere, but not into /proc.
  const [file] = process.platform === 'linux' ? ['/proc/self/a.heapsnapshot'] : ['/a.heapsnapshot'];
  for (const mode of MODES) {
    const [result] = await liveSays(
      async ({ file, mode }) => say(await caught(memwatch.writeSnapshot(file, { mode }))),
      { input: { file, mode } },
    );
    assert.equal(result.code, 'ERR_MEMWATCH_SNAPSHOT_DIRECTORY', JSON.stringify(result));
  }
});

test('invalid options are refused before anything is done', async () => {
  const [codes] = await liveSays(async () => {
    const tries = [
      { mode: 'forked' },
      { timeoutMs: 0 },
      { timeoutMs: 1.5 },
      { compression: 'zip' },
      { modus: 'fork' },
      { redact: 1 },
    ];
    const codes = [];
    for (const options of tries)
      codes.push((await caught(memwatch.writeSnapshot('/nowhere/a', /** @type {any} */ (options)))).code);
    for (const options of [{ top: 0 }, { compression: 'gzip' }, 3, null])
      codes.push((await caught(memwatch.analyzeNow(/** @type {any} */ (options)))).code);
    say(codes);
  });
  assert.deepEqual(codes, new Array(10).fill('ERR_MEMWATCH_USAGE'));
});

/** A program in namespaces of its own, where a `prepare` of the shell is done first. */
async function inNamespace(t, prepare, main, input) {
  const tried = spawnSync('unshare', ['-rm', 'sh', '-c', prepare]);
  if (tried.status !== 0) return void t.skip('this user may make no namespaces here');
  const file = path.join(temporaryDirectory(t), 'program.js');
  const say = `const say = (value) => fs.writeSync(1, 'said: ' + JSON.stringify(value) + '\\n');`;
  const source = `const ROOT = ${JSON.stringify(ROOT)};\n${TOOLS}\n${say}\n(${main})(${JSON.stringify(input)});`;
  fs.writeFileSync(file, source);
  const outcome = await run('unshare', ['-rm', 'sh', '-c', `${prepare} && exec "$0" "$@"`, process.execPath, file]);
  assert.deepEqual([outcome.status, outcome.signal], [0, null], outcome.stderr);
  return outcome.said;
}

test('a full disk gives an error, and no file is left', forkOnly, async (t) => {
  const directory = temporaryDirectory(t);
  const said = await inNamespace(
    t,
    `mount -t tmpfs -o size=2m none ${directory}`,
    async (directory) => {
      grow(30_000);
      for (const mode of /** @type {const} */ (['fork', 'inline'])) {
        const result = await caught(memwatch.writeSnapshot(path.join(directory, 'a.heapsnapshot'), { mode }));
        say([result.code, fs.readdirSync(directory)]);
      }
      const small = await memwatch.writeSnapshot(path.join(directory, 'a.heapsnapshot.zst'), { mode: 'fork' });
      say([small.mode, fs.readdirSync(directory)]);
    },
    directory,
  );
  if (said === undefined) return;
  assert.deepEqual(said, [
    ['ERR_MEMWATCH_SNAPSHOT_DISK_FULL', []],
    ['ERR_MEMWATCH_SNAPSHOT_DISK_FULL', []],
    ['fork', ['a.heapsnapshot.zst']],
  ]);
});

test('without /proc there is no forked child: the snapshot is inline and says so, unless disallowed', {
  skip: forkOnly.skip || unlessMusl('libraries without /proc').skip,
}, async (t) => {
  const said = await inNamespace(t, 'mount -t tmpfs none /proc', async () => {
    const directory = fs.mkdtempSync(path.join(require('node:os').tmpdir(), 'memwatch-'));
    try {
      say(await caught(memwatch.writeSnapshot(path.join(directory, 'a.heapsnapshot'), { mode: 'fork' })));
      const { mode, fallbackReason } = await memwatch.writeSnapshot(path.join(directory, 'a.heapsnapshot'));
      say([mode, fallbackReason, fs.readdirSync(directory)]);
    } finally {
      fs.rmSync(directory, { recursive: true });
    }
  });
  if (said === undefined) return;
  const [forked, [mode, reason, files]] = said;
  assert.equal(forked.code, 'ERR_MEMWATCH_SNAPSHOT_FORK');
  assert.match(forked.message, /smaps/);
  assert.equal(mode, 'inline');
  assert.equal(reason, forked.message);
  assert.deepEqual(files, ['a.heapsnapshot']);
});

test('a memory limit of the process without room for a forked child', forkOnly, async (t) => {
  if (spawnSync('prlimit', ['--version']).status !== 0) return t.skip('there is no prlimit here');
  const [forked, automatic] = await liveSays(
    async (directory) => {
      grow(200_000);
      // As far below what the copy needs as above what the program does.
      const used = Number(fs.readFileSync('/proc/self/status', 'utf8').match(/VmData:\s+(\d+)/)[1]) * 1024;
      require('node:child_process').execFileSync('prlimit', ['--pid', `${process.pid}`, `--data=${used + (64 << 20)}`]);
      const file = path.join(directory, 'a.heapsnapshot');
      say(await caught(memwatch.writeSnapshot(file, { mode: 'fork' })));
      say(await caught(memwatch.writeSnapshot(file)));
      say(fs.readdirSync(directory));
    },
    { input: temporaryDirectory(t) },
  );
  assert.equal(forked.code, 'ERR_MEMWATCH_SNAPSHOT_MEMORY');
  // No room on the spot either.
  assert.equal(automatic.code, 'ERR_MEMWATCH_SNAPSHOT_MEMORY');
});

test('memory that suffices for the fork and not for its snapshot', forkOnly, async (t) => {
  if (spawnSync('prlimit', ['--version']).status !== 0) return t.skip('there is no prlimit here');
  const [result, left, reader, after] = await liveSays(
    async (directory) => {
      grow(300_000);
      const limit = (bytes) =>
        require('node:child_process').execFileSync('prlimit', ['--pid', `${process.pid}`, `--data=${bytes}:unlimited`]);
      const used = Number(fs.readFileSync('/proc/self/status', 'utf8').match(/VmData:\s+(\d+)/)[1]) * 1024;
      // The heap once and eight times, which every snapshot takes, and a little more: this one takes thirty times as
      // much, of very small objects.
      limit(used + 12 * process.memoryUsage().heapUsed + (64 << 20));
      say(await caught(memwatch.writeSnapshot(path.join(directory, 'a'), { mode: 'fork', engine: 'v8' })));
      say([fs.readdirSync(directory), children()]);
      // Memory that is too little for V8 is enough for memwatch's reader.
      say((await caught(memwatch.writeSnapshot(path.join(directory, 'b'), { mode: 'fork' }))).value?.engine ?? 'none');
      limit('unlimited');
      say((await memwatch.writeSnapshot(path.join(directory, 'a'), { mode: 'fork' })).mode);
    },
    { input: temporaryDirectory(t) },
  );
  assert.equal(result.code, 'ERR_MEMWATCH_SNAPSHOT_MEMORY', JSON.stringify(result));
  assert.match(result.message, /cancelled/);
  assert.deepEqual(left, [[], []]);
  assert.equal(reader, process.arch === 'x64' ? 'reader' : 'none');
  assert.equal(after, 'fork');
});

test('a limit set on the forked child itself', forkOnly, async (t) => {
  if (spawnSync('prlimit', ['--version']).status !== 0) return t.skip('there is no prlimit here');
  const [result, left] = await liveSays(
    async (directory) => {
      grow(200_000);
      const limit = (pid) => require('node:child_process').spawnSync('prlimit', ['--pid', pid, '--data=1000000']);
      let result;
      // Again where a child was done before it was seen.
      for (let attempts = 0; attempts < 20 && (attempts === 0 || result.value !== undefined); attempts++) {
        fs.rmSync(path.join(directory, 'a'), { force: true });
        const outcome = caught(memwatch.writeSnapshot(path.join(directory, 'a'), { mode: 'fork' }));
        // One that crashes at its limit is replaced: each has one.
        let pid;
        while ((pid = await forkedChild(outcome, { before: pid })) !== undefined) {
          if (await paused(pid)) limit(pid);
          resume(pid);
        }
        result = await outcome;
      }
      say(result);
      say([fs.readdirSync(directory), children()]);
    },
    { input: temporaryDirectory(t) },
  );
  assert.ok(
    ['ERR_MEMWATCH_SNAPSHOT_CHILD', 'ERR_MEMWATCH_SNAPSHOT_MEMORY'].includes(result.code),
    JSON.stringify(result),
  );
  assert.deepEqual(left, [[], []]);
});

test('a forked child that takes too long is killed', forkOnly, async (t) => {
  const said = await liveSays(
    async (directory) => {
      grow(100_000);
      const options = { mode: /** @type {const} */ ('fork'), timeoutMs: 50 };
      say(await caught(memwatch.writeSnapshot(path.join(directory, 'a.heapsnapshot'), options)));
      say(await caught(memwatch.analyzeNow(options)));
      say([fs.readdirSync(directory), children()]);
    },
    { input: temporaryDirectory(t) },
  );
  assert.equal(said[0].code, 'ERR_MEMWATCH_SNAPSHOT_TIMEOUT');
  assert.equal(said[1].code, 'ERR_MEMWATCH_SNAPSHOT_TIMEOUT');
  assert.deepEqual(said[2], [[], []]);
});

test('a forked child that is killed at any moment', forkOnly, async (t) => {
  const [rounds, left] = await liveSays(
    async (directory) => {
      grow(30_000);
      await memwatch.writeSnapshot(path.join(directory, 'whole'), { mode: 'fork' });
      const before = descriptors();
      const rounds = [];
      const take = (name) => memwatch.writeSnapshot(name, { mode: 'fork' });
      const { pid: first, outcome } = await held(() => take(path.join(directory, 'first')));
      process.kill(first, 'SIGKILL');
      rounds.push(await outcome);
      // From immediately to beyond its end.
      for (let wait = 1; wait < 3000; wait = Math.ceil(wait * 1.7)) {
        const name = path.join(directory, `${wait}`);
        const written = caught(take(name));
        const pid = await forkedChild(written);
        await Promise.race([sleep(wait), written]);
        try {
          if (pid !== undefined) process.kill(pid, 'SIGKILL');
        } catch {}
        const { code, signal } = await written;
        rounds.push({ code, signal, isThere: fs.existsSync(name) });
        if (fs.existsSync(name)) JSON.parse(fs.readFileSync(name, 'utf8'));
        fs.rmSync(name, { force: true });
      }
      say(rounds);
      say({ files: fs.readdirSync(directory), children: children(), descriptors: descriptors() - before });
    },
    { input: temporaryDirectory(t) },
  );
  assert.equal(rounds[0].signal, 'SIGKILL');
  for (const { code, signal, isThere } of rounds) {
    // Killed after it had named the file, and before it could say so, it leaves a whole one.
    if (code === undefined) assert.ok(isThere);
    else assert.deepEqual({ code, signal }, { code: 'ERR_MEMWATCH_SNAPSHOT_CHILD', signal: 'SIGKILL' });
  }
  assert.deepEqual(left, { files: ['whole'], children: [], descriptors: 0 });
});

test('a program with hardly a free descriptor: its forked child keeps none of them', forkOnly, async (t) => {
  if (spawnSync('prlimit', ['--version']).status !== 0) return t.skip('there is no prlimit here');
  const [kept] = await liveSays(
    async (directory) => {
      grow(100_000);
      require('node:child_process').execFileSync('prlimit', ['--pid', `${process.pid}`, '--nofile=200:200']);
      const take = () => {
        const open = [];
        try {
          for (;;) open.push(fs.openSync('/dev/zero', 'r'));
        } catch {}
        // For the child's pipe, and for what reports V8's memory while it is forked: the child then has one left.
        for (let n = 0; n < 3; n++) fs.closeSync(open.pop());
        const written = memwatch.writeSnapshot(path.join(directory, 'a'), { mode: 'fork' });
        for (const one of open) fs.closeSync(one);
        return written;
      };
      const { pid, outcome } = await held(take);
      const links = fs.readdirSync(`/proc/${pid}/fd`).map((one) => fs.readlinkSync(`/proc/${pid}/fd/${one}`));
      say(links.filter((link) => link === '/dev/zero'));
      resume(pid);
      await outcome;
    },
    { input: temporaryDirectory(t) },
  );
  assert.deepEqual(kept, []);
});

test('a forked child that crashes is replaced, twice at most', forkOnly, async (t) => {
  const directory = temporaryDirectory(t);
  const said = await liveSays(
    async (directory) => {
      for (const crashes of [2, 3]) {
        const diff = await memwatch.beginHeapDiff();
        const [own] = fs.readdirSync(directory);
        const [before] = fs.readdirSync(path.join(directory, own));
        // No child is done before it is seen: each waits for this file.
        const giveBack = withheld(path.join(directory, own, before));
        const ended = caught(diff.end({ mode: 'fork' }));
        let pid;
        for (let n = 0; n < crashes; n++) {
          pid = await forkedChild(ended, { before: pid });
          process.kill(pid, 'SIGSEGV');
        }
        // Before the next child is forked, if there is one: that is done in this thread.
        giveBack();
        const { value, code, signal } = await ended;
        say([value?.mode, code, signal]);
        diff.cancel();
      }
    },
    { input: directory, env: { TMPDIR: directory } },
  );
  assert.deepEqual(said, [
    ['fork', null, null],
    [null, 'ERR_MEMWATCH_SNAPSHOT_CHILD', 'SIGSEGV'],
  ]);
});

test('a task limit without room for a thread: inline, unless disallowed', forkOnly, async (t) => {
  if (spawnSync('prlimit', ['--version']).status !== 0) return t.skip('there is no prlimit here');
  const directory = temporaryDirectory(t);
  fs.chmodSync(directory, 0o777);
  const [forked, automatic, files] = await liveSays(
    async (directory) => {
      // Warm, so that only the tested call needs a thread.
      await caught(memwatch.writeSnapshot(path.join(directory, 'none', 'a')));
      require('node:child_process').execFileSync('prlimit', ['--pid', `${process.pid}`, '--nproc=1:1']);
      // The limit does not hold for the superuser.
      if (process.getuid() === 0) process.setuid(65534);
      say(await caught(memwatch.writeSnapshot(path.join(directory, 'a'), { mode: 'fork' })));
      say(await caught(memwatch.writeSnapshot(path.join(directory, 'b'))));
      say(fs.readdirSync(directory));
    },
    { input: directory },
  );
  assert.equal(forked.code, 'ERR_MEMWATCH_SNAPSHOT_FORK', JSON.stringify(forked));
  assert.deepEqual(
    [automatic.value?.mode, automatic.value?.fallbackReason],
    ['inline', forked.message],
    JSON.stringify(automatic),
  );
  assert.deepEqual(files, ['b']);
});

test('the second of two concurrent snapshots is refused, from a worker too', forkOnly, async (t) => {
  const [codes, ofWorker, { mode }] = await liveSays(
    async (directory) => {
      const { Worker } = require('node:worker_threads');
      const codesOf = async (memwatch, file) => {
        const codes = [];
        const tell = (promise) =>
          promise.then(
            () => codes.push('none'),
            ({ code }) => codes.push(code),
          );
        for (const mode of ['auto', 'fork', 'inline']) await tell(memwatch.writeSnapshot(file, { mode }));
        await tell(memwatch.analyzeNow());
        return codes;
      };
      const source = `
        const { parentPort, workerData } = require('node:worker_threads');
        const memwatch = require(${JSON.stringify(ROOT)});
        parentPort.postMessage('ready');
        parentPort.once('message', async () => parentPort.postMessage(await (${codesOf})(memwatch, workerData)));
      `;
      const worker = new Worker(source, { eval: true, workerData: path.join(directory, 'c') });
      const heard = () => new Promise((resolve) => worker.once('message', resolve));
      await heard();
      grow(200_000);
      const first = memwatch.writeSnapshot(path.join(directory, 'a'), { mode: 'fork' });
      const answer = heard();
      worker.postMessage('now');
      say(await codesOf(memwatch, path.join(directory, 'b')));
      say(await answer);
      say(await first);
    },
    { input: temporaryDirectory(t) },
  );
  for (const told of [codes, ofWorker]) assert.deepEqual(told, new Array(4).fill('ERR_MEMWATCH_SNAPSHOT_BUSY'));
  assert.equal(mode, 'fork');
});

test('many snapshots leave no process, descriptor, thread or memory behind', forkOnly, async (t) => {
  const [left] = await liveSays(
    async (directory) => {
      grow(2000);
      const take = async (name) => {
        const file = path.join(directory, name);
        await memwatch.writeSnapshot(file, { mode: 'fork' });
        await memwatch.analyzeNow({ mode: 'fork' });
        await caught(memwatch.writeSnapshot(file, { mode: 'fork' }));
        fs.unlinkSync(file);
      };
      const numbers = () => ({
        children: children().length,
        descriptors: descriptors(),
        threads: fs.readdirSync('/proc/self/task').length,
      });
      for (let i = 0; i < 3; i++) await take('a');
      // Node.js starts four threads at the first file that is read beside the program, as memwatch reads its descriptors
      // now and then: they are not a snapshot's.
      await fs.promises.stat(directory);
      memwatch.gc();
      const before = numbers();
      const bytes = process.memoryUsage().rss;
      for (let i = 0; i < 25; i++) await take('a');
      memwatch.gc();
      await sleep(50);
      say({ before, after: numbers(), grownBytes: process.memoryUsage().rss - bytes });
    },
    { input: temporaryDirectory(t) },
  );
  assert.deepEqual(left.after, left.before);
  // A snapshot of this heap takes ten times as much: none of the fifty has stayed.
  assert.ok(left.grownBytes < 20 << 20, `${left.grownBytes} bytes more`);
});

test('a forked child stopped from outside is killed, and the next snapshot is taken', forkOnly, async (t) => {
  const [stopped, next] = await liveSays(
    async (directory) => {
      grow(100_000);
      const take = () => memwatch.writeSnapshot(path.join(directory, 'a.heapsnapshot'), { mode: 'fork' });
      const { outcome } = await held(take);
      say(await outcome);
      say(await memwatch.writeSnapshot(path.join(directory, 'b.heapsnapshot'), { mode: 'fork' }));
    },
    { input: temporaryDirectory(t) },
  );
  assert.equal(stopped.code, 'ERR_MEMWATCH_SNAPSHOT_CHILD');
  assert.match(stopped.message, /was paused from outside/);
  assert.equal(next.mode, 'fork');
});
