// What the evaluation makes of a run: judged, counted and printed, on runs made up here. Starts no program and asserts
// no time that was measured.
import assert from 'node:assert/strict';
import test from 'node:test';
import { CASES, HELD_OUT } from './detection/catalogue.mjs';
import { baseAt, judgeHealthy, judgeLeak, rankOfGuilty, score } from './detection/judge.mjs';
import { inParallel, sideBySide } from './detection/parallel.mjs';
import { healthy, leaks, share, summary } from './detection/report.mjs';

const MB = 2 ** 20;

const LEAK = { name: 'a', program: 'a', kind: 'leak', pace: 'calm', measure: 'heap', guilty: ['keeper', 'keepAll'] };

/** A program that leaks 1 MB an operation over a base of 10 MB; an operation a second. */
function leakingRun({ operations = 100, collections = [], events = [] } = {}) {
  const sample = (at) => ({ operations: at, heap: (10 + at) * MB, t_us: at * 1e6 });
  return {
    base: { heap: 10 * MB },
    operations,
    seconds: operations,
    heapLimit: 400 * MB,
    collections: collections.map(sample),
    events: events.map(([name, at, payload]) => ({ name, ...sample(at), memory: sample(at), payload })),
    final: { heap: (10 + operations) * MB },
  };
}

test('between two collections the base is what the operations in between have added', () => {
  const run = leakingRun({ collections: [20, 60] });
  assert.equal(baseAt(run, 'heap', 0), 10 * MB);
  assert.equal(baseAt(run, 'heap', 40), 50 * MB);
  assert.equal(baseAt(run, 'heap', 100), 110 * MB);
  assert.equal(baseAt(run, 'heap', 101), 110 * MB);
});

test('without a collection the base is known from the set-up and from the end', () => {
  assert.equal(baseAt(leakingRun(), 'heap', 50), 60 * MB);
});

test('a base from before the load is not one of the load', () => {
  const run = leakingRun({ collections: [20] });
  run.collections.unshift({ operations: 0, heap: 5 * MB, t_us: -1 });
  assert.equal(baseAt(run, 'heap', 10), 20 * MB);
});

test('two collections at the same operation divide by nothing', () => {
  const run = leakingRun({ collections: [20, 20] });
  assert.equal(baseAt(run, 'heap', 20), 30 * MB);
});

test('a calm leak is found in time below 64 MB of growth, and late from there on', () => {
  const found = (at) => judgeLeak(LEAK, leakingRun({ events: [['leak', at, { detector: 'trend' }]] }), 'trend');
  assert.deepEqual([found(63).isFound, found(63).isInTime, found(63).growth], [true, true, 63 * MB]);
  assert.deepEqual([found(64).isFound, found(64).isInTime], [true, false]);
});

test('a fast leak is found in time below a quarter of the heap limit', () => {
  const fast = { ...LEAK, pace: 'full' };
  const found = (at) => judgeLeak(fast, leakingRun({ events: [['leak', at, { detector: 'trend' }]] }), 'trend');
  assert.equal(found(89).isInTime, true);
  assert.equal(found(90).isInTime, false);
});

test('between the paces a leak is found in time below 150 MB of growth', () => {
  const one = { ...LEAK, pace: 'middle' };
  const found = (at) => judgeLeak(one, leakingRun({ operations: 200, events: [['leak', at, {}]] }), 'consecutive');
  assert.deepEqual([found(149).isInTime, found(150).isInTime], [true, false]);
});

test('a leak that paused counts as called cleared from its alarm on, where it was followed', () => {
  const one = { ...LEAK, followed: 100 };
  const alarm = ['leak', 40, { detector: 'trend' }];
  const judge = (...events) => ({ one, by: { trend: judgeLeak(one, leakingRun({ events }), 'trend') } });
  const before = judge(['leak-cleared', 20, {}], alarm, ['leak-paused', 60, {}]);
  const after = judge(alarm, ['leak-paused', 60, {}], ['leak-cleared', 80, {}]);
  assert.deepEqual(
    [before, after].map(({ by }) => by.trend.clearedAt),
    [null, 80],
  );
  assert.deepEqual(score([before, after], 'trend').allClears, { part: 1, of: 2 });
  assert.match(leaks([after], 'calm', ['trend']), /found, cleared/);
});

