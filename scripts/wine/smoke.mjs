// A program that tries what memwatch does inside of a Node.js on Windows. One line for each item; it fails where one is
// not as it should be. It knows nothing of Wine.
//
//   node scripts/wine/smoke.mjs DIRECTORY          all but the last; DIRECTORY is empty
//   node scripts/wine/smoke.mjs DIRECTORY --fill   near limit: ends as V8 ends a program whose heap is full
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { WORKER, leakOfFiveCollections, statsOfOneCollection } from '../smoke-parts.mjs';

const [directory, fill] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const memwatch = require('../../index.js');
const COMMAND = require.resolve('../../bin/memwatch.js');

/** As many as make a leak candidate. */
const KEPT = 20_000;

/** Numbers in an array that fills the heap. */
const HOARDED = 10_000;

class Kept {
  name = `kept ${kept.length}`;
  self = this;
}
/** @type {Kept[]} */
const kept = [];
const inDirectory = (/** @type {string} */ name) => path.join(directory, name);

/** How many objects of the class a file has, read here and not by memwatch. */
function keptIn(/** @type {string} */ file) {
  const { snapshot, nodes, strings } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const fields = snapshot.meta.node_fields;
  assert.equal(nodes.length, snapshot.node_count * fields.length);
  const [type, name] = ['type', 'name'].map((field) => fields.indexOf(field));
  let count = 0;
  for (let at = 0; at < nodes.length; at += fields.length) {
    const isObject = snapshot.meta.node_types[type][nodes[at + type]] === 'object';
    if (isObject && strings[nodes[at + name]] === Kept.name) count++;
  }
  return count;
}

/** Runs memwatch's command to its end. @param {string[]} words */
const command = (...words) => promisify(execFile)(process.execPath, [COMMAND, ...words], { encoding: 'utf8' });

/** @type {Record<string, () => Promise<string>>} */
const ITEMS = {
  async stats() {
    const { current_base: base, rss } = await statsOfOneCollection(memwatch);
    assert.ok(rss > base && base > 1e6, `a live heap of ${base} bytes in ${rss}`);
    return `a live heap of ${base} bytes`;
  },

  leak: () => leakOfFiveCollections(memwatch),

  async 'heap diff'() {
    const diff = new memwatch.HeapDiff();
    while (kept.length < KEPT) kept.push(new Kept());
    const row = diff.end().change.details.find(({ what }) => what === Kept.name);
    assert.equal(row?.['+'], KEPT);
    return `${row['+']} more of ${row.what}`;
  },

  async sampler() {
    memwatch.configure({ sampling: { when: 'always', intervalBytes: 1024 } });
    const own = [];
    const fillSampled = () => {
      for (let i = 0; i < KEPT; i++) own.push({ i, text: `own ${i}` });
    };
    fillSampled();
    const { sites } = memwatch.sites();
    memwatch.configure({ sampling: { when: false } });
    const site = sites.find((one) => JSON.stringify(one).includes('fillSampled'));
    assert.ok(site !== undefined, `no site is the function that allocated: ${JSON.stringify(sites).slice(0, 500)}`);
    return 'it names the function that allocated';
  },

  async worker() {
    const worker = new Worker(WORKER, { eval: true, workerData: require.resolve('../../index.js') });
    const [full] = await once(worker, 'message');
    await worker.terminate();
    assert.equal(full, 2);
    return `${full} collections of its own`;
  },

  async 'inline snapshot'() {
    const result = await memwatch.writeSnapshot(inDirectory('inline.heapsnapshot'));
    assert.equal(result.mode, 'inline');
    assert.equal(result.bytes, fs.statSync(result.path).size);
    assert.equal(keptIn(result.path), kept.length);
    return `${result.nodes} nodes; ${result.fallbackReason}`;
  },

  async 'fork refused'() {
    const asked = memwatch.writeSnapshot(inDirectory('fork.heapsnapshot'), { mode: 'fork' });
    await assert.rejects(asked, { code: 'ERR_MEMWATCH_SNAPSHOT_FORK' });
    assert.equal(fs.existsSync(inDirectory('fork.heapsnapshot')), false);
    return 'with a code';
  },

  async analyze() {
    const { findings } = await memwatch.analyze(inDirectory('inline.heapsnapshot'));
    const found = findings.find(({ class: name }) => name === Kept.name);
    assert.ok(found !== undefined, `no finding is of ${Kept.name}: ${JSON.stringify(findings)}`);
    return `${found.count} × ${found.class} are a leak candidate (${found.certainty})`;
  },

  async binary() {
    const { stdout } = await command('analyze', inDirectory('inline.heapsnapshot'));
    assert.match(stdout, /× Kept/);
    return 'it finds the same';
  },

  async 'named pipe'() {
    memwatch.configure({ snapshots: { directory, onSignal: 'SIGUSR2' } });
    const { stdout } = await command('snapshot', `${process.pid}`);
    memwatch.configure({ snapshots: { onSignal: false } });
    assert.equal(keptIn(stdout.trim()), kept.length);
    await assert.rejects(command('snapshot', `${process.pid}`), ({ stderr }) => /onSignal/.test(stderr));
    return 'a snapshot on request; afterwards none';
  },

  async dashboard() {
    const { url, close } = await memwatch.dashboard();
    const [page, stranger] = await Promise.all([fetch(url), fetch(new URL('/', url))]);
    assert.equal(page.status, 200);
    assert.notEqual(stranger.status, 200);
    assert.match(await page.text(), /<html/);
    await close();
    return 'it answers, with its token alone';
  },

  async run() {
    const program = inDirectory('program.js');
    fs.writeFileSync(program, 'globalThis.kept = new Array(1e5).fill(1); setTimeout(() => process.exit(3), 500);\n');
    const asked = command('run', '--no-dashboard', program);
    const { code, stdout, stderr } = await asked.then(
      () => assert.fail('it ended with status 0'),
      (error) => error,
    );
    assert.equal(code, 3, `${stdout}${stderr}`);
    return "it ends with the program's status";
  },

  async 'flight recorder'() {
    memwatch.configure({ flightRecorder: inDirectory('recorder.json') });
    memwatch.gc();
    await setTimeout(100);
    const { locked, pid } = JSON.parse(fs.readFileSync(inDirectory('recorder.json'), 'utf8'));
    memwatch.configure({ flightRecorder: false });
    assert.deepEqual([locked, pid], [true, process.pid]);
    return 'its file is locked, and can be read';
  },
};

async function tryAll() {
  for (const [name, item] of Object.entries(ITEMS)) {
    try {
      console.log(`ok      ${name}: ${await item()}`);
    } catch (error) {
      console.log(`FAILED  ${name}: ${error.stack}`);
      process.exitCode = 1;
    }
  }
}

if (fill === '--fill') {
  memwatch.configure({ snapshots: { directory, nearHeapLimit: true } });
  // Large and few, so that the snapshot is small. The place that holds them is this stack.
  for (const hoard = []; ; ) hoard.push(new Array(HOARDED).fill(0.5));
} else {
  await tryAll();
}
