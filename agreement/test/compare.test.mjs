// That the harness sees a difference where there is one: each test plants one.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compareNodes, compareRows, totalDifferences } from '../lib/compare.mjs';

const nodes = () => ({
  self: Float64Array.of(0, 10, 20),
  retained: Float64Array.of(30, 30, 20),
  dominator: Uint32Array.of(0, 0, 1),
  distance: Int32Array.of(0, 1, -5),
});
const rows = () => [
  { key: ',A', name: 'A', count: 2, self: 30, maxRet: 30, distance: 1 },
  { key: '1,2,3,B', name: 'B', count: 1, self: 5, maxRet: 9, distance: 4 },
];

test('equal tables have no difference', () => {
  const comparison = { nodes: compareNodes(nodes(), nodes()), classes: compareRows(rows(), rows()), diff: null };
  assert.equal(totalDifferences(comparison), 0);
  assert.equal(comparison.nodes.nodes, 3);
  assert.equal(comparison.classes.rows, 2);
});

for (const column of ['self', 'retained', 'dominator', 'distance']) {
  test(`one wrong ${column} is one difference, told with both values`, () => {
    const wrong = nodes();
    wrong[column][1] += 1;
    const { counts, first } = compareNodes(nodes(), wrong);
    assert.equal(counts[column], 1);
    assert.equal(totalDifferences({ nodes: { counts }, classes: { differing: 0 } }), 1);
    assert.deepEqual(first, [{ column, ordinal: 1, expected: nodes()[column][1], actual: nodes()[column][1] + 1 }]);
  });
}

test('another number of nodes is a difference and not an accident', () => {
  const short = Object.fromEntries(Object.entries(nodes()).map(([column, values]) => [column, values.slice(1)]));
  assert.equal(compareNodes(nodes(), short).counts.nodes, 1);
});

for (const field of ['name', 'count', 'self', 'maxRet', 'distance']) {
  test(`a class that differs in ${field} alone differs`, () => {
    const wrong = rows();
    wrong[1][field] = 'other';
    const { differing, first } = compareRows(rows(), wrong);
    assert.equal(differing, 1);
    assert.deepEqual(first[0].fields, [field]);
  });
}

test('a class that one side lacks differs, whichever side it is', () => {
  assert.equal(compareRows(rows(), rows().slice(1)).differing, 1);
  assert.equal(compareRows(rows().slice(1), rows()).differing, 1);
});

test('a class that is there twice differs even if both rows are right', () => {
  assert.equal(compareRows(rows(), [...rows(), rows()[0]]).differing, 1);
});

test('all differences are counted though few are kept', () => {
  const many = (count, value) => ({
    self: new Float64Array(count).fill(value),
    retained: new Float64Array(count),
    dominator: new Uint32Array(count),
    distance: new Int32Array(count),
  });
  const { counts, first } = compareNodes(many(1000, 1), many(1000, 2));
  assert.equal(counts.self, 1000);
  assert.ok(first.length < 10);
});
