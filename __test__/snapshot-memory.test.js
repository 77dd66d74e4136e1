'use strict';
// A snapshot for which there is too little memory is given up before the system ends the
// process: the program continues, and so does its diff. Linux reports and sets such limits.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { says } = require('./support/child.js');

const skip =
  process.platform !== 'linux' || spawnSync('prlimit', ['--version']).status !== 0
    ? 'needs Linux and its prlimit command'
    : false;

/** Runs a program that can limit its own data segment to what it has and `mebibytes` more. */
function limited(main, input) {
  return says(
    `async (input) => {
    const fs = require('node:fs');
    const { execFileSync } = require('node:child_process');
    const memwatch = require(ROOT);
    const allow = (mebibytes) => {
      const used = Number(/^VmData:\\s+(\\d+)/m.exec(fs.readFileSync('/proc/self/status', 'utf8'))[1]) * 1024;
      const limit = mebibytes === Infinity ? 'unlimited' : used + mebibytes * 1024 * 1024;
      execFileSync('prlimit', ['--pid', String(process.pid), '--data=' + limit + ':unlimited']);
    };
    const attempt = (work) => {
      try {
        const result = work();
        return result === undefined ? 'done' : result;
      } catch ({ name, message, code }) {
        return { name, message, code };
      }
    };
    const many = (Class) => Array.from({ length: 400_000 }, () => new Class());
    await (${main})({ memwatch, allow, attempt, many, input });
    say('alive');
  }`,
    { input },
  );
}

const MEMORY = { name: 'Error', code: 'ERR_MEMWATCH_SNAPSHOT_MEMORY' };

function isMemoryError({ name, code, message }) {
  assert.deepEqual({ name, code }, MEMORY);
  assert.match(message, /^not enough memory for a heap snapshot/);
}

test('new HeapDiff() without enough memory throws, and works once there is enough', { skip }, async () => {
  const [first, again, then, alive] = await limited(async ({ memwatch, allow, attempt, many }) => {
    class Many {}
    globalThis.kept = many(Many);
    memwatch.gc();
    allow(90);
    const begin = () => Object.keys(new memwatch.HeapDiff().end());
    say(attempt(begin));
    say(attempt(begin));
    globalThis.kept = null;
    allow(Infinity);
    say(attempt(begin));
  });
  isMemoryError(first);
  isMemoryError(again);
  assert.deepEqual(then, ['before', 'after', 'change']);
  assert.equal(alive, 'alive');
});

test('a diff whose end() has too little memory can be ended later', { skip }, async () => {
  const said = await limited(async ({ memwatch, allow, attempt, many }) => {
    class Small {}
    class Many {}
    const diff = new memwatch.HeapDiff();
    globalThis.small = [new Small(), new Small()];
    // Besides the many objects some 200 MiB that are returned immediately when dropped.
    globalThis.kept = [many(Many), Array.from({ length: 200 }, () => new Array(131072).fill(0.5))];
    memwatch.gc();
    allow(90);
    for (const method of ['end', 'compare', 'update']) say(attempt(() => diff[method]()));
    // The freed memory is enough: no limit is lifted.
    globalThis.kept = null;
    memwatch.gc();
    await turns(3);
    const { change } = diff.end();
    say(['Small', 'Many'].map((name) => change.details.find(({ what }) => what === name)?.['+'] ?? 0));
    say(attempt(() => diff.end()).code);
  });
  for (const error of said.slice(0, 3)) isMemoryError(error);
  assert.deepEqual(said.slice(3), [[2, 0], 'ERR_MEMWATCH_DIFF_ENDED', 'alive']);
});

test('GC cycles are counted and events emitted as before after an abandoned snapshot', { skip }, async () => {
  const said = await limited(async ({ memwatch, allow, attempt, many }) => {
    memwatch.on('stats', ({ num_full_gc }) => say(num_full_gc));
    class Many {}
    globalThis.kept = many(Many);
    allow(90);
    say(attempt(() => new memwatch.HeapDiff()).code);
    allow(Infinity);
    await turns();
    memwatch.gc();
    memwatch.gc();
    await turns();
  });
  const full = said.filter((what) => typeof what === 'number');
  assert.ok(said.includes('ERR_MEMWATCH_SNAPSHOT_MEMORY'));
  assert.ok(full.length >= 2);
  assert.deepEqual(
    full,
    full.map((_, index) => index + 1),
  );
  assert.equal(said[said.length - 1], 'alive');
});

test('memory of an abandoned snapshot is returned', { skip }, async () => {
  const [[first, last]] = await limited(async ({ memwatch, allow, attempt, many }) => {
    class Many {}
    globalThis.kept = many(Many);
    memwatch.gc();
    allow(90);
    const rss = () => process.memoryUsage().rss;
    const attempts = (count) => {
      for (let i = 0; i < count; i++) {
        if (attempt(() => new memwatch.HeapDiff()).code !== 'ERR_MEMWATCH_SNAPSHOT_MEMORY')
          throw new Error('not given up');
      }
    };
    attempts(3);
    const first = rss();
    attempts(8);
    say([first, rss()]);
  });
  // Each attempt takes tens of megabytes before it is given up.
  assert.ok(last - first < 60 * 1024 * 1024, `grew by ${last - first} bytes`);
});

// Mebibytes above what is in use: from far too little to nearly enough, so that memory
// would run out in each part of the work.
for (const mebibytes of [60, 100, 140, 190, 240, 290]) {
  test(`at ${mebibytes} MiB a snapshot either completes or is abandoned`, { skip }, async () => {
    const [outcome, alive] = await limited(({ memwatch, allow, attempt, many, input }) => {
      class Many {}
      globalThis.kept = many(Many);
      memwatch.gc();
      allow(input);
      say(attempt(() => Object.keys(new memwatch.HeapDiff().end())));
    }, mebibytes);
    if (!Array.isArray(outcome)) isMemoryError(outcome);
    assert.equal(alive, 'alive');
  });
}
