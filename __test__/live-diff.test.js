'use strict';
// memwatch.beginHeapDiff(): what grew between two moments, taken in copies of the process. What a
// comparison says of two files is tested in cli-files.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { forkOnly, liveSays, liveProgram, temporaryDirectory } = require('./support/live.js');

const within = (t) => {
  const directory = temporaryDirectory(t);
  return { directory, options: (input = {}) => ({ input, env: { TMPDIR: directory } }) };
};

/** Leaks between the two moments, in a program. */
const LEAK = async ({ mode, engine }) => {
  const modes = mode ? { mode } : {};
  grow(20_000);
  class Entry {
    constructor(i) {
      this.text = `entry ${i}`;
    }
  }
  globalThis.store = new Map();
  const diff = await memwatch.beginHeapDiff(engine ? { ...modes, engine } : modes);
  const open = fs.readdirSync(process.env.TMPDIR);
  const access = (fs.statSync(path.join(process.env.TMPDIR, open[0])).mode & 0o777).toString(8);
  for (let i = 0; i < 5000; i++) globalThis.store.set(i, new Entry(i));
  let turns = 0;
  const timer = setInterval(() => (turns += 1), 1);
  const { places, classes, mode: how, engine: by, pauseMs } = await diff.end({ top: 5, ...modes });
  clearInterval(timer);
  const again = await caught(diff.end());
  const first = classes.classes.find(({ name }) => name === 'Entry');
  const left = fs.readdirSync(process.env.TMPDIR);
  say({
    open,
    access,
    bytes: diff.bytes,
    how,
    by,
    pauseMs,
    first,
    grown: places.grown.find((each) => each.class === 'Entry'),
    turns,
    again,
    left,
  });
};

// A copy numbers the objects that it finds, and the next copy knows nothing of these numbers: what
// came and went by id is known only where both snapshots are of the program itself.
const assertLeak = ({ open, bytes, first, grown, again, left }, allocated) => {
  assert.equal(open.length, 1);
  assert.ok(bytes > 0);
  assert.equal(first.net, 5000);
  assert.equal(first.allocated, allocated);
  assert.equal(grown.class, 'Entry');
  assert.match(grown.path.text, /store/);
  assert.equal(again.code, 'ERR_MEMWATCH_DIFF_ENDED');
  assert.deepEqual(left, []);
};

test('two forked snapshots are compared by class and holder while the program continues', forkOnly, async (t) => {
  const [result] = await liveSays(LEAK, within(t).options());
  assertLeak(result, null);
  assert.equal(result.access, '700');
  assert.equal(result.how, 'fork');
  // The event loop turned while the second copy worked.
  assert.ok(result.turns > 0);
});

test('two snapshots of the engine of memwatch are compared by class and holder', forkOnly, async (t) => {
  const [result] = await liveSays(LEAK, within(t).options({ engine: 'reader' }));
  assertLeak(result, null);
  assert.deepEqual([result.how, result.by], ['fork', 'reader']);
});

test('a HeapDiff with the engine of memwatch returns a promise of the growth', forkOnly, async (t) => {
  const [{ before, byClass, cancelled, left }] = await liveSays(async () => {
    class Kept {}
    globalThis.kept = Array.from({ length: 3000 }, () => new Kept());
    const { HeapDiff } = memwatch;
    const diff = new HeapDiff({ engine: 'reader' });
    const before = [diff.start instanceof Date, Object.hasOwn(diff, 'start')];
    for (let i = 0; i < 2000; i++) kept.push(new Kept());
    const { classes, engine } = await diff.end();
    const cancelled = new HeapDiff({ engine: 'reader' });
    await cancelled.cancel();
    say({
      before,
      byClass: [engine, classes.classes.find(({ name }) => name === 'Kept').net],
      cancelled: (await caught(cancelled.end())).code,
      left: fs.readdirSync(process.env.TMPDIR),
    });
  }, within(t).options());
  assert.deepEqual(before, [true, true]);
  // The first moment may be the one at which the copy was made, and no later one.
  assert.deepEqual(byClass, ['reader', 2000]);
  assert.equal(cancelled, 'ERR_MEMWATCH_DIFF_ENDED');
  assert.deepEqual(left, []);
});

test('without a fork no snapshot is taken, and an error says so', async (t) => {
  const [codes] = await liveSays(async () => {
    const inline = await caught(memwatch.beginHeapDiff({ engine: 'reader', mode: 'inline' }));
    const wrong = await caught(memwatch.beginHeapDiff(/** @type {any} */ ({ engine: 'other' })));
    const { HeapDiff } = memwatch;
    const made = await caught(Promise.resolve().then(() => new HeapDiff(/** @type {any} */ ({ engine: 'raeder' }))));
    say([inline.code, wrong.code, made.code]);
  }, within(t).options());
  assert.deepEqual(codes, ['ERR_MEMWATCH_SNAPSHOT_READER', 'ERR_MEMWATCH_USAGE', 'ERR_MEMWATCH_USAGE']);
});

