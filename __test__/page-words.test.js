'use strict';
// The page's words, numbers, charts and store, without a browser: its scripts need none until
// they draw.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');

for (const name of ['format', 'words', 'store', 'flame', 'charts', 'tables', 'processes']) {
  // The flame graph and the charts take the making of elements along, and do not use it here.
  globalThis.memwatchPage ??= {};
  globalThis.memwatchPage.elements ??= {};
  require(`../lib/dashboard/assets/${name}.js`);
}
const { format, words, store, flame, charts, tables } = globalThis.memwatchPage;

const HOUR_MS = 3_600_000;
const MIB = 1 << 20;

test('sizes have at most three digits and a unit', () => {
  const sizes = [
    0,
    1,
    1023,
    1024,
    1536,
    10.25 * MIB,
    1023.4 * MIB,
    1023.6 * MIB,
    2 ** 31,
    3 * 2 ** 40,
    -1536,
    NaN,
    undefined,
  ];
  assert.deepEqual(sizes.map(format.bytes), [
    '0 B',
    '1 B',
    '1023 B',
    '1 KiB',
    '1.5 KiB',
    '10.3 MiB',
    '1023 MiB',
    '1 GiB',
    '2 GiB',
    '3 TiB',
    '−1.5 KiB',
    '–',
    '–',
  ]);
  assert.deepEqual([5, 0, -5].map(format.change), ['+5 B', '0 B', '−5 B']);
});

test('times are shown no longer than needed', () => {
  const times = [
    0.123,
    9.5,
    850,
    1000,
    119_000,
    120_000,
    119 * 60_000,
    2.5 * HOUR_MS,
    47 * HOUR_MS,
    72 * HOUR_MS,
    Infinity,
  ];
  assert.deepEqual(times.map(format.duration), [
    '0.12 ms',
    '9.5 ms',
    '850 ms',
    '1 s',
    '119 s',
    '2 min',
    '119 min',
    '2.5 h',
    '47 h',
    '3 days',
    '–',
  ]);
});

test('the chart draws the line that the detector judged, from the start of the growth', () => {
  const growing = { state: 'confirmed', kind: 'heap', start: 5000, base: 20 * MIB, bytesPerHour: 3600 * MIB };
  const bases = Array.from({ length: 31 }, (_, i) => 20 * MIB + i * 7);
  const { line, trend } = charts.viewOf(record({ bases, detectorState: growing }), 'All', null);
  assert.deepEqual([line[0][0], line[1][0]], [5, 20 * MIB]);
  // A mebibyte a second, to the end of the time shown, whatever the samples.
  assert.equal(Math.round(line[1][1]), Math.round((20 + line[0][1] - 5) * MIB));
  assert.equal(trend.bytesPerHour, 3600 * MIB);
  for (const change of [
    { state: 'ok' },
    { state: 'paused' },
    { state: 'cleared' },
    { kind: 'native' },
    { base: null },
    { start: undefined },
  ]) {
    const view = charts.viewOf(record({ bases, detectorState: { ...growing, ...change } }), 'All', null);
    assert.deepEqual([view.line, view.trend], [[[], []], null], JSON.stringify(change));
  }
});

/** A record as the store has it. */
function record({ detectorState = {}, bases = [], isLive = true } = {}) {
  return {
    isLive,
    meta: { limit: 2 ** 31 },
    detectorState: { state: 'ok', suspects: [], ...detectorState },
    sites: { suspects: [] },
    history: {
      raw: { names: ['time', 'rss', 'external'], columns: [[0], [MIB], [MIB]] },
      gc: {
        names: ['time', 'base', 'pause', 'full'],
        columns: [bases.map((_, i) => i * 1000), bases, bases.map(() => 2), bases.map((_, i) => i + 1)],
      },
    },
  };
}

/** A history of native memory: in each row 100 is resident, in parts of 1 to 8; malloc's are known or not. */
function nativeHistory(...known) {
  const rows = known.map((is, i) => [i * 1000, 100, 1, 2, is ? 3 : null, is ? 4 : null, 5, 6, 7, 8]);
  const parts = [
    'v8Heap',
    'v8Code',
    'mallocInUse',
    'mallocFree',
    'threadStacks',
    'mappedFiles',
    'programData',
    'other',
  ];
  const names = ['time', 'resident', ...parts];
  return { names, columns: names.map((_, column) => rows.map((row) => row[column])) };
}

