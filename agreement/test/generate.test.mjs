// That the generated snapshots are valid, repeatable, and worth comparing: for
// each of DevTools' rules, taking the rule out of DevTools must change some
// number of some generated snapshot. A rule that changes nothing is one that a
// comparison on these snapshots would not test.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { classRows, HeapSnapshot, nodeTables, openChunks } from '../lib/devtools-tables.mjs';
import { generate } from '../synthetic/generate.mjs';
import { LAYOUTS } from '../synthetic/snapshot-file.mjs';

/** Seeds that are looked at for a rule to show; each rule shows in well under half as many. */
const SEEDS = 400;

const { HeapSnapshot: Base, JSHeapSnapshot: Snapshot, JSHeapSnapshotNode: Node } = HeapSnapshot;

/** Replaces a method; returns what puts it back. */
function replace(owner, method, makeReplacement) {
  const inherited = !Object.hasOwn(owner, method);
  const original = owner[method];
  assert.equal(typeof original, 'function', `DevTools has no ${method} any more`);
  owner[method] = makeReplacement(original);
  return () => {
    if (inherited) delete owner[method];
    else owner[method] = original;
  };
}

const instead = (owner, method, replacement) => () => replace(owner, method, () => replacement);

/** Replaces a method only while another one runs. */
const during =
  (owner, outer, ...inner) =>
  () =>
    replace(
      owner,
      outer,
      (original) =>
        function (...parameters) {
          const putBack = replace(...inner);
          try {
            return original.apply(this, parameters);
          } finally {
            putBack();
          }
        },
    );

const shortcutsCount = () =>
  replace(
    Snapshot.prototype,
    'computeIsEssentialEdge',
    (original) =>
      function (nodeIndex, edgeIndex, flags) {
        return (
          original.call(this, nodeIndex, edgeIndex, flags) ||
          this.containmentEdges.getValue(edgeIndex + this.edgeTypeOffset) === this.edgeShortcutType
        );
      },
  );

const RULES = {
  'detached natives pass their state on and are renamed': instead(Snapshot.prototype, 'propagateDOMState', () => {}),
  'objects of the page are not retained by others': instead(Snapshot.prototype, 'markPageOwnedNodes', () => {}),
  'document trees are user roots': instead(Node.prototype, 'isDocumentDOMTreesRoot', () => false),
  'non-synthetic children of the root are user roots': instead(Node.prototype, 'isUserRoot', () => false),
  'a value in a WeakMap is retained by its key alone': during(
    Snapshot.prototype,
    'initEssentialEdges',
    Snapshot.prototype,
    'tryParseWeakMapEdgeName',
    () => () => undefined,
  ),
  'a value in a WeakMap is as far as the farther of key and table': during(
    Snapshot.prototype,
    'calculateDistances',
    Snapshot.prototype,
    'tryParseWeakMapEdgeName',
    () => () => undefined,
  ),
  'shortcuts retain only at the root': shortcutsCount,
  'hidden nodes and arrays give their size to their owner': instead(
    Snapshot.prototype,
    'calculateShallowSizes',
    () => {},
  ),
  'so do external strings': during(
    Snapshot.prototype,
    'calculateShallowSizes',
    Node.prototype,
    'isNative',
    () => () => false,
  ),
  'what only weak references reach hangs below the root with all it reaches': instead(
    Base,
    'hasOnlyWeakRetainers',
    () => false,
  ),
  'function maps of a native context lead nowhere': during(
    Snapshot.prototype,
    'calculateDistances',
    Node.prototype,
    'isHidden',
    () => () => false,
  ),
  'descriptor arrays lead to some of their entries only': during(
    Snapshot.prototype,
    'calculateDistances',
    Node.prototype,
    'isArray',
    () => () => false,
  ),
  'objects of one name from two places are two classes': instead(Snapshot.prototype, 'getLocation', () => null),
  'plain objects are distinguished by their properties': instead(
    Snapshot.prototype,
    'applyInterfaceDefinitions',
    () => {},
  ),
  'the most frequent of equally long shapes names an object': () =>
    replace(
      Snapshot.prototype,
      'inferInterfaceDefinitions',
      (original) =>
        function () {
          return original.call(this).reverse();
        },
    ),
  'odd property names are quoted': instead(Node, 'formatPropertyName', (name) => name),
  'nested objects of a class are retained once': () =>
    replace(
      Snapshot.prototype,
      'calculateClassesRetainedSize',
      () =>
        function (aggregates) {
          const node = this.createNode();
          for (const aggregate of aggregates.values()) {
            for (const index of aggregate.idxs) {
              node.nodeIndex = index;
              aggregate.maxRet += node.retainedSize();
            }
          }
        },
    ),
};

async function numbers(text) {
  const { snapshot } = await openChunks([text]);
  const { self, retained, dominator, distance } = nodeTables(snapshot);
  return JSON.stringify([[...self], [...retained], [...dominator], [...distance], classRows(snapshot)]);
}

function* texts() {
  for (let seed = 0; seed < SEEDS; seed++) {
    const { after, layout } = generate(seed);
    yield after.text(layout);
  }
}

for (const [rule, takeOut] of Object.entries(RULES)) {
  test(`some generated snapshot shows that ${rule}`, async () => {
    for (const text of texts()) {
      const withRule = await numbers(text);
      const putBack = takeOut();
      try {
        if ((await numbers(text)) !== withRule) return;
      } finally {
        putBack();
      }
    }
    assert.fail('no number depends on this rule');
  });
}

test('the same seed makes the same text, another seed another', () => {
  const text = (seed) => {
    const { before, after, layout } = generate(seed);
    return before.text(layout) + after.text(layout);
  };
  assert.equal(text(7), text(7));
  assert.notEqual(text(7), text(8));
});

test('what is generated is valid: JSON, ASCII, announced counts, edges and names in range, ids once', () => {
  for (const text of texts()) {
    assert.match(text, /^[\x00-\x7e]*$/);
    const { snapshot, nodes, edges, strings } = JSON.parse(text);
    const nodeField = (name) => column(nodes, snapshot.meta.node_fields, name);
    const edgeField = (name) => column(edges, snapshot.meta.edge_fields, name);
    const fields = snapshot.meta.node_fields.length;
    assert.equal(nodes.length, snapshot.node_count * fields);
    assert.equal(edges.length, snapshot.edge_count * snapshot.meta.edge_fields.length);
    assert.equal(
      nodeField('edge_count').reduce((sum, count) => sum + count, 0),
      snapshot.edge_count,
    );
    assert.ok(edgeField('to_node').every((to) => to % fields === 0 && to < nodes.length));
    assert.ok(nodeField('name').every((name) => name < strings.length));
    assert.equal(new Set(nodeField('id')).size, snapshot.node_count);
  }
});

function column(values, fields, name) {
  const offset = fields.indexOf(name);
  return values.filter((_, i) => i % fields.length === offset);
}

test('every layout of the format is generated', () => {
  const seen = new Set(Array.from({ length: 100 }, (_, seed) => generate(seed).layout));
  assert.equal(seen.size, Object.keys(LAYOUTS).length);
});
