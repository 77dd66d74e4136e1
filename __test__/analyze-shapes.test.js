'use strict';
// `analyze` on programs of which one shape of data keeps most of the heap: a string in a closure, a list of a million
// links, private fields, sparse arrays, what a Proxy, a bound function or a function that waits holds. Each is a finding,
// or the object that is named for retaining more than a quarter; none of them is reported as free of accumulation.
const assert = require('node:assert');
const { test } = require('node:test');
const { analyze } = require('..');
const { asModule, memwatch, snapshotsOf, unfolded } = require('./support/snapshot-programs.js');

// The path to each, as far as the release of V8 does not matter.
const SHAPES = {
  closureString: /__kept\[x\] → context\.text$/,
  arrayBuffer: /__kept\[x\]$/,
  linkedList: /__kept\[x\]\.head\.next … \(× 999,999\)$/,
  privateStatic: /#entries → Map$/,
  privateField: /#own\[x\]$/,
  sparseArray: /__kept\[x\]\.sparse\[x\]$/,
  // Places beyond 2³¹, which V8 of Node 26 writes as numbers below zero.
  sparseNumbers: /__kept\[x\]\.sparse(\[x\])?$/,
  weakRefs: /__kept\[x\]\.cache → Map$/,
  symbolKeys: /__kept\[x\]\.table\[x\]$/,
  proxyTarget: /__kept\[x\]\.proxy → \{target\}\.target\[x\]$/,
  proxyHandler: /__kept\[x\]\.proxy → \{cache\}\.cache\[x\]$/,
  generator: /__kept\[x\]\.waiting → \(local variable\)\[x\]$/,
  asyncFunction: /promise reaction → .* → \(local variable\)\[x\]$/,
  asyncFunctionUnreachable: /^Timeout → .* → promise reaction → .* → \(local variable\)\[x\]$/,
  asyncGenerator: /__kept\[x\]\.waiting → \(local variable\)\[x\]$/,
  boundArguments: /__kept\[x\] → \(bound argument\)\[x\]$/,
  tree: /__kept\[x\]\.tree\.\w+ … \(× \d+\)$/,
  bigint: /__kept\[x\]\.big$/,
  iterator: /__kept\[x\]\.iterator$/,
  stringKeys: /__kept\[x\]\.table(\[x\])?$/,
};

// Each as CommonJS and as an ES module of the same source.
for (const [shape, way] of Object.entries(SHAPES)) {
  test(`the object that retains most of the heap is named: ${shape}`, async (t) => {
    const source = 'snapshots/shapes.js';
    for (const program of [source, asModule(t, source)]) {
      const [file] = snapshotsOf(t, program, { operations: 0, args: [shape] });
      const { findings, dominating } = await analyze(file, { top: 100 });
      const said = [...findings, ...(dominating ? [dominating] : [])];
      const lines = said.map(
        (one) => `${'count' in one ? one.count : 1} × ${one.class} ${one.share}: ${one.path.text}`,
      );
      assert.ok(
        said.some((one) => way.test(one.path.text) && one.share > 0.2),
        `${program}: ${lines.join('\n') || 'nothing is said'}`,
      );
      assert.doesNotMatch(unfolded(memwatch('analyze', file).stdout), /nothing accumulates\.|No leak candidate/);
    }
  });
}

test('all objects of a tree are counted, and no subtree is listed again', async (t) => {
  const [file] = snapshotsOf(t, 'snapshots/shapes.js', { operations: 0, args: ['tree'] });
  const { findings, dominating } = await analyze(file);
  assert.deepStrictEqual([findings.length, findings[0].count, dominating], [1, 2 ** 19 - 2, null]);
});
