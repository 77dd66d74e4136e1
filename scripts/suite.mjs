// Runs test files under one or more Node.js programs, some at a time, and counts. Each file is a process of its own. It builds nothing, and chooses neither files nor programs.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from './node-versions.mjs';

/**
 * Files that measure what V8 or the system does beside the program: compiled code, resident memory. They run first, one
 * at a time, with nothing beside them. By a part of their names.
 */
const ALONE = ['heap-diff-life', 'heap-diff-noise', 'heap-diff-resident', 'reload'];

/** Files that take a minute and more: started first, so that none is left for the end alone. */
const LONGEST = [
  ...[
    'analyze-shapes',
    'detector.test',
    'page-states',
    'expect-no-leak',
    'triggers.test',
    'analyze-holders',
    'page-leak',
  ],
  ...['page.test', 'snapshot-live-faults', 'threads.test', 'sites.test'],
];

/** In milliseconds. A file that waits for what never comes is to fail with its name: some take two minutes when busy. */
const FILE_MS = 900_000;

/** In milliseconds. What a file has started is to end with it; what has not by then is ended. */
const LEFT_BEHIND_MS = 5000;

/** So many files may pass alone after they failed beside others; more are no chance of a busy machine. */
const MOST_UNSTEADY = 3;

// As Node.js chooses where it runs the files: one for a person, one for what reads the output of CI.
const REPORTER = process.stdout.isTTY ? 'spec' : 'tap';

// The closing lines of a file, as the two reporters write them.
const CLOSING = /^(?:#|ℹ) (tests|pass|fail|cancelled|skipped|todo) (\d+)$/gm;

const hasPart = (/** @type {string} */ file, /** @type {string[]} */ parts) =>
  parts.some((part) => file.includes(part));

/**
 * The test files of the addon whose names have one of the parts; all where there is none. Listed here, as the runner of
 * Node 18 knows no patterns.
 * @param {string[]} [parts]
 */
export const testFiles = (parts = []) => filesOf('__test__', '.test.js', parts);

/**
 * Likewise those of what stands between the measured processes of a bench and its tables; the ones that measure for a
 * minute themselves are left to who changes that bench.
 * @param {string[]} [parts]
 */
export const benchTestFiles = (parts = []) =>
  filesOf('bench', '.test.mjs', parts).filter((file) => path.basename(file) !== 'reader.test.mjs');

/** @param {string} folder @param {string} ending @param {string[]} parts */
const filesOf = (folder, ending, parts) =>
  fs
    .readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => path.join(folder, name))
    .filter((file) => parts.length === 0 || hasPart(file, parts))
    .sort();

/**
 * @typedef {object} Node
 * @property {string} name     as the lines show it
 * @property {string} program
 */

/**
 * @typedef {object} Ran  a file that has run
 * @property {Node} node
 * @property {string} file
 * @property {boolean} passed
 * @property {Record<string, number>} counts
 * @property {string} output
 */

/** Test files that run. @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();

/** Ends a test file and all that it has started. @param {import('node:child_process').ChildProcess} child */
function endGroup({ pid }) {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // All have ended.
  }
}

for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.once(signal, () => {
    running.forEach(endGroup);
    process.kill(process.pid, signal);
  });
}

/**
 * @param {Node} node
 * @param {string} file
 * @returns {Promise<Ran>}
 */
