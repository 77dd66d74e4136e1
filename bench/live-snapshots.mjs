// How long a service stands still for a heap snapshot, and what its slowest request takes
// meanwhile: memwatch beside v8.writeHeapSnapshot and heapdump, on each Node that is given. Then many
// snapshots of a program that does a little of everything, and what is left of them. What
// is measured is in children/.
//
//   node bench/live-snapshots.mjs [--node=FILE]... [--objects=N]... [--rounds=3] [--count=50] [--only=pauses|stress]
import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describeMachine, load, numberOption, showProgress } from './lib/command.mjs';
import { median } from './lib/stats.mjs';
import { milliseconds, seconds, table } from './lib/table.mjs';
import { answerOf } from './lib/worker.mjs';

const bench = path.dirname(fileURLToPath(import.meta.url));
const child = (name) => path.join(bench, 'children', name);
const SETUP = path.join(bench, 'setup.mjs');

const options = (name) =>
  process.argv.filter((argument) => argument.startsWith(`--${name}=`)).map((argument) => argument.split('=')[1]);

const WHO = ['nothing', 'v8.writeHeapSnapshot', 'heapdump', 'memwatch'];
/** What the shares are of. */
const THEIRS = 'v8.writeHeapSnapshot';
/** Objects `{i, o: {i}}`, two each: the second gives five million nodes with the rest of the heap. */
const SIZES = options('objects').length > 0 ? options('objects').map(Number) : [1_000_000, 5_000_000];
/** In MB: room for the largest of them. */
const HEAP_LIMIT = 4096;
/** A request every so many milliseconds: a steady load, and not a heavy one. */
const EVERY_MS = 10;
/** Before the snapshot, for the service to warm up, and after it, for what waits to be answered. */
const AROUND_MS = 1000;

const nodes = options('node').length > 0 ? options('node') : [process.execPath];
const [only] = options('only');
const rounds = numberOption('rounds', 3);
const count = numberOption('count', 50);
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

async function measure(node, who, objects, directory) {
  const execArgv = [`--max-old-space-size=${HEAP_LIMIT}`];
  const service = fork(child('live-service.js'), [who, objects, directory], { execPath: node, execArgv });
  const { port } = await answerOf(service);
  const loading = fork(child('live-load.js'), [port, EVERY_MS]);
  const slowest = () => {
    loading.send('tell');
    return answerOf(loading);
  };
  await sleep(AROUND_MS);
  await slowest();
  service.send('take');
  const result = await answerOf(service);
  await sleep(AROUND_MS);
  const { longestMs } = await slowest();
  for (const ended of [loading, service]) {
    ended.kill('SIGKILL');
    await once(ended, 'exit');
  }
  return { ...result, longestMs };
}

async function pauses(node, version) {
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'memwatch-bench-'));
  const rows = [];
  for (const objects of SIZES) {
    const results = new Map(WHO.map((who) => [who, []]));
    for (let round = 0; round < rounds; round++) {
      for (const who of WHO) results.get(who).push(await measure(node, who, objects, directory));
      showProgress(round + 1, rounds);
    }
    const of = (who, what) => median(results.get(who).map((result) => result[what]));
    const share = (who, what) => (of(who, what) / of(THEIRS, what)).toFixed(4);
    for (const who of WHO) {
      rows.push([
        `${version}, ${objects / 1e6} M objects: ${who}`,
        milliseconds(of(who, 'stoppedMs')),
        who === THEIRS ? '' : share(who, 'stoppedMs'),
        who === 'memwatch' ? milliseconds(of(who, 'toldMs')) : '',
        milliseconds(of(who, 'longestMs')),
        who === THEIRS ? '' : share(who, 'longestMs'),
        who === 'nothing' ? '' : seconds(of(who, 'tookMs')),
      ]);
    }
  }
  fs.rmSync(directory, { recursive: true });
  return rows;
}

async function stress(node, version) {
  const { stdout } = await promisify(execFile)(node, [child('live-stress.js'), String(count)], { maxBuffer: 1 << 24 });
  const told = JSON.parse(stdout.trim().split('\n').at(-1));
  return [
    version,
    told.completed,
    Object.entries(told.errors)
      .map(([code, times]) => `${times} ${code}`)
      .join(', ') || 'none',
    milliseconds(median(told.pauses)),
    milliseconds(Math.max(...told.pauses)),
    told.harm,
    told.zombies,
    told.descriptors,
    `${Math.round(told.bytes / 2 ** 20)} MB`,
  ];
}

const before = load();
const pauseRows = [];
const stressRows = [];
for (const node of nodes) {
  const version = `Node ${(await promisify(execFile)(node, ['-p', 'process.versions.node'])).stdout.trim()}`;
  // heapdump is compiled for one Node only.
  if (only !== 'stress') await promisify(execFile)(node, [SETUP, 'heapdump']);
  if (only !== 'stress') pauseRows.push(...(await pauses(node, version)));
  if (only !== 'pauses') stressRows.push(await stress(node, version));
}
console.log(describeMachine());
console.log(`load ${before} before, ${load()} after\n`);
if (pauseRows.length > 0) {
  console.log(`medians of ${rounds} rounds, each in a process of its own:\n`);
  console.log(
    table(['service', 'loop stopped', 'of theirs', 'told', 'longest request', 'of theirs', 'done after'], pauseRows),
  );
  console.log('');
}
if (stressRows.length > 0) {
  console.log(`${count} snapshots under load:\n`);
  const left = ['zombies', 'descriptors left', 'memory grown'];
  console.log(table(['', 'whole', 'errors', 'pause', 'longest', 'harm', ...left], stressRows));
}
