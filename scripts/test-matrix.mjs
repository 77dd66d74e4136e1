// Runs the suite on each of the Node versions with one and the same addon file, and ends
// with a table. Arguments choose among the versions: 18 20 ...; `--rerun` and `--record` are as for `npm test`, and
// `--essential` and `--native` leave out what does not call V8. What does not depend on the
// version (words, pages, documents) and takes long is left to `npm test`.
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fetchNodes } from './fetch-nodes.mjs';
import { recorder } from './foreign/recorder.mjs';
import { system } from './foreign/runs.mjs';
import { NODE_VERSIONS, nodeProgram, root } from './node-versions.mjs';
import { runSuites, testFiles } from './suite.mjs';
import { essentialFiles, nativeFiles, versionFiles } from './test-files.mjs';

const { platformName } = createRequire(import.meta.url)('../lib/platform.js');

const words = process.argv.slice(2);
const files = filesOf();

/** Those of a list, or all that may depend on the version. */
function filesOf() {
  if (words.includes('--essential')) return essentialFiles();
  return words.includes('--native') ? nativeFiles() : versionFiles();
}

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

const rerun = words.includes('--rerun');
const chosen = words.filter((word) => !word.startsWith('--'));
const versions = Object.entries(NODE_VERSIONS).filter(([major]) => chosen.length === 0 || chosen.includes(major));
const nodes = versions.map(([major, name]) => ({ name, program: nodeProgram(major) }));

const here = { platform: platformName(), how: system(), all: testFiles() };
const onRan = words.includes('--record') ? recorder(here) : undefined;
const { passed, counts } = await runSuites(nodes, files, { rerun, onRan });
const same = digest() === sha256;
if (!same) console.log('the addon file was changed while the suite ran');

console.log(`\nsha256 ${sha256} on all`);
console.log(row(['Node', 'tests', 'pass', 'fail', 'skipped', 'result']));
console.log(row(['---', '---', '---', '---', '---', '---']));
for (const [name, { tests, pass, fail, skipped, failedFiles }] of counts) {
  console.log(row([name, tests, pass, fail, skipped, failedFiles === 0 ? 'passed' : 'FAILED']));
}
if (!passed || !same) process.exitCode = 1;
