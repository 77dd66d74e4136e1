'use strict';
// The output of `memwatch run` for a build server: summaries, annotations, baselines, from entries without a program,
// and the files that are refused before a program starts.

const { test } = require('node:test');
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { baselineOf, lineOf, readBaseline, signatureOf } = require('../lib/run/baseline.js');
const { annotationsOf, markdownOf } = require('../lib/run/markdown.js');
const { refused, temporaryDirectory } = require('./support/cli-run.js');

const MIB = 2 ** 20;
const site = (name, file, line = 6) => ({ function: name, file, line, share: 0.97 });
const leak = (suspects, kind = 'heap', name = 'server.js') => ({
  meta: { name, pid: 7, threadId: 0 },
  leak: { kind, growth: 170 * MIB, begin: 0, end: 660_000, collections: 9, reason: '', suspects },
  suspects,
});
const HERE = path.join(process.cwd(), 'src', 'server.js');

/** @param {any[]} leaks @param {{ isKnown?: (one: any) => boolean, name?: string }} [how] */
function markdown(leaks, { isKnown = () => false, name = 'server.js' } = {}) {
  const ledger = /** @type {any} */ ({ leaks: () => leaks, entries: () => [] });
  return markdownOf({ name, ledger, isKnown, why: 'exit status 1: it leaks' });
}

test('a signature consists of kind, function and file, not of line or process', () => {
  const known = signatureOf(leak([site('track', HERE)]));
  assert.match(known, /^[\da-f]{16}$/);
  assert.equal(signatureOf({ ...leak([site('track', HERE, 90)]), meta: { name: 'w.js', pid: 8, threadId: 3 } }), known);
  assert.equal(signatureOf(leak([site('track', `file://${HERE}`)])), known, 'of an ECMAScript module');
  const others = [
    leak([site('track', HERE)], 'external'),
    leak([site('keep', HERE)]),
    leak([site('track', path.join(process.cwd(), 'server.js'))]),
    leak([]),
  ];
  for (const other of others) assert.notEqual(signatureOf(other), known);
});

test('a written baseline can be read, keeps its entries, and allows comments', () => {
  const file = path.join(temporaryDirectory(), 'known.txt');
  const [old, added] = [leak([site('track', HERE)]), leak([site('keep', HERE)])];
  fs.writeFileSync(file, `# of people\n\n  ${signatureOf(old)}   ours, since May\n`);
  const known = readBaseline(file);
  assert.ok(known.has(signatureOf(old)) && !known.has(signatureOf(added)));
  const text = baselineOf(known, [added, added]);
  assert.ok(text.includes(`${signatureOf(old)}   ours, since May\n`), text);
  assert.ok(text.includes(`${lineOf(added)}\n`) && lineOf(added).endsWith(' heap keep() src/server.js'), text);
  assert.equal(text.trimEnd().split('\n').length, 3);
});

test('names from the program are not interpreted as Markdown, HTML or commands', () => {
  const nasty = leak([site('a|b<script>`x`\n## c', '/x/%2,a:b\r\n::error::c.js')], 'heap', '<img src=x>|\n# y');
  const text = markdown([nasty], { name: '*bold*' });
  assert.doesNotMatch(text, /<(?!\/?code>)/);
  assert.equal(text.split('\n').filter((line) => line.startsWith('#')).length, 2, text);
  assert.doesNotMatch(text, /\*bold\*|`/);
  const [line, ...more] = annotationsOf([nasty], true);
  assert.equal(more.length, 0);
  assert.match(
    line,
    /^::error file=\/x\/%252%2Ca%3Ab%0D%0A%3A%3Aerror%3A%3Ac\.js,line=6,title=Memory leak::The heap grew/,
  );
  assert.doesNotMatch(line, /[\r\n]/);
});

test('the work of the program is reported for a site, in the summary and in the annotation', () => {
  const labels = [{ name: 'POST /users|`x`', kind: 'route', share: 0.918 }];
  const labelled = leak([{ ...site('track', HERE), labels }]);
  const text = markdown([labelled]);
  assert.match(text, /^1\. track\(\) src\/server\.js:6 \(97 %\), 92 % while serving POST \/users&#124;&#96;x&#96;$/m);
  assert.match(annotationsOf([labelled], true)[0], /track\(\) server\.js:6, 92 %25 while serving POST \/users\|`x`$/);
});

test('each function is annotated once, at most ten, with a path relative to here', () => {
  const workers = Array.from({ length: 30 }, () => leak([site('track', HERE)]));
  assert.deepEqual(annotationsOf(workers, false), [
    '::warning file=src/server.js,line=6,title=Memory leak::The heap grew by 170 MiB in 11 min and was not reclaimed, allocated by track() server.js:6',
  ]);
  const many = Array.from({ length: 30 }, (_, at) => leak([site(`f${at}`, HERE)]));
  assert.equal(annotationsOf(many, true).length, 10);
  assert.match(annotationsOf([leak([])], true)[0], /^::error title=Memory leak::The heap grew by 170 MiB in 11 min/);
});

test('new leaks precede known ones, and known ones are no failure in the heading', () => {
  const [old, added] = [leak([site('track', HERE)]), leak([site('keep', HERE)])];
  const isKnown = (one) => signatureOf(one) === signatureOf(old);
  assert.match(markdown([old], { isKnown }), /^## memwatch: known leaks only in server\.js\n\n### Known leak in /);
  const both = markdown([old, added], { isKnown });
  assert.match(both, /^## memwatch: a leak was confirmed in server\.js\n\n### Leak in /);
  assert.ok(both.indexOf('keep()') < both.indexOf('track()'), both);
  assert.match(markdown([]), /^## memwatch: nothing was measured in server\.js\n/);
});

test('a missing baseline and unwritable files are refused before the program starts', () => {
  const directory = temporaryDirectory();
  const missing = path.join(directory, 'missing', 'file');
  const program = path.join(directory, 'app.js');
  fs.writeFileSync(program, 'process.exit(5)');
  const app = (...words) => ['run', '--no-dashboard', ...words, program];
  refused(app('--baseline', missing), 'ERR_MEMWATCH_BASELINE_UNREADABLE', /the baseline cannot be read: .*ENOENT/);
  refused(app('--summary', missing), 'ERR_MEMWATCH_REPORT_UNWRITABLE', /the summary cannot be written: .*ENOENT/);
  refused(
    app('--write-baseline', directory),
    'ERR_MEMWATCH_REPORT_UNWRITABLE',
    /the baseline cannot be written: .* is a directory/,
  );
});
