// One comparison: the same files to both sides, then their tables side by side.
import { compareNodes, compareRows, totalDifferences } from './compare.mjs';
import { dumpTables } from './engine.mjs';
import { implausible } from './sanity.mjs';
import { readNodes, readRows } from './table-files.mjs';

/** For how many nodes of a difference DevTools is asked for details. */
const DESCRIBED = 8;

/**
 * Compares one snapshot file and, when `before` is given, the difference from it.
 * A side that fails is a difference too, never a skipped job.
 * @returns {Promise<object>} `name`, `nodes`, `classes`, `diff`, `complaints`, `differences`, `described`, `failure`
 */
export async function compareSnapshot({ name, file, before, out }, devtools, engine) {
  const theirs = `${out}.devtools`;
  const ours = `${out}.memwatch`;
  try {
    const reference = await devtools.run({ file, before, out: theirs });
    await dumpTables(engine, { file, before, out: ours });
    const tables = { nodes: readNodes(ours), classes: readRows(ours, 'classes') };
    const result = {
      name,
      nodes: compareNodes(readNodes(theirs), tables.nodes),
      classes: compareRows(readRows(theirs, 'classes'), tables.classes),
      diff: before ? compareRows(readRows(theirs, 'diff'), readRows(ours, 'diff')) : null,
      renamed: reference.renamed,
      complaints: [
        ...reference.complaints.map((text) => `DevTools: ${text}`),
        ...implausible(tables.nodes, tables.classes).map((text) => `memwatch: ${text}`),
      ],
    };
    result.differences = totalDifferences(result);
    if (result.differences > 0) result.described = await describe(devtools, file, result.nodes.first);
    return result;
  } catch (error) {
    return { name, failure: error.stderr || String(error.stack ?? error), differences: 1, complaints: [] };
  }
}

async function describe(devtools, file, first) {
  const ordinals = [...new Set(first.map(({ ordinal }) => ordinal))].filter((ordinal) => ordinal !== undefined);
  if (ordinals.length === 0) return [];
  return (await devtools.run({ file, describe: ordinals.slice(0, DESCRIBED) })).described;
}
