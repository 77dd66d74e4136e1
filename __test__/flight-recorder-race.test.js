'use strict';
// Several programs, one name of a flight recorder: one has it, the file of a crash stays, and nothing
// that a killed program has left keeps the next one out.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { ROOT, says } = require('./support/child.js');

const LINUX = process.platform === 'linux';

function boxFor(t) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-box-'));
  t.after(() => fs.rmSync(directory, { recursive: true, force: true }));
  return path.join(directory, 'box.json');
}

const read = (name) => JSON.parse(fs.readFileSync(name, 'utf8'));

/** The box of a program that was killed. */
const CRASHED = {
  version: 1,
  pid: 999_999,
  thread: 0,
  processStart: '1',
  program: 'CRASHED',
  startedAt: 1,
  writtenAt: 2,
  because: 'collection',
  ended: null,
  heapLimitBytes: 1,
  detectorState: null,
  series: { fields: ['at', 'heap', 'external', 'rss'], points: [] },
  events: [],
  sites: null,
  snapshots: [],
};

const PROGRAM = `
  const memwatch = require(${JSON.stringify(ROOT)});
  process.stdout.write('ready\\n');
  process.stdin.once('data', (name) => {
    try {
      memwatch.configure({ flightRecorder: String(name) });
      process.stdout.write('won\\n');
    } catch ({ code }) {
      process.stdout.write(code + '\\n');
    }
    process.stdin.once('data', () => process.exit(0));
  });`;

