// What Chrome DevTools computes for a snapshot file, as plain tables.
// Every number here is read out of DevTools' own objects; nothing is computed
// in this file. It needs no browser and starts no second thread: the part that
// DevTools gives to a second worker runs in this one, over a message channel.
import { createReadStream } from 'node:fs';

import { devtoolsBundle } from './devtools-bundle.mjs';

// Node 20 lacks it, DevTools' loader uses it.
Promise.withResolvers ??= function withResolvers() {
  let resolve;
  let reject;
  const promise = new this((...settle) => ([resolve, reject] = settle));
  return { promise, resolve, reject };
};

// DevTools reports unreachable nodes as warnings. They are common in Node's
// snapshots and no error of ours.
console.warn = () => {};

/** DevTools' own modules, for tests that take a rule out of them. */
export const { HeapSnapshot, HeapSnapshotLoader } = await import(await devtoolsBundle());

/** Opens a snapshot file the way DevTools does, see `openChunks`. */
export function openInDevtools(file) {
  // V8 writes pure ASCII; other writers of the format may use UTF-8.
  return openChunks(createReadStream(file, { encoding: 'utf8', highWaterMark: 1 << 20 }));
}

/**
 * Opens a snapshot that arrives in pieces of text.
 *
 * `renamed` is the number of class names that had to be unified, see below.
 * @returns {Promise<{snapshot: object, renamed: number}>}
 */
export async function openChunks(chunks) {
  const loader = new HeapSnapshotLoader.HeapSnapshotLoader({ sendEvent() {} });
  for await (const chunk of chunks) loader.write(chunk);
  loader.close();
  const channel = new MessageChannel();
  try {
    new HeapSnapshot.SecondaryInitManager(channel.port2);
    const snapshot = await loader.buildSnapshot(channel.port1);
    return { snapshot, renamed: unifyClassNames(snapshot) };
  } finally {
    channel.port1.close();
  }
}

/**
 * DevTools tells classes apart by the place of their name in the string table,
 * then shows them by name. When two places hold the same name (`RegExp` of a
 * regular expression, and of an object whose prototype is `RegExp.prototype`)
 * the later one overwrites the earlier one and its objects vanish from the
 * table. We want a class per name, so all of its nodes get the first place
 * before DevTools adds up.
 */
function unifyClassNames(snapshot) {
  const placeOfName = new Map();
  const secondPlaces = new Map();
  const node = snapshot.createNode(0);
  for (let ordinal = 0; ordinal < snapshot.nodeCount; ordinal++) {
    node.nodeIndex = ordinal * snapshot.nodeFieldCount;
    const place = node.classIndex();
    const name = snapshot.strings[place];
    const first = placeOfName.get(name);
    if (first === undefined) {
      placeOfName.set(name, place);
    } else if (first !== place) {
      secondPlaces.set(place, first);
    }
  }
  if (secondPlaces.size === 0) return 0;
  for (let ordinal = 0; ordinal < snapshot.nodeCount; ordinal++) {
    node.nodeIndex = ordinal * snapshot.nodeFieldCount;
    const first = secondPlaces.get(node.classIndex());
    if (first !== undefined) node.setClassIndex(first);
  }
  return secondPlaces.size;
}

/**
 * Per node ordinal: self size in bytes (after DevTools moved the sizes of
 * internal arrays to their owners), retained size in bytes, ordinal of the
 * immediate dominator, distance.
 */
export function nodeTables(snapshot) {
  const self = new Float64Array(snapshot.nodeCount);
  const node = snapshot.createNode(0);
  for (let ordinal = 0; ordinal < snapshot.nodeCount; ordinal++) {
    node.nodeIndex = ordinal * snapshot.nodeFieldCount;
    self[ordinal] = node.selfSize();
  }
  return {
    self,
    retained: snapshot.retainedSizes,
    dominator: snapshot.dominatorsTree,
    distance: snapshot.nodeDistances,
  };
}

/** One row per class of DevTools' summary; sizes in bytes. */
export function classRows(snapshot) {
  return Object.entries(snapshot.aggregatesWithFilter({})).map(([key, aggregate]) => ({
    key: printable(key),
    name: printable(aggregate.name),
    count: aggregate.count,
    self: aggregate.self,
    maxRet: aggregate.maxRet,
    distance: aggregate.distance,
  }));
}

/** One row per class that differs in DevTools' comparison of two snapshots; sizes in bytes. */
export function diffRows(before, after) {
  const base = before.aggregatesForDiff(after.interfaceDefinitions());
  // DevTools remembers diffs by the number it gave to the base snapshot; ours are used once.
  const byClass = after.calculateSnapshotDiff(0, base);
  return Object.entries(byClass).map(([key, diff]) => ({
    key: printable(key),
    addedCount: diff.addedCount,
    removedCount: diff.removedCount,
    addedSize: diff.addedSize,
    removedSize: diff.removedSize,
  }));
}

// Half of a surrogate pair, which JavaScript allows in a string, has no form in
// UTF-8: whoever prints it replaces it by U+FFFD, and so do we.
function printable(text) {
  return text.toWellFormed();
}

/** What a reader may want to see beside a difference. */
export function describeNode(snapshot, ordinal) {
  const node = snapshot.createNode(ordinal * snapshot.nodeFieldCount);
  const retainers = [];
  for (let iterator = node.retainers(); iterator.hasNext() && retainers.length < 10; iterator.next()) {
    const edge = iterator.item();
    retainers.push(`${edge.type()} ${edge.name()} from ${edge.node().ordinal()} ${edge.node().name().slice(0, 60)}`);
  }
  return {
    ordinal,
    id: node.id(),
    type: node.type(),
    name: node.rawName().slice(0, 120),
    class: node.className(),
    retainers,
  };
}
