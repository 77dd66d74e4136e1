'use strict';
// `memwatch analyze` and `memwatch diff` on snapshots of programs that run here and now: what leaks is named with the
// holder, and without a leak nothing is reported. Programs of packages that leak are in leaks/.
const assert = require('node:assert');
const { test } = require('node:test');
const { asModule, cutOf, memwatch, report, snapshotsOf, unfolded } = require('./support/snapshot-programs.js');

const REGISTRY = 'snapshots/listener-registry.js';
const LISTENERS = 'globalThis.__app.registry.listeners → Map → Array[x]';
// Requests in a round, each of which leaks one LeakingClass.
const REQUESTS = 8000;
// What one of them retains at the least: an array of 16 elements of 8 bytes.
const BYTES_EACH = 16 * 8;

test('a planted leak is the only leak candidate, with its holder, count and retained bytes', (t) => {
  const [file] = snapshotsOf(t, REGISTRY, { operations: REQUESTS });
  const { findingCount, findings } = report('analyze', file);
  assert.strictEqual(findingCount, 1);
  const [{ class: name, count, retainedBytes, share, path, holderClass, holders }] = findings;
  assert.strictEqual(name, 'LeakingClass');
  assert.strictEqual(count, REQUESTS);
  assert.strictEqual(path.text, LISTENERS);
  assert.strictEqual(holderClass, 'Array');
  assert.strictEqual(holders, 8);
  assert.ok(retainedBytes >= REQUESTS * BYTES_EACH, `${retainedBytes} bytes`);
  assert.ok(share > 0.05 && share < 1, `${share} of the heap`);

  const { status, stdout } = memwatch('analyze', file);
  assert.strictEqual(status, 0);
  assert.match(stdout, /^1 leak candidate in /);
  assert.match(unfolded(stdout), /1\. 8,000 × LeakingClass keep [\d.,]+ [KM]iB, \d+ % of the heap/);
  assert.ok(unfolded(stdout).includes(LISTENERS), stdout);
});

test('the holder and an instance of a leak candidate can be inspected by the printed ids', (t) => {
  const [file] = snapshotsOf(t, REGISTRY, { operations: REQUESTS });
  const [{ holderId, exampleId, count, holders, next }] = report('analyze', file).findings;
  assert.deepStrictEqual(
    next.map(({ command, target }) => [command, target]),
    [
      ['inspect', `@${holderId}`],
      ['inspect', `@${exampleId}`],
      ['paths', 'LeakingClass'],
    ],
  );
  const holder = memwatch('inspect', file, `@${holderId}`);
  assert.match(holder.stdout, /Array/);
  const example = memwatch('inspect', file, `@${exampleId}`);
  assert.match(example.stdout, /LeakingClass/);
  assert.match(example.stdout, /payload/);
  const paths = memwatch('paths', file, 'LeakingClass');
  assert.ok(unfolded(paths.stdout).includes(LISTENERS), paths.stdout);
  assert.ok(count / holders > 1);
  assert.deepStrictEqual([holder.status, example.status, paths.status], [0, 0, 0]);
});

test('the growth between two snapshots is the planted leak and nothing else', (t) => {
  const [before, after] = snapshotsOf(t, REGISTRY, { operations: REQUESTS, rounds: 2 });
  const { places, classes } = report('diff', before, after);
  assert.strictEqual(places.isSameProcess, true);
  assert.strictEqual(places.grownCount, 1);
  const [grown] = places.grown;
  assert.strictEqual(grown.class, 'LeakingClass');
  assert.strictEqual(grown.path.text, LISTENERS);
  assert.deepStrictEqual(grown.counts, [REQUESTS, 2 * REQUESTS]);
  assert.deepStrictEqual([grown.newCount, grown.freedCount], [REQUESTS, 0]);
  assert.ok(grown.retainedGrowthBytes >= REQUESTS * BYTES_EACH, `${grown.retainedGrowthBytes} bytes`);

  const row = classes.classes.find(({ name }) => name === 'LeakingClass');
  assert.deepStrictEqual([row.allocated, row.freed, row.net], [REQUESTS, 0, REQUESTS]);
  assert.match(row.position.script, /listener-registry\.js$/);
  // The entries of the cache, which is full, were exchanged for new ones.
  const healthy = classes.classes.find(({ name }) => name === '{answer}');
  assert.ok(healthy === undefined || healthy.net === 0, JSON.stringify(healthy));

  const { stdout } = memwatch('diff', before, after);
  assert.match(unfolded(stdout), /1\. \+8,000 × LeakingClass/);
  assert.ok(unfolded(stdout).includes(LISTENERS), stdout);
});

test('growth gives exit status 1 only with --fail-on-growth', (t) => {
  const files = snapshotsOf(t, REGISTRY, { operations: REQUESTS, rounds: 2 });
  assert.strictEqual(memwatch('diff', ...files).status, 0);
  assert.strictEqual(memwatch('diff', '--fail-on-growth', ...files).status, 1);
  // The same file twice: nothing can have grown.
  assert.strictEqual(memwatch('diff', '--fail-on-growth', files[1], files[1]).status, 0);
});