test('the parts of native memory are stacked, without unknown ones', () => {
  const view = { from: 0, to: 2000 };
  const data = charts.stacked(nativeHistory(true, false), view);
  // From the top: free, in use, V8, stacks, other, files.
  assert.deepEqual(data.slice(1), [
    [36, null],
    [32, null],
    [29, 29],
    [26, 26],
    [21, 21],
    [13, 13],
  ]);
  const own = (row) => [1, 2, 3, 4, 5, 6].map((line) => charts.ownOf(data, line, row));
  assert.deepEqual(own(0), [4, 3, 3, 5, 8, 13]);
  assert.deepEqual(own(1), [null, null, 3, 5, 8, 13]);
  assert.deepEqual(charts.stacked({ names: ['time'], columns: [[]] }, view)[1], [null]);
  const shown = (native) => words.chartText('native', { ...record(), history: { ...record().history, native } });
  assert.match(
    shown(nativeHistory(true)),
    /^Stacked chart\. Now: resident 100 B, .*malloc in use 3 B, malloc free 4 B/,
  );
  assert.doesNotMatch(shown(nativeHistory(false)), /malloc/);
  assert.equal(shown(nativeHistory()), 'No measurement yet.');
});

test('the evidence for native memory names the growing part and a remedy', () => {
  const state = { state: 'suspected', kind: 'native', base: 0, current: MIB, start: 0, end: 1000, bytesPerHour: 1 };
  const evidence = (more) => {
    const found = record({ detectorState: { ...state, ...more } });
    const [raw] = [{ names: ['time', 'rss', 'total', 'external'], columns: [[0], [MIB], [0], [0]] }];
    return words.evidence({ ...found, history: { ...found.history, raw } }, 0);
  };
  const plain = evidence({});
  assert.equal(evidence({ cause: 'free memory grew', advice: 'trim it' }), `${plain} Free memory grew. Trim it.`);
  assert.equal(evidence({ cause: null, advice: null }), plain);
});

test('fragmentation has a title of its own, and no function is blamed', () => {
  const titleOf = (more) => words.title(record({ detectorState: { state: 'confirmed', kind: 'native', ...more } }));
  assert.equal(titleOf({ nativeCause: 'malloc' }), 'This program leaks');
  assert.equal(
    titleOf({ nativeCause: 'fragmentation' }),
    'Fragmentation: memory that is freed stays with this program',
  );
  assert.match(titleOf({ nativeCause: 'fragmentation', state: 'suspected' }), /^Fragmentation: /);
  assert.doesNotMatch(titleOf({ nativeCause: 'fragmentation', state: 'paused' }), /^Fragmentation: /);
  assert.equal(titleOf({ nativeCause: 'fragmentation', kind: 'heap' }), 'This program leaks');
});

test('the text for handles has the number from the detector, and no size', () => {
  const reason = 'files are opened and not closed: 1,030 more in 15m 0s, 1,060 now; inspect fs.open()';
  for (const state of ['suspected', 'confirmed', 'paused']) {
    const found = record({ detectorState: { state, kind: 'handles', reason, start: 0, end: 9e5, samples: 30 } });
    found.sites.suspects = [{ function: 'other', file: '/app/a.js', line: 1 }];
    assert.equal(words.evidence(found, 0), `F${reason.slice(1)}.`);
    const [, [name, rate]] = words.figures(found, 0);
    assert.equal(name, 'Growth an hour');
    assert.doesNotMatch(rate, / B|MiB/);
  }
  const event = { event: 'leak', detector: 'trend', kind: 'handles', reason, start: 0, time: 9e5 };
  assert.equal(words.said(event), reason);
});

test('the title shows the state once it is known', () => {
  const titles = [
    null,
    record(),
    record({ bases: [1, 2, 3, 4] }),
    record({ bases: [1, 2, 3, 4, 5] }),
    record({ bases: [1], isLive: false }),
    record({ bases: [1, 2, 3, 4, 5], isLive: false }),
    record({ detectorState: { state: 'suspected' } }),
    record({ detectorState: { state: 'confirmed' }, isLive: false }),
    record({ detectorState: { state: 'paused' } }),
    record({ detectorState: { state: 'cleared' }, bases: [1, 2, 3, 4, 5] }),
  ];
  assert.deepEqual(titles.map(words.title), [
    'Waiting for the program',
    'Not enough data yet',
    'Not enough data yet',
    'No leak seen',
    'The program ended before there was enough data',
    'No leak seen before the program ended',
    'A leak is suspected',
    'This program leaks',
    'Growth has paused, and its memory is still in use',
    'No leak: the growth has ended',
  ]);
});

