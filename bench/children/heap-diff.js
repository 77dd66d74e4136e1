'use strict';
// One heap diff, or what stands in for one, over a heap of many small objects.
//
//   node --expose-gc heap-diff.js <variant> <objects> <bare addon>

const { loadOurs, loadPeer, peakRss, report, startClocks } = require('../lib/child.js');

/** Objects that come between the two snapshots, so that there is something to find. */
const NEW_OBJECTS = 10_000;

const [variant, objects, bareAddon] = process.argv.slice(2);
const bare = require(bareAddon);

let nodes = null;
/** @type {{ allocated_nodes: number } | null} */
let change = null;

function takeBare() {
  nodes = bare.take();
}

function takeAndDropBare() {
  nodes = bare.take();
  bare.drop();
}

function begin(HeapDiff) {
  const diff = new HeapDiff();
  return () => {
    ({ change } = diff.end());
  };
}

/** Each gives its first step, which gives the second one. Modules are loaded before. */
const variants = {
  'bare, both kept': () => () => {
    takeBare();
    return takeBare;
  },
  'bare, each deleted': () => () => {
    takeAndDropBare();
    return takeAndDropBare;
  },
  memwatch() {
    const { HeapDiff } = loadOurs();
    return () => begin(HeapDiff);
  },
  '@airbnb/node-memwatch'() {
    const { HeapDiff } = loadPeer('@airbnb/node-memwatch');
    return () => begin(HeapDiff);
  },
};

/**
 * A small object and a small object in it: two nodes each, and no text. The first
 * number keeps the objects apart; strings would measure how V8 hashes their text
 * (Node 18 needs minutes for a million of them).
 */
function small(i) {
  return { i, o: { i } };
}

const heap = [];
for (let i = 0; i < Number(objects); i++) heap.push(small(i));
const takeFirst = variants[variant]();
globalThis.gc();

const readFirst = startClocks();
const takeSecond = takeFirst();
const first = readFirst();
const firstPeakRss = peakRss();

for (let i = 0; i < NEW_OBJECTS; i++) heap.push(small(i));

const readSecond = startClocks();
takeSecond();
const second = readSecond();

report({
  nodes,
  allocated: change?.allocated_nodes ?? null,
  first,
  second,
  firstPeakRss,
  peakRss: peakRss(),
  objects: heap.length,
});
process.exit(0);
