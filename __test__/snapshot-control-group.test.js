'use strict';
// Snapshots of the running program where a control group limits its memory, as containers do.
// Where no group may be made, these tests are skipped; limits of the process itself are tried
// in snapshot-live-faults.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { controlGroup, MOUNTED, cannotMount, TOGETHER } = require('./support/control-group.js');
const { forkOnly, temporaryDirectory, liveSays } = require('./support/live.js');

const MB = 2 ** 20;

test('a cgroup without room for a forked child gives an inline snapshot or an error', forkOnly, async (t) => {
  const group = controlGroup(t);
  if (group === undefined) return;
  const [forked, automatic, left] = await liveSays(
    async ({ group, directory }) => {
      const { enter, limit, used } = require(`${ROOT}/__test__/support/control-group.js`).inGroup(group);
      enter();
      grow(200_000);
      limit(used() + (64 << 20));
      const file = path.join(directory, 'a.heapsnapshot');
      say(await caught(memwatch.writeSnapshot(file, { mode: 'fork' })));
      say(await caught(memwatch.writeSnapshot(file)));
      say([fs.readdirSync(directory), children()]);
    },
    { input: { group, directory: temporaryDirectory(t) } },
  );
  assert.equal(forked.code, 'ERR_MEMWATCH_SNAPSHOT_MEMORY');
  assert.equal(automatic.code, 'ERR_MEMWATCH_SNAPSHOT_MEMORY');
  assert.deepEqual(left, [[], []]);
});

test('page cache of a cgroup counts as room', forkOnly, async (t) => {
  const group = controlGroup(t);
  if (group === undefined) return;
  const [{ cached, mode }] = await liveSays(
    async ({ group, directory }) => {
      const { enter, limit, used } = require(`${ROOT}/__test__/support/control-group.js`).inGroup(group);
      enter();
      limit(420 << 20);
      const before = used();
      const written = fs.openSync(path.join(directory, 'large'), 'w');
      for (let i = 0; i < 350; i++) fs.writeSync(written, Buffer.alloc(1 << 20, i));
      // Written back, it can be reclaimed immediately.
      fs.fsyncSync(written);
      fs.closeSync(written);
      const cached = used() - before;
      const { mode } = await memwatch.writeSnapshot(path.join(directory, 'a.heapsnapshot'), { mode: 'fork' });
      say({ cached, mode });
    },
    { input: { group, directory: temporaryDirectory(t) } },
  );
  assert.ok(cached > 300 * MB, `only ${cached} bytes were kept`);
  assert.equal(mode, 'fork');
});

/** What becomes of a copy that reaches its group's limit, of the directory and processes then, and of the next one. */
const reachedByCopy = (t, group) =>
  liveSays(
    async ({ group, directory }) => {
      const { enter, limit, unlimited, used } = require(`${ROOT}/__test__/support/control-group.js`).inGroup(group);
      enter();
      grow(300_000);
      const { pid, outcome } = await held(() => memwatch.writeSnapshot(path.join(directory, 'a'), { mode: 'fork' }));
      // Enough for the program, which continues, and a tenth of the need of a snapshot.
      limit(used() + (64 << 20));
      resume(pid);
      say(await outcome);
      say([fs.readdirSync(directory), children()]);
      limit(unlimited);
      say((await memwatch.writeSnapshot(path.join(directory, 'a'), { mode: 'fork' })).mode);
    },
    { input: { group, directory: temporaryDirectory(t) } },
  );

test('a forked child that reaches the limit of its cgroup is killed, not the program', forkOnly, async (t) => {
  const group = controlGroup(t);
  if (group === undefined) return;
  const [result, left, after] = await reachedByCopy(t, group);
  // It gives up, or the kernel ends it, and it alone.
  assert.ok(
    ['ERR_MEMWATCH_SNAPSHOT_CHILD', 'ERR_MEMWATCH_SNAPSHOT_MEMORY'].includes(result.code),
    JSON.stringify(result),
  );
  assert.deepEqual(left, [[], []]);
  assert.equal(after, 'fork');
});

test(
  'a forked child that reaches the limit of a cgroup with group kill does not end the program',
  forkOnly,
  async (t) => {
    const group = controlGroup(t);
    if (group === undefined) return;
    if (!fs.existsSync(group.together)) return t.skip('no control group of this system is ended as a whole');
    fs.writeFileSync(group.together, '1');
    const [result, left, after] = await reachedByCopy(t, group);
    assert.equal(result.code, 'ERR_MEMWATCH_SNAPSHOT_MEMORY', JSON.stringify(result));
    assert.deepEqual(left, [[], []]);
    assert.equal(after, 'fork');
  },
);

/** What becomes of a forked child that is paused while its control group fills up. */
async function copyInFullGroup(t, together) {
  return liveSays(
    async ({ directory, together, file }) => {
      const tell = (name, value) => fs.writeFileSync(path.join('/sys/fs/cgroup', name), `${value}\n`);
      const limit = 2 ** 40;
      tell('memory.max', limit);
      tell('memory.current', 0);
      tell(file, together);
      grow(100_000);
      const options = /** @type {const} */ ({ mode: 'fork', timeoutMs: 60_000 });
      // Paused, it can give up nothing itself.
      const { pid, outcome } = await held(() => memwatch.writeSnapshot(path.join(directory, 'a'), options));
      tell('memory.current', limit - (16 << 20));
      await Promise.race([outcome, sleep(2000)]);
      say(children().some(([child, , state]) => child === pid && state === 'T'));
      tell('memory.current', 0);
      resume(pid);
      say(await outcome);
      say([fs.readdirSync(directory), children()]);
    },
    { input: { directory: temporaryDirectory(t), together, file: TOGETHER }, through: MOUNTED },
  );
}

test('a forked child is killed before a cgroup with group kill is', forkOnly, async (t) => {
  const why = cannotMount();
  if (why) return t.skip(why);
  const [isAlive, { code, message }, left] = await copyInFullGroup(t, 1);
  assert.deepEqual([isAlive, code, left], [false, 'ERR_MEMWATCH_SNAPSHOT_MEMORY', [[], []]]);
  assert.match(message, /stopped before memory ran out: .*memory\.oom\.group/);
});

test('without group kill the system is left to kill the forked child', forkOnly, async (t) => {
  const why = cannotMount();
  if (why) return t.skip(why);
  const [isAlive, { value }, left] = await copyInFullGroup(t, 0);
  assert.deepEqual([isAlive, value?.mode, left], [true, 'fork', [['a'], []]]);
});