test('the evidence names the work of the program during the growth, if known', () => {
  const evidenceOf = (labels) => {
    const suspects = [{ function: 'keep', file: '/srv/app/keep.js', line: 3, share: 0.5, labels }];
    const detectorState = {
      state: 'suspected',
      kind: 'heap',
      base: MIB,
      current: 3 * MIB,
      start: 0,
      end: 60_000,
      suspects,
    };
    return words.evidence(record({ detectorState }), 0);
  };
  const route = { name: 'POST /users', kind: 'route', share: 0.918 };
  assert.match(evidenceOf([route]), /at app\/keep\.js:3 \(50\s% of it\), 92 % while serving POST \/users\.$/);
  assert.match(evidenceOf([{ ...route, kind: 'task', name: 'mail' }]), /, 92 % while in mail\.$/);
  for (const labels of [undefined, [], [{ ...route, share: 0.05 }], [{ name: null, kind: null, share: 1 }]]) {
    assert.match(evidenceOf(labels), /at app\/keep\.js:3 \(50\s% of it\)\.$/);
  }
});

test('the evidence names the kind, amount, rate, end and site of the growth', () => {
  const suspects = [{ function: 'keep', file: 'file:///srv/deep/app/keep.js', line: 3, share: 0.5 }];
  const detectorState = {
    state: 'suspected',
    kind: 'external',
    base: MIB,
    current: 3 * MIB,
    start: 0,
    end: 60_000,
    samples: 9,
    bytesPerHour: 120 * MIB,
    limitEta: 2 * HOUR_MS,
    suspects,
  };
  const told = words.evidence(record({ detectorState }), 0);
  assert.match(
    told,
    /^Memory outside of the heap \(Buffers\) grew from 1 MiB to 3 MiB in 60 s, over 9 full collections: \+120 MiB an hour\. At this rate the heap’s limit of 2 GiB is reached in 2 h, at .+\. Top allocation site: keep\(\) at app\/keep\.js:3 \(50\s% of it\)\.$/,
  );
  assert.match(words.evidence(record({ bases: [5 * MIB] })), /^1 full collection so far\. Send the program traffic/);
  assert.match(
    words.evidence(record({ bases: [9, 5, 4, 5, 4, 5].map((size) => size * MIB) })),
    /stayed between 4 MiB and 5 MiB over the last 3 of 6 full collections seen here/,
  );
});

test('a site of native memory is shown with the function it called, or with the owner of its memory', () => {
  const said = (/** @type {object} */ suspect) => {
    const detectorState = {
      state: 'paused',
      kind: 'native',
      keptBytes: 170 * MIB,
      start: 0,
      end: 60_000,
      suspects: [suspect],
    };
    return words.evidence(record({ detectorState }), 0);
  };
  const native = { function: 'node::ZlibContext::DoThreadPoolWork', object: 'a stream of node:zlib' };
  assert.match(
    said({ function: 'track', file: '/app/server.js', line: 6, native }),
    /Top allocation site: track\(\) at app\/server\.js:6, by node::ZlibContext::DoThreadPoolWork\.$/,
  );
  assert.match(
    said({ function: native.function, file: '', line: null, native }),
    /Top allocation site: node::ZlibContext::DoThreadPoolWork \(a stream of node:zlib\)\.$/,
  );
});

test('growth starts at the first sample, not where the fitted line begins', () => {
  const bases = [4, 6, 8, 10, 12, 14].map((size) => size * MIB);
  const detectorState = {
    state: 'confirmed',
    kind: 'heap',
    base: -90 * 1024,
    current: 14 * MIB,
    start: 1000,
    end: 5000,
  };
  assert.match(words.evidence(record({ bases, detectorState }), 0), /^The live heap grew from 6 MiB to 14 MiB/);
});

test('ended growth has no forecast, and "too little data" is shown only if nothing was judged', () => {
  const bases = [4, 6, 8].map((size) => size * MIB);
  const limitEta = 2 * HOUR_MS;
  const detectorState = { state: 'confirmed', kind: 'heap', current: 8 * MIB, start: 0, end: 2000, limitEta };
  assert.match(words.evidence(record({ bases, detectorState }), 0), /is reached in/);
  const ended = record({ bases, detectorState, isLive: false });
  assert.doesNotMatch(words.evidence(ended, 0), /is reached/);
  assert.equal(charts.viewOf(ended, 'All', null).canForecast, false);
  assert.doesNotMatch(words.evidence(record({ bases, detectorState: { state: 'cleared' } }), 0), /so far|too few/);
});

