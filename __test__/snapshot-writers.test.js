'use strict';
// One heap, several writers: v8.writeHeapSnapshot() and the inspector, with each of their options, give the same
// findings, paths and signatures, so that signatures known from one are known in the other.
const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const path = require('node:path');
const { test } = require('node:test');
const { report, temporaryDirectory } = require('./support/snapshot-programs.js');

const WRITERS = path.join(__dirname, 'fixtures', 'snapshots', 'writers.js');
const OTHERS = ['v8-all', 'inspector', 'enabled', 'internals', 'numbers', 'no-global-roots', 'tracking'];

test('v8 and the inspector give the same path and signature for the same heap, whatever their options', (t) => {
  const directory = temporaryDirectory(t);
  const { status, stderr } = spawnSync(process.execPath, [WRITERS, directory], { encoding: 'utf8' });
  assert.strictEqual(status, 0, stderr);
  const fileOf = (name) => path.join(directory, `${name}.heapsnapshot`);

  const found = (name) =>
    report('analyze', fileOf(name))
      .findings.map(({ signature, path: { text } }) => `${signature} ${text}`)
      .sort();
  // Which of the many tickets is the example, and so which key it has, is chance.
  const ways = (name, target) =>
    report('paths', fileOf(name), target)
      .shapes.map(({ signature, path: { text } }) => `${signature} ${text.replace(/'key \d+'/, "'key'")}`)
      .sort();
  const expected = found('v8');
  assert.deepStrictEqual(
    expected.map((line) => line.slice(17)),
    expected.map((line) => line.slice(17)).filter((text) => /^(globalThis\.|require\.cache\[|module )/.test(text)),
  );
  for (const text of ['globalThis.app.sold → Map', 'globalThis.timer → _onTimeout() → context.emitter.byName[x]']) {
    assert.ok(
      expected.some((line) => line.endsWith(text)),
      expected.join('\n'),
    );
  }
  const tickets = ways('v8', 'Ticket');
  for (const name of OTHERS) {
    assert.deepStrictEqual(found(name), expected, name);
    assert.deepStrictEqual(ways(name, 'Ticket'), tickets, name);
  }
});
