'use strict';
// `analyze` and `diffSnapshots`, `memwatch diff` and the report of a snapshot on holders of every kind that V8 and Node
// have: the variables of ES modules, as their CommonJS twins are found; queues, timers, cells and registries; what the
// objects of a collection share; one object that keeps most of the heap. The programs run here and now.
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { analyze, diffSnapshots } = require('..');
const {
  asModule,
  cutOf,
  memwatch,
  snapshotsOf,
  temporaryDirectory,
  unfolded,
} = require('./support/snapshot-programs.js');

// More than the thousand that one holder must have, and few enough that a test takes seconds.
const COUNT = 3000;
// All that a program here has.
const ALL = { top: 100 };
const MODULES = 'snapshots/modules/main.mjs';
const [NODE_MAJOR] = process.versions.node.split('.').map(Number);

const SORTS = {
  map: ['Entry', 'module store.mjs → map → Map'],
  set: ['Entry', 'module store.mjs → set → Set'],
  array: ['Entry', 'module store.mjs → array[x]'],
  object: ['Entry', 'module store.mjs → object[x]'],
  closures: ['(anonymous function)', 'module store.mjs → closures[x]'],
  exported: ['Entry', 'module store.mjs → exported[x]'],
  rebound: ['Entry', 'module store.mjs → rebound → Map'],
  staticField: ['Entry', 'module store.mjs → Entry.all → Map'],
};

test('an accumulation in the variables of a module is found, and its growth too', async (t) => {
  const args = [Object.keys(SORTS).join(), 'static'];
  const files = snapshotsOf(t, MODULES, { operations: COUNT, rounds: 2, args });
  const { findings } = await analyze(files[0], ALL);
  const expected = Object.values(SORTS).map(([name, way]) => `${COUNT} × ${name}: ${way}`);
  const found = findings.map((one) => `${one.count} × ${one.class}: ${one.path.text}`);
  assert.deepStrictEqual(found.sort(), expected.sort());

  const { grown } = (await diffSnapshots(files[0], files[1], ALL)).places;
  const said = grown.map((one) => `${one.counts.join()} × ${one.class}: ${one.path.text}`);
  const both = Object.values(SORTS).map(([name, way]) => `${COUNT},${2 * COUNT} × ${name}: ${way}`);
  assert.deepStrictEqual(said.sort(), both.sort());
  const signatures = (list) => list.map(({ signature }) => signature).sort();
  assert.deepStrictEqual(signatures(grown), signatures(findings));
  assert.strictEqual(memwatch('diff', '--fail-on-growth', ...files).status, 1);
});

test('a module has the same path and signature however it is imported', async (t) => {
  const ways = ['static', 'dynamic', 'query', 'cycle', ...(NODE_MAJOR >= 22 ? ['required'] : [])];
  const found = ways.map(async (way) => {
    const [file] = snapshotsOf(t, MODULES, { operations: COUNT, args: ['map', way] });
    const [{ signature, path: access }] = (await analyze(file)).findings;
    return `${signature} ${access.text}`;
  });
  const [first, ...others] = await Promise.all(found);
  assert.match(first, /^[\da-f]{16} module store\.mjs → map → Map$/);
  assert.deepStrictEqual(
    others,
    others.map(() => first),
  );
});

const ENTRIES = [['entry.mjs', 'module entry.mjs → store[x]']];
if (process.features.typescript) ENTRIES.push(['typed.mts', 'module typed.mts → store → Map']);
for (const [program, way] of ENTRIES) {
  test(`an ES module as entry file (${program}) is named while its evaluation is pending`, async (t) => {
    const [file] = snapshotsOf(t, `snapshots/modules/${program}`, { operations: COUNT });
    const [finding] = (await analyze(file)).findings;
    assert.deepStrictEqual([finding.class, finding.count, finding.path.text], ['Entry', COUNT, way]);
  });
}

