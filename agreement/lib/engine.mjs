// Runs our side: the engine's example program that writes its tables to files.
import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

import { REPOSITORY } from './paths.mjs';

const run = promisify(execFile);

const PROGRAM = 'dump_tables';

/** A snapshot of the sizes used here takes less than a second; beyond this it hangs. */
const ENGINE_LIMIT_MS = 120_000;

/**
 * Path of the program: the one named, or the one that cargo builds now, so that
 * what is compared is the source at hand and not an older build.
 */
export async function enginePath(named) {
  if (named) return named;
  const { stdout } = await run(
    'cargo',
    ['build', '--release', '--example', PROGRAM, '--package', 'memwatch-snapshot', '--message-format', 'json'],
    { cwd: REPOSITORY, maxBuffer: 1 << 26 },
  );
  const built = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .find((message) => message.reason === 'compiler-artifact' && message.target.name === PROGRAM && message.executable);
  if (!built) throw new Error(`cargo built no ${PROGRAM}`);
  return path.resolve(built.executable);
}

/** Writes `out`.nodes, `out`.classes and, when `before` is given, `out`.diff. */
export async function dumpTables(engine, { file, out, before }) {
  await run(engine, before ? [file, out, before] : [file, out], { timeout: ENGINE_LIMIT_MS, killSignal: 'SIGKILL' });
}
