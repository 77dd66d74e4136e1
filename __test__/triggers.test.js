'use strict';
// Automatic snapshots: on a signal, on a leak, from outside, near the heap limit. What a snapshot is and
// how a copy of the process takes it is tested in live-snapshot tests; names and quotas in crates/files.

const assert = require('node:assert/strict');
const { execFileSync, spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');
const { setTimeout: sleep } = require('node:timers/promises');
const { MEMWATCH, cleanEnvironment, refused, report } = require('./support/cli-run.js');
const { ROOT, ended, program, run, says } = require('./support/child.js');
const { liveProgram } = require('./support/live.js');
const { assertSchema } = require('./support/schema.js');

const onLinux = { skip: process.platform !== 'linux' && 'a process is copied on Linux alone' };

function directoryFor(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-triggers-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return directory;
}

// A copy of the process takes seconds where the machine has much else to do.
const AT_MOST_MS = 120_000;

async function until(condition, what) {
  for (const end = Date.now() + AT_MOST_MS; Date.now() < end; await sleep(20)) {
    const found = condition();
    if (found) return found;
  }
  throw new Error(`waited in vain for ${what}`);
}

/**
 * A program that waits for signals until it is released.
 * @param {import('node:test').TestContext} t
 * @param {Function} source
 * @param {{ env?: NodeJS.ProcessEnv, flags?: string[], input?: unknown }} [how]
 */
async function waiting(t, source, { env, flags = [], input } = {}) {
  const main = `const ROOT = ${JSON.stringify(ROOT)};
    (${source})(${JSON.stringify(input)});
    setInterval(() => {}, 1000);
    process.send('ready');`;
  const child = spawn(process.execPath, [...flags, '-e', main], {
    env: cleanEnvironment(env),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const heard = [];
  child.on('message', (message) => heard.push(message));
  const said = { stderr: '' };
  child.stderr.setEncoding('utf8').on('data', (text) => (said.stderr += text));
  t.after(() => child.kill('SIGKILL'));
  await until(() => heard.includes('ready') || child.exitCode !== null, 'the program to start');
  assert.equal(child.exitCode, null, said.stderr);
  return { child, heard, said };
}

/** Expects that the snapshot which is taken near the heap limit is there, whole. */
async function wholeNearLimit(directory) {
  const isIt = (name) => name.endsWith('-near-heap-limit.heapsnapshot');
  const name = await until(() => fs.readdirSync(directory).find(isIt), 'the snapshot');
  assert.ok(report(['summary', path.join(directory, name)]).snapshot.nodes > 1000);
}

const snapshotsOf = ({ heard }) => heard.filter((message) => message.path !== undefined);

test(
  'a signal takes a snapshot and leaves the handler of the program in place, without a listener',
  onLinux,
  async (t) => {
    const directory = directoryFor(t);
    const running = await waiting(
      t,
      (input) => {
        const memwatch = require(ROOT);
        memwatch.configure({ snapshots: { onSignal: 'SIGUSR2', directory: input, redact: true } });
        process.send({ listeners: process.listenerCount('SIGUSR2') });
        process.on('SIGUSR2', () => process.send({ own: true }));
        memwatch.on('snapshot', (snapshot) => process.send(snapshot));
        globalThis.kept = ['hush', 'signal'].join('-');
      },
      { input: directory },
    );
    running.child.kill('SIGUSR2');
    const [snapshot] = await until(() => snapshotsOf(running)[0] && snapshotsOf(running), 'the snapshot');
    assertSchema('triggered-snapshot', snapshot);
    assert.deepEqual(
      running.heard.filter((message) => message.listeners !== undefined),
      [{ listeners: 0 }],
    );
    assert.ok(running.heard.some((message) => message.own));
    assert.equal(path.dirname(snapshot.path), directory);
    assert.match(
      path.basename(snapshot.path),
      new RegExp(`^heap-\\d{8}-\\d{6}-${running.child.pid}-0-1-signal\\.heapsnapshot$`),
    );
    assert.deepEqual(
      [snapshot.trigger, snapshot.mode, snapshot.bytes],
      ['signal', 'fork', fs.statSync(snapshot.path).size],
    );
    assert.equal(fs.statSync(snapshot.path).mode & 0o777, 0o600);
    assert.equal(fs.readFileSync(snapshot.path, 'latin1').includes('hush-signal'), false);
  },
);

test('watching a signal keeps no program alive, and stopping restores its previous effect', async () => {
  const [said] = await says(() => {
    const memwatch = require(ROOT);
    memwatch.configure({ snapshots: { onSignal: 'SIGUSR2' } });
    say(memwatch.configure({}).snapshots.onSignal);
  });
  assert.equal(said, 'SIGUSR2');
  const { signal } = await program(() => {
    const memwatch = require(ROOT);
    memwatch.configure({ snapshots: { onSignal: 'SIGUSR2' } });
    memwatch.configure({ snapshots: { onSignal: false } });
    setInterval(() => {}, 1000);
    setImmediate(() => process.kill(process.pid, 'SIGUSR2'));
  });
  assert.equal(signal, 'SIGUSR2');
});

test('loading memwatch does not change any signal handling by default', async () => {
  const { signal } = await program(() => {
    require(ROOT);
    setInterval(() => {}, 1000);
    setImmediate(() => process.kill(process.pid, 'SIGUSR2'));
  });
  assert.equal(signal, 'SIGUSR2');
});

test('memwatch snapshot PID requests a snapshot from a program started for it', onLinux, async (t) => {
  const directory = directoryFor(t);
  const running = await waiting(
    t,
    (input) => {
      process.chdir(input);
      require(ROOT);
    },
    { input: directory, env: { MEMWATCH_SNAPSHOT_SIGNAL: 'SIGUSR2' } },
  );
  const { path: file } = report(['snapshot', `${running.child.pid}`]);
  assert.equal(path.dirname(file), directory);
  assert.ok(report(['summary', file]).snapshot.nodes > 1000);
  const second = report(['snapshot', `${running.child.pid}`]);
  assert.notEqual(second.path, file);
  // A failure there is reported here.
  fs.rmSync(directory, { recursive: true });
  refused(
    ['snapshot', `${running.child.pid}`],
    'ERR_MEMWATCH_WORKING_DIRECTORY',
    /working directory, which was removed/,
  );
});

test('files of a killed program are removed by the next one, and nothing else is', onLinux, async (t) => {
  const env = { MEMWATCH_SNAPSHOT_SIGNAL: 'SIGUSR2' };
  const killed = await waiting(t, () => require(ROOT), { env });
  const { pid } = killed.child;
  const left = JSON.parse(fs.readFileSync(`/tmp/memwatch-${pid}.json`, 'utf8'));
  killed.child.kill('SIGKILL');
  await once(killed.child, 'exit');
  // Invalid pids: of another container, of no process, and one that would never be read to its end. Made from this
  // process's own, as this file may run on two versions of Node.js at once.
  const others = [1, 2, 3].map((n) => `/tmp/memwatch-9${process.pid}${n}9999.json`);
  t.after(() => others.forEach((file) => fs.rmSync(file, { force: true })));
  fs.writeFileSync(others[0], JSON.stringify({ ...left, namespace: 'pid:[1]' }));
  fs.writeFileSync(others[1], 'not ours');
  execFileSync('mkfifo', [others[2]]);
  await waiting(t, () => require(ROOT), { env });
  assert.equal(fs.existsSync(`/tmp/memwatch-${pid}.json`), false);
  assert.deepEqual(
    others.map((file) => fs.existsSync(file)),
    [true, true, true],
  );
});

test('a file of another user at our path stays, and the program is found and exits normally', onLinux, async (t) => {
  const isSuperuser = process.getuid() === 0;
  for (const whose of ['directory', 'container', ...(isSuperuser ? ['user'] : [])]) {
    const running = await waiting(
      t,
      ({ directory, whose }) => {
        const fs = require('node:fs');
        const file = `/tmp/memwatch-${process.pid}.json`;
        if (whose === 'directory') fs.mkdirSync(file);
        // Each container has a process 1.
        else fs.writeFileSync(file, JSON.stringify({ pid: process.pid, start: '1', namespace: 'pid:[1]', done: 0 }));
        if (whose === 'user') fs.chownSync(file, 65534, 65534);
        const memwatch = require(ROOT);
        // Off again as well: that must not throw.
        for (const onSignal of ['SIGUSR2', false, 'SIGUSR2']) {
          const inForce = memwatch.configure({ snapshots: { onSignal, directory } });
          if (inForce.snapshots.onSignal !== onSignal) throw new Error(`${inForce.snapshots.onSignal}`);
        }
        process.once('message', () => process.exit());
      },
      { input: { directory: directoryFor(t), whose } },
    );
    const { pid } = running.child;
    const file = `/tmp/memwatch-${pid}.json`;
    t.after(() => fs.rmSync(file, { recursive: true, force: true }));
    assert.ok(fs.existsSync(report(['snapshot', `${pid}`]).path), whose);
    running.child.send('end');
    assert.deepEqual(await once(running.child, 'exit'), [0, null], running.said.stderr);
    assert.ok(fs.existsSync(file), whose);
    assert.deepEqual(
      fs.readdirSync('/tmp').filter((name) => name.startsWith(`memwatch-${pid}-`)),
      [],
    );
  }
});

test('two concurrent requests each get a snapshot', onLinux, async (t) => {
  const running = await waiting(
    t,
    (input) => {
      require(ROOT).configure({ snapshots: { onSignal: 'SIGUSR2', directory: input } });
      globalThis.kept = Array.from({ length: 300_000 }, (_, i) => ({ i }));
      process.on('warning', (/** @type {NodeJS.ErrnoException} */ { code, message }) =>
        process.send({ code, message }),
      );
    },
    { input: directoryFor(t) },
  );
  const ask = () => run(process.execPath, [MEMWATCH, 'snapshot', `${running.child.pid}`]);
  const answers = await Promise.all([ask(), ask()]);
  for (const { status, stdout, stderr } of answers) {
    assert.equal(status, 0, stderr);
    assert.ok(fs.existsSync(stdout.trim()), stdout);
  }
  // It takes those that are analyzed as well.
  const { snapshot } = report(['analyze', '--top', '1', `${running.child.pid}`]);
  assert.match(snapshot.file, /-signal\.heapsnapshot/);
  assert.deepEqual(running.heard, ['ready']);
});

/** Expects that a program is read from outside, or refused where that cannot be: it is not asked itself. */
async function assertNotAsked(t, { child }) {
  const directory = directoryFor(t);
  const { status, stdout, stderr } = await run(process.execPath, [MEMWATCH, 'snapshot', `${child.pid}`], {
    cwd: directory,
  });
  if (process.arch === 'x64') {
    assert.deepEqual([status, stderr], [0, '']);
    assert.deepEqual([path.dirname(stdout), fs.readdirSync(directory).length], [fs.realpathSync(directory), 1]);
    assert.match(stdout, new RegExp(`/heap-\\d+-\\d+-${child.pid}-0-0-outside\\.heapsnapshot\\n$`));
  } else {
    assert.match(stderr, /does not take snapshots on request; it needs .*\[ERR_MEMWATCH_NO_TRIGGER\]\n$/);
  }
}

test('memwatch snapshot PID sends no signal to a program that would die of it', onLinux, async (t) => {
  const idle = await waiting(t, () => {});
  await assertNotAsked(t, idle);
  // One that handles the signal for a purpose of its own neither.
  const other = await waiting(t, () => process.on('SIGUSR2', () => process.send('signal')));
  await assertNotAsked(t, other);
  assert.deepEqual([idle.child.exitCode, idle.child.signalCode, other.heard], [null, null, ['ready']]);
  refused(['snapshot', '999999999'], 'ERR_MEMWATCH_NO_SUCH_PROCESS', /process 999999999 does not exist/);
  refused(['snapshot', 'app.js'], 'ERR_MEMWATCH_USAGE', /snapshot takes a process id/);
});

test('memwatch snapshot PID trusts no file of another user', onLinux, async (t) => {
  const idle = await waiting(t, () => process.on('SIGUSR2', () => process.send('signal')));
  const file = `/tmp/memwatch-${idle.child.pid}.json`;
  t.after(() => fs.rmSync(file, { force: true }));
  // As of an earlier process of the same number.
  fs.writeFileSync(file, JSON.stringify({ pid: idle.child.pid, start: '1', signal: 'SIGUSR2', done: 0, last: null }));
  await assertNotAsked(t, idle);
  fs.rmSync(file);
  fs.symlinkSync(path.join(ROOT, 'package.json'), file);
  await assertNotAsked(t, idle);
  assert.deepEqual(idle.heard, ['ready']);
});

test('a snapshot that cannot be written is a warning, and the program continues', onLinux, async (t) => {
  const running = await waiting(t, () => {
    const memwatch = require(ROOT);
    memwatch.configure({ snapshots: { onSignal: 'SIGUSR2', directory: '/nowhere' } });
    process.on('warning', (/** @type {NodeJS.ErrnoException} */ { code }) => process.send({ code }));
  });
  running.child.kill('SIGUSR2');
  await until(() => running.heard.some((one) => one.code === 'ERR_MEMWATCH_SNAPSHOT_DIRECTORY'), 'the warning');
  assert.equal(running.child.exitCode, null);
});

test('a full directory refuses, or deletes its oldest snapshot, as configured', onLinux, async (t) => {
  const directory = directoryFor(t);
  for (const name of ['heap-1', 'heap-2']) fs.writeFileSync(path.join(directory, `${name}.heapsnapshot`), '');
  fs.utimesSync(path.join(directory, 'heap-1.heapsnapshot'), 1000, 1000);
  const running = await waiting(
    t,
    (input) => {
      const memwatch = require(ROOT);
      const common = { directory: input, name: 'heap-{seq}.heapsnapshot', onSignal: 'SIGUSR2' };
      memwatch.configure({ snapshots: { ...common, quota: { maxFiles: 2 } } });
      process.once('warning', (/** @type {NodeJS.ErrnoException} */ { code }) => {
        process.send({ code });
        memwatch.configure({ snapshots: { quota: { whenFull: 'remove-oldest' }, compression: 'gzip' } });
      });
      memwatch.on('snapshot', (snapshot) => process.send(snapshot));
    },
    { input: directory },
  );
  running.child.kill('SIGUSR2');
  await until(() => running.heard.some((one) => one.code === 'ERR_MEMWATCH_SNAPSHOT_QUOTA'), 'the refusal');
  assert.deepEqual(fs.readdirSync(directory).sort(), ['heap-1.heapsnapshot', 'heap-2.heapsnapshot']);
  running.child.kill('SIGUSR2');
  await until(() => snapshotsOf(running).length > 0, 'the snapshot');
  assert.deepEqual(fs.readdirSync(directory).sort(), ['heap-2.heapsnapshot', 'heap-2.heapsnapshot.gz']);
});

test('near the heap limit a forked child takes the snapshot, which outlives the program', onLinux, async (t) => {
  const directory = directoryFor(t);
  const outcome = await program(
    (input) => {
      const memwatch = require(ROOT);
      memwatch.configure({ snapshots: { directory: input, nearHeapLimit: true } });
      class Hoarded {
        constructor() {
          this.kept = [{}, {}];
        }
      }
      globalThis.hoard = [];
      // Without returning to the event loop, as what kills a program often does.
      for (;;) globalThis.hoard.push(new Hoarded());
    },
    { input: directory, flags: ['--max-old-space-size=48'] },
  );
  assert.match(outcome.stderr, /heap out of memory/);
  const name = await until(
    () => fs.readdirSync(directory).find((one) => one.endsWith('.heapsnapshot')),
    'the snapshot',
  );
  assert.match(name, /^heap-\d{8}-\d{6}-\d+-0-0-near-heap-limit\.heapsnapshot$/);
  const { findings } = report(['analyze', path.join(directory, name)]);
  assert.equal(findings[0].class, 'Hoarded');
});

test('near the heap limit a running snapshot is awaited, and both are complete', onLinux, async (t) => {
  const directory = directoryFor(t);
  const outcome = await liveProgram(
    async (input) => {
      memwatch.configure({ snapshots: { directory: input, nearHeapLimit: true } });
      // However fast it is, it still runs when the limit is reached.
      const { pid } = await held(() =>
        memwatch.writeSnapshot(path.join(input, 'called.heapsnapshot'), { mode: 'fork' }),
      );
      require('node:child_process').spawn('sh', ['-c', `sleep 5; kill -CONT ${pid}`], { stdio: 'ignore' });
      globalThis.hoard = [];
      for (;;) globalThis.hoard.push({ kept: [{}, {}] });
    },
    { input: directory, flags: ['--max-old-space-size=48'] },
  );
  assert.match(outcome.stderr, /heap out of memory/);
  await wholeNearLimit(directory);
  assert.ok(report(['summary', path.join(directory, 'called.heapsnapshot')]).snapshot.nodes > 1000);
});

test('near the heap limit a forked child that crashes is replaced', onLinux, async (t) => {
  const directory = directoryFor(t);
  const outcome = await liveProgram(
    async (input) => {
      memwatch.configure({ snapshots: { directory: input, nearHeapLimit: true } });
      // This program does nothing else from its limit on, so another kills its first copy.
      const killer = `const fs = require('node:fs');
        const isCopy = (pid) => {
          try {
            return / \\(memwatch-fork\\) \\S ${process.pid} /.test(fs.readFileSync('/proc/' + pid + '/stat', 'utf8'));
          } catch {
            return false;
          }
        };
        console.log('ready');
        let pid;
        while (pid === undefined && process.ppid === ${process.pid}) pid = fs.readdirSync('/proc').find(isCopy);
        if (pid !== undefined) process.kill(Number(pid), 'SIGSEGV');`;
      const { stdout } = require('node:child_process').spawn(process.execPath, ['-e', killer], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      await new Promise((resolve) => stdout.once('data', resolve));
      globalThis.hoard = [];
      for (;;) globalThis.hoard.push({ kept: [{}, {}] });
    },
    { input: directory, flags: ['--max-old-space-size=48'] },
  );
  assert.match(outcome.stderr, /heap out of memory/);
  await wholeNearLimit(directory);
});

test('a program that recovers from its limit gets the event, and no second snapshot', onLinux, async (t) => {
  const directory = directoryFor(t);
  const { said } = ended(
    await program(
      async (input) => {
        const memwatch = require(ROOT);
        memwatch.configure({ snapshots: { directory: input, nearHeapLimit: true } });
        const taken = new Promise((resolve) => {
          memwatch.on('snapshot', resolve);
          process.on('warning', (/** @type {NodeJS.ErrnoException} */ { code, message }) => resolve({ code, message }));
        });
        let hoard = [];
        const limit = () => require('node:v8').getHeapStatistics().heap_size_limit;
        const initial = limit();
        // Kept until the copy is made, when the limit is raised.
        while (limit() === initial) {
          for (let n = 0; n < 2000; n++) hoard.push({ n: [n] });
          await turns(1);
        }
        hoard = [];
        const keepAlive = setInterval(() => {}, 100);
        say(await taken);
        say(memwatch.configure({}).snapshots.nearHeapLimit);
        clearInterval(keepAlive);
      },
      { input: directory, flags: ['--max-old-space-size=64'] },
    ),
  );
  assert.deepEqual([said[0].trigger, said[0].mode, said[1]], ['near-heap-limit', 'fork', false], said[0].message);
  assert.ok(fs.existsSync(said[0].path));
});

test('triggers are removed together with what they depend on', async () => {
  const said = await says(async () => {
    const { Worker } = require('node:worker_threads');
    const memwatch = require(ROOT);
    memwatch.configure({ snapshots: { onSignal: 'SIGUSR2', nearHeapLimit: true }, onLeak: { snapshot: true } });
    const source = `const memwatch = require(${JSON.stringify(ROOT)});
      memwatch.configure({ snapshots: { nearHeapLimit: true }, onLeak: { snapshot: true } });
      try { memwatch.configure({ snapshots: { onSignal: 'SIGUSR2' } }); } catch ({ code }) { postMessage(code); }
      setInterval(() => {}, 1000);`;
    for (let n = 0; n < 3; n++) {
      const worker = new Worker(
        `const { parentPort } = require('node:worker_threads');
        const postMessage = (message) => parentPort.postMessage(message); ${source}`,
        { eval: true },
      );
      say(await new Promise((resolve) => worker.once('message', resolve)));
      await worker.terminate();
    }
    // And ends with all of them on.
  });
  assert.deepEqual(said, Array(3).fill('ERR_MEMWATCH_USAGE'));
});

test('invalid options are refused in one sentence', () => {
  const memwatch = require('..');
  for (const options of [
    { snapshots: { onSignal: 'SIGKILL' } },
    { snapshots: { directory: '' } },
    { snapshots: { name: '../{pid}.heapsnapshot' } },
    { snapshots: { name: '{host}.heapsnapshot' } },
    { snapshots: { name: 'x' } },
    { snapshots: { quota: { maxFiles: -1 } } },
    { snapshots: { quota: { many: 1 } } },
    { snapshots: { quota: { whenFull: 'ask' } } },
    { snapshots: { quota: 20 } },
    { snapshots: { compression: 'zip' } },
    { snapshots: { compression: 'none' } },
    { snapshots: { redact: 'some' } },
    { snapshots: { nearHeapLimit: 'yes' } },
    { snapshots: true },
    { onLeak: { snapshot: 1 } },
    { onLeak: { bundle: null } },
    { flightRecorder: '' },
  ]) {
    assert.throws(
      () => memwatch.configure(/** @type {any} */ (options)),
      { code: 'ERR_MEMWATCH_USAGE' },
      JSON.stringify(options),
    );
  }
});
