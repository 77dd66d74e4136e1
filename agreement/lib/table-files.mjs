// The files in which both sides hand over their tables, so that the same code
// reads DevTools' numbers and ours. It knows the layout and no meaning.
//
//   OUT.nodes    24 bytes per node ordinal, little endian:
//                u64 self size, u64 retained size, u32 dominator ordinal, i32 distance
//   OUT.classes  one JSON object per line: key, name, count, self, maxRet, distance
//   OUT.diff     one JSON object per line: key, addedCount, removedCount, addedSize, removedSize
//
// Sizes are bytes.
import { readFileSync, writeFileSync } from 'node:fs';

const RECORD_BYTES = 24;

export function writeNodes(out, { self, retained, dominator, distance }) {
  const view = new DataView(new ArrayBuffer(self.length * RECORD_BYTES));
  for (let ordinal = 0, at = 0; ordinal < self.length; ordinal++, at += RECORD_BYTES) {
    view.setBigUint64(at, BigInt(self[ordinal]), true);
    view.setBigUint64(at + 8, BigInt(retained[ordinal]), true);
    view.setUint32(at + 16, dominator[ordinal], true);
    view.setInt32(at + 20, distance[ordinal], true);
  }
  writeFileSync(`${out}.nodes`, view);
}

/** @returns columns of plain numbers; throws on a file that is no whole number of records. */
export function readNodes(out) {
  const bytes = readFileSync(`${out}.nodes`);
  if (bytes.length % RECORD_BYTES !== 0) {
    throw new Error(`${out}.nodes: ${bytes.length} bytes is not a multiple of ${RECORD_BYTES}`);
  }
  const count = bytes.length / RECORD_BYTES;
  const nodes = {
    self: new Float64Array(count),
    retained: new Float64Array(count),
    dominator: new Uint32Array(count),
    distance: new Int32Array(count),
  };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let ordinal = 0, at = 0; ordinal < count; ordinal++, at += RECORD_BYTES) {
    nodes.self[ordinal] = readSize(view, at);
    nodes.retained[ordinal] = readSize(view, at + 8);
    nodes.dominator[ordinal] = view.getUint32(at + 16, true);
    nodes.distance[ordinal] = view.getInt32(at + 20, true);
  }
  return nodes;
}

// A size beyond 2^53 bytes cannot be told from its neighbour in a double, and
// cannot be true either.
function readSize(view, at) {
  const size = Number(view.getBigUint64(at, true));
  if (size > Number.MAX_SAFE_INTEGER) throw new Error(`impossible size ${size} at byte ${at}`);
  return size;
}

/** `table` is `classes` or `diff`. */
export function writeRows(out, table, rows) {
  writeFileSync(`${out}.${table}`, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
}

export function readRows(out, table) {
  return readFileSync(`${out}.${table}`, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
