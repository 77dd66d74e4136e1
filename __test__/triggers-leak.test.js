'use strict';
// The snapshot at a leak, in addition to the other actions at a leak. Detection is not tested here.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { says } = require('./support/child.js');
const { forkOnly, temporaryDirectory } = require('./support/live.js');
const { assertSchema } = require('./support/schema.js');

test('a leak takes a snapshot, and another leak shortly after does not', forkOnly, async (t) => {
  const directory = temporaryDirectory(t);
  const said = await says(
    async (input) => {
      const memwatch = require(ROOT);
      memwatch.configure({ onLeak: { snapshot: true }, snapshots: { directory: input }, detector: 'consecutive' });
      let leaks = 0;
      memwatch.on('leak', () => leaks++);
      const taken = new Promise((resolve) => memwatch.on('snapshot', resolve));
      const kept = [];
      while (leaks < 2) {
        kept.push(new Array(100_000).fill(kept.length));
        memwatch.gc();
        await turns(2);
      }
      say(await taken);
    },
    { input: directory },
  );
  assertSchema('triggered-snapshot', said[0]);
  assert.equal(said[0].trigger, 'leak');
  assert.deepEqual(fs.readdirSync(directory), [path.basename(said[0].path)]);
});

test('a leak gets its snapshot and its diagnosis, in whichever order they are requested', forkOnly, async (t) => {
  for (const first of ['snapshot', 'diagnosis']) {
    const directory = temporaryDirectory(t);
    const [diagnosis, snapshot, warnings] = await says(
      async ({ directory, first }) => {
        const memwatch = require(ROOT);
        const { onLeak } = require(`${ROOT}/lib/own.js`).leakTrigger;
        const { whenDiagnosed } = require(`${ROOT}/lib/own.js`).diagnoses;
        const warnings = [];
        process.on('warning', (/** @type {NodeJS.ErrnoException} */ { code, message }) =>
          warnings.push([code, message]),
        );
        memwatch.configure({ onLeak: { snapshot: true, analyze: true }, snapshots: { directory } });
        globalThis.kept = Array.from({ length: 100_000 }, (_, i) => ({ i }));
        const leak = { detector: 'trend' };
        const taken = new Promise((resolve) => memwatch.once('snapshot', resolve));
        if (first === 'snapshot') onLeak();
        const diagnosed = new Promise((resolve) => whenDiagnosed(leak, resolve));
        if (first === 'diagnosis') onLeak();
        await diagnosed;
        say([Object.keys(leak.analysis), leak.analysis.error?.message]);
        say(first === 'snapshot' || warnings.length === 0 ? await taken : null);
        say(warnings);
      },
      { input: { directory, first } },
    );
    assert.deepEqual(diagnosis, [['report'], null], first);
    assert.deepEqual(warnings, []);
    assert.deepEqual(fs.readdirSync(directory), [path.basename(snapshot.path)]);
  }
});

test('a failed snapshot of a leak is not retried at each leak', forkOnly, async () => {
  const [codes] = await says(async () => {
    const memwatch = require(ROOT);
    const { onLeak } = require(`${ROOT}/lib/own.js`).leakTrigger;
    const codes = [];
    process.on('warning', (/** @type {NodeJS.ErrnoException} */ { code }) => codes.push(code));
    memwatch.configure({ onLeak: { snapshot: true }, snapshots: { directory: '/nowhere' } });
    for (let leaks = 0; leaks < 3; leaks++) {
      onLeak();
      await turns();
    }
    say(codes);
  });
  assert.deepEqual(codes, ['ERR_MEMWATCH_SNAPSHOT_DIRECTORY']);
});
