// Runs the suite on each of the Node versions with one and the same addon file, and ends
// with a table. Arguments choose among the versions: 18 20 ...; `--rerun` is as for `npm test`, and
// `--native` leaves out what does not call V8. What does not depend on the
// version (words, pages, documents) and takes long is left to `npm test`.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fetchNodes } from './fetch-nodes.mjs';
import { NODE_VERSIONS, nodeProgram, root } from './node-versions.mjs';
import { runSuites, testFiles } from './suite.mjs';

const { platformName } = createRequire(import.meta.url)('../lib/platform.js');
/** Parts of the names of test files that are left out. */
const LEFT_OUT = [
  ...[
    'flight-recorder-damaged',
    'flight-recorder-race',
    'bundle',
    'cli',
    'container-limit',
    'dashboard',
    'declared',
    'documents',
  ],
  ...[
    'examples',
    'expect-no-leak',
    'format',
    'links',
    'options',
    'packages',
    'page',
    'printable',
    'quota-race',
    'rate',
  ],
  ...['redact', 'reports', 'run-', 'run.test', 'secrets', 'shared-directory', 'shown-outputs', 'snapshot-odd-files'],
  ...['suspect-source', 'threads-judge', 'top.test', 'types.test'],
];

/** With `--native`, these alone: what calls V8, reads its memory, forks, or is called by it. */
const NATIVE = [
  ...['core-', 'delivery', 'headers', 'heap-diff.test', 'heap-diff-ids', 'heap-diff-noise', 'leak.test', 'live-diff'],
  ...['module', 'native-errors', 'permission', 'reader-', 'reload', 'runtime-flags', 'sites-sampler', 'sites-teardown'],
  ...['snapshot-engine', 'snapshot-live.test', 'snapshot-live-copy', 'snapshot-live-end', 'stats', 'stream'],
  ...['attach', 'triggers.test', 'worker', 'wrong-calls'],
];
const isNative = process.argv.includes('--native');
const files = testFiles(isNative ? NATIVE : []).filter((file) => !LEFT_OUT.some((part) => file.includes(part)));

const addon = path.join(root, `memwatch.${platformName()}.node`);

/** The addon's digest: the proof that every version was given the same bytes. */
function digest() {
  return createHash('sha256').update(fs.readFileSync(addon)).digest('hex');
}

function row(cells) {
  return `| ${cells.map((cell, index) => String(cell).padEnd([9, 6, 6, 6, 8, 9][index])).join(' | ')} |`;
}

fetchNodes();
const sha256 = digest();
console.log(`addon  ${path.basename(addon)}  sha256 ${sha256}`);

const words = process.argv.slice(2);
const rerun = words.includes('--rerun');
const chosen = words.filter((word) => !word.startsWith('--'));
const versions = Object.entries(NODE_VERSIONS).filter(([major]) => chosen.length === 0 || chosen.includes(major));
const nodes = versions.map(([major, name]) => ({ name, program: nodeProgram(major) }));

const { passed, counts } = await runSuites(nodes, files, { rerun });
const same = digest() === sha256;
if (!same) console.log('the addon file was changed while the suite ran');

console.log(`\nsha256 ${sha256} on all`);
console.log(row(['Node', 'tests', 'pass', 'fail', 'skipped', 'result']));
console.log(row(['---', '---', '---', '---', '---', '---']));
for (const [name, { tests, pass, fail, skipped, failedFiles }] of counts) {
  console.log(row([name, tests, pass, fail, skipped, failedFiles === 0 ? 'passed' : 'FAILED']));
}
if (!passed || !same) process.exitCode = 1;
