// Whether a set of tables can be true at all, whoever made it: a reference that
// is itself broken would agree with nothing, or, worse, with everything.

/**
 * Checks what holds for every snapshot: the root keeps everything, a dominator
 * keeps at least what the node it dominates keeps plus itself, the classes add
 * up to the nodes.
 * @returns {string[]} complaints, empty when all is well
 */
export function implausible(nodes, classes, rootOrdinal = 0) {
  const complaints = [];
  const complain = (text) => complaints.length < 10 && complaints.push(text);
  const count = nodes.self.length;
  const kept = new Float64Array(nodes.self);
  let total = 0;
  let nonZero = 0;
  for (let ordinal = 0; ordinal < count; ordinal++) {
    total += nodes.self[ordinal];
    if (nodes.self[ordinal] !== 0) nonZero++;
    const dominator = nodes.dominator[ordinal];
    if (ordinal === rootOrdinal) {
      if (dominator !== rootOrdinal) complain(`root: dominated by ${dominator}`);
      continue;
    }
    if (dominator >= count || dominator === ordinal) {
      complain(`node ${ordinal}: dominator ${dominator}`);
      continue;
    }
    kept[dominator] += nodes.retained[ordinal];
  }
  if (nodes.retained[rootOrdinal] !== total) {
    complain(`root retains ${nodes.retained[rootOrdinal]} bytes of ${total}`);
  }
  for (let ordinal = 0; ordinal < count; ordinal++) {
    if (kept[ordinal] !== nodes.retained[ordinal]) {
      complain(
        `node ${ordinal}: retains ${nodes.retained[ordinal]} bytes, what it dominates adds up to ${kept[ordinal]}`,
      );
    }
  }
  const sum = (field) => classes.reduce((soFar, row) => soFar + row[field], 0);
  if (sum('self') !== total) complain(`classes hold ${sum('self')} bytes of ${total}`);
  if (sum('count') !== nonZero) complain(`classes hold ${sum('count')} of ${nonZero} nodes with a size`);
  for (const row of classes) {
    if (row.maxRet < row.self || row.maxRet > total) {
      complain(`class ${row.key}: retains ${row.maxRet} bytes, holds ${row.self}, all is ${total}`);
    }
  }
  return complaints;
}
