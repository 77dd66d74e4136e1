// Makes heap graphs, from a seed, in which DevTools' rarely used rules decide
// the numbers: real snapshots of Node seldom have a page, detached elements,
// pairs of weak maps in every order, cliques that nothing reaches.
// The graphs are valid files, not plausible programs.
import {
  ARRAY_NAMES,
  HIDDEN_NAMES,
  INTERNAL_NAMES,
  NATIVE_NAMES,
  OBJECT_NAMES,
  OTHER_NAMES,
  PROPERTY_NAMES,
  SHORTCUT_NAMES,
} from './names.mjs';
import { Random } from './random.mjs';
import { Graph, LAYOUTS, NODE_TYPES } from './snapshot-file.mjs';

// DevTools keeps a self size in 32 bits and moves the sizes of hidden nodes and
// arrays to their owners: all of these together plus one big owner must fit.
const LARGEST_OWNED = 2 ** 16;
const LARGEST_OWNER = 2 ** 31;

/**
 * Two snapshots of one imaginary process, and the layout to write them in.
 * @returns {{before: Graph, after: Graph, layout: object}}
 */
export function generate(seed) {
  const random = new Random(seed);
  const layout = random.pick(Object.values(LAYOUTS));
  const traits = pickTraits(random);
  const before = makeGraph(random, traits, null);
  const after = makeGraph(random, traits, before);
  return { before, after, layout };
}

/** How strongly a snapshot has each trait: one that has everything at once would show nothing. */
function pickTraits(random) {
  const sometimes = (probability, most) => (random.chance(probability) ? (random.below(1000) / 1000) * most : 0);
  return {
    nodes: random.pick([
      random.between(1, 8),
      random.between(2, 12),
      random.between(12, 60),
      random.between(60, 400),
      random.between(400, 3000),
    ]),
    edgesPerNode: random.pick([0.3, 1, 1.5, 2.5, 4]),
    unreached: sometimes(0.6, 0.5), // share of nodes without an edge from an earlier one
    weak: sometimes(0.7, 0.5),
    shortcut: sometimes(0.5, 0.3),
    selfEdge: sometimes(0.5, 0.1),
    native: sometimes(0.6, 0.5),
    owned: sometimes(0.8, 0.6), // hidden nodes and arrays
    plain: sometimes(0.6, 0.8), // plain objects with a shape
    located: sometimes(0.5, 0.6),
    detachedness: sometimes(0.6, 0.5),
    pairs: sometimes(0.6, 0.3), // WeakMap pairs per node
    descriptors: sometimes(0.5, 0.4),
    links: sometimes(0.4, 0.8), // doubly linked runs
    globals: random.pick([0, 1, 1, 2, 3]),
    documents: random.chance(0.3),
    rootOddities: random.chance(0.4),
    shapes: Array.from({ length: random.between(1, 8) }, () =>
      Array.from({ length: random.between(0, 5) }, () => random.pick(PROPERTY_NAMES)),
    ),
  };
}

function makeGraph(random, traits, earlier) {
  const graph = new Graph();
  const root = graph.add('synthetic', '', 1);
  const makeNode = nodeMaker(random, traits, graph, earlier);
  const systemRoots = ['(GC roots)', '(Stack roots)', ...(traits.documents ? ['(Document DOM trees)'] : [])].map(
    (name, i) => graph.add('synthetic', name, 3 + 2 * i),
  );
  const nodes = Array.from({ length: traits.nodes }, makeNode);

  systemRoots.forEach((node, i) => graph.connect(root, 'element', i + 1, node));
  connectAll(random, traits, graph, systemRoots, nodes);
  for (let i = 0; i < traits.globals; i++) graph.connect(root, 'shortcut', `global ${i}`, random.pick(nodes));
  if (traits.rootOddities) addRootOddities(random, graph, root, systemRoots, nodes);
  makeRoomForRepetitions(graph, root);
  if (random.chance(0.5)) graph.nodes.forEach((node) => random.shuffle(node.edges));
  return graph;
}

