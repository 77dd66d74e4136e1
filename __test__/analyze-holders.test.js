'use strict';
// `memwatch analyze` and the report of a snapshot on the variables of an ES module, and on one object that keeps most of
// the heap. The programs run here and now. Other holders are in the tests of crates/core/src/snapshot/leaks.
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { memwatch, report, snapshotsOf, temporaryDirectory, unfolded } = require('./support/snapshot-programs.js');

const COUNT = 10_000;

test('an entry file that is a module is named, though its run has not ended', (t) => {
  const [file] = snapshotsOf(t, 'snapshots/modules/entry.mjs', { operations: COUNT });
  const [finding] = report('analyze', file).findings;
  assert.deepStrictEqual([finding.class, finding.count], ['Entry', COUNT]);
  assert.strictEqual(finding.path.text, 'module entry.mjs → store[x]');
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
