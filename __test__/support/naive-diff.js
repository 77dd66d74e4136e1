'use strict';
// The heap diff once more, from two heap snapshots in V8's JSON form: the whole file in
// memory, a Map of all nodes, nothing clever. Only the tests use it, as the independent
// answer.

const fs = require('node:fs');

// What the result calls the nodes of a type; a type that is not here is in no bucket.
const BUCKETS = {
  array: () => 'Array',
  string: () => 'String',
  object: (node) => node.name,
  code: () => 'Code',
  closure: () => 'Closure',
  regexp: () => 'RegExp',
  number: () => 'Number',
  native: () => 'Native',
};

/** Reads a .heapsnapshot file: nodes by id, with those of the edges that leave them. */
function readSnapshot(file) {
  const { snapshot, nodes, edges, strings } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const { node_fields: nodeFields, node_types: nodeTypes, edge_fields: edgeFields } = snapshot.meta;
  const at = (field) => nodeFields.indexOf(field);
  const width = nodeFields.length;
  const all = [];
  for (let i = 0; i < nodes.length; i += width) {
    all.push({
      id: nodes[i + at('id')],
      type: nodeTypes[0][nodes[i + at('type')]],
      name: strings[nodes[i + at('name')]],
      size: nodes[i + at('self_size')],
      edgeCount: nodes[i + at('edge_count')],
      to: [],
    });
  }
  let edge = 0;
  for (const node of all) {
    for (let i = 0; i < node.edgeCount; i++, edge += edgeFields.length) {
      node.to.push(all[edges[edge + edgeFields.indexOf('to_node')] / width]);
    }
  }
  return { count: all.length, reached: reachable(all[0]) };
}

/** All nodes that can be reached from the first one, by id. */
function reachable(root) {
  const reached = new Map([[root.id, root]]);
  // A Map is walked in the order of insertion, so what is added here is walked too.
  for (const node of reached.values()) {
    for (const other of node.to) reached.set(other.id, other);
  }
  return reached;
}

/** The objects in one and not in the other, by bucket: { what: { size_bytes, '+', '-' } }. */
function naiveDiff(before, after) {
  const details = {};
  const count = (node, sign, direction) => {
    const what = BUCKETS[node.type]?.(node);
    if (what === undefined) return;
    const bucket = (details[what] ??= { size_bytes: 0, '+': 0, '-': 0 });
    bucket[sign] += 1;
    bucket.size_bytes += direction * node.size;
  };
  let [freed, allocated, size] = [0, 0, 0];
  for (const [id, node] of before.reached) {
    size -= node.size;
    if (after.reached.has(id)) continue;
    freed++;
    count(node, '-', -1);
  }
  for (const [id, node] of after.reached) {
    size += node.size;
    if (before.reached.has(id)) continue;
    allocated++;
    count(node, '+', 1);
  }
  return { size_bytes: size, freed_nodes: freed, allocated_nodes: allocated, details };
}

module.exports = { readSnapshot, naiveDiff };
