// Makes real snapshots: each fixture in a process of its own, on each Node.
import { execFile } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

import { AGREEMENT, NODES } from './paths.mjs';

const run = promisify(execFile);

/** A fixture that is not done by then hangs; the slowest takes seconds. */
const FIXTURE_LIMIT_MS = 300_000;

/** Name, file, and flags for Node. */
export const FIXTURES = [
  { kind: 'bare', file: 'bare.cjs' },
  { kind: 'workload', file: 'workload.mjs' },
  { kind: 'server', file: 'server.cjs' },
  { kind: 'realms', file: 'realms.cjs' },
  { kind: 'list', file: 'list.cjs' },
  { kind: 'tracked', file: 'tracked.cjs' },
  { kind: 'internals', file: 'internals.cjs' },
];

/**
 * The Node programs to use: those named (paths, separated like PATH), or those
 * that were fetched into `.cache/nodes/<major>/bin/node`.
 * @returns {Promise<{node: string, version: string}[]>} oldest first
 */
export async function findNodes(named) {
  const paths = named ? named.split(path.delimiter).filter(Boolean) : fetchedNodes();
  const nodes = await Promise.all(
    paths.map(async (node) => ({ node, version: (await run(node, ['--version'])).stdout.trim() })),
  );
  return nodes.sort((a, b) => major(a.version) - major(b.version));
}

function fetchedNodes() {
  if (!existsSync(NODES)) return [];
  return readdirSync(NODES)
    .map((name) => path.join(NODES, name, 'bin', 'node'))
    .filter((node) => existsSync(node));
}

function major(version) {
  return Number(/^v(\d+)/.exec(version)?.[1] ?? 0);
}

/** Writes the two snapshots of one fixture; throws with the fixture's own output when it fails. */
export async function makeSnapshots(node, fixture, before, after) {
  await run(node, [path.join(AGREEMENT, 'fixtures', fixture.file), before, after], {
    timeout: FIXTURE_LIMIT_MS,
    killSignal: 'SIGKILL',
  });
}
