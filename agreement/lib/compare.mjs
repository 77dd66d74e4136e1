// Finds every difference between two sets of tables. It prints nothing and
// decides nothing: equal means equal to the last byte, there is no tolerance.

/** How many differences of a kind are kept with their details; all are counted. */
const KEPT = 5;

const NODE_COLUMNS = ['self', 'retained', 'dominator', 'distance'];

/**
 * Compares per node. `expected` is DevTools', `actual` ours.
 * @returns {{nodes: number, counts: Record<string, number>, first: object[]}}
 */
export function compareNodes(expected, actual) {
  const counts = Object.fromEntries(NODE_COLUMNS.map((column) => [column, 0]));
  const first = [];
  const nodes = expected.self.length;
  if (actual.self.length !== nodes) {
    return {
      nodes,
      counts: { ...counts, nodes: 1 },
      first: [{ column: 'nodes', expected: nodes, actual: actual.self.length }],
    };
  }
  for (const column of NODE_COLUMNS) {
    const theirs = expected[column];
    const ours = actual[column];
    for (let ordinal = 0; ordinal < nodes; ordinal++) {
      if (theirs[ordinal] === ours[ordinal]) continue;
      if (counts[column]++ < KEPT) {
        first.push({ column, ordinal, expected: theirs[ordinal], actual: ours[ordinal] });
      }
    }
  }
  return { nodes, counts, first };
}

/**
 * Compares rows that are identified by `key`; every other field of the expected
 * row must be equal. A key that one side has twice is a difference.
 * @returns {{rows: number, differing: number, first: object[]}}
 */
export function compareRows(expected, actual) {
  const theirs = byKey(expected);
  const ours = byKey(actual);
  let differing = 0;
  const first = [];
  const note = (difference) => {
    if (differing++ < KEPT) first.push(difference);
  };
  for (const key of new Set([...theirs.keys(), ...ours.keys()])) {
    const wanted = theirs.get(key) ?? [];
    const got = ours.get(key) ?? [];
    if (wanted.length !== 1 || got.length !== 1) {
      note({ key, expected: wanted, actual: got });
      continue;
    }
    const fields = Object.keys(wanted[0]).filter((field) => wanted[0][field] !== got[0][field]);
    if (fields.length > 0) note({ key, fields, expected: wanted[0], actual: got[0] });
  }
  return { rows: theirs.size, differing, first };
}

function byKey(rows) {
  const map = new Map();
  for (const row of rows) {
    const same = map.get(row.key);
    if (same) same.push(row);
    else map.set(row.key, [row]);
  }
  return map;
}

/** Number of differences of any kind. */
export function totalDifferences(comparison) {
  return (
    Object.values(comparison.nodes.counts).reduce((sum, count) => sum + count, 0) +
    comparison.classes.differing +
    (comparison.diff?.differing ?? 0)
  );
}
