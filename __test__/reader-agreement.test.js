'use strict';
// One heap, read twice: `analyze` on V8's own snapshot and memwatch's reader of the heap name the same holders of every
// kind, with the same counts and paths. The programs run here and now; what the findings are to be is the business of
// the tests of the detector.

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { analyze, diffSnapshots } = require('..');
const { forkOnly, liveSays, temporaryDirectory } = require('./support/live.js');
const { snapshotsOf } = require('./support/snapshot-programs.js');

const READ_TOO = path.join(__dirname, 'fixtures', 'snapshots', 'read-too.js');
const MODULES = 'snapshots/modules/main.mjs';
const HOLDERS = 'snapshots/holders.js';
const SHAPES = 'snapshots/shapes.js';

// Few objects each: starting a program is most of the time.
const PROGRAMS = [
  [MODULES, 2000, 'map,set,array,object,closures,exported,rebound,staticField', 'static'],
  ['snapshots/modules/entry.mjs', 2000],
  ['leaks/promise-race.js', 2000],
  ['leaks/contexts.js', 100],
  ['snapshots/smartos-rules.js', 2000],
  [SHAPES, 0, 'privateStatic'],
  [SHAPES, 0, 'asyncFunction'],
  [SHAPES, 0, 'asyncGenerator'],
  // Large enough that V8 marks while they are read.
  [SHAPES, 0, 'symbolKeys'],
  [SHAPES, 0, 'tree'],
  ...[
    'finalizationRegistry',
    'abortSignal',
    'waitingFunction',
    'eventTarget',
    'writable',
    'weakMapValues',
    'proxyTarget',
    'generators',
    'symbolKeys',
    'messagePorts',
  ].map((holder) => [HOLDERS, 2000, holder]),
];

const said = ({ findings }) =>
  findings.map((one) => `${one.kind} ${one.count} × ${one.class}: ${one.path?.text}`).sort();

for (const [program, operations, ...args] of PROGRAMS) {
  test(`memwatch reads from ${[program, ...args].join(' ')} what V8 writes`, forkOnly, async (t) => {
    const options = process.env.NODE_OPTIONS;
    process.env.NODE_OPTIONS = `--require=${JSON.stringify(READ_TOO)}`;
    t.after(() => (options === undefined ? delete process.env.NODE_OPTIONS : (process.env.NODE_OPTIONS = options)));
    const [file] = snapshotsOf(t, program, { operations, args });
    const read = JSON.parse(fs.readFileSync(`${file}.reader`, 'utf8'));
    assert.equal(read.error, undefined);
    assert.equal(read.engine, 'reader');
    const written = said(await analyze(file, { top: 100 }));
    assert.notEqual(written.length, 0);
    assert.deepEqual(said(read), written);
  });
}

test('memwatch and V8 give the same classes, since scripts have the same numbers', forkOnly, async (t) => {
  const directory = temporaryDirectory(t);
  const main = async ([directory]) => {
    const { runInThisContext } = require('node:vm');
    const kept = (globalThis.kept = []);
    for (let script = 0; script < 50; script++) {
      const Made = runInThisContext(`(class Made { constructor() { this.a = {}; } })`);
      for (let each = 0; each <= script; each++) kept.push(new Made());
    }
    for (const engine of /** @type {const} */ (['v8', 'reader']))
      await memwatch.writeSnapshot(path.join(directory, `${engine}.heapsnapshot`), { engine, mode: 'fork' });
    say('written');
  };
  assert.deepEqual(await liveSays(main, { input: [directory] }), ['written']);
  const [written, read] = ['v8', 'reader'].map((engine) => path.join(directory, `${engine}.heapsnapshot`));
  const { classes } = await diffSnapshots(written, read, { top: 10_000 });
  const changed = classes.classes.filter(({ name, net }) => name === 'Made' && net !== 0);
  assert.deepEqual(changed, []);
  // Fifty classes of one name stay separate.
  const { classes: all } = await diffSnapshots(read, read, { top: 10_000 });
  assert.equal(all.classCount, 0);
});
