'use strict';
// Who names the suspects of a leak, and when it is asked to: lib/verdict.js alone, with an addon
// and a source made up.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { performance } = require('node:perf_hooks');
const { configure } = require('../lib/configure.js');
const { Verdict } = require('../lib/verdict.js');

const BEFORE = new Date(1000);
const NOW = new Date(2000);
const TRACK = { function: 'track', file: '/app/server.js', line: 6 };

/** A verdict with a source that writes down what it is asked. */
function withSource({ isAlways, found = ['a line'], state = 'ok' } = {}) {
  const calls = [];
  const starts = [];
  const tended = { tended: 0 };
  let collections = 0;
  const youngCollections = () => (collections += 50);
  const unused = { setDetectors() {}, setProbes() {} };
  const now = () => ({ state, kind: 'heap', reason: 'growth of the heap has paused' });
  const verdict = new Verdict({ ...unused, detectorState: now, youngCollections });
  verdict.nameSuspectsWith({
    prepare: () => calls.push('prepare'),
    forgo: () => calls.push('forgo'),
    start: (about, { goesOn }) => calls.push(goesOn ? 'start again' : 'start') && starts.push(about),
    hold: (isPaused) => calls.push(isPaused ? 'hold' : 'go on'),
    tend: () => tended.tended++,
    observe: () => calls.push('observe'),
    findings: () => ({ at: NOW, suspects: found }),
    evidence: () => ({ at: BEFORE, suspects: [TRACK] }),
    whyNone: (kind) => `nothing is known of ${kind}`,
    stop: () => calls.push('stop'),
    isAlways,
  });
  return { verdict, calls, starts, tended };
}

const leak = (kind) => ({ kind, suspects: [] });

test('it is started at the first suspicion, sees what each collection leaves, and is stopped at the last clearing', () => {
  const { verdict, calls } = withSource();
  verdict.note('full-gc');
  verdict.told('leak-suspected', leak('heap'));
  verdict.note('full-gc');
  verdict.told('leak-suspected', leak('external'));
  verdict.told('leak', leak('heap'));
  verdict.told('leak-cleared', leak('heap'));
  verdict.note('full-gc');
  verdict.told('leak-cleared', leak('external'));
  verdict.note('full-gc');
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

test('it observes after full collections alone: between them garbage is among what is alive', () => {
  const { verdict, calls } = withSource();
  verdict.told('leak-suspected', leak('heap'));
  verdict.note('full-gc');
  verdict.note('early-sign');
  verdict.note('early-sign');
  verdict.note('full-gc');
  assert.deepEqual(calls, ['start', 'observe', 'observe']);
});

test('what grows names its suspects and when they were sampled, and what is over those of before', () => {
  const { verdict } = withSource();
  const told = (name) => {
    const event = leak('heap');
    verdict.told(name, event);
    const { suspects, suspectsAt, whyNoSuspects } = event;
    return [suspects, suspectsAt, whyNoSuspects];
  };
  assert.deepEqual(told('leak-suspected'), [['a line'], NOW, null]);
  assert.deepEqual(told('leak'), [['a line'], NOW, null]);
  assert.deepEqual(told('leak-paused'), [[TRACK], BEFORE, null]);
  assert.deepEqual(told('leak-cleared'), [[TRACK], BEFORE, null]);
});

test('a leak without suspects says why in words', () => {
  const { verdict } = withSource({ found: [] });
  const event = leak('native');
  verdict.told('leak', event);
  const { suspects, suspectsAt, whyNoSuspects } = event;
  assert.deepEqual([suspects, suspectsAt, whyNoSuspects], [[], null, 'nothing is known of native']);
});

test('it is held while all growth has paused, and goes on where growth does', () => {
  const { verdict, calls } = withSource();
  verdict.told('leak-suspected', leak('heap'));
  verdict.told('leak-suspected', leak('external'));
  verdict.told('leak-paused', leak('heap'));
  assert.deepEqual(calls, ['start']);
  verdict.told('leak-paused', leak('external'));
  verdict.note('full-gc');
  verdict.told('leak-resumed', leak('heap'));
  verdict.note('full-gc');
  assert.deepEqual(calls, ['start', 'hold', 'go on', 'observe']);
});

test('a long pause stops it, and growth that goes on starts it again for the same leak', (t) => {
  const { verdict, calls } = withSource();
  const clock = t.mock.method(performance, 'now', () => 0);
  verdict.told('leak-suspected', leak('heap'));
  verdict.told('leak-paused', leak('heap'));
  verdict.tick();
  assert.deepEqual(calls, ['start', 'hold']);
  clock.mock.mockImplementation(() => 10 * 60_000);
  verdict.tick();
  verdict.tick();
  assert.deepEqual(calls, ['start', 'hold', 'stop']);
  verdict.told('leak-resumed', leak('heap'));
  verdict.told('leak-paused', leak('heap'));
  verdict.told('leak-cleared', leak('heap'));
  assert.deepEqual(calls.slice(3), ['start again', 'hold', 'stop']);
});

test('verdict() names what is kept while growth has paused, and nothing where nothing grows', () => {
  const paused = withSource({ state: 'paused' }).verdict.verdict();
  assert.equal(paused.reason, 'growth of the heap has paused, allocated by track() server.js:6');
  assert.deepEqual([paused.suspects, paused.suspectsAt], [[TRACK], BEFORE]);
  const calm = withSource().verdict.verdict();
  assert.deepEqual([calm.suspects, calm.suspectsAt], [[], null]);
});

test('an early sign prepares it and starts nothing; what is suspected needs no sign', () => {
  const { verdict, calls } = withSource();
  verdict.note('full-gc');
  verdict.note('early-sign');
  assert.deepEqual(calls, ['prepare']);
  verdict.told('leak-suspected', leak('heap'));
  verdict.note('full-gc');
  verdict.note('early-sign');
  verdict.note('full-gc');
  assert.deepEqual(calls, ['prepare', 'start', 'observe', 'observe']);
});

test('it forgoes what it prepared when the trend is no longer followed', () => {
  const { verdict, calls } = withSource();
  verdict.note('early-sign');
  configure({ detector: 'consecutive' });
  assert.deepEqual(calls, ['prepare', 'forgo']);
});
