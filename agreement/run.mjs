#!/usr/bin/env node
// Compares memwatch's snapshot engine with Chrome DevTools, number by number,
// on real snapshots of several Nodes and on generated ones. Exit status 0 means
// not one difference; 1 means differences; 2 means it could not compare.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { devtoolsVersion } from './lib/devtools-bundle.mjs';
import { startDevtools } from './lib/devtools.mjs';
import { enginePath } from './lib/engine.mjs';
import { compareSnapshot } from './lib/job.mjs';
import { CACHE } from './lib/paths.mjs';
import { findNodes, FIXTURES, makeSnapshots } from './lib/real-snapshots.mjs';
import { details, header, row, summed } from './lib/report.mjs';
import { generate } from './synthetic/generate.mjs';

const USAGE = `usage: npm run agreement -- [options]
  --nodes PATHS      Node programs, separated like PATH
                     (default: MEMWATCH_NODES, or .cache/nodes/<major>/bin/node)
  --kinds NAMES      real snapshots to make, by comma: ${FIXTURES.map(({ kind }) => kind).join(',')}
                     ('' for none)
  --synthetic COUNT  generated pairs of snapshots (default 1000)
  --seed NUMBER      seed of the first one (default 0)
  --file FILE        compare this snapshot instead of all of the above; may be repeated
  --before FILE      with one --file: also compare the difference from this one
  --engine PATH      the engine's dump_tables (default: MEMWATCH_DUMP_TABLES, or built now)
  --folder FOLDER    where snapshots and tables go meanwhile (default .cache/agreement)
  --keep             leave all snapshots and tables on disk, not only those that differ`;

/** With fewer nodes too few ids are in both to say that they are of one process, which DevTools takes for granted. */
const LEAST_TO_DIFF = 24;

const OPTIONS = {
  nodes: { type: 'string', default: process.env.MEMWATCH_NODES },
  kinds: { type: 'string', default: FIXTURES.map(({ kind }) => kind).join(',') },
  synthetic: { type: 'string', default: '1000' },
  seed: { type: 'string', default: '0' },
  file: { type: 'string', multiple: true },
  before: { type: 'string' },
  engine: { type: 'string', default: process.env.MEMWATCH_DUMP_TABLES },
  folder: { type: 'string', default: CACHE },
  keep: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/** Differing snapshots whose details are printed. */
const DETAILED = 5;

async function main(options) {
  if (options.before && options.file?.length !== 1) throw new Error(`--before wants one --file\n${USAGE}`);
  const engine = await enginePath(options.engine);
  await mkdir(options.folder, { recursive: true });
  const folder = await mkdtemp(path.join(options.folder, 'run-'));
  const devtools = await startDevtools();
  const differing = [];
  const compare = async (job) => {
    const result = await compareSnapshot(job, devtools, engine);
    const bad = result.differences > 0 || result.complaints.length > 0;
    if (bad) differing.push(result);
    if (!bad && !options.keep) await removeFiles(job);
    return result;
  };
  try {
    console.log(header(devtoolsVersion()));
    if (options.file) await compareFiles(options, folder, compare);
    else {
      await compareReal(options, folder, compare);
      await compareSynthetic(options, folder, compare);
    }
  } finally {
    await devtools.close();
    if (differing.length === 0 && !options.keep) await rm(folder, { recursive: true });
  }
  differing.slice(0, DETAILED).forEach((result) => console.log(details(result)));
  if (differing.length > 0 || options.keep)
    console.log(`\nsnapshots and tables: ${path.relative(process.cwd(), folder)}`);
  console.log(differing.length === 0 ? '\nno difference' : `\n${differing.length} snapshots differ`);
  return differing.length === 0 ? 0 : 1;
}

async function compareFiles(options, folder, compare) {
  for (const [i, file] of options.file.entries()) {
    const job = {
      name: path.basename(file),
      file,
      before: options.before,
      out: path.join(folder, String(i)),
      given: true,
    };
    console.log(row(await compare(job)));
  }
}

async function compareReal(options, folder, compare) {
  const kinds = options.kinds.split(',').filter(Boolean);
  const unknown = kinds.filter((kind) => !FIXTURES.some((fixture) => fixture.kind === kind));
  if (unknown.length > 0) throw new Error(`no such kind: ${unknown}\n${USAGE}`);
  if (kinds.length === 0) return;
  const nodes = await findNodes(options.nodes);
  if (nodes.length === 0)
    throw new Error(`no Node to make snapshots with: name some by --nodes or MEMWATCH_NODES\n${USAGE}`);
  for (const { node, version } of nodes) {
    for (const fixture of FIXTURES.filter(({ kind }) => kinds.includes(kind))) {
      const name = `Node ${version.slice(1)} ${fixture.kind}`;
      const out = path.join(folder, `${version}-${fixture.kind}`);
      const job = { name, file: `${out}.after.heapsnapshot`, before: `${out}.before.heapsnapshot`, out };
      await makeSnapshots(node, fixture, job.before, job.file);
      console.log(row(await compare(job)));
    }
  }
}

async function compareSynthetic(options, folder, compare) {
  const count = wholeNumber(options, 'synthetic');
  if (count === 0) return;
  const first = wholeNumber(options, 'seed');
  const results = [];
  for (let seed = first; seed < first + count; seed++) {
    const out = path.join(folder, `seed-${seed}`);
    const { before, after, layout } = generate(seed);
    const job = { name: `seed ${seed}`, file: `${out}.after.heapsnapshot`, out };
    await writeFile(job.file, after.text(layout));
    if (before.nodes.length >= LEAST_TO_DIFF && after.nodes.length >= LEAST_TO_DIFF) {
      job.before = `${out}.before.heapsnapshot`;
      await writeFile(job.before, before.text(layout));
    }
    results.push(await compare(job));
  }
  console.log(row(summed(`${count} generated`, results)));
}

function wholeNumber(options, option) {
  const number = Number(options[option]);
  if (!Number.isSafeInteger(number) || number < 0)
    throw new Error(`--${option}: not a whole number: ${options[option]}`);
  return number;
}

async function removeFiles({ file, before, out, given }) {
  const made = given ? [] : [file, before];
  const tables = ['devtools', 'memwatch'].flatMap((side) =>
    ['nodes', 'classes', 'diff'].map((table) => `${out}.${side}.${table}`),
  );
  await Promise.all([...made, ...tables].filter(Boolean).map((name) => rm(name, { force: true })));
}

try {
  const { values: options } = parseArgs({ options: OPTIONS });
  if (options.help) console.log(USAGE);
  else process.exitCode = await main(options);
} catch (error) {
  // What a program that we started wrote says more than our own stack.
  console.error(String(error.stderr || error.stack || error));
  process.exitCode = 2;
}
