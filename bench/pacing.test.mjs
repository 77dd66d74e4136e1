// The load that the programs of the evaluation run under: what is started, what is waited for. Only bounds that a slow machine keeps as well are asserted.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import test from 'node:test';

const { Pacer } = createRequire(import.meta.url)('./detection/pacing.js');

/** Runs until an operation says that it was the last. */
async function run(operate, rate = Infinity) {
  const pacer = new Pacer((i) => operate(i, () => pacer.stop()), rate);
  await pacer.run();
  return pacer.done;
}

test('operations are numbered from 0, and each is counted once', async () => {
  const seen = [];
  const done = await run((i, stop) => {
    if (seen.length < 100) seen.push(i);
    if (i >= 99) stop();
  });
  assert.deepEqual(
    seen,
    Array.from({ length: 100 }, (_, at) => at),
  );
  assert.ok(done >= 100);
});

test('what is on its way is waited for, and never more than sixteen at a time', async () => {
  let underWay = 0;
  let most = 0;
  const done = await run(async (i, stop) => {
    most = Math.max(most, ++underWay);
    await new Promise(setImmediate);
    underWay--;
    if (i === 200) stop();
  });
  assert.equal(underWay, 0);
  assert.equal(most, 16);
  assert.ok(done > 200);
});

test('the event loop has its turns between operations that never wait', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  await run((i, stop) => {
    if (turns >= 3) stop();
  });
  clearInterval(timer);
  assert.ok(turns >= 3);
});

test('at a rate, no more is done than is due', async () => {
  const begun = performance.now();
  const done = await run((i, stop) => {
    if (i === 20) stop();
  }, 200);
  const due = ((performance.now() - begun) / 1000) * 200;
  assert.ok(done <= Math.ceil(due), `${done} done, ${due} due`);
});

test('an operation that fails ends the run', async () => {
  const failing = () => Promise.reject(new Error('refused'));
  await assert.rejects(run(failing), /refused/);
});
