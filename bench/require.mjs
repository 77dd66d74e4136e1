// What `require('memwatch')` costs: each load in a fresh process, side by side with as many files that do nothing, and with
// another checkout. Does not measure what memwatch costs from then on: that is gc-loop.mjs.
//
//   node bench/require.mjs [--rounds=40] [--against=DIRECTORY]
//
//   --against  a checkout of another commit with its addon built, such as `git worktree add` makes
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeMachine, load, numberOption, showProgress } from './lib/command.mjs';
import { interleave, runChild } from './lib/rounds.mjs';
import { median, pairedRatios, summary } from './lib/stats.mjs';
import { extremes, ratioWithInterval, table } from './lib/table.mjs';

const HERE = path.dirname(fileURLToPath(import.meta.url));
const CHILD = path.join(HERE, 'children/require.js');
const OURS = 'memwatch';
const AGAIN = 'memwatch again';
const IDLE = 'files that do nothing';

const rounds = numberOption('rounds', 40);
const against = process.argv.find((one) => one.startsWith('--against='))?.slice('--against='.length);

/** Files of which the first loads all others, and none does anything: what finding and compiling so many takes. */
function writeIdle(directory, count) {
  const names = Array.from({ length: count - 1 }, (_, at) => `part-${at}.js`);
  for (const name of names) fs.writeFileSync(path.join(directory, name), "'use strict';\nmodule.exports = {};\n");
  const file = path.join(directory, 'index.js');
  fs.writeFileSync(file, `'use strict';\n${names.map((name) => `require('./${name}');\n`).join('')}`);
  return file;
}

const own = path.dirname(HERE);
const { modules } = await runChild(CHILD, [own]);
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-require-'));
try {
  const files = new Map([
    [OURS, own],
    // The same once more: how far two equal programs differ here and now.
    [AGAIN, own],
    [IDLE, writeIdle(directory, modules)],
  ]);
  if (against !== undefined) files.set('the other checkout', path.resolve(against));

  const before = load();
  const measure = (variant) => runChild(CHILD, [files.get(variant)]);
  const { results } = await interleave([...files.keys()], rounds, measure, showProgress);

  const of = (variant, key) => results.get(variant).map((result) => result[key]);
  const ratios = (variant, key) => summary(pairedRatios(of(OURS, key), of(variant, key)));
  const rows = [...files.keys()].map((variant) => [
    variant,
    of(variant, 'modules')[0],
    `${median(of(variant, 'cpuMs')).toFixed(1)} ms`,
    `${median(of(variant, 'wallMs')).toFixed(1)} ms`,
    ratioWithInterval(ratios(variant, 'cpuMs')),
    extremes(ratios(variant, 'cpuMs')),
    ratioWithInterval(ratios(variant, 'wallMs')),
  ]);
  console.log(describeMachine());
  console.log(
    `load ${before} before, ${load()} after; ${rounds} processes of each; ratios are memwatch over the row\n`,
  );
  const header = ['loaded', 'files', 'CPU', 'wall', 'CPU ratio (95 %)', 'min–max', 'wall ratio (95 %)'];
  console.log(table(header, rows));
} finally {
  fs.rmSync(directory, { recursive: true, force: true });
}
