// What Chrome DevTools' heap snapshot worker does with one snapshot, or with two, on two
// threads as in the browser. Measures nothing: the parent does.
//
//   node devtools.mjs open FILE            retained sizes, distances, class table
//   node devtools.mjs diff BEFORE AFTER    the comparison by class
import { createReadStream } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { report } from '../../lib/child.js';

let devtools;
try {
  devtools = await import('../../../agreement/lib/devtools-tables.mjs');
} catch (error) {
  report({ unavailable: `chrome-devtools-frontend cannot be loaded: npm ci in agreement/ (${error.message})` });
  process.exit(0);
}

async function load(file) {
  const loader = new devtools.HeapSnapshotLoader.HeapSnapshotLoader({ sendEvent() {} });
  for await (const chunk of createReadStream(file, { encoding: 'latin1', highWaterMark: 1 << 20 })) loader.write(chunk);
  loader.close();
  const { port1, port2 } = new MessageChannel();
  const options = { workerData: port2, transferList: [port2] };
  const second = new Worker(new URL('devtools-second.mjs', import.meta.url), options);
  try {
    return await loader.buildSnapshot(port1);
  } finally {
    port1.close();
    await second.terminate();
  }
}

const WORK = {
  async open(file) {
    const snapshot = await load(file);
    report({ nodes: snapshot.nodeCount, classes: devtools.classRows(snapshot).length });
  },
  async diff(before, after) {
    const snapshots = [await load(before), await load(after)];
    report({ classes: devtools.diffRows(...snapshots).length });
  },
};

const [work, ...files] = process.argv.slice(2);
await WORK[work](...files);
