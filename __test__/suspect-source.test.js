'use strict';
// Who names the suspects of a leak, and when it is asked to: lib/detector.js alone, with an addon
// and a source made up.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const { performance } = require('node:perf_hooks');
const { configurationOf } = require('../lib/configure.js');
const { Detector } = require('../lib/detector.js');

const BEFORE = new Date(1000);
const NOW = new Date(2000);
const TRACK = { function: 'track', file: '/app/server.js', line: 6 };

/** A detector with a source that writes down what it is asked. */
function withSource(
  /** @type {{ isAlways?: () => boolean, found?: any[], state?: string }} */ {
    isAlways,
    found = ['a line'],
    state = 'ok',
  } = {},
) {
  const calls = [];
  const starts = [];
  const tended = { tended: 0 };
  let collections = 0;
  const youngCollections = () => (collections += 50);
  const unused = { setDetectors() {}, setForcedGc() {} };
  const now = () => ({ state, kind: 'heap', reason: 'growth of the heap has paused' });
  const configuration = configurationOf();
  const environment = { ...unused, detectorState: now, youngCollections };
  const detector = new Detector({ environment, configuration });
  detector.nameSuspectsWith({
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
  return { detector, calls, starts, tended, configure: configuration.configure };
}

const leak = (kind) => ({ kind, suspects: [] });

test('sampling starts at the first suspicion, samples after each full GC, and stops at the last clearing', () => {
  const { detector, calls } = withSource();
  detector.note('full-gc');
  detector.told('leak-suspected', leak('heap'));
  detector.note('full-gc');
  detector.told('leak-suspected', leak('external'));
  detector.told('leak', leak('heap'));
  detector.told('leak-cleared', leak('heap'));
  detector.note('full-gc');
  detector.told('leak-cleared', leak('external'));
  detector.note('full-gc');
  assert.deepEqual(calls, ['start', 'observe', 'observe', 'stop']);
});

test('allocators of native memory are listed before those of its owners, each function once', () => {
  const keep = { function: 'keep', file: '/app/keep.js', line: 3 };
  const { detector } = withSource({ found: [TRACK, keep] });
  const native = { ...TRACK, native: { function: 'node::crypto::Hash::New', object: 'a hash of node:crypto' } };
  /** @type {[string, unknown][]} */
  const told = [];
  detector.nameNativeWith({
    told: (name, { suspects }) => told.push([name, suspects]),
    findings: () => ({ at: BEFORE, suspects: [native] }),
    whyNone: () => null,
    stop() {},
  });
  assert.deepEqual(detector.findings({ kind: 'native' }), { at: BEFORE, suspects: [native, keep] });
  assert.deepEqual(detector.findings({ kind: 'native', top: 1 }).suspects, [native]);
  assert.deepEqual(detector.evidence({ kind: 'native' }).suspects, [native]);
  assert.deepEqual(detector.findings({ kind: 'heap' }), { at: NOW, suspects: [TRACK, keep] });
  detector.told('leak-suspected', leak('native'));
  detector.told('leak-suspected', leak('heap'));
  assert.deepEqual(told, [['leak-suspected', [native, keep]]]);
});

test('it receives the growing kinds and the rate of minor GCs, current at each query', () => {
  const { detector, starts } = withSource();
  detector.told('leak-suspected', leak('external'));
  assert.equal(starts[0].youngPerSecond(), 0);
  assert.deepEqual([...starts[0].kinds], ['external']);
  detector.tick();
  assert.ok(starts[0].youngPerSecond() > 0);
  detector.told('leak-suspected', leak('heap'));
  assert.deepEqual([...starts[0].kinds], ['external', 'heap']);
  assert.equal(starts.length, 1);
});

test('memory that was freed has no suspects, also while its growth has paused; that of another kind has some', () => {
  const { detector } = withSource();
  let cause = 'unknown';
  detector.explainNativeWith(({ kind, state }) =>
    kind === 'native' && state !== 'paused' ? { cause, text: `${cause} grew`, advice: null } : null,
  );
  const told = (name, kind, state) => {
    const event = { ...leak(kind), state, suspectsAt: undefined, whyNoSuspects: undefined };
    detector.told(name, event);
    return event;
  };
  assert.deepEqual(told('leak-suspected', 'native', 'suspected').suspects, ['a line']);
  cause = 'fragmentation';
  const none = {
    suspects: [],
    suspectsAt: null,
    whyNoSuspects: 'what grows is memory that the program has freed, and no function keeps it',
  };
  const { suspects, suspectsAt, whyNoSuspects } = told('leak-confirmed', 'native', 'confirmed');
  assert.deepEqual({ suspects, suspectsAt, whyNoSuspects }, none);
  assert.deepEqual(told('leak-paused', 'native', 'paused').suspects, []);
  assert.deepEqual(told('leak-suspected', 'heap', 'suspected').suspects, ['a line']);
  cause = 'malloc';
  assert.deepEqual(told('leak-confirmed', 'native', 'confirmed').suspects, ['a line']);
});

test('the sampler is serviced while something is suspected', () => {
  const { detector, calls, tended } = withSource();
  detector.tick();
  detector.told('leak-suspected', leak('native'));
  detector.tick();
  detector.tick();
  detector.told('leak-cleared', leak('native'));
  detector.tick();
  assert.deepEqual(calls, ['start', 'stop']);
  assert.equal(tended.tended, 2);
});

test('a source that is always on is serviced always', () => {
  const { detector, calls, tended } = withSource({ isAlways: () => true });
  detector.tick();
  detector.tick();
  assert.deepEqual([calls, tended.tended], [[], 2]);
});

test('it samples after full GCs only: between them garbage counts as live', () => {
  const { detector, calls } = withSource();
  detector.told('leak-suspected', leak('heap'));
  detector.note('full-gc');
  detector.note('early-sign');
  detector.note('early-sign');
  detector.note('full-gc');
  assert.deepEqual(calls, ['start', 'observe', 'observe']);
});

test('growth reports its sites and their sampling time, and ended growth keeps the earlier ones', () => {
  const { detector } = withSource();
  const told = (name) => {
    const event = leak('heap');
    detector.told(name, event);
    const { suspects, suspectsAt, whyNoSuspects } = event;
    return [suspects, suspectsAt, whyNoSuspects];
  };
  assert.deepEqual(told('leak-suspected'), [['a line'], NOW, null]);
  assert.deepEqual(told('leak'), [['a line'], NOW, null]);
  assert.deepEqual(told('leak-paused'), [[TRACK], BEFORE, null]);
  assert.deepEqual(told('leak-cleared'), [[TRACK], BEFORE, null]);
});

test('a leak without sites gives the reason in one sentence', () => {
  const { detector } = withSource({ found: [] });
  const event = leak('native');
  detector.told('leak', event);
  const { suspects, suspectsAt, whyNoSuspects } = event;
  assert.deepEqual([suspects, suspectsAt, whyNoSuspects], [[], null, 'nothing is known of native']);
});

test('sampling is held while all growth has paused, and continues with the growth', () => {
  const { detector, calls } = withSource();
  detector.told('leak-suspected', leak('heap'));
  detector.told('leak-suspected', leak('external'));
  detector.told('leak-paused', leak('heap'));
  assert.deepEqual(calls, ['start']);
  detector.told('leak-paused', leak('external'));
  detector.note('full-gc');
  detector.told('leak-resumed', leak('heap'));
  detector.note('full-gc');
  assert.deepEqual(calls, ['start', 'hold', 'go on', 'observe']);
});

test('a long pause stops sampling, and renewed growth restarts it for the same leak', (t) => {
  const { detector, calls } = withSource();
  const clock = t.mock.method(performance, 'now', () => 0);
  detector.told('leak-suspected', leak('heap'));
  detector.told('leak-paused', leak('heap'));
  detector.tick();
  assert.deepEqual(calls, ['start', 'hold']);
  clock.mock.mockImplementation(() => 10 * 60_000);
  detector.tick();
  detector.tick();
  assert.deepEqual(calls, ['start', 'hold', 'stop']);
  detector.told('leak-resumed', leak('heap'));
  detector.told('leak-paused', leak('heap'));
  detector.told('leak-cleared', leak('heap'));
  assert.deepEqual(calls.slice(3), ['start again', 'hold', 'stop']);
});

test('detectorState() names the retained memory during a pause, and nothing without growth', () => {
  const paused = withSource({ state: 'paused' }).detector.detectorState();
  assert.equal(paused.reason, 'growth of the heap has paused, allocated by track() server.js:6');
  assert.deepEqual([paused.suspects, paused.suspectsAt], [[TRACK], BEFORE]);
  const calm = withSource().detector.detectorState();
  assert.deepEqual([calm.suspects, calm.suspectsAt], [[], null]);
});

test('an early sign prepares sampling without starting it; a suspicion needs no early sign', () => {
  const { detector, calls } = withSource();
  detector.note('full-gc');
  detector.note('early-sign');
  assert.deepEqual(calls, ['prepare']);
  detector.told('leak-suspected', leak('heap'));
  detector.note('full-gc');
  detector.note('early-sign');
  detector.note('full-gc');
  assert.deepEqual(calls, ['prepare', 'start', 'observe', 'observe']);
});

test('prepared sampling is released when the trend detector is switched off', () => {
  const { detector, calls, configure } = withSource();
  detector.note('early-sign');
  configure({ detector: 'consecutive' });
  assert.deepEqual(calls, ['prepare', 'forgo']);
});

test('the sentence on native memory names the growing part and a remedy, if known', () => {
  const asked = [];
  const { detector } = withSource({ state: 'suspected' });
  detector.explainNativeWith((of) => {
    asked.push(of.kind);
    if (of.kind !== 'native') return null;
    if (of.growth <= 10) return { cause: 'unknown', text: null, advice: null };
    return { cause: 'malloc', text: 'free memory grew', advice: 'trim it' };
  });
  const reasonOf = (kind, growth) => {
    const event = { kind, growth, reason: `${kind} memory grows`, suspects: [] };
    detector.told('leak-suspected', event);
    return event.reason;
  };
  assert.equal(reasonOf('native', 20), 'native memory grows; free memory grew; trim it');
  assert.equal(reasonOf('native', 5), 'native memory grows');
  assert.equal(reasonOf('heap', 20), 'heap memory grows');
  assert.equal(detector.growsAny, true);
  assert.equal(detector.detectorState().reason, 'growth of the heap has paused');
  assert.deepEqual(asked, ['native', 'native', 'heap', 'heap']);
});