test('objects added to a JSON module are found, and their growth too', async (t) => {
  const files = snapshotsOf(t, 'snapshots/modules/json.mjs', { operations: COUNT, rounds: 2 });
  const [finding, ...others] = (await analyze(files[0], ALL)).findings;
  assert.deepStrictEqual([finding.class, finding.count, others], ['Row', COUNT, []]);
  assert.match(finding.path.text, /table\.json.*\.rows\[x\]$/);
  const { grown } = (await diffSnapshots(files[0], files[1], ALL)).places;
  assert.deepStrictEqual(
    grown.map(({ counts, path: access }) => [counts, access.text]),
    [[[COUNT, 2 * COUNT], finding.path.text]],
  );
});

test('a module that is imported repeatedly under new URLs is a leak candidate', async (t) => {
  const loads = 1500;
  const [file] = snapshotsOf(t, 'snapshots/modules/reloads.mjs', { operations: loads });
  const { findings, observations } = await analyze(file);
  assert.strictEqual(findings[0].kind, 'modules');
  assert.strictEqual(findings[0].class, 'Module modules/plugin.mjs');
  assert.ok(observations.some(({ rule, count }) => rule === 'module-reloads' && count === loads));
});

// Programs of the suites, as CommonJS and as ES modules from the same source.
for (const [program, operations] of [
  ['snapshots/listener-registry.js', 8000],
  ['snapshots/subscription-chain.js', 3000],
  ['leaks/promise-race.js', 3000],
  ['leaks/slices.js', 3000],
]) {
  test(`${program} as an ES module gives the same leak candidate as its CommonJS twin`, async (t) => {
    const twins = [program, asModule(t, program)];
    const reports = twins.map((twin) => analyze(snapshotsOf(t, twin, { operations })[0]));
    const [common, es] = (await Promise.all(reports)).map(({ findings }) => findings);
    const said = ({ class: name, kind, certainty, count }) => ({ name, kind, certainty, count });
    assert.deepStrictEqual(es.map(said), common.map(said));
    assert.ok(es.length > 0);
  });
}

