// The snapshots that are measured: made by make-snapshot.js, kept in the repository's
// ignored cache until the script or Node changes. Knows the sizes; measures nothing.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const HERE = path.dirname(fileURLToPath(import.meta.url));
const SCRIPT = path.join(HERE, 'make-snapshot.js');

/** Everything that is made for this bench, outside of what is committed. */
export const CACHE = path.join(HERE, '../../.cache/bench');

/** In bytes, on Node 20: what Node itself fills and what a unit of the workload adds. */
const BARE = 4.1e6;
const PER_UNIT = 2514;

/** In MB, for V8: writing a snapshot takes about eight times the heap it is of. */
const HEAP_LIMIT = 12_000;

const LIST_ELEMENTS = 500_000;

/** Runs the script unless all files are there, each under its name only when whole. */
async function make(args, names) {
  const recipe = createHash('sha256').update(fs.readFileSync(SCRIPT)).update(process.version).update(args.join());
  const folder = path.join(CACHE, `${names[0]}-${recipe.digest('hex').slice(0, 8)}`);
  const files = (at) => names.map((name) => path.join(at, `${name}.heapsnapshot`));
  if (!fs.existsSync(folder)) {
    const unfinished = `${folder}.${process.pid}`;
    fs.mkdirSync(unfinished, { recursive: true });
    const flags = ['--expose-gc', `--max-old-space-size=${HEAP_LIMIT}`];
    await run(process.execPath, [...flags, SCRIPT, ...args, ...files(unfinished)]);
    try {
      fs.renameSync(unfinished, folder);
    } catch (error) {
      // Another run was faster; its files are the same.
      fs.rmSync(unfinished, { recursive: true });
      if (!fs.existsSync(folder)) throw error;
    }
  }
  return files(folder).map(describe);
}

/** Path, bytes, and what the file's first lines say of its nodes and edges. */
function describe(file) {
  const head = Buffer.alloc(4096);
  const descriptor = fs.openSync(file, 'r');
  fs.readSync(descriptor, head);
  fs.closeSync(descriptor);
  const count = (of) => Number(new RegExp(`"${of}_count":(\\d+)`).exec(head.toString('latin1'))[1]);
  return { file, bytes: fs.statSync(file).size, nodes: count('node'), edges: count('edge') };
}

function units(megabytes) {
  return Math.max(1, Math.round((megabytes * 1e6 - BARE) / PER_UNIT));
}

/** One snapshot of about so many megabytes (10^6 bytes). */
export async function mixed(megabytes) {
  return (await make(['mix', units(megabytes)], [`mix-${megabytes}`]))[0];
}

/** Two snapshots of one process, each of about so many megabytes. */
export function pair(megabytes) {
  return make(['mix', units(megabytes)], [`before-${megabytes}`, `after-${megabytes}`]);
}

/** A snapshot with a doubly linked list: one long path through the heap, and back. */
export async function list() {
  return (await make(['list', LIST_ELEMENTS], ['list']))[0];
}

/** Reads a file to its end, so that every tool finds it in the system's cache. */
export function warm(file) {
  const buffer = Buffer.alloc(1 << 22);
  const descriptor = fs.openSync(file, 'r');
  while (fs.readSync(descriptor, buffer) > 0);
  fs.closeSync(descriptor);
}