test('paused growth shows the retained size and its holder', () => {
  const suspects = [{ function: 'track', file: '/srv/app/server.js', line: 6 }];
  const detectorState = { state: 'paused', kind: 'heap', keptBytes: 170 * MIB, start: 0, end: 11 * 60_000, suspects };
  assert.match(
    words.evidence(record({ detectorState }), 0),
    /170 MiB added in 11 min are still in use.*Top allocation site: track\(\) at app\/server\.js:6\.$/,
  );
});

test('the sentence for a trend uses the units of the dashboard; the original rule keeps its own text', () => {
  const leak = {
    event: 'leak',
    kind: 'heap',
    detector: 'trend',
    growth: 30 * MIB,
    bytesPerHour: 600 * MIB,
    start: 0,
    time: 60_000,
    reason: '617.4 MiB an hour',
  };
  assert.equal(words.said(leak), 'The live heap leaks: +30 MiB in 60 s, +600 MiB an hour.');
  assert.equal(words.said({ ...leak, detector: 'consecutive' }), '617.4 MiB an hour');
  assert.equal(
    words.said({
      ...leak,
      event: 'leak-paused',
      keptBytes: 20 * MIB,
      suspect: { function: 'keep', file: 'a.js', line: 3 },
    }),
    'The live heap does not grow at the moment: 20 MiB are still in use; top allocation site: keep() at a.js:3.',
  );
  assert.equal(
    words.said({ ...leak, event: 'leak-cleared', why: 'reclaimed' }),
    'The live heap no longer grows (memory reclaimed); it had grown by 30 MiB.',
  );
  assert.equal(
    words.said({ ...leak, event: 'leak-cleared', why: 'stopped-growing' }),
    'The live heap no longer grows (stopped growing); it had grown by 30 MiB.',
  );
});

test('GC cycles per minute are known after any sample, also without a full GC', () => {
  const raw = { names: ['time', 'full', 'young'], columns: [[], [], []] };
  for (let second = 0; second <= 60; second++)
    [second * 1000, 2, second * 3].forEach((value, i) => raw.columns[i].push(value));
  const [times, full, young] = charts.rates(raw, { from: 0, to: 60_000 });
  assert.ok(times.length > 5);
  assert.deepEqual([...new Set(full)], [0]);
  assert.deepEqual([...new Set(young)], [180]);
});

test('the time axis has at least two labels, at round times', () => {
  for (const span of [3, 45, 61, 119, 600, 3599, 7200, 50_000, 86_400, 200_000, 9e6]) {
    for (const width of [120, 250, 1100]) {
      const from = 1_700_000_017;
      const splits = charts.timeSplits(from, from + span, width);
      assert.ok(splits.length >= 2, `${span} s on ${width} px`);
      assert.ok(splits[0] >= from && splits.at(-1) <= from + span);
      assert.ok(splits.length <= Math.max(3, width / 30), `${splits.length} on ${width} px`);
    }
  }
});

test('functions of one stack with the same bytes are one row', () => {
  const frame = (name, line, bytes, children = []) => ({ name, at: `/srv/a.js:${line}`, bytes, children });
  const flameTree = frame('all', 0, 100, [
    frame('outer', 1, 100, [frame('middle', 2, 99, [frame('inner', 3, 98)])]),
    frame('other', 9, 98),
  ]);
  const row = (name, line, bytes) => ({ function: name, file: 'file:///srv/a.js', line, bytes });
  const rows = [
    row('inner', 3, 98),
    row('other', 9, 98),
    row('middle', 2, 99),
    row('outer', 1, 100),
    row('outer', 1, 40),
  ];
  const shown = tables
    .folded(rows, flameTree)
    .map(({ function: name, callers }) => [name, callers.map((each) => each.function)]);
  assert.deepEqual(shown, [
    ['inner', ['middle', 'outer']],
    ['other', []],
    ['outer', []],
  ]);
});

