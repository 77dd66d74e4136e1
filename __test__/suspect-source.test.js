'use strict';
// Who names the suspects of a leak, and when it is asked to: lib/verdict.js alone, with an addon
// and a source made up.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { configure } = require('../lib/configure.js');
const { Verdict } = require('../lib/verdict.js');

/**
 * A verdict with a source that writes down what it is asked, a look at the heap each: `signs` are the early ones,
 * `sweeps` whether a full collection had ended.
 */
function withSource({ signs = [], sweeps = [], isAlways } = {}) {
  const calls = [];
  const starts = [];
  const tended = { tended: 0 };
  let collections = 0;
  const youngCollections = () => (collections += 50);
  const takeEarlySign = () => signs.shift() ?? false;
  const takeSwept = () => sweeps.shift() ?? true;
  const unused = { setDetectors() {}, setProbes() {}, verdict: () => null };
  const verdict = new Verdict({ ...unused, takeEarlySign, takeSwept, youngCollections });
  verdict.nameSuspectsWith({
    prepare: () => calls.push('prepare'),
    forgo: () => calls.push('forgo'),
    start: (about) => calls.push('start') && starts.push(about),
    tend: () => tended.tended++,
    observe: () => calls.push('observe'),
    suspects: () => ['a line'],
    stop: () => calls.push('stop'),
    isAlways,
  });
  return { verdict, calls, starts, tended };
}

const leak = (kind) => ({ kind, suspects: [] });

test('it is started at the first suspicion, sees what each collection leaves, and is stopped at the last clearing', () => {
  const { verdict, calls } = withSource();
  verdict.sampled();
  verdict.told('leak-suspected', leak('heap'));
  verdict.sampled();
  verdict.told('leak-suspected', leak('external'));
  verdict.told('leak', leak('heap'));
  verdict.told('leak-cleared', leak('heap'));
  verdict.sampled();
  verdict.told('leak-cleared', leak('external'));
  verdict.sampled();
  assert.deepEqual(calls, ['start', 'observe', 'observe', 'stop']);
});

test('it is told what grows, and how often the young generation is collected, as it is when it asks', () => {
  const { verdict, starts } = withSource();
  verdict.told('leak-suspected', leak('external'));
  assert.equal(starts[0].youngPerSecond(), 0);
  assert.deepEqual([...starts[0].kinds], ['external']);
  verdict.tick();
  assert.ok(starts[0].youngPerSecond() > 0);
  verdict.told('leak-suspected', leak('heap'));
  assert.deepEqual([...starts[0].kinds], ['external', 'heap']);
  assert.equal(starts.length, 1);
});

test('it is tended while something is suspected', () => {
  const { verdict, calls, tended } = withSource();
  verdict.tick();
  verdict.told('leak-suspected', leak('native'));
  verdict.tick();
  verdict.tick();
  verdict.told('leak-cleared', leak('native'));
  verdict.tick();
  assert.deepEqual(calls, ['start', 'stop']);
  assert.equal(tended.tended, 2);
});

test('what knows suspects always is tended always', () => {
  const { verdict, calls, tended } = withSource({ isAlways: () => true });
  verdict.tick();
  verdict.tick();
  assert.deepEqual([calls, tended.tended], [[], 2]);
});

test('garbage is not looked at: between full collections it observes nothing', () => {
  const { verdict, calls } = withSource({ sweeps: [true, false, false, true] });
  verdict.told('leak-suspected', leak('heap'));
  for (let looks = 0; looks < 4; looks++) verdict.sampled();
  assert.deepEqual(calls, ['start', 'observe', 'observe']);
});

test('a leak names its suspects while something is suspected, and none before', () => {
  const { verdict } = withSource();
  assert.deepEqual(verdict.told('leak', leak('heap')).suspects, []);
  assert.deepEqual(verdict.told('leak-suspected', leak('heap')).suspects, ['a line']);
  assert.deepEqual(verdict.told('leak', leak('heap')).suspects, ['a line']);
  assert.deepEqual(verdict.told('leak-cleared', leak('heap')).suspects, ['a line']);
  assert.deepEqual(verdict.told('leak', leak('heap')).suspects, []);
});

test('an early sign prepares it and starts nothing; what is suspected needs no sign', () => {
  const { verdict, calls } = withSource({ signs: [false, true, false, true] });
  verdict.sampled();
  verdict.sampled();
  assert.deepEqual(calls, ['prepare']);
  verdict.told('leak-suspected', leak('heap'));
  verdict.sampled();
  verdict.sampled();
  assert.deepEqual(calls, ['prepare', 'start', 'observe', 'observe']);
});

test('it forgoes what it prepared when the trend is no longer followed', () => {
  const { verdict, calls } = withSource({ signs: [true] });
  verdict.sampled();
  configure({ detector: 'consecutive' });
  assert.deepEqual(calls, ['prepare', 'forgo']);
});
