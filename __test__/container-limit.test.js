'use strict';
// The limit that comes first in a container: a control group of this system, and one that is made up where this user may
// mount something. The arithmetic is tried in the core, for both versions. Where no group may be made, tests are skipped.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const path = require('node:path');
const { controlGroup, MOUNTED, cannotMount } = require('./support/control-group.js');
const { forkOnly, liveSays } = require('./support/live.js');

const MIB = 2 ** 20;

/** In the program: what its detector state, a leak and its metrics say once the container is known. */
async function tells({ bytes }) {
  const isKnown = () => memwatch.detectorState().limit.kind === 'container';
  for (let i = 0; i < 600 && !isKnown(); i++) await sleep(50);
  say(memwatch.detectorState().limit);
  say(memwatch.detectorState().kinds.native.limit?.kind ?? null);
  const leaks = new Promise((resolve) => memwatch.once('leak', resolve));
  const kept = [];
  for (let i = 0; i < 6; i++) {
    kept.push(new Array(100_000).fill(i));
    await sleep(100);
    memwatch.gc();
  }
  const { limit, limitEta, end, growth } = await leaks;
  say([limit.kind, limit.bytes === bytes, limitEta > end, growth > 0]);
  say(/^memwatch_container_limit_bytes (\d+)$/m.exec(memwatch.metrics())[1]);
}

function check([limit, native, leak, metric], { bytes, directory }) {
  assert.equal(limit.kind, 'container');
  assert.equal(limit.bytes, bytes);
  assert.equal(limit.path, directory);
  assert.ok(limit.usedBytes > 0 && limit.usedBytes <= bytes, `${limit.usedBytes}`);
  assert.equal(native, 'container');
  assert.deepEqual(leak, ['container', true, true, true]);
  assert.equal(Number(metric), bytes);
}

test('the limit of a cgroup of this system is reported with the time to reach it', forkOnly, async (t) => {
  const group = controlGroup(t);
  if (group === undefined) return;
  const bytes = 200 * MIB;
  const said = await liveSays(
    new Function(`return async ({ group, bytes }) => {
      fs.writeFileSync(group.procs, String(process.pid));
      fs.writeFileSync(group.limit, String(bytes));
      await (${tells})({ bytes });
    }`)(),
    { input: { group, bytes } },
  );
  check(said, { bytes, directory: path.dirname(group.limit) });
});

test('the limit of a cgroup v2 is reported, and its page cache does not count', forkOnly, async (t) => {
  const why = cannotMount();
  if (why) return t.skip(why);
  const bytes = 300 * MIB;
  const said = await liveSays(
    new Function(`return async ({ bytes }) => {
      const write = (name, value) => fs.writeFileSync('/sys/fs/cgroup/' + name, value + '\\n');
      write('memory.current', 250 * 2 ** 20);
      write('memory.stat', 'inactive_file ' + 150 * 2 ** 20);
      write('memory.max', bytes);
      await (${tells})({ bytes });
    }`)(),
    { input: { bytes }, through: MOUNTED },
  );
  check(said, { bytes, directory: '/sys/fs/cgroup' });
  assert.equal(said[0].usedBytes, 100 * MIB);
});

test('without a cgroup limit only the limit of V8 applies', forkOnly, async (t) => {
  const why = cannotMount();
  if (why) return t.skip(why);
  const [limit, native, metrics] = await liveSays(
    async () => {
      fs.writeFileSync('/sys/fs/cgroup/memory.max', 'max\n');
      fs.writeFileSync('/sys/fs/cgroup/memory.current', '1000\n');
      await sleep(4500);
      say(memwatch.detectorState().limit.kind);
      say(memwatch.detectorState().kinds.native.limit);
      say(memwatch.metrics().includes('\nmemwatch_container_limit_bytes '));
    },
    { input: {}, through: MOUNTED },
  );
  assert.deepEqual([limit, native, metrics], ['v8-heap', null, false]);
});

test('the limit from Node is one more source: the smaller one counts, and invalid ones do not', forkOnly, async (t) => {
  const why = cannotMount();
  if (why) return t.skip(why);
  const said = await liveSays(
    async ({ known, without }) => {
      const write = (name, value) => fs.writeFileSync('/sys/fs/cgroup/' + name, value + '\n');
      write('memory.max', 400 * 2 ** 20);
      write('memory.current', 100 * 2 ** 20);
      const limitWhere = async (isThere) => {
        for (let i = 0; i < 600 && !isThere(memwatch.detectorState().limit); i++) await sleep(50);
        const { kind, bytes, path } = memwatch.detectorState().limit;
        say([kind, bytes, path]);
      };
      // A program of Node 18.14 has no such function.
      process.constrainedMemory = undefined;
      await limitWhere(({ kind }) => kind === 'container');
      for (const none of without) {
        process.constrainedMemory = () => known;
        await limitWhere(({ bytes }) => bytes === known);
        process.constrainedMemory = () => none;
        await limitWhere(({ bytes }) => bytes !== known);
      }
    },
    { input: { known: 200 * MIB, without: [0, null, 2 ** 63, 2 ** 64, 500 * MIB] }, through: MOUNTED },
  );
  const ofFiles = ['container', 400 * MIB, '/sys/fs/cgroup'];
  const ofNode = ['container', 200 * MIB, '/sys/fs/cgroup'];
  assert.deepEqual(said, [ofFiles, ...Array(5).fill([ofNode, ofFiles]).flat()]);
});
