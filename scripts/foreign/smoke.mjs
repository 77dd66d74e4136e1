// A program that tries what memwatch does inside of a Node.js, for systems that cannot run the suite: under an emulator
// no test can start another Node.js. One line for each item; it fails where one is missing.
//
//   node scripts/foreign/smoke.mjs DIRECTORY          all but the last; DIRECTORY is empty
//   node scripts/foreign/smoke.mjs DIRECTORY --fill   near limit: ends as V8 ends a program whose heap is full
import assert from 'node:assert/strict';
import { once } from 'node:events';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { Worker } from 'node:worker_threads';
import { WORKER, leakOfFiveCollections, statsOfOneCollection } from '../smoke-parts.mjs';

const [directory, fill] = process.argv.slice(2);
const memwatch = createRequire(import.meta.url)('../../index.js');

/** As many as make a leak candidate. */
const KEPT = 20_000;

/** In milliseconds; an emulator takes a hundred times as long as the machine. */
const AT_MOST_MS = 300_000;

/** Numbers in an array that fills the heap. */
const HOARDED = 10_000;

class Kept {
  name = `kept ${kept.length}`;
  self = this;
}
/** @type {Kept[]} */
const kept = [];
const keep = (/** @type {number} */ count) => {
  while (count-- > 0) kept.push(new Kept());
};
const inDirectory = (/** @type {string} */ name) => path.join(directory, name);

/** How many objects of the class a file has, read here and not by memwatch. */
function keptIn(/** @type {string} */ file) {
  const { snapshot, nodes, strings } = JSON.parse(fs.readFileSync(file, 'utf8'));
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [type, name] = ['type', 'name'].map((field) => fields.indexOf(field));
  assert.equal(nodes.length, snapshot.node_count * fields.length);
  let count = 0;
  for (let at = 0; at < nodes.length; at += fields.length) {
    if (types[type][nodes[at + type]] === 'object' && strings[nodes[at + name]] === Kept.name) count++;
  }
  return count;
}

async function snapshot(/** @type {'fork' | 'inline'} */ mode) {
  const result = await memwatch.writeSnapshot(inDirectory(`${mode}.heapsnapshot`), { mode });
  assert.equal(result.mode, mode);
  assert.equal(result.bytes, fs.statSync(result.path).size);
  assert.equal(keptIn(result.path), kept.length);
  return `${result.nodes} nodes, ${result.pauseMs.toFixed(0)} ms of pause`;
}

/** @type {Record<string, () => Promise<string>>} */
const ITEMS = {
  async stats() {
    const { current_base: base } = await statsOfOneCollection(memwatch);
    const { heapUsed } = process.memoryUsage();
    assert.ok(base > heapUsed / 4 && base < heapUsed * 4, `${base} is no size of a heap of ${heapUsed}`);
    return `a live heap of ${base} bytes`;
  },

  leak: () => leakOfFiveCollections(memwatch),

  async 'heap diff'() {
    const diff = new memwatch.HeapDiff();
    keep(KEPT);
    const { change } = diff.end();
    const row = change.details.find(({ what }) => what === Kept.name);
    assert.equal(row?.['+'], KEPT);
    return `${row['+']} more of ${row.what}`;
  },

  async worker() {
    const worker = new Worker(WORKER, {
      eval: true,
      workerData: createRequire(import.meta.url).resolve('../../index.js'),
    });
    const [full] = await once(worker, 'message');
    await worker.terminate();
    assert.equal(full, 2);
    return `${full} collections of its own`;
  },

  'forked snapshot': () => snapshot('fork'),
  'inline snapshot': () => snapshot('inline'),

  async analyze() {
    const { findings } = await memwatch.analyze(inDirectory('inline.heapsnapshot'));
    const found = findings.find(({ class: name }) => name === Kept.name);
    assert.ok(found !== undefined, `no finding is of ${Kept.name}: ${JSON.stringify(findings)}`);
    return `${found.count} × ${found.class} are a leak candidate (${found.certainty})`;
  },

  async signal() {
    memwatch.configure({ snapshots: { directory, onSignal: 'SIGUSR2' } });
    // It keeps the program running, too: a watched signal alone does not.
    const guard = setTimeout(() => assert.fail('no snapshot came of the signal'), AT_MOST_MS);
    const taken = once(memwatch, 'snapshot');
    process.kill(process.pid, 'SIGUSR2');
    const refused = once(process, 'warning').then(([warning]) => Promise.reject(warning));
    const [{ trigger, mode, path: file }] = await Promise.race([taken, refused]).finally(() => clearTimeout(guard));
    memwatch.configure({ snapshots: { onSignal: false } });
    assert.equal(trigger, 'signal');
    assert.equal(keptIn(file), kept.length);
    return `${path.basename(file).replace(/.*-/, '')}, mode ${mode}`;
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