test('the signature of a leak candidate is the same in the next run of the program', (t) => {
  // Another number of requests: other ids, other sizes, the same leak.
  const runs = [REQUESTS, REQUESTS + 1500].map((operations) => snapshotsOf(t, REGISTRY, { operations }));
  const signatures = runs.map(([file]) => report('analyze', file).findings.map(({ signature }) => signature));
  assert.strictEqual(signatures[0].length, 1);
  assert.match(signatures[0][0], /^[0-9a-f]{16}$/);
  assert.deepStrictEqual(signatures[1], signatures[0]);
});

test('a chain of closures is one leak candidate that names its function, with its cycle collapsed', (t) => {
  const subscriptions = 3000;
  const [file] = snapshotsOf(t, 'snapshots/subscription-chain.js', { operations: subscriptions });
  const { findings, findingCount } = report('analyze', file);
  assert.strictEqual(findingCount, 1);
  assert.strictEqual(findings[0].class, 'send()');
  assert.strictEqual(findings[0].count, subscriptions);
  assert.match(cutOf(findings[0]), /^closure-context: send\(\) context\.original /);

  const { stdout } = memwatch('analyze', file);
  const chain =
    /Timeout → refreshSubscription\(\) → context\.subscriptionTemplate → \{template, send\} → send\(\) → context\.original → … \(× ([\d,]+)\)/;
  const [, turns] = unfolded(stdout).match(chain) ?? assert.fail(stdout);
  // The newest subscription is kept by the timer's own context; each other by the one after it.
  assert.strictEqual(Number(turns.replace(',', '')), subscriptions - 1);
  assert.match(stdout, /refreshSubscription\(\) @\d+ +\S+subscription-chain\.js:\d+:\d+/);
});

for (const [what, program, operations] of [
  ['an idle http server', 'snapshots/idle-http.js', 20],
  ['an idle express server', 'leaks/idle-express.js', 50],
  ['a process that does nothing', 'snapshots/idle-process.js', 0],
]) {
  test(`${what} gives no leak candidate`, (t) => {
    const [file] = snapshotsOf(t, program, { operations });
    const { findings, observations } = report('analyze', file);
    assert.deepStrictEqual(findings, []);
    assert.deepStrictEqual(observations, []);
    assert.match(memwatch('analyze', file).stdout, /^No leak candidate in /);
  });
}

test('an idle http server shows no growth', (t) => {
  const files = snapshotsOf(t, 'snapshots/idle-http.js', { operations: 20, rounds: 3 });
  const { places } = report('diff', ...files);
  assert.deepStrictEqual(places.grown, []);
  assert.strictEqual(memwatch('diff', '--fail-on-growth', ...files).status, 0);
});

// As CommonJS and as an ES module of the same source.
for (const format of ['CommonJS', 'an ES module']) {
  test(`a single object that grows in size is named with its holder, in ${format}`, (t) => {
    const source = 'snapshots/growing-singles.js';
    const program = format === 'CommonJS' ? source : asModule(t, source);
    const files = snapshotsOf(t, program, { operations: 100, rounds: 3 });
    for (const compared of [files.slice(0, 2), files]) {
      const { grown } = report('diff', ...compared).places;
      const said = grown.map(({ kind, path }) => [kind, path.text]).sort();
      assert.deepStrictEqual(said, [
        ['single', 'globalThis.__state.body → ArrayBuffer'],
        ['single', 'globalThis.__state.ids'],
        ['single', 'globalThis.__state.log'],
        ['single', 'globalThis.__state.times'],
      ]);
      for (const { retainedBytesEach } of grown) {
        assert.ok(
          retainedBytesEach.every((bytes, at) => at === 0 || bytes > retainedBytesEach[at - 1]),
          `${retainedBytesEach}`,
        );
      }
    }
  });
}

for (const format of ['CommonJS', 'an ES module']) {
  test(`retained contexts are counted, and their holder is named, in ${format}`, (t) => {
    const contexts = 50;
    const program = format === 'CommonJS' ? 'leaks/contexts.js' : asModule(t, 'leaks/contexts.js');
    const [file] = snapshotsOf(t, program, { operations: contexts });
    const { findings, observations } = report('analyze', file);
    assert.deepStrictEqual(
      findings.map(({ class: name, count, path }) => [name, count, path.text]),
      [['{context, text}', contexts, 'globalThis.__rendered[x]']],
    );
    const realms = observations.find(({ rule }) => rule === 'realms');
    assert.ok(realms.count > contexts, `${realms.count} realms`);
    assert.ok(realms.path.text.startsWith('globalThis.__rendered[x].context'), realms.path.text);
  });
}
