// Which leaks are found, how early and with which suspects, and which healthy programs are called leaking: the original
// rule and the trend detector side by side, each program in a process of its own under natural collections.
//
//   node bench/detection.mjs [--only NAME]... [--pace full|middle|calm] [--kind leak|control|healthy] [--parallel N]
//     [--seconds 75 | --long | --quick] [--detectors consecutive,trend] [--json FILE] [--merge FILE]... [--print]
//     [--record DIRECTORY]
//
// --json appends what each process said, a line each; --merge takes such files in, and --print runs nothing besides.
// --record keeps everything that goes into the detector, a file for each process, for `cargo run --release -p
// memwatch-detector --example replay -- FILE…`. Programs that were kept out of tuning go to DIRECTORY/held-out.
// Installs the programs' packages first, which needs npm's registry the first time.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { CASES } from './detection/catalogue.mjs';
import { install } from './detection/install.mjs';
import { DETECTORS, judgeAll } from './detection/judge.mjs';
import { inParallel, sideBySide } from './detection/parallel.mjs';
import { healthy, leaks, summary } from './detection/report.mjs';
import { runCase } from './detection/run.mjs';
import { describeMachine, load } from './lib/command.mjs';

/** How long a healthy program runs, in seconds: long enough to warm up; with --long, as a person would wait. */
const SECONDS = { default: 75, long: 300, quick: 15 };

/** Of a quick run: a leak, its control and two healthy programs, at full speed, and no longer than that. */
const QUICK = { programs: ['slice', 'churn', 'lru'], pace: 'full', leakSeconds: 30 };

const { values: options } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    pace: { type: 'string' },
    kind: { type: 'string' },
    seconds: { type: 'string' },
    long: { type: 'boolean', default: false },
    quick: { type: 'boolean', default: false },
    parallel: { type: 'string' },
    detectors: { type: 'string', default: DETECTORS.join() },
    json: { type: 'string' },
    merge: { type: 'string', multiple: true },
    print: { type: 'boolean', default: false },
    record: { type: 'string' },
  },
});
const detectors = options.detectors.split(',');
if (options.quick) options.pace ??= QUICK.pace;
const seconds = Number(options.seconds ?? SECONDS[options.long ? 'long' : options.quick ? 'quick' : 'default']);
const chosen = CASES.filter(
  ({ name, program, pace, kind }) =>
    (options.only ?? [name]).some((wanted) => wanted === name || wanted === program) &&
    (options.pace ?? pace) === pace &&
    (options.kind ?? kind) === kind &&
    (!options.quick || QUICK.programs.includes(program)),
);
if (chosen.length === 0) throw new Error(`no case has that name and pace: ${CASES.map(({ name }) => name).join('; ')}`);

const folders = install();
const before = load();
const outcomes = (options.merge ?? []).flatMap(linesOf);
const failures = [];
let ended = 0;

/** Each detector in a process of its own: the forced collections of one must not help or disturb the other. */
const tasks = options.print ? [] : chosen.flatMap((one) => detectors.map((detector) => ({ one, detector })));

function linesOf(file) {
  const lines = fs.readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}

/** The file for what goes into the detector in one run; undefined where that is not wanted. */
function recordingOf({ name, pace, isHeldOut }) {
  if (options.record === undefined) return undefined;
  const directory = path.join(options.record, isHeldOut ? 'held-out' : '.');
  fs.mkdirSync(directory, { recursive: true });
  return path.join(directory, `${name.replace(', ', '-')}.${pace}.txt`);
}

/** A task whose process failed is told of at the end; the others count. */
async function attempt({ one, detector }) {
  const { name, pace } = one;
  const leakSeconds = options.quick ? QUICK.leakSeconds : undefined;
  try {
    const run = await runCase(one, detector, {
      packages: folders[one.folder],
      seconds,
      leakSeconds,
      recording: recordingOf(one),
    });
    const outcome = { name, pace, detector, run };
    outcomes.push(outcome);
    if (options.json) fs.appendFileSync(options.json, `${JSON.stringify(outcome)}\n`);
  } catch (error) {
    failures.push(`${name}, ${pace}, ${detector}: ${error.message}`);
  }
  ended++;
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${ended} of ${tasks.length}: ${name}, ${pace}, ${detector}`);
}

const cores = os.availableParallelism?.() ?? os.cpus().length;
const parallel = sideBySide(cores, os.freemem());
for (const pace of ['calm', 'middle', 'full']) {
  const limit = options.parallel === undefined ? parallel[pace] : Number(options.parallel);
  // The longest first: one that begins last would run alone at the end.
  const ofPace = tasks
    .filter(({ one }) => one.pace === pace)
    .sort((a, b) => (b.one.seconds ?? 0) - (a.one.seconds ?? 0));
  await inParallel(ofPace, limit, attempt);
}
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
const judged = judgeAll(CASES, outcomes);

const section = (heading, text) => console.log(`\n### ${heading}\n\n${text}`);
console.log(describeMachine());
console.log(`load ${before} before, ${load()} after; MB are 2^20 bytes`);
section('All programs', summary(judged, detectors));
for (const [heading, isHeldOut] of [
  ['Programs that were kept out of tuning (*)', true],
  ['Programs that thresholds were tuned on', false],
]) {
  section(
    heading,
    summary(
      judged.filter(({ one }) => one.isHeldOut === isHeldOut),
      detectors,
    ),
  );
}
section('Leaks at full speed', leaks(judged, 'full', detectors));
section('Leaks at the middle rate', leaks(judged, 'middle', detectors));
section('Leaks at the calm rate', leaks(judged, 'calm', detectors));
section('Programs that do not leak', healthy(judged, detectors));
if (failures.length > 0) {
  section('Failed', failures.join('\n\n'));
  process.exitCode = 1;
}