test('the forecast follows growth, not rising noise', () => {
  // The live heap of a program whose cache is full: a little more each time, by chance.
  const bases = Array.from({ length: 24 }, (_, i) => 10 * MIB + i * 900 + ((i * 7) % 5) * 40_000);
  const growing = { state: 'suspected', kind: 'heap', start: 0, base: 10 * MIB, bytesPerHour: MIB };
  const eta = HOUR_MS;
  /** @type {[detectorState: Partial<typeof growing> & { limitEta?: number }, canForecast: boolean][]} */
  const cases = [
    [{}, false],
    [{ limitEta: eta }, false],
    [{ state: 'cleared', limitEta: eta }, false],
    [growing, false],
    [{ ...growing, limitEta: eta }, true],
    [{ ...growing, limitEta: eta, kind: 'external' }, false],
  ];
  for (const [detectorState, canForecast] of cases) {
    const shown = record({ bases, detectorState });
    const view = charts.viewOf(shown, 'Forecast', null);
    assert.equal(view.canForecast, canForecast, JSON.stringify(detectorState));
    // The last base is of 23 s; what cannot be foreseen is not made room for.
    assert.equal(view.to > 60_000, canForecast);
    const [, limit] = words.figures(shown, 23_000).find(([name]) => /^(Heap limit|Limit reached in)$/.test(name));
    // Other memory than the heap can fill a limit, too: of the container.
    const fills = detectorState.state === 'suspected' && detectorState.limitEta !== undefined;
    assert.equal(limit !== '2 GiB', fills, JSON.stringify(detectorState));
  }
});