test('an alarm counts for the detector it names, and one without a name for the original rule', () => {
  const run = leakingRun({
    events: [
      ['leak', 5, {}],
      ['leak', 9, { detector: 'trend' }],
    ],
  });
  assert.equal(judgeLeak(LEAK, run, 'consecutive').seconds, 5);
  assert.equal(judgeLeak(LEAK, run, 'trend').seconds, 9);
});

test('a suspicion is no alarm', () => {
  const run = leakingRun({ events: [['leak-suspected', 5, { detector: 'trend' }]] });
  assert.equal(judgeLeak(LEAK, run, 'trend').isFound, false);
  assert.deepEqual(judgeHealthy(run, 'trend'), { alarms: 0, firstAt: null, kind: undefined, suspicions: 1 });
});

test('the guilty one is found by package, by function, and by the name of a method', () => {
  const other = { package: 'innocent', function: 'work' };
  assert.equal(rankOfGuilty([other, { package: 'keeper', function: 'x' }], ['keeper']), 2);
  assert.equal(rankOfGuilty([{ package: null, function: 'keepAll' }], ['keepAll']), 1);
  assert.equal(rankOfGuilty([other, other, { function: 'Store.keepAll' }], ['keepAll']), 3);
  assert.equal(rankOfGuilty([other], ['keeper']), null);
  assert.equal(rankOfGuilty([], ['keeper']), null);
  assert.equal(rankOfGuilty(undefined, ['keeper']), undefined);
});

const found = (rank) => ({ isFound: true, isInTime: true, rank, clearedAt: null });
const late = { isFound: true, isInTime: false, rank: null, clearedAt: null };
const missed = { isFound: false, isInTime: false };
const quiet = { alarms: 0 };
const loud = { alarms: 2 };

function judged(kind, pace, trend) {
  return { one: { ...LEAK, kind, pace }, by: { trend } };
}

test('late is not found, and precision is of the programs that had an alarm', () => {
  const figures = score(
    [
      judged('leak', 'full', found(3)),
      judged('leak', 'full', late),
      judged('leak', 'calm', found(4)),
      judged('leak', 'calm', missed),
      judged('control', 'calm', quiet),
      judged('healthy', 'calm', loud),
      judged('healthy', 'full', loud),
    ],
    'trend',
  );
  assert.deepEqual(figures, {
    full: { part: 1, of: 2 },
    middle: { part: 0, of: 0 },
    calm: { part: 1, of: 2 },
    allClears: { part: 0, of: 0 },
    recall: { part: 2, of: 4 },
    precision: { part: 2, of: 4 },
    falseAlarms: { part: 2, of: 3 },
    // Of the three that were found, one is named among the first three suspects.
    named: { part: 1, of: 3 },
  });
});

test('suspects that a detector never had are not asked for', () => {
  assert.deepEqual(score([judged('leak', 'full', found(undefined))], 'trend').named, { part: 0, of: 0 });
});

test('a share of nothing is no figure', () => {
  assert.equal(share({ part: 0, of: 0 }), '–');
  assert.equal(share({ part: 1, of: 3 }), '1 of 3 (33 %)');
});

test('a third of the leaks, of the healthy programs and of the later ones is kept out of tuning, with its control', () => {
  assert.deepEqual([...HELD_OUT].sort(), [
    'ajv',
    'batches',
    'bursts',
    'data-at-start',
    'debug',
    'eventemitter2',
    'express',
    'hot-reload',
    'inversify',
    'jsdom',
    'keyv',
    'lru',
    'pauses',
    'slice',
  ]);
  for (const { program, isHeldOut } of CASES) assert.equal(isHeldOut, HELD_OUT.includes(program), program);
});

