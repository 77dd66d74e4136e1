// What sampling native allocations costs, and how right it is: the table of what it must reach, on each Node that is given
// (Node 22 and 26 of `.cache/nodes` by default). Ratios are of CPU time, on against off, phase by phase in one process. What
// is measured is in children/native.js.
//
//   node bench/native.mjs [--node=FILE]... [--pairs=30] [--starts=5] [--only=ratio|start|leak|rows]
import { execFile } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { nodeProgram } from '../scripts/node-versions.mjs';
import { describeMachine, load, numberOption } from './lib/command.mjs';
import { median, pairedRatios, summary } from './lib/stats.mjs';
import { ratioWithInterval, table } from './lib/table.mjs';

const program = path.join(path.dirname(fileURLToPath(import.meta.url)), 'children/native.js');
const given = (name) =>
  process.argv.filter((argument) => argument.startsWith(`--${name}=`)).map((argument) => argument.split('=')[1]);

const [only] = given('only');
const pairs = numberOption('pairs', 30);
const starts = numberOption('starts', 5);
const nodes =
  given('node').length > 0 ? given('node') : ['22', '26'].map(nodeProgram).filter((one) => fs.existsSync(one));
if (nodes.length === 0) nodes.push(process.execPath);

const MIB = 2 ** 20;
const mib = (bytes) => `${(bytes / MIB).toFixed(1)}`;

/** What is wanted of a ratio. */
const WANTED = { http: 1.02, json: 1.03, zlib: 1.03, x509: 1.03, buffers: 1.03 };

/** What a measurement says; null where its process ended badly. */
async function measure(node, args) {
  const command = ['--expose-gc', '--no-warnings', program, ...args.map(String)];
  try {
    const { stdout } = await promisify(execFile)(node, command, { timeout: 300_000 });
    return JSON.parse(stdout);
  } catch (error) {
    console.log(
      `${path.basename(path.dirname(path.dirname(node)))} ${args.join(' ')}: ${error.message.split('\n').slice(0, 4).join(' ')}`,
    );
    return null;
  }
}

async function ratios(node) {
  const rows = [];
  for (const name of Object.keys(WANTED)) {
    const found = await measure(node, ['ratio', name, pairs]);
    if (found === null) continue;
    const of = (kind) => found.results.map((one) => one[kind]);
    const quick = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 10)];
    const compared = summary(pairedRatios(of('on'), of('off')));
    const best = quick(of('on')) / quick(of('off'));
    rows.push([
      name,
      ratioWithInterval(compared),
      best.toFixed(3),
      ratioWithInterval(summary(pairedRatios(of('first'), of('off')))),
      `≤ ${WANTED[name]}`,
      found.samples,
      `${mib(found.meanBytes)} MiB`,
    ]);
  }
  console.log(
    table(
      ['load', 'CPU on / off (95 %)', 'fastest tenths', 'first 0.3 s', 'wanted', 'samples since the start', 'mean'],
      rows,
    ),
  );
}

async function switching(node) {
  const [all, plain] = [[], []];
  for (let index = 0; index < starts; index++) {
    const [found, without] = [await measure(node, ['start']), await measure(node, ['start', 'plain'])];
    if (found === null || without === null) continue;
    all.push(found);
    plain.push(without);
  }
  if (all.length === 0) return;
  const of = (name) => all.map((one) => one[name]);
  const row = (name, values, wanted) => [name, median(values).toFixed(1), Math.max(...values).toFixed(1), wanted];
  console.log(
    table(
      ['switching on, a program with TypeScript loaded', 'median', 'most', 'wanted'],
      [
        row('pause, ms', of('startMs'), '≤ 100'),
        // Of a busy machine the time says how long others ran meanwhile. The kernel counts CPU time to a tick of some ms.
        row('of it CPU, ms', of('startCpuMs'), ''),
        row(
          'pause without the names of JavaScript, ms',
          plain.map(({ startMs }) => startMs),
          '',
        ),
        row('stop, ms', of('stopMs'), ''),
        row(
          'resident after a second, MiB more',
          of('bytes').map((bytes) => bytes / MIB),
          '≤ 8',
        ),
      ],
    ),
  );
}

async function leaks(node) {
  const { leaks: names } = await measure(node, ['names']);
  const rows = [];
  for (const name of names) {
    const found = await measure(node, ['leak', name]);
    if (found === null) {
      rows.push([name, 'not here']);
      continue;
    }
    const ratio = found.bytes / found.truth;
    const allowed = 3 / Math.sqrt(Math.max(1, found.live));
    rows.push([
      name,
      mib(found.truth),
      ratio.toFixed(2),
      `± ${allowed.toFixed(2)}`,
      Math.abs(ratio - 1) <= allowed ? 'yes' : 'NO',
      `${found.isFunction ? '' : 'NO: '}${found.function}`.slice(0, 60),
      found.isLine ? `${Math.round((100 * found.named) / found.bytes)} %` : `no (${found.caller ?? found.origin})`,
    ]);
  }
  const header = [
    'leak',
    'truth, MiB',
    'sampled / truth',
    'allowed',
    'within',
    'first function',
    'under the right line',
  ];
  console.log(table(header, rows));
}

async function resident(node) {
  const found = await measure(node, ['rows']);
  if (found === null) return;
  const off = (100 * (found.sum / found.rss - 1)).toFixed(2);
  console.log(
    `rows against the resident set: ${mib(found.sum)} of ${mib(found.rss)} MiB, ${off} % (wanted: within 2 %); other ${mib(found.other)} MiB; ${found.allocator}`,
  );
}

const PARTS = { ratio: ratios, start: switching, leak: leaks, rows: resident };

console.log(describeMachine());
for (const node of nodes) {
  const { stdout } = await promisify(execFile)(node, ['--version']);
  console.log(`\nNode ${stdout.trim()}, load ${load()} before`);
  for (const [name, part] of Object.entries(PARTS)) {
    if (only !== undefined && only !== name) continue;
    console.log();
    await part(node);
  }
  console.log(`\nload ${load()} after`);
}