function runFile(node, file) {
  const since = performance.now();
  // Without the variable by which a runner that started this one would take the file for its own.
  const { NODE_TEST_CONTEXT, ...env } = process.env;
  const child = spawn(node.program, [`--test-reporter=${REPORTER}`, file], {
    cwd: root,
    // What a test starts by the name of node is this one too.
    env: { ...env, PATH: `${path.dirname(node.program)}${path.delimiter}${env.PATH}` },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what it has started can be ended with it.
    detached: true,
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      output += text;
    });
  }
  const guard = setTimeout(() => {
    output += `\nended after ${FILE_MS / 1000} s\n`;
    endGroup(child);
  }, FILE_MS);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    // What it has started may hold its output open for ever.
    /** @type {NodeJS.Timeout | undefined} */
    let late;
    child.on('exit', () => {
      late = setTimeout(() => endGroup(child), LEFT_BEHIND_MS);
    });
    child.on('close', (status) => {
      clearTimeout(guard);
      clearTimeout(late);
      running.delete(child);
      const counts = Object.fromEntries([...output.matchAll(CLOSING)].map(([, name, count]) => [name, Number(count)]));
      const passed = status === 0 && counts.tests > 0 && counts.fail === 0 && counts.cancelled === 0;
      const seconds = ((performance.now() - since) / 1000).toFixed(1);
      const line = [passed ? 'ok    ' : 'FAILED', `${seconds.padStart(6)} s`, node.name.padEnd(8), file];
      console.log(`${line.join('  ')}  ${counts.tests ?? 'no'} tests`);
      if (!passed) console.log(output);
      resolve({ node, file, passed, counts, output });
    });
  });
}

/**
 * Runs all in order, some at a time.
 * @param {[Node, string][]} queue
 * @param {number} atATime
 * @param {(ran: Ran) => void} onRan
 */
async function runAll(queue, atATime, onRan) {
  const left = queue.slice();
  /** @type {Ran[]} */
  const results = [];
  const follow = async () => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const ran = await runFile(...next);
      onRan(ran);
      results.push(ran);
    }
  };
  await Promise.all(Array.from({ length: atATime }, follow));
  return results;
}

/**
 * Runs each file under each program.
 * @param {Node[]} nodes
 * @param {string[]} files
 * @param {{ rerun?: boolean, onRan?: (ran: Ran) => void }} [options]  `onRan` is told of each file as it ends. `rerun`: what fails beside others is run once more, alone. Where it passes it is
 *   reported as unsteady and does not fail the run, up to a bound. What fails alone fails.
 * @returns {Promise<{ passed: boolean, counts: Map<string, Record<string, number>>, results: Ran[] }>} counts by the name of
 *   the program, and what became of each file
 */
export async function runSuites(nodes, files, { rerun = false, onRan = () => {} } = {}) {
  const pairs = (/** @type {string[]} */ some) =>
    some.flatMap((file) => nodes.map((node) => /** @type {[Node, string]} */ ([node, file])));
  const alone = files.filter((file) => hasPart(file, ALONE));
  const others = files.filter((file) => !hasPart(file, ALONE));
  const ordered = [
    ...others.filter((file) => hasPart(file, LONGEST)),
    ...others.filter((file) => !hasPart(file, LONGEST)),
  ];
  const results = await runAll(pairs(alone), 1, onRan);
  // One more than there are processors: the longest wait in real time for the most part.
  const beside = await runAll(pairs(ordered), os.availableParallelism() + 1, onRan);
  const failed = beside.filter(({ passed }) => !passed);
  results.push(...beside.filter(({ passed }) => passed));
  if (rerun && failed.length > 0 && failed.length <= MOST_UNSTEADY) {
    console.log(`\n${failed.length} failed beside others; once more, alone:`);
    const again = await runAll(
      failed.map(({ node, file }) => [node, file]),
      1,
      onRan,
    );
    results.push(...again);
    for (const { node, file } of again.filter(({ passed }) => passed)) {
      console.log(`UNSTEADY  ${node.name}  ${file}: failed beside others (above), passed alone`);
    }
  } else {
    results.push(...failed);
  }
  const counts = new Map();
  for (const { name } of nodes) {
    /** @type {Record<string, number>} */
    const sums = { tests: 0, pass: 0, fail: 0, cancelled: 0, skipped: 0, files: 0, failedFiles: 0 };
    for (const ran of results.filter(({ node }) => node.name === name)) {
      for (const key of Object.keys(ran.counts)) sums[key] = (sums[key] ?? 0) + ran.counts[key];
      sums.files++;
      sums.failedFiles += Number(!ran.passed);
    }
    counts.set(name, sums);
  }
  return { passed: results.length > 0 && results.every(({ passed }) => passed), counts, results };
}
