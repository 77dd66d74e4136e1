// Runs one case in a process of its own and hands back what that process says. Knows when a run ends; judges nothing.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { GROWTH_LIMITS } from './judge.mjs';

const CHILD = path.join(path.dirname(fileURLToPath(import.meta.url)), 'child.js');

/** V8's heap limit, in MB: Node's own on a machine with 16 GB and more, so that a small one measures the same. */
const HEAP_LIMIT_MB = 4096;

/** No run of a leak takes longer, in seconds; one that was not found until then is not found. */
const LEAK_SECONDS = { full: 180, middle: 180, calm: 300 };

/** Beyond the growth in which a leak is to be found, so that the table says how far the late ones were. */
const GRACE = 1.1;

/** A process that does nothing more, in milliseconds: its last collection and its exit. */
const ENDING_MS = 120_000;

/**
 * @param {object} one       a case of the catalogue
 * @param {string} detector  'both', 'trend' or 'consecutive'
 * @param {object} how
 * @param {string} how.packages          the folder its packages are installed in
 * @param {number} how.seconds           of a program that does not leak, at least
 * @param {number} [how.leakSeconds]     of a leak, at most
 * @param {string} [how.recording]       a file for what goes into the detector
 * @param {boolean} [how.stopWhenFound]  by default, where the program leaks
 */
export async function runCase(one, detector, { packages, seconds, leakSeconds, recording, stopWhenFound }) {
  const { program, variant, rate, bytes, measure, kind } = one;
  const task = { program, variant, packages, rate, bytes, measure, detector };
  const base = await child({ ...task, end: 'set-up' }, ENDING_MS);
  const end = endOf(one, { seconds, leakSeconds });
  const ending = { stopWhenFound: stopWhenFound ?? (kind === 'leak' && one.followed === undefined) };
  const limitMs = end.seconds * 1000 + ENDING_MS;
  const run = await child({ ...task, end, base: base[measure], ...ending, recording }, limitMs);
  return { ...run, base };
}

/** null is no limit. `heap` is of a base, `reading` of what is used with garbage, `growth` from the set-up on. */
function endOf({ kind, pace, followed, seconds: own = 0 }, { seconds, leakSeconds }) {
  if (kind !== 'leak') return { seconds: Math.max(own, seconds) };
  if (followed !== undefined) return { seconds: followed };
  const end = { seconds: leakSeconds ?? LEAK_SECONDS[pace], heap: null, reading: null, growth: null };
  if (pace !== 'full') return { ...end, growth: GROWTH_LIMITS[pace] * GRACE };
  const limit = HEAP_LIMIT_MB * 2 ** 20;
  return { ...end, heap: (limit / 4) * GRACE, reading: limit / 2 };
}

/** One process; rejects with what it wrote on standard error when it fails. */
async function child(task, limitMs) {
  const flags = [`--max-old-space-size=${HEAP_LIMIT_MB}`];
  const stdio = /** @type {import('node:child_process').StdioOptions} */ (['ignore', 'ignore', 'pipe', 'pipe']);
  const started = spawn(process.execPath, [...flags, CHILD, JSON.stringify(task)], { stdio });
  const deadline = setTimeout(() => started.kill('SIGKILL'), limitMs);
  const [errors, answer] = [2, 3].map((descriptor) => {
    const pieces = [];
    started.stdio[descriptor].on('data', (piece) => pieces.push(piece));
    return pieces;
  });
  const [code, signal] = await once(started, 'close');
  clearTimeout(deadline);
  if (code === 0 && answer.length > 0) return JSON.parse(Buffer.concat(answer).toString());
  const last = Buffer.concat(errors).toString().trim().split('\n').slice(-12).join('\n');
  throw new Error(`${task.program} (${task.variant}) ended with ${code ?? signal}\n${last}`);
}
