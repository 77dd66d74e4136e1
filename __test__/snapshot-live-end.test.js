'use strict';
// A program or a worker that ends while a snapshot of it is taken, or asked for: the copy ends with it, and
// nothing half-written is left.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { forkOnly, temporaryDirectory, liveProgram, liveSays } = require('./support/live.js');

test('a snapshot requested in an exit listener is refused', async (t) => {
  const directory = temporaryDirectory(t);
  const said = await liveSays(
    (directory) => {
      process.on('exit', () => {
        memwatch.writeSnapshot(path.join(directory, 'a'), (/** @type {NodeJS.ErrnoException} */ error) =>
          say(error.code),
        );
        memwatch.writeSnapshot(path.join(directory, 'b')).catch(() => {});
        memwatch.analyzeNow().catch(() => {});
      });
    },
    { input: directory },
  );
  assert.deepEqual(said, ['ERR_MEMWATCH_SNAPSHOT_EXITING']);
  assert.deepEqual(fs.readdirSync(directory), []);
});

test('a program that exits ends its forked child, and leaves no file', forkOnly, async (t) => {
  const directory = temporaryDirectory(t);
  for (const how of ['exit', 'kill']) {
    const { status, signal, said } = await liveProgram(
      async ({ directory, how }) => {
        grow(100_000);
        const take = () => memwatch.writeSnapshot(path.join(directory, 'a.heapsnapshot'), { mode: 'fork' });
        say((await held(take)).pid);
        if (how === 'exit') process.exit(7);
        process.kill(process.pid, 'SIGKILL');
      },
      { input: { directory, how } },
    );
    assert.deepEqual([status, signal], how === 'exit' ? [7, null] : [null, 'SIGKILL']);
    assert.ok(await isGone(said[0]));
    // After a kill no process is left to clean up; the name at least is never taken.
    const left = fs.readdirSync(directory);
    assert.deepEqual(how === 'exit' ? left : left.filter((name) => name === 'a.heapsnapshot'), []);
  }
});

test(
  'no partial file is left when a program exits normally or by an error while its child writes',
  forkOnly,
  async (t) => {
    for (const how of ['exit', 'error']) {
      const directory = temporaryDirectory(t);
      const { status, said } = await liveProgram(
        ({ directory, how }) => {
          grow(200_000);
          // Those of the program's own that are called first, or throw, must not stand in the way.
          process.on('exit', () => {
            say(fs.readdirSync(directory));
            throw new Error('of a listener');
          });
          const onProgress = ({ stage }) => {
            if (stage !== 'writing') return;
            if (how === 'exit') process.exit(7);
            throw new Error('of the program');
          };
          memwatch.writeSnapshot(path.join(directory, 'a.heapsnapshot'), { mode: 'fork', onProgress });
        },
        { input: { directory, how } },
      );
      assert.notEqual(status, 0);
      assert.deepEqual([said, fs.readdirSync(directory)], [[[]], []], how);
    }
  },
);

test('a program has an exit listener only while a forked child works', forkOnly, async (t) => {
  const [counts] = await liveSays(
    async (directory) => {
      const counts = [process.listenerCount('exit')];
      const written = memwatch.writeSnapshot(path.join(directory, 'a'), { mode: 'fork' });
      counts.push(process.listenerCount('exit'));
      await written;
      counts.push(process.listenerCount('exit'));
      say(counts.map((count) => count - counts[0]));
    },
    { input: temporaryDirectory(t) },
  );
  assert.deepEqual(counts, [0, 1, 0]);
});

/** The system takes its time to end a large process. */
async function isGone(pid) {
  for (let tries = 0; tries < 3000; tries++) {
    try {
      const state = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').match(/\) (\S)/)[1];
      if (state === 'Z') return true;
    } catch {
      return true;
    }
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return false;
}

test('a terminated worker ends its forked child, and the program continues', forkOnly, async (t) => {
  const [left, after] = await liveSays(
    async (directory) => {
      const { Worker } = require('node:worker_threads');
      const source = `
        globalThis.kept = Array.from({ length: 100_000 }, (_, i) => ({ i }));
        const { parentPort, workerData } = require('node:worker_threads');
        const written = require(${JSON.stringify(ROOT)}).writeSnapshot(workerData, { mode: 'fork' });
        written.finally(() => parentPort.postMessage('over'));
      `;
      const file = path.join(directory, 'worker');
      /** Whether the child was running when its worker was terminated, after this time. */
      const terminated = async (wait) => {
        const worker = new Worker(source, { eval: true, workerData: file });
        const pid = await forkedChild(new Promise((resolve) => worker.once('message', resolve)));
        await sleep(wait);
        const isAtWork = pid !== undefined && (await paused(pid)) && !fs.existsSync(file);
        await worker.terminate();
        // What was written before stays.
        if (!isAtWork) fs.rmSync(file, { force: true });
        return isAtWork;
      };
      while (!(await terminated(0)));
      for (const wait of [20, 200]) await terminated(wait);
      say({ files: fs.readdirSync(directory), children: children() });
      say((await memwatch.writeSnapshot(path.join(directory, 'main'), { mode: 'fork' })).mode);
    },
    { input: temporaryDirectory(t) },
  );
  assert.deepEqual(left, { files: [], children: [] });
  assert.equal(after, 'fork');
});
