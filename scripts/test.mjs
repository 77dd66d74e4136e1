// Runs the tests of the addon with the Node that runs this, through node:test. It builds
// nothing. Arguments choose among the test files by a part of their name.
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
const noLonger = major >= 20 ? [`--test-timeout=${FILE_MS}`] : [];

// Inherited output: the runner's own lines, the closing ones with the counts last.
const { status, signal, error } = spawnSync(process.execPath, ['--test', ...atATime, ...noLonger, ...files], {
  cwd: root,
  stdio: 'inherit',
});
if (error) throw error;
if (signal) console.error(`the test runner was ended by ${signal}`);
process.exit(status ?? 1);
