// Runs the tests of the addon with the Node that runs this, through node:test. It builds
// nothing. Arguments choose among the test files by a part of their name. A file that fails
// is run once more by itself, and says so.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const tests = path.join(root, '__test__');
const wanted = process.argv.slice(2);

// Listed here: the runner of Node 18 knows no patterns.
function testFiles(directory) {
  return fs
    .readdirSync(directory, { withFileTypes: true })
    .flatMap((entry) => {
      const file = path.join(directory, entry.name);
      if (entry.isDirectory()) return testFiles(file);
      return entry.name.endsWith('.test.js') ? [file] : [];
    })
    .sort();
}

const files = testFiles(tests)
  .map((file) => path.relative(root, file))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)));
if (files.length === 0) {
  console.error(`no test file has ${wanted.join(' or ')} in its name`);
  process.exit(1);
}

// Node 18 does not know the option, and runs one file less at a time than there are processors.
const [major] = process.versions.node.split('.').map(Number);
const atATime = major >= 20 ? [`--test-concurrency=${os.availableParallelism()}`] : [];

// A file that waits for what never comes is to fail with its name: some take two minutes on a busy machine.
const FILE_MS = 900_000;
/** More files than this that fail at once have a reason. */
const MOST_BY_CHANCE = 3;
const noLonger = major >= 20 ? [`--test-timeout=${FILE_MS}`] : [];

const reports = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-tests-'));

/** Runs test files: whether all passed, and the tests that did not. */
function run(files, options) {
  const report = path.join(reports, 'failed');
  // The lines that people read on the standard output, and ours in a file.
  const reporter = [
    '--test-reporter=spec',
    '--test-reporter-destination=stdout',
    `--test-reporter=${path.join(root, 'scripts', 'failed-tests.mjs')}`,
    `--test-reporter-destination=${report}`,
  ];
  // Inherited output: the runner's own lines, the closing ones with the counts last.
  const { status, signal, error } = spawnSync(
    process.execPath,
    ['--test', ...options, ...noLonger, ...reporter, ...files],
    { cwd: root, stdio: 'inherit' },
  );
  if (error) throw error;
  if (signal) console.error(`the test runner was ended by ${signal}`);
  const lines = fs.existsSync(report) ? fs.readFileSync(report, 'utf8').split('\n').filter(Boolean) : [];
  return { passed: status === 0, failed: lines.map((line) => JSON.parse(line)) };
}

/**
 * The files to be tried once more, alone: many tests watch real programs by the clock, and a
 * machine that does something else meanwhile may delay one. None where it cannot be chance:
 * something crashed, too much failed, or it is not known what.
 */
function toBeTriedAlone({ failed }) {
  const some = [...new Set(failed.map(({ file }) => path.resolve(root, file ?? '')))];
  const isKnown = some.every((file) => files.includes(path.relative(root, file)));
  const isChance = isKnown && some.length <= MOST_BY_CHANCE && !failed.some(({ crashed }) => crashed);
  return isChance ? some : [];
}

let outcome = run(files, atATime);
const again = outcome.passed ? [] : toBeTriedAlone(outcome);
if (again.length > 0) {
  for (const { name } of outcome.failed) console.log(`failed beside others, tried once more alone: ${name}`);
  outcome = run(again, major >= 20 ? ['--test-concurrency=1'] : []);
}
fs.rmSync(reports, { recursive: true, force: true });
process.exit(outcome.passed ? 0 : 1);
