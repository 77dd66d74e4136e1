// Tries the Windows build in Wine, on node.exe of Node 18 to 26: scripts/wine/smoke.mjs on each, or test files of the
// suite that are named. It fetches Wine and the Node programs, and builds the addon and the binary. Wine is no Windows:
// what is seen here is that the files load and do what they should, and not how fast. The last line has the sums.
//
//   npm run test:wine                        the items of smoke.mjs, on all versions
//   npm run test:wine -- 20 26               on those
//   npm run test:wine -- 20 stats leak       test files with one of the parts in their names
//
// --built: with what was built before; --rerun: what fails is tried once more, alone, and reported as unsteady where it
// passes then; --record: keeps the results for the tables (docs/platform-runs.json). Its status is 39 where this machine
// cannot run Wine.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { buildFor } from './foreign/built.mjs';
import { keep, recorder } from './foreign/recorder.mjs';
import { closingLine, resultsOf, sumOf } from './foreign/runs.mjs';
import { unpackPackage } from './npm-package.mjs';
import { root } from './platforms.mjs';
import { runSuites, testFiles } from './suite.mjs';
import { PROGRAMS } from './symbols/programs.mjs';
import { endAll, inDrive, makeSystem, program, whyNot } from './wine/system.mjs';

const PLATFORM = 'win32-x64-msvc';
const { name: packageName, versions, program: inPackage } = PROGRAMS[PLATFORM];

/** In milliseconds, for all items of one version: 20 s on a machine with nothing else to do, 90 s beside ten others. */
const AT_MOST_MS = 300_000;

/** The status where this machine cannot run Wine: no test has failed. */
const NOT_HERE = 39;

/** What smoke.mjs prints a line for, and the one that is tried from here. */
const NEAR_LIMIT = 'near limit';
const ITEMS = [
  ...['stats', 'leak', 'heap diff', 'sampler', 'worker', 'inline snapshot', 'fork refused', 'analyze', 'binary'],
  ...['named pipe', 'dashboard', 'run', 'flight recorder', NEAR_LIMIT],
];
const SMOKE = path.join('scripts', 'wine', 'smoke.mjs');

const FLAGS = /** @type {const} */ (['built', 'rerun', 'record']);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: Object.fromEntries(FLAGS.map((name) => [name, { type: /** @type {const} */ ('boolean') }])),
});
const all = testFiles();
const majors = positionals.filter((word) => Object.hasOwn(versions, word));
const parts = positionals.filter((word) => !majors.includes(word));

/** Fetches what is missing of one program. @param {string} major */
function nodeExe(major) {
  const directory = path.join(root, '.cache', 'wine', 'nodes', versions[major]);
  const file = path.join(directory, 'node.exe');
  if (fs.existsSync(file)) return file;
  console.log(`fetching ${packageName}@${versions[major]}`);
  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-wine-'));
  try {
    unpackPackage(`${packageName}@${versions[major]}`, work, [inPackage]);
    fs.mkdirSync(directory, { recursive: true });
    fs.copyFileSync(path.join(work, 'package', inPackage), `${file}.new`);
    fs.renameSync(`${file}.new`, file);
  } finally {
    fs.rmSync(work, { recursive: true, force: true });
  }
  return file;
}

/** @param {string} node @param {string[]} words */
function run(node, words) {
  const { stdout, status, error } = spawnSync(node, words, {
    cwd: root,
    encoding: 'utf8',
    timeout: AT_MOST_MS,
    killSignal: 'SIGKILL',
  });
  if (error === undefined) return { output: stdout, status };
  // What it has started goes on, and would stand in the way of what comes next.
  endAll();
  return { output: `${stdout}\n${error.message}`, status };
}