/** A program that takes the name when it gets one, and exits on request. */
async function startProgram(t) {
  const child = spawn(process.execPath, ['-e', PROGRAM], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  child.stdout.setEncoding('utf8');
  await once(child.stdout, 'data');
  return {
    child,
    async take(name) {
      const said = once(child.stdout, 'data');
      child.stdin.write(name);
      return (await said)[0].trim();
    },
    async end(signal) {
      const ended = once(child, 'exit');
      if (signal) child.kill(signal);
      else child.stdin.write('end');
      await ended;
    },
  };
}

test('one of several programs started together gets the name, and the file of the crash is kept', {
  skip: !LINUX && 'locks files',
}, async (t) => {
  for (let round = 0; round < 3; round++) {
    const box = boxFor(t);
    fs.writeFileSync(box, JSON.stringify({ ...CRASHED, pidNamespace: fs.readlinkSync('/proc/self/ns/pid') }));
    const programs = await Promise.all([1, 2, 3, 4].map(() => startProgram(t)));
    const said = await Promise.all(programs.map((program) => program.take(box)));
    assert.deepEqual(said.sort(), [
      'ERR_MEMWATCH_FLIGHT_RECORDER',
      'ERR_MEMWATCH_FLIGHT_RECORDER',
      'ERR_MEMWATCH_FLIGHT_RECORDER',
      'won',
    ]);
    assert.equal(read(`${box}.previous`).program, 'CRASHED');
    await Promise.all(programs.map((program) => program.end('SIGKILL')));
    assert.deepEqual(fs.readdirSync(path.dirname(box)).sort(), ['box.json', 'box.json.previous']);
  }
});

test('the file of a killed program is replaced immediately, and that of a running one is not', {
  skip: !LINUX && 'locks files',
}, async (t) => {
  const box = boxFor(t);
  const [first, second, third] = await Promise.all([1, 2, 3].map(() => startProgram(t)));
  assert.equal(await first.take(box), 'won');
  // Of a process that cannot be seen from here there is the lock alone.
  const elsewhere = { ...read(box), pidNamespace: 'pid:[1]', pid: 1 };
  const handle = fs.openSync(box, 'r+');
  fs.ftruncateSync(handle);
  fs.writeSync(handle, JSON.stringify(elsewhere), 0);
  fs.closeSync(handle);
  assert.equal(await second.take(box), 'ERR_MEMWATCH_FLIGHT_RECORDER');
  const left = path.join(path.dirname(box), '.box.json.7-0123456789abcdef');
  fs.writeFileSync(left, '{"version":1,"wri');
  const theirs = path.join(path.dirname(box), '.box.json.notes');
  fs.writeFileSync(theirs, 'theirs');
  await first.end('SIGKILL');
  assert.equal(await third.take(box), 'won');
  assert.equal(read(`${box}.previous`).pidNamespace, 'pid:[1]');
  assert.deepEqual([fs.existsSync(left), fs.existsSync(theirs)], [false, true]);
});

test('the file of a crash is not replaced by that of a normally ended run', {
  skip: !LINUX && 'locks files',
}, async (t) => {
  const box = boxFor(t);
  fs.writeFileSync(box, JSON.stringify({ ...CRASHED, pidNamespace: fs.readlinkSync('/proc/self/ns/pid') }));
  for (let run = 0; run < 3; run++) {
    const program = await startProgram(t);
    assert.equal(await program.take(box), 'won');
    await program.end();
    assert.equal(read(box).ended.status, 0);
    assert.equal(read(`${box}.previous`).program, 'CRASHED');
  }
});

test('a released name, and that of a terminated thread, can be taken', {
  skip: !LINUX && 'locks files',
}, async (t) => {
  const box = boxFor(t);
  const said = await says(
    async (input) => {
      const { Worker } = require('node:worker_threads');
      const memwatch = require(ROOT);
      const inWorker = async () => {
        const source = `const { parentPort } = require('node:worker_threads');
          try { require(${JSON.stringify(ROOT)}).configure({ flightRecorder: ${JSON.stringify(input)} }); parentPort.postMessage('won'); }
          catch ({ code }) { parentPort.postMessage(code); }
          setInterval(() => {}, 1000);`;
        const worker = new Worker(source, { eval: true });
        say(await new Promise((resolve) => worker.once('message', resolve)));
        await worker.terminate();
      };
      memwatch.configure({ flightRecorder: input });
      await inWorker();
      memwatch.configure({ flightRecorder: false });
      await inWorker();
      await inWorker();
    },
    { input: box },
  );
  assert.deepEqual(said, ['ERR_MEMWATCH_FLIGHT_RECORDER', 'won', 'won']);
});

test('a file that another program later puts at the same path is not overwritten', async (t) => {
  const box = boxFor(t);
  const said = await says(
    async (input) => {
      const fs = require('node:fs');
      const memwatch = require(ROOT);
      memwatch.configure({ flightRecorder: input });
      fs.writeFileSync(`${input}.new`, 'theirs');
      fs.renameSync(`${input}.new`, input);
      const warned = new Promise((resolve) =>
        process.on('warning', (/** @type {NodeJS.ErrnoException} */ { code }) => resolve(code)),
      );
      const timer = setInterval(() => memwatch.gc(), 100);
      say(await warned);
      clearInterval(timer);
    },
    { input: box },
  );
  assert.deepEqual(said, ['ERR_MEMWATCH_FLIGHT_RECORDER']);
  assert.equal(fs.readFileSync(box, 'utf8'), 'theirs');
});

test('the recorder continues when a test has replaced the timers and the clock', async (t) => {
  const box = boxFor(t);
  const [before, after] = await says(
    async (input) => {
      const fs = require('node:fs');
      const memwatch = require(ROOT);
      const { setTimeout: sleep } = require('node:timers/promises');
      const never = () => ({ unref: () => never(), ref: () => never() });
      class Stopped extends Date {
        static now() {
          return 0;
        }
      }
      Object.assign(globalThis, { setTimeout: never, setInterval: never, Date: Stopped });
      Object.defineProperty(globalThis.performance, 'now', { value: () => 0, configurable: true });
      process.hrtime.bigint = () => 0n;
      memwatch.configure({ flightRecorder: input });
      const points = () => JSON.parse(fs.readFileSync(input, 'utf8'));
      const first = points();
      say([first.writtenAt, first.series.points.length]);
      memwatch.gc();
      memwatch.gc();
      for (let turn = 0; turn < 600 && points().writtenAt === first.writtenAt; turn++) await sleep(100);
      say([points().writtenAt, points().series.points.length]);
    },
    { input: box },
  );
  assert.ok(before[0] > 1e12);
  assert.ok(after[0] > before[0] && after[1] > before[1], JSON.stringify([before, after]));
});