function nodeMaker(random, traits, graph, earlier) {
  // Ids are unique and in no order; odd ones are V8's, even ones the embedder's.
  const firstFree = 1 + Math.max(100, ...(earlier?.nodes ?? []).map((node) => node.id));
  const freeIds = random.shuffle(Array.from({ length: traits.nodes }, (_, i) => firstFree + i));
  const survivors = random.shuffle((earlier?.nodes ?? []).filter((node) => node.type !== 'synthetic'));
  return () => {
    const survivor = random.chance(0.7) ? survivors.pop() : undefined;
    if (survivor) {
      const name = random.chance(0.1) ? random.pick(OBJECT_NAMES) : survivor.name;
      // What takes no memory never begins to: an id of such a node says nothing of which numbering it is.
      const size = survivor.selfSize !== 0 && random.chance(0.1) ? random.below(500) : survivor.selfSize;
      const node = graph.add(survivor.type, name, survivor.id, size, survivor.detachedness);
      node.location = survivor.location;
      return node;
    }
    return freshNode(random, traits, graph, freeIds.pop());
  };
}

function freshNode(random, traits, graph, id) {
  const type = pickType(random, traits);
  const mayBeOwned = type === 'hidden' || type === 'array' || type === 'native';
  const name = random.chance(traits.descriptors) && type === 'array' ? '(map descriptors)' : random.pick(namesOf(type));
  const largest = mayBeOwned ? LARGEST_OWNED : random.chance(0.02) ? LARGEST_OWNER : 2 ** random.between(1, 12);
  const size = random.chance(0.15) ? 0 : random.below(largest);
  const knowsState = random.chance(traits.detachedness) && (type === 'native' || random.chance(0.1));
  const node = graph.add(type, name, id, size, knowsState ? random.between(1, 2) : 0);
  if (random.chance(traits.located) && (type === 'object' || type === 'closure' || random.chance(0.1))) {
    node.location = { script_id: random.between(0, 2), line: random.below(3), column: random.below(2) };
  }
  return node;
}

function pickType(random, traits) {
  if (random.chance(traits.plain)) return 'object';
  if (random.chance(traits.native)) return 'native';
  if (random.chance(traits.owned)) return random.pick(['hidden', 'array']);
  return random.pick(NODE_TYPES);
}

function namesOf(type) {
  switch (type) {
    case 'object':
      return OBJECT_NAMES;
    case 'native':
      return NATIVE_NAMES;
    case 'hidden':
      return HIDDEN_NAMES;
    case 'array':
      return ARRAY_NAMES;
    default:
      return OTHER_NAMES;
  }
}

function connectAll(random, traits, graph, systemRoots, nodes) {
  const connect = (from, to) => addEdge(random, traits, graph, from, to);
  // A parent among the earlier nodes makes most of the graph reachable.
  nodes.forEach((node, i) => {
    if (random.chance(traits.unreached)) return;
    connect(i === 0 || random.chance(0.1) ? random.pick(systemRoots) : nodes[random.below(i)], node);
  });
  const edges = Math.floor(nodes.length * traits.edgesPerNode);
  for (let i = 0; i < edges; i++) connect(random.pick(nodes), random.pick(nodes));
  for (const node of nodes) if (random.chance(traits.selfEdge)) connect(node, node);
  for (let i = 1; i < nodes.length; i++) {
    if (!random.chance(traits.links)) continue;
    graph.connect(nodes[i - 1], 'property', 'next', nodes[i]);
    graph.connect(nodes[i], 'property', 'previous', nodes[i - 1]);
  }
  for (const node of nodes) {
    if (node.type === 'object' && node.name === 'Object') addShape(random, traits, graph, node, nodes);
  }
  const pairs = Math.ceil(nodes.length * traits.pairs);
  for (let i = 0; i < pairs; i++) addPair(random, graph, nodes);
}

function addEdge(random, traits, graph, from, to) {
  if (random.chance(traits.weak)) return graph.connect(from, 'weak', random.pick(INTERNAL_NAMES), to);
  if (random.chance(traits.shortcut)) return graph.connect(from, 'shortcut', random.pick(SHORTCUT_NAMES), to);
  switch (random.below(5)) {
    case 0:
      return graph.connect(from, 'element', random.below(12), to);
    case 1:
      return graph.connect(from, 'hidden', random.below(12), to);
    case 2:
      return graph.connect(from, 'internal', random.pick(INTERNAL_NAMES), to);
    case 3:
      return graph.connect(from, 'context', random.pick(PROPERTY_NAMES), to);
    default:
      return graph.connect(from, 'property', random.pick(PROPERTY_NAMES), to);
  }
}