test('meaningful lines have sufficient contrast, in light and dark', () => {
  const sheet = fs.readFileSync(path.join(__dirname, '..', 'lib', 'dashboard', 'assets', 'page.css'), 'utf8');
  /** Red, green, blue and how much they cover, of a colour of the page in light and in dark. */
  const colours = (name) => {
    const [, both] = new RegExp(`--${name}: light-dark\\((.*)\\);`).exec(sheet);
    return both.match(/#\w{6}|rgb\([^)]*\)/g).map((text) => {
      if (text[0] === '#') return [...[1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16)), 1];
      const [red, green, blue, percent] = text.match(/\d+/g).map(Number);
      return [red, green, blue, percent / 100];
    });
  };
  const over = (/** @type {number[]} */ [red, green, blue, covers], /** @type {number[]} */ below) =>
    [red, green, blue].map((value, i) => value * covers + below[i] * (1 - covers));
  // WCAG 2: relative luminance, contrast ratio, and what 1.4.11 wants of lines.
  const linear = (value) => (value <= 0.03928 * 255 ? value / 255 / 12.92 : ((value / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  const contrast = (one, other) => {
    const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  for (const name of ['faint', 'raw', 'blue', 'teal', 'orange', 'purple', 'red']) {
    for (const [i, line] of colours(name).entries()) {
      const [card, page, wash] = ['card', 'bg', 'wash'].map((each) => colours(each)[i]);
      for (const behind of [card, page, over(wash, card)])
        assert.ok(contrast(line, behind) >= 3, `${name} on ${behind}: ${contrast(line, behind)}`);
    }
  }
});

/** A history as the server sends it: times, and a value for each. */
const historyOf = (times, values, rest = {}) => ({
  raw: { names: [], columns: [[]] },
  gc: { names: [], columns: [times, values] },
  ...rest,
});

const one = (pid = 1) => [{ id: 1, isLive: true, meta: { pid, thread: 0 }, leaks: [], sites: { suspects: [] } }];

test('messages received before the history are appended to it, each once', () => {
  const changed = [];
  const page = new store.Store((what) => changed.push(what));
  page.apply({ type: 'all', id: 0, value: one() });
  const take = page.expectHistory(1);
  page.apply({ type: 'gc', id: 1, value: [20, 2] });
  page.apply({ type: 'gc', id: 1, value: [30, 3] });
  page.apply({ type: 'gc', id: 99, value: [30, 3] });
  take(historyOf([10, 20], [1, 2]));
  page.apply({ type: 'gc', id: 1, value: [40, 4] });
  assert.deepEqual(page.record.history.gc.columns, [
    [10, 20, 30, 40],
    [1, 2, 3, 4],
  ]);
  assert.deepEqual(changed, ['all', 'gc', 'gc', 'history', 'gc']);
});

test('messages of a program without a viewer are not kept, since its history will have them', () => {
  const page = new store.Store(() => {});
  page.apply({ type: 'all', id: 0, value: one() });
  const tell = () => {
    for (let i = 1; i <= 50_000; i++) page.apply({ type: 'gc', id: 1, value: [i, -i] });
    for (let i = 0; i < 1000; i++) page.apply({ type: 'leak', id: 1, value: { event: 'leak', time: i } });
    assert.ok(JSON.stringify(page.record).length < 5000);
  };
  tell();
  // Nor where it was asked for and did not come.
  page.expectHistory(1)(null);
  tell();
});

test('a history requested before a reconnect is ignored', () => {
  const page = new store.Store(() => {});
  page.apply({ type: 'all', id: 0, value: one() });
  const take = page.expectHistory(1);
  page.apply({ type: 'all', id: 0, value: one() });
  const takeAnew = page.expectHistory(1);
  page.apply({ type: 'gc', id: 1, value: [30, 3] });
  take(historyOf([10], [1]));
  takeAnew(historyOf([10, 20], [1, 2]));
  assert.deepEqual(page.record.history.gc.columns[0], [10, 20, 30]);
  // Until the next one is there, the last one is gone on with; what comes meanwhile is in both.
  page.apply({ type: 'all', id: 0, value: one() });
  const takeLast = page.expectHistory(1);
  page.apply({ type: 'gc', id: 1, value: [50, 5] });
  assert.deepEqual(page.record.history.gc.columns[0], [10, 20, 30, 50]);
  takeLast(historyOf([10, 20, 30, 40], [1, 2, 3, 4]));
  assert.deepEqual(page.record.history.gc.columns[0], [10, 20, 30, 40, 50]);
});

test('the flame graph comes with the history, unless a newer one arrived meanwhile', () => {
  const page = new store.Store(() => {});
  const [older, newer] = [{ name: 'older' }, { name: 'newer' }];
  page.apply({ type: 'all', id: 0, value: one() });
  page.expectHistory(1)(historyOf([10], [1], { flame: older }));
  assert.deepEqual(page.record.sites, { suspects: [], flame: older });
  // A reopened stream does not contain it: it stays until the history has arrived.
  page.apply({ type: 'all', id: 0, value: one() });
  assert.equal(page.record.sites.flame, older);
  const take = page.expectHistory(1);
  page.apply({ type: 'sites', id: 1, value: { suspects: [], flame: newer } });
  take(historyOf([10], [1], { flame: older }));
  assert.equal(page.record.sites.flame, newer);
  page.apply({ type: 'all', id: 0, value: one(2) });
  assert.equal(page.record.sites.flame, undefined);
});

test('the points of a chart are bounded, and reach equally far back', () => {
  const columns = [[], []];
  for (let i = 0; i < 200_000; i++) store.append(columns, [i, -i]);
  assert.ok(columns[0].length <= 30_000);
  assert.equal(columns[0][0], 0);
  assert.equal(columns[0].at(-1), 199_999);
  assert.ok(columns[0].every((time, i) => columns[1][i] === -time));
});

test('when the shown program is removed, another one is shown', () => {
  const page = new store.Store(() => {});
  const summary = (id, thread = 0, name = 'a') => ({ id, isLive: true, leaks: [], meta: { pid: id, thread, name } });
  page.apply({ type: 'all', id: 0, value: [summary(1, 1), summary(2)] });
  assert.equal(page.selected, 2);
  page.apply({ type: 'joined', id: 3, value: summary(3) });
  assert.equal(page.selected, 2);
  page.apply({ type: 'ended', id: 2, value: 5 });
  page.apply({ type: 'joined', id: 4, value: summary(4) });
  assert.equal(page.selected, 4);
  page.apply({ type: 'left', id: 4, value: null });
  assert.equal(page.selected, 3);
});

test('the worst of several programs is shown until one is chosen', () => {
  const page = new store.Store(() => {});
  const summary = (id, state = 'ok') => ({
    id,
    isLive: true,
    detectorState: { state },
    leaks: [],
    meta: { pid: id, thread: 0, name: 'a' },
  });
  const detectorState = (id, state) => page.apply({ type: 'detectorState', id, value: { state } });
  page.apply({ type: 'all', id: 0, value: [summary(1), summary(2, 'suspected'), summary(3)] });
  assert.equal(page.selected, 2);
  detectorState(3, 'suspected');
  assert.equal(page.selected, 2);
  detectorState(3, 'confirmed');
  assert.equal(page.selected, 3);
  page.select(1);
  detectorState(2, 'confirmed');
  assert.equal(page.selected, 1);
});

test('frames are distinguished by the owner of their code', () => {
  const at = (name, place) => flame.ownerOf({ name, at: place });
  assert.deepEqual(
    [
      at('f', '/srv/app.js:1'),
      at('f', '/srv/node_modules/x/i.js:1'),
      at('f', 'node:fs:1'),
      at('(GC)', ''),
      at('(anonymous)', '/a.js:1'),
    ],
    ['own', 'package', 'node', 'engine', 'own'],
  );
});
