'use strict';
// `memwatch analyze`, `memwatch diff` and the report of a snapshot on holders of every kind that V8 and Node have: the
// variables of ES modules, as their CommonJS twins are found; queues, timers, cells and registries; what the objects of
// a collection share; one object that keeps most of the heap. The programs run here and now.
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { asModule, memwatch, report, snapshotsOf, temporaryDirectory, unfolded } = require('./support/snapshot-programs.js');

const COUNT = 10_000;
const MODULES = 'snapshots/modules/main.mjs';
const [NODE_MAJOR] = process.versions.node.split('.').map(Number);

for (const [sort, name, way] of [
  ['map', 'Entry', 'module store.mjs → map → Map'],
  ['set', 'Entry', 'module store.mjs → set → Set'],
  ['array', 'Entry', 'module store.mjs → array[x]'],
  ['object', 'Entry', 'module store.mjs → object[x]'],
  ['closures', '(anonymous function)', 'module store.mjs → closures[x]'],
  ['exported', 'Entry', 'module store.mjs → exported[x]'],
  ['rebound', 'Entry', 'module store.mjs → rebound → Map'],
  ['staticField', 'Entry', 'module store.mjs → Entry.all → Map'],
]) {
  test(`what piles up in a module (${sort}) is found, and grows`, (t) => {
    const files = snapshotsOf(t, MODULES, { operations: COUNT, rounds: 2, args: [sort, 'static'] });
    const [first, ...others] = report('analyze', files[0]).findings;
    assert.deepStrictEqual(others, []);
    assert.deepStrictEqual([first.class, first.count, first.path.text], [name, COUNT, way]);

    const { grown } = report('diff', ...files).places;
    assert.strictEqual(grown[0].path.text, way);
    assert.deepStrictEqual(grown[0].counts, [COUNT, 2 * COUNT]);
    assert.strictEqual(grown[0].signature, first.signature);
    if (sort === 'map') assert.strictEqual(memwatch('diff', '--fail-on-growth', ...files).status, 1);
  });
}

for (const way of ['dynamic', 'query', ...(NODE_MAJOR >= 22 ? ['required'] : [])]) {
  test(`a module that is imported in another way (${way}) has the same path and signature`, (t) => {
    const [file] = snapshotsOf(t, MODULES, { operations: COUNT, args: ['map', way] });
    const [plain] = snapshotsOf(t, MODULES, { operations: COUNT, args: ['map', 'static'] });
    const [finding] = report('analyze', file).findings;
    assert.strictEqual(finding.path.text, 'module store.mjs → map → Map');
    assert.strictEqual(finding.signature, report('analyze', plain).findings[0].signature);
  });
}

test('an entry file that is a module is named, though its run has not ended', (t) => {
  const [file] = snapshotsOf(t, 'snapshots/modules/entry.mjs', { operations: COUNT });
  const [finding] = report('analyze', file).findings;
  assert.deepStrictEqual([finding.class, finding.count], ['Entry', COUNT]);
  assert.strictEqual(finding.path.text, 'module entry.mjs → store[x]');
});

test('a module that is imported again and again is a finding', (t) => {
  const loads = 1500;
  const [file] = snapshotsOf(t, 'snapshots/modules/reloads.mjs', { operations: loads });
  const { findings, observations } = report('analyze', file);
  assert.strictEqual(findings[0].kind, 'modules');
  assert.strictEqual(findings[0].class, 'Module modules/plugin.mjs');
  assert.ok(observations.some(({ rule, count }) => rule === 'moduleReloads' && count === loads));
});

// Programs of the suites, as CommonJS and as modules made of the same source.
for (const [program, operations] of [
  ['snapshots/listener-registry.js', 8000],
  ['snapshots/subscription-chain.js', 3000],
]) {
  test(`${program} as an ES module has the finding of its CommonJS twin`, (t) => {
    const twins = [program, asModule(t, program)];
    const [common, es] = twins.map((twin) => report('analyze', snapshotsOf(t, twin, { operations })[0]).findings);
    const said = ({ class: name, kind, confidence, count }) => ({ name, kind, confidence, count });
    assert.deepStrictEqual(es.map(said), common.map(said));
    assert.strictEqual(es.length, 1);
  });
}

