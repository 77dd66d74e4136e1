'use strict';
// Messages of a program are read as intended, bounded, and never trusted; and the
// hub passes it on to those who look.

const assert = require('node:assert/strict');
const test = require('node:test');
const { flameOf } = require('../lib/dashboard/flame.js');
const { Hub } = require('../lib/dashboard/hub.js');
const { liveReport } = require('../lib/dashboard/live-report.js');
const { Record } = require('../lib/dashboard/record.js');

const agent = () => ({
  act: async (action) => action,
  watched: [],
  watch(isWatched) {
    this.watched.push(isWatched);
  },
});

test('an invalid message changes nothing', () => {
  const record = new Record(1);
  const before = JSON.stringify(record.summary());
  const senseless = [
    undefined,
    {},
    { type: 'raw' },
    { type: 'raw', value: [1, 2] },
    { type: 'gc', value: [1, NaN, 3, 4, 5, 6] },
  ];
  for (const message of [
    ...senseless,
    { type: 'constructor', value: {} },
    { type: '__proto__', value: {} },
    { type: 'apply' },
  ]) {
    assert.equal(record.apply(message), null, JSON.stringify(message));
  }
  assert.equal(JSON.stringify(record.summary()), before);
});

test('invalid numbers and overlong names are cut down', () => {
  const record = new Record(1);
  record.apply({ type: 'meta', value: { name: 'x'.repeat(1e6), pid: 'no', limit: {}, actions: 7 } });
  record.apply({
    type: 'detectorState',
    value: { state: '<b>', bytesPerHour: 'much', suspects: Array(1000).fill({ function: 'f'.repeat(1e5) }) },
  });
  record.apply({ type: 'diff', value: { state: 'done', rows: Array(1e5).fill({ what: 'W' }) } });
  record.apply({ type: 'sites', value: { sampling: 'own', suspects: [null, 7], flame: { children: 'none' } } });
  const { meta, detectorState, diff } = record.summary();
  assert.deepEqual([meta.name.length, meta.pid, meta.limit], [300, null, null]);
  assert.deepEqual([detectorState.state, detectorState.bytesPerHour, detectorState.suspects.length], ['ok', null, 5]);
  assert.equal(detectorState.suspects[0].function.length, 300);
  assert.equal(diff.rows.length, 200);
  assert.deepEqual(record.history().flame, { name: '', at: '', bytes: 0, children: [] });
  assert.ok(JSON.stringify(record.summary()).length < 100_000);
});

test('a row of native memory may have unknown numbers but no invalid ones', () => {
  const record = new Record(1);
  const row = (time, free) => [time, 100, 1, 2, 3, free, 5, 6, 7, 8];
  for (const value of [row(10, 4), row(20, null), row(20, 4), row(30, 'much'), row(null, 4), [40, 1]]) {
    record.apply({ type: 'native', value });
  }
  const { names, columns } = JSON.parse(JSON.stringify(record.history())).native;
  assert.deepEqual(columns[0], [10, 20]);
  assert.deepEqual(columns[names.indexOf('mallocFree')], [4, null]);
  assert.deepEqual(columns[names.indexOf('other')], [8, 8]);
});

test('a row that is older than the last one is dropped', () => {
  const record = new Record(1);
  for (const time of [10, 30, 20, 30, 40]) record.apply({ type: 'gc', value: [time, 1, 2, 3, 4, 5] });
  assert.deepEqual(record.history().gc.columns[0], [10, 30, 40]);
});

test('a hundred thousand leaks and an endless flame graph stay bounded', () => {
  const record = new Record(1);
  for (let i = 0; i < 100_000; i++) record.apply({ type: 'leak', value: { event: 'leak', reason: `${i}` } });
  assert.equal(record.leaks.length, 50);
  assert.equal(record.leaks.at(-1).reason, '99999');
  let deep = { name: 'end', bytes: 1, children: [] };
  for (let i = 0; i < 20_000; i++) deep = { name: 'f', bytes: 1, children: [deep] };
  record.apply({ type: 'sites', value: { sampling: 'own', flame: deep } });
  let depth = 0;
  for (let node = record.sites.flame; node; node = node.children[0]) depth += 1;
  assert.ok(depth > 100 && depth <= 5001, `${depth}`);
});

test('viewers are notified when programs join, report and end', async () => {
  const hub = new Hub();
  const [first, second] = [agent(), agent()];
  const place = hub.join(first, { type: 'meta', value: { name: 'a.js' } });
  const seen = [];
  const stop = hub.look((message) => seen.push(message));
  const other = hub.join(second, { type: 'meta', value: { name: 'b.js' } });
  place.tell({ type: 'gc', value: [1, 2, 3, 4, 5, 6] });
  place.tell({ type: 'nonsense' });
  other.end();
  assert.deepEqual(
    seen.map(({ type, id }) => [type, id]),
    [
      ['joined', 2],
      ['gc', 1],
      ['ended', 2],
    ],
  );
  assert.equal(seen[0].value.meta.name, 'b.js');
  assert.equal(await hub.act(1, 'collect'), 'collect');
  await assert.rejects(hub.act(2, 'collect'), /no longer running/);
  stop();
  place.tell({ type: 'gc', value: [2, 2, 3, 4, 5, 6] });
  assert.equal(seen.length, 3);
  assert.deepEqual([first.watched, second.watched], [[true, false], [true]]);
});