test('each case has a name and a pace of its own, and each leak says who is guilty and how fast it grows', () => {
  const keys = CASES.map(({ name, pace }) => `${name}, ${pace}`);
  assert.equal(new Set(keys).size, keys.length);
  for (const { name, kind, guilty, bytes, pace, rate } of CASES.filter((one) => one.kind === 'leak')) {
    assert.ok(guilty.length > 0, `${name}: ${kind}`);
    assert.ok(bytes * rate <= { calm: MB, middle: 2 * MB, full: 60 * MB }[pace] * 1.0001, `${name}, ${pace}`);
  }
});

test('the tables say what was found, what came late, and what was not found', () => {
  const one = { ...LEAK, name: 'keeper', isHeldOut: true };
  /** @type {Record<string, object>} */
  const by = {
    consecutive: { isFound: false, isInTime: false, reached: { base: 74 * MB, growth: 70 * MB, seconds: 94.4 } },
    trend: { ...found(2), seconds: 7.25, base: 12 * MB, growth: 8 * MB, kind: 'heap', confidence: 0.912 },
  };
  assert.equal(
    leaks([{ one, by }], 'calm').split('\n').at(-1).replaceAll(/ +/g, ' '),
    '| keeper * | not found | in 94 s | to 74 MB | 70 MB | found | 7.3 s | 12 MB | 8 MB | heap | 0.91 | 2 |',
  );
  by.trend = { ...late, seconds: 70, base: 80 * MB, growth: 76 * MB };
  assert.match(leaks([{ one, by }], 'calm'), /\| +late \| +70 s \| +80 MB \| +76 MB \| +– \| +– \| +not named \|$/);
  const nearest = { kind: 'heap', confidence: 0.812 };
  by.trend = { isFound: false, isInTime: false, nearest, reached: by.consecutive.reached };
  assert.match(leaks([{ one, by }], 'calm'), /\| +not found \| +in 94 s \| [^|]*\| [^|]*\| +heap \| +0\.81 \| +\|$/);
  assert.doesNotMatch(leaks([{ one, by }], 'full'), /keeper/);
});

test('the table of healthy programs says when the first alarm came', () => {
  const one = { name: 'churn', kind: 'healthy', pace: 'full', isHeldOut: false };
  const by = { consecutive: { alarms: 3, firstAt: 2.04 }, trend: { alarms: 0, firstAt: null, suspicions: 1 } };
  const about = { seconds: 75, collections: 12, from: 3 * MB, to: 4 * MB };
  assert.equal(
    healthy([{ one, by, about }]).split('\n').at(-1).replaceAll(/ +/g, ' '),
    '| churn | full | 75 s | 12 | 3 MB | 4 MB | 3, first at 2.0 s | 0 | 1 |',
  );
});

test('the summary has both detectors beside what is wanted', () => {
  const by = { consecutive: missed, trend: found(1) };
  const lines = summary([{ one: { ...LEAK, pace: 'full' }, by }]).split('\n');
  assert.match(lines[0], /original rule \| +trend \| +wanted of trend/);
  assert.match(lines[2], /0 of 1 \(0 %\) \| +1 of 1 \(100 %\) \| +≥ 95 %/);
});

test('never more than so many run at the same time, and results keep their order', async () => {
  let running = 0;
  let most = 0;
  const results = await inParallel([3, 1, 2, 1], 2, async (turns) => {
    most = Math.max(most, ++running);
    for (let turn = 0; turn < turns; turn++) await new Promise(setImmediate);
    running--;
    return turns * 10;
  });
  assert.deepEqual(results, [30, 10, 20, 10]);
  assert.equal(most, 2);
});

test('as many programs at full speed as there are cores, where there is memory for each', () => {
  const GB = 1024 * MB;
  assert.deepEqual(sideBySide(2, 23 * GB), { calm: 12, middle: 4, full: 2 });
  assert.deepEqual(sideBySide(8, 16 * GB), { calm: 48, middle: 16, full: 5 });
  assert.deepEqual(sideBySide(4, GB), { calm: 24, middle: 8, full: 1 });
});
