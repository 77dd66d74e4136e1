'use strict';
// Snapshots of the running program where a control group limits its memory, as containers do.
// Where no group may be made, these tests are skipped; limits of the process itself are tried
// in snapshot-live-faults.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { forkOnly, temporaryDirectory, liveSays } = require('./support/live.js');

const MB = 2 ** 20;

/** Of either version: where groups are made, and their files. */
const VERSIONS = [
  { root: '/sys/fs/cgroup', limit: 'memory.max', used: 'memory.current' },
  { root: '/sys/fs/cgroup/memory', limit: 'memory.limit_in_bytes', used: 'memory.usage_in_bytes' },
];

/** A group of this test alone; undefined, and the test skipped, where none may be made. */
function controlGroup(t) {
  for (const { root, limit, used } of VERSIONS) {
    const group = path.join(root, `memwatch-test-${process.pid}-${t.name.length}`);
    try {
      fs.mkdirSync(group);
    } catch {
      continue;
    }
    t.after(() => fs.rmdirSync(group));
    const files = { procs: 'cgroup.procs', limit, used };
    const paths = Object.fromEntries(Object.entries(files).map(([what, name]) => [what, path.join(group, name)]));
    if (fs.existsSync(paths.limit)) return paths;
  }
  return void t.skip('this user may make no control groups that limit memory');
}

// In the program: it goes into the group, and sets its limit.
const IN_GROUP = `
const enter = () => fs.writeFileSync(group.procs, String(process.pid));
const unlimited = fs.readFileSync(group.limit, 'utf8').trim();
const used = () => Number(fs.readFileSync(group.used, 'utf8'));
const limit = (bytes) => fs.writeFileSync(group.limit, String(bytes));
`;

function groupSays(main, input) {
  const wrapped = Object.assign(() => {}, {
    toString: () => `async ({ group, directory }) => { ${IN_GROUP}\nreturn (${main})(directory); }`,
  });
  return liveSays(wrapped, { input });
}

test('a control group that leaves no room for a copy', forkOnly, async (t) => {
  const group = controlGroup(t);
  if (group === undefined) return;
  const [forked, automatic, left] = await groupSays(
    async (directory) => {
      enter();
      grow(200_000);
      limit(used() + (64 << 20));
      const file = path.join(directory, 'a.heapsnapshot');
      say(await caught(memwatch.writeSnapshot(file, { mode: 'fork' })));
      say(await caught(memwatch.writeSnapshot(file)));
      say([fs.readdirSync(directory), children()]);
    },
    { group, directory: temporaryDirectory(t) },
  );
  assert.equal(forked.code, 'ERR_MEMWATCH_SNAPSHOT_MEMORY');
  assert.equal(automatic.code, 'ERR_MEMWATCH_SNAPSHOT_MEMORY');
  assert.deepEqual(left, [[], []]);
});

test('what a control group keeps of files is room', forkOnly, async (t) => {
  const group = controlGroup(t);
  if (group === undefined) return;
  const [{ cached, mode }] = await groupSays(
    async (directory) => {
      enter();
      limit(420 << 20);
      const before = used();
      const written = fs.openSync(path.join(directory, 'large'), 'w');
      for (let i = 0; i < 350; i++) fs.writeSync(written, Buffer.alloc(1 << 20, i));
      // Written back, it can be given up at once.
      fs.fsyncSync(written);
      fs.closeSync(written);
      const cached = used() - before;
      const { mode } = await memwatch.writeSnapshot(path.join(directory, 'a.heapsnapshot'), { mode: 'fork' });
      say({ cached, mode });
    },
    { group, directory: temporaryDirectory(t) },
  );
  assert.ok(cached > 300 * MB, `only ${cached} bytes were kept`);
  assert.equal(mode, 'fork');
});

test('a control group whose limit is reached by the copy', forkOnly, async (t) => {
  const group = controlGroup(t);
  if (group === undefined) return;
  const [result, left, after] = await groupSays(
    async (directory) => {
      enter();
      grow(300_000);
      const written = caught(memwatch.writeSnapshot(path.join(directory, 'a'), { mode: 'fork' }));
      await copy();
      // Enough for the program, which goes on, and not for a snapshot.
      limit(used() + (64 << 20));
      say(await written);
      say([fs.readdirSync(directory), children()]);
      limit(unlimited);
      say((await memwatch.writeSnapshot(path.join(directory, 'a'), { mode: 'fork' })).mode);
    },
    { group, directory: temporaryDirectory(t) },
  );
  // It gives up, or the kernel ends it, and it alone.
  assert.ok(['ERR_MEMWATCH_SNAPSHOT_CHILD', 'ERR_MEMWATCH_SNAPSHOT_MEMORY'].includes(result.code), JSON.stringify(result));
  assert.deepEqual(left, [[], []]);
  assert.equal(after, 'fork');
});
