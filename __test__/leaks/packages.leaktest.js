'use strict';
// Packages as npm has them, each in a version that leaks: `memwatch analyze` names the container that keeps the
// objects, and the reference to cut. `npm run test:leaks` installs them and runs this; `npm test` does neither.
const assert = require('node:assert');
const { join } = require('node:path');
const { test } = require('node:test');
const { asModule, cutOf, report, snapshotsOf } = require('../support/snapshot-programs.js');

// Where scripts/test-leaks.mjs has put the programs, next to the packages they need.
const PROGRAMS = process.env.MEMWATCH_LEAK_PROGRAMS;
if (!PROGRAMS) throw new Error('run this by `npm run test:leaks`, which installs the packages');

const CASES = [
  {
    leak: "debug's list of instances",
    program: 'debug.js',
    operations: 10_000,
    class: 'debug()',
    path: /^require\.cache\['debug\/.*createDebug\.instances\[x\]$/,
    cut: /^cache: Array\[x\] debug\(\)$/,
    pathOfModule: /^module debug\.mjs → debug\.instances\[x\]$/,
  },
  {
    leak: "mem's cache of expired entries",
    program: 'mem.js',
    operations: 5000,
    class: '{data}',
    path: /context\.lookUp → WeakMap → Map$/,
    cut: /^cache: Map \(entry\) \{data\}$/,
  },
  {
    leak: "log4js's loggers by name",
    program: 'log4js.js',
    operations: 5000,
    class: 'Logger',
    path: /context\.loggers\[x\]$/,
    cut: /^cache: .*\[x\] Logger$/,
  },
  {
    leak: "prom-client's time series by label",
    program: 'prom-client.js',
    operations: 5000,
    class: '{labels, bucketValues}',
    path: /register\._metrics\.request_seconds\.hashMap\[x\]$/,
    cut: /^cache: .*\[x\] \{labels, bucketValues\}$/,
    pathOfModule: /^module prom-client\.mjs → histogram\.hashMap\[x\]$/,
  },
  {
    leak: "xstate's registry of interpreters",
    program: 'xstate.js',
    operations: 1500,
    class: 'Interpreter',
    path: /context\.children → Map$/,
    cut: /^cache: Map \(entry\) Interpreter$/,
  },
  {
    leak: "react-helmet's mounted instances",
    program: 'react-helmet.js',
    operations: 5000,
    class: 'SideEffect',
    path: /context\.mountedInstances\[x\]$/,
    cut: /^cache: Array\[x\] SideEffect$/,
  },
  {
    leak: "ajv's cache of compiled schemas",
    program: 'ajv.js',
    operations: 1500,
    class: 'SchemaEnv',
    path: /context\.ajv\._cache → Map$/,
    cut: /^cache: Map \(entry\) SchemaEnv$/,
  },
  {
    leak: "the reactions on axios's shared cancel token",
    program: 'axios.js',
    operations: 1000,
    class: 'onCanceled()',
    path: /context\.token\.promise → promise reaction$/,
    cut: /^promise: Promise \(reaction\) onCanceled\(\)$/,
  },
  {
    leak: "the sessions of express-session's MemoryStore",
    program: 'session.js',
    operations: 5000,
    class: 'string',
    path: /context\.store\.sessions\[x\]$/,
    cut: /^cache: .*\[x\] string$/,
  },
  {
    leak: 'the reactions on a promise that loses every race',
    program: 'promise-race.js',
    operations: 5000,
    class: 'Promise',
    path: /^globalThis\.__never → promise reaction$/,
    cut: /^promise: Promise \(reaction\) Promise$/,
  },
  {
    leak: "EventEmitter2's branches of events without listeners",
    program: 'eventemitter2.js',
    operations: 10_000,
    class: '{done}',
    path: /^globalThis\.__emitter\.listenerTree\.request\[x\]$/,
    cut: /^listener: Object\[x\] \{done\}$/,
  },
  {
    leak: "Keyv's entries that are out of date",
    program: 'keyv.js',
    operations: 5000,
    class: 'string',
    // Keys and values, which both are strings.
    count: 10_000,
    path: /^globalThis\.__keyv\.opts\.store → Map$/,
    cut: /^cache: Map \(entry\) string$/,
  },
  {
    leak: "DataLoader's cache of promises",
    program: 'dataloader.js',
    operations: 5000,
    class: 'Promise',
    path: /^globalThis\.__loader\._cacheMap → Map$/,
    cut: /^cache: Map \(entry\) Promise$/,
  },
  {
    leak: 'the children of a module that reloads another',
    program: 'hot-reload.js',
    operations: 2000,
    class: 'Module leaks/plugin.js',
    // It is about the children of a CommonJS module.
    onlyCommonJs: true,
    path: /^require\.cache\['leaks\/hot-reload\.js'\]\.children\[x\]$/,
    cut: /^module-reload: Array\[x\] Module$/,
  },
  {
    leak: 'slices that keep the strings they were cut from',
    program: 'slices.js',
    operations: 2000,
    class: 'string',
    kind: 'slices',
    path: /^globalThis\.__titles\[x\]$/,
    cut: /^slice: string \(cut from\) string$/,
  },
  {
    leak: "the timers of jsdom's windows",
    program: 'jsdom.js',
    operations: 20,
    class: 'Timeout',
    path: /^Timeout → … \(× 20\) → task\(\)$/,
    cut: /^timer: TimersList\[x\] Timeout$/,
  },
];

// Each as CommonJS and as an ES module of the same source.
const BOTH = CASES.flatMap((one) => [
  { ...one, isModule: false },
  ...(one.onlyCommonJs ? [] : [{ ...one, isModule: true, path: one.pathOfModule ?? ofModule(one.path) }]),
]);

/** A path that starts at a variable of the program: of an ES module that is one of the module. */
function ofModule(path) {
  return new RegExp(path.source.replace('context\\.', '(?:context\\.|module .* → )'));
}

for (const { leak, program, operations, class: name, kind, count = operations, path, cut, isModule } of BOTH) {
  test(`${leak} is the first finding${isModule ? ', in a module' : ''}`, (t) => {
    const file = join(PROGRAMS, 'leaks', program);
    const [snapshot] = snapshotsOf(t, isModule ? asModule(t, file) : file, { operations });
    const { findings } = report('analyze', snapshot);
    assert.ok(findings.length > 0, 'nothing was found');
    const [first] = findings;
    const said = `${first.count} × ${first.class}: ${first.path.text}`;
    assert.strictEqual(first.class, name, said);
    assert.match(first.path.text, path, said);
    assert.ok(first.count >= count && first.count <= count + 10, said);
    if (kind) assert.strictEqual(first.kind, kind);
    // The one that the repaired version of the package cuts.
    assert.match(cutOf(first), cut);
  });
}

test('the signature of a leak in a package is the same when the program runs again', (t) => {
  const signatures = [4000, 5000].map((operations) => {
    const [file] = snapshotsOf(t, join(PROGRAMS, 'leaks', 'log4js.js'), { operations });
    return report('analyze', file).findings[0].signature;
  });
  assert.strictEqual(signatures[0], signatures[1]);
});