test('two inline snapshots are compared by class and holder', async (t) => {
  const [result] = await liveSays(LEAK, within(t).options({ mode: 'inline' }));
  assertLeak(result, 5000);
  assert.equal(result.how, 'inline');
});

test('a cancelled diff, and one open at exit, leave no file behind', async (t) => {
  const { directory, options } = within(t);
  const [left] = await liveSays(async () => {
    const diff = await memwatch.beginHeapDiff();
    diff.cancel();
    const left = fs.readdirSync(process.env.TMPDIR);
    say([left, (await caught(diff.end())).code]);
    await memwatch.beginHeapDiff();
    process.exit(0);
  }, options());
  assert.deepEqual(left, [[], 'ERR_MEMWATCH_DIFF_ENDED']);
  assert.deepEqual(fs.readdirSync(directory), []);
});

test('files of a killed program are removed by the next one, and no others', forkOnly, async (t) => {
  const { directory, options } = within(t);
  const killed = await liveProgram(async () => {
    await memwatch.beginHeapDiff();
    process.kill(process.pid, 'SIGKILL');
  }, options());
  assert.equal(killed.signal, 'SIGKILL');
  const [dead] = fs.readdirSync(directory);
  assert.match(dead, /^memwatch-diff-/);
  // Of a process that runs, of another's by number alone, and a link to what is not ours.
  const start = fs.readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ')[19];
  const namespace = fs.readlinkSync('/proc/self/ns/pid').replace(/\D/g, '');
  const kept = [
    `memwatch-diff-${process.pid}-${start}-${namespace}-abcdef`,
    `memwatch-diff-1-${start}-1${namespace}-abcdef`,
    'memwatch-diff-notours',
  ];
  for (const name of kept) fs.mkdirSync(path.join(directory, name), { mode: 0o700 });
  const outside = temporaryDirectory(t);
  fs.writeFileSync(path.join(outside, 'mine'), '');
  const link = `memwatch-diff-2-0-${namespace}-abcdef`;
  fs.symlinkSync(outside, path.join(directory, link));
  const wide = `memwatch-diff-3-0-${namespace}-abcdef`;
  fs.mkdirSync(path.join(directory, wide));
  fs.chmodSync(path.join(directory, wide), 0o777);
  await liveSays(async () => (await memwatch.beginHeapDiff()).cancel(), options());
  assert.ok(!fs.readdirSync(directory).includes(dead));
  assert.deepEqual(fs.readdirSync(directory).sort(), [...kept, link, wide].sort());
  assert.deepEqual(fs.readdirSync(outside), ['mine']);
});

test('a failed forked snapshot leaves the diff open and no file behind', forkOnly, async (t) => {
  const [result] = await liveSays(async () => {
    const diff = await memwatch.beginHeapDiff();
    const [name] = fs.readdirSync(process.env.TMPDIR);
    const directory = path.join(process.env.TMPDIR, name);
    const [before] = fs.readdirSync(directory);
    const giveBack = withheld(path.join(directory, before));
    const ending = caught(diff.end({ mode: 'fork' }));
    process.kill(await forkedChild(ending), 'SIGKILL');
    const { code } = await ending;
    giveBack();
    const files = fs.readdirSync(directory).length;
    const { classes } = await diff.end();
    say({ code, files, classes: classes.classes.length > 0 });
  }, within(t).options());
  assert.deepEqual(result, { code: 'ERR_MEMWATCH_SNAPSHOT_CHILD', files: 1, classes: true });
});

test('a missing earlier snapshot is an error with its name', forkOnly, async (t) => {
  const [result] = await liveSays(async () => {
    const diff = await memwatch.beginHeapDiff();
    const [name] = fs.readdirSync(process.env.TMPDIR);
    fs.rmSync(path.join(process.env.TMPDIR, name), { recursive: true });
    say(await caught(diff.end()));
  }, within(t).options());
  assert.equal(result.code, 'ERR_MEMWATCH_SNAPSHOT_UNREADABLE');
  assert.match(result.message, /before-.* cannot be read/);
});

test('invalid options are refused before any snapshot is taken', async (t) => {
  const [codes] = await liveSays(async () => {
    const codes = [];
    for (const options of [null, 3, { mode: 'forked' }, { top: 1 }])
      codes.push((await caught(memwatch.beginHeapDiff(/** @type {any} */ (options)))).code);
    const diff = await memwatch.beginHeapDiff();
    for (const options of [null, { top: 0 }, { compression: 'zstd' }])
      codes.push((await caught(diff.end(options))).code);
    diff.cancel();
    say(codes);
  }, within(t).options());
  assert.deepEqual(codes, new Array(7).fill('ERR_MEMWATCH_USAGE'));
});