test('the last few ended programs are kept, and the number of live ones is limited', () => {
  const hub = new Hub();
  for (let i = 0; i < 500; i++) hub.join(agent(), { type: 'meta', value: {} }).end();
  assert.equal(hub.records().length, 12);
  assert.equal(hub.records().at(-1).id, 500);
  const places = Array.from({ length: 100 }, () => hub.join(agent(), { type: 'meta', value: {} }));
  assert.equal(hub.records().length, 64);
  assert.ok(hub.records().every(({ isLive }) => isLive));
  assert.equal(places.filter((place) => place === null).length, 100 - 64);
});

test('an ended program that leaked is kept, however many end after it', () => {
  const hub = new Hub();
  for (let pid = 1; pid <= 40; pid++) {
    const place = hub.join(agent(), { type: 'meta', value: { name: 'worker', pid } });
    if (pid === 2) place.tell({ type: 'detectorState', value: { state: 'paused' } });
    if (pid === 3) place.tell({ type: 'detectorState', value: { state: 'suspected' } });
    place.end();
  }
  const pids = hub.records().map(({ meta }) => meta.pid);
  assert.deepEqual([pids.length, pids[0], pids[1]], [12, 2, 30]);
});

test('each restarted worker of a cluster is recorded, and viewers are notified of removed ones', () => {
  const hub = new Hub();
  const join = () => hub.join(agent(), { type: 'meta', value: {} });
  const workers = Array.from({ length: 60 }, join);
  const seen = [];
  hub.look(({ type, id }) => seen.push([type, id]));
  for (const worker of workers.slice(0, 4)) {
    worker.end();
    assert.notEqual(join(), null);
  }
  assert.equal(hub.records().length, 64);
  seen.length = 0;
  const later = [join(), join()];
  assert.deepEqual(seen, [
    ['left', 1],
    ['joined', 65],
    ['left', 2],
    ['joined', 66],
  ]);
  later[0].tell({ type: 'detectorState', value: { state: 'confirmed' } });
  assert.equal(hub.record(65).detectorState.state, 'confirmed');
  assert.deepEqual(
    [join(), join(), join()].map((place) => place === null),
    [false, false, true],
  );
});

test('a flame graph is sent with the history and not to each viewer at every change; a report has it', () => {
  const hub = new Hub();
  const place = hub.join(agent(), { type: 'meta', value: {} });
  const keep = { name: 'keep', at: '/srv/app.js:3', bytes: 7, children: [] };
  const flame = { name: 'all', at: '', bytes: 7, children: [keep] };
  const told = [];
  hub.look(({ value }) => told.push(value));
  place.tell({ type: 'sites', value: { sampling: 'own', suspects: [{ function: 'keep' }], flame } });
  assert.deepEqual(told[0].flame, flame);
  const [record] = hub.records();
  assert.equal(record.summary().sites.suspects[0].function, 'keep');
  assert.doesNotMatch(JSON.stringify(record.summary()), /app\.js/);
  assert.deepEqual(record.history().flame, flame);
  const [, data] = /<script type="application\/json" id="report">(.*?)<\/script>/s.exec(liveReport(hub));
  assert.deepEqual(JSON.parse(data).records[0].history.flame, flame);
});

/** A node of a profile. */
const node = (functionName, selfSize, children = [], url = '/srv/app.js', lineNumber = 9) => ({
  callFrame: { functionName, url, lineNumber },
  selfSize,
  children,
});

test('a flame graph has the totals of an allocation profile', () => {
  const head = node('(root)', 0, [node('a', 100, [node('b', 50), node('', 25)]), node('c', 25)], '');
  const flame = flameOf({ head });
  assert.deepEqual(
    [flame.bytes, flame.children.map(({ name, bytes }) => [name, bytes])],
    [
      200,
      [
        ['a', 175],
        ['c', 25],
      ],
    ],
  );
  assert.deepEqual(flame.children[0].children, [
    { name: 'b', at: '/srv/app.js:10', bytes: 50, children: [] },
    { name: '(anonymous)', at: '/srv/app.js:10', bytes: 25, children: [] },
  ]);
});

test('siblings with the same function are merged, and frames too small to see are dropped', () => {
  const twice = [node('f', 500, [node('g', 1)]), node('f', 499, [node('g', 600)])];
  const flame = flameOf({ head: node('(root)', 0, [...twice, node('tiny', 1)], '') });
  assert.deepEqual(
    flame.children.map(({ name, bytes }) => [name, bytes]),
    [['f', 1600]],
  );
  assert.deepEqual(
    flame.children[0].children.map(({ name, bytes }) => [name, bytes]),
    [['g', 601]],
  );
});

test('a stack of a hundred thousand frames is truncated without a crash', () => {
  let head = node('leaf', 10);
  for (let i = 0; i < 100_000; i++) head = node(`f${i}`, 0, [head]);
  let depth = 0;
  for (let at = flameOf({ head }); at; at = at.children[0]) depth += 1;
  assert.equal(depth, 61);
});
