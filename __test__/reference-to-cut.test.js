'use strict';
// The trace of a leak candidate names the reference that a repaired program does not have: of every kind of leak that a
// program can have by itself, as CommonJS and as an ES module, beside the same program repaired. The fixtures of other
// tests are in analyze-holders.test.js, the packages of npm in leaks/.
const assert = require('node:assert');
const { after, test } = require('node:test');
const fs = require('node:fs');
const path = require('node:path');
const {
  asModule,
  cutOf,
  memwatch,
  report,
  snapshotsOf,
  temporaryDirectory,
} = require('./support/snapshot-programs.js');

const PROGRAM = 'snapshots/repairs.js';
const OPERATIONS = 1500;
const [NODE_MAJOR] = process.versions.node.split('.').map(Number);
// From 24 on a resource has the frame of all stores, before it has each store.
const STORE = NODE_MAJOR >= 24 ? 'AsyncResource[context_frame]' : 'AsyncResource[kResourceStore]';

// Of each leak of the program: the kind of leak, and what it holds by which reference.
const CUTS = {
  listener: 'listener: Array[x] listener()',
  timer: 'timer: TimersList[x] Timeout',
  // V8 of Node 26 has a cell between.
  closureContext: 'closure-context: send() context.original ',
  cache: 'cache: Map (entry) Item',
  dictionary: /^cache: \{name .*\}\[x\] Item$/,
  array: 'cache: Array[x] Item',
  list: 'list: {item, previous}.previous {item, previous}',
  promise: 'promise: Promise (reaction) Promise',
  asyncLocalStorage: `async-local-storage: ${STORE}`,
  registry: 'registry: FinalizationRegistry (entry) (anonymous)()',
  slice: 'slice: string (cut from) string',
};

// Each program once, of the tests that ask for it.
const taken = new Map();
const cleanUps = [];
const whenAllIsDone = { after: (cleanUp) => cleanUps.push(cleanUp) };
after(() => cleanUps.forEach((cleanUp) => cleanUp()));
function snapshotOf(format, way) {
  const key = `${format}, ${way}`;
  if (!taken.has(key)) {
    const program = format === 'CommonJS' ? PROGRAM : asModule(whenAllIsDone, PROGRAM);
    taken.set(key, snapshotsOf(whenAllIsDone, program, { operations: OPERATIONS, args: [way] })[0]);
  }
  return taken.get(key);
}

for (const format of ['CommonJS', 'an ES module']) {
  test(`for each kind of leak the reference to cut is the one cut by the fixed program, in ${format}`, () => {
    const { findings } = report('analyze', snapshotOf(format, 'leaking'), '--top', '100');
    const cuts = findings.map(cutOf);
    for (const [leak, cut] of Object.entries(CUTS)) {
      const isIt = (one) => (cut instanceof RegExp ? cut.test(one) : one.startsWith(cut));
      assert.strictEqual(cuts.filter(isIt).length, 1, `${leak}:\n${cuts.join('\n')}`);
    }
    assert.strictEqual(findings.length, Object.keys(CUTS).length, cuts.join('\n'));
    assert.deepStrictEqual(report('analyze', snapshotOf(format, 'repaired')).findings, []);
  });
}

test('a trace leads from expected to unexpected objects, and marks nothing beyond the cut as harmless', () => {
  const { findings } = report('analyze', snapshotOf('CommonJS', 'leaking'), '--top', '100');
  for (const { trace, exampleId, path: access } of findings) {
    const said = `${access.text}: ${JSON.stringify(trace)}`;
    const ranks = trace.steps.map(({ expectation }) => ['expected', 'unknown', 'unexpected'].indexOf(expectation));
    assert.deepStrictEqual(ranks, [...ranks].sort(), said);
    assert.strictEqual(trace.steps[trace.cut].expectation, 'unexpected', said);
    // Of a list, the example is its last link.
    const isFolded = trace.steps.some(({ times }) => times > 1);
    assert.ok(isFolded || trace.steps.some(({ id }) => id === exampleId), said);
  }
});

test('each kind of leak in a report has a section in the documentation', () => {
  const page = fs.readFileSync(path.join(__dirname, '..', 'docs', 'leak-kinds.md'), 'utf8');
  const titles = [...page.matchAll(/^## ([a-z-]+)$/gm)].map(([, title]) => title);
  const schema = JSON.parse(fs.readFileSync(path.join(__dirname, '..', 'schema', 'analyze.json'), 'utf8'));
  const { description } = schema.$defs.TraceEntry.properties.kind;
  const kinds = [...description.matchAll(/`([a-z-]+)`/g)].map(([, kind]) => kind);
  assert.deepStrictEqual(titles, kinds);
});

test('analyze --markdown prints what the HTML report of the same snapshot copies', (t) => {
  const file = snapshotOf('CommonJS', 'leaking');
  const { status, stdout } = memwatch('analyze', file, '--markdown');
  assert.strictEqual(status, 0);
  const page = path.join(temporaryDirectory(t), 'report.html');
  assert.strictEqual(memwatch('report', file, '-o', page).status, 0);
  const html = fs.readFileSync(page, 'utf8');
  const data = JSON.parse(/<script type="application\/json" id="report">(.*?)<\/script>/s.exec(html)[1]).page;
  for (const [at, markdown] of data.words.markdown.entries()) {
    assert.ok(stdout.includes(`### ${at + 1}. ${markdown}`), `${markdown}\nis not in\n${stdout}`);
  }
  const both = memwatch('analyze', file, '--markdown', '--json');
  assert.strictEqual(both.status, 2);
  assert.match(both.stderr, /--markdown cannot be combined with --json \[ERR_MEMWATCH_USAGE\]/);
});
