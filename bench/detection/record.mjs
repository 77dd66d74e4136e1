// Records the series of the programs that tuning may see: one file for each case and rate, of full collections under
// natural load. The programs that are kept out go to a directory of their own, and only where one is named.
//
//   node bench/detection/record.mjs --into DIRECTORY [--held-out DIRECTORY] [--only NAME]... [--pace full|calm]
//     [--kind leak|control|healthy] [--seconds 75] [--parallel 4] [--detector consecutive]
import fs from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CASES } from './catalogue.mjs';
import { install } from './install.mjs';
import { inParallel } from './parallel.mjs';
import { runCase } from './run.mjs';

const { values: options } = parseArgs({
  options: {
    into: { type: 'string' },
    'held-out': { type: 'string' },
    only: { type: 'string', multiple: true },
    pace: { type: 'string' },
    kind: { type: 'string' },
    seconds: { type: 'string', default: '75' },
    parallel: { type: 'string', default: '4' },
    detector: { type: 'string', default: 'consecutive' },
  },
});
if (!options.into) throw new Error('--into DIRECTORY: where the series are written to');

const folders = install();
const chosen = CASES.filter(
  ({ name, pace, kind, isHeldOut }) =>
    (options.only?.includes(name) ?? true) &&
    (options.pace ?? pace) === pace &&
    (options.kind ?? kind) === kind &&
    (!isHeldOut || options['held-out'] !== undefined),
);

await inParallel(chosen, Number(options.parallel), async (one) => {
  const directory = one.isHeldOut ? options['held-out'] : options.into;
  fs.mkdirSync(directory, { recursive: true });
  const file = path.join(directory, `${one.name.replace(', ', '-')}-${one.pace}.jsonl`);
  const seconds = Number(options.seconds);
  const how = { packages: folders[one.folder], seconds, series: `${file}.part`, stopWhenFound: false };
  try {
    await runCase(one, options.detector, how);
    // Whole or not at all: others read the directory.
    fs.renameSync(`${file}.part`, file);
    console.log(file);
  } catch (error) {
    console.log(`${one.name}, ${one.pace}: ${error.message}`);
  }
});
