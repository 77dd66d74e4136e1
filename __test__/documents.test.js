'use strict';
// The documents name all that there is: functions, options and events in docs/api.md, each error code with a heading in
// docs/errors.md. The README stays short. What the sentences say is tested where their subject is.

const assert = require('node:assert/strict');
const { execFileSync } = require('node:child_process');
const { EventEmitter } = require('node:events');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');
const { helpFor } = require('../lib/errors.js');
const { ROOT } = require('./support/cli-run.js');
const { anchors } = require('./support/markdown.js');

const MOST_LINES = 250;
const MOST_DECLARED_LINES = 600;

const read = (...parts) => fs.readFileSync(path.join(ROOT, ...parts), 'utf8');
const declared = path.join(__dirname, 'types', 'declared.js');
const { members, literals } = JSON.parse(execFileSync(process.execPath, [declared], { encoding: 'utf8' }));

/** Asserts that a page has each name as code, alone or with what belongs to it. */
function assertNamed(page, names) {
  const code = (page.match(/`[^`\n]+`/g) ?? []).join(' ');
  const missing = names.filter((name) => !new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(code));
  assert.deepEqual(missing, []);
}

test('the README has at most 250 lines, with the commands that build, test and show', () => {
  const readme = read('README.md');
  assert.ok(readme.trimEnd().split('\n').length <= MOST_LINES);
  for (const command of ['npm ci && npm test', 'npm ci && npm run demo']) assert.ok(readme.includes(command), command);
});

test('docs/api.md names every function, option and event', () => {
  const page = read('docs', 'api.md');
  const plain = new Set([...Object.keys(new EventEmitter()), ...Object.getOwnPropertyNames(EventEmitter.prototype)]);
  assertNamed(
    page,
    members.MemWatch.filter((name) => !plain.has(name)),
  );
  const named = [...page.matchAll(/^\| \*?\*?`([\w.]+)`/gm)].map(([, name]) => name);
  const groups = { ForcedGc: 'forcedGc', Sampling: 'sampling', Snapshot: 'snapshots', OnLeak: 'onLeak' };
  for (const [subject, group] of Object.entries(groups)) {
    for (const name of members[`${subject}Options`]) assert.ok(named.includes(`${group}.${name}`), name);
  }
  for (const name of members.Configuration) assert.ok(named.includes(name), name);
  assertNamed(page, members.SnapshotQuota);
  const takes = ['LiveSnapshot', 'WriteSnapshot', 'AnalyzeNow', 'Report', 'Metrics', 'Bundle', 'Dashboard'];
  for (const subject of takes) {
    assert.ok(members[`${subject}Options`].length > 0, subject);
    assertNamed(page, members[`${subject}Options`]);
  }
  const events = members.Events;
  assert.ok(events.length > 6);
  assertNamed(page, events);
  for (const name of events) assert.ok(read('docs', 'events.md').includes(`| \`${name}\` |`), name);
});

test('docs/errors.md has a heading for each error code, with its meaning and remedy, and no other', () => {
  const page = read('docs', 'errors.md');
  const parts = page.split(/^(?=#{2,3} )/m).filter((part) => part.startsWith('### '));
  const codes = parts.map((part) => part.match(/^### (\w+)\n\n\S[^\n]+\.\n\n\S[^\n]+\.\n/)?.[1] ?? part);
  assert.deepEqual(codes.sort(), literals.ErrorCode.sort());
  // The addresses that errors print.
  const reached = anchors(page);
  for (const code of codes) assert.ok(reached.has(new URL(helpFor(code)).hash.slice(1)), code);
});

test('index.d.ts is short, and the files it imports are packed', () => {
  const face = read('index.d.ts');
  assert.ok(face.trimEnd().split('\n').length <= MOST_DECLARED_LINES);
  const beside = [...face.matchAll(/from '\.\/(\w+)'/g)].map(([, name]) => `${name}.d.ts`);
  const { files } = JSON.parse(read('package.json'));
  for (const name of new Set(beside)) assert.ok(files.includes(name), name);
});

test('docs/start.md shows the first example verbatim', () => {
  assert.ok(read('docs', 'start.md').includes(`\`\`\`js\n${read('examples', 'first-leak.js')}\`\`\``));
});
