'use strict';
// What memwatch returns, emits and prints as JSON is what the published schemas describe: every command
// on snapshots of a real program, the functions on a real heap, and the reports of the crate's own tests.
// The tests of the commands and events validate theirs as well (support/cli-run.js, detector.test.js).

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { PROGRAMS } = require('../lib/cli/declared.js');
const { fileCommands } = require('./support/cli-declared.js');
const { report, takeSnapshots, temporaryDirectory } = require('./support/cli-run.js');
const { ROOT, says } = require('./support/child.js');
const { assertSchema, names, schema, schemaOf, schemaOfEvent } = require('./support/schema.js');

const GOLDEN = path.join(ROOT, 'crates', 'report', 'tests', 'golden');

const directory = temporaryDirectory();
const files = takeSnapshots(directory, 'known-classes.js', { operations: 50, rounds: 3 });
const file = files.at(-1);

/** Arguments of each command on files, several ways: `report` validates what it prints. */
const QUESTIONS = {
  analyze: [[file]],
  classes: [[file], [file, '--fast']],
  closures: [[file], [file, '--unread']],
  containment: [[file], [file, idOf('Session')]],
  diff: [files.slice(1), files, [...files.slice(1), '--fast'], [...files, '--fast']],
  functions: [[file]],
  inspect: [
    [file, idOf('Session')],
    [file, idOf('Map')],
    [file, idOf('Function')],
    [file, idOf('Array')],
  ],
  instances: [[file, 'Session']],
  paths: [
    [file, 'Session'],
    [file, idOf('Session')],
  ],
  realms: [[file]],
  scopes: [[file]],
  redact: [[file, path.join(directory, 'redacted.heapsnapshot')]],
  refs: [[file, idOf('Session')]],
  shapes: [[file]],
  strings: [[file]],
  summary: [[file], [file, '--fast']],
};

/** The id of an object of a class. */
function idOf(name) {
  const { instances } = report(['instances', file, name, '--top', '1']);
  return `@${instances[0].id}`;
}

for (const [command, questions] of Object.entries(QUESTIONS)) {
  test(`${command} --json prints what its schema describes`, () => {
    for (const words of questions) {
      const value = report([command, ...words]);
      assert.notEqual(schemaOf([command], value), undefined);
    }
  });
}

test('each command with --json has a schema, and is run here or in its own test', () => {
  const elsewhere = {
    bundle: 'bundle.test.js',
    core: 'core-command.test.js',
    native: 'native-memory.test.js',
    report: 'flight-recorder.test.js',
    snapshot: 'triggers.test.js',
    timeline: 'timeline.test.js',
  };
  const asked = [...Object.keys(QUESTIONS), ...Object.keys(elsewhere)];
  for (const test of Object.values(elsewhere)) assert.ok(fs.existsSync(path.join(__dirname, test)), test);
  const programs = Object.values(PROGRAMS).filter(({ options }) => options.some(({ name }) => name === 'json'));
  const taking = Object.entries(fileCommands()).filter(([, { options }]) => options.json !== undefined);
  const all = [...taking.map(([name]) => name), ...programs.map(({ name }) => name)];
  assert.deepEqual(asked.sort(), [...new Set(all)].sort());
  for (const name of asked) assert.ok(names().includes(name), name);
});

test('the reports in the golden tests of the crate match their schemas', () => {
  const golden = fs.readdirSync(GOLDEN).filter((name) => name.endsWith('.json'));
  assert.ok(golden.length > 10);
  for (const name of golden) {
    const value = JSON.parse(fs.readFileSync(path.join(GOLDEN, name), 'utf8'));
    const [command] = name.replace('.json', '').split('-');
    // The classes alone of what these commands print.
    if (command === 'diff' || command === 'growth') assertSchema(command, { places: null, classes: value });
    else assertSchema(command, value);
  }
});

test('results of functions and events match their schemas', async () => {
  const said = await says(
    async (directory) => {
      const memwatch = require(ROOT);
      memwatch.configure({ sampling: { when: 'always', intervalBytes: 1024 } });
      const file = (name) => require('node:path').join(directory, name);
      const returned = (name, value) => say(['returned', name, value]);
      require('node:diagnostics_channel').subscribe('memwatch:gc', (value) => say(['emitted', 'gc', value]));
      for (const name of ['stats', 'leak']) memwatch.on(name, (value) => say(['emitted', name, value]));
      returned('detector-state', memwatch.detectorState());
      returned('sites', memwatch.sites());
      const heap = new memwatch.HeapDiff();
      const live = await memwatch.beginHeapDiff();
      class Kept {
        name = `kept ${Math.random()}`;
      }
      globalThis.kept = [];
      for (let round = 0; round < 7; round++) {
        for (let i = 0; i < 5000; i++) globalThis.kept.push(new Kept());
        memwatch.gc();
        await turns();
      }
      returned('heap-diff', heap.compare());
      returned('heap-diff', heap.end({ retainers: true }));
      returned('live-heap-diff', await live.end());
      returned('sites', memwatch.sites({ top: 5 }));
      for (const mode of ['auto', 'inline']) {
        returned('write-snapshot', await memwatch.writeSnapshot(file(`${mode}.heapsnapshot`), { mode }));
        returned('analyze-now', await memwatch.analyzeNow({ mode, top: 3 }));
      }
      returned('analyze', await memwatch.analyze(file('auto.heapsnapshot')));
      returned('diff', await memwatch.diffSnapshots(file('auto.heapsnapshot'), file('inline.heapsnapshot')));
    },
    { input: directory },
  );
  const seen = new Set();
  for (const [how, name, value] of said) {
    const of = how === 'emitted' ? schemaOfEvent(name) : name;
    assertSchema(of, value);
    seen.add(of);
  }
  assert.deepEqual([...seen].sort(), [
    'analyze',
    'analyze-now',
    'detector-state',
    'diff',
    'gc',
    'heap-diff',
    'leak',
    'live-heap-diff',
    'sites',
    'stats',
    'write-snapshot',
  ]);
});

test('a value that a schema does not describe is refused', () => {
  const value = report(['analyze', file]);
  assert.throws(() => assertSchema('analyze', { ...value, more: 1 }), /schema\/analyze\.json/);
  assert.throws(() => assertSchema('analyze', { ...value, totalBytes: 'many' }), /schema\/analyze\.json/);
  const { observations, ...less } = value;
  assert.throws(() => assertSchema('analyze', less), /schema\/analyze\.json/);
  const deep = structuredClone(value);
  deep.snapshot.more = observations;
  assert.throws(() => assertSchema('analyze', deep), /schema\/analyze\.json/);
});

test('all schemas have one version and are self-contained', () => {
  const versions = names().map((name) => /\/schema\/(\d+\.\d+)\/([\w-]+)\.json$/.exec(schema(name).$id));
  assert.deepEqual(
    versions.map((found) => found?.[2]),
    names(),
  );
  assert.equal(new Set(versions.map(([, version]) => version)).size, 1);
  for (const name of names()) assert.doesNotMatch(JSON.stringify(schema(name)), /"\$ref":"(?!#\/\$defs\/)/);
});