/** Why a program whose heap is full has left no whole snapshot; null where it has. @param {string} node @param {string} directory */
function nearLimit(node, directory) {
  const { status, output } = run(node, ['--max-old-space-size=40', SMOKE, path.relative(root, directory), '--fill']);
  const file = fs.readdirSync(directory).find((name) => name.endsWith('-near-heap-limit.heapsnapshot'));
  if (status === 0 || file === undefined) return `it ended with ${status}: ${output}`;
  const { snapshot, nodes } = JSON.parse(fs.readFileSync(path.join(directory, file), 'utf8'));
  return nodes.length === snapshot.node_count * snapshot.meta.node_fields.length ? null : 'the snapshot is cut off';
}

/** All items on one Node: which are well. @param {string} node */
function smoke(node) {
  // In the checkout, which both systems see.
  const directory = fs.mkdtempSync(path.join(root, '.cache', 'wine', 'smoke-'));
  try {
    const { output } = run(node, [SMOKE, path.relative(root, directory)]);
    console.log(output.trimEnd());
    const lines = [...output.matchAll(/^(ok {4}|FAILED) {2}([a-z ]+): /gm)];
    const items = new Map(lines.map(([, how, name]) => [name, how !== 'FAILED']));
    const why = nearLimit(node, directory);
    console.log(why === null ? `ok      ${NEAR_LIMIT}` : `FAILED  ${NEAR_LIMIT}: ${why}`);
    return items.set(NEAR_LIMIT, why === null);
  } finally {
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/** @param {{ name: string, program: string }[]} nodes @param {string} how */
function smokeOnAll(nodes, how) {
  return nodes.map(({ name: node, program: file }) => {
    console.log(`\nNode.js ${node}, ${how}`);
    let items = smoke(file);
    const failed = ITEMS.filter((name) => !items.get(name));
    if (values.rerun && failed.length > 0) {
      console.log(`\n${failed.join(', ')} failed; once more:`);
      endAll();
      items = smoke(file);
      if (ITEMS.every((name) => items.get(name))) console.log(`UNSTEADY  ${node}  ${failed.join(', ')}`);
    }
    // One that printed no line is missing, and so has failed.
    const results = Object.fromEntries(
      ITEMS.map((name) => {
        const counts = /** @type {[number, number, number]} */ (items.get(name) ? [1, 0, 0] : [0, 1, 0]);
        return [name, { counts }];
      }),
    );
    const result = { platform: PLATFORM, node, kind: /** @type {const} */ ('smoke'), how, results };
    if (values.record) keep(result, ITEMS);
    return result;
  });
}

/** @param {{ name: string, program: string }[]} nodes @param {string} how @param {string[]} files */
async function filesOnAll(nodes, how, files) {
  const onRan = values.record ? recorder({ platform: PLATFORM, how, all }) : undefined;
  const { results } = await runSuites(nodes, files, { rerun: values.rerun, onRan });
  return nodes.map(({ name: node }) => resultsOf(results, { platform: PLATFORM, node, how }));
}

const files = parts.length > 0 ? testFiles(parts) : [];
if (parts.length > 0 && files.length === 0) {
  console.error(`memwatch: no test file: ${parts.join(' ')}`);
  process.exit(2);
}
const why = whyNot();
if (why !== undefined) {
  console.error(`memwatch: not run: ${why}`);
  process.exit(NOT_HERE);
}
if (!values.built) buildFor(PLATFORM);
const how = makeSystem().replace(/^wine-(\S+).*/, 'Wine $1');
const nodes = (majors.length > 0 ? majors : Object.keys(versions)).map((major) => ({
  name: versions[major],
  program: program(major, [inDrive(nodeExe(major))]),
}));

try {
  const runs = parts.length > 0 ? await filesOnAll(nodes, how, files) : smokeOnAll(nodes, how);
  console.log();
  for (const one of runs) console.log(closingLine(`wine-${one.node}`, one));
  const sum = (/** @type {'passed' | 'failed' | 'skipped'} */ key) =>
    runs.reduce((total, one) => total + sumOf(one)[key], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed, ${sum('skipped')} skipped`);
  if (sum('failed') > 0 || sum('passed') === 0) process.exitCode = 1;
} finally {
  endAll();
}
