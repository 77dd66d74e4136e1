// The child process in which DevTools runs, so that one snapshot's memory is
// gone before the next and a crash of DevTools is one failed job, not the run.
// Reads one JSON job per line from standard input, answers each with one line:
//   { file, out, before? }  →  { nodes, renamed, complaints } | { error }
//   { file, describe: [ordinals] }  →  { described }
import { createInterface } from 'node:readline';

import { classRows, describeNode, diffRows, nodeTables, openInDevtools } from './devtools-tables.mjs';
import { implausible } from './sanity.mjs';
import { writeNodes, writeRows } from './table-files.mjs';

async function run(job) {
  const { snapshot, renamed } = await openInDevtools(job.file);
  if (job.describe) return { described: job.describe.map((ordinal) => describeNode(snapshot, ordinal)) };

  const nodes = nodeTables(snapshot);
  const classes = classRows(snapshot);
  writeNodes(job.out, nodes);
  writeRows(job.out, 'classes', classes);
  if (job.before) {
    const before = await openInDevtools(job.before);
    writeRows(job.out, 'diff', diffRows(before.snapshot, snapshot));
  }
  return {
    nodes: snapshot.nodeCount,
    renamed,
    complaints: implausible(nodes, classes, snapshot.rootNodeIndex / snapshot.nodeFieldCount),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    answer = await run(JSON.parse(line));
  } catch (error) {
    answer = { error: String(error?.stack ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
