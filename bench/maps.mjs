// What source maps cost an answer about a heap snapshot: each command with the maps that it finds beside the scripts, and
// with --no-maps, in turn. The snapshots are given, of programs that ran on this machine, whose maps are still there. At
// most 1.15 times is wanted.
//
//   node bench/maps.mjs [--rounds=15] FILE...
import path from 'node:path';
import { binaryName, root } from '../scripts/platforms.mjs';
import { describeMachine, load, numberOption, showProgress } from './lib/command.mjs';
import { interleave } from './lib/rounds.mjs';
import { compare, median } from './lib/stats.mjs';
import { milliseconds, ratioWithInterval, table } from './lib/table.mjs';
import { measureProcess } from './snapshots/process.mjs';

const COMMANDS = ['analyze', 'functions', 'classes', 'closures'];
const WANTED = 1.15;

/** Milliseconds. A run that takes longer has failed. */
const LIMIT_MS = 300_000;

const rounds = numberOption('rounds', 15);
const files = process.argv.slice(2).filter((word) => !word.startsWith('--'));
if (files.length === 0) {
  console.error('name one snapshot or more of programs with source maps');
  process.exit(2);
}

const binary = path.join(root, binaryName(`${process.platform}-${process.arch}-gnu`));

/** @param {string[]} words */
async function run(words) {
  const { status, wallMs, output, said } = await measureProcess(binary, [...words, '--json'], LIMIT_MS);
  if (status !== 0) throw new Error(`memwatch ${words.join(' ')}: ${said}`);
  return { wallMs, originals: output.split('"original": {').length - 1 };
}

console.log(describeMachine());
console.log(`load ${load()} before; ${rounds} runs of each, in turn; wanted: at most ${WANTED}\n`);
const rows = [];
for (const file of files) {
  for (const command of COMMANDS) {
    const [mapped, plain] = [
      [command, file],
      [command, file, '--no-maps'],
    ];
    const { results } = await interleave([mapped, plain], rounds, run, showProgress);
    const [withMaps, without] = [mapped, plain].map((variant) => results.get(variant));
    const times = [withMaps, without].map((runs) => runs.map(({ wallMs }) => wallMs));
    rows.push([
      `${command}, ${path.basename(path.dirname(path.resolve(file)))}`,
      withMaps[0].originals,
      ...times.map((values) => milliseconds(median(values))),
      ratioWithInterval(compare(...times)),
    ]);
  }
}
console.log(table(['command, program', 'positions mapped', 'with maps', 'without', 'with / without (95 %)'], rows));
console.log(`\nload ${load()} after`);
