// Runs the tests of the addon, and of the benches, with the Node that runs this. It builds nothing. Arguments choose among the test files by
// a part of their name; `--rerun` runs what failed beside other files once more, alone; `--record` keeps the results for
// the tables of docs/platforms.md.
import { createRequire } from 'node:module';
import { recorder } from './foreign/recorder.mjs';
import { system } from './foreign/runs.mjs';
import { benchTestFiles, runSuites, testFiles } from './suite.mjs';

const { platformName } = createRequire(import.meta.url)('../lib/platform.js');

const words = process.argv.slice(2);
const rerun = words.includes('--rerun');
const parts = words.filter((word) => !['--rerun', '--record'].includes(word));
const isRecorded = words.includes('--record');
// What is recorded says how memwatch is on a platform.
const files = [...testFiles(parts), ...(isRecorded ? [] : benchTestFiles(parts))];
if (files.length === 0) {
  console.error(`no test file has ${parts.join(' or ')} in its name`);
  process.exit(1);
}

const name = process.versions.node;
const here = { platform: platformName(), how: system(), all: testFiles() };
const onRan = isRecorded ? recorder(here) : undefined;
const { passed, counts } = await runSuites([{ name, program: process.execPath }], files, { rerun, onRan });
console.log();
for (const key of ['files', 'tests', 'pass', 'fail', 'cancelled', 'skipped'])
  console.log(`# ${key} ${counts.get(name)?.[key]}`);
process.exitCode = passed ? 0 : 1;