// Of each kind: the class, what keeps it, and what its path has to have.
const KINDS = {
  finalizationRegistry: ['Item', 'finalizationRegistry', /kept\.registry → FinalizationRegistry$/],
  finalizationRegistryValues: ['Item', 'finalizationRegistry', /kept\.registry → FinalizationRegistry$/],
  weakMapValues: ['Object', 'array', /kept\.keys\[x\]$/],
  asyncLocalStorage: ['Timeout', 'timers', /^Timeout → /],
  timeouts: ['Timeout', 'timers', /^Timeout → .* → _onTimeout\(\)$/],
  intervals: ['Timeout', 'timers', /^Timeout → .* → _onTimeout\(\)$/],
  immediates: ['Immediate', 'timers', /^Immediate → .* → _onImmediate\(\)$/],
  microtasks: [/native_bind\(\)|anonymous/, 'microtasks', /microtask$/],
  promiseJobs: ['Promise', 'microtasks', /microtask$/],
  nextTicks: [/callback, args/, 'array', /queue.*list\[x\]$/],
  promiseReactions: ['Promise', 'promiseReactions', /context\.never → promise reaction$/],
  awaiting: ['(anonymous function)', 'promiseReactions', /context\.never → promise reaction$/],
  waitingFunction: ['Item', 'array', /Generator → context\.local\[x\]$/],
  performanceTimeline: ['PerformanceMark', 'array', /\[x\]$/],
  eventTarget: ['Listener', 'listeners', /kept\.target\[kEvents\] → Map/],
  abortSignal: ['Listener', 'listeners', /kept\.controller\.#?.*\[kEvents\] → Map/],
  emitter: ['(anonymous function)', 'listeners', /kept\.emitter\._events\.change\[x\]$/],
  readable: ['Item', 'array', /kept\.stream\._readableState\.buffer.*/],
  writable: [/chunk, encoding, callback/, 'array', /kept\.stream\._writableState/],
  webStream: ['{value}', 'array', /kept\.stream.*queue.*\[x\]$/],
  channelSubscribers: ['(anonymous function)', 'listeners', /kept\.channel\._subscribers\[x\]$/],
  symbolKeys: ['Item', 'dictionary', /kept\.table\[x\]$/],
  proxyTarget: ['Item', 'array', /kept\.proxy → Array\[x\]$/],
  generators: ['each', 'array', /kept\.list\[x\]$/],
};

for (const [kind, [name, keeper, way]] of Object.entries(KINDS)) {
  test(`objects that pile up in ${kind} are found there, and grow`, (t) => {
    const files = snapshotsOf(t, 'snapshots/holders.js', { operations: COUNT, rounds: 2, args: [kind] });
    const [first] = report('analyze', files[0]).findings;
    assert.ok(first, 'nothing was found');
    const said = `${first.count} × ${first.class}, ${first.kind}: ${first.path.text}`;
    if (name instanceof RegExp) assert.match(first.class, name, said);
    else assert.strictEqual(first.class, name, said);
    assert.strictEqual(first.kind, keeper, said);
    assert.match(first.path.text, way, said);
    // The queue of nextTick() is of blocks of 2,048.
    assert.ok(first.count >= (kind === 'nextTicks' ? 5000 : COUNT - 10), said);
    // What --fail-on-growth goes by.
    assert.ok(report('diff', ...files).places.unknownCount > 0, 'nothing grew');
  });
}

test('what the reactions of a promise share is told of the promise', (t) => {
  const [file] = snapshotsOf(t, 'snapshots/holders.js', { operations: COUNT, args: ['awaiting'] });
  const [{ retainedBytes, holderRetainedBytes }] = report('analyze', file).findings;
  assert.ok(holderRetainedBytes > 2 * retainedBytes, `${holderRetainedBytes} of ${retainedBytes}`);
  assert.match(unfolded(memwatch('analyze', file).stdout), /, kept through one Promise: [\d.]+ MiB, \d+ %/);
});

test('one object that keeps much of the heap is named, in the text and on the page', (t) => {
  const [file] = snapshotsOf(t, 'snapshots/one-large-object.js', { operations: 1 });
  const { findings, dominating } = report('analyze', file);
  assert.deepStrictEqual(findings, []);
  assert.strictEqual(dominating.class, 'State');
  assert.strictEqual(dominating.path.text, 'globalThis.__state');
  assert.ok(dominating.share > 0.25, `${dominating.share}`);

  const { stdout } = memwatch('analyze', file);
  assert.doesNotMatch(unfolded(stdout), /nothing that piles up\.|No leak suspect/);
  assert.match(unfolded(stdout), /One State keeps [\d.]+ MiB, \d+ % of the heap/);
  const page = path.join(temporaryDirectory(t), 'report.html');
  assert.strictEqual(memwatch('report', file, '-o', page).status, 0);
  assert.match(fs.readFileSync(page, 'utf8'), /"dominating":"One State keeps /);
});
