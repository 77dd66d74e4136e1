// That impossible tables are recognised, and that DevTools' are possible.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { classRows, nodeTables, openChunks } from '../lib/devtools-tables.mjs';
import { implausible } from '../lib/sanity.mjs';
import { Graph, LAYOUTS } from '../synthetic/snapshot-file.mjs';

function smallGraph() {
  const graph = new Graph();
  const root = graph.add('synthetic', '', 1);
  const roots = graph.add('synthetic', '(GC roots)', 3);
  const global = graph.add('object', 'Window', 5, 100);
  const list = graph.add('object', 'List', 7, 50);
  const elements = graph.add('array', '(object elements)', 9, 400);
  const item = graph.add('object', 'Item', 11, 7);
  graph.connect(root, 'element', 1, roots);
  graph.connect(root, 'shortcut', 'global', global);
  graph.connect(roots, 'element', 0, global);
  graph.connect(global, 'property', 'list', list);
  graph.connect(list, 'internal', 'elements', elements);
  graph.connect(elements, 'element', 0, item);
  graph.connect(item, 'property', 'owner', list);
  return graph;
}

async function tables() {
  const { snapshot } = await openChunks([smallGraph().text(LAYOUTS.lean)]);
  const { self, retained, dominator, distance } = nodeTables(snapshot);
  return { nodes: { self, retained, dominator, distance }, classes: classRows(snapshot) };
}

test('of a graph small enough to work out by hand, DevTools says what we worked out', async () => {
  const { nodes, classes } = await tables();
  // The list owns its elements, so it carries their 400 bytes.
  assert.deepEqual([...nodes.self], [0, 0, 100, 450, 0, 7]);
  assert.deepEqual([...nodes.retained], [557, 0, 557, 457, 7, 7]);
  assert.deepEqual([...nodes.dominator], [0, 0, 0, 2, 3, 4]);
  assert.deepEqual([...nodes.distance], [100_000_000, 100_000_001, 1, 2, 3, 4]);
  assert.deepEqual(
    classes.map(({ key, count, self, maxRet, distance }) => [key, count, self, maxRet, distance]),
    [
      [',Window', 1, 100, 557, 1],
      [',List', 1, 450, 457, 2],
      [',Item', 1, 7, 7, 4],
    ],
  );
  assert.deepEqual(implausible(nodes, classes), []);
});

const IMPOSSIBLE = {
  'a root that does not retain everything': ({ nodes }) => (nodes.retained[0] -= 1),
  'a root that something dominates': ({ nodes }) => (nodes.dominator[0] = 2),
  'a node that dominates itself': ({ nodes }) => (nodes.dominator[3] = 3),
  'a dominator that does not exist': ({ nodes }) => (nodes.dominator[3] = 99),
  'a node that retains less than it dominates': ({ nodes }) => (nodes.retained[3] = 10),
  'classes that hold less than the nodes': ({ classes }) => (classes[0].self -= 1),
  'classes with too few objects': ({ classes }) => (classes[1].count -= 1),
  'a class that retains less than it holds': ({ classes }) => (classes[1].maxRet = 449),
  'a class that retains more than there is': ({ classes }) => (classes[1].maxRet = 558),
};

for (const [what, plant] of Object.entries(IMPOSSIBLE)) {
  test(`${what} is impossible`, async () => {
    const planted = await tables();
    plant(planted);
    assert.notDeepEqual(implausible(planted.nodes, planted.classes), []);
  });
}
