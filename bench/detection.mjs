// Which leaks are found, how early and with which suspects, and which healthy programs are called leaking: the original
// rule and the trend detector side by side, each program in a process of its own under natural collections.
//
//   node bench/detection.mjs [--only NAME]... [--pace full|calm] [--seconds 75 | --long] [--quick] [--parallel N]
//     [--detectors consecutive,trend] [--json FILE]
//
// Installs the programs' packages first, which needs npm's registry the first time.
import fs from 'node:fs';
import os from 'node:os';
import { parseArgs } from 'node:util';
import { CASES } from './detection/catalogue.mjs';
import { install } from './detection/install.mjs';
import { DETECTORS, judgeHealthy, judgeLeak } from './detection/judge.mjs';
import { inParallel } from './detection/parallel.mjs';
import { healthy, leaks, summary } from './detection/report.mjs';
import { runCase } from './detection/run.mjs';
import { describeMachine, load } from './lib/command.mjs';

/** How long a healthy program runs, in seconds: long enough to warm up; with --long, as a person would wait. */
const SECONDS = { default: 75, long: 300, quick: 15 };

/** Of a quick run: a leak, its control and two healthy programs, at full speed, and no longer than that. */
const QUICK = { programs: ['slice', 'churn', 'lru'], pace: 'full', leakSeconds: 30 };

/** Programs at the calm rate wait most of the time: so many go side by side on a core. */
const CALM_ON_A_CORE = 3;

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    pace: { type: 'string' },
    seconds: { type: 'string' },
    long: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    parallel: { type: 'string' },
    detectors: { type: 'string', default: DETECTORS.join() },
    json: { type: 'string' },
  },
});
const detectors = options.detectors.split(',');
if (options.quick) options.pace ??= QUICK.pace;
const seconds = Number(options.seconds ?? SECONDS[options.long ? 'long' : options.quick ? 'quick' : 'default']);
const chosen = CASES.filter(
  ({ name, program, pace }) =>
    (options.only ?? [name]).some((wanted) => wanted === name || wanted === program) &&
    (options.pace ?? pace) === pace &&
    (!options.quick || QUICK.programs.includes(program)),
);
if (chosen.length === 0) throw new Error(`no case has that name and pace: ${CASES.map(({ name }) => name).join('; ')}`);

const folders = install();
const before = load();
let ended = 0;

/** One case under each detector, in processes of their own: what one does must not help or disturb the other. */
async function judgeCase(one) {
  const by = {};
  const runs = {};
  for (const detector of detectors) {
    const how = { packages: folders[one.folder], seconds, leakSeconds: options.quick ? QUICK.leakSeconds : undefined };
    const run = await runCase(one, detector, how);
    runs[detector] = run;
    by[detector] = one.kind === 'leak' ? judgeLeak(one, run, detector) : judgeHealthy(run, detector);
  }
  const last = runs[detectors.at(-1)];
  const about = {
    seconds: last.seconds,
    collections: last.collections.length,
    from: last.base[one.measure],
    to: last.final[one.measure],
  };
  progress(one);
  return { one, by, about, runs };
}

function progress({ name, pace }) {
  ended++;
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${ended} of ${chosen.length}: ${name}, ${pace}`);
}

/** A case whose process failed is told of at the end; the others count. */
const failures = [];
async function attempt(one) {
  try {
    return await judgeCase(one);
  } catch (error) {
    failures.push(`${one.name}, ${one.pace}: ${error.message}`);
    return null;
  }
}

const cores = os.availableParallelism?.() ?? os.cpus().length;
const parallel = { calm: cores * CALM_ON_A_CORE, full: Math.max(1, cores >> 1) };
const judged = [];
for (const pace of ['calm', 'full']) {
  const cases = chosen.filter((one) => one.pace === pace);
  const limit = options.parallel === undefined ? parallel[pace] : Number(options.parallel);
  judged.push(...(await inParallel(cases, limit, attempt)).filter((result) => result !== null));
}
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
if (options.json) fs.writeFileSync(options.json, `${JSON.stringify({ machine: describeMachine(), judged }, null, 1)}\n`);

const section = (heading, text) => console.log(`\n### ${heading}\n\n${text}`);
console.log(describeMachine());
console.log(`load ${before} before, ${load()} after; healthy programs ran ${seconds} s each; MB are 2^20 bytes`);
section('All programs', summary(judged, detectors));
for (const [heading, isHeldOut] of [
  ['Programs that were kept out of tuning (*)', true],
  ['Programs that thresholds were tuned on', false],
]) {
  section(heading, summary(judged.filter(({ one }) => one.isHeldOut === isHeldOut), detectors));
}
section('Leaks at full speed', leaks(judged, 'full', detectors));
section('Leaks at the calm rate', leaks(judged, 'calm', detectors));
section('Programs that do not leak', healthy(judged, detectors));
if (failures.length > 0) {
  section('Failed', failures.join('\n\n'));
  process.exitCode = 1;
}
