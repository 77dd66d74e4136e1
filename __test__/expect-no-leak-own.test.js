'use strict';
// What expectNoLeak starts and keeps itself while it looks, and that it is not counted as the work's. Work that leaks is
// in expect-no-leak.test.js.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const memwatch = require('..');
const { expectNoLeak } = require('../test.js');
const { leakOf } = require('./support/leak-error.js');

test('the retaining path of an object that the work retains begins at the work', async () => {
  const kept = [];
  const error = await leakOf(function remember() {
    kept.push({ at: kept.length });
  });
  const [{ paths }] = error.classes.filter((entry) => entry.class === 'Object');
  assert.equal(paths[0].path, 'remember → context.kept[x]');
});

test('a running sampler continues, a sampler started for the check is stopped, and off stays off', async () => {
  // The process does leak: the detector of trends would start it as well.
  memwatch.configure({ detector: 'consecutive' });
  const kept = [];
  const work = () => kept.push(new Array(100).fill(0));
  const heard = async (when) => {
    memwatch.configure({ sampling: { when } });
    const before = memwatch.sites().sampling;
    const { suspects, message } = await leakOf(work);
    return [before, memwatch.sites().sampling, suspects.length > 0, message.includes('Allocated by:')];
  };
  assert.deepEqual(await heard(false), [false, false, false, false]);
  assert.deepEqual(await heard('always'), ['own', 'own', true, true]);
  assert.deepEqual(await heard('suspected'), [false, false, true, true]);
  memwatch.configure({ detector: 'both' });
});

test('memory that memwatch retains meanwhile is not a leak of the work, and is not named with it', async (t) => {
  const { sites } = require('../lib/own.js');
  /** @type {any} */
  const own = sites.labels;
  t.after(() => delete own.notes);
  class Note {
    at = [0];
  }
  own.notes = [];
  const report = await expectNoLeak(() => void own.notes.push(new Note()), { timeoutMs: 5000 });
  assert.notEqual(report.result, 'leak');
  const kept = [];
  const error = await leakOf(() => {
    own.notes.push(new Note());
    kept.push({ at: new Date() });
  });
  assert.ok(
    error.classes.some((entry) => entry.class === 'Date'),
    error.message,
  );
  assert.doesNotMatch(error.message, /Note/);
});

test('listeners that the work adds to memwatch and leaves are a leak', async (t) => {
  t.after(() => memwatch.removeAllListeners('stats'));
  memwatch.setMaxListeners(0);
  const error = await leakOf(() => void memwatch.on('stats', () => {}));
  assert.ok(error.bytesPerCall > 8);
});
