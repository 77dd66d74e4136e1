// Runs the suite on each of the Node versions with one and the same addon file, and ends
// with a table. Arguments choose among the versions: 18 20 ... What does not depend on the
// version (words, pages, documents) and takes long is left to `npm test`.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fetchNodes } from './fetch-nodes.mjs';
import { NODE_VERSIONS, nodeProgram, root } from './node-versions.mjs';

const { platformName } = createRequire(import.meta.url)('../lib/platform.js');
/** Parts of the names of test files that are left out. */
const LEFT_OUT = [
  ...['black-box-damaged', 'black-box-race', 'bundle', 'cli', 'container-limit', 'dashboard', 'declared', 'documents'],
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
const files = fs
  .readdirSync(path.join(root, '__test__'))
  .filter((name) => name.endsWith('.test.js') && !LEFT_OUT.some((part) => name.includes(part)))
  .map((name) => path.join('__test__', name));

const addon = path.join(root, `memwatch.${platformName()}.node`);

// The runner's closing lines, as its two reporters write them: "# pass 12", "ℹ pass 12".
const CLOSING = /^(?:#|ℹ) (tests|suites|pass|fail|cancelled|skipped|todo|duration_ms) ([\d.]+)$/;

/** The addon's digest: the proof that every version was given the same bytes. */
function digest() {
  return createHash('sha256').update(fs.readFileSync(addon)).digest('hex');
}

/** Runs the suite on one version: its exit status and all it printed. */
function runSuite(major) {
  const program = nodeProgram(major);
  const child = spawn(program, [path.join(root, 'scripts', 'test.mjs'), ...files], {
    cwd: root,
    // What a test starts by the name of node is this version too.
    env: { ...process.env, PATH: `${path.dirname(program)}${path.delimiter}${process.env.PATH}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ passed: status === 0, output }));
  });
}

/** The closing lines of a run, which are the last of their names. */
function closingLines(output) {
  const lines = output.split('\n').filter((line) => CLOSING.test(line));
  return lines.slice(lines.map((line) => CLOSING.exec(line)?.[1]).lastIndexOf('tests'));
}

function row(cells) {
  return `| ${cells.map((cell, index) => String(cell).padEnd([9, 6, 6, 6, 8, 9][index])).join(' | ')} |`;
}

fetchNodes();
const sha256 = digest();
console.log(`addon  ${path.basename(addon)}  sha256 ${sha256}`);

const chosen = process.argv.slice(2);
const majors = Object.keys(NODE_VERSIONS).filter((major) => chosen.length === 0 || chosen.includes(major));
const table = new Map();

async function follow(some) {
  for (const major of some) {
    const version = NODE_VERSIONS[major];
    const { passed, output } = await runSuite(major);
    const same = digest() === sha256;
    const closing = closingLines(output);
    const counts = Object.fromEntries(closing.map((line) => CLOSING.exec(line)?.slice(1) ?? []));
    const green = passed && same && Number(counts.tests) > 0 && Number(counts.fail) === 0;
    if (!green) console.log(output);
    if (!same) console.log('the addon file was changed while the suite ran');
    console.log(`\nNode ${version}  sha256 ${digest()}\n${closing.join('\n')}`);
    table.set(major, [version, counts.tests, counts.pass, counts.fail, counts.skipped, green ? 'passed' : 'FAILED']);
  }
}

// The runner of Node 18 leaves a processor free, which the others then take.
const isEighteen = (major) => major === '18';
await Promise.all([follow(majors.filter(isEighteen)), follow(majors.filter((major) => !isEighteen(major)))]);

console.log(`\nsha256 ${sha256} on all`);
console.log(row(['Node', 'tests', 'pass', 'fail', 'skipped', 'result']));
console.log(row(['---', '---', '---', '---', '---', '---']));
const rows = majors.map((major) => table.get(major));
for (const cells of rows) console.log(row(cells.map((cell) => cell ?? '?')));
if (rows.length === 0 || rows.some((cells) => cells[5] !== 'passed')) process.exit(1);