/** Gives a plain object the properties of a shape: in order, in another order, with more, with fewer. */
function addShape(random, traits, graph, node, nodes) {
  const properties = [...random.pick(traits.shapes)];
  if (random.chance(0.2)) random.shuffle(properties);
  if (random.chance(0.2)) properties.push(random.pick(PROPERTY_NAMES));
  if (random.chance(0.1)) properties.pop();
  for (const name of properties) graph.connect(node, 'property', name, random.pick(nodes));
}

/**
 * A pair in a WeakMap: V8 writes an edge to the value from the table and one
 * from the key, with names that differ in the leading number alone.
 */
function addPair(random, graph, nodes) {
  const [table, key, value] = [random.pick(nodes), random.pick(nodes), random.pick(nodes)];
  const named = random.chance(0.15) ? random.pick(nodes) : table;
  const part =
    ` / part of key (${key.name} @${key.id}) -> value (${random.chance(0.1) ? awkwardText(random) : value.name} @${value.id})` +
    ` pair in WeakMap (table @${named.id})`;
  const suffix = random.chance(0.05) ? ' ' : '';
  const prefix = () => (random.chance(0.05) ? random.pick(['', 'x', '-1', ' 1']) : String(random.between(1, 20)));
  const type = random.chance(0.1) ? random.pick(['property', 'context', 'shortcut', 'weak']) : 'internal';
  const fromTable = () => graph.connect(table, type, prefix() + part + suffix, value);
  const fromKey = () => graph.connect(key, type, prefix() + part + suffix, value);
  const edges = random.shuffle([fromTable, fromKey]);
  if (random.chance(0.1)) edges.pop();
  if (random.chance(0.1)) edges.push(random.pick([fromTable, fromKey]));
  edges.forEach((add) => add());
}

/** What the text of a string may contain, since the name of a pair quotes it. */
function awkwardText(random) {
  return random.pick([
    'a\nb',
    'a\rb',
    'a\u2028b',
    'a\u2029b',
    'a\u0085b',
    'a\ud800b',
    ') -> value (x @1',
    ' @1) pair in WeakMap (table @1)',
    '@',
    'x @3) -> value (y @5) pair in WeakMap (table @7)',
  ]);
}

/** Edges of the root that V8 writes seldom or never, and that are valid all the same. */
function addRootOddities(random, graph, root, systemRoots, nodes) {
  const oddities = [
    () => graph.connect(root, 'weak', 'weak global', random.pick(nodes)),
    () => graph.connect(root, 'shortcut', 'system', random.pick(systemRoots)),
    () => graph.connect(root, 'element', 90, random.pick(nodes)),
    () => graph.connect(root, 'internal', 'inside', random.pick(nodes)),
    () => graph.connect(root, 'property', 'self', root),
    () => graph.connect(random.pick(nodes), 'property', 'root', root),
    () => graph.connect(random.pick(systemRoots), 'property', 'root', root),
    () => nameTwice(random, graph, root),
  ];
  const count = random.between(1, 4);
  for (let i = 0; i < count; i++) random.pick(oddities)();
}

/** Repeats an edge of the root, so that a user root is queued twice. */
function nameTwice(random, graph, root) {
  const edge = random.pick(root.edges);
  graph.connect(root, edge.type, edge.name, edge.to);
}

/**
 * DevTools queues a user root as often as the root names it, in an array with a
 * place per node, and gives up when that overflows. Nodes that nothing refers
 * to are never queued, so each leaves its place to a repetition.
 */
function makeRoomForRepetitions(graph, root) {
  const repetitions = root.edges.length - new Set(root.edges.map((edge) => edge.to)).size;
  for (let i = 0; i < repetitions; i++) {
    const id = 2 + Math.max(...graph.nodes.map((node) => node.id));
    graph.add('synthetic', '(nobody refers to this)', id);
  }
}
