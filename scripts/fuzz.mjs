// Fuzzes the snapshot reader, or the reader of V8's heap: builds crates/report/fuzz with coverage, which a stable compiler can do without the
// sanitizers, and lets libFuzzer run on one core. Inputs that reach new code stay in target/fuzz/corpus for the next
// run. Exit status 1 when a property did not hold; the input is left in target/fuzz.
//
//   node scripts/fuzz.mjs [--target reader] [--seconds 60] [--input <file>]
//
//   --target   reader: snapshots; heap: memory with a heap, and cores
//   --seconds  how long to run, building not included
//   --input    checks this one input instead: for an input that a run has left

import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const manifest = path.join(root, 'crates', 'report', 'fuzz', 'Cargo.toml');
const target = path.join(root, 'target', 'fuzz');

// What cargo-fuzz passes, all but the sanitizers: they, and nothing else, need a nightly compiler.
const COVERAGE = [
  '--cfg fuzzing',
  '-Cpasses=sancov-module',
  '-Cllvm-args=-sanitizer-coverage-level=4',
  '-Cllvm-args=-sanitizer-coverage-inline-8bit-counters',
  '-Cllvm-args=-sanitizer-coverage-pc-table',
  '-Cllvm-args=-sanitizer-coverage-trace-compares',
].join(' ');
// The reader may hold a small multiple of an input, and the corpus is a few MB: far below this.
const MEMORY_LIMIT_MB = 2048;
// Inputs take a millisecond; one that takes this long is an endless loop.
const INPUT_LIMIT_SECONDS = 20;
// Room for more nodes than a window of the fast reader holds.
const MAX_INPUT_BYTES = 128 * 1024;

const { values: options } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    input: { type: 'string' },
    target: { type: 'string', default: 'reader' },
  },
});
const seconds = Number(options.seconds);
if (!Number.isInteger(seconds) || seconds < 1) throw new Error(`--seconds ${options.seconds} is not a whole number`);

if (!['reader', 'heap'].includes(options.target)) throw new Error(`--target ${options.target} is not reader or heap`);
// Only snapshots have words and a first corpus of their own.
const isOfSnapshots = options.target === 'reader';
const corpus = isOfSnapshots ? 'corpus' : `corpus-${options.target}`;

// Named, so that build scripts and macros are not compiled with coverage.
const { stdout: version } = spawnSync('rustc', ['-vV'], { encoding: 'utf8' });
const host = /^host: (.+)$/m.exec(version)?.[1];
if (host === undefined) throw new Error('rustc -vV names no host');
const cargo = (command, args, environment) =>
  must('cargo', [command, '--quiet', '--manifest-path', manifest, '--target-dir', target, ...args], environment);

cargo('build', ['--release', '--bin', options.target, '--target', host], { RUSTFLAGS: COVERAGE });
const fuzzer = path.join(target, host, 'release', options.target);
if (options.input !== undefined) {
  must(fuzzer, [path.resolve(options.input)]);
} else {
  if (isOfSnapshots) cargo('run', ['--bin', 'seeds', '--', path.join(target, 'seeds')]);
  fs.mkdirSync(path.join(target, corpus), { recursive: true });
  process.exitCode = await fuzz();
}

function must(program, args, environment) {
  const { status, signal, error } = spawnSync(program, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  if (error) throw error;
  if (status !== 0) {
    console.error(`${path.basename(program)} ended with ${signal ?? status}`);
    process.exit(1);
  }
}

/** Runs the fuzzer; says once in a while how far it is, everything about a failure, and a closing line. */
async function fuzz() {
  const started = Date.now();
  const child = spawn(
    fuzzer,
    [
      `-max_total_time=${seconds}`,
      `-rss_limit_mb=${MEMORY_LIMIT_MB}`,
      `-timeout=${INPUT_LIMIT_SECONDS}`,
      `-max_len=${MAX_INPUT_BYTES}`,
      '-print_final_stats=1',
      // A change of the heap's takes 13 bytes: from nothing, short inputs first would never come to one.
      ...(isOfSnapshots ? ['-dict=seeds.dict', corpus, 'seeds'] : ['-len_control=0', corpus]),
    ],
    { cwd: target, stdio: ['ignore', 'inherit', 'pipe'] },
  );
  const ended = new Promise((resolve) => child.on('close', (status, signal) => resolve(signal ?? status)));
  const seen = { coverage: 0, features: 0, corpus: 0, executions: 0, seconds: 0, peakMb: 0 };
  for await (const line of readline.createInterface({ input: child.stderr })) note(line, seen);
  const status = await ended;
  // libFuzzer says it only where it was not stopped by a failure.
  seen.seconds ||= Math.round((Date.now() - started) / 1000);
  const perSecond = seen.seconds > 0 ? Math.round(seen.executions / seen.seconds) : 0;
  console.log(
    `${seen.executions.toLocaleString('en')} executions in ${seen.seconds} s (${perSecond.toLocaleString('en')} a second), ` +
      `${seen.coverage.toLocaleString('en')} places covered, ${seen.features.toLocaleString('en')} features, ` +
      `${seen.corpus.toLocaleString('en')} inputs kept, ${seen.peakMb} MB at most`,
  );
  console.log(status === 0 ? 'every property held' : `a property did not hold (${status}): see above`);
  return status === 0 ? 0 : 1;
}

function note(line, seen) {
  const progress = /^#(\d+)\s+(\w+) +cov: (\d+) ft: (\d+) corp: (\d+)/.exec(line);
  if (progress) {
    const [, executions, event, ...numbers] = progress;
    seen.executions = Number(executions);
    [seen.coverage, seen.features, seen.corpus] = numbers.map(Number);
    // The others are one line for each input that is kept.
    if (['INITED', 'pulse', 'DONE'].includes(event)) console.log(line);
    return;
  }
  const done = /^Done (\d+) runs in (\d+) second/.exec(line);
  if (done) [seen.executions, seen.seconds] = done.slice(1).map(Number);
  const peak = /^stat::peak_rss_mb: +(\d+)/.exec(line);
  if (peak) seen.peakMb = Number(peak[1]);
  // The dictionary it would recommend, and functions by address, are noise.
  const isNoise = /^(stat::|Done |#+ |"|\s*NEW_FUNC|INFO: |Dictionary: |Loaded |WARNING: Failed to find function)/.test(
    line,
  );
  if (!isNoise && line.trim() !== '') console.error(line);
}