// Of each kind: the class, what keeps it, what its path has to have, and the reference to cut. One program for each list: no two of them
// have a queue or a promise in common.
const PROGRAMS = [
  {
    finalizationRegistry: [
      'Item',
      'finalization-registry',
      /kept\.registry → FinalizationRegistry$/,
      'registry: FinalizationRegistry (entry) (anonymous)()',
    ],
    weakMapValues: ['Object', 'array', /kept\.keys\[x\]$/, 'cache: Array[x] Object'],
    asyncLocalStorage: ['Timeout', 'timers', /^Timeout → /, 'timer: TimersList[x] Timeout'],
    immediates: ['Immediate', 'timers', /^Immediate → .* → _onImmediate\(\)$/, 'timer: ImmediateList[x] Immediate'],
    microtasks: [/native_bind\(\)|anonymous/, 'microtasks', /microtask$/, /^microtask: .* \(task\) /],
    promiseReactions: [
      'Promise',
      'promise-reactions',
      /\bnever → promise reaction$/,
      'promise: Promise (reaction) Promise',
    ],
    waitingFunction: ['Item', 'array', /Generator → context\.local\[x\]$/, 'cache: Array[x] Item'],
    eventTarget: ['Listener', 'listeners', /kept\.target\[kEvents\] → Map/, /^listener: .*(\.next|\.root|\(entry\)) /],
  },
  {
    finalizationRegistryValues: [
      'Item',
      'finalization-registry',
      /kept\.registry → FinalizationRegistry$/,
      'registry: FinalizationRegistry (entry) Item',
    ],
    timeouts: ['Timeout', 'timers', /^Timeout → .* → _onTimeout\(\)$/, 'timer: TimersList[x] Timeout'],
    promiseJobs: ['Promise', 'microtasks', /microtask$/, /^microtask: .* \(task\) /],
    awaiting: [
      '(anonymous function)',
      'promise-reactions',
      /\bnever → promise reaction$/,
      'promise: Promise (reaction) (anonymous)()',
    ],
    performanceTimeline: ['PerformanceMark', 'array', /\[x\]$/, 'cache: Array[x] PerformanceMark'],
    abortSignal: [
      'Listener',
      'listeners',
      /kept\.controller.*\[kEvents\] → Map/,
      /^listener: .*(\.next|\.root|\(entry\)) /,
    ],
    // A list up to Node 20, of which each link has its object.
    readable: [
      /^(Item|\{data, next\})$/,
      /^(array|chain)$/,
      /kept\.readable\._readableState\.buffer.*/,
      /^(cache: Array\[x\] |list: )/,
    ],
    generators: ['each', 'array', /kept\.list\[x\]$/, 'cache: Array[x] each'],
  },
  {
    intervals: ['Timeout', 'timers', /^Timeout → .* → _onTimeout\(\)$/, 'timer: TimersList[x] Timeout'],
    nextTicks: [
      /callback, args|^TickObject$/,
      'array',
      /queue.*list\[x\]$/,
      /^cache: Array\[x\] (\{.*callback, args|TickObject$)/,
    ],
    emitter: [
      '(anonymous function)',
      'listeners',
      /kept\.emitter\._events\.change\[x\]$/,
      'listener: Array[x] (anonymous)()',
    ],
    writable: [/chunk, encoding, callback/, 'array', /kept\.writable\._writableState/, /^cache: Array\[x\] \{/],
    webStream: [/^(\{value\}|Item)$/, 'array', /kept\.webStream.*queue.*\[x\]$/, /^cache: Array\[x\] /],
    channelSubscribers: [
      '(anonymous function)',
      'listeners',
      /kept\.channel\._subscribers\[x\]$/,
      'listener: Array[x] (anonymous)()',
    ],
    symbolKeys: ['Item', 'dictionary', /kept\.table\[x\]$/, /^cache: .*\[x\] Item$/],
    proxyTarget: ['Item', 'array', /kept\.proxy → Array\[x\]$/, 'cache: Array[x] Item'],
  },
  // These are large enough to hide the others.
  {
    messagePorts: [
      'MessagePort',
      'handles',
      /^\(native handle\)$/,
      'detached-handle: (Global handles) (internal) MessagePort',
    ],
  },
  {
    agentRequests: [
      'ClientRequest',
      'array',
      /kept\.requesting\.requests\['host:1:'\]\[x\]$/,
      'cache: Array[x] ClientRequest',
    ],
    agentSockets: ['Duplex', 'array', /kept\.connecting\.sockets\['host:1:'\]\[x\]$/, 'cache: Array[x] Duplex'],
    // Node itself keeps a signal that has listeners until one of its sources is aborted.
    composedSignals: [
      /^(AbortSignal|EventTarget)$/,
      'set',
      /context\.gcPersistentSignals → Set$/,
      /^cache: Set \(entry\) /,
    ],
  },
];
const is = (expected, value) => (expected instanceof RegExp ? expected.test(value) : expected === value);
// Of the requests of an agent one has the socket.
const LEAST = COUNT - 10;

// Each as CommonJS and as a module of the same source.
for (const [kinds, isModule] of PROGRAMS.flatMap((kinds) => [
  [kinds, false],
  [kinds, true],
])) {
  const names = Object.keys(kinds).join();
  test(`objects that accumulate in ${names} are found, and their growth too${isModule ? ', in a module' : ''}`, async (t) => {
    const source = 'snapshots/holders.js';
    const program = isModule ? asModule(t, source) : source;
    const files = snapshotsOf(t, program, { operations: COUNT, rounds: 2, args: [names] });
    const { findings } = await analyze(files[0], ALL);
    const { grown } = (await diffSnapshots(files[0], files[1], ALL)).places;
    const text = (one) => `${one.count} × ${one.class}, ${one.kind}: ${one.path.text}`;
    const lists = `found:\n${findings.map(text).join('\n')}\ngrown:\n${grown.map(text).join('\n')}`;
    for (const [kind, [name, keeper, way, cut]] of Object.entries(kinds)) {
      const isIt = (one) => is(name, one.class) && is(keeper, one.kind) && way.test(one.path.text);
      const found = findings.find((one) => isIt(one) && one.count >= LEAST);
      assert.ok(found, `${kind} is not found; ${lists}`);
      assert.ok(is(cut, cutOf(found)), `${kind}: ${cutOf(found)}`);
      assert.ok(
        grown.some((one) => isIt(one) && one.countGrowth >= LEAST / 2),
        `${kind} does not grow; ${lists}`,
      );
    }
  });
}

test('the nextTick queue is one leak candidate, however many blocks it has', async (t) => {
  const operations = 9000;
  const files = snapshotsOf(t, 'snapshots/holders.js', { operations, rounds: 2, args: ['nextTicks'] });
  const [one, ...others] = (await analyze(files[0], ALL)).findings;
  assert.ok(one.count >= operations && one.count < operations + 10, `${one.count}`);
  assert.deepStrictEqual(others, []);
  const { grown } = (await diffSnapshots(files[0], files[1], ALL)).places;
  const said = grown.map(({ class: name, countGrowth }) => `${name} ${countGrowth}`);
  assert.strictEqual(grown.length, 1, said.join('\n'));
  assert.ok(grown[0].countGrowth >= operations - 10, said[0]);
});

test('ArrayBuffers in messages that wait in a port are named with the queue that has them', async (t) => {
  const [file] = snapshotsOf(t, 'snapshots/holders.js', { operations: COUNT, args: ['messages'] });
  const { dominating } = await analyze(file);
  assert.strictEqual(dominating.class, 'Node / incoming_messages');
  assert.match(dominating.path.text, /Node \/ MessagePort → Node \/ MessagePortData → Node \/ incoming_messages$/);
});

test('growth is attributed to the holder even if its retaining path differs between the snapshots', async (t) => {
  const program = 'snapshots/way-changes.js';
  for (const twin of [program, asModule(t, program)]) {
    const files = snapshotsOf(t, twin, { operations: COUNT, rounds: 2 });
    const { grown } = (await diffSnapshots(files[0], files[1], ALL)).places;
    const said = grown.map((one) => [one.class, one.counts.join(' → '), one.newCount, one.freedCount].join());
    const each = ['Handle', 'Job', 'Session'].map((name) => `${name},${COUNT} → ${2 * COUNT},${COUNT},0`);
    assert.deepStrictEqual(said.sort(), each, twin);
    assert.strictEqual(memwatch('diff', '--fail-on-growth', ...files).status, 1);
  }
});

test('memory shared by the reactions of a promise is attributed to the promise', async (t) => {
  const [file] = snapshotsOf(t, 'snapshots/holders.js', { operations: 10_000, args: ['awaiting'] });
  const [{ retainedBytes, holderRetainedBytes }] = (await analyze(file)).findings;
  assert.ok(holderRetainedBytes > 2 * retainedBytes, `${holderRetainedBytes} of ${retainedBytes}`);
  assert.match(unfolded(memwatch('analyze', file).stdout), /, kept through one Promise: [\d.]+ MiB, \d+ %/);
});

test('a single object that retains much of the heap is named in the text and in the HTML report', async (t) => {
  const [file] = snapshotsOf(t, 'snapshots/one-large-object.js', { operations: 1 });
  const { findings, dominating } = await analyze(file);
  assert.deepStrictEqual(findings, []);
  assert.strictEqual(dominating.class, 'State');
  assert.strictEqual(dominating.path.text, 'globalThis.__state');
  assert.ok(dominating.share > 0.25, `${dominating.share}`);

  const { stdout } = memwatch('analyze', file);
  assert.doesNotMatch(unfolded(stdout), /nothing accumulates\.|No leak candidate/);
  assert.match(unfolded(stdout), /One State keeps [\d.]+ MiB, \d+ % of the heap/);
  const page = path.join(temporaryDirectory(t), 'report.html');
  assert.strictEqual(memwatch('report', file, '-o', page).status, 0);
  assert.match(fs.readFileSync(page, 'utf8'), /"dominating":"One State keeps /);
});
