// Builds memwatch for Linux on arm64 and tries it under an emulator: scripts/foreign/smoke.mjs on each Node, and the
// binary on a file that it wrote. The suite is not run so: a program under the emulator cannot start another one.
//
//   npm run test:arm64                     glibc, all versions
//   npm run test:arm64 -- musl 22 24       musl, those
//
// --built: with what was built before; --record: keeps the results for the tables (docs/platform-runs.json).
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { buildFor } from './foreign/built.mjs';
import { emulated, emulatedNode, fetchEmulated, versionsOf } from './foreign/emulated.mjs';
import { keep } from './foreign/recorder.mjs';
import { closingLine } from './foreign/runs.mjs';
import { binaryName, root } from './platforms.mjs';

/** In milliseconds. Under the emulator a minute's work is done in ten. */
const AT_MOST_MS = 600_000;

/** What the whole of it is: the items of smoke.mjs, and the two that are tried from here. */
const NEAR_LIMIT = 'near limit';
const BINARY = 'binary';
const ITEMS = [
  ...['stats', 'leak', 'heap diff', 'worker', 'forked snapshot', 'inline snapshot', 'analyze', 'signal'],
  ...[NEAR_LIMIT, BINARY],
];

const SMOKE = path.join('scripts', 'foreign', 'smoke.mjs');

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { built: { type: 'boolean' }, record: { type: 'boolean' } },
});
const libc = positionals.includes('musl') ? 'musl' : 'gnu';
const platform = /** @type {const} */ (`linux-arm64-${libc}`);
const versions = versionsOf(platform);
const majors = positionals.filter((word) => word !== libc);
const unknown = majors.find((major) => !Object.hasOwn(versions, major));
if (unknown !== undefined) {
  console.error(`no Node.js ${unknown}: there are ${Object.keys(versions).join(', ')} for ${platform}`);
  process.exit(2);
}
const tried = majors.length > 0 ? majors : Object.keys(versions);

/**
 * Runs a command to its end, for a while at most.
 * @param {string[]} command
 * @returns {Promise<{ status: number | null, signal: string | null, output: string }>}
 */
function run([program, ...words]) {
  const child = spawn(program, words, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const guard = setTimeout(() => {
    output += `\nended after ${AT_MOST_MS / 1000} s\n`;
    child.kill('SIGKILL');
  }, AT_MOST_MS);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => {
      clearTimeout(guard);
      resolve({ status, signal, output });
    });
  });
}

/** What the items of smoke.mjs said, by name. @param {string} output */
function itemsOf(output) {
  const lines = output.matchAll(/^(ok {4}|FAILED) {2}([a-z ]+): /gm);
  return new Map([...lines].map(([, how, name]) => [name, how !== 'FAILED']));
}

/** A program whose heap is full has left a whole snapshot. @param {string[]} node @param {string} directory */
async function nearLimit(node, directory) {
  const { status, output } = await run([...node, '--max-old-space-size=40', SMOKE, directory, '--fill']);
  const file = fs.readdirSync(directory).find((name) => name.endsWith('-near-heap-limit.heapsnapshot'));
  if (status === 0 || file === undefined) return output;
  const { snapshot, nodes } = JSON.parse(fs.readFileSync(path.join(directory, file), 'utf8'));
  return nodes.length === snapshot.node_count * snapshot.meta.node_fields.length ? null : 'the snapshot is cut off';
}

/** The binary finds in a file what the addon has found. @param {string} directory */
async function binary(directory) {
  const program = emulated(platform, path.join(root, binaryName(platform)));
  const { status, output } = await run([...program, 'analyze', path.join(directory, 'inline.heapsnapshot')]);
  return status === 0 && output.includes('× Kept') ? null : output;
}

/** All items on one Node: whether each is well. @param {string} major */
async function smoke(major) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-smoke-'));
  try {
    const node = emulatedNode(platform, major);
    const { output } = await run([...node, SMOKE, directory]);
    console.log(output.trimEnd());
    const items = itemsOf(output);
    for (const [name, what] of /** @type {const} */ ([
      [NEAR_LIMIT, await nearLimit(node, directory)],
      [BINARY, await binary(directory)],
    ])) {
      console.log(what === null ? `ok      ${name}` : `FAILED  ${name}: ${what}`);
      items.set(name, what === null);
    }
    return items;
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

if (!values.built) buildFor(platform);
const how = fetchEmulated(platform, tried);
/** @type {string[]} */
const closing = [];
for (const major of tried) {
  const node = versions[major];
  console.log(`\n${platform}, Node.js ${node}, ${how}`);
  const items = await smoke(major);
  // One that printed no line is missing, and so has failed.
  const results = Object.fromEntries(
    ITEMS.map((name) => {
      const counts = /** @type {[number, number, number]} */ (items.get(name) ? [1, 0, 0] : [0, 1, 0]);
      return [name, { counts }];
    }),
  );
  if (!ITEMS.every((name) => items.get(name))) process.exitCode = 1;
  const result = { platform, node, kind: /** @type {const} */ ('smoke'), how, results };
  if (values.record) keep(result, ITEMS);
  closing.push(closingLine(`arm64-${libc}-${node}`, result));
}
console.log(`\n${closing.join('\n')}`);
